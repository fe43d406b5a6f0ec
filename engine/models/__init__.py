"""The networks: one module a family, each built from its settings and the shape of the images."""

from __future__ import annotations

from engine.models.block_cnn import BlockCNN
from engine.models.cnn import CNN
from engine.models.convnet import ConvNet
from engine.models.double_conv import DoubleConv
from engine.models.mlp import MLP
from engine.models.registry import build_model, count_parameters
from engine.models.regularised_cnn import RegularisedCNN
from engine.models.resnet import ResidualBlock, ResidualBottleneckBlock, ResNet
from engine.models.scratch_mlp import ScratchMLP
from engine.models.strided_cnn import StridedCNN
from engine.models.your_cnn import YourCNN

__all__ = [
    "CNN",
    "MLP",
    "BlockCNN",
    "ConvNet",
    "DoubleConv",
    "RegularisedCNN",
    "ResNet",
    "ResidualBlock",
    "ResidualBottleneckBlock",
    "ScratchMLP",
    "StridedCNN",
    "YourCNN",
    "build_model",
    "count_parameters",
]
