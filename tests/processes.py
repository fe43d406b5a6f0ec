"""Python processes of their own, for what happens between processes, and at moments that a test chooses."""

from __future__ import annotations

import array
import atexit
import contextlib
import fcntl
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import termios
import threading
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).parents[1]
PATIENCE_SECONDS = 120.0
"""What does not happen within it does not happen."""


def start_python(script: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a script that can import what the tests can, with pipes to its input and from its output."""
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def answers_at_once(processes: Sequence[subprocess.Popen[str]]) -> list[str]:
    """Let scripts go on that wait for a line, all at once, and return the line that each prints; then they end."""
    try:
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        return [process.stdout.readline().strip() for process in processes if process.stdout]
    finally:
        for process in processes:
            process.communicate()


@dataclass
class Program:
    """`termlab` in a process of its own."""

    pid: int
    folder: Path
    """Where its output goes."""
    _report: int
    """Of its end; the pipe speaks once it is over."""
    _news: int
    """Where it says that it came to the moment that was asked for."""
    _leave: int
    """Closing it lets the process go on from there."""
    _code: int | None = None

    @property
    def out(self) -> str:
        """What it wrote to stdout so far."""
        return (self.folder / "out").read_text()

    @property
    def err(self) -> str:
        """What it wrote to stderr so far."""
        return (self.folder / "err").read_text()

    def wait(self, seconds: float = PATIENCE_SECONDS) -> int:
        """Return its exit code once it is over, that of a signal negative.

        Raises: TimeoutError if it is not over by then.
        """
        if not self.is_over(seconds):
            raise TimeoutError(f"still at work after {seconds:.0f} s; stderr is\n{self.err}")
        assert self._code is not None
        return self._code

    def is_over(self, seconds: float = 0.0) -> bool:
        """Tell whether it has ended, after waiting for it at most so long."""
        if self._code is None and select.select([self._report], [], [], seconds)[0]:
            self._code = int(os.read(self._report, 100))
            for descriptor in (self._report, self._news, self._leave):
                with contextlib.suppress(OSError):
                    os.close(descriptor)
        return self._code is not None

    def reaches_the_moment(self) -> bool:
        """Wait until the process is where it was to wait; return whether it came there before its end."""
        ready, _, _ = select.select([self._news, self._report], [], [], PATIENCE_SECONDS)
        if self._news in ready:
            return os.read(self._news, 1) != b""
        assert ready, f"it neither came there nor ended; stderr is\n{self.err}"
        return False

    def let_go(self) -> None:
        """Let it go on from there."""
        os.write(self._leave, b"x")

    def state(self) -> str:
        """Return what Linux says it does, S where it waits, T where it is suspended; empty once it is gone."""
        with contextlib.suppress(OSError):
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]
        return ""

    def send(self, number: signal.Signals) -> None:
        """Send it a signal; of one that is over, nobody else gets it."""
        if not self.is_over():
            with contextlib.suppress(ProcessLookupError):  # it ended at this moment
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it without a word."""
        self.send(signal.SIGKILL)
        self.wait()


@dataclass
class Launcher:
    """A process that has imported all of the program once and forks itself for each call of it.

    A call is then the program from `main` on, in a process of its own, as quick as on a machine with nothing to do.
    """

    _link: socket.socket
    _server: subprocess.Popen[bytes]
    _started: list[Program] = field(default_factory=list)

    @classmethod
    @contextlib.contextmanager
    def ready(cls) -> Iterator[Launcher]:
        """Start the process; it and what it started is gone after the block."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        script = "import sys; from tests.processes import serve; serve(int(sys.argv[1]))"
        server = subprocess.Popen(
            [sys.executable, "-c", script, str(theirs.fileno())],
            cwd=ROOT,
            pass_fds=[theirs.fileno()],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        theirs.close()
        launcher = cls(ours, server)
        try:
            yield launcher
        finally:
            for program in launcher._started:
                program.kill()
            ours.close()
            server.wait(PATIENCE_SECONDS)

    def start(
        self,
        *arguments: str,
        folder: Path,
        before: str = "",
        environment: Mapping[str, str] | None = None,
        terminal: int | None = None,
    ) -> Program:
        """Call `termlab` with arguments; its output goes into files in the folder.

        `before` is Python that the process runs first, such as `hold("engine.train", "evaluate")` of
        `tests.moments`. A `terminal` is what it has for input and output instead, as a shell would start it.
        """
        folder.mkdir(parents=True, exist_ok=True)
        report, news, leave = os.pipe(), os.pipe(), os.pipe()
        out, err = (os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) for name in ("out", "err"))
        nowhere = os.open(os.devnull, os.O_RDONLY)
        streams = [nowhere, out, err] if terminal is None else [terminal] * 3
        request = {
            "arguments": arguments,
            "before": before,
            "environment": dict(environment or {}),
            "owns_terminal": terminal is not None,
        }
        given = [report[1], news[1], leave[0], *streams]
        socket.send_fds(self._link, [json.dumps(request).encode()], given)
        for descriptor in {report[1], news[1], leave[0], nowhere, out, err}:
            os.close(descriptor)
        assert select.select([report[0]], [], [], PATIENCE_SECONDS)[0]
        program = Program(int(_line(report[0])), folder, report[0], news[0], leave[1])
        self._started.append(program)
        return program

    def call(self, *arguments: str, folder: Path, before: str = "") -> Program:
        """Call `termlab` and wait for its end."""
        program = self.start(*arguments, folder=folder, before=before)
        program.wait()
        return program


channel = array.array("i", [-1, -1])
"""In a process of the launcher: where to tell that a moment has come, and where to wait for leave to go on."""


def wait_for_leave() -> None:
    """Tell the test that the process is here, and wait for what it does about it."""
    os.write(channel[0], b"x")
    os.read(channel[1], 1)


def serve(descriptor: int) -> None:
    """Fork for each request that comes over a socket, until that is closed."""
    _import_all()
    gc.freeze()  # or each fork would copy all it looks through
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which whoever runs the tests may have ignored
    for ignored in (signal.SIGHUP, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTSTP):
        signal.signal(ignored, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that wait
    link = socket.socket(fileno=descriptor)
    while True:
        message, given, _, _ = socket.recv_fds(link, 2**18, 16)
        if not message:
            return
        if os.fork() == 0:
            link.close()
            if _has_become_program(json.loads(message), given):
                _run_to_the_end()
        for number in set(given):
            os.close(number)


def _import_all() -> None:
    import rich.live
    import sklearn.datasets

    import engine.checkpoint
    import engine.data.digits
    import engine.recording
    import engine.runner
    import engine.store.run_writer
    import engine.train
    import engine.verification
    import tui.cli
    import tui.headless
    import tui.progress
    import tui.run_table
    from engine.training_state import TrainingState

    # What is imported only when a network is sized and built, is by doing so.
    config = engine.config.RunConfig()
    state = TrainingState.build(config, engine.data.digits.load(config.data, ROOT))
    state.model(state.inputs.for_training(state.dataset.train.images[:2]))
    assert rich.live
    assert sklearn.datasets
    assert tui


def _run_to_the_end() -> NoReturn:
    """Call the program and leave as the interpreter does, but without taking every module apart."""
    from tui.cli import main

    code: int | str | None = 1
    try:
        main()
    except SystemExit as left:
        code = left.code
    except BaseException:
        traceback.print_exc()
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    os._exit(int(code or 0))


def _hang_up(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it ended at this moment
        os.kill(pid, signal.SIGHUP)


def _has_become_program(request: dict[str, Any], given: list[int]) -> bool:
    """Fork again: return in the program itself, and in the process that waits for it, which never returns, report."""
    report, *others = given
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if request["owns_terminal"]:
        os.setsid()
        fcntl.ioctl(others[2], termios.TIOCSCTTY, 0)
    pid = os.fork()
    if pid:
        if request["owns_terminal"]:  # be its shell: let it have the terminal, and pass on that it was closed
            os.setpgid(pid, pid)
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            os.tcsetpgrp(others[2], pid)
            signal.signal(signal.SIGHUP, lambda _number, _frame: _hang_up(pid))
        for number in set(others):
            os.close(number)
        os.write(report, f"{pid}\n".encode())
        _, status = os.waitpid(pid, 0)
        os.write(report, f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os._exit(0)
    os.close(report)
    channel[:] = array.array("i", others[:2])
    os.setpgid(0, 0)  # so that it can be suspended: the process that waits is in another group of the session
    for stream, number in enumerate(others[2:]):
        os.dup2(number, stream)
    for number in set(others[2:]):
        os.close(number)
    os.environ.update(request["environment"])
    sys.argv = ["termlab", *request["arguments"]]
    exec(request["before"], {})  # noqa: S102 - the test's own words
    return True


def _line(descriptor: int) -> bytes:
    """Read up to the end of a line, and not further."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(descriptor, 1)
        if not byte:
            raise EOFError
        line += byte
    return line
