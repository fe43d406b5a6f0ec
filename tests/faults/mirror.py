"""A server on this machine in the place of the ones that have MNIST and CIFAR-10, which may misbehave."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import io
import socket
import struct
import tarfile
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.data.catalog import SOURCES, RequiredFile

Behaviour = Literal["good", "truncated", "unannounced", "wrong", "cut", "silent", "missing", "no http"]
COUNTS = (20, 20, 10, 10)


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def idx_files() -> dict[str, bytes]:
    """The four files of a small MNIST, by their path."""
    contents = {}
    for file, count in zip(SOURCES["mnist"].files, COUNTS, strict=True):
        shape = (count, 28, 28) if "images" in file.path else (count,)
        sizes = b"".join(size.to_bytes(4, "big") for size in shape)
        values = bytes(place % 10 for place in range(count) for _ in range(784 if "images" in file.path else 1))
        contents[file.path] = bytes([0, 0, 8, len(shape)]) + sizes + values
    return contents


def required(contents: dict[str, bytes]) -> tuple[RequiredFile, ...]:
    return tuple(RequiredFile(path, len(content), md5(content)) for path, content in contents.items())


def packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def tar_of(members: Iterable[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    """A packed tar, with whatever names and kinds of members."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@dataclass
class Mirror:
    """Serves `contents` under /NAME, and under /good/NAME whatever the behaviour is."""

    contents: dict[str, bytes]
    behaviour: Behaviour = "good"
    port: int = 0
    is_over: threading.Event = field(default_factory=threading.Event)
    half_is_sent: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"


class _Handler(http.server.BaseHTTPRequestHandler):
    mirror: Mirror

    def do_GET(self) -> None:
        folder, _, name = self.path.rpartition("/")
        content = self.mirror.contents[name]
        behaviour = "good" if folder == "/good" else self.mirror.behaviour
        half = content[: len(content) // 2]
        match behaviour:
            case "missing":
                self.send_error(404)
            case "no http":
                self.wfile.write(b"\x00\xff\n\n")
            case "unannounced":
                self._send(half, length=None)
            case "truncated":
                self._send(half, length=len(content))
            case "wrong":
                self._send(content[:-1] + b"!", length=len(content))
            case "cut":
                self._send(half, length=len(content))
                # Without lingering, closing resets the connection.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.shutdown(socket.SHUT_RD)
            case "silent":
                self._send(half, length=len(content))
                self.mirror.half_is_sent.set()
                self.mirror.is_over.wait()
            case "good":
                self._send(content, length=len(content))

    def _send(self, content: bytes, *, length: int | None) -> None:
        self.send_response(200)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is inherited
        pass


def serve(mirror: Mirror) -> tuple[http.server.ThreadingHTTPServer, threading.Thread]:
    """Start the server; whoever starts it ends it."""
    handler = type("Handler", (_Handler,), {"mirror": mirror})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients that leave are what is tested
    mirror.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    return server, thread
