from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from engine.config import DataConfig, RunConfig
from engine.errors import ConfigError, PresetError
from engine.overrides import apply_overrides, get_value
from engine.presets import GROUPS, Preset, list_presets, load_preset, preset_files, read_preset, user_preset_folder

HEAD = """
title = "A title"
why = "A reason"
source = "A source"
group = "Regularisation"
"""
TWO_TRIALS = """
[[trials]]
label = "a"

[[trials]]
label = "b"
set = { "optim.lr" = 0.5 }
published = [{ metric = "test_accuracy", value = 0.9, tolerance = 0.01 }]
"""
PACKAGED = sorted(preset_files())
SINGLE = {"cnn-overfit", "lenet", "logistic-regression", "scratch-overfit"}
"""One system with a figure of its own, and nothing to set beside it."""


def read(folder: Path, text: str) -> Preset:
    file = folder / "mine.toml"
    file.write_text(text, encoding="utf-8")
    return read_preset("mine", file)


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(PresetError) as caught:
        read(folder, text)
    lines = caught.value.message.split("\n")
    assert all(line.startswith(f"{folder / 'mine.toml'}: ") for line in lines)
    return [line.removeprefix(f"{folder / 'mine.toml'}: ") for line in lines]


@pytest.mark.parametrize("name", PACKAGED)
def test_a_packaged_preset_says_all_that_a_reader_needs(name: str) -> None:
    preset = load_preset(name)
    assert preset.name == name
    assert preset.title
    assert preset.why
    assert preset.source
    assert preset.group in GROUPS
    assert preset.quick
    assert preset.quick_note
    assert preset.choices
    assert preset.trials
    assert len(preset.trials) >= 2 or preset.name in SINGLE
    assert preset.finding or any(trial.published for trial in preset.trials)
    assert len({trial.config.fingerprint for trial in preset.trials}) == len(preset.trials)


@pytest.mark.parametrize("name", PACKAGED)
def test_the_trials_of_a_packaged_preset_differ_in_their_recipe_and_share_their_examples(name: str) -> None:
    configs = [trial.config for trial in load_preset(name).trials]
    scaling = {"scaling": DataConfig().scaling, "zca_eps": DataConfig().zca_eps}
    examples = {(config.data.model_copy(update=scaling), config.seed) for config in configs}
    assert len(examples) == (2 if name == "mnist-and-cifar" else 1)


def test_presets_are_listed_by_group_in_the_order_of_the_groups() -> None:
    presets, errors = list_presets()
    assert errors == []
    places = [(GROUPS.index(preset.group), preset.name) for preset in presets]
    assert places == sorted(places)
    assert presets[0].name == "digits-first"


def test_an_unknown_preset_names_the_nearest() -> None:
    with pytest.raises(PresetError, match=r'"batchnrom" is not a known preset\..*Did you mean "batchnorm"') as caught:
        load_preset("batchnrom")
    assert "termlab presets" in caught.value.hint


@pytest.mark.parametrize(
    ("word", "holders"),
    [
        ("A3", ["batchnorm"]),
        ("C5", ["cifar-l2", "mnist-and-cifar", "pooling-and-activation"]),
        ("c1", ["mnist-and-cifar", "mnist-l2"]),  # and not C10
        ("C10", ["mnist-and-cifar"]),
        ("B3", ["augmentations", "cifar-ladder"]),
        ("exp1_1", ["depth"]),
        ("exp2_L3_K32-64-128", ["batchnorm-depth"]),
    ],
)
def test_a_row_of_the_catalogue_names_the_presets_that_have_it(word: str, holders: list[str]) -> None:
    with pytest.raises(PresetError) as caught:
        load_preset(word)
    ending = "s" if len(holders) > 1 else ""
    start, _, named = caught.value.message.partition(f" {word} is in the preset{ending} ")
    assert start.startswith(f'"{word}" is not a known preset.')
    assert sorted(named.removesuffix(".").split(", ")) == holders
    assert "termlab presets show" in caught.value.hint


