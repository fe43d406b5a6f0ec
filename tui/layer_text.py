"""Networks layer by layer, as text for people and as one table for scripts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engine.layer_table import LayerRow
from engine.sizing import NetworkSize
from tui.format import classes, count, filled, loss, number, percent, plural
from tui.narrow_table import narrowed
from tui.tables import Column, Table, TableFormat, table_of

_Columns = Sequence[tuple[Column, Callable[[Any], Any]]]
Networks = dict[NetworkSize, list[str]]
"""Each network with the labels of the trials that train it."""

LEGEND = """\
field      side, in pixels, of the square of the image that a value depends on;
           beyond the image's edge lies padding, and "whole" is the whole image
mult-adds  multiplications with an addition for one image, of convolutions and
           linear layers; the rest counts as 0"""


def networks_text(networks: Networks, width: int | None = None) -> str:
    """Write each network with its totals and a line for each of its layers, in so many characters; None has room."""
    parts = [_network_text(size, labels, width) for size, labels in networks.items()]
    return "\n\n".join([*parts, LEGEND])


def layers_of_all(networks: Networks) -> Table:
    """Return one line a layer, all networks below each other, by full names."""
    lines = [(", ".join(labels), layer) for size, labels in networks.items() for layer in size.layers]
    trials: _Columns = ((Column("trials", "trials"), lambda line: line[0]),)
    return table_of((*trials, *(_of_line(column, take) for column, take in _columns(_full_name))), lines)


def layers_of(size: NetworkSize) -> Table:
    """Return one line a layer of one network, by full names."""
    return table_of(_columns(_full_name), size.layers)


def _of_line(column: Column, take: Callable[[Any], Any]) -> tuple[Column, Callable[[Any], Any]]:
    return column, lambda line: take(line[1])


def _columns(name: Callable[[LayerRow], str]) -> _Columns:
    return (
        (Column("layer", "layer", least=8), name),
        (Column("kind", "kind", least=16), lambda layer: layer.kind),
        (Column("output", "output", is_number=True), lambda layer: "x".join(map(str, layer.output_shape))),
        (Column("parameters", "parameters", count, is_number=True), lambda layer: layer.parameters),
        (Column("receptive_field", "field", _field, is_number=True, export=_field_value), lambda layer: layer),
        (Column("multiply_adds", "mult-adds", count, is_number=True), lambda layer: layer.multiply_adds),
    )


def _field(layer: LayerRow) -> str:
    return "whole" if layer.receptive_field is None else str(layer.receptive_field)


def _field_value(layer: LayerRow) -> int | None:
    return layer.receptive_field


def _full_name(layer: LayerRow) -> str:
    return layer.name


def _network_text(size: NetworkSize, labels: Sequence[str], width: int | None) -> str:
    shape = "x".join(map(str, size.data.image_shape))
    facts = {
        "data": f"{size.dataset}, {shape}; {plural(size.data.train_examples, 'training example')}, "
        f"{classes(size.data.classes)}",
        "parameters": f"{count(size.parameters)}, {number(size.parameters_per_example, 2)} for each training example",
        "mult-adds": f"{count(size.multiply_adds)} for one image",
    }
    if size.expected_at_start is not None:
        known, guessed = size.expected_at_start
        facts["at start"] = (
            f"loss ln {size.data.classes} = {loss(known)}, accuracy {percent(guessed)} %, while all scores are near 0"
        )
    elif size.init_std:
        facts["at start"] = f"not foreseen: init_std = {size.init_std:g} at any width, scores may be large"
    told = filled("\n".join(f"  {name:<10}  {fact}" for name, fact in facts.items()), width, " " * 12)
    heading = filled(f"{size.model}: {', '.join(labels)}", width or 80, "  ")
    return f"{heading}\n{told}\n\n{_indented(layer_lines(size.layers, width and width - 2))}"


def layer_lines(layers: Sequence[LayerRow], width: int | None) -> list[str]:
    """Write a heading, and the layers under the name of the part that holds them.

    Whole names would leave no room for the numbers.
    """
    table = table_of(_columns(_name_in_part), layers)
    text = table.written(TableFormat.TABLE) if width is None else narrowed(table, width).text
    heading, *lines = text.splitlines()
    written = [heading]
    part = ""
    for layer, line in zip(layers, lines, strict=True):
        if _part(layer) != part:
            part = _part(layer)
            written += [part] if part else []
        written.append(line)
    return written


def _part(layer: LayerRow) -> str:
    return layer.name.rpartition(".")[0]


def _name_in_part(layer: LayerRow) -> str:
    part, _, name = layer.name.rpartition(".")
    return f"  {name}" if part else name


def _indented(lines: Sequence[str]) -> str:
    return "\n".join(f"  {line}" for line in lines)
