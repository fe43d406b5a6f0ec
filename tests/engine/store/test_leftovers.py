"""Halves of files are taken away, and nothing else is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.store import RunStore
from engine.store.run_writer import RunWriter
from tests.builders import build_events, build_started, build_trial, save_run

HALVES = (".checkpoint.pt.7.tmp", ".writer.2.json.7.8.tmp", ".summary.json.7.tmp", ".best.pt.7.tmp")


def test_who_goes_on_with_a_run_clears_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / save_run(tmp_path, events=build_events()[:3])
    kept = {path.name for path in folder.iterdir()} - {"writer.1.json"}
    for name in HALVES:
        (folder / name).touch()
    (folder / ".request.json.7.tmp").touch()  # which somebody may be writing at this moment
    (folder / "of the user.tmp").touch()
    RunStore(tmp_path).reopen(folder.name).close()
    left = {path.name for path in folder.iterdir()}
    assert left == kept | {"writer.2.json", ".request.json.7.tmp", "of the user.tmp"}


def test_who_begins_a_run_clears_what_nobody_has_touched_for_a_day(tmp_path: Path) -> None:
    for name in (".new.old", ".new.fresh", ".sweeps"):
        (tmp_path / name).mkdir()
    old = [".new.old/config.json", ".writable.7.ab", ".sweeps/.ab.json.7.8.tmp", ".of the user"]
    for name in [*old, ".sweeps/.cd.json.7.8.tmp", ".sweeps/ab.json"]:
        (tmp_path / name).touch()
    for name in [*old, ".new.old", ".sweeps/ab.json"]:
        os.utime(tmp_path / name, (0, 0))
    run_id = save_run(tmp_path)
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if run_id not in path.parts}
    assert left == {".new.fresh", ".sweeps", ".sweeps/.cd.json.7.8.tmp", ".sweeps/ab.json", ".of the user"}


def test_a_signal_while_a_run_is_made_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(*_arguments: object) -> None:
        raise SystemExit(143)

    monkeypatch.setattr(RunWriter, "move_to", leave)
    with pytest.raises(SystemExit):
        RunStore(tmp_path).create(build_trial(), build_started())
    assert list(tmp_path.iterdir()) == []