@pytest.mark.parametrize("word", ["", "·", "exp", "C99"])
def test_a_word_that_no_preset_has_is_met_with_what_is_known(word: str) -> None:
    with pytest.raises(PresetError, match="Known: augmentations, ") as caught:
        load_preset(word)
    assert "is in" not in caught.value.message


def test_trials_change_the_shared_config(tmp_path: Path) -> None:
    preset = read(tmp_path, HEAD + "[config.optim]\nlr = 0.2\nmomentum = 0.5\n" + TWO_TRIALS)
    first, second = preset.trials
    assert (first.preset, first.label, first.config.optim.lr) == ("mine", "a", 0.2)
    assert (second.label, second.config.optim.lr, second.config.optim.momentum) == ("b", 0.5, 0.5)
    assert (first.published, second.published[0].value) == ((), 0.9)
    assert preset.origin == str(tmp_path / "mine.toml")


def test_axes_give_every_combination_with_the_last_axis_fastest(tmp_path: Path) -> None:
    preset = read(tmp_path, HEAD + '[axes]\n"model.hidden" = [[8], [8, 4]]\n"optim.lr" = [0.1, 0.2]\n')
    assert [trial.label for trial in preset.trials] == [
        "hidden=8 lr=0.1", "hidden=8 lr=0.2", "hidden=8-4 lr=0.1", "hidden=8-4 lr=0.2",
    ]  # fmt: skip
    assert [(get_value(trial.config, "model.hidden"), trial.config.optim.lr) for trial in preset.trials] == [
        ((8,), 0.1), ((8,), 0.2), ((8, 4), 0.1), ((8, 4), 0.2),
    ]  # fmt: skip


def test_a_label_template_names_the_axes(tmp_path: Path) -> None:
    preset = read(tmp_path, HEAD + 'label = "L{optim.lr}"\n[axes]\n"optim.lr" = [0.1, 1]\n')
    assert [trial.label for trial in preset.trials] == ["L0.1", "L1"]


def test_a_label_template_that_names_no_axis_is_refused(tmp_path: Path) -> None:
    [problem] = problems(tmp_path, HEAD + 'label = "L{optim.rl}"\n[axes]\n"optim.lr" = [0.1, 1]\n')
    assert problem == 'label = "L{optim.rl}" names what is not an axis. Axes: optim.lr'


def test_several_faults_of_the_file_and_its_config_are_reported_at_once(tmp_path: Path) -> None:
    text = HEAD.replace("Regularisation", "Regularization").replace('source = "A source"', "sauce = 3")
    found = problems(tmp_path, text + '[config.optim]\nlr = "fast"\nnmae = "sgd"\n' + TWO_TRIALS)
    assert len(found) == 5
    together = "\n".join(found)
    assert '[config] optim.lr = "fast" is not allowed: it takes a number' in together
    assert '[config] optim.nmae is not a setting. Did you mean "optim.name"?' in together
    assert "source is missing" in together
    assert "sauce is not a key of a preset" in together
    assert 'group: "Regularization" is not a known group.' in together
    assert 'Did you mean "Regularisation"?' in together


def test_a_misspelt_key_of_a_trial_names_the_nearest_key_of_trials(tmp_path: Path) -> None:
    trial = '[[trials]]\nlabel = "a"\nst = {}\npublished = [{ metric = "test_loss", valeu = 1, tolerance = 1 }]\n'
    found = problems(tmp_path, HEAD + trial)
    assert 'trials.0.st is not a key of a trial. Did you mean "set"?' in found
    assert 'trials.0.published.0.valeu is not a key of a published figure. Did you mean "value"?' in found


def test_a_published_figure_is_near_unless_it_says_otherwise(tmp_path: Path) -> None:
    assert read(tmp_path, HEAD + TWO_TRIALS).trials[1].published[0].bound == "near"
    bound = TWO_TRIALS.replace("tolerance = 0.01", 'tolerance = 0.01, bound = "at_least"')
    assert read(tmp_path, HEAD + bound).trials[1].published[0].bound == "at_least"
    [problem] = problems(tmp_path, HEAD + bound.replace("at_least", "at_lest"))
    assert problem == (
        'trials.1.published.0.bound: "at_lest" is not a known bound. Known: at_least, at_most, near. '
        'Did you mean "at_least"?'
    )


