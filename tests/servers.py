"""A web server in the test process that has its moods: it knows ranges or not, cuts, refuses, changes."""

from __future__ import annotations

import contextlib
import hashlib
import re
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

__all__ = ["Web", "web"]


class Web:
    """What a server has and how it behaves.

    Attributes:
        url: where it is, without a slash at the end.
        files: what it has by path.
        ranges, head, etags: whether it knows ranges, answers HEAD, and gives etags.
        status: answers this instead of a file, by path, so many times.
        cut: sends only the first half of an answer, by path, so many times.
        reset: does so and resets the connection, by path, so many times.
        announced: so many bytes more are announced than come, by path.
        moved: sends to another URL, by path.
        told: the body of an answer that is none of a file.
        change: called before each GET, with the path.
        sent: the bytes that were sent of each path.
        asked: how many GETs there were.
        headers: of the last request, in lower case.
        written: what was put there, by path.

    """

    def __init__(self) -> None:
        self.url = ""
        self.files: dict[str, bytes] = {}
        self.ranges = self.head = self.etags = True
        self.status: dict[str, list[int]] = {}
        self.cut: Counter[str] = Counter()
        self.reset: Counter[str] = Counter()
        self.announced: Counter[str] = Counter()
        self.moved: dict[str, str] = {}
        self.told = b""
        self.change: Callable[[str], None] = lambda path: None
        self.sent: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.headers: dict[str, str] = {}
        self.written: dict[str, bytes] = {}

    def add(self, path: str | Path, data: bytes | str) -> str:
        """Puts a file there; answers its URL."""
        self.files[f"/{path}"] = data.encode() if isinstance(data, str) else data
        return f"{self.url}/{path}"


@contextlib.contextmanager
def web() -> Iterator[Web]:
    """A server on the loopback address, gone at the end."""
    found = Web()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"web": found}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    web: ClassVar[Web]
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        return

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self.web.change(self.path)
        self.web.asked[self.path] += 1
        self._answer(with_body=True)

    def do_PUT(self) -> None:
        self.web.written[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self._end(201)

    def _end(self, status: int) -> None:
        self._begin(status, len(self.web.told), {})
        if self.command != "HEAD":
            self.wfile.write(self.web.told)

    def _answer(self, *, with_body: bool) -> None:
        self.web.headers = {name.lower(): value for name, value in self.headers.items()}
        waiting = self.web.status.get(self.path)
        if waiting:
            self._end(waiting.pop(0))
            return
        if self.path in self.web.moved:
            self._begin(302, 0, {"Location": self.web.moved[self.path]})
            return
        data = self.web.files.get(self.path)
        if data is None or (not with_body and not self.web.head):
            self._end(404 if data is None else 405)
            return
        headers = {"Accept-Ranges": "bytes"} if self.web.ranges else {}
        if self.web.etags:
            headers["ETag"] = f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'
        asked = re.fullmatch(r"bytes=([0-9]+)-([0-9]*)", self.headers.get("Range", ""))
        status, whole = 200, len(data)
        if asked and self.web.ranges:
            start = int(asked[1])
            stop = min(int(asked[2]) + 1 if asked[2] else whole, whole)
            status, data = 206, data[start:stop]
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{whole}"
        self._begin(status, len(data) + self.web.announced[self.path], headers)
        if with_body:
            self._send(data)

    def _begin(self, status: int, length: int, headers: dict[str, str]) -> None:
        self.close_connection = True
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, data: bytes) -> None:
        if self.web.cut[self.path]:
            self.web.cut[self.path] -= 1
            data = data[: len(data) // 2]
        if self.web.reset[self.path]:
            self.web.reset[self.path] -= 1
            self.wfile.write(data[: len(data) // 2])
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        with contextlib.suppress(ConnectionError):
            self.wfile.write(data)
            self.web.sent[self.path] += len(data)
