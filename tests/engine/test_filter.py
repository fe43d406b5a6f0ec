from __future__ import annotations

import math
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ConfigError
from engine.filter import MOST_NESTED, parse_filter
from engine.summary import RunStatus, RunSummary
from tests.builders import build_summary, build_trial

RUN = build_summary(
    run="abc234-batchnorm-bn_on-s1",
    preset="batchnorm",
    label="bn=on (wide)",
    seed=1,
    dataset="mnist",
    model="block_cnn",
    created=datetime(2026, 7, 1, 14, 30).timestamp(),
    metrics={"best_test_accuracy": 0.985, "test_loss": math.nan, "scaling_error": 0.016},
    config={
        "data": {"name": "folder:Cats", "train_limit": None},
        "model": {"name": "block_cnn", "batchnorm": True, "channels": [16, 32]},
        "optim": {"lr": 0.005},
    },
)


def passes(text: str, run: RunSummary = RUN) -> bool:
    return parse_filter(text, [RUN]).matches(run)


def fault(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parse_filter(text, [RUN])
    return caught.value


def underlined(text: str) -> str:
    """Return the piece of a faulty filter that the caret line points at."""
    _, shown, marks = fault(text).message.split("\n")
    assert shown == f"  {text}"
    return "".join(letter for letter, mark in zip(shown, marks, strict=False) if mark == "^")


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_empty_text_passes_every_run(text: str) -> None:
    assert passes(text)
    assert passes(text, RunSummary(run="xyz", reason="events.jsonl is missing"))


@pytest.mark.parametrize(
    "text",
    [
        "preset=batchnorm and optim.lr<0.01 and not status=failed",
        "batchn",
        "BATCHN",
        "b*norm",
        "abc?34",
        "preset = batchnorm",
        "preset==batchnorm",
        "preset=BatchNorm",
        "preset=batch*",
        "preset!=weight-decay",
        "label=~wide",
        "label=~'^BN=(on|off) .wide.$'",
        'preset=~"^batch[a-z]+$" and run =~ -s[0-9]+$',
        "model.name=~^block_",
        "optim.lr=~005$",
        "not label=~^wide",
        "label~wide",
        "label='bn=on (wide)'",
        'label="bn=on (wide)"',
        "seed=1",
        "seed=1.0",
        "seed>=1 seed<=1",
        "optim.lr=5e-3",
        "optim.lr<1%",
        "best_test_accuracy>98%",
        "best_test_accuracy=98.5%",
        "best_test_accuracy<=0.985",
        "scaling_error<0.02",
        "model.batchnorm=true",
        "model.batchnorm=TRUE",
        "model.channels=16,32",
        "model.channels~32",
        "data.name=folder:*",
        "data.train_limit=none",
        "not has:data.train_limit",
        "has:optim.lr has:scaling_error has:label",
        "status=done",
        "status=d*",
        "created=2026-07-01",
        "created=2026-07-01T14:30",
        "created>2026-06-30",
        "created>=2026-07-01",
        "created<=2026-07-01",
        "created<2026-07-02",
        "created>1700000000",
        "(seed=0 or seed=1) and batchnorm",
        "not (seed=0 or seed=2)",
        "not not seed=1",
        "seed=0 OR NOT seed=2",
    ],
)
def test_a_filter_passes_the_run_that_meets_it(text: str) -> None:
    assert passes(text)


@pytest.mark.parametrize(
    "text",
    [
        "weight-decay",
        '"b*norm"',
        "preset=batch",
        "preset='batch*'",
        "preset=b?norm",
        "seed=10",
        "seed!=1",
        "seed>1",
        "optim.lr<0.005",
        "best_test_accuracy>98.5%",
        "model.batchnorm=false",
        "model.channels=16",
        "not status=done",
        "created>2026-07-01",
        "created<2026-07-01",
        "created=2026-07-02",
        "batchnorm cifar10",
        "batchnorm and not batchnorm",
        "seed=0 or seed=2",
    ],
)
def test_a_filter_holds_back_the_run_that_does_not_meet_it(text: str) -> None:
    assert not passes(text)


def test_and_binds_more_tightly_than_or() -> None:
    assert passes("seed=1 or seed=1 and seed=0")
    assert not passes("(seed=1 or seed=1) and seed=0")


def test_not_binds_more_tightly_than_and() -> None:
    assert not passes("not seed=0 and seed=0")
    assert passes("not (seed=0 and seed=0)")


def test_numbers_are_compared_as_numbers_and_not_as_text() -> None:
    run = build_summary(seed=10, config={"train": {"batch_size": 100}})
    assert passes("seed>9", run)
    assert parse_filter("train.batch_size>20").matches(run)


@pytest.mark.parametrize("name", ["best_test_accuracy", "gap", "published", "optim.lr"])
@pytest.mark.parametrize("sign", ["<", "<=", ">", ">=", "="])
def test_a_run_that_lacks_a_column_meets_no_comparison(name: str, sign: str) -> None:
    bare = RunSummary(run="abc")
    assert not passes(f"{name}{sign}0", bare)
    assert not passes(f"has:{name}", bare)


def test_not_a_number_meets_no_comparison_and_is_not_had() -> None:
    assert not passes("test_loss<1 or test_loss>=1")
    assert not passes("has:test_loss")


def test_a_filter_knows_the_gap_to_the_published_figure() -> None:
    figure = {"metric": "best_test_accuracy", "value": 0.99, "tolerance": 0.005, "comparable": True}
    run = build_summary(metrics={"best_test_accuracy": 0.98}, published=figure)
    assert passes("gap<0 and gap>-0.02 and published=99%", run)


@pytest.mark.parametrize("letter", ["[", "]", ".", "+", "\\", "^", "$"])
def test_letters_that_mean_something_elsewhere_stand_for_themselves(letter: str) -> None:
    run = build_summary(label=f"a{letter}b")
    assert passes(f"label=a{letter}b", run)
    assert passes(f"label=a{letter}*", run)
    assert not passes(f"label=a{letter}c", run)
    assert not passes(f"label=a{letter}b", build_summary(label="axb"))


@pytest.mark.parametrize(
    ("text", "piece", "message"),
    [
        ("presett=batchnorm", "presett", 'Did you mean "preset"?'),
        ("seed=1 and optm.lr<1", "optm.lr", 'Did you mean "optim.lr"?'),
        ("lr<0.1", "lr", 'Did you mean "optim.lr"?'),
        ("best_test_acuracy>0.9", "best_test_acuracy", 'Did you mean "best_test_accuracy"?'),
        ("scaling_eror>0.9", "scaling_eror", 'Did you mean "scaling_error"?'),
        ("has:presett", "has:presett", 'Did you mean "preset"?'),
        ("has:", "has:", "write has:FIELD"),
        ("status=faild", "faild", 'Did you mean "failed"?'),
        ("seed=abc", "abc", '"abc" is not one'),
        ("optim.lr<fast", "fast", "is compared with a number"),
        ("test_loss<nan", "nan", "is compared with a number"),
        ("preset<3", "3", "it takes = != ~"),
        ("seed~3", "3", "it takes = != < <= > >="),
        ("created>yesterday", "yesterday", "write 2026-07-01"),
        ("created>2026", "2026", "write 2026-07-01"),
        ("created>99999-01-01", "99999-01-01", "write 2026-07-01"),
        ("=3", "=", "has no field before it"),
        ("seed =", "=", "has no value after it"),
        ("seed=(1)", "=", "has no value after it"),
        ("(seed=1", "(", "never closed"),
        ("seed=1)", ")", "closes nothing"),
        ("()", ")", "a condition is missing"),
        ("and seed=1", "and", "a condition is missing"),
        ("seed=1 or or seed=2", "or", "a condition is missing"),
        ('"batchnorm', '"', "never closed"),
        ("label='bn", "'", "never closed"),
        ("seed=1 && seed=2", "&&", 'write and for "&&"'),
        ("!status=failed", "!status", 'write not for "!"'),
    ],
)
def test_a_fault_is_named_underlined_and_explained(text: str, piece: str, message: str) -> None:
    assert message in str(fault(text))
    assert underlined(text) == piece


@pytest.mark.parametrize("text", ["seed=1 and", "not", "seed=1 or "])
def test_a_missing_end_is_shown_after_the_text(text: str) -> None:
    error = fault(text)
    assert "missing at the end" in error.message
    assert error.message.split("\n")[2] == " " * (len(text) + 2) + "^"


def test_an_unknown_field_lists_what_is_known_and_how_to_search_for_the_text_itself() -> None:
    hint = fault("bn=on").hint
    assert "preset" in hint
    assert "scaling_error" in hint
    assert "quote it" in hint
    assert passes('"bn=on"')


def test_a_setting_that_no_run_has_is_still_known() -> None:
    """A fresh results folder gives an empty list, not an error."""
    assert not parse_filter("model.pool_every=2 or optim.momentum>0.5").matches(RUN)


def test_conditions_inside_each_other_have_a_limit_and_beside_each_other_none() -> None:
    assert passes("(" * MOST_NESTED + "seed=1" + ")" * MOST_NESTED)
    assert "inside each other" in fault("not " * (MOST_NESTED + 1) + "seed=1").message
    assert passes(" and ".join(["seed=1"] * 5000))


def test_a_pattern_of_many_wildcards_does_not_take_forever() -> None:
    assert not passes("label=" + "*a" * 25 + "b", build_summary(label="a" * 60))


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert "\x1b" not in str(fault("seed=1 \x1b[2J and"))


@given(st.text(alphabet=st.sampled_from("seed=1 ()!<>~\"'*?andornot:.%[]\n") | st.characters(), max_size=40))
def test_any_text_is_understood_or_refused_with_its_place(text: str) -> None:
    message = ""
    try:
        parse_filter(text).matches(RUN)
    except ConfigError as error:
        message = error.message
    assert message == "" or "^" in message.split("\n")[-1]


CONDITIONS = st.sampled_from(
    ["seed=1", "seed=2", "batchnorm", "mnist", "cifar10", "has:gap", "optim.lr>1", "label~wide"]
)


@given(CONDITIONS, CONDITIONS, CONDITIONS)
def test_joined_conditions_follow_logic(first: str, second: str, third: str) -> None:
    one, two, three = passes(first), passes(second), passes(third)
    assert passes(f"{first} and {second}") == passes(f"{first} {second}") == (one and two)
    assert passes(f"{first} or {second} and not {third}") == (one or (two and not three))
    assert passes(f"not ({first} or {second})") == (not one and not two)


@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["best_test_accuracy", "optim.lr"]),
)
def test_comparisons_agree_with_arithmetic(found: float, limit: float, name: str) -> None:
    run = build_summary(metrics={"best_test_accuracy": found}, config={"optim": {"lr": found}})
    assert passes(f"{name}<{limit!r}", run) == (found < limit)
    assert passes(f"{name}<={limit!r}", run) == (found <= limit)
    assert passes(f"{name}={limit!r}", run) == (found == limit)
    assert passes(f"{name}!={limit!r}", run) == (found != limit)


