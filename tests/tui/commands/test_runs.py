"""`termlab ls`, `show`, `leaderboard` and `plot` over saved runs; tables are compared byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.events import Event, RunFinished, Table
from engine.store import RunStore
from engine.trial import Published
from tests.builders import build_epoch, build_events, build_finished, build_started, build_steps, build_trial, save_run
from tests.tui.invoke import Shell

PUBLISHED = Published(metric="test_accuracy", value=0.95, tolerance=0.02)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Three finished runs of two recipes, and a failed one, under ids and at times that do not change."""
    ids = iter(("aaaaaa-a", "bbbbbb-b", "cccccc-c", "dddddd-d"))
    times = iter(range(1_780_000_000, 1_780_000_100, 10))
    monkeypatch.setattr("engine.store.run_store._new_id", lambda _trial: next(ids))
    monkeypatch.setattr("engine.store.run_store.time.time", lambda: float(next(times)))
    folder = tmp_path / "results"
    momentum = {"optim.momentum": 0.9}
    fast = build_trial("momentum", overrides=momentum, published=[PUBLISHED])
    fast_again = build_trial("momentum", overrides={**momentum, "seed": 1}, published=[PUBLISHED])
    failed: list[Event] = [
        build_started(),
        build_steps(10),
        build_finished("failed", reason="the loss became nan at step 10"),
    ]
    return [
        save_run(folder, trial=build_trial("sgd"), events=build_events(0.8)),
        save_run(folder, trial=fast, events=build_events(0.94)),
        save_run(folder, trial=fast_again, events=build_events(0.96)),
        save_run(folder, trial=build_trial("wild", overrides={"optim.lr": 50}), events=failed),
    ]


LISTED = """\
run     preset        trial     seed  status  epochs  test acc %  best %  train  how it ended
dddddd  digits-first  wild         0  failed     0/2           –       –  0.1 s  the loss became nan at step 10
cccccc  digits-first  momentum     1  done       2/2       96.00   96.00  0.2 s
bbbbbb  digits-first  momentum     0  done       2/2       94.00   94.00  0.2 s
aaaaaa  digits-first  sgd          0  done       2/2       80.00   80.00  0.2 s
"""

RANKED = [
    "dataset,preset,label,n,best_test_accuracy,half_width,published,gap,best_epoch,parameters,train_seconds,"
    "samples_per_second,differs_in,reason",
    "digits,digits-first,momentum,2,0.95,0.12706204736174706,0.95,0.0,2.0,4810,0.2,6400.0,optim.momentum=0.9,",
    "digits,digits-first,sgd,1,0.8,,,,2.0,4810,0.2,6400.0,optim.momentum=0.0,",
]


@pytest.mark.usefixtures("runs")
class TestLs:
    def test_newest_first(self, termlab: Shell) -> None:
        assert termlab("ls").out == LISTED

    def test_where_says_how_many_of_how_many(self, termlab: Shell) -> None:
        outcome = termlab("ls", "--where", "status=done and not optim.momentum=0")
        assert [line[:6] for line in outcome.out.splitlines()[1:]] == ["cccccc", "bbbbbb"]
        assert outcome.err == "2 of 4 runs\n"

    def test_sort_by_a_metric_either_way(self, termlab: Shell) -> None:
        for order, ids in (("test_accuracy", "abcd"), ("-test_accuracy", "cbad")):
            lines = termlab("ls", "--sort-by", order).out.splitlines()[1:]
            assert [line[0] for line in lines] == list(ids)

    def test_json_is_one_document_of_run_objects(self, termlab: Shell) -> None:
        documents = json.loads(termlab("ls", "--json").out)
        assert [document["run"][0] for document in documents] == list("dcba")
        assert documents[1]["published"] == PUBLISHED.model_dump()
        assert documents[0]["reason"] == "the loss became nan at step 10"

    @pytest.mark.parametrize(
        ("form", "second_line"),
        [
            ("csv", "dddddd,digits-first,wild,0,failed,0/2,,,0.1,the loss became nan at step 10,"),
            ("md", "| --- | --- | --- | ---: | --- | ---: | ---: | ---: | ---: | --- |"),
            ("latex", r"\hline"),
        ],
    )
    def test_other_formats(self, form: str, second_line: str, termlab: Shell) -> None:
        assert termlab("ls", "--format", form).out.splitlines()[1] == second_line

    @pytest.mark.parametrize("option", ["--where", "--sort-by"])
    def test_a_column_that_is_not_known_names_the_nearest(self, option: str, termlab: Shell) -> None:
        outcome = termlab("ls", option, "test_acuracy=1" if option == "--where" else "test_acuracy")
        assert outcome.code == 2
        assert "test_accuracy" in outcome.err


