"""Whatever lies in a stranger's run folder, nothing outside it is touched: neither by going on, nor by any question."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from engine.atomic import atomic_file, create_atomic, write_atomic
from engine.errors import DamagedError, RunBusyError, StoreError, TermlabError
from engine.events import RunFinished
from engine.store import RunStore
from engine.store.files import SWEEPS
from engine.store.lock import RunLock
from engine.store.places import is_under_way
from engine.store.requests import REQUEST, ask, take_request
from engine.store.sweeps import SweepPlace, call_off, create_sweep, open_sweep_log
from engine.summary import RunStatus
from tests.builders import build_started, build_trial
from tests.faults.hostile import everything_under, short_trial, train
from tests.tui.invoke import Shell

OWN = ("config.json", "events.jsonl", "summary.json", "checkpoint.pt", "weights.pt", "best.pt", "writer.1.json")
REPLACED = ("summary.json", "weights.pt", "best.pt", "writer.1.json", "writer.2.json", REQUEST, "artifacts")
"""What is written as whole files, or not at all: a link in its place is replaced, or left as it is."""


@pytest.fixture
def outside(stopped_elsewhere: Path, tmp_path: Path) -> Path:
    """The user's own files, of the names that a run has too."""
    folder = tmp_path / "outside"
    shutil.copytree(stopped_elsewhere, folder)
    (folder / "folder").mkdir()
    for name in (REQUEST, "writer.2.json", "artifacts"):
        (folder / name).write_text("{}")
    return folder


def go_on(run: Path) -> list[RunFinished]:
    events = [happened.event for happened in train(RunStore(run.parent), [short_trial()], interrupted=run.name)]
    return [event for event in events if isinstance(event, RunFinished)]


@pytest.mark.parametrize("name", [*OWN, "writer.2.json", REQUEST, "artifacts"])
@pytest.mark.parametrize("kind", ["to a file", "to a folder", "dangling", "upwards"])
def test_links_lead_no_writer_out(name: str, kind: str, run: Path, outside: Path) -> None:
    targets = {
        "to a file": outside / name, "to a folder": outside / "folder", "dangling": outside / "none",
        "upwards": Path("../../outside") / name,
    }  # fmt: skip
    (run / name).unlink(missing_ok=True)
    (run / name).symlink_to(targets[kind])
    before = everything_under(outside)
    store = RunStore(run.parent)
    if name in REPLACED:
        (finished,) = go_on(run)
        assert finished.status == "done"
    else:
        with pytest.raises(TermlabError, match=f"{name} is a symbolic link and no regular file"):
            go_on(run)
    assert everything_under(outside) == before
    ask(run, "stop")
    store.summaries()
    store.remove(run.name)
    assert everything_under(outside) == before


@pytest.mark.parametrize("name", [*OWN, "writer.2.json", REQUEST])
def test_a_pipe_holds_nobody_up(name: str, run: Path) -> None:
    (run / name).unlink(missing_ok=True)
    os.mkfifo(run / name)
    store = RunStore(run.parent)
    (summary,) = store.summaries()
    assert (summary.status is RunStatus.DAMAGED) == (name in ("config.json", "events.jsonl"))
    if name in REPLACED:
        assert [event.status for event in go_on(run)] == ["done"]
    else:
        with pytest.raises(DamagedError, match=f"{name} is a pipe and no regular file"):
            go_on(run)


@pytest.mark.parametrize("name", OWN)
def test_a_folder_in_the_place_of_a_file_is_left_as_it_is(name: str, run: Path) -> None:
    (run / name).unlink()
    (run / name).mkdir()
    (run / name / "kept").touch()
    with suppress(TermlabError):
        go_on(run)
    assert (run / name / "kept").exists()


def test_a_hard_link_is_a_file_like_any(run: Path, tmp_path: Path) -> None:
    for name in OWN:
        (tmp_path / name).hardlink_to(run / name)
    assert [event.status for event in go_on(run)] == ["done"]


