from __future__ import annotations

from dataclasses import replace

from textual.app import App, ComposeResult
from textual.screen import Screen

from tests.tui.laboratory import refreshed, until
from tui.charts.figure import Figure, Line
from tui.governor import Governor
from tui.widgets.plot import PlotView


class Clock:
    """Stands still until it is told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class OnePlot(App[None]):
    def __init__(self, governor: Governor | None = None) -> None:
        super().__init__()
        self.plot = PlotView(figure([3.0, 2.0, 1.0]), governor=governor)

    def compose(self) -> ComposeResult:
        yield self.plot


def figure(ys: list[float]) -> Figure:
    xs = [float(index) for index in range(1, len(ys) + 1)]
    return Figure("loss", (Line("bn=on", xs, ys, "#339ecc", "■"),), "epoch", message="No values yet.")


def text(plot: PlotView) -> str:
    return "\n".join(plot.render_line(row).text.rstrip() for row in range(plot.size.height))


def free() -> Governor:
    return Governor(share=1.0)


async def test_it_shows_the_figure_in_its_colours() -> None:
    app = OnePlot()
    async with app.run_test(size=(60, 16)):
        assert text(app.plot).startswith("loss   ■ bn=on")
        assert app.plot.render_line(0).cell_length == 60
        colors = {
            segment.style.color.name for segment in app.plot.render_line(0) if segment.style and segment.style.color
        }
        assert "#339ecc" in colors


async def test_an_equal_figure_is_not_drawn_again() -> None:
    app = OnePlot(free())
    async with app.run_test(size=(60, 16)) as pilot:
        app.plot.figure = figure([3.0, 2.0, 1.0])
        app.plot.refresh()
        await refreshed(pilot)
        assert app.plot.draw_count == 1


async def test_a_new_figure_is_drawn() -> None:
    app = OnePlot(free())
    async with app.run_test(size=(60, 16)) as pilot:
        app.plot.figure = replace(figure([3.0]), title="accuracy")
        await until(pilot, lambda: app.plot.draw_count == 2)
        assert text(app.plot).startswith("accuracy")


async def test_the_governor_holds_back_news_but_not_a_resize() -> None:
    clock = Clock()
    governor = Governor(share=0.5, clock=clock)
    app = OnePlot(governor)
    async with app.run_test(size=(60, 16)) as pilot:
        assert app.plot.draw_count == 1
        app.plot.figure = figure([9.0, 8.0])
        await until(pilot, lambda: app.plot._waiting is not None)
        assert app.plot.draw_count == 1
        clock.now += 100.0
        await until(pilot, lambda: app.plot.draw_count == 2)
        app.plot.figure = figure([7.0])
        await pilot.resize_terminal(40, 12)
        await pilot.pause()
        assert app.plot.draw_count == 3
        assert app.plot.render_line(0).cell_length == 40


async def test_what_nobody_sees_is_not_drawn() -> None:
    app = OnePlot(free())
    async with app.run_test(size=(60, 16)) as pilot:
        await app.push_screen(Screen())
        app.plot.figure = figure([5.0, 4.0])
        await until(pilot, lambda: app.plot._waiting is None)
        await refreshed(pilot)
        assert app.plot.draw_count == 1
        await app.pop_screen()
        await until(pilot, lambda: app.plot.draw_count == 2)
        app.plot.display = False
        app.plot.figure = figure([5.0])
        await refreshed(pilot)
        assert app.plot.draw_count == 2
        app.plot.display = True
        await until(pilot, lambda: app.plot.draw_count == 3)


async def test_no_figure_and_a_tiny_screen_are_fine() -> None:
    app = OnePlot(free())
    async with app.run_test(size=(5, 2)) as pilot:
        app.plot.figure = None
        await refreshed(pilot)
        assert text(app.plot).strip() == ""
