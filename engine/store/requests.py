"""What other processes ask of the one that trains a run: a small file in its folder, which the writer takes away."""

from __future__ import annotations

import json
import stat
from contextlib import suppress
from pathlib import Path
from typing import Literal, get_args

from engine.atomic import write_atomic
from engine.errors import DamagedError
from engine.plain_file import require_own_folder
from engine.store.files import read_json

Request = Literal["stop", "stop_all", "pause", "resume"]
"""Of which `stop_all` also keeps the process from training other trials."""
REQUEST = "request.json"


def ask(folder: Path, request: Request) -> None:
    """Ask the process that trains this run; a request that was not taken yet is replaced.

    Raises: StoreError if the folder is a link to another; OSError as the file system says.
    """
    require_own_folder(folder)
    write_atomic(folder / REQUEST, json.dumps({"ask": request}) + "\n")


def take_request(folder: Path) -> Request | None:
    """Return what is asked for, once; what is no request is thrown away."""
    path = folder / REQUEST
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return None  # a pipe would hold the training up; nobody asks by such a thing
    except OSError:
        return None
    request = None
    with suppress(DamagedError):
        request = read_json(path).get("ask")
    with suppress(OSError):
        path.unlink()
    return request if isinstance(request, str) and request in get_args(Request) else None  # type: ignore[return-value]
