"""One process begins a trial of a sweep: also where several want to at once, where one was killed, where one failed."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import PlaceTakenError
from engine.process import SILENCE_SECONDS, Writer, host_name, process_start_ticks
from engine.store.files import EVENTS, SWEEPS
from engine.store.places import check_place, claim_place
from engine.store.sweeps import SweepPlace
from tests.builders import NO_PROCESS
from tests.processes import answers_at_once, start_python

PLACE = SweepPlace("abc123", 4)
NEIGHBOUR = Writer(host_name(), os.getppid(), process_start_ticks(os.getppid()))

CLAIM = """
import sys
from pathlib import Path
from engine.errors import PlaceTakenError
from engine.store.places import claim_place
from engine.store.sweeps import SweepPlace
sys.stdin.readline()  # so that all begin at once
try:
    claim_place(Path(sys.argv[1]), SweepPlace("abc123", 4), sys.argv[2])
except PlaceTakenError:
    print("taken", flush=True)
else:
    print("begins", flush=True)
sys.stdin.read()  # as it would train now
"""


@pytest.fixture
def results(tmp_path: Path) -> Path:
    (tmp_path / SWEEPS).mkdir()
    return tmp_path


def is_taken(results: Path, *, given_up: str = "") -> bool:
    """Tell whether the place is, for whoever knows of a run that came to nothing."""
    try:
        check_place(results, replace(PLACE, given_up=frozenset([given_up])))
    except PlaceTakenError:
        return True
    return False


def claim(results: Path, run_id: str, *, given_up: str = "") -> None:
    claim_place(results, replace(PLACE, given_up=frozenset([given_up])), run_id)


def begin(results: Path, run_id: str) -> Path:
    """Let a run appear."""
    (results / run_id).mkdir()
    (results / run_id / EVENTS).touch()
    return results / run_id


def claims(results: Path) -> list[Path]:
    return sorted((results / SWEEPS).iterdir())


def test_of_several_processes_one_begins(results: Path) -> None:
    answers = answers_at_once([start_python(CLAIM, str(results), f"run-{number}") for number in range(5)])
    assert sorted(answers) == ["begins"] + ["taken"] * 4
    assert [path.name for path in claims(results)] == ["abc123.4.1.json"]
    assert json.loads(claims(results)[0].read_text())["run"] == f"run-{answers.index('begins')}"


def test_a_claim_counts_for_as_long_as_its_run_is_there(results: Path) -> None:
    claim(results, "first")
    run = begin(results, "first")
    os.utime(claims(results)[0], (0, 0))
    with pytest.raises(PlaceTakenError, match="trial 5 of sweep abc123 was begun by another process"):
        claim(results, "second")
    run.rename(results / ".trash")
    claim(results, "second")
    assert len(claims(results)) == 2


def test_a_trial_is_begun_anew_only_after_the_run_that_was_known_to_have_failed(results: Path) -> None:
    """Of two processes that try a failed trial again, the second finds the run of the first, which may fail too."""
    claim(results, "first")
    begin(results, "first")
    assert is_taken(results)
    assert not is_taken(results, given_up="first")
    claim(results, "second", given_up="first")
    begin(results, "second")
    assert is_taken(results, given_up="first")


def test_the_own_claim_that_came_to_nothing_is_in_nobodys_way(results: Path) -> None:
    """As where the disk took the claim, and not the run."""
    claim(results, "first")
    assert not is_taken(results)
    claim(results, "second")


@pytest.mark.parametrize(
    ("writer", "silent", "expected"),
    [
        (NEIGHBOUR, 0.0, True),
        (NEIGHBOUR, SILENCE_SECONDS + 1, False),
        (NEIGHBOUR, -SILENCE_SECONDS - 1, False),
        (Writer(host_name(), NO_PROCESS, 1.0), 0.0, False),
        (Writer("another-host", 1, 1.0), SILENCE_SECONDS / 2, True),
    ],
    ids=["at work", "removed since", "of a clock that was set back", "killed", "on another host"],
)
def test_a_run_that_is_not_there_is_waited_for_for_a_while(
    results: Path, writer: Writer, silent: float, expected: bool
) -> None:
    path = results / SWEEPS / "abc123.4.1.json"
    path.write_text(
        json.dumps({"run": "x", "host": writer.host, "pid": writer.pid, "process_started": writer.process_started})
    )
    os.utime(path, (time.time() - silent,) * 2)
    assert is_taken(results) is expected


@pytest.mark.parametrize("run_id", ["../outside", "/outside", ".", "..", ".sweeps", 7, None, [], "a\0b"])
def test_a_claim_that_names_no_run_is_passed_over(results: Path, run_id: object) -> None:
    path = results / SWEEPS / "abc123.4.1.json"
    path.write_text(json.dumps({"run": run_id}))
    assert not is_taken(results)
    claim(results, "second")
    assert len(claims(results)) == 2


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000])
def test_a_claim_that_cannot_be_read_is_passed_over_once_it_is_old(results: Path, content: bytes) -> None:
    path = results / SWEEPS / "abc123.4.1.json"
    path.write_bytes(content)
    os.utime(path, (0, 0))
    assert not is_taken(results)


def test_a_link_in_the_place_of_a_claim_is_not_followed(
    results: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    begin(results, "first")
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "claim.json"
    elsewhere.write_text(json.dumps({"run": "first"}))
    (results / SWEEPS / "abc123.4.1.json").symlink_to(elsewhere)
    assert not is_taken(results)
    claim(results, "second")
    assert elsewhere.read_text() == json.dumps({"run": "first"})