def test_a_preset_says_what_was_chosen_and_what_its_quick_profile_shows(tmp_path: Path) -> None:
    plain = read(tmp_path, HEAD + TWO_TRIALS)
    assert (plain.choices, plain.quick_note) == ((), "")
    told = 'choices = ["The rate is left open: 0.5.", "So is the size: 8."]\nquick_note = "Shows nothing."\n'
    quick = '[quick]\n"train.epochs" = 1\n'
    preset = read(tmp_path, HEAD + told + TWO_TRIALS + quick)
    assert preset.choices == ("The rate is left open: 0.5.", "So is the size: 8.")
    assert preset.quick_note == "Shows nothing."
    assert problems(tmp_path, HEAD + told + TWO_TRIALS) == [
        "quick_note has no effect: there is no [quick] for it to tell about"
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('choices = "one"', "choices = one is not allowed"),
        ('choices = ["one", ""]', "choices.1 =  is not allowed"),
        ('choice = ["one"]', 'choice is not a key of a preset. Did you mean "choices"?'),
        ("quick_note = 3", "quick_note = 3 is not allowed"),
    ],
)
def test_what_was_chosen_is_a_list_of_sentences(line: str, problem: str, tmp_path: Path) -> None:
    [found] = problems(tmp_path, f"{HEAD}{line}\n{TWO_TRIALS}")
    assert found.startswith(problem)


def test_check_says_with_which_seeds_and_whether_as_a_whole(tmp_path: Path) -> None:
    plain = read(tmp_path, HEAD + TWO_TRIALS)
    assert (plain.check.seeds, plain.check.mean_gap) == (None, {})
    grid = read(tmp_path, HEAD + TWO_TRIALS + "[check]\nseeds = [4, 0, 4]\nmean_gap = { test_accuracy = 0.02 }\n")
    assert (grid.check.seeds, grid.check.mean_gap) == ((4, 0), {"test_accuracy": 0.02})


@pytest.mark.parametrize(
    ("check", "problem"),
    [
        ("seed = [0]", 'check.seed is not a key of [check]. Did you mean "seeds"?'),
        ("seeds = []", "check.seeds = none is not allowed"),
        ("seeds = [0, -1]", "check.seeds.1 = -1 is not allowed"),
        ("mean_gap = { test_accuracy = -0.5 }", "check.mean_gap.test_accuracy = -0.5 is not allowed"),
        ('mean_gap = { test_accuracy = "low" }', "check.mean_gap.test_accuracy = low is not allowed"),
    ],
)
def test_a_fault_of_check_is_told_beside_the_others(check: str, problem: str, tmp_path: Path) -> None:
    found = problems(tmp_path, HEAD + TWO_TRIALS + f"[check]\n{check}\n[quick]\n" + '"train.epoch" = 1\n')
    assert found[0].startswith(problem)
    assert found[1].startswith("[quick] train.epoch is not a setting")


def test_a_mean_gap_without_published_figures_is_refused(tmp_path: Path) -> None:
    text = HEAD + '[axes]\n"optim.lr" = [0.1, 1]\n[check]\nmean_gap = { test_accuracy = 0.02 }\n'
    no_figure = "no trial has a published figure of this metric."
    assert problems(tmp_path, text) == [f"check.mean_gap.test_accuracy: {no_figure}"]
    text = HEAD + TWO_TRIALS + "[check]\nmean_gap = { test_acuracy = 0.02 }\n"
    [problem] = problems(tmp_path, text)
    assert problem == f'check.mean_gap.test_acuracy: {no_figure} Did you mean "test_accuracy"?'


