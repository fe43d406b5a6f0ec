"""What the watchman makes of signals when a training is to be handed over: only a hang-up leaves it be."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from signal import SIGHUP, SIGINT, SIGTERM, SIGUSR1

import pytest

from tui import signals
from tui.watchman import Watchman, watching_signals

CODES = {SIGHUP: 143, SIGINT: 130, SIGTERM: 143, SIGUSR1: 75}


@pytest.fixture
def watchman(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watchman]:
    """Yield one whose screen has been left, where whoever runs the tests has no signal ignored."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in CODES}
    monkeypatch.setattr(signals, "_received", signals.Signals())
    watchman = Watchman(save=lambda _why: None, leave=lambda _code, _why: None, give_up=lambda: None)
    watchman.screen_left()
    yield watchman
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("came", [[], [SIGHUP], [SIGHUP, SIGHUP]])
def test_a_terminal_that_was_closed_lets_a_training_be_handed_over(
    watchman: Watchman, came: list[signal.Signals]
) -> None:
    with watching_signals(watchman):
        for number in came:
            os.kill(os.getpid(), number)
        assert watchman.lets_hand_over()
        os.kill(os.getpid(), SIGHUP)
    assert watchman.exit_code == 143


@pytest.mark.parametrize("came", [[SIGTERM], [SIGINT], [SIGUSR1], [SIGHUP, SIGTERM], [SIGTERM, SIGHUP]])
def test_any_other_signal_keeps_it_from_being_handed_over(watchman: Watchman, came: list[signal.Signals]) -> None:
    with watching_signals(watchman):
        for number in came:
            os.kill(os.getpid(), number)
        assert not watchman.lets_hand_over()
    assert watchman.exit_code == CODES[came[0]]


@pytest.mark.parametrize("number", [SIGTERM, SIGINT, SIGUSR1])
def test_any_other_signal_ends_the_handing_over(watchman: Watchman, number: signal.Signals) -> None:
    with watching_signals(watchman):
        assert watchman.lets_hand_over()
        with pytest.raises((SystemExit, KeyboardInterrupt)):
            os.kill(os.getpid(), number)
    assert watchman.exit_code == CODES[number]
