"""`BoardRows`: what the leaderboard shows of the saved runs: those a filter finds, ranked, and how they stand.

It keeps from one look to the next what did not change, so that a filter answers while one types, with 10,000 runs too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from operator import is_not

from engine.errors import TermlabError
from engine.filter import Filter, parse_filter
from engine.leaderboard import KnownRows, check_metric, rank
from engine.leaderboard_row import LeaderboardRow
from engine.standings import Separation, Standing, sections_of, separation, stand
from engine.summary import RunStatus, RunSummary
from tui.board import KnownLines as KnownRunLines
from tui.board import Line, LookOf, run_lines
from tui.leaderboard_table import entries_of
from tui.recipe_board import BoardView, RecipeColumn, lacking_columns, recipe_columns
from tui.recipe_lines import KnownLines, recipe_lines


class BoardRows:
    """Fed with the saved runs and with what the user asks for; `problem` says what of that cannot be had."""

    def __init__(self) -> None:
        self.view = BoardView()
        self.baseline = ""
        """Fingerprint of the pinned recipe; empty for none."""
        self.found: list[RunSummary] = []
        """The runs that the filter finds, newest first."""
        self.hidden = 0
        """Runs that it finds and that are left out, because they are hidden and it does not ask for these."""
        self.rows: list[LeaderboardRow] = []
        self.standings: dict[str, Standing] = {}
        self.columns: tuple[RecipeColumn, ...] = recipe_columns(self.view)
        self.problem: TermlabError | None = None
        """Why the last filter was not understood; the one before it then still holds."""
        self._saved: Sequence[RunSummary] = ()
        self._filter = Filter("", lambda _: True)
        self._last_good = self._filter
        """The last one that found anything."""
        self._known_rows: KnownRows = {}
        self._known_lines: KnownLines = {}
        self._known_runs: KnownRunLines = {}
        self._separations: dict[str, Separation | None] = {}
        self._done: list[RunSummary] = []
        self._made_of: tuple[object, ...] = ()
        self._has_to_choose = False

    @property
    def filter_text(self) -> str:
        """The filter that holds."""
        return self._filter.text

    @property
    def has_hidden(self) -> bool:
        """Whether any of the saved runs is hidden."""
        return any(run.is_hidden for run in self._saved)

    def take(self, saved: Sequence[RunSummary]) -> None:
        """Take in what the results folder holds."""
        self._saved = saved
        self._work_out()

    def set_filter(self, text: str) -> None:
        """Show only what a filter finds; one that is not understood shows what the last one did that found something.

        On the way to `seed<3` stands `seed`, which is a word that no run has in its name.
        """
        try:
            self._filter = parse_filter(text, self._saved)
            self.problem = None
        except TermlabError as error:
            self.problem = error
            if self.found:
                return
            self._filter = self._last_good
        self._work_out()
        if self.found:
            self._last_good = self._filter

    def set_view(self, view: BoardView, baseline: str) -> None:
        """Rank by another metric, show other columns, pin another baseline.

        Raises: ConfigError if there is no such metric or column; the view is then as it was.
        """
        self.check_view(view)
        self.view, self.baseline, self._has_to_choose = view, baseline, True
        self._work_out()

    def check_view(self, view: BoardView) -> None:
        """Make sure that a view can be had.

        Raises: ConfigError if there is no such metric or column.
        """
        if view.metric != self.view.metric:
            check_metric(view.metric, self._saved)
        recipe_columns(view, self.rows)

    def _work_out(self) -> None:
        passed = [run for run in self._saved if self._filter.matches(run)]
        is_about_hidden = "hidden" in self._filter.columns
        self.found = passed if is_about_hidden else [run for run in passed if not run.is_hidden]
        self.hidden = len(passed) - len(self.found)
        done = [run for run in self.found if run.status is RunStatus.DONE]
        made_of = (self.view.metric, self.baseline, self.view.chosen)
        # A run under way is another one every second; what is finished stays the same.
        if made_of != self._made_of or len(done) != len(self._done) or any(map(is_not, done, self._done)):
            self._done, self._made_of = done, made_of
            self._rank()

    def _rank(self) -> None:
        self.rows = rank(self._done, self.view.metric, self._known_rows)
        self._separations = {}
        has_baseline = any(row.fingerprint == self.baseline for row in self.rows)
        self.standings = stand(self.rows, self.baseline) if has_baseline else {}
        before = replace(self.view, marked=frozenset())
        self.view = replace(self.view, has_baseline=has_baseline, lacking=lacking_columns(self.rows))
        if replace(self.view, marked=frozenset()) != before or self._has_to_choose:
            self.columns, self._has_to_choose = recipe_columns(self.view, self.rows), False

    def mark(self, run_ids: Collection[str]) -> None:
        """Show these runs as marked, and no others."""
        self.view = replace(self.view, marked=frozenset(run_ids))

    def recipe_lines(self, look_of: LookOf) -> list[Line]:
        """Return a line for each recipe."""
        entries = entries_of(self.rows, self.standings, self.baseline)
        return recipe_lines(entries, self.columns, look_of, self._known_lines, self.view)

    def run_lines(self, look_of: LookOf) -> list[Line]:
        """Return a line for each run."""
        return run_lines(self.found, look_of, self._known_runs, self.view.marked)

    def row_of(self, fingerprint: str) -> LeaderboardRow | None:
        """Return the row of a recipe."""
        return next((row for row in self.rows if row.fingerprint == fingerprint), None)

    def separation_beside(self, fingerprint: str | None) -> Separation | None:
        """Return whether the best two of the dataset of a recipe can be told apart."""
        for section in sections_of(self.rows):
            if any(row.fingerprint == fingerprint for row in section):
                data = section[0].test_data
                if data not in self._separations:
                    self._separations[data] = separation(section)
                return self._separations[data]
        return None
