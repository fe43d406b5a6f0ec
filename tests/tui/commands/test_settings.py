"""`termlab settings`: all there is to set, as the config itself declares it."""

from __future__ import annotations

import csv
import io
import json
import re
import sys

import pytest

from engine.config import RunConfig
from engine.model_config import MODEL_CONFIGS
from engine.overrides import apply_overrides, format_value, get_value, settings
from tests.tui.invoke import Shell


def test_every_setting_of_every_family_is_there_with_its_default(termlab: Shell) -> None:
    listed = json.loads(termlab("settings", "--json").out)
    for name in MODEL_CONFIGS:
        known = settings(name)
        own = {one["key"]: one for one in listed if not one["models"] or name in one["models"]}
        assert set(own) == set(known)
        for key, setting in known.items():
            if key != "model.name":
                assert own[key]["default"] == json.loads(json.dumps(setting.default)), (name, key)
            assert (own[key]["choices"], own[key]["allowed"]) == (list(setting.choices), setting.allowed)
            assert own[key]["description"], key


def test_a_default_as_it_is_printed_can_be_given_back(termlab: Shell) -> None:
    rows = csv.DictReader(io.StringIO(termlab("settings", "optim", "--format", "csv").out))
    defaults = {row["key"]: row["default"] for row in rows}
    assert set(defaults) == {key for key in settings("mlp") if key.startswith("optim.")}
    assert apply_overrides(RunConfig(), defaults) == RunConfig()


@pytest.mark.parametrize(
    ("key", "kind"),
    [("train.epochs", "integer"), ("optim.lr", "number"), ("optim.nesterov", "boolean"), ("optim.name", "text"),
     ("data.train_limit", "integer"), ("model.hidden", "list")],
)  # fmt: skip
def test_json_says_of_which_type_a_setting_is(key: str, kind: str, termlab: Shell) -> None:
    (one,) = json.loads(termlab("settings", key, "--model", "mlp", "--json").out)
    assert one["type"] == kind
    assert format_value(one["default"]) == format_value(get_value(RunConfig(), key))


def test_in_a_pipe_each_setting_is_one_line(termlab: Shell) -> None:
    heading, line = termlab("settings", "train.batch_size").out.splitlines()
    assert heading.split() == ["setting", "default", "takes", "meaning"]
    assert re.split(" {2,}", line) == [
        "train.batch_size", "64", "a whole number, at least 1 and at most 1000000", "Examples a step.",
    ]  # fmt: skip


def test_on_a_narrow_terminal_each_setting_is_a_paragraph(termlab: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    lines = termlab("settings", "model.init_std").out.splitlines()
    assert lines == [
        "model.init_std = 0.1   of scratch_mlp",
        "    Standard deviation of the normal weights and biases at the start. It takes a",
        "    number, at least 0 and at most 100.",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["lr"], ['no setting begins with "lr". Did you mean "optim.lr"?', "They begin with data, augment, model"]),
        (["model.filters", "--model", "mlp"], ['no setting of the model mlp begins with "model.filters"']),
        (["--model", "cnm"], ['--model: "cnm" is not a known model', 'Did you mean "cnn"?']),
    ],
)
def test_what_is_not_known_ends_with_2(arguments: list[str], words: list[str], termlab: Shell) -> None:
    outcome = termlab("settings", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert all(word in outcome.err for word in words)


def test_who_names_no_setting_is_told_where_they_are_listed(termlab: Shell) -> None:
    assert "termlab settings lists them." in termlab("run", "digits-first", "optim.lrr=1").err
