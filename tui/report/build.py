"""What a report on a preset says. Pure: from the preset, ranked recipes, and facts of their runs."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.leaderboard_row import LeaderboardRow
from engine.presets import Preset
from engine.reproduction import Reproduction, reproductions
from engine.summary import RunStatus, RunSummary
from tui.format import classes, count, metric_words, plural, seeds
from tui.report.content import Block, Bullets, Commands, Paragraph, Report, Section
from tui.report.facts import BEST, RunFacts
from tui.report.naming import recipe_names
from tui.report.results import results
from tui.report.settings_tables import settings_tables


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found of a preset in a results folder."""

    rows: tuple[LeaderboardRow, ...]
    """Of its finished runs, best first within their test set."""
    facts: Mapping[str, RunFacts]
    """By run, of those of `rows` whose logs can be read."""
    others: tuple[RunSummary, ...]
    """Runs of it that are not finished, or cannot be read."""


def build_report(preset: Preset, evidence: Evidence) -> Report:
    """Return everything that a reader needs to believe the figures and to get them again."""
    rows = evidence.rows
    found = [
        Section("Results", results(rows, evidence.facts, [f"{preset.name}/{trial.label}" for trial in preset.trials])),
        Section("Settings", settings_tables(rows)),
        Section("Hardware, software and data", (Bullets(tuple(_machines(evidence))),)),
        Section("How to reproduce it", _commands(preset, rows)),
        Section("Statistical methods", (Bullets(tuple(_methods(preset, rows))),)),
        Section(
            "What is missing", (Bullets(tuple(_missing(preset, evidence)) or ("Nothing was found to be missing.",)),)
        ),
    ]
    return Report(preset.title, tuple(_lead(preset)), tuple(found))


def _lead(preset: Preset) -> Iterator[Block]:
    yield Paragraph(" ".join(preset.why.split()))
    if preset.finding:
        yield Paragraph(f"Published finding: {preset.finding}")
    yield Paragraph(f"Source: {preset.source}.")
    if preset.choices:
        yield Paragraph("What the source leaves open, and what was chosen:")
        yield Bullets(tuple(" ".join(choice.split()) for choice in preset.choices))


def _machines(evidence: Evidence) -> Iterator[str]:
    """Yield each machine with its software and how many runs were trained there, then each dataset."""
    machines: dict[str, int] = {}
    data: dict[str, None] = {}
    for row in evidence.rows:
        for run in row.runs:
            known = evidence.facts.get(run.run)
            if known is None or known.started is None:
                continue
            start = known.started
            versions = ", ".join(f"{name} {version}" for name, version in start.versions.items())
            repeats = "bit for bit on it" if start.deterministic else "to within rounding"
            device = f"{start.device} ({start.device_name}), {plural(start.threads, 'thread')}"
            machine = f"{device}; {versions}; repeats {repeats}"
            machines[machine] = machines.get(machine, 0) + 1
            shape = "x".join(map(str, start.image_shape))
            held_out = f", {count(start.validation_examples)} for validation" if start.validation_examples else ""
            data[
                f"{run.dataset}: {count(start.train_examples)} examples to train on{held_out},"
                f" {count(start.test_examples)} to test on, of {shape}, {classes(len(start.class_names))}"
            ] = None
    yield from (f"{plural(number, 'run')} on {machine}" for machine, number in machines.items())
    yield from data


def _commands(preset: Preset, rows: Sequence[LeaderboardRow]) -> tuple[Block, ...]:
    found, lacking = reproductions(preset, rows)
    blocks: list[Block] = [Commands(tuple(map(command_line, found)))] if found else []
    blocks += [
        Paragraph(f"{row.label} cannot be trained again by a command: its recipe is none of the preset as it is now.")
        for row in lacking
    ]
    if any(row.is_within_tolerance is not None for row in rows):
        blocks += [
            Paragraph("Held against the published figures by:"),
            Commands((f"termlab check {preset.name} --saved",)),
        ]
    return tuple(blocks)


def command_line(found: Reproduction) -> str:
    """Return the command as it is typed."""
    words = ["termlab", "run", found.preset]
    words += ["--quick"] if found.is_quick else []
    for label in found.only:
        words += ["--only", label]
    words += ["--seeds", seeds(found.seeds)]
    return shlex.join([*words, *(f"{key}={value}" for key, value in found.overrides.items())])


def _methods(preset: Preset, rows: Sequence[LeaderboardRow]) -> Iterator[str]:
    metric = rows[0].metric
    yield "n counts seeds; a seed that was trained again counts once, with its newest run."
    yield (
        "Mean over seeds with its 95 % interval: Student's t with n − 1 degrees of freedom. It assumes that the results"
        " of the seeds are independent and roughly normal; for n = 1 there is none."
    )
    if metric.startswith(BEST):
        yield (
            f"{metric_words(metric).capitalize()} is that of the best epoch, chosen on the test set itself: it is"
            " optimistic, the more so the more epochs there are."
        )
    if any(row.published for row in rows):
        yield (
            "The gap is the mean minus the published figure, inside where it is within the tolerance that stands beside"
            " the figure; in brackets where the recipe is not the published one."
        )
    if preset.check.mean_gap:
        yield f"termlab check {preset.name} judges the figures as a whole, by their mean distance from the source's."
    if len(rows) > 1:
        yield (
            "Whether two recipes differ is not tested here: two intervals that overlap are no proof that they do not,"
            " nor are two that do not overlap a test of all pairs."
        )
    yield "Training time is that of the training steps alone, without evaluation and start-up; mean over seeds."


def _missing(preset: Preset, evidence: Evidence) -> Iterator[str]:
    """Say what a careful reader would ask for."""
    names = recipe_names(evidence.rows)
    done = {row.fingerprint for row in evidence.rows}
    lacking = [trial.label for trial in preset.trials if trial.config.fingerprint not in done]
    if lacking:
        which = "all its trials" if len(lacking) == len(preset.trials) else "; ".join(lacking)
        yield f"No finished run of exactly the recipe of the preset: {which}."
    for row in evidence.rows:
        if row.n == 1:
            yield f"{names[row.fingerprint]}: one seed alone, so that nothing is known of its spread."
        if row.metric not in row.estimates:
            yield f"{names[row.fingerprint]}: not all of its runs have {metric_words(row.metric)}."
        elif row.n > 1 and row.estimates[row.metric].half_width == 0:
            yield f"{names[row.fingerprint]}: all seeds measured the same, so that the interval says nothing."
        for reason in row.reasons:
            yield f"{names[row.fingerprint]}: {reason}."
    counts: dict[RunStatus, int] = {}
    for run in evidence.others:
        counts[run.status] = counts.get(run.status, 0) + 1
    for status, number in counts.items():
        yield f"{plural(number, 'run')} {status} and not in the figures."
    unread = sum(run.run not in evidence.facts for row in evidence.rows for run in row.runs)
    if unread:
        yield f"The logs of {plural(unread, 'run')} cannot be read: its summary alone is in the figures."
