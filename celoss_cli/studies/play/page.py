"""The page as one text: its parts stand beside this module, nothing is loaded from elsewhere; its data."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, Literal

from celoss_cli.core.errors import visible
from celoss_cli.core.records import record

__all__ = ["COMPUTING", "EXAMPLE", "Beginning", "DataSource", "Language", "page_of", "part_of", "start_of"]


Language = Literal["en", "zh"]


@record(frozen=True, slots=True)
class DataSource:
    """Where the rows come from.

    Attributes:
        file: its name.
        shown: how many of its rows are on the page.
        more: whether there are more.

    """

    file: str
    shown: int
    more: bool


@record(frozen=True, slots=True, kw_only=True)
class Beginning:
    """The state of the page when it is opened.

    Attributes:
        logits: rows of as many numbers each as there are classes; they may be infinite.
        targets: one class a row, or the number that leaves the row out.
        loss: "ce" or "nll".
        weight: one number a class, or None.
        label_smoothing, ignore_index, reduction, base: as the loss has them.
        labels: the names of the classes, or None.
        rows: the names of the rows, or None.
        source: of the data, or None for an example.

    """

    logits: Sequence[Sequence[float]]
    targets: Sequence[int]
    loss: Literal["ce", "nll"] = "ce"
    weight: Sequence[float] | None = None
    label_smoothing: float = 0.0
    ignore_index: int = -100
    reduction: str = "mean"
    base: str = "e"
    labels: Sequence[str] | None = None
    rows: Sequence[str] | None = None
    source: DataSource | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """The settings as compute.js knows them."""
        return {
            "loss": self.loss,
            "before": "none",
            "logits": [[_json_number(value) for value in row] for row in self.logits],
            "targets": list(self.targets),
            "weight": None if self.weight is None else list(self.weight),
            "smoothing": self.label_smoothing,
            "ignore": self.ignore_index,
            "temperature": 1,
            "axis": 1,
            "reduction": self.reduction,
            "base": self.base,
        }


def _json_number(value: float) -> float | str:
    """A number as JSON holds it: infinities are words there."""
    return value if abs(value) < float("inf") else str(value)


EXAMPLE = Beginning(logits=[[2.0, 1.0, 0.1], [0.5, 2.5, 0.3]], targets=[0, 1])
"""What the page shows where there is no data: the first rows of docs/semantics.md."""


COMPUTING = ("script/compute.js", "script/lines.js")
"""The scripts that compute; they touch no page, so that they can be tested without one."""

_SCRIPTS = (
    *COMPUTING,
    *(
        f"script/{name}.js"
        for name in (
            *("elements", "charts", "state", "batch", "row", "options", "result"),
            *("curves", "steps", "copying", "questions", "page"),
        )
    ),
)
"""All of them, as one script in this order; the last one builds the page."""


def page_of(beginning: Beginning, language: Language | None, version: str) -> str:
    """The page that starts so; ASCII, and the same text for the same beginning."""
    style, script = part_of("play.css"), "".join(map(part_of, _SCRIPTS))
    page = part_of("play.html")
    for name, content in {
        "policy": _policy(style, script),
        "style": style,
        "start": _embedded(start_of(beginning, language, version)),
        "script": script,
    }.items():
        before, _, after = page.partition("{{" + name + "}}")
        page = before + content + after
    return page


def part_of(name: str) -> str:
    """The text of one of the files beside this module; folders are named with a slash."""
    return files("celoss_cli.studies.play").joinpath(name).read_text(encoding="utf-8")


def start_of(beginning: Beginning, language: Language | None, version: str) -> dict[str, Any]:
    """What the script is given: the settings, the names, the words and the questions."""
    source = beginning.source
    return {
        "version": version,
        "lang": language,
        "settings": beginning.settings,
        "defaults": EXAMPLE.settings,
        "labels": None if beginning.labels is None else list(map(visible, beginning.labels)),
        "rows": None if beginning.rows is None else list(map(visible, beginning.rows)),
        "source": None
        if source is None
        else {"file": visible(source.file), "shown": source.shown, "more": source.more},
        "words": json.loads(part_of("words.json")),
        "questions": json.loads(part_of("questions.json")),
    }


def _embedded(value: Any) -> str:
    """JSON that ends no element and opens no comment, whatever its texts are."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _policy(style: str, script: str) -> str:
    """No browser loads anything for this page, or runs anything but its own script."""
    allowed = f"style-src '{_hash(style)}'; script-src '{_hash(script)}'"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    """The hash of an element's content by which a policy allows it."""
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
