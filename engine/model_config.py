"""The settings of each model family; `engine/models/NAME.py` builds the network that they describe."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Width = Annotated[int, Field(ge=1, le=65_536)]
Probability = Annotated[float, Field(ge=0, lt=1)]
Activation = Literal["relu", "lrelu", "tanh", "sigmoid", "elu", "selu", "gelu"]
KernelSize = Annotated[int, Field(ge=1, le=31)]
Padding = Annotated[int, Field(ge=0, le=31)]


class ConfigPart(BaseModel):
    """A frozen group of settings that refuses what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)


def _check_one_or_each(key: str, values: tuple[float, ...], count: int, things: str) -> None:
    if len(values) > 1 and len(values) != count:
        raise ValueError(
            f"{key} has {len(values)} values for {count} {things}; give one value for all of them, or one for each"
        )


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
        _check_one_or_each("dropout", self.dropout, len(self.hidden), "hidden layers")
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


Filters = Annotated[tuple[Width, ...], Field(min_length=1, max_length=16, description="Filters of each group, K.")]
LayersPerFilter = Annotated[int, Field(ge=1, le=64, description="Convolutions in each group of filters, L.")]
PoolEvery = Annotated[int, Field(ge=1, le=64, description="Convolutions before each pooling, P.")]
HiddenWidths = Annotated[tuple[Width, ...], Field(max_length=16, description="Units of each hidden linear layer, H.")]
SharedKernelSize = Annotated[
    int, Field(ge=1, le=31, description="Side of each convolution's kernel, in pixels; odd sizes keep the map.")
]
SharedActivation = Annotated[Activation, Field(description="Nonlinearity after each layer but the last.")]
Pooling = Annotated[Literal["max", "avg"], Field(description="What a pool keeps of its window.")]
PoolSize = Annotated[int, Field(ge=1, le=16, description="Side and stride of each pool, in pixels.")]


def _repeated(filters: tuple[int, ...], layers_per_filter: int) -> tuple[int, ...]:
    return tuple(width for width in filters for _ in range(layers_per_filter))


class CNNConfig(ConfigPart):
    """[(CONV -> ACT) * P -> POOL] * (N / P) -> (FC -> ACT) * M -> FC."""

    name: Literal["cnn"]
    filters: Filters = (32, 64)
    layers_per_filter: LayersPerFilter = 1
    pool_every: PoolEvery = 2
    hidden: HiddenWidths = (100,)
    kernel_size: SharedKernelSize = 3
    activation: SharedActivation = "relu"
    pooling: Pooling = "max"
    pool_size: PoolSize = 2

    @property
    def channels(self) -> tuple[int, ...]:
        """Filters of every convolution, first to last."""
        return _repeated(self.filters, self.layers_per_filter)


class YourCNNConfig(ConfigPart):
    """[(CONV -> BatchNorm -> ACT -> dropout) * P -> POOL] * (N / P) -> (FC -> ACT) * M -> FC."""

    name: Literal["your_cnn"]
    filters: Filters = (32, 64)
    layers_per_filter: LayersPerFilter = 1
    pool_every: PoolEvery = 2
    hidden: HiddenWidths = (100,)
    kernel_size: SharedKernelSize = 3
    activation: SharedActivation = "relu"
    pooling: Pooling = "max"
    pool_size: PoolSize = 2
    dropout: Annotated[
        Probability, Field(description="Dropout probability after each convolution's activation; 0 is none.")
    ] = 0.2

    @property
    def channels(self) -> tuple[int, ...]:
        """Filters of every convolution, first to last."""
        return _repeated(self.filters, self.layers_per_filter)


class ResNetConfig(ConfigPart):
    """A residual block of P convolutions 3x3, then a pool, over and over; then (FC -> ACT) * M -> FC."""

    name: Literal["resnet"]
    filters: Filters = (32, 64)
    layers_per_filter: LayersPerFilter = 1
    pool_every: Annotated[int, Field(ge=1, le=64, description="Convolutions in each block, before its pool, P.")] = 2
    hidden: HiddenWidths = (100,)
    activation: SharedActivation = "relu"
    pooling: Pooling = "max"
    pool_size: PoolSize = 2
    batchnorm: Annotated[bool, Field(description="Normalise each batch between the convolutions of a block.")] = False
    dropout: Annotated[
        Probability,
        Field(description="Probability of dropping a whole map between the convolutions of a block; 0 is none."),
    ] = 0.0
    bottleneck: Annotated[
        bool,
        Field(
            description="Make a block narrow inside, by convolutions 1x1 at its ends, where it gives as many channels "
            "as it takes; it needs 3 convolutions or more."
        ),
    ] = False

    @property
    def channels(self) -> tuple[int, ...]:
        """Filters of every convolution, first to last."""
        return _repeated(self.filters, self.layers_per_filter)


