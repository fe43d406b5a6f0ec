"""The one place that imports torchvision, because beside a CPU-only torch its import needs help."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType

import torch

from engine.errors import DataError

# Dropping a Library takes its operators back, so they are held for the life of the process.
_declared: list[torch.library.Library] = []


def import_torchvision() -> ModuleType:
    """Return torchvision with its datasets.

    The registry's torchvision is built for CUDA. Beside a CPU-only torch its compiled part does not load, and its
    import stops at the operators that this part would have declared. termlab uses none of them, so declaring
    their names is enough. It is tried without first: a torchvision whose compiled part does load (built for the
    CPU, or for macOS) declares the operators itself and must not find them taken.

    Raises: DataError if torchvision is not there, or does not fit the torch that is.
    """
    try:
        import_module("torchvision.datasets")
    except ImportError as error:
        raise _unusable(error) from error
    except RuntimeError as error:
        if torch.version.cuda is not None or _declared or "torchvision::nms" not in str(error):
            raise _unusable(error) from error
        _declare_operators()
        _forget_half_imported()
        return import_torchvision()
    return sys.modules["torchvision"]


def _declare_operators() -> None:
    library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")  # type: ignore[no-untyped-call]
    _declared.append(library)


def _forget_half_imported() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]


def _unusable(error: Exception) -> DataError:
    return DataError(
        f"torchvision cannot be imported: {error}.",
        "Install the versions that constraints.txt pins; torch and torchvision must be released for each other.",
    )
