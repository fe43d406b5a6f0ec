"""The cache of a listing: whatever lies there, a listing says what the files of the runs say."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.process import Writer
from engine.store import CONFIG, EVENTS, SUMMARY, RunStore
from engine.store.annotations import adding, hiding
from engine.store.files import ANNOTATIONS
from engine.store.index import Entry, index_path, read_index, write_index
from tests.builders import build_events, build_finished, build_started, build_summary, build_trial, save_run
from tests.processes import answers_at_once, start_python


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four runs, done, without a summary, lost and damaged, whose files were changed long ago."""
    monkeypatch.setattr("engine.store.listing.FEWEST_RUNS", 1)
    monkeypatch.setattr("engine.store.listing.FEWEST_STALE", 0)
    monkeypatch.setattr("engine.store.listing.MOST_STALE", 0)
    folder = tmp_path / "results"
    save_run(folder)
    (folder / save_run(folder) / SUMMARY).unlink()
    save_run(folder, events=build_events()[:3])
    damaged = folder / save_run(folder)
    (damaged / EVENTS).write_text("x\n")
    settle(folder)
    return folder


def settle(results: Path) -> None:
    """Make every file look as if it had been there for a while."""
    for path in results.glob("*/*"):
        os.utime(path, (1_700_000_000, 1_700_000_000), follow_symlinks=False)


def listed(results: Path) -> list[dict[str, Any]]:
    """Return what a listing of another process would say, both ways in which it can be asked."""
    lines = [json.loads(line) for line in RunStore(results).lines(with_hidden=True)[0]]
    assert lines == [json.loads(run.to_json()) for run in RunStore(results).summaries()]
    return lines


