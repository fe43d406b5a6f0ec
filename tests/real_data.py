"""Where real data lies for the tests that use it; they are skipped, saying so, where it does not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_SHARED = Path(__file__).resolve().parents[2] / "shared"
REAL_DATA = Path(os.environ.get("TERMLAB_TEST_DATA") or _SHARED / "data")
COURSEWORK_LOOP = _SHARED / "bench" / "coursework_loop.py"

needs_mnist = pytest.mark.skipif(
    not (REAL_DATA / "mnist" / "MNIST").is_dir(), reason=f"no MNIST under {REAL_DATA}; TERMLAB_TEST_DATA names another"
)
needs_cifar10 = pytest.mark.skipif(
    not (REAL_DATA / "cifar10_small").is_dir(), reason=f"no cifar10_small under {REAL_DATA}"
)
needs_cats_dogs = pytest.mark.skipif(not (REAL_DATA / "cats_dogs").is_dir(), reason=f"no cats_dogs under {REAL_DATA}")
