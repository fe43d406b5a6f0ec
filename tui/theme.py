"""The colours of the application: a dark and a light theme with one accent, quiet rules and no boxes."""

from __future__ import annotations

from textual.theme import Theme

# Greys have little enough colour in them to stay grey on a terminal of 256 colours.

DARK = Theme(
    name="termlab",
    primary="#5aa9e6",
    secondary="#8aa0b4",
    accent="#5aa9e6",
    foreground="#d3d8de",
    background="#101418",
    surface="#101418",
    panel="#1d2126",
    success="#56b48c",
    warning="#e0a458",
    error="#e5736b",
    dark=True,
    variables={
        "quiet": "#7e8a96",
        "rule": "#333a42",
        "cursor": "#234775",
        "cursor-away": "#23282e",
        "block-cursor-background": "#234775",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "none",
        "input-selection-background": "#5aa9e6 35%",
        "scrollbar": "#333a42",
        "scrollbar-background": "#101418",
        "scrollbar-corner-color": "#101418",
    },
)

LIGHT = Theme(
    name="termlab-light",
    primary="#0f6cb0",
    secondary="#54636f",
    accent="#0f6cb0",
    foreground="#20272d",
    background="#fbfbfa",
    surface="#fbfbfa",
    panel="#eef0f1",
    success="#1d7a4f",
    warning="#9a5b00",
    error="#b3372f",
    dark=False,
    variables={
        "quiet": "#67737d",
        "rule": "#d3d8dc",
        "cursor": "#cfe3f4",
        "cursor-away": "#e6eaed",
        "block-cursor-background": "#cfe3f4",
        "block-cursor-foreground": "#10161b",
        "block-cursor-text-style": "none",
        "scrollbar": "#d3d8dc",
        "scrollbar-background": "#fbfbfa",
        "scrollbar-corner-color": "#fbfbfa",
    },
)
