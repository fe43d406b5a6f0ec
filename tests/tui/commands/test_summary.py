"""`termlab summary`, without any data on disk; the table is compared byte for byte."""

from __future__ import annotations

import csv
import io
import json
import math

import pytest

from engine.presets import preset_files
from tests.tui.invoke import Shell

BATCHNORM_OFF = """\
block_cnn: bn=off
  data        mnist, 1x28x28; 60,000 training examples, 10 classes
  parameters  98,442, 1.64 for each training example
  mult-adds   2,584,064 for one image
  at start    loss ln 10 = 2.3026, accuracy 10.00 %, while all scores are near 0

  layer       kind                         output  parameters  field  mult-adds
  feature_extractor.0
    0         Conv2d 1→16, 3x3, pad 1    16x28x28         160      3    112,896
    1         ReLU                       16x28x28           0      3          0
    2         MaxPool2d 2x2              16x14x14           0      4          0
  feature_extractor.1
    0         Conv2d 16→32, 3x3, pad 1   32x14x14       4,640      8    903,168
    1         ReLU                       32x14x14           0      8          0
    2         MaxPool2d 2x2                32x7x7           0     10          0
  feature_extractor.2
    0         Conv2d 32→64, 3x3, pad 1     64x7x7      18,496     18    903,168
    1         ReLU                         64x7x7           0     18          0
    2         MaxPool2d 2x2                64x3x3           0     22          0
  feature_extractor.3
    0         Conv2d 64→128, 3x3, pad 1   128x3x3      73,856     38    663,552
    1         ReLU                        128x3x3           0     38          0
    2         MaxPool2d 2x2               128x1x1           0     46          0
  classifier  Linear 128→10                    10       1,290  whole      1,280

field      side, in pixels, of the square of the image that a value depends on;
           beyond the image's edge lies padding, and "whole" is the whole image
mult-adds  multiplications with an addition for one image, of convolutions and
           linear layers; the rest counts as 0
"""


def test_a_network_is_told_layer_by_layer(termlab: Shell) -> None:
    outcome = termlab("summary", "batchnorm", "--only", "bn=off")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == BATCHNORM_OFF


@pytest.mark.parametrize(
    "preset", ["batchnorm", "depth", "weight-decay", "dropout-inference", "digits-first", "scratch-overfit"]
)
def test_a_table_fits_80_columns(termlab: Shell, preset: str) -> None:
    lines = termlab("summary", preset).out.splitlines()
    assert max(map(len, lines)) <= 80


def test_every_preset_has_networks_of_the_sizes_that_its_description_gives(termlab: Shell) -> None:
    for preset in preset_files():
        trials = json.loads(termlab("presets", "show", preset, "--json").out)["trials"]
        outcome = termlab("summary", preset, "--json")
        if any(trial["parameters"] is None for trial in trials):  # a folder of images that is not here
            assert outcome.code == 2
            continue
        networks = json.loads(outcome.out)["networks"]
        parameters = {label: network["parameters"] for network in networks for label in network["trials"]}
        assert parameters == {trial["label"]: trial["parameters"] for trial in trials}


def test_trials_with_one_network_share_a_table(termlab: Shell) -> None:
    out = termlab("summary", "weight-decay").out
    assert out.startswith("mlp: L2=off, L2=2.5\n")
    assert out.count("Linear 784→800") == 1
    separate = termlab("summary", "batchnorm").out
    assert separate.count("Conv2d 1→16") == 2
    many = termlab("summary", "depth", "model.layers_per_filter=2").out.splitlines()
    assert many[0] == "cnn: exp1_1_L2_K32, exp1_1_L4_K32, exp1_1_L8_K32, exp1_1_L16_K32"


def test_labels_that_fill_more_than_a_line_are_folded(termlab: Shell) -> None:
    lines = termlab("summary", "depth", "model.layers_per_filter=2", "model.filters=32").out.splitlines()
    assert lines[:2] == [
        "cnn: exp1_1_L2_K32, exp1_1_L4_K32, exp1_1_L8_K32, exp1_1_L16_K32, exp1_1_L2_K64,",
        "  exp1_1_L4_K64, exp1_1_L8_K64, exp1_1_L16_K64",
    ]


