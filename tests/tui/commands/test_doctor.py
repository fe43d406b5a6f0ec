"""`termlab doctor`: what is wrong is named with a remedy, and the exit code says how bad it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.store import EVENTS
from tests.builders import save_run
from tests.tui.invoke import Shell


def findings(text: str) -> dict[str, dict[str, Any]]:
    return {finding["subject"]: finding for finding in json.loads(text)}


def test_where_nothing_is_wrong_it_ends_with_0(termlab: Shell, tmp_path: Path) -> None:
    save_run(tmp_path / "results")
    outcome = termlab("doctor", "--json")
    found = findings(outcome.out)
    assert outcome.code == 0
    assert {"terminal", "torch", "device", "torchvision", "results", "data mnist", "presets", "runs"} <= set(found)
    assert {finding["state"] for finding in found.values()} <= {"ok", "notice"}
    assert found["runs"]["text"].startswith("1 in ")


def test_a_results_folder_that_is_a_file_needs_a_remedy(termlab: Shell, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    outcome = termlab("doctor", "--json", "--results", str(tmp_path / "file"))
    assert outcome.code == 2
    found = findings(outcome.out)["results"]
    assert found["state"] == "warning"
    assert "it is a file" in found["text"]
    assert "--results DIR" in found["remedy"]


def test_a_run_whose_summary_alone_can_be_read_is_damaged(termlab: Shell, tmp_path: Path) -> None:
    run = save_run(tmp_path / "results")
    assert termlab("ls").code == 0  # which leaves a summary that is newer than the damage is old
    (tmp_path / "results" / run / "config.json").write_text("{")
    outcome = termlab("doctor")
    assert outcome.code == 4
    assert f"run {run}" in outcome.out
    assert "config.json is not JSON" in outcome.out


def test_a_damaged_run_ends_with_4(termlab: Shell, tmp_path: Path) -> None:
    run_id = save_run(tmp_path / "results")
    (tmp_path / "results" / run_id / EVENTS).write_bytes(b"\x00\xff\n")
    outcome = termlab("doctor")
    assert outcome.code == 4
    assert f"XX  run {run_id}" in outcome.out
    assert "-> Restore " in outcome.out


def test_a_half_downloaded_dataset_ends_with_4(termlab: Shell, tmp_path: Path) -> None:
    raw = tmp_path / "data" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "train-images-idx3-ubyte").write_bytes(b"half")
    outcome = termlab("doctor", "--json", "--data", str(tmp_path / "data"))
    assert outcome.code == 4
    assert findings(outcome.out)["data mnist"]["remedy"] == "termlab data get mnist fetches it anew."


def test_a_broken_preset_of_the_user_is_named_with_its_file(
    termlab: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "config" / "termlab" / "presets"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text("title = ")
    outcome = termlab("doctor")
    assert outcome.code == 2
    assert f"{folder / 'mine.toml'}: not valid TOML" in outcome.out
