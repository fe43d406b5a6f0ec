"""The Inspect screen: pictures of one network, a tab for each question, and a second run beside it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from engine.errors import TermlabError
from tui import real_images
from tui.format import plain
from tui.inspect_view import GALLERIES, InspectView, whats_for
from tui.inspecting import Inspecting
from tui.pictures.naming import looks_of, remark_on
from tui.pictures.registry import plate_of
from tui.pictures.seen import CHANNELS, Seen
from tui.runbook import Change
from tui.screens.base import LabScreen
from tui.screens.inspect_choices import ask_image, choose_against, choose_class, choose_layer, choose_run
from tui.screens.inspect_keys import INSPECT_HELP, INSPECT_KEYS
from tui.screens.inspect_words import page_words, tab_parts, title_parts, waiting_words
from tui.store_jobs import draw_picture
from tui.widgets.click_line import ClickLine, Part
from tui.widgets.plate_view import PlateView

if TYPE_CHECKING:
    from engine.analysis.question import Inspection
    from engine.summary import RunSummary


class InspectScreen(LabScreen):
    """Asks the engine's thread, and draws what it finds out; what was asked before is drawn at once."""

    PLACE = "inspect"
    AUTO_FOCUS = "#inspect-plate"
    HELP_TITLE = "Inspect"
    HELP = INSPECT_HELP
    BINDINGS = INSPECT_KEYS

    def __init__(self) -> None:
        super().__init__()
        self._found: Inspection | None = None
        """What is drawn now."""
        self._layer_names: tuple[str, ...] = ()
        self._class_names: tuple[str, ...] = ()
        self._example_count: int | None = None
        self._known_of = ""
        """The run of which this is known."""

    @property
    def inspecting(self) -> Inspecting:
        """What is asked, and the answers."""
        return self.lab.inspecting

    @property
    def view(self) -> InspectView:
        """What is looked at."""
        return self.inspecting.view

    @property
    def plate(self) -> PlateView:
        """The picture."""
        return self.query_one(PlateView)

    def compose_body(self) -> Iterable[Widget]:
        """Put run and tabs above the picture."""
        return [
            Vertical(
                ClickLine(id="inspect-title"),
                ClickLine(id="inspect-tabs"),
                Static(id="inspect-said", markup=False),
                PlateView(id="inspect-plate"),
                id="inspect-body",
            )
        ]

    def on_screen_suspend(self) -> None:
        """Give the memory of the networks back while another screen is seen."""
        if self.lab.current_mode != self.PLACE:
            self.inspecting.leave()

    def show(self, change: Change) -> None:
        """Show what was found out, or what there is to wait for."""
        if change in (Change.RUNS, Change.INSPECTION, Change.STATE):
            self._show_answer()

    def _show_answer(self) -> None:
        self.inspecting.choose_run()
        run = self.lab.runbook.summary_of(self.view.run)
        if run is not None and self.view.what not in whats_for(run):
            self.inspecting.view = self.view.asking("layers")
        if self.view.run != self._known_of:
            self._layer_names, self._class_names, self._example_count, self._known_of = (), (), None, self.view.run
        found = self.inspecting.answer()
        said = self.query_one("#inspect-said", Static)
        said.set_class(isinstance(found, TermlabError), "-wrong")
        if isinstance(found, TermlabError):
            hint = "\nt chooses a class." if self.view.what == "roc" and self.view.class_name is None else ""
            said.update(Content("\n".join(plain(line) for line in f"{found}{hint}".splitlines())))
        elif found is None:
            said.update(Content(waiting_words(self.view, self.lab.runbook, self.inspecting.progress)))
        self._found = None if found is None or isinstance(found, TermlabError) else found
        said.display = self._found is None
        self.plate.display = self._found is not None
        if self._found is not None:
            self._remember(self._found.first)
            self._follow_selection()
        self._draw()
        self.refresh_bindings()

    def _remember(self, answer: Any) -> None:
        """Keep what can be chosen from."""
        examples = getattr(answer, "examples", None)
        self._class_names = getattr(answer, "class_names", ()) or getattr(examples, "class_names", self._class_names)
        self._example_count = getattr(
            answer, "example_count", self._example_count if examples is None else len(examples)
        )
        if self.view.asked.takes_layer and self.view.layer is None:
            layers = answer if self.view.what == "weights" else answer.layers
            self._layer_names = tuple(dict.fromkeys(layer.name for layer in layers))

    def _draw(self) -> None:
        """Draw what was found out as it is looked at now."""
        self._show_tabs()
        if self._found is None:
            self.plate.show(None)
            self._show_title()
            return
        view, seen = self.view, self._seen()
        if seen is None:
            return
        selected = view.place if view.what in GALLERIES else None
        self.plate.show(plate_of(seen), page=view.page, selected=selected)
        self._show_title()

    def _runs(self) -> list[RunSummary]:
        """The run that is looked into, and those beside it."""
        runs = map(self.lab.runbook.summary_of, self.view.question.runs)
        return [run for run in runs if run is not None]

    def _seen(self) -> Seen | None:
        """What is seen, to be drawn; None where there is nothing, or a run is gone."""
        runs, view, found = self._runs(), self.view, self._found
        if found is None or len(runs) != len(found.question.runs):
            return None
        names, looks = looks_of(runs, self.lab.runbook.keys_of(run.preset for run in runs))
        return Seen(found, names, looks, first_channel=view.first_channel, log_y=view.log_y, remark=remark_on(runs))

    def _show_title(self) -> None:
        runs = self._runs()
        names, looks = looks_of(runs, self.lab.runbook.keys_of(run.preset for run in runs)) if runs else ((), ())
        drawn = self.plate.drawn if self._found is not None else None
        right = [Part(page_words(self.view, drawn), "quiet")] if drawn is not None and drawn.pages > 1 else []
        self.query_one("#inspect-title", ClickLine).show(title_parts(self.view, runs, names, looks), right)

    def _show_tabs(self) -> None:
        names = whats_for(self.lab.runbook.summary_of(self.view.run))
        self.query_one("#inspect-tabs", ClickLine).show(tab_parts(names, self.view.what, self.app.size.width))

    def on_plate_view_redrawn(self) -> None:
        """Other pages are seen at another size."""
        self._show_tabs()
        self._show_title()

    def on_plate_view_scrolled(self, event: PlateView.Scrolled) -> None:
        """Turn the page with the wheel."""
        self.action_page(event.pages)

    def on_click_line_pressed(self, event: ClickLine.Pressed) -> None:
        """Go to a tab that is clicked."""
        self._ask(self.view.asking(event.name))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what can be done now."""
        if not self.is_mounted:
            return True
        what, has_answer = self.view.asked, self._found is not None
        match action:
            case "step_image":
                return what.takes_image or (self.view.what in GALLERIES and has_answer)
            case "ask_image":
                return what.takes_image
            case "choose_class":
                return what.takes_class and bool(self.view.run)
            case "choose_layer":
                return what.takes_layer and bool(self._layer_names)
            case "channels":
                return self.view.what == "features" and has_answer and self._most_channels() > CHANNELS
            case "log":
                return self.view.what == "weights"
            case "look_closer":
                return self.view.what in (*GALLERIES, "pair") and has_answer and self._has_saliency
            case "export_picture":
                return has_answer
            case "real_image":
                return has_answer and real_images.is_possible()
            case "choose_run" | "choose_against":
                return bool(self.lab.runbook.summaries)
        return super().check_action(action, parameters)

    def _ask(self, view: InspectView) -> None:
        self.inspecting.view = view
        self._show_answer()

    def action_tab(self, by: int) -> None:
        """Go to the next question."""
        names = whats_for(self.lab.runbook.summary_of(self.view.run))
        self._ask(self.view.asking(names[(names.index(self.view.what) + by) % len(names)]))

    def action_step_image(self, by: int) -> None:
        """Go to the next image; among mistakes, select the next one; from a pair, go to the next mistake."""
        view = self.view
        if view.what in GALLERIES:
            self._select(view.place + by)
        elif view.what == "pair" and self._found is not None:
            found = self._found.first
            to = (found.mistake + 1 if found.mistake is not None else None) if by > 0 else found.before
            if to is not None and to < len(found.examples):
                self._ask(view.turned(image=to))
        elif self._is_image(view.image + by):
            self._ask(view.turned(image=view.image + by))

    def _is_image(self, place: int) -> bool:
        """Tell whether there may be such an image; how many there are, the last answer says."""
        return place >= 0 and (self._example_count is None or place < self._example_count)

    def _listed(self) -> Any:
        found = None if self._found is None else self._found.first
        return () if found is None else found.wrong if self.view.what == "mistakes" else found.balanced

    def _select(self, place: int) -> None:
        listed = self._listed()
        if len(listed):
            place = max(0, min(place, len(listed) - 1))
            self.inspecting.view = self.view.turned(place=place, image=int(listed[place]))
            self._draw()

    def _follow_selection(self) -> None:
        """The example that is selected is the image of the other tabs, from the first look on."""
        if self.view.what in GALLERIES and len(listed := self._listed()):
            place = min(self.view.place, len(listed) - 1)
            self.inspecting.view = self.view.turned(place=place, image=int(listed[place]))

    def action_row(self, by: int) -> None:
        """Select the example below or above; elsewhere turn the page."""
        if self.view.what in GALLERIES:
            self._select(self.view.place + by * self.plate.drawn.across)
        else:
            self.action_page(by)

    def action_page(self, by: int) -> None:
        """Turn the page."""
        drawn = self.plate.drawn
        if self.view.what in GALLERIES:
            self._select(self.view.place + by * drawn.on_page)
            return
        page = max(0, min(self.view.page + by, drawn.pages - 1))
        if page != self.view.page:
            self.inspecting.view = self.view.turned(page=page)
            self._draw()

    def action_end(self, is_last: bool) -> None:
        """Go to the first or the last page."""
        if self.view.what in GALLERIES:
            self._select(len(self._listed()) - 1 if is_last else 0)
        else:
            self.action_page(10**6 if is_last else -(10**6))

    def action_channels(self, by: int) -> None:
        """See the next channels of each layer."""
        first = self.view.first_channel + by * CHANNELS
        if 0 <= first < self._most_channels():
            self.inspecting.view = self.view.turned(first_channel=first)
            self._draw()

    def _most_channels(self) -> int:
        """Of the layers that are seen; vectors have none."""
        layers = () if self._found is None else self._found.first.layers
        return max((len(layer.values) for layer in layers if layer.values.ndim == 3), default=0)

    def action_log(self) -> None:
        """Switch the y axis of the histograms."""
        self.inspecting.view = self.view.turned(log_y=not self.view.log_y)
        self._draw()

    @property
    def _has_saliency(self) -> bool:
        return "saliency" in whats_for(self.lab.runbook.summary_of(self.view.run))

    def action_look_closer(self) -> None:
        """See what the selected example's score depends on; of a pair, the mistake's."""
        found = None if self._found is None else self._found.first
        image = found.mistake if self.view.what == "pair" and found is not None else self.view.image
        if image is not None and self._has_saliency:
            self._ask(self.view.asking("saliency").turned(image=image, class_name=None))

    def action_ask_image(self) -> None:
        """Ask for the number of an image."""
        ask_image(self.app, self.view, self._example_count, self._ask)

    def action_choose_class(self) -> None:
        """Choose whose score, or examples of which class."""
        choose_class(self.app, self.view, self._class_names, self._ask)

    def action_choose_layer(self) -> None:
        """Choose one layer, or see all."""
        choose_layer(self.app, self.view, self._layer_names, self._ask)

    def action_choose_run(self) -> None:
        """Choose the run that is looked into."""
        choose_run(self.app, self.view, self.lab.runbook.summaries, self._ask)

    def action_choose_against(self) -> None:
        """Choose the run that is set beside it, or none."""
        choose_against(self.app, self.view, self.lab.runbook.summaries, self._ask)

    def action_export_picture(self) -> None:
        """Ask for a folder and write the picture and its numbers there."""
        from tui.screens.inspect_export import ask_picture_export

        if (seen := self._seen()) is not None:
            ask_picture_export(self.lab, seen)

    def action_real_image(self) -> None:
        """Have the picture drawn as a real image."""
        if (seen := self._seen()) is not None:
            self.lab.store_thread.do(draw_picture(seen))
