"""Which folders a command works with: command line before environment before the user's file before the default."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import ConfigError
from engine.remainder import Work
from engine.store import RunStore
from engine.store.sweeps import SweepPlace, create_sweep
from tests.builders import build_started, build_trial
from tui.workspace import data_of_work, resolve_workspace


@pytest.fixture
def user_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("TERMLAB_RESULTS", raising=False)
    monkeypatch.delenv("TERMLAB_DATA", raising=False)
    (tmp_path / "config" / "termlab").mkdir(parents=True)
    return tmp_path / "config" / "termlab" / "config.toml"


def test_the_command_line_goes_before_the_environment_before_the_file(
    user_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert resolve_workspace(None, None).results == Path("results")
    user_file.write_text('results = "/from/file"\ndata = "~/pictures"\n')
    assert resolve_workspace(None, None).results == Path("/from/file")
    assert resolve_workspace(None, None).data == Path.home() / "pictures"
    monkeypatch.setenv("TERMLAB_RESULTS", "/from/environment")
    assert resolve_workspace(None, None).results == Path("/from/environment")
    assert resolve_workspace(Path("/from/command/line"), None).results == Path("/from/command/line")


def test_an_empty_variable_says_nothing(user_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not user_file.exists()
    monkeypatch.setenv("TERMLAB_RESULTS", "")
    assert resolve_workspace(None, None).results == Path("results")


def test_every_fault_of_the_file_is_told_with_its_name(user_file: Path) -> None:
    user_file.write_text("resluts = 'here'\ndata = 3\n")
    with pytest.raises(ConfigError) as caught:
        resolve_workspace(None, None)
    first, second = caught.value.problems
    assert first == f'{user_file}: resluts is not a key of this file. Did you mean "results"?'
    assert second == f"{user_file}: data = 3 is not a folder; write it in quotes"


def test_a_file_that_is_no_toml_is_told_with_its_name(user_file: Path) -> None:
    user_file.write_text("results = \n")
    with pytest.raises(ConfigError, match="cannot be read"):
        resolve_workspace(None, None)


def test_what_goes_on_finds_its_data_where_it_was_unless_the_user_says_where_it_is(
    user_file: Path, tmp_path: Path
) -> None:
    default = resolve_workspace(None, None).data
    store, mine = RunStore(tmp_path / "results"), tmp_path / "my data\udcff"
    mine.mkdir()
    belongs = SweepPlace(create_sweep(store.folder, [build_trial()]).id, 0)
    run_ids: list[str] = []
    for folder in (tmp_path / "other", mine, None):
        place = replace(belongs, given_up=frozenset(run_ids))
        writer = store.create(build_trial(), build_started(), belongs=place, data_folder=folder)
        writer.close()
        run_ids.append(writer.run.id)
    gone, unreadable, unknown = run_ids
    for run_id in run_ids:  # no folder, none of that name, none at all
        assert data_of_work(Work((), {0: run_id}), store, default) == default
    (tmp_path / "other").mkdir()
    assert data_of_work(Work((), {0: gone}), store, default) == tmp_path / "other"
    assert data_of_work(Work((), {0: gone}), store, tmp_path) == tmp_path
    assert data_of_work(Work((build_trial(),)), store, default) == default
    for run_id in (unreadable, unknown):
        store.remove(run_id)
    assert data_of_work(Work((build_trial(),), belongs=(belongs,)), store, default) == tmp_path / "other"
