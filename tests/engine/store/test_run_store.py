from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.errors import DamagedError, RunNotFoundError, StoreError
from engine.events import Event, Noted, to_json
from engine.process import host_name, process_start_ticks
from engine.run import Run
from engine.store import CONFIG, EVENTS, SUMMARY, TRASH, RunStore
from engine.summary import RunStatus
from tests.builders import (
    START,
    build_epoch,
    build_events,
    build_finished,
    build_started,
    build_steps,
    build_trial,
    fold,
    save_run,
)
from tests.processes import start_python


def own_process() -> dict[str, Any]:
    """Return what a run started by the process of this test would record."""
    return {"host": host_name(), "pid": os.getpid(), "process_started": process_start_ticks(os.getpid())}


def rewrite(path: Path, changes: dict[str, Any]) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def statuses(store: RunStore) -> dict[str, RunStatus]:
    return {summary.run: summary.status for summary in store.summaries()}


def told(run: Run) -> Any:
    """Return all that a run's events say; its id and time of creation are the store's."""
    return (run.status, run.epochs, run.notes, run.series, run.tick_steps, run.tick_seconds, run.metrics, run.last)


def test_a_saved_run_is_read_back_as_it_was_told(tmp_path: Path) -> None:
    trial = build_trial("momentum", overrides={"optim.momentum": 0.9, "seed": 3})
    run_id = save_run(tmp_path, trial=trial)
    run = RunStore(tmp_path).load(run_id)
    assert run.trial == trial
    assert told(run) == told(fold(build_events(), trial=trial))


def test_an_id_says_what_the_run_is_in_letters_that_any_shell_takes(tmp_path: Path) -> None:
    run_id = save_run(tmp_path, trial=build_trial("bn=on / two words", preset="batchnorm", overrides={"seed": 7}))
    unique, rest = run_id.split("-", 1)
    assert len(unique) == 6
    assert rest == "batchnorm-bn=on_two_words-s7"


def test_the_log_holds_each_event_as_soon_as_it_is_appended(tmp_path: Path) -> None:
    writer = RunStore(tmp_path).create(build_trial(), build_started())
    lines = [to_json(build_started())]
    for event in build_events()[1:]:
        writer.append(event)
        lines.append(to_json(event))
        assert (writer.folder / EVENTS).read_text().splitlines() == lines
    writer.close()


def test_a_summary_tells_how_much_of_the_log_it_knows(tmp_path: Path) -> None:
    writer = RunStore(tmp_path).create(build_trial(), build_started())
    writer.append(build_steps(10))
    assert not (writer.folder / SUMMARY).exists()
    writer.append(build_epoch(1))
    writer.write_summary(writer.summary_text())
    document = json.loads((writer.folder / SUMMARY).read_text())
    assert document["epochs"] == 1
    assert document["events_bytes"] == (writer.folder / EVENTS).stat().st_size
    writer.close()


