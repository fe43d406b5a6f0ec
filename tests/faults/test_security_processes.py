"""The real program leaves no port open, no file with other permissions than the user wants, and no secret in a file."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.store import RunStore
from tests.faults.mirror import Mirror, idx_files, packed, serve
from tests.faults.test_security_downloads import DOWNLOAD
from tests.processes import ROOT
from tests.terminal import Terminal

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="/proc tells what a process holds")
_LISTENS_TCP, _ACCEPTS_UNIX = "0A", 0x10000


def family(pid: int) -> list[int]:
    """A process and all that it has started, as far as they are still there."""
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        for task in Path(f"/proc/{found[-1]}/task").glob("*/children"):
            waiting += [int(child) for child in task.read_text().split()]
    return found


def listening(pid: int) -> list[str]:
    """The sockets of a process, and of those it has started, to which somebody could connect or send."""
    found: list[str] = []
    for member in family(pid):
        links = []
        for path in Path(f"/proc/{member}/fd").iterdir():
            with suppress(FileNotFoundError):  # such as the one through which we are looking
                links.append(str(path.readlink()))
        own = {link[8:-1] for link in links if link.startswith("socket:[")}
        for protocol in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6"):
            path = Path(f"/proc/{member}/net/{protocol}")
            for line in path.read_text().splitlines()[1:] if path.exists() else ():
                fields = line.split()
                if fields[9] in own and (fields[3] == _LISTENS_TCP or not protocol.startswith("tcp")):
                    found.append(f"{protocol} {fields[1]}")
        for line in Path(f"/proc/{member}/net/unix").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[6] in own and int(fields[3], 16) & _ACCEPTS_UNIX:
                found.append(f"unix {fields[7:]}")
    return found


def termlab(tmp_path: Path, *arguments: str, umask: int = -1, **variables: str) -> subprocess.Popen[str]:
    """Start the command with folders of its own."""
    command = [sys.executable, "-m", "tui", "--results", str(tmp_path / "results"), *arguments]
    return start(tmp_path, command, umask=umask, **variables)


def start(tmp_path: Path, command: list[str], *, umask: int = -1, **variables: str) -> subprocess.Popen[str]:
    folders = {f"XDG_{kind}_HOME": str(tmp_path / kind.lower()) for kind in ("CONFIG", "CACHE", "STATE", "DATA")}
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | folders | {"HOME": str(tmp_path), "OMP_NUM_THREADS": "1", "no_proxy": "*"} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        umask=umask,
    )


def finished(process: subprocess.Popen[str]) -> tuple[str, str]:
    output = process.communicate()
    assert process.returncode == 0, output
    return output


def test_an_open_port_would_be_seen(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert listening(os.getpid()) == [f"tcp 0100007F:{server.getsockname()[1]:04X}"]
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(tmp_path / "socket"))
        unix.listen()
        assert listening(os.getpid()) == [f"unix {[str(tmp_path / 'socket')]}"]
    with socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        datagrams.bind(("127.0.0.1", 0))
        assert len(listening(os.getpid())) == 1
    assert listening(os.getpid()) == []


def test_a_training_listens_to_nobody(tmp_path: Path) -> None:
    with termlab(tmp_path, "run", "digits-first", "--only", "sgd", "--progress", "plain") as process:
        assert process.stderr is not None
        looks = 0
        for line in process.stderr:
            if "epoch" in line and looks < 3 and process.poll() is None:
                os.kill(process.pid, signal.SIGSTOP)  # it cannot end before it was looked at
                assert listening(process.pid) == []
                os.kill(process.pid, signal.SIGCONT)
                looks += 1
        assert looks
        finished(process)


def test_the_application_listens_to_nobody(tmp_path: Path) -> None:
    environment = os.environ | {
        "TERM": "xterm-256color", "LANG": "C.UTF-8", "XDG_CONFIG_HOME": str(tmp_path / "c"), "OMP_NUM_THREADS": "1",
    }  # fmt: skip
    terminal = Terminal([sys.executable, "-m", "tui", "--results", str(tmp_path / "results")], environment)
    try:
        terminal.wait_for("digits-first", "Launch")
        assert listening(terminal.pid) == []
        terminal.press("\r")
        terminal.wait_for("run 1 of 2", "● training")
        assert listening(terminal.pid) == []
        terminal.press("q")
        terminal.wait_for("Stop and save")
        terminal.press("s")
        assert terminal.exit_code() == 0
    finally:
        terminal.kill()


REMOVE = """
from engine.store import RunStore
from engine.store.requests import ask
store = RunStore(Path(sys.argv[3]))
store.remove(store.find("latest"))
store.reopen(store.find("latest")).close()
ask(store.folder / store.find("latest"), "stop")
"""


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    mirror = Mirror({f"{Path(path).name}.gz": packed(content) for path, content in idx_files().items()})
    server, thread = serve(mirror)
    yield mirror
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("umask", [0o027, 0o000], ids=oct)
def test_every_file_has_the_permissions_that_the_user_gives_new_files(
    umask: int, mirror: Mirror, tmp_path: Path
) -> None:
    tree = tmp_path / "tree"
    for split in ("train", "test"):
        for name in ("cat", "dog"):
            (tree / split / name).mkdir(parents=True)
            Image.fromarray(np.zeros((8, 8), dtype=np.uint8)).save(tree / split / name / "0.png")
    given = set(tmp_path.rglob("*"))
    finished(termlab(tmp_path, "run", "digits-first", f"data.name=folder:{tree}", "--epochs", "1", umask=umask))
    folders = [str(tmp_path / "data" / "sets"), str(tmp_path / "results")]
    script = [sys.executable, "-c", DOWNLOAD + REMOVE, mirror.address, *folders]
    assert finished(start(tmp_path, script, umask=umask)) == ("complete\n", "")
    made = set(tmp_path.rglob("*")) - given
    wrong = {
        str(path.relative_to(tmp_path)): oct(mode)
        for path in made
        if (mode := stat.S_IMODE(path.lstat().st_mode)) != (0o777 if path.is_dir() else 0o666) & ~umask
    }
    assert wrong == {}
    suffixes = {path.name.rpartition(".")[2] for path in made if path.is_file()}
    assert suffixes >= {"json", "jsonl", "pt", "pixels", "train-images-idx3-ubyte"}
    assert {"cache", "data", "results", ".trash", "MNIST"} <= {path.name for path in made if path.is_dir()}


FAIL = """
import os, sys
from engine import train

