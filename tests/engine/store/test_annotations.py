from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import ConfigError, DamagedError, StoreError
from engine.store import RunStore
from engine.store.annotations import (
    MOST_OF_A_NOTE,
    MOST_TAGS,
    Annotations,
    adding,
    change_annotations,
    hiding,
    noting,
    read_annotations,
    removing,
)
from engine.store.files import ANNOTATIONS, SUMMARY
from tests.builders import build_events, build_finished, build_started, build_steps, build_trial, save_run
from tests.processes import answers_at_once, start_python


def saved(folder: Path) -> tuple[str, Path]:
    run = save_run(folder)
    return run, folder / run


def test_what_is_said_is_in_the_run_object_and_not_in_the_writers_summary(tmp_path: Path) -> None:
    run, folder = saved(tmp_path)
    store = RunStore(tmp_path)
    before = (folder / SUMMARY).read_bytes()
    for change in (adding("zeta"), adding("Alpha"), adding("zeta"), noting(" why\nnot "), hiding(is_hidden=True)):
        store.annotate(run, change)
    for reader in (store, RunStore(tmp_path)):
        document = reader.summary(run).to_dict()
        assert [document[key] for key in ("tags", "note", "hidden")] == [["Alpha", "zeta"], "why\nnot", True]
    assert (folder / SUMMARY).read_bytes() == before
    assert not {"tags", "note", "hidden", "remark"} & json.loads(before).keys()
    store.annotate(run, removing("zeta"))
    store.annotate(run, hiding(is_hidden=False))
    assert read_annotations(folder) == Annotations(("Alpha",), "why\nnot")


def test_a_run_of_which_nothing_is_said_any_more_has_no_file(tmp_path: Path) -> None:
    _, folder = saved(tmp_path)
    change_annotations(folder, adding("a"))
    change_annotations(folder, removing("a"))
    assert not (folder / ANNOTATIONS).exists()


def test_a_run_that_is_trained_is_annotated_and_its_writer_goes_on(tmp_path: Path) -> None:
    writer = RunStore(tmp_path).create(build_trial(), build_started())
    store = RunStore(tmp_path)
    store.annotate(writer.run.id, adding("live"))
    writer.append(build_steps(10))
    writer.append(build_finished())
    writer.close()
    summary = store.summary(writer.run.id)
    assert (summary.status, summary.tags, summary.steps) == ("done", ["live"], 10)


def test_keys_of_a_later_termlab_of_the_same_format_stay(tmp_path: Path) -> None:
    _, folder = saved(tmp_path)
    (folder / ANNOTATIONS).write_text('{"format": 1, "tags": ["a"], "colour": "red"}')
    change_annotations(folder, removing("a"))
    assert json.loads((folder / ANNOTATIONS).read_text())["colour"] == "red"


@pytest.mark.parametrize(
    "content",
    ["{", "[]", '{"format": 2}', '{"format": 1, "tags": "a"}', '{"format": 1, "tags": ["a b"]}',
     '{"format": 1, "note": 3}', '{"format": 1, "hidden": 1}', '{"format": 1, "note": "\\ud800"}'],
)  # fmt: skip
def test_what_cannot_be_read_is_remarked_and_neither_hides_the_run_nor_is_overwritten(
    content: str, tmp_path: Path
) -> None:
    run, folder = saved(tmp_path)
    (folder / ANNOTATIONS).write_text(content)
    summary = RunStore(tmp_path).summary(run)
    assert summary.status == "done"
    assert summary.remark.startswith(ANNOTATIONS)
    with pytest.raises(DamagedError, match=run):
        RunStore(tmp_path).annotate(run, adding("a"))
    assert (folder / ANNOTATIONS).read_text() == content
    (folder / ANNOTATIONS).unlink()
    assert RunStore(tmp_path).summary(run).remark == ""


def test_a_remark_goes_once_the_file_is_mended(tmp_path: Path) -> None:
    run, folder = saved(tmp_path)
    store = RunStore(tmp_path)
    (folder / ANNOTATIONS).write_text("{")
    assert store.summary(run).remark
    (folder / ANNOTATIONS).write_text('{"format": 1, "tags": ["a"]}')
    assert (store.summary(run).remark, store.summary(run).tags) == ("", ["a"])


@pytest.mark.parametrize("tag", ["", " ", "a b", "a,b", "-x", "a\x1b", "a\n", "*", "(a)", "x" * 65, "a=b"])
def test_what_is_no_tag_is_told_what_one_is(tag: str) -> None:
    with pytest.raises(ConfigError, match="at most 64 letters") as caught:
        adding(tag)(Annotations())
    assert "cannot be a tag" in caught.value.message


@pytest.mark.parametrize("note", ["\x1b[2J", "a\x00", "x" * (MOST_OF_A_NOTE + 1)])
def test_what_no_terminal_shows_is_no_note(note: str) -> None:
    with pytest.raises(ConfigError, match="the note has"):
        noting(note)


def test_there_is_an_end_to_the_tags_of_a_run(tmp_path: Path) -> None:
    _, folder = saved(tmp_path)
    (folder / ANNOTATIONS).write_text(json.dumps({"format": 1, "tags": [f"t{number}" for number in range(MOST_TAGS)]}))
    with pytest.raises(ConfigError, match="101 tags"):
        change_annotations(folder, adding("more"))


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    run, folder = saved(tmp_path / "elsewhere")
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / run).symlink_to(folder)
    with pytest.raises(StoreError, match="link"):
        RunStore(tmp_path / "results").annotate(run, adding("a"))
    assert not (folder / ANNOTATIONS).exists()


def test_tags_that_processes_give_at_once_all_stay(tmp_path: Path) -> None:
    _, folder = saved(tmp_path)
    script = """if True:
        import sys
        from pathlib import Path
        from engine.store.annotations import adding, change_annotations
        sys.stdin.readline()
        for number in range(20):
            change_annotations(Path(sys.argv[1]), adding(f"{sys.argv[2]}{number}"))
        print("done")
    """
    processes = [start_python(script, str(folder), name) for name in "ab"]
    assert answers_at_once(processes) == ["done", "done"]
    assert len(read_annotations(folder).tags) == 40


def test_whoever_goes_on_with_a_run_leaves_what_another_is_about_to_say_of_it(tmp_path: Path) -> None:
    run = save_run(tmp_path, events=build_events()[:3])
    on_its_way = tmp_path / run / f".{ANNOTATIONS}.1.abcd.tmp"
    on_its_way.touch()
    (tmp_path / run / ".summary.json.1.abcd.tmp").touch()
    RunStore(tmp_path).reopen(run).close()
    assert [path.name for path in (tmp_path / run).glob(".*.tmp")] == [on_its_way.name]
