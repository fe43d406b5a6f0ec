"""`termlab report`: what a reader finds in it, in every format, and that nothing in it can break out of one."""

from __future__ import annotations

import json
import re
import shlex
from html.parser import HTMLParser
from pathlib import Path

import pytest

from engine.presets import load_preset
from engine.store import RunStore
from engine.sweep import expand
from tests.builders import build_events, build_finished, build_started, build_steps, build_trial, save_run
from tests.tui.invoke import Shell


@pytest.fixture
def runs(tmp_path: Path) -> None:
    """Two seeds of one trial of a preset, one of the other, and one that was stopped."""
    folder = tmp_path / "results"
    for trial in expand(load_preset("digits-first"), overrides={"train.epochs": "2"}, seeds=(0, 1)):
        accuracy = 0.9 + trial.config.seed / 100 + (trial.label == "momentum") / 20
        if (trial.label, trial.config.seed) != ("sgd", 1):
            save_run(folder, trial=trial, events=build_events(accuracy))
    save_run(folder, trial=build_trial(), events=[build_started(), build_steps(5), build_finished("stopped")])


@pytest.mark.usefixtures("runs")
def test_markdown_has_the_figures_and_what_it_takes_to_believe_them(termlab: Shell) -> None:
    outcome = termlab("report", "digits-first")
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    preset = load_preset("digits-first")
    assert lines[0] == f"## {preset.title}"
    assert any(preset.source.partition("·")[0] in line for line in lines if line.startswith("Source: "))
    (momentum,) = (line for line in lines if line.startswith("| momentum | 2"))
    half_width = 6.35  # points: t of one degree of freedom, 12.706, times a standard error of 0.5
    assert momentum.startswith(f"| momentum | 2 | 0,1 | 95.50 ± {half_width} |")
    (sgd,) = (line for line in lines if line.startswith("| sgd |") and "90.00" in line)
    assert sgd.startswith("| sgd | 1 | 0 | 90.00 |")
    place = lines.index("| recipe | optim.momentum |")  # one setting for two recipes
    assert lines[place + 2 : place + 4] == ["| momentum | 0.9 |", "| sgd | 0.0 |"]
    assert any(line.startswith("- 3 runs on cpu (test processor), 2 threads; termlab 0, torch 0;") for line in lines)
    assert any("Student's t with n − 1 degrees of freedom" in line for line in lines)
    assert "- sgd: one seed alone, so that nothing is known of its spread." in lines
    assert "- 1 run stopped and not in the figures." in lines
    assert "- No finished run of exactly the recipe of the preset: all its trials." in lines


@pytest.mark.usefixtures("runs")
def test_its_commands_train_the_same_recipes(termlab: Shell, tmp_path: Path) -> None:
    lines = [line for line in termlab("report", "digits-first").out.splitlines() if line.startswith("    termlab run")]
    assert len(lines) == 2  # the trials have other seeds
    planned = set()
    for line in lines:
        rows = json.loads(termlab(*shlex.split(line)[1:], "--dry-run", "--json").out)
        planned |= {(row["fingerprint"], row["seed"]) for row in rows}
    done = [run for run in RunStore(tmp_path / "results").summaries() if run.status == "done"]
    assert planned == {(run.fingerprint, run.seed) for run in done}


HOSTILE = r"<script>x</script> & 100% $a_1^2$ #{\input} ~[*`|"


@pytest.fixture
def hostile(tmp_path: Path) -> None:
    """Runs of a preset whose label says whatever it likes, twice with other settings."""
    for rate in (0.1, 0.2):
        trial = build_trial(HOSTILE, overrides={"optim.lr": rate})
        save_run(tmp_path / "results", trial=trial, events=build_events(0.5 + rate))


