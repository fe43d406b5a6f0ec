"""What Inspect is for, in a few sentences, and the keys that it has."""

from __future__ import annotations

from textual.binding import Binding, BindingType

INSPECT_HELP = (
    "Pictures of one trained network, a tab for each question: its layers, its weights, what each layer makes of an "
    "image, which pixels a score depends on, what it gets wrong, whether it is as often right as it is sure. b sets a "
    "second run beside it: histograms and curves share their axes, maps have scales of their own. Among mistakes the "
    "arrows select an example; it is the image of Features and Saliency, and enter goes there. What takes long is "
    "computed once and kept with the run."
)
INSPECT_KEYS: list[BindingType] = [
    Binding("tab", "tab(1)", "Next", tooltip="Go to the next tab", priority=True),
    Binding("shift+tab", "tab(-1)", "Previous", show=False, tooltip="Go to the tab before", priority=True),
    Binding("right,l", "step_image(1)", "Image", key_display="→", tooltip="Go to the next image"),
    Binding("left,h", "step_image(-1)", "Image before", show=False, key_display="←", tooltip="Go to the image before"),
    Binding("down,j", "row(1)", "Down", show=False, tooltip="Select the example below, or turn the page"),
    Binding("up,k", "row(-1)", "Up", show=False, tooltip="Select the example above, or turn the page back"),
    Binding("pagedown,space", "page(1)", "Page", show=False, tooltip="Turn the page"),
    Binding("pageup", "page(-1)", "Page back", show=False, tooltip="Turn the page back"),
    Binding("home,g", "end(False)", "First", show=False, tooltip="Go to the first page"),
    Binding("end,G", "end(True)", "Last", show=False, tooltip="Go to the last page"),
    Binding("enter", "look_closer", "Saliency", key_display="enter", tooltip="See what its score depends on"),
    Binding("i", "ask_image", "Image…", tooltip="Go to an image by its number"),
    Binding("t", "choose_class", "Class", tooltip="Choose whose score it is, or of which class the examples are"),
    Binding("L", "choose_layer", "Layer", tooltip="See one layer, or all"),
    Binding("greater_than_sign", "channels(1)", "Channels", key_display=">", tooltip="See the next channels"),
    Binding(
        "less_than_sign", "channels(-1)", "Channels before", show=False, key_display="<", tooltip="See earlier ones"
    ),
    Binding("y", "log", "Log y", tooltip="Switch the y axis between linear and logarithmic"),
    Binding("o", "choose_run", "Run", tooltip="Choose the run that is looked into"),
    Binding("b", "choose_against", "Beside", tooltip="Set a second run beside it, or none"),
    Binding("v", "real_image", "Image", tooltip="See it as a real image, which this terminal can show"),
    Binding("e", "export_picture", "Export", show=False, tooltip="Write the picture as PNG and its numbers"),
]
