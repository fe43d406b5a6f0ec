"""The settings of each model family; `engine/models/NAME.py` builds the network that they describe."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Width = Annotated[int, Field(ge=1, le=65_536)]
Probability = Annotated[float, Field(ge=0, lt=1)]
Activation = Literal["relu", "lrelu", "tanh", "sigmoid", "elu", "selu", "gelu"]


class ConfigPart(BaseModel):
    """A frozen group of settings that refuses what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)


class MLPConfig(ConfigPart):
    """Fully connected layers over the flattened image."""

    name: Literal["mlp"]
    hidden: Annotated[
        tuple[Width, ...], Field(max_length=64, description="Units of each hidden layer, first to last.")
    ] = (800, 800)
    activation: Annotated[Activation, Field(description="Nonlinearity after each hidden layer.")] = "relu"
    dropout: Annotated[
        tuple[Probability, ...],
        Field(description="Dropout probability after each hidden layer: one for all, or one for each; empty is none."),
    ] = ()

    @model_validator(mode="after")
    def _dropout_matches_hidden(self) -> Self:
        if self.dropout and not self.hidden:
            raise ValueError("dropout comes after hidden layers, and there are none")
        if len(self.dropout) > 1 and len(self.dropout) != len(self.hidden):
            raise ValueError(
                f"dropout has {len(self.dropout)} values for {len(self.hidden)} hidden layers; "
                "give one value for all of them, or one for each"
            )
        return self


class BlockCNNConfig(ConfigPart):
    """Blocks of conv 3x3, BatchNorm on request, ReLU and 2x2 max pooling, then one linear layer."""

    name: Literal["block_cnn"]
    channels: Annotated[tuple[Width, ...], Field(min_length=1, max_length=16, description="Filters of each block.")] = (
        16,
        32,
        64,
        128,
    )
    batchnorm: Annotated[bool, Field(description="Normalise each batch after every convolution.")] = False


class CNNConfig(ConfigPart):
    """[(CONV -> ACT) * P -> POOL] * (N / P) -> (FC -> ACT) * M -> FC."""

    name: Literal["cnn"]
    filters: Annotated[
        tuple[Width, ...], Field(min_length=1, max_length=16, description="Filters of each group, K.")
    ] = (32, 64)
    layers_per_filter: Annotated[int, Field(ge=1, le=64, description="Convolutions in each group of filters, L.")] = 1
    pool_every: Annotated[int, Field(ge=1, le=64, description="Convolutions before each pooling, P.")] = 2
    hidden: Annotated[tuple[Width, ...], Field(max_length=16, description="Units of each hidden linear layer, H.")] = (
        100,
    )
    kernel_size: Annotated[
        int,
        Field(ge=1, le=31, description="Side of each convolution's kernel, in pixels; odd sizes keep the map."),
    ] = 3
    activation: Annotated[Activation, Field(description="Nonlinearity after each layer but the last.")] = "relu"
    pooling: Annotated[Literal["max", "avg"], Field(description="What a pool keeps of its window.")] = "max"
    pool_size: Annotated[int, Field(ge=1, le=16, description="Side and stride of each pool, in pixels.")] = 2

    @property
    def channels(self) -> tuple[int, ...]:
        """Filters of every convolution, first to last."""
        return tuple(width for width in self.filters for _ in range(self.layers_per_filter))


ModelConfig = Annotated[MLPConfig | BlockCNNConfig | CNNConfig, Field(discriminator="name")]
MODEL_CONFIGS: dict[str, type[ConfigPart]] = {"mlp": MLPConfig, "block_cnn": BlockCNNConfig, "cnn": CNNConfig}