def test_faults_of_config_trials_and_quick_profile_are_reported_at_once(tmp_path: Path) -> None:
    text = HEAD + '[config.data]\nname = "digit"\n' + TWO_TRIALS.replace("optim.lr", "optim.rl").replace('"b"', '"a"')
    found = problems(tmp_path, text + '[quick]\n"train.epochs" = 0\n"train.bacth_size" = 3\n')
    assert len(found) == 5
    assert found[0].startswith('[config] data.name: "digit" is not a known dataset.')
    assert found[1] == 'two trials are labelled "a"'
    assert found[2] == 'trial "a": optim.rl is not a setting. Did you mean "optim.lr"?'
    # A fault of the quick profile is one fault, however many trials it meets.
    assert sorted(found[3:]) == [
        '[quick] train.bacth_size is not a setting. Did you mean "train.batch_size"?',
        "[quick] train.epochs = 0 is not allowed: it takes a whole number, at least 1 and at most 100000",
    ]


@pytest.mark.parametrize("rest", ["", TWO_TRIALS + '[axes]\n"optim.lr" = [0.1]\n'], ids=["neither", "both"])
def test_a_preset_has_either_axes_or_trials(tmp_path: Path, rest: str) -> None:
    assert problems(tmp_path, HEAD + rest) == ["a preset has either [axes] or [[trials]], one of them and not both"]


def test_an_axis_without_values_is_refused(tmp_path: Path) -> None:
    assert problems(tmp_path, HEAD + '[axes]\n"optim.lr" = []\n') == ["axes.optim.lr has no values"]


def test_a_file_that_is_no_toml_says_where(tmp_path: Path) -> None:
    [problem] = problems(tmp_path, HEAD + "[config\n")
    assert problem.startswith("not valid TOML: ")
    assert "line 6" in problem


def test_a_file_that_is_no_text_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    for name in ("binary", "absent"):
        with pytest.raises(PresetError, match=f"{name}.toml: cannot be read"):
            read_preset(name, tmp_path / f"{name}.toml")


@pytest.fixture
def own_presets(own_config_folder: Path) -> Path:
    folder = own_config_folder / "termlab" / "presets"
    folder.mkdir(parents=True)
    assert user_preset_folder() == folder
    return folder


def test_a_preset_of_the_user_stands_beside_the_packaged_ones(own_presets: Path) -> None:
    (own_presets / "mine.toml").write_text(HEAD + TWO_TRIALS)
    assert load_preset("mine").origin == str(own_presets / "mine.toml")
    assert {preset.name for preset in list_presets()[0]} == {*PACKAGED, "mine"}


def test_a_preset_of_the_user_hides_the_packaged_one_of_its_name(own_presets: Path) -> None:
    (own_presets / "batchnorm.toml").write_text(HEAD + TWO_TRIALS)
    assert load_preset("batchnorm").title == "A title"
    assert [preset.name for preset in list_presets()[0]].count("batchnorm") == 1


def test_a_faulty_preset_does_not_hide_the_others(own_presets: Path) -> None:
    (own_presets / "faulty.toml").write_text("title = 3\n")
    presets, errors = list_presets()
    assert [preset.name for preset in presets if preset.name in PACKAGED]
    [error] = errors
    assert error.message.startswith(f"{own_presets / 'faulty.toml'}: ")


MISFITS = {
    "[config.evaluate]\nroc_threshold = true\n": (
        "evaluate.roc_threshold needs examples to choose it on; set data.validation_fraction"
    ),
    '[config.data]\nscaling = "zca"\n[config.augment]\nbrightness = 0.3\n': (
        "data.scaling = zca leaves no colours that augment could change; set these to 0"
    ),
}
"""Sections that are sound by themselves and do not go together, and the sentence for it."""


