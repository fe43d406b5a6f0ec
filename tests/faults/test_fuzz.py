"""Every file of a run folder cut off at every byte, and fuzzed: what is read is true of the run, or it is told."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import DamagedError
from engine.store import CONFIG, EVENTS, SUMMARY, RunStore
from engine.summary import RunStatus
from tests.faults.conftest import Figures
from tests.faults.real_run import (
    TENSOR_FILES,
    WHOLE_FILES,
    RealRun,
    all_of,
    assert_told,
    is_whole_archive,
    load_all,
    on_disk,
    show_everything,
)

SPREAD = 120
"""Places a file that are tried besides those that mean something."""
FUZZ = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
LONG_FUZZ = settings(FUZZ, max_examples=4000)


def places(name: str, content: bytes) -> list[int]:
    """Return where a file is cut in a quick test: around what parts its structure, and evenly over the rest."""
    marks = b"\n" if name == EVENTS else b"{}[]:,"
    around = [at + by for at, byte in enumerate(content) if byte in marks for by in (0, 1)]
    step = max(1, len(around) // SPREAD)
    ends = [0, 1, len(content) - 1]
    return sorted({*ends, *around[::step], *range(0, len(content), max(1, len(content) // SPREAD))})


def check_cuts(run: RealRun, name: str, cuts: Sequence[int]) -> Counter[str]:
    """Cut a file at each of these places and read the run; return how often it came to what."""
    content, path = run.contents[name], run.folder / name
    prefixes = run.prefixes()
    came_to: Counter[str] = Counter()
    for cut in cuts:
        path.write_bytes(content[:cut])
        before = on_disk(run.results)
        summary = RunStore(run.results).summaries()[0]
        assert summary.run == run.run_id
        assert_told(summary)
        read = [all_of(found) for found in load_all(run.results, [name] if name in TENSOR_FILES else [])]
        assert on_disk(run.results) == before
        if not read:
            with pytest.raises(DamagedError, match=name):
                RunStore(run.results).load(run.run_id)
            came_to["damaged"] += 1
        elif name == EVENTS:
            assert read == [prefixes[content[:cut].count(b"\n") - 1]]  # all that was whole, and nothing else
            came_to["all of it" if cut == len(content) else "what was whole of it"] += 1
        else:
            assert read == prefixes[-1:]
            came_to["the events whole"] += 1
            assert summary.status is RunStatus.STOPPED  # from the events, where the summary is of no use
            assert name not in TENSOR_FILES or not is_whole_archive(path)
    path.write_bytes(content)
    return came_to


@pytest.mark.parametrize("name", [EVENTS, *WHOLE_FILES, *TENSOR_FILES])
def test_a_file_cut_off_anywhere_leaves_a_true_part_of_the_run_or_is_told(stopped: RealRun, name: str) -> None:
    assert set(stopped.contents) == {EVENTS, *WHOLE_FILES, *TENSOR_FILES}
    came_to = check_cuts(stopped, name, places(name, stopped.contents[name]))
    assert came_to["damaged"] > 0 or name not in (EVENTS, CONFIG)


@pytest.mark.soak
@pytest.mark.parametrize("name", [EVENTS, *WHOLE_FILES, *TENSOR_FILES])
def test_a_file_cut_off_at_every_byte_leaves_a_true_part_of_the_run_or_is_told(
    stopped: RealRun, name: str, figures: Figures
) -> None:
    came_to = check_cuts(stopped, name, range(len(stopped.contents[name])))
    assert came_to.total() == len(stopped.contents[name])
    figures.add("bytes cut", came_to.total())


SPLICES = st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=40))


def spliced(content: bytes, splices: Sequence[tuple[float, int, bytes]]) -> bytes:
    """Replace stretches of bytes by others, each given by where it begins, how long it is and what comes there."""
    for place, length, other in splices:
        at = int(place * len(content))
        content = content[:at] + other + content[at + length :]
    return content


def check_one(run: RealRun, name: str, content: bytes) -> None:
    """Read and show a run of which one file has other content, with the summary that it had and without one."""
    run.restore()
    (run.folder / name).write_bytes(content)
    for _ in range(2):
        before = on_disk(run.results)
        (summary,) = show_everything(run.results)
        assert_told(summary)
        assert on_disk(run.results) == before
        (run.folder / SUMMARY).unlink(missing_ok=True)


FILE_NAMES = st.sampled_from([EVENTS, CONFIG, SUMMARY, *TENSOR_FILES])


def fuzz_bytes(run: RealRun, name: str, splices: Sequence[tuple[float, int, bytes]]) -> None:
    check_one(run, name, spliced(run.contents[name], splices))


@FUZZ
@given(name=FILE_NAMES, splices=st.lists(SPLICES, min_size=1, max_size=3))
def test_a_file_with_other_bytes_in_it_breaks_nothing(
    finished: RealRun, name: str, splices: list[tuple[float, int, bytes]]
) -> None:
    fuzz_bytes(finished, name, splices)


@pytest.mark.soak
def test_files_with_other_bytes_in_them_break_nothing(finished: RealRun, figures: Figures) -> None:
    tried: Counter[str] = Counter()

    @LONG_FUZZ
    @given(name=FILE_NAMES, splices=st.lists(SPLICES, min_size=1, max_size=4))
    def try_many(name: str, splices: list[tuple[float, int, bytes]]) -> None:
        tried[name] += 1
        fuzz_bytes(finished, name, splices)

    try_many()
    figures.add("files fuzzed", tried.total())


class Literal(str):
    """JSON as it stands in the file, for what no encoder writes."""

    __slots__ = ()


ODD_TEXT = [
    "", "\x1b]0;owned\x07\x1b[2J", "[red]x[/]", "[/]", "\u202e", "\x9b31m", "NaN", "a" * 5000, "\n\n", "/", "..",
    "\x00",
]  # fmt: skip
ODD_NUMBERS = [-1, 0, 2**31, 2**53, 2**63, 10**400, -(10**30), 1e308, -1e308, 5e-324, 0.5, True, False]
ODD_LITERALS = [
    "NaN", "Infinity", "-Infinity", "1e999", "-1e999", '"\\ud800"', '"\\udfff\\ud800"', "[" * 60 + "]" * 60,
    '{"a":' * 60 + "1" + "}" * 60, "[" * 5000 + "]" * 5000, "1" * 5000, "{", '{"\\ud800":1}', "nul",
]  # fmt: skip
ODD_VALUES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.sampled_from(ODD_TEXT),
    st.sampled_from(ODD_NUMBERS),
    st.sampled_from([Literal(text) for text in ODD_LITERALS]),
    st.text(max_size=20),
    st.integers(-100, 100),
    st.floats(allow_nan=False, allow_infinity=False),
    st.just([]),
    st.just({}),
    st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=4),
    st.dictionaries(st.sampled_from([*ODD_TEXT, "test_accuracy", "x"]), st.floats(-1, 1), max_size=3),
)
MARK = "\ue000literal"


def paths_of(document: Any) -> list[tuple[Any, ...]]:
    """Return the way to every value in a document, at any depth."""
    items = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    return [way for key, inner in items for way in ((key,), *((key, *rest) for rest in paths_of(inner)))]


def replaced(text: bytes, place: float, value: Any, *, is_removed: bool) -> bytes:
    """Give one value of a JSON document another value, or take it away."""
    document = json.loads(text)
    ways = paths_of(document)
    *way, last = ways[int(place * (len(ways) - 1))]
    holder = document
    for key in way:
        holder = holder[key]
    if is_removed:
        del holder[last]
    else:
        holder[last] = MARK if isinstance(value, Literal) else value
    written = json.dumps(document)
    return (written.replace(json.dumps(MARK), value) if isinstance(value, Literal) else written).encode()


def fuzz_json(run: RealRun, name: str, changes: Sequence[tuple[float, float, Any, bool]]) -> None:
    content = run.contents[name]
    for line_place, place, value, is_removed in changes:
        lines = content.splitlines() if name == EVENTS else [content]
        at = int(line_place * (len(lines) - 1))
        try:
            lines[at] = replaced(lines[at], place, value, is_removed=is_removed)
        except (ValueError, RecursionError, IndexError):  # an earlier change has left no JSON there
            break
        content = b"\n".join(lines) + b"\n"
    if name == SUMMARY:  # a cache that nobody would take is no test
        content = content.replace(b'"events_bytes": 0', b'"events_bytes": %d' % len(run.contents[EVENTS]))
    check_one(run, name, content)


JSON_NAMES = st.sampled_from([EVENTS, EVENTS, CONFIG, SUMMARY])
CHANGES = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), ODD_VALUES, st.booleans()), min_size=1, max_size=3)


@FUZZ
@given(name=JSON_NAMES, changes=CHANGES)
def test_a_value_that_is_something_else_breaks_nothing(
    finished: RealRun, name: str, changes: list[tuple[float, float, Any, bool]]
) -> None:
    fuzz_json(finished, name, changes)


@pytest.mark.soak
def test_values_that_are_something_else_break_nothing(finished: RealRun, figures: Figures) -> None:
    tried: Counter[str] = Counter()

    @LONG_FUZZ
    @given(name=JSON_NAMES, changes=CHANGES)
    def try_many(name: str, changes: list[tuple[float, float, Any, bool]]) -> None:
        tried[name] += 1
        fuzz_json(finished, name, changes)

    try_many()
    figures.add("files fuzzed", tried.total())


def fuzz_order(run: RealRun, order: Sequence[int]) -> None:
    lines = run.contents[EVENTS].splitlines(keepends=True)
    check_one(run, EVENTS, b"".join(lines[at % len(lines)] for at in order))


@FUZZ
@given(order=st.lists(st.integers(0, 30), max_size=12))
def test_events_in_any_order_break_nothing(finished: RealRun, order: list[int]) -> None:
    fuzz_order(finished, order)
