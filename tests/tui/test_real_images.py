"""Real images: which terminals are asked for a protocol, and that what is sent is an image in it."""

from __future__ import annotations

import sys
from io import BytesIO

import pytest
from PIL import Image

from engine.errors import ExportError
from tui import real_images


@pytest.fixture
def png() -> bytes:
    content = BytesIO()
    Image.new("RGB", (40, 20), "#c32283").save(content, "PNG")
    return content.getvalue()


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(real_images, "_found", [])
    for name in ("KITTY_WINDOW_ID", "TERM_PROGRAM", "LC_TERMINAL", real_images.VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.mark.parametrize(
    ("variables", "is_asked"),
    [
        ({}, False),
        ({"TERM": "xterm-kitty"}, True),
        ({"KITTY_WINDOW_ID": "1"}, True),
        ({"TERM_PROGRAM": "WezTerm"}, True),
        ({"TERM_PROGRAM": "WezTerm", "TERMLAB_IMAGES": "0"}, False),
        ({"TERMLAB_IMAGES": "1"}, True),
        ({"TERM": "foot"}, True),
        ({"TERM": "screen-256color"}, False),
    ],
)
def test_only_terminals_that_may_answer_are_asked(
    variables: dict[str, str], is_asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert real_images.is_worth_asking() is is_asked


def test_none_is_asked_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-kitty")
    monkeypatch.setattr(real_images, "find_spec", lambda _: None)
    real_images.ask_terminal()
    assert not real_images.is_possible()


@pytest.mark.parametrize(("protocol", "begins"), [("sixel", "\x1bP"), ("kitty", "\x1b_G")])
def test_an_image_is_sent_in_the_protocol_of_the_terminal(
    protocol: str, begins: str, png: bytes, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from textual_image import renderable

    spoken = renderable.SixelImage if protocol == "sixel" else renderable.TGPImage
    monkeypatch.setattr(renderable, "Image", spoken)
    monkeypatch.setenv("TERM", "xterm-kitty")
    real_images.ask_terminal()
    assert real_images.is_possible()
    real_images.print_image(png, 20)
    assert sys.__stdout__ is not None
    sys.__stdout__.flush()  # where the library writes past whatever stands in for stdout
    assert begins in capfd.readouterr().out


def test_a_terminal_that_speaks_neither_is_told_so(png: bytes) -> None:
    with pytest.raises(ExportError, match="neither the Kitty nor the Sixel protocol"):
        real_images.print_image(png, 20)
