"""`termlab presets`."""

from __future__ import annotations

import json
from pathlib import Path

from engine.presets import GROUPS, load_preset, preset_files
from tests.tui.invoke import Shell

FIRST_GROUP = """\
First steps
  digits-first             2 trials  First steps: momentum on handwritten digits
  gradient-descent         7 trials  Gradient descent on a quadratic in R^5
  lenet                     1 trial  LeNet-5 on MNIST
  logistic-regression       1 trial  Multinomial logistic regression on MNIST

"""


def test_the_list_has_a_line_for_each_preset_by_group_within_80_columns(termlab: Shell) -> None:
    listed = termlab("presets").out
    assert listed.startswith(FIRST_GROUP)
    assert max(len(line) for line in listed.splitlines()) <= 80
    named = [line.split()[0] for line in listed.splitlines() if line.startswith("  ")]
    assert sorted(named) == sorted(preset_files())
    headings = [line for line in listed.splitlines() if line and not line.startswith("  ")]
    assert headings == [group for group in GROUPS if group in headings]
    assert [row["name"] for row in json.loads(termlab("presets", "--json").out)] == named


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


def test_one_preset_says_what_was_chosen_and_what_its_quick_profile_shows(termlab: Shell) -> None:
    preset = load_preset("residual-depth")
    lines = termlab("presets", "show", "residual-depth").out.splitlines()
    start = lines.index("Choices, where the source leaves them open") + 1
    assert lines[start : start + len(preset.choices)] == [f"  - {choice}" for choice in preset.choices]
    assert lines[start + len(preset.choices)] == ""
    assert f"Quick profile (--quick): {preset.quick_note}" in lines
    document = json.loads(termlab("presets", "show", "residual-depth", "--json").out)
    assert document["choices"] == list(preset.choices)
    assert document["quick_note"] == preset.quick_note


def test_a_preset_without_choices_and_quick_profile_tells_of_none(termlab: Shell, own_config_folder: Path) -> None:
    folder = own_config_folder / "termlab" / "presets"
    folder.mkdir(parents=True)
    head = 'title = "Mine"\nwhy = "Mine."\nsource = "Me"\ngroup = "Data"\n'
    (folder / "mine.toml").write_text(head + '[[trials]]\nlabel = "a"\n')
    shown = termlab("presets", "show", "mine").out
    assert "Choices" not in shown
    assert "Quick" not in shown
    document = json.loads(termlab("presets", "show", "mine", "--json").out)
    assert (document["choices"], document["quick_note"]) == ([], "")


def test_the_depth_sweep_has_the_published_labels(termlab: Shell) -> None:
    labels = [trial["label"] for trial in json.loads(termlab("presets", "show", "depth", "--json").out)["trials"]]
    assert labels == [f"exp1_1_L{depth}_K{width}" for width in (32, 64) for depth in (2, 4, 8, 16)]


def test_a_faulty_preset_of_the_user_is_told_and_hides_no_other(termlab: Shell, own_config_folder: Path) -> None:
    folder = own_config_folder / "termlab" / "presets"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text('title = "Mine"\ngrup = "x"\n[config.optim]\nlr = -1\nname = "sdg"\n')
    outcome = termlab("presets")
    assert outcome.out.startswith(FIRST_GROUP)
    for words in ("mine.toml: grup", "mine.toml: [config] optim.lr = -1", 'mine.toml: [config] optim.name: "sdg"'):
        assert words in outcome.err
    assert 'Did you mean "sgd"?' in outcome.err
    shown = termlab("presets", "show", "mine")
    assert (shown.code, shown.out) == (2, "")


def test_a_preset_whose_settings_do_not_go_together_is_told_as_a_run_is(
    termlab: Shell, own_config_folder: Path
) -> None:
    listed = termlab("presets").out
    folder = own_config_folder / "termlab" / "presets"
    folder.mkdir(parents=True)
    head = 'title = "Mine"\nwhy = "Mine."\nsource = "Me"\ngroup = "Data"\n'
    (folder / "single.toml").write_text(head + '[config.evaluate]\nroc_threshold = true\n[[trials]]\nlabel = "a"\n')
    outcome = termlab("presets")
    assert (outcome.code, outcome.out) == (0, listed)
    run = termlab("run", "digits-first", "evaluate.roc_threshold=true", "--dry-run")
    sentence = run.err.strip().removeprefix("termlab: ")
    assert sentence.startswith("evaluate.roc_threshold needs examples")
    assert outcome.err == f"{folder / 'single.toml'}: [config] {sentence}\n"
    assert json.loads(termlab("presets", "--json").out)
    assert termlab("presets", "show", "single").code == 2


def test_an_unknown_preset_names_the_nearest(termlab: Shell) -> None:
    outcome = termlab("presets", "show", "dept")
    assert outcome.code == 2
    assert 'Did you mean "depth"?' in outcome.err


def test_a_row_of_the_catalogue_leads_to_its_preset(termlab: Shell) -> None:
    for command in (["presets", "show"], ["run"], ["check"]):
        outcome = termlab(*command, "exp1_1")
        assert (outcome.code, outcome.out) == (2, "")
        assert "exp1_1 is in the preset depth." in outcome.err
        assert "termlab presets show depth" in outcome.err