def test_the_document_has_what_scripts_rely_on(termlab: Shell) -> None:
    document = json.loads(termlab("summary", "batchnorm", "--json").out)
    assert list(document) == ["schema_version", "preset", "networks"]
    assert (document["schema_version"], document["preset"]) == (1, "batchnorm")
    without, with_norm = document["networks"]
    layers = with_norm.pop("layers")
    assert with_norm == {
        "trials": ["bn=on"],
        "model": "block_cnn",
        "dataset": "mnist",
        "image_shape": [1, 28, 28],
        "classes": 10,
        "train_examples": 60_000,
        "parameters": 98_922,
        "parameters_per_example": 98_922 / 60_000,
        "multiply_adds": 2_584_064,
        "expected_loss": math.log(10),
        "expected_accuracy": 0.1,
    }
    assert len(layers) == len(without["layers"]) + 4
    assert layers[4] == {
        "name": "feature_extractor.1.0",
        "kind": "Conv2d 16→32, 3x3, pad 1",
        "output_shape": [32, 14, 14],
        "parameters": 4640,
        "receptive_field": 8,
        "jump": 2,
        "multiply_adds": 903_168,
    }
    assert (layers[-1]["receptive_field"], layers[-1]["jump"]) == (None, None)


def test_no_loss_is_expected_of_weights_with_a_spread_of_their_own(termlab: Shell) -> None:
    out = termlab("summary", "scratch-overfit").out
    assert "  at start    not foreseen: init_std = 0.1 at any width, scores may be large\n" in out
    assert "ln 10" not in out
    networks = json.loads(termlab("summary", "scratch-overfit", "--json").out)["networks"]
    assert {(network["expected_loss"], network["expected_accuracy"]) for network in networks} == {(None, None)}
    zero = json.loads(termlab("summary", "scratch-overfit", "model.init_std=0", "--json").out)["networks"]
    assert {network["expected_loss"] for network in zero} == {math.log(10)}, "scores of 0 are known exactly"


def test_limits_settings_and_the_quick_profile_count(termlab: Shell) -> None:
    quick = json.loads(termlab("summary", "weight-decay", "--quick", "--json").out)
    assert [network["train_examples"] for network in quick["networks"]] == [10_000]
    changed = termlab("summary", "weight-decay", "--quick", "data.train_limit=500", "model.hidden=", "data.name=digits")
    assert "digits, 1x8x8; 500 training examples, 10 classes" in changed.out
    assert "650, 1.30 for each training example" in changed.out


@pytest.mark.parametrize(("form", "first"), [("csv", "trials,layer,kind,"), ("md", "| trials | layer |")])
def test_one_flat_table_serves_spreadsheets_and_notes(termlab: Shell, form: str, first: str) -> None:
    assert termlab("summary", "batchnorm", "--format", form).out.startswith(first)


def test_a_spreadsheet_gets_full_names_and_plain_numbers(termlab: Shell) -> None:
    rows = list(csv.DictReader(io.StringIO(termlab("summary", "depth", "--format", "csv").out)))
    assert len({row["trials"] for row in rows}) == 8
    first, last = rows[0], rows[-1]
    assert first == {
        "trials": "exp1_1_L2_K32",
        "layer": "feature_extractor.0",
        "kind": "Conv2d 3→32, 3x3, pad 1",
        "output": "32x32x32",
        "parameters": "896",
        "receptive_field": "3",
        "multiply_adds": "884736",
    }
    assert (last["layer"], last["receptive_field"]) == ("classifier.layers.2", "")


def test_a_paper_gets_an_arrow_that_latex_knows(termlab: Shell) -> None:
    out = termlab("summary", "weight-decay", "--format", "latex").out
    assert r"L2=off, L2=2.5 & layers.0 & Linear 784$\to$800 & 800 & 628,000 & whole & 627,200 \\" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["dept"], ['"dept" is not a known preset', 'Did you mean "depth"?']),
        (["depth", "model.filter=3"], ["model.filter is not a setting", 'Did you mean "model.filters"?']),
        (["batchnorm", "--only", "bn=of"], ['--only: "bn=of" is not a known trial', 'Did you mean "bn=off"?']),
        (["depth", "model.pool_every=1"], ["The network does not fit the image", "data.image_size = 256"]),
        (["digits-first", "data.name=folder:/nowhere"], ["/nowhere"]),
        (["model.filters=3"], ["the name of a preset comes first"]),
    ],
)
def test_what_cannot_be_sized_is_told_with_its_remedy(termlab: Shell, arguments: list[str], words: list[str]) -> None:
    outcome = termlab("summary", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    for word in words:
        assert word in outcome.err