def opened(results: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the files of runs that a listing opens."""
    names: list[str] = []
    really_open = os.open

    def note(path: object, *arguments: object, **named: object) -> int:
        names.append(Path(str(path)).name)
        return really_open(path, *arguments, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr("engine.plain_file.os.open", note)
        RunStore(results).lines()
        RunStore(results).summaries()
    return names


def statuses(results: Path) -> list[str]:
    return sorted(str(run["status"]) for run in listed(results))


def test_a_second_listing_opens_no_run_and_says_the_same(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = listed(results)
    assert sorted(str(run["status"]) for run in before) == ["damaged", "done", "done", "lost"]
    assert index_path(results).exists()
    assert opened(results, monkeypatch) == []
    assert listed(results) == before


def test_nothing_is_written_into_the_results(results: Path) -> None:
    before = sorted(path for path in results.rglob("*"))
    listed(results)
    assert sorted(path for path in results.rglob("*")) == before


def test_a_small_folder_has_no_index(tmp_path: Path) -> None:
    save_run(tmp_path)
    settle(tmp_path)
    listed(tmp_path)
    assert not index_path(tmp_path).exists()


def finish(folder: Path) -> None:
    writer = RunStore(folder.parent).reopen(folder.name)
    writer.append(build_finished("stopped", reason="later"))
    writer.close()


def put_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


CHANGES: dict[str, Callable[[Path], object]] = {
    "tag": lambda folder: RunStore(folder.parent).annotate(folder.name, adding("new")),
    "hide": lambda folder: RunStore(folder.parent).annotate(folder.name, hiding(is_hidden=True)),
    "annotations that cannot be read": lambda folder: (folder / ANNOTATIONS).write_text("{"),
    "another length of the config": lambda folder: (folder / CONFIG).write_text("{"),
    "a log that is damaged": lambda folder: (folder / EVENTS).write_text("y\n"),
    "no log": lambda folder: (folder / EVENTS).unlink(),
    "no config": lambda folder: (folder / CONFIG).unlink(),
    "a log that is a folder": lambda folder: put_a_folder(folder / EVENTS),
    "another summary": lambda folder: (folder / SUMMARY).write_text("{"),
    "renamed": lambda folder: folder.rename(folder.with_name("renamed")),
    "removed": lambda folder: shutil.rmtree(folder),
    "gone on with": finish,
}


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("change", CHANGES)
def test_what_has_changed_is_never_taken_from_it(
    change: str, place: int, results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed(results)
    folder = results / sorted(path.name for path in results.iterdir())[place]
    try:
        CHANGES[change](folder)
    except Exception:
        pytest.skip("not to be done to such a run")
    with_index = listed(results)
    index_path(results).unlink()
    assert with_index == listed(results)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: b"",
        lambda _: b"\n\n",
        lambda content: content[:-1],
        lambda content: content[: len(content) // 2],
        lambda content: content.replace(b'"done"', b'"lost"'),
        lambda content: content.replace(b'{"format": 2', b'{"format": 3'),
        lambda content: content.replace(b'"seed"', b'"sead"'),
        lambda _: b"\xff" * 1000,
        lambda content: content.partition(b"\n")[0] + b"\n[[[[]]]]\n",
        lambda _: b"[" * 100_000,
    ],
)
def test_a_damaged_index_is_none(spoil: Callable[[bytes], bytes], results: Path) -> None:
    before = listed(results)
    path = index_path(results)
    path.write_bytes(spoil(path.read_bytes()))
    assert read_index(results) == {}
    assert listed(results) == before
    assert len(read_index(results)) == 4  # written anew


def test_an_index_of_another_folder_is_none(results: Path, tmp_path: Path) -> None:
    listed(results)
    other = tmp_path / "other"
    shutil.copytree(results, other)
    shutil.copyfile(index_path(results), index_path(other))
    assert read_index(other) == {}


def test_a_text_that_is_no_run_is_read_from_the_files(results: Path) -> None:
    before = listed(results)
    entries = {run: entry._replace(text='{"run": 1}') for run, entry in read_index(results).items()}
    write_index(results, entries.items())
    assert [json.loads(run.to_json()) for run in RunStore(results).summaries()] == before


def test_a_lost_run_that_is_trained_again_is_running_and_lost_when_its_process_is(results: Path) -> None:
    assert statuses(results) == ["damaged", "done", "done", "lost"]
    lost = next(str(run["run"]) for run in listed(results) if run["status"] == "lost")
    writer = RunStore(results).reopen(lost)
    here = Writer.here()
    writer.append(build_started(host=here.host, pid=here.pid, process_started=here.process_started))
    settle(results)
    listed(results)
    assert statuses(results) == ["damaged", "done", "done", "running"]
    assert read_index(results)[lost].writer == here
    writer.close()
    assert statuses(results) == ["damaged", "done", "done", "lost"]


def test_what_may_have_been_changed_at_the_same_moment_is_not_kept(results: Path) -> None:
    listed(results)
    run = next(run for run, entry in read_index(results).items() if not entry.is_live)
    now = time.time()
    os.utime(results / run / CONFIG, (now, now))
    listed(results)
    assert run not in read_index(results)


def test_a_link_that_leads_out_of_the_results_is_damaged_though_it_was_a_run(results: Path, tmp_path: Path) -> None:
    run = next(str(run["run"]) for run in listed(results) if run["status"] == "done")
    (results / run).rename(tmp_path / "elsewhere")
    (results / run).symlink_to(tmp_path / "elsewhere")
    found = {str(one["run"]): one for one in listed(results)}
    assert found[run]["status"] == "damaged"
    assert "outside the results folder" in str(found[run]["reason"])


def test_a_cache_that_cannot_be_written_costs_time_and_nothing_else(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert len(listed(results)) == 4


def test_an_index_that_nobody_uses_any_more_goes(results: Path) -> None:
    listed(results)
    old = index_path(results).with_name("old.index")
    old.touch()
    os.utime(old, (1, 1))
    write_index(results, read_index(results).items())
    assert not old.exists()
    assert index_path(results).exists()


def test_processes_that_write_it_at_once_leave_a_whole_one(results: Path) -> None:
    script = """if True:
        import sys
        from pathlib import Path
        from engine.store.index import read_index, write_index
        results = Path(sys.argv[1])
        entries = read_index(results)
        sys.stdin.readline()
        whole = 0
        for _ in range(50):
            write_index(results, entries.items())
            whole += len(read_index(results)) == 4
        print(whole)
    """
    listed(results)
    processes = [start_python(script, str(results)) for _ in range(2)]
    assert answers_at_once(processes) == ["50", "50"]


def test_hidden_runs_are_counted_and_left_out(results: Path) -> None:
    run = str(listed(results)[0]["run"])
    RunStore(results).annotate(run, hiding(is_hidden=True))
    for _ in range(2):
        lines, hidden = RunStore(results).lines()
        assert (len(lines), hidden) == (3, 1)
        settle(results)
        listed(results)
    assert RunStore(results).lines(with_hidden=True)[1] == 0


@pytest.mark.parametrize("label", ["plain", "ünï", "\x1b[2J", "line\u2028", "\u202e", '"', "\\"])
def test_a_line_is_the_run_object_also_where_it_was_taken_from_the_summary(label: str, tmp_path: Path) -> None:
    run = save_run(tmp_path, trial=build_trial(label, overrides={"seed": 3}))
    line = RunStore(tmp_path).lines()[0][0]
    assert line == RunStore(tmp_path).summary(run).to_json()
    assert line.isprintable()
    folder = tmp_path / "copied"
    (tmp_path / run).rename(folder)
    assert json.loads(RunStore(tmp_path).lines()[0][0])["run"] == "copied"


def test_a_stranger_cannot_tag_by_the_summary(tmp_path: Path) -> None:
    path = tmp_path / save_run(tmp_path) / SUMMARY
    path.write_text(json.dumps({**json.loads(path.read_text()), "tags": ["x"], "hidden": True}))
    assert json.loads(RunStore(tmp_path).lines()[0][0])["tags"] == []
    assert RunStore(tmp_path).summaries()[0].is_hidden is False


def test_entries_keep_all_of_a_run() -> None:
    summary = build_summary(tags=["a"], note="b", is_hidden=True, remark="c")
    assert Entry((1,) * 8, 0.0, False, False, None, summary.to_json()).summary() == summary


def test_runs_that_are_gone_are_forgotten(results: Path) -> None:
    store = RunStore(results)
    before = {run.run for run in store.summaries()}
    for run_id in before:
        store.remove(run_id)
    kept = {save_run(results) for _ in range(3)}
    settle(results)
    assert {run.run for run in store.summaries()} == kept
    assert read_index(results).keys() == kept
