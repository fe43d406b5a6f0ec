"""A trial: one labelled configuration of a preset, with the figures published for it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from engine.config import RunConfig
from engine.model_config import ConfigPart
from engine.tolerance import Bound


class Published(ConfigPart):
    """A figure from the source, and how far a faithful run may lie from it."""

    metric: Annotated[str, Field(min_length=1)]
    value: float
    tolerance: Annotated[float, Field(ge=0)]
    bound: Annotated[
        Bound,
        Field(description="near: within the tolerance on either side; at_least, at_most: on one side, any distance."),
    ] = "near"
    comparable: bool = True
    """False where the trial's recipe is no longer the published one (quick profile, overrides)."""


class Trial(ConfigPart):
    """What is trained: `label` names it within its preset, `config` decides it entirely."""

    preset: str
    label: str
    config: RunConfig
    published: tuple[Published, ...] = ()
    """The first is the headline figure."""

    def with_config(self, config: RunConfig) -> Trial:
        """Return this trial with another config, saying whether the published figures still apply."""
        same_recipe = config.fingerprint == self.config.fingerprint
        same_data = config.data.name == self.config.data.name
        published = tuple(
            figure.model_copy(update={"comparable": figure.comparable and same_recipe})
            for figure in self.published
            if same_data  # a figure of another dataset says nothing about this one
        )
        updates: dict[str, Any] = {"config": config, "published": published}
        return self.model_copy(update=updates)