@given(st.text(st.characters(exclude_characters="\"'"), max_size=20), st.text(max_size=20))
def test_a_quoted_text_means_itself(wanted: str, label: str) -> None:
    run = build_summary(label=label)
    assert passes(f'label="{wanted}"', run) == (wanted.casefold() == label.casefold())
    assert passes(f'label~"{wanted}"', run) == (wanted.casefold() in label.casefold())
    assert passes(f'label!="{wanted}"', run) != passes(f'label="{wanted}"', run)


def test_every_condition_reads_the_summary_of_a_real_config() -> None:
    config = build_trial(overrides={"optim.lr": "0.2", "model.hidden": "64,32"}).config.model_dump(mode="json")
    run = build_summary(config=config, status=RunStatus.STOPPED)
    assert passes("optim.lr=0.2 model.hidden=64,32 optim.decay_bias=true data.train_limit=none status=stopped", run)


def test_a_label_that_looks_like_a_condition_finds_its_runs() -> None:
    runs = [build_summary(run="on", label="bn=on"), build_summary(run="off", label="bn=off")]
    assert [run.run for run in runs if parse_filter("bn=on", runs).matches(run)] == ["on"]
    assert [run.run for run in runs if parse_filter("not bn=on and preset=digits-first", runs).matches(run)] == ["off"]
    with pytest.raises(ConfigError, match='"bn" is not a known field'):
        parse_filter("bn=maybe", runs)


