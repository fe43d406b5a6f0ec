"""`termlab run`: what it trains, prints, refuses and leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.store import RunStore
from tests.real_data import REAL_DATA, needs_cifar10, needs_mnist
from tests.tui.invoke import Shell, in_a_process

FAST = ("train.epochs=2", "model.hidden=16", "train.batch_size=256")


def test_it_prints_a_run_object_a_line_and_nothing_else_on_stdout(termlab: Shell, tmp_path: Path) -> None:
    outcome = termlab("run", "digits-first", *FAST, "--seeds", "0,1", "--json")
    assert outcome.code == 0
    runs = [json.loads(line) for line in outcome.out.splitlines()]
    assert [(run["label"], run["seed"]) for run in runs] == [("sgd", 0), ("momentum", 0), ("sgd", 1), ("momentum", 1)]
    first = runs[0]
    assert {
        "schema_version": 1,
        "preset": "digits-first",
        "status": "done",
        "dataset": "digits",
    }.items() <= first.items()
    assert (first["model"], first["parameters"], first["epochs"], first["steps"]) == ("mlp", 1210, 2, 12)
    assert first["device"] in ("cpu", "cuda:0")
    assert first["train_seconds"] > 0
    assert first["samples_per_second"] == pytest.approx(2 * 1437 / first["train_seconds"])
    assert first["metrics"]["test_error"] == pytest.approx(1 - first["metrics"]["test_accuracy"])
    assert set(first["metrics"]) >= {"train_loss", "train_accuracy", "test_loss", "best_test_accuracy", "best_epoch"}
    assert first["published"] is None
    assert first["config"]["optim"]["lr"] == 0.05
    left = {path.name for path in (tmp_path / "results").iterdir()}
    assert left == {".sweeps", *(run["run"] for run in runs)}


def test_progress_that_is_not_on_a_terminal_is_one_line_an_epoch(termlab: Shell) -> None:
    outcome = termlab("run", "digits-first", *FAST, "--only", "sgd")
    lines = outcome.err.splitlines()
    assert lines[0].startswith("run 1 of 1: sgd seed 0 (1,210 parameters, 1,437 examples, ")
    assert [line.partition("  train loss")[0] for line in lines[1:3]] == [
        "sgd seed 0  epoch 1/2",
        "sgd seed 0  epoch 2/2",
    ]
    assert lines[3:] == ["sgd seed 0: done"]
    assert "\x1b" not in outcome.err + outcome.out
    assert outcome.out.startswith("run     preset        trial  seed  status  epochs  test acc %  best %  train\n")


def test_needed_skips_what_is_done(termlab: Shell) -> None:
    termlab("run", "digits-first", *FAST, "--only", "sgd", "--progress", "none")
    outcome = termlab("run", "digits-first", *FAST, "--needed", "--json", "--progress", "none")
    assert [json.loads(line)["label"] for line in outcome.out.splitlines()] == ["momentum"]
    assert outcome.err == "1 of 2 runs are already done.\n"


def test_a_dry_run_checks_everything_and_trains_nothing(termlab: Shell, tmp_path: Path) -> None:
    outcome = termlab("run", "digits-first", "--quick", "--seeds", "0..2", "--dry-run", "--json")
    trials = json.loads(outcome.out)
    assert [(trial["label"], trial["seed"]) for trial in trials[:3]] == [("sgd", 0), ("momentum", 0), ("sgd", 1)]
    assert trials[0]["steps"] == 15 * 45
    assert outcome.code == 0
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no-such"], ['"no-such" is not a known preset. Known: augmentations, batchnorm']),
        (["batchnom"], ['Did you mean "batchnorm"?']),
        (["digits-first", "optim.lrr=1"], ['optim.lrr is not a setting. Did you mean "optim.lr"?']),
        (["digits-first", "optim.lr=fast"], ['optim.lr = "fast" is not allowed: it takes a number, greater than 0']),
        (["digits-first", "optim.lr=-1", "data.name=mnst"], ["optim.lr", 'Did you mean "mnist"?']),
        (["digits-first", "data.name=mnist"], ["mnist", "termlab data get mnist"]),
        (["digits-first", "data.name=folder:nowhere"], ["nowhere"]),
        (["digits-first", "--seeds", "1-3"], ['--seeds: "1-3" is not a list of seeds']),
        (
            ["digits-first", "--only", "sdg"],
            ['--only: "sdg" is not a known trial of digits-first', 'Did you mean "sgd"?'],
        ),
        (["digits-first", "--epochs", "0"], ["train.epochs"]),
        (["digits-first", "--device", "tpu"], ['"tpu" is not a device']),
        (["digits-first", "--device", "cuda:63"], ['device = "cuda:63" is not available']),
        (["digits-first", "momentum"], ['"momentum" is not a setting; write KEY=VALUE']),
        (["depth", "data.name=digits", "model.pool_every=1"], ["pool", "model.pool_every"]),
        (["digits-first", "evaluate.dropout_masks=5"], ["evaluate.dropout_masks = 5"]),
        (
            ["digits-first", "--seeds", "x", "--only", "sdg", "optim.lr=-1", "data.name=folder:nowhere"],
            ["--seeds", "--only", "optim.lr", "nowhere does not exist"],
        ),
        (["digits-first", "evaluate.dropout_masks=5", "--device", "cuda:63"], ["evaluate.dropout_masks", "cuda:63"]),
        (
            ["dropout-inference", "evaluate.dropout_masks=5", "data.name=digits"],
            ['trial "dropout=0": evaluate.dropout'],
        ),
    ],
)
def test_wrong_input_is_told_on_stderr_and_leaves_nothing_behind(
    arguments: list[str], words: list[str], termlab: Shell, tmp_path: Path
) -> None:
    outcome = termlab("run", *arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    assert all(word in outcome.err for word in words), outcome.err
    assert "Traceback" not in outcome.err
    assert not list((tmp_path / "results").glob("*"))


def test_a_setting_given_both_ways_is_refused(termlab: Shell) -> None:
    outcome = termlab("run", "digits-first", "--epochs", "3", "train.epochs=5")
    assert outcome.code == 2
    assert "train.epochs is given as --epochs and as train.epochs=" in outcome.err


def test_a_results_folder_that_cannot_be_written_is_told_before_training(termlab: Shell, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    outcome = termlab("run", "digits-first", *FAST, "--results", str(tmp_path / "file" / "results"))
    assert outcome.code == 2
    assert "is not writable" in outcome.err
    assert "--results DIR" in outcome.err


def test_a_failed_run_ends_with_1_and_the_sweep_goes_on(termlab: Shell) -> None:
    diverging = ("optim.lr=1", "optim.weight_decay=100", "train.epochs=20", "--progress", "none", "--json")
    outcome = termlab("run", "digits-first", *diverging)
    assert outcome.code == 1
    assert [json.loads(line)["status"] for line in outcome.out.splitlines()] == ["failed", "failed"]
    assert "the training loss became" in outcome.err
    outcome = termlab("run", "digits-first", *diverging, "--on-error", "stop")
    assert len(outcome.out.splitlines()) == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)])
def test_a_signal_saves_the_run_and_ends_with_its_code(number: signal.Signals, code: int, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tui", "run", "digits-first", "train.epochs=100000", "--results", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "epoch" in line:
                break
        process.send_signal(number)
        _, rest = process.communicate(timeout=60)
        assert process.returncode == code, rest
    (summary,) = RunStore(tmp_path).summaries()
    assert summary.status == "stopped"
    assert summary.epochs >= 1
    assert (tmp_path / summary.run / "weights.pt").exists()


@needs_mnist
def test_batchnorm_trains_on_the_real_mnist(termlab: Shell) -> None:
    arguments = ("data.train_limit=3000", "data.test_limit=1000", "--epochs", "2", "--json", "--progress", "none")
    outcome = termlab("run", "batchnorm", *arguments, "--data", str(REAL_DATA / "mnist"))
    off, on = (json.loads(line) for line in outcome.out.splitlines())
    assert (off["parameters"], on["parameters"]) == (98_442, 98_922)
    assert 0.5 < on["metrics"]["test_accuracy"] < 1.0
    assert on["metrics"]["test_accuracy"] > off["metrics"]["test_accuracy"]  # the effect the preset is about
    figure = {"metric": "test_accuracy", "value": 0.99, "tolerance": 0.005, "bound": "near", "comparable": False}
    assert on["published"] == figure


@needs_cifar10
@pytest.mark.parametrize("preset", ["weight-decay", "dropout-inference", "batchnorm", "depth"])
def test_presets_can_be_pointed_at_a_folder_of_images(preset: str, termlab: Shell) -> None:
    folder = f"data.name=folder:{REAL_DATA / 'cifar10_small'}"
    outcome = termlab("run", preset, folder, "--dry-run", "--json")
    assert outcome.code == 0
    assert {trial["train_examples"] for trial in json.loads(outcome.out)} == {5000}


@pytest.mark.parametrize("preset", ["weight-decay", "dropout-inference", "batchnorm", "depth", "digits-first"])
def test_presets_can_be_pointed_at_digits(preset: str, termlab: Shell) -> None:
    outcome = termlab("run", preset, "data.name=digits", "--quick", "--dry-run", "--json")
    assert outcome.code == 0, outcome.err
    assert {trial["train_examples"] for trial in json.loads(outcome.out)} == {1437}


def test_a_network_that_is_less_than_it_says_is_told_once(termlab: Shell) -> None:
    outcome = termlab("run", "batchnorm", "data.name=digits", "--dry-run")
    assert outcome.err.count("has no pool in block 4: images of 8x8") == 1
    assert "pool" not in termlab("run", "batchnorm", "data.name=synthetic", "--dry-run").err


def test_without_debug_there_is_no_traceback_and_with_it_there_is(tmp_path: Path) -> None:
    environment = {**os.environ, "TERMLAB_RESULTS": str(tmp_path)}
    plain = in_a_process("run", "no-such", environment=environment)
    debugged = in_a_process("run", "no-such", "--debug", environment=environment)
    assert plain.returncode == 2
    assert "Traceback" not in plain.stderr
    assert "Traceback" in debugged.stderr


@pytest.mark.parametrize(
    ("family", "images"),
    [
        ("cnn", ["data.name=digits"]),
        ("your_cnn", ["data.name=digits"]),
        ("resnet", ["data.name=digits"]),
        ("convnet", ["data.name=digits"]),
        ("double_conv", ["data.name=digits"]),
        ("strided_cnn", ["data.name=digits", "data.image_size=64"]),
        ("regularised_cnn", ["data.name=digits", "data.image_size=64"]),
    ],
)
def test_what_is_offered_to_convolutions_over_points_works(family: str, images: list[str], termlab: Shell) -> None:
    command = ("run", "digits-first", "--dry-run", "data.name=moons", f"model.name={family}")
    outcome = termlab(*command)
    assert outcome.code == 2
    told = outcome.err.replace(" = ", "=")
    assert "What would work: model.name=mlp, which takes points too" in told
    assert all(f"{setting} " in told.replace(".\n", " ") for setting in images)
    assert "model.pool_every" not in told
    assert termlab(*command, "model.name=mlp").code == 0
    assert termlab(*command, *images).code == 0