@pytest.mark.parametrize("write", [write_atomic, create_atomic], ids=["write", "create"])
def test_a_link_under_the_name_of_the_temporary_file_leads_nowhere(
    write: Callable[[Path, str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can guess the name; here it is guessed all the same."""
    monkeypatch.setattr("engine.atomic.secrets.token_hex", lambda _count: "guessed")
    victim = tmp_path / "victim"
    victim.write_text("mine")
    link = tmp_path / f".file.{os.getpid()}.guessed.tmp"
    for target in (victim, tmp_path / "new"):
        link.symlink_to(target)
        with pytest.raises(FileExistsError):
            write(tmp_path / "file", "text")
        link.unlink()
    assert victim.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["victim"]


def test_two_threads_may_replace_one_file_at_once(tmp_path: Path) -> None:
    with atomic_file(tmp_path / "file") as first, atomic_file(tmp_path / "file") as second:
        first.write(b"first")
        second.write(b"second")
    assert (tmp_path / "file").read_bytes() == b"first"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_run_folder_that_is_a_link_is_damaged_and_not_written(run: Path, outside: Path) -> None:
    link = run.parent / "abcdef-link"
    link.symlink_to(outside)
    before = everything_under(outside)
    assert RunStore(run.parent).summary(link.name).status is RunStatus.DAMAGED
    with pytest.raises(TermlabError, match="abcdef-link is a link"):
        go_on(link)
    with pytest.raises(StoreError, match="abcdef-link is a link out of the results folder"):
        ask(link, "stop")
    assert everything_under(outside) == before
    RunStore(run.parent).remove(link.name)
    assert everything_under(outside) == before


@pytest.mark.parametrize("run_id", ["../outside", "..", ".", "", "/tmp"])  # noqa: S108 - nothing is made there
def test_an_id_is_no_path(run_id: str, run: Path, outside: Path) -> None:
    before = everything_under(outside)
    store = RunStore(run.parent)
    for ask_for in (store.reopen, store.remove):
        with pytest.raises(TermlabError):
            ask_for(run_id)
    assert everything_under(outside) == before


def test_a_trash_that_is_a_link_takes_no_run_out(run: Path, outside: Path) -> None:
    (run.parent / ".trash").symlink_to(outside)
    before = everything_under(outside)
    with pytest.raises(StoreError, match="is a link out of the results folder"):
        RunStore(run.parent).remove(run.name)
    assert everything_under(outside) == before
    assert run.is_dir()


def test_sweeps_that_are_a_link_are_not_written_down(run: Path, outside: Path) -> None:
    (outside / ".old.tmp").touch()
    os.utime(outside / ".old.tmp", (0, 0))
    (run.parent / SWEEPS).symlink_to(outside)
    before = everything_under(outside)
    store = RunStore(run.parent)
    with pytest.raises(StoreError, match="is a link out of the results folder"):
        create_sweep(store.folder, [short_trial()])
    with pytest.raises(StoreError, match="is a link out of the results folder"):
        store.create(short_trial(), build_started(), belongs=SweepPlace("abc", 0))
    with pytest.raises(StoreError, match="is a link out of the results folder"):
        open_sweep_log(store.folder, "abc")
    store.create(short_trial(), build_started()).close()  # takes away what others have left behind
    assert everything_under(outside) == before


@pytest.mark.parametrize("sweep", ["../../outside/x", "..", "/x", "*", "a/b", "x" * 5000])
def test_the_sweep_that_a_run_names_is_no_path(sweep: str, run: Path, outside: Path, termlab: Shell) -> None:
    document = json.loads((run / "config.json").read_text())
    document["sweep"] = {"id": sweep, "place": 0}
    document["data"] = sweep
    (run / "config.json").write_text(json.dumps(document))
    (run / "summary.json").unlink()
    before, within = everything_under(outside), everything_under(run.parent)
    for write in (call_off, open_sweep_log, is_under_way):
        with pytest.raises(DamagedError, match="is not the id of a sweep"):
            write(run.parent, sweep)
    for command, code in ((["resume"], 4), (["stop"], 2)):
        assert termlab(*command, run.name, "--sweep", "--results", str(run.parent)).code == code
    assert (everything_under(outside), everything_under(run.parent)) == (before, within)
    assert termlab("resume", run.name, "--results", str(run.parent)).code == 0  # that run alone
    assert everything_under(outside) == before


@pytest.mark.parametrize("name", ["abc.log", "abc.0.1.json"])
def test_a_link_among_the_sweeps_leads_no_writer_out(name: str, run: Path, outside: Path) -> None:
    (run.parent / SWEEPS).mkdir()
    (run.parent / SWEEPS / name).symlink_to(outside / "config.json")
    before = everything_under(outside)
    store = RunStore(run.parent)
    store.create(short_trial(), build_started(), belongs=SweepPlace("abc", 0)).close()
    if name == "abc.log":
        with pytest.raises(DamagedError, match=r"abc\.log is a symbolic link and no regular file"):
            open_sweep_log(store.folder, "abc")
    assert everything_under(outside) == before


def test_names_in_the_config_do_not_decide_where_a_run_lies(run: Path, tmp_path: Path) -> None:
    document = json.loads((run / "config.json").read_text())
    document["run"] = "../../outside"
    document["trial"] |= {"preset": "../../outside", "label": "/etc/passwd"}
    (run / "config.json").write_text(json.dumps(document))
    store = RunStore(run.parent)
    trial = store.load(run.name).trial
    assert [event.status for event in go_on(run)] == ["done"]
    writer = store.create(trial, build_started())
    writer.close()
    assert writer.folder.parent == store.folder
    assert sorted(path.name for path in tmp_path.iterdir()) == ["results"]
    assert len(store.summaries()) == 2


@pytest.mark.parametrize("preset", ["..", "../../x", "/etc", "a/../../b", "\x1b]0;x\x07", "x" * 5000, "\n"])
def test_a_preset_of_any_name_gives_a_folder_in_the_results(preset: str, tmp_path: Path) -> None:
    writer = RunStore(tmp_path / "results").create(build_trial("../../label\0", preset=preset), build_started())
    writer.close()
    assert writer.folder.parent == tmp_path / "results"
    assert writer.folder.name.isprintable()
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


@pytest.mark.parametrize(
    "holder",
    ['{"host": "h", "pid": 1e999, "process_started": 0}', "[" * 100_000, '{"host": "h", "pid": NaN}', "{}" * 2],
    ids=["infinite", "deep", "not a number", "two documents"],
)
def test_a_lock_that_says_anything_keeps_nobody_out_for_ever(holder: str, run: Path) -> None:
    path = run / "writer.7.json"
    path.write_text(holder)
    os.utime(path, (0, 0))
    assert [event.status for event in go_on(run)] == ["done"]


def test_a_lock_of_the_last_number_is_told(run: Path) -> None:
    (run / "writer.999999999.json").write_text("{}")
    for _ in range(2):
        with pytest.raises(DamagedError, match=r"writer\.999999999\.json has the last number there is"):
            go_on(run)
    assert not (run / "writer.1000000000.json").exists()


def test_a_run_that_cannot_be_gone_on_with_is_given_free(run: Path) -> None:
    (run / "checkpoint.pt").write_bytes(b"nothing")
    for _ in range(2):
        with pytest.raises(DamagedError, match="checkpoint"):
            go_on(run)
    lock = RunLock.take(run)
    with pytest.raises(RunBusyError):
        go_on(run)
    lock.release()


def test_a_question_is_a_file(run: Path) -> None:
    (run / REQUEST).mkdir()
    assert take_request(run) is None
    (run / REQUEST).rmdir()
    ask(run, "pause")
    assert take_request(run) == "pause"
    assert take_request(run) is None
