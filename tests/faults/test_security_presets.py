"""A preset from a stranger executes nothing, writes nothing, and is refused with a reason where it asks too much."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.control import Control
from engine.data.load import load_dataset
from engine.errors import ConfigError, DataError, PresetError
from engine.presets import MOST_TRIALS, list_presets, load_preset, preset_files, read_preset, user_preset_folder
from engine.runner import run_trials
from engine.store import RunStore
from engine.sweep import MOST_RUNS, expand
from tests.faults.hostile import NOWHERE, everything_under

HEAD = 'title = "t"\nwhy = "w"\nsource = "s"\ngroup = "First steps"\n'
TRIALS = '[[trials]]\nlabel = "only"\n'


def write(text: str, name: str = "stranger") -> Path:
    path = user_preset_folder() / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def refusal(text: str) -> str:
    with pytest.raises(PresetError) as caught:
        read_preset("stranger", write(text))
    assert len(caught.value.message) < 20_000
    return caught.value.message


def axes(count: int, values: int) -> str:
    keys = ["optim.lr", "optim.weight_decay", "train.epochs", "train.batch_size", "seed", "model.name"]
    keys += [f"unknown.a{place}" for place in range(count)]
    listed = ", ".join(map(str, range(1, values + 1)))
    return HEAD + "[axes]\n" + "".join(f'"{key}" = [{listed}]\n' for key in keys[:count])


@pytest.mark.parametrize(
    ("count", "values", "told"),
    [(4, 60, "axes make 12,960,000 trials"), (5, 1000, r"axes make about 10^15 trials"), (2000, 9, "about 10^1908")],
)
def test_millions_of_trials_are_counted_and_not_made(count: int, values: int, told: str) -> None:
    message = refusal(axes(count, values))
    assert told in message
    assert f"at most {MOST_TRIALS:,} go into one preset" in message


def test_as_many_trials_as_may_be_are_made() -> None:
    preset = read_preset("stranger", write(axes(1, 10) + f'"seed" = {list(range(100))}\n'))
    assert len(preset.trials) == MOST_TRIALS
    with pytest.raises(ConfigError, match=f"1,000 trials with 101 seeds each are 101,000 runs; at most {MOST_RUNS:,}"):
        expand(preset, seeds=range(101))


def test_so_many_single_trials_are_refused_too() -> None:
    text = HEAD + "".join(f'[[trials]]\nlabel = "{place}"\n' for place in range(5000))
    assert "there are 5,000 trials; at most 1,000" in refusal(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a = " + "[" * 50_000 + "]" * 50_000, "deep"),
        ("a = " + "{b = " * 20_000 + "1" + "}" * 20_000, "deep"),
        (".".join("a" * 50_000) + " = 1", "deep"),
        ("[" + ".".join("a" * 50_000) + "]", "deep"),
        ("[" + ".".join("a" * 20) + "]\nb = 1", "more than 16 deep"),
        (f"seed = {'9' * 10_000}", "not valid TOML"),
        (f"seed = 0x{'f' * 100_000}", "seed is a number of 400000 bits"),
        ('[config]\nseed = 99999999999999999999999', "config.seed is a number of 77 bits"),
        (f'{"k" * 5000} = 1', "is not the name of a key"),
        ('"\\u001b[2J" = 1', r"'\x1b[2J' is not the name of a key"),
        ('title = "\\u001b]0;owned\\u0007"', "title holds U+001B, a character that commands the terminal"),
        ('why = "a\\u0000b"', "why holds U+0000"),
        ('title = "\\u202Egnp.exe"', "title holds U+202E"),
        ('[[trials]]\nlabel = "\\u0008\\u0008"', "trials.label holds U+0008"),
        ("\x00", "not valid TOML"),
        ("\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "not valid TOML"),
        ("a = 1\na = 2", "not valid TOML"),
    ],
    ids=lambda value: repr(value[:24]),
)  # fmt: skip
def test_what_nobody_writes_is_refused_with_the_reason(text: str, told: str) -> None:
    message = refusal(text)
    assert told in message
    assert "stranger.toml: " in message


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[config.data]\nname = "folder:"\n', "folder: names no path"),
        ('[config.data]\nname = "../../etc/passwd"\n', "is not a known dataset"),
        ("[config.optim]\nlr = 1e400\n", "optim.lr"),
        ("[config.optim]\nlr = nan\n", "optim.lr"),
        ('[config.model]\nname = "mlp"\nhidden = [99999999999]\n', "model.hidden"),
        ("[config.train]\nepochs = 9223372036854775807\n", "train.epochs"),
        ('[config]\ndevice = "cuda:99999999999999999999; rm -rf /"\n', "device"),
        ("[config.model]\nname = \"__import__('os').system('x')\"\n", "model.name"),
    ],
    ids=lambda value: repr(value[:40]),
)
def test_values_that_no_setting_takes_are_told_by_key(text: str, told: str) -> None:
    assert told in refusal(HEAD + text + TRIALS)


def test_a_label_does_not_grow_without_bound() -> None:
    named = HEAD + 'label = "{data.name}{data.name}"\n[axes]\n"data.name" = '
    assert "a label of 302 characters; at most 200 go: xxx" in refusal(f'{named}["{"x" * 151}"]\n')
    assert "a label of 402 characters" in refusal(f'{named}["{"x" * 9000}"]\n')
    assert "trials.0.label" in refusal(f'{HEAD}[[trials]]\nlabel = "{"x" * 201}"\n')
    assert "label" in refusal(f'{HEAD}label = "{"{seed}" * 40}"\n[axes]\n"seed" = [1]\n')
    assert "label has 240,000 characters; at most 10,000 go" in refusal(f'{HEAD}label = "{"{seed}" * 40_000}"\n')


def test_a_file_of_100_megabytes_is_refused_unread(tmp_path: Path) -> None:
    path = write("")
    os.truncate(path, 100_000_000)
    with pytest.raises(PresetError, match="is longer than the 262,144 bytes of a preset"):
        read_preset("stranger", path)


def test_neither_pipes_nor_folders_nor_links_to_nothing_hold_up_the_list() -> None:
    folder = write(HEAD + TRIALS, "good").parent
    os.mkfifo(folder / "pipe.toml")
    (folder / "folder.toml").mkdir()
    (folder / "dangling.toml").symlink_to(folder / "none")
    (folder / "zero.toml").symlink_to("/dev/zero")
    write(HEAD + TRIALS, "\x1b[2J")
    presets, errors = list_presets()
    assert "good" in [preset.name for preset in presets]
    assert sorted(error.file for error in errors) == sorted(
        ["pipe.toml", "folder.toml", "dangling.toml", "zero.toml", "\x1b[2J.toml"]
    )
    assert all(error.message.isprintable() for error in errors)


def test_a_preset_that_is_a_link_is_read(tmp_path: Path) -> None:
    """Many keep their configuration elsewhere and link to it."""
    path = write(HEAD + TRIALS)
    path.rename(tmp_path / "elsewhere.toml")
    path.symlink_to(tmp_path / "elsewhere.toml")
    assert load_preset("stranger").title == "t"
    assert "stranger" in preset_files()


@pytest.mark.parametrize("name", ["folder:../../..", "folder:/", "folder:~root", "folder:/proc/self", "folder:/dev"])
def test_a_folder_of_images_that_is_none_is_only_looked_at(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERMLAB_CACHE", str(tmp_path / "cache"))
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b" / "c")
    before = everything_under(tmp_path)
    (trial,) = read_preset("s", write(f'{HEAD}[config.data]\nname = "{name}"\n{TRIALS}')).trials
    with pytest.raises(DataError):
        load_dataset(trial.config.data, NOWHERE)
    assert everything_under(tmp_path) == before


def test_names_of_a_preset_write_nothing_outside_the_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = HEAD + "[config.train]\nepochs = 1\n[config.data]\ntrain_limit = 64\ntest_limit = 64\n"
    text += '[[trials]]\nlabel = "../../../escaped"\n[[trials]]\nlabel = "/escaped; $(touch escaped) `touch escaped`"\n'
    monkeypatch.setenv("TERMLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    trials = expand(read_preset("..", write(text, "..")))
    store = RunStore(tmp_path / "a" / "results")
    list(run_trials(trials, store, data_folder=NOWHERE, control=Control()))
    assert [summary.status for summary in store.summaries()] == ["done", "done"]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["results"]
