"""The engine's thread compares examples between trainings, and answers whoever still asks."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from engine.analysis.example_set import ExampleSet
from engine.errors import DataError, TermlabError
from engine.presets import Preset
from engine.remainder import Work
from engine.store import RunStore
from tests.tui.charts.examples import build_examples
from tests.tui.fixtures import engine, presets
from tests.tui.laboratory import PretendedTraining
from tests.tui.test_worker import Box
from tui import messages, worker

__all__ = ["engine", "presets"]


class PretendedComparison:
    """Stands in for the comparison: each step waits until the test lets it go."""

    def __init__(self) -> None:
        self.gate = threading.Semaphore(0)
        self.begun = threading.Semaphore(0)
        self.asked: list[tuple[str, str]] = []
        self.problem: Exception | None = None
        self.found = build_examples()

    def __call__(
        self,
        _: RunStore,
        run_ids: tuple[str, str],
        data_folders: tuple[Path, Path],  # noqa: ARG002
    ) -> Generator[None, None, ExampleSet]:
        self.asked.append(run_ids)
        self.begun.release()
        yield
        assert self.gate.acquire(timeout=20)
        if self.problem is not None:
            raise self.problem
        return self.found


@pytest.fixture
def comparison(monkeypatch: pytest.MonkeyPatch) -> PretendedComparison:
    pretended = PretendedComparison()
    monkeypatch.setattr("engine.analysis.example_set.find_example_set", pretended)
    return pretended


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def working(
    box: Box, tmp_path: Path, engine: PretendedTraining, comparison: PretendedComparison
) -> Iterator[worker.EngineThread]:
    thread = worker.EngineThread(box, tmp_path, tmp_path)
    thread.start()
    yield thread
    comparison.gate.release(100)
    thread.close()
    thread.join()


def test_an_answer_comes_back_with_its_question(
    box: Box, working: worker.EngineThread, comparison: PretendedComparison
) -> None:
    comparison.gate.release(2)
    working.compare_examples(("a", "b"))
    message = box.wait_for(messages.ExamplesFound)
    assert (message.run_ids, message.found) == (("a", "b"), comparison.found)
    box.messages.clear()
    working.compare_examples(message.run_ids)  # the same runs may be asked about again
    assert box.wait_for(messages.ExamplesFound).run_ids == ("a", "b")


@pytest.mark.parametrize(
    ("problem", "words"), [(DataError("no mnist"), "no mnist"), (ZeroDivisionError("odd"), "ZeroDivisionError: odd")]
)
def test_what_goes_wrong_is_an_answer_too_and_the_thread_goes_on(
    problem: Exception, words: str, box: Box, working: worker.EngineThread, comparison: PretendedComparison
) -> None:
    comparison.problem = problem
    comparison.gate.release()
    working.compare_examples(("a", "b"))
    found = box.wait_for(messages.ExamplesFound).found
    assert isinstance(found, TermlabError)
    assert found.message == words
    comparison.problem = None
    comparison.gate.release()
    working.compare_examples(("c", "d"))
    assert box.wait_for(messages.ExamplesFound, lambda one: one.run_ids == ("c", "d")).found is comparison.found


def test_a_later_question_takes_the_place_of_an_earlier_one(
    box: Box, working: worker.EngineThread, comparison: PretendedComparison
) -> None:
    working.compare_examples(("a", "b"))
    assert comparison.begun.acquire(timeout=20)
    working.compare_examples(("c", "d"))
    comparison.gate.release(2)
    assert box.wait_for(messages.ExamplesFound, lambda one: one.run_ids == ("c", "d"))
    assert comparison.asked[-1] == ("c", "d")


def test_a_training_goes_first_and_the_question_is_answered_after_it(
    box: Box, working: worker.EngineThread, comparison: PretendedComparison, presets: list[Preset]
) -> None:
    working.launch(worker.Launch(Work(tuple(presets[0].trials))))
    working.compare_examples(("a", "b"))
    comparison.gate.release(2)
    box.wait_for(messages.ExamplesFound)
    kinds = [type(message) for message in box.messages]
    assert kinds.index(messages.LaunchEnded) < kinds.index(messages.ExamplesFound)


def test_a_question_that_is_taken_back_is_not_answered(
    box: Box, working: worker.EngineThread, comparison: PretendedComparison, presets: list[Preset]
) -> None:
    working.compare_examples(("a", "b"))
    assert comparison.begun.acquire(timeout=20)
    working.compare_examples(None)
    working.launch(worker.Launch(Work(tuple(presets[0].trials))))
    comparison.gate.release()  # the step under way ends; whether it was the last one, the thread finds out
    box.wait_for(messages.LaunchEnded)
    assert comparison.asked == [("a", "b")]


def test_closing_does_not_wait_for_the_whole_comparison(
    box: Box, tmp_path: Path, engine: PretendedTraining, comparison: PretendedComparison
) -> None:
    thread = worker.EngineThread(box, tmp_path, tmp_path)
    thread.start()
    thread.compare_examples(("a", "b"))
    assert comparison.begun.acquire(timeout=20)
    thread.close()
    comparison.gate.release()
    thread.join(timeout=20)
    assert not thread.is_alive()
