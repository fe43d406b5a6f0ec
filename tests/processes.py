"""Python processes of their own, for what happens between processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def start_python(script: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a script that can import what the tests can, with pipes to its input and from its output."""
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
