"""Pictures as files: real PNG, complete numbers, and nothing replaced unasked."""

from __future__ import annotations

import builtins
import csv
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from engine.analysis.whats import WHATS
from engine.errors import ExportError
from tests.tui.pictures.answers import seen
from tui.pictures.files import check_folder, write_files
from tui.pictures.png import to_png
from tui.pictures.registry import drawer_of


@pytest.mark.parametrize("what", WHATS)
def test_a_picture_is_a_png_of_a_page(what: str) -> None:
    with Image.open(BytesIO(to_png(drawer_of(what).plate(seen(what))))) as picture:
        assert picture.format == "PNG"
        assert picture.size[0] == 1650
        assert picture.size[1] >= 1000
        colors = picture.convert("RGB").getcolors(2**24)
        assert colors is not None
        assert len(colors) > 20  # and no blank page


def test_two_runs_make_a_wider_one() -> None:
    with Image.open(BytesIO(to_png(drawer_of("saliency").plate(seen("saliency", is_double=True))))) as picture:
        assert picture.size[0] == 2475


def test_files_hold_what_was_found(tmp_path: Path) -> None:
    out = tmp_path / "new"
    paths = write_files(out, "confusion", seen("confusion"), needs_png=True)
    assert sorted(path.name for path in paths) == [
        "confusion-classes.csv", "confusion.csv", "confusion.json", "confusion.png",
    ]  # fmt: skip
    document = json.loads((out / "confusion.json").read_text())
    rows = list(csv.reader((out / "confusion.csv").read_text().splitlines()))
    assert [[int(count) for count in row[1:]] for row in rows[1:]] == document["counts"]


def test_what_is_there_is_not_replaced_unasked(tmp_path: Path) -> None:
    (tmp_path / "roc.json").write_text("mine")
    with pytest.raises(ExportError, match=r"has roc\.json already"):
        check_folder(tmp_path, "roc", needs_png=False, replaces=False)
    check_folder(tmp_path, "roc", needs_png=False, replaces=True)
    check_folder(tmp_path, "pair", needs_png=False, replaces=False)


def test_a_folder_needs_a_place(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match="is not a folder"):
        check_folder(tmp_path / "file", "roc", needs_png=False, replaces=False)
    with pytest.raises(ExportError, match="there is no folder"):
        check_folder(tmp_path / "a" / "b", "roc", needs_png=False, replaces=False)


def test_without_matplotlib_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "matplotlib":
            raise ImportError(name)
        return real(name, *arguments, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ExportError) as caught:
        check_folder(tmp_path, "roc", needs_png=True, replaces=False)
    assert "termlab[png]" in caught.value.hint
    assert "--no-png" in caught.value.hint
    assert write_files(tmp_path, "roc", seen("roc"), needs_png=False)
