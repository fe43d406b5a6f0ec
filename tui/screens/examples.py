"""The Examples screen: which test examples two networks have right, with pictures of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from engine.comparison import Comparison
from engine.errors import TermlabError
from engine.example_pairs import Pair, pair_runs
from engine.leaderboard_row import DEFAULT_METRIC, name_test_data
from tui.charts.example_cards import pair_identities
from tui.example_words import KIND_WORDS, ORDER_WORDS, counts_lines, names_of_pair, seed_of, verdict_words
from tui.format import plain
from tui.identity import Identity
from tui.runbook import Change
from tui.screens.base import LabScreen
from tui.widgets.click_line import ClickLine, Part
from tui.widgets.example_cards import ExampleCards

if TYPE_CHECKING:
    from engine.analysis.example_set import ExampleSet, Kind
    from tui.app import TermlabApp

KEYS: dict[Kind, str] = {"fixed": "f", "broken": "b", "both_wrong": "w", "both_right": "r"}


class ExamplesScreen(LabScreen):
    """Opened over Compare; asks the engine's thread once, and shows what it finds."""

    PLACE = "compare"
    HELP_TITLE = "Examples"
    HELP = (
        "Two networks of one seed on the same test examples. Fixed are those that only the second has right, broken "
        "those that only the first has. McNemar's test, exact, asks whether they are about as many, as chance would "
        "have it; it is about these two networks, not about their recipes: other seeds may rank otherwise. Under each "
        "picture: its place in the test data, from 0, and the class that it is; then what either network takes it for "
        "and how probable it finds that. What was computed is kept in the folders of the runs."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,down,pagedown,space,l,j", "turn(1)", "Next", key_display="→", tooltip="Show the next examples"),
        Binding("left,up,pageup,h,k", "turn(-1)", "Previous", key_display="←", tooltip="Show the examples before"),
        Binding("f", "kind('fixed')", "Fixed", tooltip="Show examples that only the second network has right"),
        Binding("b", "kind('broken')", "Broken", tooltip="Show examples that only the first network has right"),
        Binding("w", "kind('both_wrong')", "Both wrong", tooltip="Show examples that neither network has right"),
        Binding("r", "kind('both_right')", "Both right", tooltip="Show examples that both networks have right"),
        Binding("tab", "step(1)", "Next kind", show=False, tooltip="Show examples of the next kind"),
        Binding("shift+tab", "step(-1)", "Previous kind", show=False, tooltip="Show examples of the previous kind"),
        Binding("home,g", "end(False)", "First", show=False, tooltip="Show the first examples"),
        Binding("end,G", "end(True)", "Last", show=False, tooltip="Show the last examples"),
        Binding("escape,q", "app.leave", "Back", key_display="esc", tooltip="Close this view"),
    ]

    def __init__(self, pair: Pair) -> None:
        super().__init__()
        self.pair = pair
        self.kind: Kind = "fixed"
        self._found: ExampleSet | None = None

    @property
    def cards(self) -> ExampleCards:
        """The pictures."""
        return self.query_one(ExampleCards)

    def compose_body(self) -> Iterable[Widget]:
        """Put the counts above the pictures."""
        return [
            Vertical(
                ClickLine(id="examples-title"),
                Static(id="examples-said", markup=False),
                Static(id="examples-counts", markup=False),
                ClickLine(id="examples-kinds"),
                ExampleCards(id="examples-cards"),
                id="examples-body",
            )
        ]

    def on_unmount(self) -> None:
        """Forget the examples."""
        self.lab.forget_examples()

    def show(self, change: Change) -> None:
        """Show what was found, or what there is to wait for."""
        if change not in (Change.FACTS, Change.STATE) or self._found is not None:
            return
        self._show_title()
        found = self.lab.runbook.examples
        said = self.query_one("#examples-said", Static)
        if isinstance(found, TermlabError):
            said.set_class(True, "-wrong")
            said.update(Content("\n".join(plain(line) for line in str(found).splitlines())))
        elif found is None:
            is_training = self.lab.runbook.is_training
            said.update("Computed once the training under way is over." if is_training else "Computing…")
        else:
            self._found = found
            self._show_found(found)
            self.refresh_bindings()

    def _show_title(self) -> None:
        first, second = self._marks
        names = names_of_pair(self.pair)
        about = plain(name_test_data(self.pair[0], DEFAULT_METRIC))
        parts = [
            Part(f" {first.marker} "),
            Part(names.first, "strong"),
            Part(" against ", "quiet"),
            Part(f"{second.marker} "),
            Part(names.second, "strong"),
            Part(f" · seed {seed_of(self.pair)} · {about}", "quiet"),
        ]
        # Where the line of the kinds has no room for it, this one mostly has.
        order = [Part(f"{self._order}   ", "quiet")] if self._order and not self.has_class("-wide") else []
        self.query_one("#examples-title", ClickLine).show(
            parts, [*order, Part("esc ", "accent", "escape"), Part("back ", "quiet")]
        )

    @property
    def _order(self) -> str:
        """How the examples that are seen follow each other; empty where there are none."""
        return ORDER_WORDS[self.kind] if self._found is not None and self._found.count(self.kind) > 1 else ""

    def _show_found(self, found: ExampleSet) -> None:
        names = names_of_pair(self.pair)
        verdict = (
            f"{verdict_words(names, found.comparison)} McNemar's exact test, of these networks, not of their recipes."
        )
        said = [verdict, *(f"{doubt}." for doubt in found.comparison.doubts)]
        self.query_one("#examples-said", Static).update(Content("\n".join(map(plain, said))))
        self.query_one("#examples-counts", Static).update(Content("\n".join(counts_lines(names, found.comparison))))
        self._show_kind()

    def _show_kind(self) -> None:
        if self._found is not None:
            self.cards.show(self._found, self.kind, self._marks)

    @property
    def _marks(self) -> tuple[Identity, Identity]:
        known = self.lab.runbook.keys_of(run.preset for run in self.pair)
        return pair_identities(self.pair, known)

    def on_example_cards_turned(self) -> None:
        """Say which examples are seen."""
        found, cards = self._found, self.cards
        if found is None or cards.grid is None:
            return
        parts: list[Part] = []
        for kind, key in KEYS.items():
            is_seen = kind == self.kind
            parts += [Part(f" {key} ", "accent", key), Part(KIND_WORDS[kind], "strong" if is_seen else "quiet", key)]
            parts.append(Part(f" {found.count(kind):,} ", "strong" if is_seen else "quiet", key))
        total = len(cards.places)
        last = min(total, cards.first + cards.grid.count)
        seen = f"{cards.first + 1:,}–{last:,} of {total:,} " if total else "none "
        order = [Part(f"{self._order} · ", "quiet")] if self._order and self.has_class("-wide") else []
        self.query_one("#examples-kinds", ClickLine).show(parts, [*order, Part(seen, "quiet")])
        self._show_title()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what can be done now."""
        if action in ("kind", "turn", "step", "end"):
            return self._found is not None
        return super().check_action(action, parameters)

    def action_kind(self, kind: Kind) -> None:
        """Show examples of another kind."""
        self.kind = kind
        self._show_kind()

    def action_step(self, by: int) -> None:
        """Show examples of the next kind."""
        kinds = list(KEYS)
        self.action_kind(kinds[(kinds.index(self.kind) + by) % len(kinds)])

    def action_turn(self, pages: int) -> None:
        """Show the next examples."""
        self.cards.turn(pages)

    def action_end(self, is_last: bool) -> None:
        """Show the first or the last examples."""
        self.cards.go_to_end(is_last=is_last)


def open_examples(lab: TermlabApp, found: Comparison, column: int) -> None:
    """Compare the baseline with the recipe of a column, or with the first other one, on their lowest common seed."""
    if len(found.rows) < 2:
        lab.notify("Examples are compared between two recipes: mark a second one on the leaderboard.")
        return
    row = found.rows[max(2, min(column, len(found.rows))) - 1]
    try:
        pair = pair_runs(found.baseline.runs, row.runs)[0]
    except TermlabError as error:
        lab.notify(plain(str(error)), severity="warning", markup=False)
        return
    lab.open_examples(pair)