class ConvNetConfig(ConfigPart):
    """[conv -> [BatchNorm] -> activation -> 2x2 pool] for each of `filters`, then linear layers, with dropout."""

    name: Literal["convnet"]
    filters: Annotated[
        tuple[Width, ...], Field(min_length=1, max_length=16, description="Filters of each convolution.")
    ] = (32, 64)
    kernel_sizes: Annotated[
        tuple[KernelSize, ...],
        Field(
            min_length=1,
            max_length=16,
            description="Side of each convolution's kernel, in pixels: one for all, or one for each.",
        ),
    ] = (5,)
    paddings: Annotated[
        tuple[Padding, ...],
        Field(
            max_length=16,
            description="Pixels of zeros around each map before its convolution: one for all, or one for each; "
            "empty is half the kernel, which keeps the map where the kernel is odd.",
        ),
    ] = ()
    batchnorm: Annotated[bool, Field(description="Normalise each batch right after every convolution.")] = False
    activation: Annotated[Activation, Field(description="Nonlinearity after each convolution.")] = "relu"
    pooling: Pooling = "max"
    ceil_mode: Annotated[
        bool, Field(description="Pool the last row and column of an odd map too, instead of dropping them.")
    ] = False
    hidden: Annotated[tuple[Width, ...], Field(max_length=16, description="Units of each hidden linear layer.")] = (
        1024,
    )
    hidden_activation: Annotated[Activation, Field(description="Nonlinearity after each hidden linear layer.")] = "relu"
    dropout: Annotated[
        tuple[Probability, ...],
        Field(
            description="Dropout probability before each linear layer, first to last, the last one included; "
            "0 leaves one out, empty is none."
        ),
    ] = ()

    @model_validator(mode="after")
    def _lists_match(self) -> Self:
        _check_one_or_each("kernel_sizes", self.kernel_sizes, len(self.filters), "filters")
        _check_one_or_each("paddings", self.paddings, len(self.filters), "filters")
        linear_layers = len(self.hidden) + 1
        if self.dropout and len(self.dropout) != linear_layers:
            raise ValueError(
                f"dropout needs a value for each of the {linear_layers} linear layers ({len(self.hidden)} hidden and "
                f"the last), 0 where there is none; it has {len(self.dropout)}"
            )
        return self

    @property
    def kernel_of_each(self) -> tuple[int, ...]:
        """Side of the kernel of every convolution, first to last."""
        return self.kernel_sizes if len(self.kernel_sizes) > 1 else self.kernel_sizes * len(self.filters)

    @property
    def padding_of_each(self) -> tuple[int, ...]:
        """Padding of every convolution, first to last."""
        if not self.paddings:
            return tuple(size // 2 for size in self.kernel_of_each)
        return self.paddings if len(self.paddings) > 1 else self.paddings * len(self.filters)


class StridedCNNConfig(ConfigPart):
    """Convolutions 4x4 that halve the map, then one over the 4x4 map they leave; two classes share one score."""

    name: Literal["strided_cnn"]
    filters: Annotated[
        tuple[Width, ...],
        Field(min_length=1, max_length=16, description="Filters of each convolution but the last, which scores."),
    ] = (64, 128, 256, 512)


class RegularisedCNNConfig(ConfigPart):
    """Blocks with BatchNorm and dropout of whole maps, then one convolution; two classes share one score."""

    name: Literal["regularised_cnn"]
    filters: Annotated[
        tuple[Width, ...],
        Field(min_length=1, max_length=16, description="Filters of each block; the last convolution scores."),
    ] = (64, 128, 256, 512)
    dropout2d: Annotated[Probability, Field(description="Probability of dropping a whole map, in blocks 2 and 3.")] = (
        0.2
    )


class DoubleConvConfig(ConfigPart):
    """Pairs of conv 3x3, BatchNorm and ReLU with pools and dropout between, then an average and a linear layer."""

    name: Literal["double_conv"]
    filters: Annotated[
        tuple[Width, ...], Field(min_length=1, max_length=16, description="Filters of each pair of convolutions.")
    ] = (64, 128, 256)
    block_dropout: Annotated[Probability, Field(description="Dropout probability after each max pool; 0 is none.")] = (
        0.4
    )
    dropout: Annotated[Probability, Field(description="Dropout probability before the linear layer; 0 is none.")] = 0.5


class ScratchMLPConfig(ConfigPart):
    """Fully connected layers whose derivatives are written out by hand; optimisers of the same kind train them."""

    name: Literal["scratch_mlp"]
    hidden: Annotated[
        tuple[Width, ...], Field(max_length=64, description="Units of each hidden layer, first to last.")
    ] = (128, 128)
    activation: Annotated[
        Literal["relu", "lrelu", "tanh", "sigmoid"], Field(description="Nonlinearity after each hidden layer.")
    ] = "relu"
    dropout: Annotated[Probability, Field(description="Dropout probability after each activation; 0 is none.")] = 0.0
    init_std: Annotated[
        float, Field(ge=0, le=100, description="Standard deviation of the normal weights and biases at the start.")
    ] = 0.1

    @model_validator(mode="after")
    def _dropout_has_a_place(self) -> Self:
        if self.dropout and not self.hidden:
            raise ValueError("dropout comes after hidden layers, and there are none")
        return self


class LinearConfig(ConfigPart):
    """One linear map without bias, beginning at 0."""

    name: Literal["linear"]


ModelConfig = Annotated[
    MLPConfig
    | ScratchMLPConfig
    | LinearConfig
    | BlockCNNConfig
    | CNNConfig
    | YourCNNConfig
    | ResNetConfig
    | ConvNetConfig
    | StridedCNNConfig
    | RegularisedCNNConfig
    | DoubleConvConfig,
    Field(discriminator="name"),
]
MODEL_CONFIGS: dict[str, type[ConfigPart]] = {
    "mlp": MLPConfig,
    "scratch_mlp": ScratchMLPConfig,
    "linear": LinearConfig,
    "block_cnn": BlockCNNConfig,
    "cnn": CNNConfig,
    "your_cnn": YourCNNConfig,
    "resnet": ResNetConfig,
    "convnet": ConvNetConfig,
    "strided_cnn": StridedCNNConfig,
    "regularised_cnn": RegularisedCNNConfig,
    "double_conv": DoubleConvConfig,
}