def fail(*_args, **_options):
    token = os.environ["SECRET_TOKEN"]
    environment = dict(os.environ)
    raise ValueError(f"there were {len(token)} characters and {len(environment) > 0}")

train.evaluate = fail
from tui.cli import main
sys.argv = ["termlab", *sys.argv[1:]]
main()
"""


def test_what_the_environment_holds_is_recorded_nowhere(tmp_path: Path) -> None:
    secret = secrets.token_hex(16)
    results = tmp_path / "results"
    short = ("--epochs", "1", "--only", "sgd")
    said = [*finished(termlab(tmp_path, "run", "digits-first", *short, SECRET_TOKEN=secret))]
    script = [sys.executable, "-c", FAIL, "--results", str(results), "run", "digits-first", *short]
    said += start(tmp_path, script, SECRET_TOKEN=secret).communicate()
    for arguments in (["doctor"], ["doctor", "--json"]):
        said += termlab(tmp_path, *arguments, SECRET_TOKEN=secret).communicate()
    store = RunStore(results)
    assert sorted(str(summary.status) for summary in store.summaries()) == ["done", "failed"]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(b"ValueError: there were 32 characters" in path.read_bytes() for path in files)
    assert any("torch" in text for text in said)
    assert [path for path in files if secret.encode() in path.read_bytes()] == []
    assert [text for text in said if secret in text] == []
