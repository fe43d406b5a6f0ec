"""Run folders of every format that was ever released; they load forever, so the files under assets never change."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest

from engine.events import Noted
from engine.store import EVENTS, FORMAT_VERSION, SUMMARY, RunStore

ASSETS = Path(__file__).parents[1] / "assets"
OLD_RUNS = sorted(path.parent for path in ASSETS.glob("format-*/*/config.json"))


def assert_kept(old: Any, new: Any, where: str = "summary") -> None:
    """Check that all that was said is still said; what later versions add beside it is their own."""
    if isinstance(old, dict):
        assert set(old) <= set(new), where
        for key, value in old.items():
            assert_kept(value, new[key], f"{where}.{key}")
    else:
        assert new == old, where


@pytest.mark.parametrize("folder", OLD_RUNS, ids=lambda folder: str(folder.relative_to(ASSETS)))
def test_an_old_run_has_the_summary_that_it_had(folder: Path, tmp_path: Path) -> None:
    old = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    old.pop("events_bytes")
    assert_kept(old, RunStore(folder.parent).summary(folder.name).to_dict())
    copy = shutil.copytree(folder, tmp_path / folder.name)
    (copy / SUMMARY).unlink()
    assert_kept(old, RunStore(tmp_path).summary(folder.name).to_dict(), "rebuilt summary")


def test_an_old_run_of_format_1_has_the_curves_that_it_had() -> None:
    run = RunStore(ASSETS / "format-1").load("k3mp7x-batchnorm-bn=on-s1")
    assert list(run.series["train_loss"]) == [2.31, 2.25, 2.125, 2.0]
    assert list(run.series["weight_norm"]) == [7.5, 7.4375, 7.375, 7.25]
    assert list(zip(run.tick_steps, run.tick_seconds, strict=True)) == [(1, 0.125), (2, 0.25), (4, 0.5)]
    assert [epoch.metrics["test_loss"] for epoch in run.epochs] == [math.inf, 2.2]
    assert run.notes[-1] == Noted(
        time=1_780_000_006.0, level="warning", text="the test loss is not finite: ∞\nsecond line"
    )
    assert run.finished is not None
    table = run.finished.tables["dropout_inference"]
    assert (table.x_name, table.x, table.columns["scaling"]) == ("masks", (1.0, 2.0), (0.8125, 0.8125))
    assert math.isnan(table.columns["pre_softmax"][1])


def test_there_is_an_old_run_for_each_format() -> None:
    formats = {json.loads((folder / "config.json").read_text())["format"] for folder in OLD_RUNS}
    assert formats == set(range(1, FORMAT_VERSION + 1))
    assert all((folder / EVENTS).exists() for folder in OLD_RUNS)
