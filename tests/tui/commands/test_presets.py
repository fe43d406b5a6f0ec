"""`termlab presets`."""

from __future__ import annotations

import json
from pathlib import Path

from tests.tui.invoke import Shell

LISTED = """\
First steps
  digits-first        2 trials  First steps: momentum on handwritten digits

Regularisation
  batchnorm           2 trials  Batch normalisation, with and without
  dropout-inference   2 trials  Dropout at inference: scale once, or average many masks
  weight-decay        2 trials  Weight decay against none

Depth and width
  depth               8 trials  Depth sweep of a plain convolutional network
"""


def test_the_list_stands_by_group(termlab: Shell) -> None:
    assert termlab("presets").out == LISTED
    assert {row["name"] for row in json.loads(termlab("presets", "--json").out)} >= {"depth", "batchnorm"}


def test_one_preset_says_why_what_and_what_was_published(termlab: Shell) -> None:
    outcome = termlab("presets", "show", "batchnorm")
    assert "A3 · IFT6135 assignment 2 · Regularisation" in outcome.out
    (line,) = (line for line in outcome.out.splitlines() if line.startswith("  bn=on"))
    assert line.split(maxsplit=2) == ["bn=on", "98,922", "test accuracy 99.0 ± 0.5 %  model.batchnorm=true"]
    assert outcome.out.endswith("Run it: termlab run batchnorm\nCheck it: termlab check batchnorm\n")
    document = json.loads(termlab("presets", "show", "batchnorm", "--json").out)
    assert [(trial["label"], trial["parameters"]) for trial in document["trials"]] == [
        ("bn=off", 98_442),
        ("bn=on", 98_922),
    ]
    assert document["trials"][1]["published"] == [
        {"metric": "test_accuracy", "value": 0.99, "tolerance": 0.005, "bound": "near"}
    ]


def test_the_depth_sweep_has_the_published_labels(termlab: Shell) -> None:
    labels = [trial["label"] for trial in json.loads(termlab("presets", "show", "depth", "--json").out)["trials"]]
    assert labels == [f"exp1_1_L{depth}_K{width}" for width in (32, 64) for depth in (2, 4, 8, 16)]


def test_a_faulty_preset_of_the_user_is_told_and_hides_no_other(termlab: Shell, own_config_folder: Path) -> None:
    folder = own_config_folder / "termlab" / "presets"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text('title = "Mine"\ngrup = "x"\n[config.optim]\nlr = -1\nname = "sdg"\n')
    outcome = termlab("presets")
    assert outcome.out == LISTED
    for words in ("mine.toml: grup", "mine.toml: [config] optim.lr = -1", 'mine.toml: [config] optim.name: "sdg"'):
        assert words in outcome.err
    assert 'Did you mean "sgd"?' in outcome.err
    shown = termlab("presets", "show", "mine")
    assert (shown.code, shown.out) == (2, "")


def test_an_unknown_preset_names_the_nearest(termlab: Shell) -> None:
    outcome = termlab("presets", "show", "dept")
    assert outcome.code == 2
    assert 'Did you mean "depth"?' in outcome.err