def test_an_empty_folder_says_what_would_fill_it(termlab: Shell, tmp_path: Path) -> None:
    outcome = termlab("ls")
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err == f"No runs in {tmp_path / 'results'} yet. Train one: termlab run digits-first\n"
    assert termlab("ls", "--json").out == "[]\n"


@pytest.mark.usefixtures("runs")
class TestShow:
    def test_it_says_what_was_trained_and_how_it_went(self, termlab: Shell) -> None:
        lines = termlab("show", "b").out.splitlines()
        assert lines[0] == "bbbbbb-b"
        assert "published    test accuracy 95.0 ± 2.0 %, measured 94.00 %: inside" in lines
        assert "  best_test_accuracy  94.00 %" in lines
        assert ["optim.momentum", "0.9"] in [line.split() for line in lines]

    def test_json_is_the_run_object(self, termlab: Shell) -> None:
        document = json.loads(termlab("show", "latest", "--json").out)
        assert (document["run"], document["status"]) == ("dddddd-d", "failed")

    def test_csv_has_a_line_an_epoch(self, termlab: Shell) -> None:
        lines = termlab("show", "a", "--format", "csv").out.splitlines()
        assert lines[0].startswith("epoch,step,train_seconds,train_loss")
        assert [line.split(",")[0] for line in lines[1:]] == ["1", "2"]

    @pytest.mark.parametrize("name", ["nosuch", "", "../results", "aaaaaa-a/"])
    def test_an_unknown_run_ends_with_2(self, name: str, termlab: Shell) -> None:
        outcome = termlab("show", name)
        assert (outcome.code, outcome.out) == (2, "")
        assert "is called" in outcome.err

    def test_a_damaged_run_ends_with_4_and_the_list_shows_the_rest(self, termlab: Shell, tmp_path: Path) -> None:
        (tmp_path / "results" / "bbbbbb-b" / "config.json").write_text("{")
        (tmp_path / "results" / "bbbbbb-b" / "summary.json").unlink()
        outcome = termlab("show", "b")
        assert outcome.code == 4
        assert "config.json is not JSON" in outcome.err
        drawn = termlab("plot", "a", "b")
        assert drawn.code == 4
        assert drawn.out == termlab("plot", "a").out
        assert drawn.err.startswith("termlab: bbbbbb-b cannot be read: config.json is not JSON")
        alone = termlab("plot", "b")
        assert (alone.code, alone.out) == (4, "")
        listed = termlab("ls")
        assert len(listed.out.splitlines()) == 5
        assert "bbbbbb-b cannot be read" in listed.err
        assert termlab("doctor", "--json").code == 4


def test_what_comes_before_the_damage_is_drawn(termlab: Shell, tmp_path: Path) -> None:
    results = tmp_path / "results"
    whole: list[Event] = [build_started(), build_epoch(1), build_epoch(2), build_finished()]
    good, cut = save_run(results, events=whole), save_run(results, events=whole)
    lines = (results / cut / "events.jsonl").read_text().splitlines(keepends=True)
    (results / cut / "events.jsonl").write_text("".join([*lines[:2], "?\n", *lines[2:]]))
    outcome = termlab("plot", cut, good, "--metric", "test_accuracy", "--x", "step")
    assert outcome.code == 4
    assert outcome.out.splitlines()[0].count("sgd") == 1  # both are of one recipe, told apart by their ends
    assert f"{cut} cannot be read: events.jsonl, byte" in outcome.err
    alone = termlab("plot", cut, "--metric", "test_accuracy")
    assert alone.code == 4
    assert "test accuracy" in alone.out
    assert "No values" not in alone.out


def test_markdown_of_the_epochs_shows_percent_and_the_digits_of_tiny_losses(termlab: Shell, tmp_path: Path) -> None:
    epochs = [build_epoch(1, test_loss=3.5e-15), build_epoch(2, test_loss=0.0)]
    save_run(tmp_path / "results", events=[build_started(), *epochs, build_finished()])
    heading, _, first, last = termlab("show", "latest", "--format", "md").out.splitlines()
    assert "| test loss | test accuracy % |" in heading
    assert "| 3.50e-15 | 90.00 |" in first
    assert "| 0 | 90.00 |" in last


