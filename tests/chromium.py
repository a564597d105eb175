"""A browser that tests use as a person does, with keys and clicks; by a pipe in its own protocol."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["CHROMIUM", "Browser", "browser"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

_OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-pipe"),
)
_WAIT = 30.0

_START = """
import fcntl, os, sys
ours = [fcntl.fcntl(int(word), fcntl.F_DUPFD, 10) for word in sys.argv[1:3]]
os.dup2(ours[0], 3)
os.dup2(ours[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Starts the browser with the pipes where it looks for them: it reads from descriptor 3 and writes to 4."""


class Browser:
    """One page in a browser.

    Attributes:
        requests: the addresses that were asked for.
        complaints: what the console was told, and errors that nobody caught.

    """

    def __init__(self, reading: int, writing: int) -> None:
        self._read, self._write = open(reading, "rb", buffering=0), open(writing, "wb", buffering=0)  # noqa: SIM115
        self._pending = b""
        self._number = 0
        self._session = ""
        self.requests: list[str] = []
        self.complaints: list[str] = []

    def start(self) -> None:
        """Makes the page and listens to it."""
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable")

    def close(self) -> None:
        """Closes the pipes."""
        self._read.close()
        self._write.close()

    def open(
        self, page: Path, *, width: int = 1280, height: int = 900, dark: bool = False, fragment: str = ""
    ) -> None:
        """Opens a page at this width, in the light or in the dark."""
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", features=[scheme])
        for url in ("about:blank", f"{page.resolve().as_uri()}#{fragment}"):  # else a fragment loads nothing
            self._call("Page.navigate", url=url)
            self.wait(f"location.href === {json.dumps(url)}")
        self.wait("document.readyState === 'complete'")

    def value(self, expression: str) -> Any:
        """The value of an expression of JavaScript, as JSON holds it."""
        found = self._call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True, userGesture=True
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def wait(self, expression: str) -> None:
        """Waits until an expression is true."""
        end = time.monotonic() + _WAIT
        while not self.value(expression):
            assert time.monotonic() < end, expression
            time.sleep(0.02)

    def key(self, key: str, text: str = "") -> None:
        """Presses a key."""
        codes = {
            "ArrowUp": 38,
            "ArrowDown": 40,
            "ArrowRight": 39,
            "ArrowLeft": 37,
            "Tab": 9,
            "Enter": 13,
            " ": 32,
        }
        more = {"text": text or ("\r" if key == "Enter" else " " if key == " " else "")}
        given = {"key": key, "windowsVirtualKeyCode": codes.get(key, 0), **({} if not more["text"] else more)}
        self._call("Input.dispatchKeyEvent", type="keyDown", **given)
        self._call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def write(self, text: str) -> None:
        """Types a text into what has the focus."""
        self._call("Input.insertText", text=text)

    def click(self, selector: str) -> None:
        """Clicks in the middle of an element."""
        place = f"document.querySelector({json.dumps(selector)})"
        self.value(f"{place}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
        found = self.value(
            f"(({{x, y, width, height}}) => [x + width / 2, y + height / 2])({place}.getBoundingClientRect())"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self._call(
                "Input.dispatchMouseEvent", type=kind, x=found[0], y=found[1], button="left", clickCount=1
            )

    def drag(self, places: Sequence[tuple[float, float]]) -> None:
        """Presses a button at the first place, moves through the others, and lets go at the last."""
        kinds = ["mousePressed", *("mouseMoved" for _ in places[1:]), "mouseReleased"]
        for kind, (x, y) in zip(kinds, [*places, places[-1]], strict=True):
            self._call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def screenshot(self, file: Path, *, whole: bool = True) -> None:
        """A picture of the page."""
        found = self._call("Page.captureScreenshot", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(found["data"]))

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._write.write(json.dumps(message).encode() + b"\0")
        while True:
            found = self._message()
            if found.get("id") == self._number:
                assert "error" not in found, found
                return dict(found["result"])
            self._note(found)

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._pending:
            part = self._read.read(1 << 16)
            assert part, "the browser ended"
            self._pending += part
        first, _, self._pending = self._pending.partition(b"\0")
        return dict(json.loads(first))

    def _note(self, event: dict[str, Any]) -> None:
        given = event.get("params", {})
        if event.get("method") == "Network.requestWillBeSent":
            self.requests.append(given["request"]["url"])
        elif event.get("method") in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"):
            self.complaints.append(json.dumps(given))


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """A browser with a profile of its own and no way to the network."""
    assert CHROMIUM is not None
    to_browser, from_us = os.pipe()
    from_browser, to_us = os.pipe()
    command = [CHROMIUM, *_OPTIONS, f"--user-data-dir={profile}"]
    process = subprocess.Popen(
        [sys.executable, "-c", _START, str(to_browser), str(to_us), *command],
        pass_fds=(to_browser, to_us),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_browser)
    os.close(to_us)
    try:
        found = Browser(from_browser, from_us)
        try:
            found.start()
            yield found
        finally:
            found.close()
    finally:
        process.terminate()
        process.wait(timeout=30)
