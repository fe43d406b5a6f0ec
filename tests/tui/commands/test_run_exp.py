"""`termlab run-exp`: the old command line of the architecture experiments, on digits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.presets import load_preset
from engine.store import RunStore
from tests.tui.invoke import Shell
from tui.commands.run_exp import spread_values

SMALL = ("-K", "4", "8", "-L", "2", "-P", "2", "-H", "20", "data.name=digits")
FAST = ("--epochs", "2", "--batches", "3", "--progress", "none")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("-K 32 64 -L 2 -P 2 -H 100", "-K 32 -K 64 -L 2 -P 2 -H 100"),
        ("-K 32 -K 64 -L 2", "-K 32 -K 64 -L 2"),
        ("-H 100 50 -K 32", "-H 100 -H 50 -K 32"),
        ("--filters-per-layer 32 64 128 --dry-run", "--filters-per-layer 32 --filters-per-layer 64 "
         "--filters-per-layer 128 --dry-run"),
        ("--hidden-dims=9 8 -L 2", "--hidden-dims 9 --hidden-dims 8 -L 2"),
        ("-K32 64", "-K 32 -K 64"),
        ("-L 2 -K 32 64 data.name=digits 5", "-L 2 -K 32 -K 64 data.name=digits 5"),
        ("-K 32 -- 64 -K 1 2", "-K 32 -- 64 -K 1 2"),
        ("-L 2 -K", "-L 2 -K"),
        ("-n 7 8", "-n 7 8"),
    ],
)  # fmt: skip
def test_a_flag_with_several_values_is_repeated(written: str, read: str) -> None:
    assert spread_values(["--debug", "run-exp", *written.split()]) == ["--debug", "run-exp", *read.split()]


def test_other_commands_keep_their_arguments() -> None:
    arguments = ["run", "depth", "-K", "1", "2"]
    assert spread_values(arguments) == arguments


def test_it_trains_one_run_under_its_published_name(termlab: Shell, tmp_path: Path) -> None:
    outcome = termlab("run-exp", "-n", "exp1_1", *SMALL, *FAST, "-M", "cnn", "-s", "3", "-d", "cpu", "--json")
    assert outcome.code == 0, outcome.err
    (run,) = [json.loads(line) for line in outcome.out.splitlines()]
    assert (run["preset"], run["label"], run["seed"], run["status"]) == ("run-exp", "exp1_1_L2_K4-8", 3, "done")
    assert (run["device"], run["epochs"], run["steps"], run["published"]) == ("cpu", 2, 6, None)
    # Convolutions of 4, 4, 8 and 8 filters, two pools of 8x8 to 2x2, then 20 and 10 units.
    convolutions = sum(out * (9 * channels + 1) for channels, out in ((1, 4), (4, 4), (4, 8), (8, 8)))
    assert run["parameters"] == convolutions + (8 * 4 + 1) * 20 + 21 * 10
    assert len(RunStore(tmp_path / "results").summaries()) == 1


def test_its_runs_are_listed_and_ranked_like_any_other(termlab: Shell) -> None:
    assert termlab("run-exp", "-n", "mine", *SMALL, *FAST).out.splitlines()[1].split()[1:3] == [
        "run-exp",
        "mine_L2_K4-8",
    ]
    assert termlab("ls", "--where", "preset=run-exp").out.splitlines()[1].split()[2] == "mine_L2_K4-8"
    assert "mine_L2_K4-8" in termlab("leaderboard", "--preset", "run-exp").out
    assert "mine_L2_K4-8" in termlab("show", "latest").out
    assert termlab("plot", "latest").code == 0


def config_of(outcome_of: Shell, tmp_path: Path, *arguments: str) -> dict[str, dict[str, object]]:
    """Return the config of a run that was just trained."""
    outcome = outcome_of("run-exp", "-n", "a", *arguments, "--json", "--progress", "none")
    assert outcome.code == 0, outcome.err
    config: dict[str, dict[str, object]] = json.loads(outcome.out)["config"]
    return config


def test_flags_are_settings_and_the_test_set_has_as_many_batches(termlab: Shell, tmp_path: Path) -> None:
    flags = ["--lr=0.01", "--reg=0.002", "--epochs=2", "--batches=4", "--bs-train=30", "--bs-test=5"]
    flags += ["--early-stopping=7", "--seed=1"]
    config = config_of(termlab, tmp_path, *SMALL, *flags)
    optim, train = config["optim"], config["train"]
    assert (optim["name"], optim["lr"], optim["weight_decay"]) == ("adam", 0.01, 0.002)
    assert (train["epochs"], train["batch_size"], train["batches_per_epoch"]) == (2, 30, 4)
    assert (train["early_stopping_epochs"], config["data"]["test_limit"]) == (7, 20)
    assert config["model"] == {**config["model"], "name": "cnn", "filters": [4, 8], "layers_per_filter": 2}


def test_without_flags_it_is_the_published_recipe(termlab: Shell, tmp_path: Path) -> None:
    """The first trial of `depth` comes from the same source; it stops after 5 epochs and pools after 5 convolutions."""
    same = ("train.epochs=1", "data.name=digits")
    config = config_of(termlab, tmp_path, "-K", "32", "-L", "2", "-P", "5", "--early-stopping", "5", *same)
    published = load_preset("depth").trials[0].config.model_dump(mode="json")
    published["train"]["epochs"], published["data"]["name"] = 1, "digits"
    assert config == published


@pytest.mark.parametrize(("flags", "limit"), [((), 1200), (("--batches", "7"), 84), (("--bs-test", "2"), 200)])
def test_the_test_set_follows_batches_and_their_size(
    flags: tuple[str, ...], limit: int, termlab: Shell, tmp_path: Path
) -> None:
    config = config_of(termlab, tmp_path, *SMALL, "--epochs", "1", *flags)
    assert config["data"]["test_limit"] == limit
    config = config_of(termlab, tmp_path, *SMALL, "--epochs", "1", "--batches", "7", "data.test_limit=9")
    assert config["data"]["test_limit"] == 9


@pytest.mark.parametrize(
    ("old", "family"),
    [
        ("resnet", "resnet"),
        ("ResNet", "resnet"),
        ("CNN", "cnn"),
        ("ycn", "your_cnn"),
        ("YCN", "your_cnn"),
        ("your_cnn", "your_cnn"),
        ("YourCNN", "your_cnn"),
    ],
)
def test_model_types_go_by_old_names_families_and_classes(
    old: str, family: str, termlab: Shell, tmp_path: Path
) -> None:
    model = config_of(termlab, tmp_path, *SMALL, "--epochs=1", "--batches=1", "-M", old)["model"]
    assert (model["name"], model["filters"], model["hidden"], model["pool_every"]) == (family, [4, 8], [20], 2)


def test_a_dry_run_trains_nothing(termlab: Shell, tmp_path: Path) -> None:
    outcome = termlab("run-exp", "-n", "exp1_3", *SMALL, "--dry-run", "--json")
    (trial,) = json.loads(outcome.out)
    assert (trial["label"], trial["epochs"], trial["test_examples"]) == ("exp1_3_L2_K4-8", 100, 360)
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-n", "a", "-L", "2"], "--filters-per-layer"),
        (["-K", "4", "-L", "2"], "--run-name"),
        (["-n", "a", "-K", "4", "-L", "x"], "termlab: invalid value for '--layers-per-block' / '-L'"),
        (
            ["-n", "a", *SMALL, "-M", "ResNte"],
            '--model-type: "ResNte" is not a known family. Known: cnn, resnet, your_cnn (or ycn). '
            'Did you mean "resnet"?',
        ),
        (["-n", "a", *SMALL, "-M", "mlp"], "Known: cnn, resnet, your_cnn (or ycn)."),
        (["-n", "", *SMALL], "--run-name is empty"),
        (["-n", " ", *SMALL], "--run-name is empty"),
        (["-n", "a", *SMALL, "optim.lrr=1"], 'Did you mean "optim.lr"?'),
        (["-n", "a", *SMALL, "--lr", "1", "optim.lr=1"], "optim.lr is given as --lr and as optim.lr="),
        (["-n", "a", *SMALL, "-L", "0"], "model.layers_per_filter"),
        (["-n", "a", *SMALL, "64"], '"64" is not a setting; write KEY=VALUE'),
        (["-n", "a\x1b[2J", *SMALL], "cannot be shown or saved"),
        (["-n", "a", "-K", "4", "-L", "2"], "termlab data get cifar10"),
    ],
)
def test_wrong_input_ends_with_2_and_leaves_nothing(
    arguments: list[str], words: str, termlab: Shell, tmp_path: Path
) -> None:
    outcome = termlab("run-exp", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert words in outcome.err
    assert not list((tmp_path / "results").glob("*"))


def test_every_fault_is_told_once(termlab: Shell) -> None:
    outcome = termlab("run-exp", "-n", "", "-K", "0", "-L", "2", "-M", "vgg", "--lr=-1", "--dry-run")
    assert outcome.code == 2
    assert [line.removeprefix("termlab: ").partition(" ")[0] for line in outcome.err.splitlines()] == [
        "--run-name",
        "--model-type:",
        "model.filters:",
        "optim.lr",
    ]