@pytest.mark.usefixtures("runs")
class TestLeaderboard:
    def test_recipes_best_first_with_interval_and_gap(self, termlab: Shell) -> None:
        assert termlab("leaderboard", "--preset", "digits-first", "--format", "csv").out.splitlines() == RANKED
        lines = termlab("leaderboard").out.splitlines()
        assert "95.00   12.71  test accuracy 95.0 ± 2.0 %  0.00 inside" in lines[1]

    def test_json_has_a_row_a_recipe(self, termlab: Shell) -> None:
        first, second = json.loads(termlab("leaderboard", "--json").out)
        assert (first["label"], first["n"], first["mean"]) == ("momentum", 2, pytest.approx(0.95))
        assert first["half_width_95"] == pytest.approx(12.7062 * 0.01, rel=1e-4)  # t of one degree of freedom
        assert (first["gap"], first["within_tolerance"]) == (pytest.approx(0.0, abs=1e-9), True)
        assert second["half_width_95"] is None
        assert first["differs_in"] == {"optim.momentum": 0.9}

    def test_another_metric_ranks_in_its_own_direction(self, termlab: Shell) -> None:
        rows = json.loads(termlab("leaderboard", "--metric", "test_error", "--json").out)
        assert [row["label"] for row in rows] == ["momentum", "sgd"]

    @pytest.mark.parametrize(
        ("column", "labels"),
        [
            ("best_test_accuracy", ["sgd", "momentum"]),
            ("-gap", ["momentum", "sgd"]),
            ("-label", ["sgd", "momentum"]),
            ("differs_in", ["sgd", "momentum"]),
            ("-differs_in", ["momentum", "sgd"]),
        ],
    )
    def test_sort_by_a_column_changes_the_order_and_not_what_is_shown(
        self, column: str, labels: list[str], termlab: Shell
    ) -> None:
        rows = termlab("leaderboard", "--sort-by", column, "--format", "csv").out.splitlines()
        assert rows[0] == RANKED[0]
        assert sorted(rows[1:]) == sorted(RANKED[1:])
        assert [row.split(",")[2] for row in rows[1:]] == labels

    def test_every_column_can_be_sorted_by(self, termlab: Shell) -> None:
        for column in RANKED[0].split(","):
            assert termlab("leaderboard", "--sort-by", column).code == 0, column

    def test_a_column_can_be_named_by_its_heading(self, termlab: Shell) -> None:
        for command, heading, name in (("ls", "-trial", "-label"), ("leaderboard", "-params", "-parameters")):
            by_heading, by_name = (termlab(command, "--sort-by", column) for column in (heading, name))
            assert (by_heading.code, by_heading.out) == (0, by_name.out)

    def test_a_metric_that_is_a_column_anyway_is_shown_once(self, termlab: Shell) -> None:
        header = termlab("leaderboard", "--metric", "train_seconds", "--format", "csv").out.splitlines()[0]
        assert header.split(",").count("train_seconds") == 1

    def test_a_column_to_sort_by_that_is_not_known_names_the_nearest(self, termlab: Shell) -> None:
        outcome = termlab("leaderboard", "--sort-by", "paramters")
        assert outcome.code == 2
        assert 'Did you mean "parameters"?' in outcome.err

    @pytest.mark.parametrize("option", [("--metric", "acuracy"), ("--preset", "digit-first")])
    def test_what_is_not_known_ends_with_2(self, option: tuple[str, str], termlab: Shell) -> None:
        outcome = termlab("leaderboard", *option)
        assert outcome.code == 2
        assert "Known:" in outcome.err


