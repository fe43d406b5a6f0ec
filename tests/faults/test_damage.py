"""Whatever lies in a run's folder: one marked row with the reason, all other runs as ever, and doctor knows."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.checkpoint import load_checkpoint, save_checkpoint
from engine.errors import DamagedError, StoreError
from engine.events import to_json
from engine.plain_file import MOST_WHOLE_BYTES
from engine.process import Writer
from engine.store import BEST_WEIGHTS, CHECKPOINT, CONFIG, EVENTS, SET_ASIDE, SUMMARY, WEIGHTS, RunStore
from engine.store.requests import REQUEST, take_request
from engine.store.run_tail import MOST_LINE_BYTES
from engine.store.set_aside import set_aside
from engine.summary import RunStatus
from engine.tensor_file import load_tensors, save_tensors
from engine.weights import load_weights
from tests.builders import build_epoch, build_started, build_steps, save_run
from tests.faults.real_run import WRITER, RealRun, on_disk, show_everything
from tests.tui.invoke import Shell
from tui.messages import RunRead, RunsChanged, StoreFailed, ThreadFailed
from tui.worker import StoreThread

MiB = 2**20


def rewrite(path: Path, changes: dict[str, Any]) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def in_place_of(path: Path) -> Path:
    path.unlink(missing_ok=True)
    return path


def outside(path: Path) -> Path:
    """Return a copy of a file or folder beside the results folder."""
    target = path.parents[2] / f"outside-{path.name}" if path.is_file() else path.parents[1] / "outside"
    (shutil.copy if path.is_file() else shutil.copytree)(path, target)
    return target


def make_pipe(folder: Path, name: str) -> None:
    os.mkfifo(in_place_of(folder / name))


def make_endless(folder: Path, name: str) -> None:
    in_place_of(folder / name).symlink_to("/dev/zero")


def make_folder(folder: Path, name: str) -> None:
    in_place_of(folder / name).mkdir()


def make_socket(folder: Path, name: str) -> None:
    place = Path.cwd()
    os.chdir(folder)  # the name of a socket may not be long
    try:
        in_place_of(Path(name))
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(name)
    finally:
        os.chdir(place)


def make_link_out(folder: Path, name: str) -> None:
    target = outside(folder / name)
    in_place_of(folder / name).symlink_to(target)


def make_link_to_nothing(folder: Path, name: str) -> None:
    in_place_of(folder / name).symlink_to(folder / "nothing")


def make_link_to_itself(folder: Path, name: str) -> None:
    in_place_of(folder / name).symlink_to(folder / name)


def make_huge(folder: Path, name: str) -> None:
    with (folder / name).open("ab") as file:
        file.truncate(2**40)  # of holes, which take no room


def make_binary(folder: Path, name: str) -> None:
    (folder / name).write_bytes(bytes(range(256)) * 64)


def make_empty(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"")


def make_nested(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b'{"format":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n")


def make_other_coding(folder: Path, name: str) -> None:
    (folder / name).write_bytes((folder / name).read_text().encode("utf-16"))


MAKE = (
    make_pipe, make_endless, make_folder, make_socket, make_link_out, make_link_to_nothing, make_link_to_itself,
    make_huge, make_binary, make_empty, make_nested, make_other_coding,
)  # fmt: skip


@pytest.mark.parametrize("name", [CONFIG, EVENTS])
@pytest.mark.parametrize("make", MAKE, ids=lambda make: make.__name__)
def test_whatever_stands_for_a_file_is_told_and_hides_no_other_run(
    finished: RealRun, make: Callable[[Path, str], None], name: str
) -> None:
    other = save_run(finished.results)
    (finished.folder / SUMMARY).unlink()
    make(finished.folder, name)
    before = on_disk(finished.results)
    store = RunStore(finished.results)
    for _ in range(2):  # the second look takes other ways
        found = {summary.run: summary for summary in store.summaries()}
        assert found[other].status is RunStatus.DONE
        assert found[finished.run_id].status is RunStatus.DAMAGED
        assert name in found[finished.run_id].reason
    with pytest.raises((DamagedError, StoreError), match=name.replace(".", r"\.")):
        store.load(finished.run_id)
    show_everything(finished.results)
    assert on_disk(finished.results) == before


@pytest.mark.parametrize("make", MAKE, ids=lambda make: make.__name__)
def test_whatever_stands_for_a_summary_the_run_is_read_from_its_events(
    finished: RealRun, make: Callable[[Path, str], None]
) -> None:
    whole = RunStore(finished.results).summary(finished.run_id)
    make(finished.folder, SUMMARY)
    found = RunStore(finished.results).summary(finished.run_id)
    # A summary that is only coded otherwise, or that a link within the results leads to, would say the same.
    assert found == whole


@pytest.mark.parametrize("make", [make for make in MAKE if make is not make_nested], ids=lambda make: make.__name__)
@pytest.mark.parametrize("name", [CHECKPOINT, WEIGHTS])
def test_whatever_stands_for_tensors_is_told_and_not_waited_for(
    stopped: RealRun, make: Callable[[Path, str], None], name: str
) -> None:
    if make is make_other_coding:
        make = make_binary
    make(stopped.folder, name)
    with pytest.raises((DamagedError, FileNotFoundError)):
        load_checkpoint(stopped.folder / name) if name == CHECKPOINT else load_tensors(stopped.folder / name, what="x")
    assert RunStore(stopped.results).summary(stopped.run_id).status is RunStatus.STOPPED


@pytest.mark.parametrize("make", MAKE, ids=lambda make: make.__name__)
def test_whatever_stands_for_a_request_is_no_request(finished: RealRun, make: Callable[[Path, str], None]) -> None:
    (finished.folder / REQUEST).write_text('{"ask": "later"}')
    make(finished.folder, REQUEST)
    assert take_request(finished.folder) is None


@pytest.mark.parametrize(
    "make", [make_pipe, make_endless, make_folder, make_socket, make_huge], ids=lambda make: make.__name__
)
def test_whatever_stands_for_a_lock_keeps_nobody_from_writing(
    stopped: RealRun, make: Callable[[Path, str], None]
) -> None:
    """No writer makes such a thing, so that nobody is there whose run it would be."""
    make(stopped.folder, WRITER)
    RunStore(stopped.results).reopen(stopped.run_id).close()
    assert (stopped.folder / "writer.2.json").read_text().strip() == "{}"


def test_a_folder_that_is_a_link_out_of_the_results_is_not_followed(finished: RealRun) -> None:
    finished.folder.rename(finished.results.parent / "elsewhere")
    finished.folder.symlink_to(finished.results.parent / "elsewhere")
    store = RunStore(finished.results)
    (summary,) = store.summaries()
    assert summary.status is RunStatus.DAMAGED
    assert summary.reason.endswith("elsewhere, outside the results folder; it is not followed")
    with pytest.raises(DamagedError, match="outside the results folder"):
        store.load(finished.run_id)


def test_a_link_within_the_results_and_results_that_are_a_link_are_followed(finished: RealRun) -> None:
    (finished.results / "again").symlink_to(finished.run_id)
    (finished.results.parent / "link").symlink_to(finished.results)
    store = RunStore(finished.results.parent / "link")
    assert {summary.run: summary.status for summary in store.summaries()} == dict.fromkeys(
        [finished.run_id, "again"], RunStatus.DONE
    )
    assert store.load("again").finished is not None


def test_a_link_that_leads_to_itself_is_no_run(finished: RealRun) -> None:
    (finished.results / "loop").symlink_to("loop")
    assert [summary.run for summary in RunStore(finished.results).summaries()] == [finished.run_id]


@pytest.mark.parametrize("name", [CONFIG, SUMMARY, EVENTS])
def test_a_file_without_end_takes_little_memory(finished: RealRun, name: str) -> None:
    RunStore(finished.results).load(finished.run_id)  # what is imported does not count
    make_huge(finished.folder, name)
    tracemalloc.start()
    try:
        RunStore(finished.results).summaries()
        assert tracemalloc.get_traced_memory()[1] < 3 * max(MOST_WHOLE_BYTES, MOST_LINE_BYTES)
    finally:
        tracemalloc.stop()


def test_a_line_that_is_too_long_is_told_with_its_place_and_the_limit(finished: RealRun) -> None:
    (finished.folder / SUMMARY).unlink()
    size = (finished.folder / EVENTS).stat().st_size
    with (finished.folder / EVENTS).open("ab") as file:
        file.write(b" " * (MOST_LINE_BYTES + 1) + b"\n")
    reason = RunStore(finished.results).summary(finished.run_id).reason
    assert reason == f"events.jsonl, byte {size}: a line of more than 16,777,216 bytes is not read"


def test_a_file_that_is_too_long_is_told_with_its_length_and_the_limit(finished: RealRun) -> None:
    (finished.folder / SUMMARY).unlink()
    (finished.folder / CONFIG).write_bytes(b" " * (2 * MiB))
    reason = RunStore(finished.results).summary(finished.run_id).reason
    assert reason == "config.json has 2,097,152 bytes; more than 1,048,576 are not read"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"format": 2}, "config.json has format 2; this termlab reads 1, a later one wrote it"),
        ({"format": "one"}, "config.json has format 'one'; this termlab reads 1"),
        ({"format": 0}, "config.json has format 0; this termlab reads 1"),
        ({"created": 1e300}, "config.json: created: 1e+300 is no time"),
        ({"created": -1}, "config.json: created: -1 is no time"),
        ({"created": "now"}, "config.json: created: 'now' is no time"),
        ({"created": None}, "config.json: created: None is no time"),
        ({"trial": []}, "config.json: trial: "),
        ({"trial": {"preset": 1}}, "config.json: preset: "),
        ({"more": 10**30}, "config.json: more is too large a number"),
        ({"more": {"deep": float("nan")}}, "config.json: more.deep is not a finite number"),
        ({"more": ["\ud800"]}, "config.json: more.0 is not Unicode"),
        ({"\udfff": 1}, "config.json: a key in it is not Unicode"),
    ],
)
def test_a_value_that_cannot_be_is_told_with_its_key(finished: RealRun, changes: dict[str, Any], reason: str) -> None:
    rewrite(finished.folder / CONFIG, changes)
    (finished.folder / SUMMARY).unlink()
    assert RunStore(finished.results).summary(finished.run_id).reason.startswith(reason)


STEPS = json.loads(to_json(build_steps(10)))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (to_json(build_steps(5)), "step 5 after step 10"),
        (to_json(build_epoch(1)), "epoch 1 after epoch 1"),
        (json.dumps(STEPS | {"step": -1}), "steps_done.step: Input should be greater than or equal to 0"),
        (json.dumps(STEPS | {"step": 2**63}), "steps_done.step: Input should be less than or equal to"),
        (json.dumps(STEPS | {"train_seconds": -0.5}), "steps_done.train_seconds"),
        (json.dumps(STEPS | {"series": {"train_loss": ["x"] * 10**6}}), "steps_done.series.train_loss.0"),
        (json.dumps(STEPS | {"series": {str(at): 0 for at in range(10**5)}}), "not an event: 100,000 faults"),
        (json.dumps(STEPS | {"time": "1e999"}), "steps_done.time"),
        ("[" * 10**6, "recursion limit"),
    ],
    ids=range(9),
)
def test_what_cannot_come_next_is_told_with_its_byte_and_what_came_before_is_shown(
    tmp_path: Path, line: str, reason: str
) -> None:
    run_id = save_run(tmp_path, events=[build_started(), build_steps(10), build_epoch(1)])
    size = (tmp_path / run_id / EVENTS).stat().st_size
    with (tmp_path / run_id / EVENTS).open("a") as file:
        file.write(line + "\n")
    summary = RunStore(tmp_path).summary(run_id)
    assert summary.status is RunStatus.DAMAGED
    assert summary.reason.startswith(f"events.jsonl, byte {size}: ")
    assert reason in summary.reason
    assert (summary.preset, summary.epochs, summary.metrics["test_accuracy"]) == ("digits-first", 1, 0.9)


def test_a_log_that_begins_in_the_middle_is_told(tmp_path: Path) -> None:
    run_id = save_run(tmp_path, events=[build_started(), build_steps(10), build_epoch(1)])
    lines = (tmp_path / run_id / EVENTS).read_bytes().splitlines(keepends=True)
    (tmp_path / run_id / EVENTS).write_bytes(b"".join(lines[1:]))
    assert RunStore(tmp_path).summary(run_id).reason == "events.jsonl, byte 0: steps_done before run_started"


def test_a_log_that_becomes_shorter_is_read_anew(tmp_path: Path) -> None:
    run_id = save_run(tmp_path, events=[build_started(), build_steps(10), build_epoch(1)])
    store, log = RunStore(tmp_path), tmp_path / run_id / EVENTS
    tail = store.tail(run_id)
    assert store.summary(run_id).epochs == 1
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:2]))
    assert store.summary(run_id).epochs == 0
    with pytest.raises(DamagedError, match="when it was read last"):
        tail.advance()


def test_a_damaged_run_is_not_read_again_until_a_file_of_it_changes(finished: RealRun) -> None:
    config = (finished.folder / CONFIG).read_bytes()
    (finished.folder / SUMMARY).unlink()
    (finished.folder / CONFIG).write_text("{")
    store = RunStore(finished.results)
    assert store.summary(finished.run_id) is store.summary(finished.run_id)
    (finished.folder / CONFIG).write_bytes(config)
    assert store.summary(finished.run_id).status is RunStatus.DONE


def test_the_latest_run_is_the_latest_that_can_be_read(finished: RealRun) -> None:
    damaged = save_run(finished.results)  # begun after the other one
    (finished.results / damaged / EVENTS).write_text("x\n")
    assert RunStore(finished.results).find("latest") == finished.run_id


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 2},
        {"config_sha256": 1},
        {"place": {}},
        {"place": {"device": "cpu", "threads": "1000000", "torch": ""}},
        {"place": {"device": "cpu", "threads": "many", "torch": ""}},
        {"progress": {}},
        {"progress": []},
        {"under_way": 3},
        {"random": None},
        {"more": 1},
    ],
)
def test_a_checkpoint_with_parts_that_cannot_be_is_told(stopped: RealRun, changes: dict[str, Any]) -> None:
    path = stopped.folder / CHECKPOINT
    checkpoint = load_checkpoint(path)
    save_checkpoint(path, checkpoint)
    assert load_checkpoint(path).step == checkpoint.step
    save_tensors(path, load_tensors(path, what="a checkpoint") | changes)
    with pytest.raises(DamagedError, match=r"^checkpoint\.pt"):
        load_checkpoint(path)


def test_a_byte_that_was_turned_in_a_tensor_is_noticed(stopped: RealRun) -> None:
    """Without the checksum the network would be read with another weight, and nobody would know."""
    path = stopped.folder / CHECKPOINT
    content = bytearray(path.read_bytes())
    at = content.index(b"data/0") + 200
    content[at] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedError, match="checksum"):
        load_checkpoint(path)


def test_weights_of_which_a_part_is_missing_are_no_weights(stopped: RealRun) -> None:
    from torch import nn

    with pytest.raises(DamagedError, match="does not hold this network's weights"):
        load_weights(stopped.folder / WEIGHTS, nn.Linear(2, 2))


class Mailbox:
    """Keeps what a thread posts."""

    def __init__(self) -> None:
        self.messages: list[object] = []

    def post_message(self, message: object) -> bool:
        self.messages.append(message)
        return True


@pytest.mark.parametrize("make", MAKE, ids=lambda make: make.__name__)
def test_the_thread_that_watches_the_results_outlives_it(finished: RealRun, make: Callable[[Path, str], None]) -> None:
    other = save_run(finished.results)
    (finished.folder / SUMMARY).unlink()
    mailbox = Mailbox()
    thread = StoreThread(mailbox, finished.results, poll_seconds=0)
    thread._look()
    thread.follow(finished.run_id)
    thread.follow(other)
    make(finished.folder, EVENTS)
    thread._look()
    thread._answer()
    kinds = [type(message) for message in mailbox.messages]
    assert ThreadFailed not in kinds
    assert kinds.count(RunsChanged) == 2
    assert [message.run_id for message in mailbox.messages if isinstance(message, StoreFailed)] == [finished.run_id]
    assert [message.run_id for message in mailbox.messages if isinstance(message, RunRead)] == [other]


def findings(termlab: Shell, *arguments: str) -> tuple[int, dict[str, dict[str, Any]]]:
    outcome = termlab("doctor", "--json", *arguments)
    return outcome.code, {finding["subject"]: finding for finding in json.loads(outcome.out)}


def test_doctor_says_what_is_wrong_and_sets_aside_what_it_may(termlab: Shell, finished: RealRun) -> None:
    whole = save_run(finished.results)
    make_binary(finished.folder, CONFIG)
    before = on_disk(finished.folder)
    code, found = findings(termlab)
    assert code == 4
    run = found[f"run {finished.run_id}"]
    assert run["state"] == "damaged"
    assert "config.json is not JSON" in run["text"]
    assert "--set-aside" in run["remedy"]
    assert on_disk(finished.folder) == before

    code, found = findings(termlab, "--set-aside")
    target = finished.results / SET_ASIDE / finished.run_id
    assert code == 0
    assert str(target) in found[f"run {finished.run_id}"]["remedy"]
    assert on_disk(target) == {path.replace(str(finished.folder), str(target)): now for path, now in before.items()}
    assert [summary.run for summary in RunStore(finished.results).summaries()] == [whole]
    assert findings(termlab)[0] == 0
    assert "1 run in" in findings(termlab)[1]["set aside"]["text"]

    command = found[f"run {finished.run_id}"]["remedy"].partition("take it back: ")[2]
    subprocess.run(["bash", "-c", command], check=True)
    assert on_disk(finished.folder) == before


@pytest.mark.parametrize("has_summary", [True, False])
@pytest.mark.parametrize("command", ["show", "plot", "resume", "verify"])
def test_a_command_names_the_damaged_run_its_place_and_what_moves_it_away(
    termlab: Shell, stopped: RealRun, command: str, has_summary: bool
) -> None:
    make_binary(stopped.folder, CONFIG)
    if not has_summary:
        (stopped.folder / SUMMARY).unlink()
    outcome = termlab(command, stopped.run_id)
    assert (outcome.code, outcome.out) == (4, "")
    told = " ".join(outcome.err.split())
    assert told.startswith(f"termlab: {stopped.run_id} cannot be read: config.json is not JSON: ")
    assert f" It lies in {stopped.folder}. " in told
    assert told.endswith(" move it out of the way with termlab doctor --set-aside.")
    assert termlab("doctor", "--set-aside").code == 0
    assert not stopped.folder.exists()


def test_a_command_does_not_offer_to_move_away_what_a_later_termlab_reads(termlab: Shell, stopped: RealRun) -> None:
    rewrite(stopped.folder / CONFIG, {"format": 2})
    outcome = termlab("resume", stopped.run_id)
    assert outcome.code == 4
    assert "--set-aside" not in outcome.err
    assert "at least as new as the one that wrote it" in outcome.err


@pytest.mark.parametrize("name", ["two words", "it's", "a\nb", "\x1b[31mred", "\u202eback", "-rf", "é", "*", "$HOME"])
def test_the_way_back_works_whatever_the_folder_is_called(termlab: Shell, finished: RealRun, name: str) -> None:
    folder = finished.folder.rename(finished.results / name)
    make_empty(folder, EVENTS)
    code, found = findings(termlab, "--set-aside")
    assert (code, folder.exists()) == (0, False)
    command = found[f"run {name}"]["remedy"].partition("take it back: ")[2]
    subprocess.run(["bash", "-c", command], check=True)
    assert (folder / CONFIG).read_bytes() == finished.contents[CONFIG]


def test_a_run_set_aside_takes_no_other_ones_place(termlab: Shell, finished: RealRun) -> None:
    copy = finished.results.parent / "copy"
    make_empty(finished.folder, EVENTS)
    shutil.copytree(finished.folder, copy)
    assert findings(termlab, "--set-aside")[0] == 0
    shutil.copytree(copy, finished.folder)
    assert findings(termlab, "--set-aside")[0] == 0
    aside = finished.results / SET_ASIDE
    assert sorted(path.name for path in aside.iterdir()) == [finished.run_id, f"{finished.run_id}.2"]


def test_a_run_that_is_being_written_is_not_set_aside(termlab: Shell, finished: RealRun) -> None:
    here = Writer.here()
    document = {"host": here.host, "pid": here.pid, "process_started": here.process_started}
    (finished.folder / WRITER).write_text(json.dumps(document))
    make_empty(finished.folder, EVENTS)
    code, found = findings(termlab, "--set-aside")
    assert code == 4
    assert f"is being written by process {here.pid}" in found[f"run {finished.run_id}"]["text"]
    assert finished.folder.exists()


@pytest.mark.parametrize("kind", ["a link", "a file"])
def test_nothing_is_set_aside_where_the_place_for_it_is_no_folder_of_its_own(finished: RealRun, kind: str) -> None:
    elsewhere = finished.results.parent / "elsewhere"
    elsewhere.mkdir()
    aside = finished.results / SET_ASIDE
    aside.symlink_to(elsewhere) if kind == "a link" else aside.write_text("")
    with pytest.raises(StoreError):
        set_aside(finished.results, finished.run_id)
    assert finished.folder.is_dir()
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("arguments", [(), ("--set-aside",)])
def test_a_run_of_a_later_termlab_is_no_damage_and_stays_where_it_is(
    termlab: Shell, finished: RealRun, arguments: tuple[str, ...]
) -> None:
    """Whoever shares the folder and has that version would miss it."""
    damaged = save_run(finished.results)
    make_binary(finished.results / damaged, CONFIG)
    rewrite(finished.folder / CONFIG, {"format": 2})
    before = on_disk(finished.folder)
    code, found = findings(termlab, *arguments)
    told = found[f"run {finished.run_id}"]
    assert (told["state"], told["text"]) == (
        "notice",
        "config.json has format 2; this termlab reads 1, a later one wrote it",
    )
    assert "it is left where it is" in told["remedy"]
    assert on_disk(finished.folder) == before
    assert (code, (finished.results / damaged).exists()) == ((0, False) if arguments else (4, True))


def test_a_checkpoint_of_a_later_termlab_is_no_reason_to_delete_it(termlab: Shell, stopped: RealRun) -> None:
    path = stopped.folder / CHECKPOINT
    save_tensors(path, load_tensors(path, what="a checkpoint") | {"format": 2})
    code, found = findings(termlab)
    told = found[f"run {stopped.run_id}"]
    assert (code, told["state"]) == (0, "notice")
    assert told["text"] == "checkpoint.pt: has format 2; this termlab reads 1, a later one wrote it"
    assert "delete" not in told["remedy"]


def test_a_run_that_is_a_link_is_set_aside_as_a_link(finished: RealRun) -> None:
    elsewhere = finished.folder.rename(finished.results.parent / "elsewhere")
    finished.folder.symlink_to(elsewhere)
    target = set_aside(finished.results, finished.run_id)
    assert target.is_symlink()
    assert (elsewhere / CONFIG).read_bytes() == finished.contents[CONFIG]


def test_doctor_names_a_checkpoint_and_weights_that_cannot_be_read(termlab: Shell, stopped: RealRun) -> None:
    for name in (CHECKPOINT, BEST_WEIGHTS):
        (stopped.folder / name).write_bytes(stopped.contents[name][:-100])
    outcome = termlab("doctor", "--json")
    assert outcome.code == 2
    told = [finding["text"] for finding in json.loads(outcome.out) if finding["state"] == "warning"]
    assert [text.partition(":")[0] for text in told] == [CHECKPOINT, BEST_WEIGHTS]


def test_doctor_names_what_cut_off_writers_left(termlab: Shell, finished: RealRun) -> None:
    save_run(finished.results, events=[build_started()])  # its process is gone
    for path in (finished.folder / ".summary.json.1.tmp", finished.results / ".config.json.1.tmp"):
        path.write_text("{")
        os.utime(path, (0, 0))
    half = finished.results / ".new.abcdef-half"
    half.mkdir()
    os.utime(half, (0, 0))
    (finished.folder / SUMMARY).write_text("{")
    outcome = termlab("doctor", "--json")
    assert outcome.code == 0
    told = [f"{finding['subject']}: {finding['text']}" for finding in json.loads(outcome.out)]
    for text in (
        ": lost: process",
        "half a run .new.abcdef-half: its making was cut off",
        "1 temporary file: .summary.json.1.tmp",
        "file .config.json.1.tmp: its writer was cut off",
        "summary.json is not JSON",
    ):
        assert any(text in line for line in told), text
