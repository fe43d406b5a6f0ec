"""What Inspect asks: for an image, a class, a layer, a run; each answer makes another view of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from textual.app import App

from engine.errors import ConfigError
from engine.summary import RunSummary
from tui.format import metric_value, plain
from tui.inspect_view import InspectView
from tui.screens.ask_line import AskLineScreen
from tui.screens.choose import ChooseScreen

Take = Callable[[InspectView], None]
"""Looks at another view."""
LONGEST_NUMBER = 12
USUAL_CLASS = {"saliency": "the class it is taken for", "roc": "the second of two"}
"""What a question takes where no class is chosen; others take every class."""


def ask_image(app: App[Any], view: InspectView, count: int | None, take: Take) -> None:
    """Ask for the number of an image; None where it is not known yet how many there are."""
    text = f"Its place in the test data, from 0{'' if count is None else f' to {count - 1}'}."
    app.push_screen(
        AskLineScreen("Test example", text, "", partial(_check_image, count)),
        lambda line: take(view.turned(image=int(line))) if line else None,
    )


def _check_image(count: int | None, text: str) -> None:
    number = text.strip()
    if not (number.isascii() and number.isdecimal()) or len(number) > LONGEST_NUMBER:
        raise ConfigError([f'"{text}" is not a whole number from 0 on'])
    if count is not None:  # which an answer told: torch is there
        from engine.analysis.examples import check_place

        check_place(int(number), count)


def choose_class(app: App[Any], view: InspectView, class_names: Sequence[str], take: Take) -> None:
    """Let a class be chosen; where the names are not known yet, ask for one."""

    def taken(name: str | None) -> None:
        if name is not None:
            take(view.turned(class_name=name or None, place=0, page=0))

    if class_names:
        choices = [("", USUAL_CLASS.get(view.what, "every class")), *((name, name) for name in class_names)]
        app.push_screen(ChooseScreen("Class", choices, view.class_name or ""), taken)
    else:
        app.push_screen(AskLineScreen("Class", "By name or number.", view.class_name or "", lambda _: None), taken)


def choose_layer(app: App[Any], view: InspectView, layer_names: Sequence[str], take: Take) -> None:
    """Let a layer be chosen, or all of them."""
    choices = [("", "all layers"), *((name, name) for name in layer_names)]
    app.push_screen(
        ChooseScreen("Layer", choices, view.layer or ""),
        lambda name: take(view.turned(layer=name or None, page=0)) if name is not None else None,
    )


def choose_run(app: App[Any], view: InspectView, summaries: Sequence[RunSummary], take: Take) -> None:
    """Let the run be chosen that is looked into; those beside it stay if they are about the same data."""
    datasets = {run.run: run.dataset for run in summaries}

    def taken(run_id: str | None) -> None:
        if run_id:
            is_alike = datasets.get(view.against or "") == datasets[run_id]
            take(view.of_run(run_id, view.against if is_alike else None, view.also if is_alike else ()))

    app.push_screen(ChooseScreen("Look into", run_choices(summaries), view.run), taken)


def choose_against(app: App[Any], view: InspectView, summaries: Sequence[RunSummary], take: Take) -> None:
    """Let the run be chosen that is set beside it, or none; those on the same data come first."""
    dataset = next((run.dataset for run in summaries if run.run == view.run), "")
    others = sorted((run for run in summaries if run.run != view.run), key=lambda run: run.dataset != dataset)
    choices = [("", "no second run"), *run_choices(others)]
    app.push_screen(
        ChooseScreen("Set beside it", choices, view.against or ""),
        lambda run_id: take(view.turned(against=run_id or None, also=(), page=0)) if run_id is not None else None,
    )


def run_choices(summaries: Sequence[RunSummary]) -> list[tuple[str, str]]:
    """Return the id of each run with the words by which it is chosen, the newest first."""
    return [(run.run, _words(run)) for run in summaries]


def _words(run: RunSummary) -> str:
    accuracy = run.metrics.get("test_accuracy")
    how = f"{metric_value('test_accuracy', accuracy)} %" if accuracy is not None else str(run.status)
    return f"{run.run.partition('-')[0]}  {plain(run.preset)}  {plain(run.label)}  seed {run.seed}  {how}"
