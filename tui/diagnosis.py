"""What `termlab doctor` looks at; each look is one function that returns findings."""

from __future__ import annotations

import locale
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from engine.errors import DeviceError, StoreError
from tui.finding import Finding
from tui.run_diagnosis import diagnose_runs

NETWORK_FILE_SYSTEMS = ("nfs", "nfs4", "cifs", "smb3", "lustre", "gpfs", "ceph", "fuse.sshfs", "9p", "afs")
SMALLEST_COLUMNS, SMALLEST_LINES = 80, 24
LEAST_FREE_BYTES = 100 * 10**6
"""Of room for the next run: checkpoint, last and best weights of a network of some million parameters take tens of
megabytes, and each is written beside the one that it replaces."""


def diagnose(results: Path, data_folder: Path, *, is_setting_aside: bool = False) -> list[Finding]:
    """Look at everything; never raises for what it finds. Runs that cannot be read are moved away if that is asked."""
    return [
        *_terminal(),
        *_torch(),
        *_results(results),
        *_datasets(data_folder),
        *_presets(),
        *diagnose_runs(results, is_setting_aside=is_setting_aside),
    ]


def _terminal() -> Iterator[Finding]:
    if not sys.stdout.isatty():
        yield Finding("terminal", "ok", "none: stdout is not a terminal")
        return
    size = shutil.get_terminal_size()
    text = f"{os.environ.get('TERM', 'TERM is not set')}, {size.columns}x{size.lines}"
    if size.columns < SMALLEST_COLUMNS or size.lines < SMALLEST_LINES:
        remedy = f"The application is at home from {SMALLEST_COLUMNS}x{SMALLEST_LINES} on."
        yield Finding("terminal", "notice", text, remedy)
    else:
        yield Finding("terminal", "ok", text)
    encoding = locale.getpreferredencoding(False)
    if encoding.upper().replace("-", "") != "UTF8":
        yield Finding("encoding", "notice", encoding, "Curves are drawn in braille; set LANG=C.UTF-8.")


def _torch() -> Iterator[Finding]:
    try:
        import torch

        from engine.data.torchvision_import import import_torchvision
        from engine.device import choose_device, device_name
    except ImportError as error:
        yield Finding("torch", "warning", f"cannot be imported: {error}", "pip install -c constraints.txt .")
        return
    cuda = f"CUDA {torch.version.cuda}" if torch.version.cuda else "CPU build"
    yield Finding("torch", "ok", f"{torch.__version__}, {cuda}, {torch.get_num_threads()} threads")
    try:
        device = choose_device("auto")
        yield Finding("device", "ok", f"{device} ({device_name(device)})")
    except DeviceError as error:
        yield Finding("device", "warning", error.message, error.hint)
    try:
        yield Finding("torchvision", "ok", f"{import_torchvision().__version__}, loads beside this torch")
    except (ImportError, RuntimeError) as error:
        remedy = "Install the pair that constraints.txt names; digits and folders work without it."
        yield Finding("torchvision", "warning", f"cannot be imported: {error}", remedy)


def _results(folder: Path) -> Iterator[Finding]:
    from engine.store import RunStore

    kind = _file_system(folder)
    where = f"{folder.absolute()}{f' on {kind}' if kind else ''}"
    existed = folder.exists()
    try:
        if existed:
            RunStore(folder).check_writable()
        elif not ((parent := _existing_parent(folder)).is_dir() and os.access(parent, os.W_OK)):
            hint = "Choose another folder with --results DIR or TERMLAB_RESULTS."
            raise StoreError(f"{folder} does not exist and cannot be made", hint)
    except StoreError as error:
        yield Finding("results", "warning", error.message, error.hint)
        return
    note = "" if existed else ", made by the first run"
    disk = shutil.disk_usage(_existing_parent(folder))
    if disk.total > 0 and disk.free < LEAST_FREE_BYTES:  # some network file systems do not know their size
        then = "checkpoints soon find no room, and once no line of a log does, the run ends"
        remedy = "Make room, or choose another folder with --results DIR or TERMLAB_RESULTS."
        yield Finding("results", "warning", f"{where}{note}, {disk.free / 10**6:.1f} MB free: {then}", remedy)
    else:
        free = f", {disk.free / 2**30:.1f} GiB free" if disk.total else ""
        yield Finding("results", "ok", f"{where}{note}{free}")
    if kind in NETWORK_FILE_SYSTEMS:
        yield Finding("results", "ok", "a network file system: runs of other machines are noticed by polling")


def _existing_parent(path: Path) -> Path:
    return next(parent for parent in (path.absolute(), *path.absolute().parents) if parent.exists())


def _file_system(path: Path) -> str:
    """Return the type of the file system that holds a path, as Linux names it; empty elsewhere."""
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    resolved = _existing_parent(path).resolve()
    points = [(fields[1], fields[2]) for fields in (line.split() for line in mounts) if len(fields) > 2]
    holding = [(point, kind) for point, kind in points if resolved.is_relative_to(point)]
    return max(holding, key=lambda pair: len(pair[0]), default=("", ""))[1]


def _datasets(folder: Path) -> Iterator[Finding]:
    from engine.data.catalog import source_states, unusable

    for state in source_states(folder):
        name = state.source.name
        if state.is_usable:
            yield Finding(f"data {name}", "ok", str(state.root) if state.root else "comes with termlab")
        elif state.source.is_image_tree:
            yield Finding(f"data {name}", "ok", unusable(state).message)
        elif state.status == "incomplete":
            remedy = f"termlab data get {name} fetches it anew."
            yield Finding(f"data {name}", "damaged", f"incomplete: {'; '.join(state.problems)}", remedy)
        else:
            yield Finding(f"data {name}", "ok", f"not under {folder}; termlab data get {name} downloads it")


def _presets() -> Iterator[Finding]:
    from engine.presets import list_presets, user_preset_folder

    presets, errors = list_presets()
    yield Finding("presets", "ok", f"{len(presets)}, your own go to {user_preset_folder()}")
    for error in errors:
        yield Finding("presets", "warning", error.message, error.hint or "Mend the file, or move it away.")
