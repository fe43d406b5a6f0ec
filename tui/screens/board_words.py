"""What the Leaderboard says around its table: how many runs and why these, what the line means, why it is empty."""

from __future__ import annotations

from engine.summary import RunSummary
from tui.board import Line
from tui.board_rows import BoardRows
from tui.format import ended, plain, plural
from tui.runbook import Runbook
from tui.screens.questions import can_go_on, go_on_words
from tui.standing_words import difference_words, name_beside, separation_words
from tui.widgets.click_line import Part


def title_parts(
    book: Runbook, board: BoardRows, *, sorted_by: str, is_by_run: bool, has_filter_in_sight: bool
) -> list[Part]:
    """Say how many runs are listed, and why not all of them; of what is not known yet, nothing.

    What stands further left gives way first: last of all go the number of runs, and why it is not all of them.
    """
    if not book.is_read:
        return []
    saved = len(book.summaries)
    shown = len(board.found) if is_by_run else sum(len(row.runs) for row in board.rows)
    parts = [Part(f"sorted by {sorted_by}   ", "quiet")]
    if interrupted := len(book.interrupted):
        parts.append(Part(f"{interrupted:,} interrupted: R   ", "accent", "R"))
    if board.view.has_baseline and not is_by_run and (base := board.row_of(board.baseline)) is not None:
        parts.append(Part(f"baseline {name_beside(base, *board.rows)} · ", "accent", "p"))
    if book.marked:
        parts.append(Part(f"{len(book.marked):,} marked · ", "accent", "d"))
    if board.filter_text and not has_filter_in_sight:
        parts.append(Part(f"{plain(board.filter_text)} · ", "accent", "slash"))
    count = plural(saved, "run") if shown == saved else f"{shown:,} of {plural(saved, 'run')}"
    if not is_by_run:
        unfinished = len(board.found) - shown
        count += f" in {plural(len(board.rows), 'recipe')}" + (f", {unfinished:,} not done" if unfinished else "")
    if board.hidden:
        return [*parts, Part(f"{count}, "), Part(f"{board.hidden:,} hidden: . ", "accent", "full_stop")]
    return [*parts, Part(f"{count} ")]


def line_parts(board: BoardRows, line: Line | None, run: RunSummary | None) -> list[Part]:
    """Say what a line has no room for: of which recipe its run is, why it ended, what a gap lies between, the ids."""
    if line is None:
        return []
    parts = [Part(f" {go_on_words(run.status)} ", "accent", "R")] if run and can_go_on(run.status) else []
    row = board.row_of(run.fingerprint) if run is not None else None
    if run is not None and row is not None and (name := name_beside(row, *board.rows)) != plain(run.label):
        parts.append(Part(f" {name} "))
    if reason := plain(str(line.values.get("reason") or "")):
        parts.append(Part(f" {reason} ", "warn"))
    if line.told_gap:
        parts.append(Part(f" {line.told_gap} "))
    ids = "  ".join(plain(run_id) for run_id in line.run_ids)
    return [*parts, Part(f" {ids}", "quiet")]


def said_of_board(board: BoardRows, fingerprint: str) -> str:
    """Say what is wrong with the filter, or what statistics say of a recipe and the baseline, or of the best two."""
    if board.problem is not None:
        first, *_ = board.problem.message.splitlines()
        return plain(f"{ended(first)} Still shown: {board.filter_text or 'everything'}.")
    row = board.row_of(fingerprint)
    if row is None:
        return ""
    standing = board.standings.get(row.fingerprint)
    base = board.row_of(board.baseline) if board.view.has_baseline else None
    if standing is not None and base is not None and row is not base:
        return difference_words(row, base, standing.difference, standing.p)
    found = board.separation_beside(row.fingerprint)
    return separation_words(found) if found is not None else ""


def why_empty(book: Runbook, board: BoardRows) -> str:
    """Say why nothing is listed, and which key fills the table."""
    if book.store_problem is not None:
        return "\n".join(plain(line) for line in str(book.store_problem).splitlines())
    if not book.is_read:
        return "Reading the results folder…"
    if book.summaries and not board.found:
        return "Nothing is found by this filter. Escape shows everything again."
    if board.found:
        return "None of these runs has finished. t shows the single runs, 2 those that train."
    return "No runs yet. Press 1, pick digits-first and press enter: it takes seconds."