def test_a_tail_returns_what_was_added_since_the_last_look(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    writer = store.create(build_trial(), build_started())
    tail = store.tail(writer.run.id)
    assert tail.advance() == []
    for event in build_events()[1:]:
        writer.append(event)
        assert tail.advance() == [event]
    writer.close()
    assert told(tail.run) == told(fold(build_events()))


def test_a_torn_last_line_is_left_alone_and_read_once_it_is_whole(tmp_path: Path) -> None:
    run_id = save_run(tmp_path, events=[build_started(**own_process()), build_steps(10)])
    store, log = RunStore(tmp_path), tmp_path / run_id / EVENTS
    line = to_json(build_epoch(1)).encode() + b"\n"
    tail = store.tail(run_id)
    for cut in (1, len(line) // 2, len(line) - 1):
        whole = log.read_bytes()
        log.write_bytes(whole + line[:cut])
        assert tail.advance() == []
        assert store.load(run_id).epochs == []
        assert store.summary(run_id).status is RunStatus.RUNNING
        log.write_bytes(whole)
    with log.open("ab") as file:
        file.write(line)
    assert tail.advance() == [build_epoch(1)]
    assert store.summary(run_id).epochs == 1


def test_a_torn_line_inside_a_character_is_left_alone(tmp_path: Path) -> None:
    run_id = save_run(tmp_path, events=[build_started(**own_process())])
    line = to_json(Noted(time=START, text="é")).encode()
    with (tmp_path / run_id / EVENTS).open("ab") as file:
        file.write(line[: line.index("é".encode()) + 1])
    assert RunStore(tmp_path).load(run_id).notes == []


def test_a_finished_run_is_listed_from_its_summary_alone(tmp_path: Path) -> None:
    run_id = save_run(tmp_path)
    size = (tmp_path / run_id / EVENTS).stat().st_size
    (tmp_path / run_id / EVENTS).write_bytes(b"x" * size)  # would be damage, were it read
    assert RunStore(tmp_path).summary(run_id).status is RunStatus.DONE


@pytest.mark.parametrize(
    "fault", ["absent", "older than the events", "cut off", "another version", "a wrong type", "{}"]
)
def test_a_summary_that_is_of_no_use_is_made_anew_from_the_events(tmp_path: Path, fault: str) -> None:
    run_id = save_run(tmp_path)
    expected = RunStore(tmp_path).summary(run_id)
    path = tmp_path / run_id / SUMMARY
    match fault:
        case "absent":
            path.unlink()
        case "older than the events":
            rewrite(path, {"events_bytes": 1, "status": "running", "epochs": 1})
        case "cut off":
            path.write_bytes(path.read_bytes()[:-20])
        case "another version":
            rewrite(path, {"schema_version": 2})
        case "a wrong type":
            rewrite(path, {"seed": "zero"})
        case _:
            path.write_text("{}")
    assert RunStore(tmp_path).summary(run_id) == expected


def test_readers_write_nothing(tmp_path: Path) -> None:
    run_id = save_run(tmp_path)
    (tmp_path / run_id / SUMMARY).unlink()
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    store = RunStore(tmp_path)
    store.summaries()
    store.load(store.find("latest"))
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_store_notices_what_was_added_between_two_looks(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    writer = RunStore(tmp_path).create(build_trial(), build_started(**own_process()))
    run_id = writer.run.id
    assert store.summary(run_id).epochs == 0
    writer.append(build_epoch(1))
    assert store.summary(run_id).epochs == 1
    writer.append(build_epoch(2, accuracy=0.99))
    writer.append(build_finished())
    writer.close()
    summary = store.summary(run_id)
    assert (summary.status, summary.metrics["best_test_accuracy"]) == (RunStatus.DONE, 0.99)


def test_runs_are_listed_newest_first(tmp_path: Path) -> None:
    ids = [save_run(tmp_path) for _ in range(4)]
    for place, run_id in enumerate(ids):
        rewrite(tmp_path / run_id / CONFIG, {"created": START + place})
        (tmp_path / run_id / SUMMARY).unlink()
    store = RunStore(tmp_path)
    assert [summary.run for summary in store.summaries()] == ids[::-1]
    assert store.find("latest") == ids[-1]


def test_a_folder_that_does_not_exist_holds_no_runs(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "none")
    assert store.summaries() == []
    with pytest.raises(RunNotFoundError, match="there are no runs") as caught:
        store.find("latest")
    assert "termlab run" in caught.value.hint
    assert not (tmp_path / "none").exists()


def test_files_and_hidden_folders_are_no_runs(tmp_path: Path) -> None:
    run_id = save_run(tmp_path)
    (tmp_path / "README.md").write_text("about runs")
    (tmp_path / ".new.abc").mkdir()
    assert list(statuses(RunStore(tmp_path))) == [run_id]


def rename(folder: Path, run_id: str, name: str) -> None:
    (folder / run_id).rename(folder / name)


def test_a_folder_that_is_somebody_elses_is_neither_listed_nor_found_nor_removed(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    store = RunStore(tmp_path)
    assert store.summaries() == []
    for name in ("thesis", "latest"):
        with pytest.raises(RunNotFoundError):
            store.find(name)
    run_id = save_run(tmp_path)
    assert store.find("latest") == run_id
    assert (tmp_path / "thesis" / "chapter.txt").exists()


def test_a_run_is_found_by_its_id_or_a_unique_prefix(tmp_path: Path) -> None:
    for name in ("abcdef-one", "abcxyz-two", "abc"):
        rename(tmp_path, save_run(tmp_path), name)
    store = RunStore(tmp_path)
    assert store.find("abcdef-one") == "abcdef-one"
    assert store.find("abcx") == "abcxyz-two"
    assert store.find("abc") == "abc"


def test_a_prefix_of_several_runs_names_them(tmp_path: Path) -> None:
    for name in ("abcdef-one", "abcxyz-two"):
        rename(tmp_path, save_run(tmp_path), name)
    with pytest.raises(RunNotFoundError, match='"abc" stands for 2 runs: abcdef-one, abcxyz-two'):
        RunStore(tmp_path).find("abc")


@pytest.mark.parametrize("name", ["abcdeg-one", "", "../abcdef-one", ".trash"])
def test_a_name_that_is_no_run_is_refused(tmp_path: Path, name: str) -> None:
    rename(tmp_path, save_run(tmp_path), "abcdef-one")
    with pytest.raises(RunNotFoundError, match="no run in"):
        RunStore(tmp_path).find(name)


def test_a_name_that_is_no_run_names_the_nearest(tmp_path: Path) -> None:
    rename(tmp_path, save_run(tmp_path), "abcdef-one")
    with pytest.raises(RunNotFoundError, match='Did you mean "abcdef-one"'):
        RunStore(tmp_path).find("abcdeg-one")


def test_a_copied_or_renamed_run_goes_by_the_name_of_its_folder(tmp_path: Path) -> None:
    rename(tmp_path, save_run(tmp_path), "kept")
    store = RunStore(tmp_path)
    assert store.summary("kept").run == "kept"
    assert store.load("kept").id == "kept"


def test_a_removed_run_lies_in_the_trash_and_is_listed_no_more(tmp_path: Path) -> None:
    run_id, other = save_run(tmp_path), save_run(tmp_path)
    store = RunStore(tmp_path)
    target = store.remove(run_id)
    assert target == tmp_path / TRASH / run_id
    assert list(statuses(store)) == [other]
    assert told(RunStore(tmp_path / TRASH).load(run_id)) == told(store.load(other))


def test_a_running_run_is_not_removed(tmp_path: Path) -> None:
    run_id = save_run(tmp_path, events=[build_started(**own_process())])
    with pytest.raises(StoreError, match="still running"):
        RunStore(tmp_path).remove(run_id)
    assert (tmp_path / run_id / EVENTS).exists()


def test_a_run_that_is_not_there_cannot_be_removed_or_read(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    with pytest.raises(StoreError, match="cannot be moved"):
        store.remove("abc")
    with pytest.raises(RunNotFoundError):
        store.load("abc")


def damage_config(folder: Path) -> None:
    (folder / CONFIG).write_text("{")


def damage_trial(folder: Path) -> None:
    document = json.loads((folder / CONFIG).read_text())
    document["trial"]["config"]["optim"]["lr"] = "fast"
    (folder / CONFIG).write_text(json.dumps(document))


def drop_trial(folder: Path) -> None:
    rewrite(folder / CONFIG, {"trial": None})


def age_format(folder: Path) -> None:
    rewrite(folder / CONFIG, {"format": 99})


def damage_events(folder: Path) -> None:
    (folder / EVENTS).write_bytes(to_json(build_started()).encode() + b'\n{"event":\n')


def drop_events(folder: Path) -> None:
    (folder / EVENTS).unlink()


def drop_config(folder: Path) -> None:
    (folder / CONFIG).unlink()


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (damage_config, "config.json is not JSON"),
        (damage_trial, "config.json: config.optim.lr"),
        (drop_trial, "config.json"),
        (age_format, "config.json has format 99; this termlab reads 1"),
        (drop_config, "config.json: No such file"),
        (damage_events, "events.jsonl, byte"),
        (drop_events, "events.jsonl: No such file"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_damaged_run_is_one_marked_row_among_the_others(tmp_path: Path, damage: Any, reason: str) -> None:
    damaged, whole = save_run(tmp_path), save_run(tmp_path)
    damage(tmp_path / damaged)
    (tmp_path / damaged / SUMMARY).unlink()
    store = RunStore(tmp_path)
    for _ in range(2):  # the second look takes other paths
        assert statuses(store) == {damaged: RunStatus.DAMAGED, whole: RunStatus.DONE}
        assert reason in store.summary(damaged).reason
    with pytest.raises(DamagedError):
        store.load(damaged)


def test_a_damaged_run_can_be_removed(tmp_path: Path) -> None:
    run_id = save_run(tmp_path)
    damage_config(tmp_path / run_id)
    store = RunStore(tmp_path)
    store.remove(run_id)
    assert store.summaries() == []


@pytest.mark.parametrize("pid", [0, -1, 2**40])
def test_a_run_of_no_possible_process_does_not_break_the_list(tmp_path: Path, pid: int) -> None:
    run_id = save_run(tmp_path, events=[build_started(pid=pid)])
    assert statuses(RunStore(tmp_path)) == {run_id: RunStatus.LOST}


def test_a_path_below_a_file_is_no_results_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = RunStore(tmp_path / "file" / "results")
    with pytest.raises(StoreError, match=r"results folder .* is not writable: Not a directory") as caught:
        store.check_writable()
    assert "--results" in caught.value.hint
    with pytest.raises(StoreError, match="is not writable"):
        store.create(build_trial(), build_started())
    with pytest.raises(StoreError, match="cannot be read: it is a file"):
        RunStore(tmp_path / "file").summaries()


def test_a_writable_folder_is_made_and_nothing_is_left_in_it(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "new" / "results")
    store.check_writable()
    assert list(store.folder.iterdir()) == []


def test_a_run_that_cannot_be_saved_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(StoreError, match=r"no run can be saved in .*: No space left on device"):
        RunStore(tmp_path).create(build_trial(), build_started())
    assert list(tmp_path.iterdir()) == []


def test_a_run_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the moment of the rename the hidden folder holds all that a reader needs, and no reader sees it before."""
    seen: list[tuple[list[str], list[str]]] = []
    rename_for_real = Path.rename

    def look_first(self: Path, target: Path) -> Path:
        seen.append((sorted(path.name for path in self.iterdir()), list(statuses(RunStore(tmp_path)))))
        return rename_for_real(self, target)

    monkeypatch.setattr(Path, "rename", look_first)
    writer = RunStore(tmp_path).create(build_trial(), build_started())
    writer.close()
    assert seen == [([CONFIG, EVENTS, "writer.1.json"], [])]
    assert [path.name for path in tmp_path.iterdir()] == [writer.run.id]


def test_a_full_disk_is_reported_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = RunStore(tmp_path).create(build_trial(), build_started())

    def refuse(path: Path, text: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.store.run_writer.write_atomic", refuse)
    with pytest.raises(StoreError, match="cannot be written: No space left on device"):
        writer.append(build_finished())
    writer.close()


WRITE_AND_DIE = """
import os, sys
from pathlib import Path
from engine.process import host_name, process_start_ticks
from engine.store import RunStore
from tests.builders import build_started, build_trial
pid = os.getpid()
started = build_started(host=host_name(), pid=pid, process_started=process_start_ticks(pid))
writer = RunStore(Path(sys.argv[1])).create(build_trial(), started)
print(writer.run.id, flush=True)
sys.stdin.read()  # holds on for as long as the test keeps this open
os._exit(9)
"""


def test_a_run_is_running_while_its_process_lives_and_lost_once_it_is_gone(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    with start_python(WRITE_AND_DIE, str(tmp_path)) as process:
        assert process.stdout is not None
        run_id = process.stdout.readline().strip()
        assert statuses(store) == {run_id: RunStatus.RUNNING}
        process.communicate()
    assert process.returncode == 9
    for looking in (store, RunStore(tmp_path)):
        summary = looking.summary(run_id)
        assert summary.status is RunStatus.LOST
        assert summary.reason == f"process {process.pid} on {host_name()} is gone"
    assert store.load(run_id).status is RunStatus.RUNNING  # what the events say


WRITE_SEVERAL = """
import sys
from pathlib import Path
from tests.builders import save_run
sys.stdin.read()  # so that both writers begin at once
for _ in range(int(sys.argv[2])):
    print(save_run(Path(sys.argv[1])))
"""


def test_two_processes_write_into_one_folder(tmp_path: Path) -> None:
    count = 15
    arguments = (WRITE_SEVERAL, str(tmp_path), str(count))
    with start_python(*arguments) as one, start_python(*arguments) as other:
        for process in (one, other):
            assert process.stdin is not None
            process.stdin.close()
        ids = [line.strip() for process in (one, other) for line in process.stdout or ()]
    assert len(ids) == 2 * count
    assert statuses(RunStore(tmp_path)) == dict.fromkeys(ids, RunStatus.DONE)


def test_a_silent_writer_on_another_host_is_lost_and_a_touch_brings_it_back(tmp_path: Path) -> None:
    writer = RunStore(tmp_path).create(build_trial(), build_started(host="another-host"))
    store, log = RunStore(tmp_path), tmp_path / writer.run.id / EVENTS
    assert store.summary(writer.run.id).status is RunStatus.RUNNING
    os.utime(log, (START, START))
    assert store.summary(writer.run.id).status is RunStatus.LOST
    writer.beat()
    assert store.summary(writer.run.id).status is RunStatus.RUNNING
    writer.close()


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([build_started(**own_process()), Noted(time=START, text="paused", mark="paused")], RunStatus.PAUSED),
        ([build_started(), Noted(time=START, text="paused", mark="paused")], RunStatus.LOST),
        ([build_started(), build_finished("stopped", reason="on request")], RunStatus.STOPPED),
        ([build_started(), build_finished("failed", reason="loss")], RunStatus.FAILED),
    ],
)
def test_only_a_run_that_awaits_more_can_be_lost(tmp_path: Path, events: Sequence[Event], status: RunStatus) -> None:
    run_id = save_run(tmp_path, events=events)
    assert statuses(RunStore(tmp_path)) == {run_id: status}


def test_a_run_that_the_disk_does_not_let_us_write_is_given_free(tmp_path: Path) -> None:
    run_id = save_run(tmp_path)
    store = RunStore(tmp_path)

    def refuse(_path: Path) -> None:
        raise OSError(30, "Read-only file system")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.store.run_writer.EventLog", refuse)
        with pytest.raises(StoreError, match="cannot be written: Read-only file system"):
            store.reopen(run_id)
    store.reopen(run_id).close()  # nobody holds it


def test_who_goes_on_with_a_run_clears_away_what_its_killed_writer_was_writing(tmp_path: Path) -> None:
    run_id = save_run(tmp_path)
    others_request = tmp_path / run_id / ".request.json.1.1.tmp"
    for path in (tmp_path / run_id / ".checkpoint.pt.1.tmp", tmp_path / run_id / ".summary.json.1.tmp", others_request):
        path.touch()
    RunStore(tmp_path).reopen(run_id).close()
    assert [path.name for path in (tmp_path / run_id).iterdir() if path.suffix == ".tmp"] == [others_request.name]


def test_a_log_that_lies_elsewhere_now_is_not_written_on(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    writer = store.create(build_trial(), build_started())
    folder = writer.folder.rename(tmp_path / "abcdef-moved")
    before = (folder / EVENTS).read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.store.run_writer.LOOK_SECONDS", 0.0)
        with pytest.raises(StoreError, match=f"{writer.folder} was removed or renamed"):
            writer.append(build_steps(10))
    assert (folder / EVENTS).read_bytes() == before
    writer.close()


def test_a_pipe_in_the_place_of_the_log_holds_nobody_up(tmp_path: Path) -> None:
    run_id = save_run(tmp_path)
    os.mkfifo(tmp_path / run_id / "log.txt")
    RunStore(tmp_path).add_to_log(run_id, "nobody reads it")
    (tmp_path / run_id / "log.txt").unlink()
    RunStore(tmp_path).add_to_log(run_id, "told")
    assert (tmp_path / run_id / "log.txt").read_text().endswith(" told\n")


@pytest.mark.parametrize(
    "content", [b"", b"garbage", b'{"format": 1}', None], ids=["empty", "no JSON", "other", "gone"]
)
def test_a_damaged_config_is_seen_though_the_summary_can_be_read(content: bytes | None, tmp_path: Path) -> None:
    run_id = save_run(tmp_path)
    store, config = RunStore(tmp_path), tmp_path / run_id / CONFIG
    whole = config.read_bytes()
    assert store.summary(run_id).status is RunStatus.DONE
    config.unlink()
    if content is not None:
        config.write_bytes(content)
    for looking in (store, RunStore(tmp_path)):
        summary = looking.summary(run_id)
        assert (summary.status, summary.reason.partition(":")[0].partition(" ")[0]) == (RunStatus.DAMAGED, CONFIG)
    config.write_bytes(whole)
    assert store.summary(run_id).status is RunStatus.DONE