class _Tags(HTMLParser):
    """Collects tags and checks that each is closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        assert not {name for name, _ in attrs if name.startswith("on") or name in ("src", "href")}
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.usefixtures("hostile")
def test_html_is_one_page_without_scripts_and_with_curves(termlab: Shell) -> None:
    page = termlab("report", "digits-first", "--format", "html").out
    tags = _Tags()
    tags.feed(page)
    tags.close()
    assert tags.open == []
    assert "script" not in tags.seen
    assert HOSTILE in tags.text
    lines = re.findall(r'<polyline points="([^"]*)"', page)
    assert len(lines) == 2
    heights = [[float(point.split(",")[1]) for point in line.split()] for line in lines]
    assert all(first > last for first, last in heights)  # accuracy rises, and y grows downwards
    assert min(height for line in heights for height in line) == 10.0
    assert "Content-Security-Policy" in page


LATEX_COMMANDS = {
    "\\\\", r"\section", r"\subsection", r"\begin", r"\end", r"\small", r"\item", r"\hline", r"\texttt", r"\par",
    r"\pm",
    r"\cdot", r"\textbackslash", r"\textasciicircum", r"\textasciitilde", r"\textless", r"\textgreater", r"\textbar",
    r"\textquotesingle",
}  # fmt: skip


@pytest.mark.usefixtures("hostile")
def test_latex_has_nothing_of_a_label_left_that_it_would_obey(termlab: Shell) -> None:
    text = termlab("report", "digits-first", "--format", "latex").out
    assert text.startswith(r"\section{")
    commands = set(re.findall(r"\\\\|\\[A-Za-z]+", text))
    assert commands <= LATEX_COMMANDS
    assert r"\textbackslash{}input" in text
    without = re.sub(r"\\[A-Za-z]+|\\[\\&%$#_{}]", "", text)
    assert not re.search(r"[%#_^~]", without)
    bare = re.sub(r"\\[{}]", "", text)
    assert bare.count("{") == bare.count("}")
    assert re.findall(r"\\begin\{(\w+)\}", text).count("tabular") == text.count(r"\end{tabular}")


@pytest.mark.usefixtures("hostile")
def test_markdown_lets_no_tag_through(termlab: Shell) -> None:
    assert not re.search(r"(?<!\\)<", termlab("report", "digits-first").out)


class TestFile:
    @pytest.mark.usefixtures("runs")
    def test_it_is_written_whole_and_replaced_by_force(self, termlab: Shell, tmp_path: Path) -> None:
        out = tmp_path / "report.html"
        command = ("report", "digits-first", "--format", "html", "--out", str(out))
        assert termlab(*command).out == f"{out}\n"
        page = out.read_text()
        assert page.startswith("<!doctype html>")
        again = termlab(*command)
        assert (again.code, again.out) == (2, "")
        assert termlab(*command, "--force").code == 0
        assert out.read_text() == page


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["digits-frist"], 'Did you mean "digits-first"?'),
        (["moons"], "no finished run of moons"),
        (["digits-first", "--where", "optim.lr>5"], "that matches optim.lr>5"),
        (["digits-first", "--metric", "test_acuracy"], 'Did you mean "test_accuracy"?'),
        (["digits-first", "--format", "pdf"], "pdf"),
    ],
)
def test_what_cannot_be_reported_ends_with_2(arguments: list[str], words: str, termlab: Shell) -> None:
    outcome = termlab("report", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert words in outcome.err


@pytest.mark.usefixtures("runs")
def test_another_metric_and_that_it_was_chosen_on_the_test_set(termlab: Shell) -> None:
    text = termlab("report", "digits-first", "--metric", "best_test_accuracy").out
    assert "best test accuracy %, mean ± 95 %" in text
    assert "chosen on the test set itself" in text
    assert "chosen on the test set itself" not in termlab("report", "digits-first").out


def test_a_figure_that_only_some_recipes_have_stands_beside_one_of_all(termlab: Shell, tmp_path: Path) -> None:
    both = build_trial("both"), build_trial("other", overrides={"optim.lr": 0.3})
    last = build_finished(metrics={"scaling_error": 0.02})
    save_run(tmp_path / "results", trial=both[0], events=[*build_events(0.9)[:-1], last])
    save_run(tmp_path / "results", trial=both[1])
    heading = next(
        line
        for line in termlab("report", "digits-first", "--metric", "scaling_error").out.splitlines()
        if line.startswith("| recipe")
    )
    assert "scaling error %, mean ± 95 % | best test accuracy %, mean ± 95 %" in heading
    assert "best test accuracy" not in termlab("report", "digits-first").out.partition("### Settings")[0]


def test_recipes_on_different_test_data_stand_in_tables_of_their_own(termlab: Shell, tmp_path: Path) -> None:
    for limit in (None, 50):
        save_run(tmp_path / "results", trial=build_trial(overrides={"data.test_limit": limit}))
    text = termlab("report", "digits-first").out
    assert "Test accuracy on digits:" in text
    assert "Test accuracy on digits · test limit 50:" in text


def test_a_damaged_log_is_told_and_its_summary_counts(termlab: Shell, tmp_path: Path) -> None:
    run = save_run(tmp_path / "results")
    log = tmp_path / "results" / run / "events.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join([lines[0], b"{" + b" " * (len(lines[1]) - 2) + b"\n", *lines[2:]]))
    outcome = termlab("report", "digits-first", "--format", "html")
    assert outcome.code == 0
    assert f"{run} cannot be read but for its summary" in outcome.err
    assert "The logs of 1 run cannot be read" in outcome.out
    assert "polyline" not in outcome.out