@pytest.mark.parametrize(
    ("text", "piece", "reason"),
    [
        ("seed=1 and label=~[a-", "[a-", '"[a-" is no regular expression: missing ]: [a-'),
        ("label=~'a(b'", "'a(b'", "missing ): a(b"),
        ("label=~*b", "*b", "no argument for repetition operator: *"),
        ("label=~'(a)\\1'", "'(a)\\1'", "invalid escape sequence"),
        ("label=~'a{5000}'", "'a{5000}'", "invalid repetition size"),
        ("seed=~1", "1", '"=~" does not go with seed'),
        ("label=~", "=~", '"=~" has no value after it'),
    ],
)
def test_regular_expression_that_cannot_be_used_is_told_with_its_place(text: str, piece: str, reason: str) -> None:
    assert reason in fault(text).message
    assert underlined(text).strip("'") == piece.strip("'")


def test_regular_expression_is_not_a_glob_and_may_stand_for_any_of_several_words() -> None:
    tagged = build_summary(tags=["sweep-1", "final"])
    assert passes("tags=~^fin", tagged)
    assert not passes("tags=~^nal", tagged)
    assert not passes("label=~w?ide$")  # the label ends with a parenthesis
    assert passes("label=~^bn=on")


@pytest.mark.parametrize("expression", ["(a+)+!", "(a|a)*!", "((a|.)*)*!", "a*a*a*a*a*a*a*a*a*!", "(?:a|[^x])+!"])
def test_no_regular_expression_takes_longer_than_the_text_is(expression: str) -> None:
    """Python's own module would take years for some of these."""
    run = build_summary(note="a" * 5000)
    assert not passes(f"note=~'{expression}'", run)
    assert passes(f"note=~'{expression.removesuffix('!')}'", run)


def test_letters_of_any_language_are_found_whatever_their_case() -> None:
    assert passes("note=~^éPREUVE.日", build_summary(note="Épreuve 日本"))
