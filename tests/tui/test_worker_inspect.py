"""The engine's thread looks inside networks between trainings, one question at a time, and forgets them when told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.analysis.progress import Progress, Steps
from engine.analysis.question import Inspection, Question
from engine.errors import DataError, TermlabError
from engine.presets import Preset
from engine.remainder import Work
from engine.store import RunStore
from tests.tui.fixtures import engine, presets
from tests.tui.laboratory import PretendedTraining
from tests.tui.test_worker import Box
from tui import messages, worker

__all__ = ["engine", "presets"]

FIRST, SECOND = Question("layers", "a"), Question("weights", "a")


class PretendedInspector:
    """Stands in for the inspector: each step waits until the test lets it go."""

    def __init__(self) -> None:
        self.gate = threading.Semaphore(0)
        self.begun = threading.Semaphore(0)
        self.forgotten = threading.Semaphore(0)
        self.asked: list[Question] = []
        self.made = 0
        self.problem: Exception | None = None

    def __call__(self, _: RunStore, data_folder_of: Callable[[str], Path]) -> PretendedInspector:  # noqa: ARG002
        self.made += 1
        return self

    def ask(self, question: Question) -> Steps[Inspection]:
        """Answer after one step."""
        self.asked.append(question)
        self.begun.release()
        yield Progress(1, 2, "looking")
        assert self.gate.acquire(timeout=20)
        if self.problem is not None:
            raise self.problem
        return Inspection(question, "an answer")

    def forget(self) -> None:
        """Note it."""
        self.forgotten.release()


@pytest.fixture
def inspector(monkeypatch: pytest.MonkeyPatch) -> PretendedInspector:
    pretended = PretendedInspector()
    monkeypatch.setattr("engine.analysis.inspector.Inspector", pretended)
    return pretended


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def working(
    box: Box, tmp_path: Path, engine: PretendedTraining, inspector: PretendedInspector
) -> Iterator[worker.EngineThread]:
    thread = worker.EngineThread(box, tmp_path, tmp_path)
    thread.start()
    yield thread
    inspector.gate.release(100)
    thread.close()
    thread.join()


def test_an_answer_comes_back_with_its_question_after_a_word_about_how_far_it_is(
    box: Box, working: worker.EngineThread, inspector: PretendedInspector
) -> None:
    inspector.gate.release(2)
    working.inspect(FIRST)
    message = box.wait_for(messages.InspectionFound)
    assert message.question is FIRST
    assert isinstance(message.found, Inspection)
    assert message.found.question is FIRST
    told = box.wait_for(messages.InspectionProgressed)
    assert (told.question, told.progress) == (FIRST, Progress(1, 2, "looking"))
    working.inspect(SECOND)
    box.wait_for(messages.InspectionFound, lambda one: one.question is SECOND)
    assert inspector.made == 1  # the networks asked last stay in memory
    assert inspector.asked == [FIRST, SECOND]


@pytest.mark.parametrize(
    ("problem", "words"), [(DataError("no mnist"), "no mnist"), (ZeroDivisionError("odd"), "ZeroDivisionError: odd")]
)
def test_what_goes_wrong_is_an_answer_too_and_the_thread_goes_on(
    problem: Exception, words: str, box: Box, working: worker.EngineThread, inspector: PretendedInspector
) -> None:
    inspector.problem = problem
    inspector.gate.release(2)
    working.inspect(FIRST)
    found = box.wait_for(messages.InspectionFound).found
    assert isinstance(found, TermlabError)
    assert found.message == words
    inspector.problem = None
    working.inspect(SECOND)
    answered = box.wait_for(messages.InspectionFound, lambda one: one.question is SECOND)
    assert isinstance(answered.found, Inspection)


def test_a_later_question_takes_the_place_of_an_earlier_one(
    box: Box, working: worker.EngineThread, inspector: PretendedInspector
) -> None:
    working.inspect(FIRST)
    assert inspector.begun.acquire(timeout=20)
    working.inspect(SECOND)
    inspector.gate.release(2)
    box.wait_for(messages.InspectionFound, lambda one: one.question is SECOND)
    assert inspector.asked == [FIRST, SECOND]


def test_a_training_goes_first_and_has_the_memory(
    box: Box, working: worker.EngineThread, inspector: PretendedInspector, presets: list[Preset]
) -> None:
    inspector.gate.release(1)
    working.inspect(FIRST)
    box.wait_for(messages.InspectionFound)
    box.messages.clear()
    working.launch(worker.Launch(Work(tuple(presets[0].trials))))
    working.inspect(SECOND)
    inspector.gate.release(2)
    box.wait_for(messages.InspectionFound)
    kinds = [type(message) for message in box.messages]
    assert kinds.index(messages.LaunchEnded) < kinds.index(messages.InspectionFound)
    assert inspector.forgotten.acquire(timeout=20)


def test_a_question_that_is_taken_back_is_not_answered_and_networks_are_forgotten(
    box: Box, working: worker.EngineThread, inspector: PretendedInspector, presets: list[Preset]
) -> None:
    working.inspect(FIRST)
    assert inspector.begun.acquire(timeout=20)
    working.inspect(None)
    inspector.gate.release()
    assert inspector.forgotten.acquire(timeout=20)
    working.launch(worker.Launch(Work(tuple(presets[0].trials))))
    box.wait_for(messages.LaunchEnded)
    assert inspector.asked == [FIRST]


def test_closing_does_not_wait_for_the_whole_answer(
    box: Box, tmp_path: Path, engine: PretendedTraining, inspector: PretendedInspector
) -> None:
    thread = worker.EngineThread(box, tmp_path, tmp_path)
    thread.start()
    thread.inspect(FIRST)
    assert inspector.begun.acquire(timeout=20)
    thread.close()
    inspector.gate.release()
    thread.join(timeout=20)
    assert not thread.is_alive()
