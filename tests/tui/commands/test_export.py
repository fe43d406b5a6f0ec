"""`termlab export`: what lands where, what is refused, and what a failure leaves: nothing."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.builders import build_trial, save_run
from tests.engine.export.runs import save_resumed
from tests.tui.invoke import Shell

FORMS = ("csv", "json", "parquet", "tensorboard")


@pytest.fixture
def runs(tmp_path: Path) -> list[str]:
    """A run that went on after an interruption, and two of another preset."""
    folder = tmp_path / "results"
    other = [save_run(folder, trial=build_trial(preset="moons", overrides={"seed": seed})) for seed in (0, 1)]
    return [save_resumed(folder), *other]


def _damage(run: str, tmp_path: Path) -> None:
    (tmp_path / "results" / run / "config.json").write_text("{")
    (tmp_path / "results" / run / "summary.json").unlink()


def _beside(tmp_path: Path) -> set[str]:
    return {path.name for path in tmp_path.iterdir()} - {"results", "data"}


@pytest.mark.parametrize("form", FORMS)
def test_every_format_writes_every_run_and_prints_where(
    form: str, termlab: Shell, runs: list[str], tmp_path: Path
) -> None:
    if (package := {"parquet": "pyarrow", "tensorboard": "tensorboard"}.get(form)) and find_spec(package) is None:
        pytest.skip(f"pip install 'termlab[{form}]'")
    out = tmp_path / "out"
    outcome = termlab("export", "--format", form, "--out", str(out))
    assert (outcome.code, outcome.out, outcome.err) == (0, f"{out}\n", f"3 runs exported to {out}\n")
    assert _beside(tmp_path) == {"out"}
    assert out.is_file() == (form == "json")
    if form == "tensorboard":
        assert {path.name for path in out.iterdir()} == {*runs, "termlab-export.json"}


def test_json_is_one_document_of_run_objects_and_their_series(termlab: Shell, runs: list[str], tmp_path: Path) -> None:
    out = tmp_path / "runs.json"
    termlab("export", "--format", "json", "--steps", "--out", str(out), runs[0])
    document: dict[str, Any] = json.loads(out.read_text())
    (run,) = document["runs"]
    assert run["run"] == runs[0]
    assert {**json.loads(termlab("show", runs[0], "--json").out), **run} == run  # a run object, and more
    assert [epoch["metrics"]["test_accuracy"] for epoch in run["by_epoch"]] == [0.5, 0.75]
    assert run["by_epoch"][1]["metrics"]["test_loss"] is None
    assert run["by_step"]["series"]["train_loss"][10:] == [5.0] * 9 + [None]
    assert len(run["by_step"]["step"]) == len(run["by_step"]["time"]) == 20
    assert run["tables"]["roc"]["x"] == [0.0, 1.0]


def test_a_filter_chooses(termlab: Shell, runs: list[str], tmp_path: Path) -> None:
    termlab("export", "--format", "json", "--out", str(tmp_path / "j"), "--where", "preset=moons")
    document = json.loads((tmp_path / "j").read_text())
    assert {run["run"] for run in document["runs"]} == set(runs[1:])
    assert "by_step" not in document["runs"][0]


class TestWhatIsThere:
    @pytest.mark.usefixtures("runs")
    @pytest.mark.parametrize("form", ["csv", "json"])
    def test_it_is_replaced_only_by_force(self, form: str, termlab: Shell, tmp_path: Path) -> None:
        command = ("export", "--format", form, "--out", str(tmp_path / "out"))
        assert termlab(*command).code == 0
        again = termlab(*command, "latest")
        assert (again.code, again.out) == (2, "")
        assert "is there already" in again.err
        assert "--force" in again.err
        assert termlab(*command, "latest", "--force").err.startswith("1 run exported")
        assert _beside(tmp_path) == {"out"}

    @pytest.mark.usefixtures("runs")
    def test_a_folder_of_the_users_is_never_replaced(self, termlab: Shell, tmp_path: Path) -> None:
        (tmp_path / "thesis").mkdir()
        (tmp_path / "thesis" / "chapter").write_text("years of work")
        for form in ("csv", "json"):
            outcome = termlab("export", "--format", form, "--force", "--out", str(tmp_path / "thesis"))
            assert (outcome.code, outcome.out) == (2, "")
        assert (tmp_path / "thesis" / "chapter").read_text() == "years of work"

    @pytest.mark.usefixtures("runs")
    def test_a_link_is_not_followed(self, termlab: Shell, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(tmp_path / "nothing")
        assert termlab("export", "--format", "csv", "--out", str(tmp_path / "link")).code == 2
        assert termlab("export", "--format", "csv", "--force", "--out", str(tmp_path / "link")).code == 2
        assert _beside(tmp_path) == {"link"}

    @pytest.mark.usefixtures("runs")
    def test_a_folder_that_is_missing_is_named(self, termlab: Shell, tmp_path: Path) -> None:
        outcome = termlab("export", "--format", "csv", "--out", str(tmp_path / "no" / "out"))
        assert outcome.code == 2
        assert str(tmp_path / "no") in outcome.err

    @pytest.mark.usefixtures("runs")
    @pytest.mark.parametrize("form", ["csv", "json"])
    def test_a_name_that_the_file_system_refuses_is_told_and_the_longest_one_is_not(
        self, form: str, termlab: Shell, tmp_path: Path
    ) -> None:
        outcome = termlab("export", "--format", form, "--out", str(tmp_path / ("x" * 300)))
        assert (outcome.code, outcome.out) == (2, "")
        assert "cannot be written: File name too long" in outcome.err
        assert _beside(tmp_path) == set()
        assert termlab("export", "--format", form, "--out", str(tmp_path / ("x" * 255))).code == 0


class TestDamagedRuns:
    def test_they_are_left_out_and_named(self, termlab: Shell, runs: list[str], tmp_path: Path) -> None:
        _damage(runs[1], tmp_path)
        outcome = termlab("export", "--format", "json", "--out", str(tmp_path / "j"))
        assert outcome.code == 0
        assert f"{runs[1]} is left out, for it cannot be read: config.json is not JSON" in outcome.err
        assert {run["run"] for run in json.loads((tmp_path / "j").read_text())["runs"]} == {runs[0], runs[2]}

    def test_one_that_was_named_ends_with_4(self, termlab: Shell, runs: list[str], tmp_path: Path) -> None:
        _damage(runs[1], tmp_path)
        outcome = termlab("export", "--format", "json", "--out", str(tmp_path / "j"), runs[0], runs[1])
        assert outcome.code == 4
        assert [run["run"] for run in json.loads((tmp_path / "j").read_text())["runs"]] == [runs[0]]

    def test_where_nothing_is_left_nothing_is_written(self, termlab: Shell, runs: list[str], tmp_path: Path) -> None:
        _damage(runs[1], tmp_path)
        for form in ("csv", "json"):
            outcome = termlab("export", "--format", form, "--out", str(tmp_path / "out"), runs[1])
            assert (outcome.code, outcome.out) == (4, "")
        assert _beside(tmp_path) == set()


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(("form", "package"), [("parquet", "pyarrow"), ("tensorboard", "tensorboard")])
def test_what_is_not_installed_is_named_with_its_command(
    form: str, package: str, termlab: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.export.formats.find_spec", lambda name: None if name == package else object())
    outcome = termlab("export", "--format", form, "--out", str(tmp_path / "out"))
    assert (outcome.code, outcome.out) == (2, "")
    assert f"pip install 'termlab[{form}]'" in outcome.err
    assert _beside(tmp_path) == set()


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("fault", "code"), [(OSError(28, "No space left on device", "epochs"), 1), (KeyboardInterrupt(), 130)]
)
def test_a_failure_half_way_leaves_what_was_there(
    fault: BaseException, code: int, termlab: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("export", "--format", "csv", "--force", "--out", str(tmp_path / "out"))
    termlab(*command, "latest")
    before = (tmp_path / "out" / "runs.csv").read_bytes()

    def fail(*_: object) -> None:
        raise fault

    monkeypatch.setattr("engine.export.csv_tables.epoch_rows", fail)
    outcome = termlab(*command)
    assert (outcome.code, outcome.out) == (code, "")
    assert (tmp_path / "out" / "runs.csv").read_bytes() == before
    assert _beside(tmp_path) == {"out"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["zzz"], 'is called "zzz"'),
        (["--where", "preset=other"], "matches preset=other"),
        (["a", "--where", "b"], "not both"),
    ],
)
@pytest.mark.usefixtures("runs")
def test_no_such_run_ends_with_2(arguments: list[str], words: str, termlab: Shell, tmp_path: Path) -> None:
    outcome = termlab("export", "--format", "csv", "--out", str(tmp_path / "out"), *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert words in outcome.err
    assert _beside(tmp_path) == set()


def test_an_empty_folder_ends_with_2(termlab: Shell, tmp_path: Path) -> None:
    assert termlab("export", "--format", "csv", "--out", str(tmp_path / "out")).code == 2
