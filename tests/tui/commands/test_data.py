"""`termlab data` and `termlab doctor`."""

from __future__ import annotations

import json
from pathlib import Path

from tests.real_data import REAL_DATA, needs_mnist
from tests.tui.invoke import Shell


def test_the_list_says_what_is_at_hand(termlab: Shell) -> None:
    rows = {row["name"]: row for row in json.loads(termlab("data", "ls", "--json").out)}
    assert rows["digits"]["status"] == "built-in"
    assert rows["mnist"]["status"] == "absent"
    assert rows["mnist"]["train_examples"] == 60_000
    assert rows["mnist"]["path"] is None


@needs_mnist
def test_real_mnist_is_found_in_the_folder_and_in_its_parent(termlab: Shell) -> None:
    for folder in (REAL_DATA, REAL_DATA / "mnist"):
        outcome = termlab("data", "path", "mnist", "--data", str(folder))
        assert outcome.out == f"{REAL_DATA / 'mnist'}\n"


def test_half_a_download_is_called_incomplete(termlab: Shell, tmp_path: Path) -> None:
    raw = tmp_path / "data" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "train-images-idx3-ubyte").write_bytes(b"\0" * 1000)
    outcome = termlab("data", "ls")
    assert "incomplete" in outcome.out
    assert "has 1,000 bytes instead of 47,040,016" in outcome.err
    outcome = termlab("run", "batchnorm")
    assert outcome.code == 2
    assert "incomplete" in outcome.err


def test_the_path_of_what_is_absent_says_how_to_get_it(termlab: Shell, tmp_path: Path) -> None:
    assert termlab("data", "path").out == f"{tmp_path / 'data'}\n"
    outcome = termlab("data", "path", "mnist")
    assert (outcome.code, outcome.out) == (2, "")
    assert "termlab data get mnist" in outcome.err


def test_what_comes_with_termlab_needs_no_download(termlab: Shell) -> None:
    outcome = termlab("data", "get", "digits")
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err == "digits comes with termlab; there is nothing to get.\n"


def test_an_unknown_dataset_names_the_nearest(termlab: Shell) -> None:
    outcome = termlab("data", "get", "minst")
    assert outcome.code == 2
    assert 'Did you mean "mnist"?' in outcome.err


def test_the_doctor_looks_at_everything(termlab: Shell) -> None:
    findings = json.loads(termlab("doctor", "--json").out)
    subjects = {finding["subject"] for finding in findings}
    assert subjects >= {"terminal", "torch", "device", "torchvision", "results", "data mnist", "presets", "runs"}
    assert {finding["state"] for finding in findings} <= {"ok", "warning"}


def test_the_doctor_names_a_remedy_for_a_results_folder_that_cannot_be_used(termlab: Shell, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    findings = json.loads(termlab("doctor", "--json", "--results", str(tmp_path / "file" / "x")).out)
    (results,) = (finding for finding in findings if finding["subject"] == "results")
    assert results["state"] == "warning"
    assert results["remedy"]
