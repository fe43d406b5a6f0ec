"""`termlab inspect`: pictures, numbers, files, and what is said where a network cannot be asked."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.analysis.whats import WHATS
from tests.engine.analysis.runs import loaded, predictions, train_run
from tests.tui.invoke import Outcome, Shell

DIGITS = [name for name in WHATS if name not in ("boundary", "roc")]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A folder with really trained runs."""
    results = tmp_path_factory.mktemp("results")
    runs = {
        "digits": train_run(results, "digits", model__dropout="0.3", record__layers_every="2"),
        "other": train_run(results, "other", optim__lr="0.5", model__dropout="0.3", record__layers_every="2"),
        "plain": train_run(results, "plain", model__hidden="8"),
        "moons": train_run(results, "moons", data__name="moons", data__validation_fraction="0.25"),
    }
    return results, runs


@pytest.fixture
def ask(trained: tuple[Path, dict[str, str]], termlab: Shell, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`termlab inspect` over these runs, by their labels."""
    results, runs = trained
    monkeypatch.setenv("TERMLAB_RESULTS", str(results))

    def asked(run: str, *arguments: str) -> Outcome:
        return termlab("inspect", runs.get(run, run), *arguments)

    return asked


def files_of(results: Path, run_id: str) -> dict[str, bytes]:
    """Everything in the folder of a run but what analyses keep."""
    return {path.name: path.read_bytes() for path in (results / run_id).iterdir() if path.is_file()}


@pytest.mark.parametrize("what", DIGITS)
def test_every_question_has_a_picture_and_numbers(what: str, ask: Any, trained: tuple[Path, dict[str, str]]) -> None:
    results, runs = trained
    before = files_of(results, runs["digits"])
    drawn = ask("digits", what)
    assert (drawn.code, drawn.err.replace("Page 1 of", "").count("termlab:")) == (0, 0)
    assert len(drawn.out.splitlines()) > 4
    assert "\x1b" not in drawn.out
    document = json.loads(ask("digits", what, "--json").out)
    assert (document["schema_version"], document["what"], document["run"]) == (1, what, runs["digits"])
    double = json.loads(ask("digits", what, "--against", runs["other"], "--json").out)
    assert double["against"]["run"] == runs["other"]
    assert files_of(results, runs["digits"]) == before


def test_summary_is_what_summary_of_a_preset_says(ask: Any) -> None:
    found = ask("digits", "summary")
    assert found.code == 0
    assert "parameters  1,210" in found.out
    assert "Linear 64→16" in found.out


def test_numbers_are_those_of_the_network(ask: Any, trained: tuple[Path, dict[str, str]]) -> None:
    results, runs = trained
    found = predictions(results, runs["digits"])
    document = json.loads(ask("digits", "mistakes", "--json").out)
    assert document["wrong"] == int((~found.is_right).sum()) == len(document["mistakes"])
    sure = [one["probability"] for one in document["mistakes"]]
    assert sure == sorted(sure, reverse=True)
    one = loaded(results, runs["digits"])
    with torch.no_grad():
        scores = one.model(one.test.images[5:6].float() / 255)[0]
    features = json.loads(ask("digits", "features", "--image", "5", "--json").out)
    assert features["layers"][-1]["values"] == pytest.approx(scores.tolist(), abs=1e-5)
    matrix = json.loads(ask("digits", "confusion", "--json").out)["counts"]
    assert np.trace(np.array(matrix)) == found.is_right.sum()


def test_tables_are_csv(ask: Any) -> None:
    rows = list(csv.reader(ask("digits", "layers", "--format", "csv").out.splitlines()))
    assert rows[0] == ["layer", "kind", "output", "parameters", "receptive_field", "multiply_adds"]
    assert [row[0] for row in rows[1:]] == ["layers.0", "layers.1", "layers.2", "layers.3"]


def test_one_class_layer_and_image(ask: Any) -> None:
    assert json.loads(ask("digits", "saliency", "--class", "3", "--image", "7", "--json").out)["class"] == "3"
    weights = json.loads(ask("digits", "weights", "--layer", "3", "--json").out)
    assert [layer["name"] for layer in weights["layers"]] == ["layers.3"]
    roc = json.loads(ask("digits", "roc", "--class", "8", "--json").out)
    assert (roc["positive"], roc["curve_of"]) == ("8", "test")
    pair = json.loads(ask("digits", "pair", "--image", "20", "--json").out)
    assert pair["mistake"]["example"] >= 20


def test_moons_have_a_boundary_and_a_curve_over_validation_examples(ask: Any) -> None:
    assert "lower moon" in ask("moons", "boundary").out
    document = json.loads(ask("moons", "roc", "--json").out)
    assert (document["curve_of"], len(document["test"])) == ("validation", 2)


def test_more_than_two_runs_share_axes_where_they_can(ask: Any, trained: tuple[Path, dict[str, str]]) -> None:
    others = ["--against", trained[1]["other"], "--against", trained[1]["plain"]]
    document = json.loads(ask("digits", "weights", *others, "--json").out)
    assert [one["run"] for one in document["also"]] == [trained[1]["plain"]]
    refused = ask("digits", "saliency", *others)
    assert (refused.code, refused.out) == (2, "")
    assert "saliency is seen of two runs at most, and 3 were named" in refused.err


def test_a_recipe_is_named_by_its_label(ask: Any, trained: tuple[Path, dict[str, str]]) -> None:
    assert json.loads(ask("plain", "confusion", "--json").out)["run"] == trained[1]["plain"]
    termlab_of_label = ask("digits-first/plain", "confusion", "--json")
    assert json.loads(termlab_of_label.out)["run"] == trained[1]["plain"]


def test_files_are_written_and_not_replaced_unasked(ask: Any, tmp_path: Path) -> None:
    out = tmp_path / "pictures"
    written = ask("digits", "calibration", "--out", str(out))
    assert written.code == 0
    assert written.out.split() == [str(out / f"calibration.{kind}") for kind in ("png", "json", "csv")]
    assert (out / "calibration.png").read_bytes().startswith(b"\x89PNG")
    refused = ask("digits", "calibration", "--out", str(out))
    assert (refused.code, refused.out) == (2, "")
    assert "has calibration.csv, calibration.json, calibration.png already" in refused.err
    assert ask("digits", "calibration", "--out", str(out), "--force", "--no-png").code == 0


PROBLEMS: list[tuple[str, tuple[str, ...], str]] = [
    ("digits", ("wieghts",), 'Did you mean "weights"?'),
    ("nobody", ("layers",), '"nobody" is neither a run nor a recipe'),
    ("digits", ("saliency", "--image", "360"), "the last of 360 is 359"),
    ("digits", ("features", "--image", "-1"), "there is no test example -1"),
    ("digits", ("saliency", "--class", "ten"), "The classes are: 0, 1, 2"),
    ("digits", ("weights", "--layer", "conv1"), "The layers are: layers.0, layers.3."),
    ("digits", ("features", "--layer", "conv1"), "The layers are: layers.0, layers.1, layers.3."),
    ("digits", ("roc",), "Name one that is set against the rest, such as --class 0"),
    ("digits", ("boundary",), "learned from images of 1x8x8"),
    ("digits", ("gradients", "--layer", "0", "--image", "3"), "gradients takes no --image and no --layer"),
    ("moons", ("features",), "features is asked of images"),
    ("plain", ("dropout",), "has no dropout"),
    ("plain", ("gradients",), "record.layers_every=10"),
    ("digits", ("layers", "--out", "no/such/place"), "there is no folder"),
]


@pytest.mark.parametrize(("run", "arguments", "said"), PROBLEMS)
def test_what_cannot_be_asked_is_said_with_what_can(run: str, arguments: tuple[str, ...], said: str, ask: Any) -> None:
    found = ask(run, *arguments)
    assert (found.code, found.out) == (2, "")
    assert said in " ".join(found.err.split())
    assert "fault in termlab" not in found.err


@pytest.fixture
def copy(trained: tuple[Path, dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, termlab: Shell) -> Path:
    """A folder with copies of the runs, to be broken."""
    shutil.copytree(trained[0], tmp_path / "copy")
    monkeypatch.setenv("TERMLAB_RESULTS", str(tmp_path / "copy"))
    return tmp_path / "copy"


def test_a_run_without_weights_has_layers_and_no_mistakes(
    copy: Path, trained: tuple[Path, dict[str, str]], termlab: Shell
) -> None:
    run_id = trained[1]["digits"]
    (copy / run_id / "weights.pt").unlink()
    assert termlab("inspect", run_id, "layers").code == 0
    assert termlab("inspect", run_id, "gradients").code == 0
    refused = termlab("inspect", run_id, "mistakes")
    assert refused.code == 2
    assert "has no weights" in refused.err


@pytest.mark.parametrize("what", ["layers", "gradients", "confusion"])
def test_a_run_that_cannot_be_read_is_named(
    what: str, copy: Path, trained: tuple[Path, dict[str, str]], termlab: Shell
) -> None:
    run_id = trained[1]["digits"]
    (copy / run_id / "events.jsonl").write_text('{"event": "run_started"}\nno event\n{}\n')
    found = termlab("inspect", run_id, what)
    assert (found.code, found.out) == (4, "")
    assert f"{run_id} cannot be read" in found.err


@pytest.mark.parametrize("damage", ["other", "cut"])
def test_weights_that_are_not_its_own_are_damage(
    damage: str, copy: Path, trained: tuple[Path, dict[str, str]], termlab: Shell
) -> None:
    run_id = trained[1]["digits"]
    path = copy / run_id / "weights.pt"
    whole = (copy / trained[1]["moons"] / "weights.pt").read_bytes() if damage == "other" else path.read_bytes()[:200]
    path.write_bytes(whole)
    found = termlab("inspect", run_id, "weights")
    assert (found.code, found.out) == (4, "")
    assert run_id in found.err
    assert path.read_bytes() == whole


def test_data_that_is_not_here_is_named(copy: Path, trained: tuple[Path, dict[str, str]], termlab: Shell) -> None:
    run_id = trained[1]["digits"]
    path = copy / run_id / "config.json"
    path.write_text(path.read_text().replace('"name": "digits"', '"name": "mnist"').replace(
        '"name":"digits"', '"name":"mnist"'))  # fmt: skip
    found = termlab("inspect", run_id, "mistakes")
    assert (found.code, found.out) == (2, "")
    assert "mnist" in found.err
    assert "termlab data get mnist" in found.err


def test_without_the_extra_real_images_say_how_to_get_them(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.real_images.find_spec", lambda _: None)
    found = ask("digits", "confusion", "--images")
    assert found.code == 2
    assert "pip install 'termlab[images]'" in found.err


def test_runs_on_other_data_are_said_to_be(ask: Any, trained: tuple[Path, dict[str, str]]) -> None:
    found = ask("digits", "confusion", "--against", trained[1]["moons"])
    assert found.code == 0
    assert "Not tested on the same data: digits and moons." in found.out
    assert "Not tested" not in ask("digits", "confusion", "--against", trained[1]["other"]).out


def test_percent_signs_are_printed_with_a_plain_blank(ask: Any) -> None:
    assert re.search(r"wrong \(\d+\.\d\d %\)", ask("digits", "mistakes").out)


def test_a_network_that_diverged_has_numbers_that_are_null(
    copy: Path, trained: tuple[Path, dict[str, str]], termlab: Shell, tmp_path: Path
) -> None:
    run_id = trained[1]["plain"]
    path = copy / run_id / "weights.pt"
    weights = torch.load(path, weights_only=True)
    torch.save({name: torch.full_like(value, float("nan")) for name, value in weights.items()}, path)
    for what in ("weights", "features", "saliency", "mistakes", "neutral", "pair", "confusion", "calibration"):
        found = termlab("inspect", run_id, what, "--json")
        assert found.code == 0, found.err
        assert not {"NaN", "Infinity"} & set(re.findall(r"\w+", found.out)), what
        assert termlab("inspect", run_id, what, "--out", str(tmp_path / what)).code == 0
    assert "the network has diverged" in termlab("inspect", run_id, "calibration").out
    assert "are not finite" in termlab("inspect", run_id, "weights").out
