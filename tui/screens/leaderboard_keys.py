"""What the Leaderboard is for, in a few sentences, and the keys that it has."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tui.screens.find import find_binding

LEADERBOARD_HELP = (
    "Saved runs. A recipe is a config whatever its seed: n seeds, their mean and, from two on, the 95 % interval; "
    "a seed that was run again counts once, with its newest run. A gap is measured minus published, inside or "
    "outside the published tolerance; in brackets where the recipe is not the published one. p pins a recipe: Δ is "
    "the mean difference to it on the common seeds with its 95 % interval, p the paired t-test, Holm-corrected "
    "over the rows; recipes that share a letter (abc) cannot be told apart; what is quiet is no more than seeds "
    "alone explain. These tests take the differences between seeds for independent and roughly normal. Runs on "
    "different test data are never ranked together. The filter is that of --where: preset=batchnorm and "
    "optim.lr<0.01 and not status=failed; words are looked for in names. R goes on with a run that was interrupted."
)
LEADERBOARD_KEYS: list[BindingType] = [
    Binding("enter", "open", "Open", key_display="enter", tooltip="Look at the run, or follow one that trains"),
    Binding("R", "go_on(True)", "Go on", tooltip="Go on with a run that was interrupted, or with its sweep"),
    Binding("R", "go_on(False)", "Go on", show=False),  # of what is done, to be told so
    Binding("i", "inspect", "Inspect", tooltip="Look inside the network, beside one that is marked"),
    Binding("space", "mark", "Mark", key_display="space", tooltip="Mark it to be compared, or no longer"),
    Binding("a", "mark_all", "Mark all", show=False, tooltip="Mark all that is listed, or take these marks away"),
    Binding("p", "pin", "Baseline", tooltip="Compare the other recipes with this one, or with none"),
    Binding("d", "compare", "Compare", tooltip="Put what is marked side by side; without marks, what is listed there"),
    find_binding("Filter as you type, as --where does"),
    Binding("escape", "clear", "Clear", tooltip="Clear the filter, then the marks", show=False),
    Binding("t", "switch", "Runs/recipes", tooltip="Show single runs, or recipes with their seeds together"),
    Binding("s", "sort(False)", "Sort", tooltip="Sort by the column under the cursor, smallest first"),
    Binding("S", "sort(True)", "Sort down", tooltip="Sort by the column under the cursor, largest first"),
    Binding("v", "choose_columns", "Columns", tooltip="Choose columns by name, expression or setting"),
    Binding("m", "choose_metric", "Metric", tooltip="Rank by another metric or expression", show=False),
    Binding("e", "export", "Export", show=False, tooltip="Write what is marked, or listed, for other tools"),
    Binding("c", "copy", "Copy", tooltip="Copy what is listed as a Markdown table (OSC 52)", show=False),
    Binding("T", "tag", "Tag", show=False, tooltip="Tag what is marked, or under the cursor"),
    Binding("N", "note", "Note", show=False, tooltip="Write a note on what is marked, or under the cursor"),
    Binding("H", "hide", "Hide", show=False, tooltip="Leave it out of lists; of what is hidden, show it again"),
    Binding("full_stop", "only_hidden(True)", "Hidden", show=False, key_display=".", tooltip="Show the hidden runs"),
    Binding("full_stop", "only_hidden(False)", "Not hidden", show=False, key_display=".", tooltip="Show the others"),
    Binding(
        "D,delete",
        "remove",
        "Remove",
        tooltip="Move what is marked, or under the cursor, to the trash",
        key_display="D",
    ),
    Binding("u", "app.trash", "Trash", show=False, tooltip="See what was removed, restore it or delete it for good"),
]