class TestPlot:
    @pytest.mark.usefixtures("runs")
    def test_it_draws_loss_and_accuracy_without_codes_when_piped(self, termlab: Shell) -> None:
        outcome = termlab("plot", "a", "b")
        assert outcome.code == 0
        assert "\x1b" not in outcome.out
        assert "loss" in outcome.out
        assert "accuracy %" in outcome.out
        assert "sgd" in outcome.out
        assert "momentum" in outcome.out
        assert max(len(line) for line in outcome.out.splitlines()) <= 80

    @pytest.mark.usefixtures("runs")
    def test_it_reads_values_of_a_part_of_any_axis(self, termlab: Shell) -> None:
        asked = ("plot", "a", "b", "--metric", "test_loss", "--x", "samples", "--log-x")
        whole, read = termlab(*asked), termlab(*asked, "--at", "1000", "--range", "100:5000")
        assert whole.code == read.code == 0
        assert whole.out.startswith("test loss (log x)")
        assert "samples" in whole.out
        assert "samples 100–5000" in read.out
        assert "at samples 1,000" in read.out

    @pytest.mark.usefixtures("runs")
    def test_it_draws_the_means_of_seeds(self, termlab: Shell) -> None:
        outcome = termlab("plot", "--where", "status=done", "--mean")
        assert outcome.code == 0
        assert outcome.out.startswith("test loss")
        assert "test accuracy %" in outcome.out
        assert "×" in outcome.out

    def test_it_draws_tables_that_a_run_left(self, termlab: Shell, tmp_path: Path) -> None:
        table = Table(x_name="masks", x=(1, 2, 3), columns={"scaling_error": (0.1, 0.1, 0.1)})
        events = [*build_events()[:-1], build_finished(tables={"dropout_inference": table})]
        save_run(tmp_path / "results", events=events)
        outcome = termlab("plot", "latest", "--metric", "dropout_inference")
        assert outcome.code == 0
        assert "scaling error" in outcome.out
        assert "masks" in outcome.out
        assert "%" in outcome.out.splitlines()[0]  # errors are read in percent

    @pytest.mark.usefixtures("runs")
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["a", "--metric", "test_los"], 'Did you mean "test_loss"?'),
            ([], "which runs?"),
            (["--where", "preset=other"], "no run in"),
            (["zzz"], 'is called "zzz"'),
            (["a", "--range", "5"], '"5" is not LOW:HIGH'),
            (["a", "--range", "a:b"], "--range 100:"),
            (["a", "--range", ":"], "is not LOW:HIGH"),
            (["a", "--range", "5:2"], "5 is not below 2"),
            (["a", "--x", "sample"], "samples"),
        ],
    )
    def test_what_cannot_be_drawn_ends_with_2(self, arguments: list[str], words: str, termlab: Shell) -> None:
        outcome = termlab("plot", *arguments)
        assert (outcome.code, outcome.out) == (2, "")
        assert words in outcome.err


def test_a_name_that_tries_to_drive_the_terminal_is_shown_harmless(termlab: Shell, tmp_path: Path) -> None:
    hostile = build_trial("\x1b[2Jlabel", preset="digits-first")
    finished = RunFinished(time=1.0, status="failed", reason="\x1b]0;title\x07 broke")
    save_run(tmp_path / "results", trial=hostile, events=[build_started(), finished])
    for command in (["ls"], ["show", "latest"], ["ls", "--format", "csv"], ["doctor"]):
        assert "\x1b" not in "".join(termlab(*command).out), command


def test_results_of_another_process_are_found_where_the_option_says(termlab: Shell, tmp_path: Path) -> None:
    save_run(tmp_path / "elsewhere")
    for arguments in (["--results", str(tmp_path / "elsewhere"), "ls"], ["ls", f"--results={tmp_path / 'elsewhere'}"]):
        assert len(termlab(*arguments).out.splitlines()) == 2
    assert RunStore(tmp_path / "results").summaries() == []


def test_gradient_descent_is_told_by_its_loss_its_weights_and_how_it_ended(termlab: Shell) -> None:
    only = [option for label in ("lr=0.1", "lr=0.25") for option in ("--only", label)]
    assert termlab("run", "gradient-descent", "--progress", "none", *only).code == 0
    far, near = termlab("ls").out.splitlines()[1:]
    assert far.split()[4] == "diverged"
    assert near.endswith("converged after 1 update")
    header, first, last = termlab("leaderboard").out.splitlines()
    assert "test loss" in header
    assert "accuracy" not in header
    assert (first.split()[0], last.split()[0]) == ("lr=0.1", "lr=0.25")
    assert "diverged: the loss rose from 1 to" in last
    document = json.loads(termlab("leaderboard", "--json").out)[0]
    assert (document["metric"], document["reasons"]) == ("test_loss", ["converged after 1 update"])
    drawn = termlab("plot", "--where", "preset=gradient-descent").out
    assert drawn.startswith("loss (log)")
    assert "weights   without 1 diverged" in drawn
    assert "accuracy" not in drawn
    for metric in ("train_loss", "test_loss"):
        assert termlab("plot", far.split()[0], "--metric", metric).out.startswith(f"{metric.replace('_', ' ')} (log)")
    assert "(log)" not in termlab("plot", far.split()[0], "--metric", "weight_1").out


def test_a_table_without_curves_is_printed_and_not_drawn(termlab: Shell, tmp_path: Path) -> None:
    table = Table(x_name="threshold", x=(0.5, 0.25), columns={"true_positives": (40.0, 44.0)}, curves=())
    save_run(tmp_path / "results", events=[*build_events()[:-1], build_finished(tables={"confusion": table})])
    assert "confusion\n  threshold  true positives\n     0.5000              40\n" in termlab("show", "latest").out
    outcome = termlab("plot", "latest", "--metric", "confusion")
    assert (outcome.code, outcome.out) == (2, "")
    assert "termlab show prints it" in outcome.err