@pytest.mark.parametrize(("config", "sentence"), MISFITS.items(), ids=["threshold", "colours"])
def test_sections_that_do_not_go_together_are_told_as_overrides_are(config: str, sentence: str, tmp_path: Path) -> None:
    assert problems(tmp_path, HEAD + config + TWO_TRIALS) == [f"[config] {sentence}"]
    document = tomllib.loads(config)["config"]
    with pytest.raises(ConfigError) as caught:
        apply_overrides(
            RunConfig(), {f"{part}.{key}": value for part in document for key, value in document[part].items()}
        )
    assert caught.value.problems == (sentence,)


def test_faults_beside_sections_that_do_not_go_together_are_found(tmp_path: Path) -> None:
    trial = (
        '[[trials]]\nlabel = "a"\nset = { "data.validation_fraction" = 0.2, "optim.rl" = 1 }\n[[trials]]\nlabel = "b"\n'
    )
    for config, sentence in MISFITS.items():
        model = '[config.model]\nname = "cnn"\n'
        found = problems(tmp_path, HEAD + config + model + trial + '[quick]\n"model.pool_evry" = 2\n')
        assert found == [
            f"[config] {sentence}",
            'trial "a": optim.rl is not a setting. Did you mean "optim.lr"?',
            '[quick] model.pool_evry is not a setting of the model cnn. Did you mean "model.pool_every"?',
        ]


@pytest.mark.parametrize(
    "data",
    ['name = "digit"', 'name = "digit"\nvalidation_fraction = 0.2', "validation_fraction = 2", "scaling = 3"],
)
def test_a_fault_does_not_make_faults_of_the_sections_that_need_what_it_spoilt(data: str, tmp_path: Path) -> None:
    config = f"[config.data]\n{data}\n[config.evaluate]\nroc_threshold = true\n"
    [problem] = problems(tmp_path, HEAD + config + TWO_TRIALS)
    assert problem.startswith(f"[config] data.{data.split(maxsplit=1)[0]}")


def test_a_setting_beside_a_faulty_one_keeps_its_value(tmp_path: Path) -> None:
    config = '[config.data]\nname = "digit"\nvalidation_fraction = 0.2\n'
    trial = '[[trials]]\nlabel = "a"\nset = { "evaluate.roc_threshold" = true }\n'
    [problem] = problems(tmp_path, HEAD + config + trial)
    assert problem.startswith('[config] data.name: "digit"')


def test_faults_of_every_section_at_once_leave_the_rest_readable(tmp_path: Path) -> None:
    sections = [name for name in RunConfig.model_fields if name not in ("seed", "device")]
    config = "".join(f"[config.{name}]\nnothing = 1\n" for name in sections)
    found = problems(tmp_path, HEAD + "[config]\nseed = -1\n" + config + TWO_TRIALS)
    assert len(found) == 1 + len(sections)
    text = "[config]\n" + "".join(f"{name} = 3\n" for name in RunConfig.model_fields if name != "seed")
    assert len(problems(tmp_path, HEAD + text + TWO_TRIALS)) == len(RunConfig.model_fields) - 1


@pytest.mark.parametrize("config", MISFITS, ids=["threshold", "colours"])
def test_sections_that_do_not_go_together_hide_no_other_preset(config: str, own_presets: Path) -> None:
    (own_presets / "single.toml").write_text(HEAD + config + TWO_TRIALS)
    presets, [error] = list_presets()
    assert {preset.name for preset in presets} == set(PACKAGED)
    assert error.file == "single.toml"
    assert error.message == f"{own_presets / 'single.toml'}: [config] {MISFITS[config]}"


def test_a_model_that_is_not_known_is_the_only_fault_there_is(tmp_path: Path) -> None:
    model = '[config.model]\nname = "block_cn"\n[[trials]]\nlabel = "a"\nset = { "model.batchnorm" = true }\n'
    [problem] = problems(tmp_path, HEAD + model + '[quick]\n"model.batchnorm" = false\n')
    assert 'Did you mean "block_cnn"?' in problem


def test_a_setting_in_place_of_a_preset_is_told_from_a_misspelt_name() -> None:
    with pytest.raises(PresetError, match=r'"optim\.lr=0\.1" is a setting; the name of a preset comes first'):
        load_preset("optim.lr=0.1")
