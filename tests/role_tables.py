"""Small tables for the approved outcomes of roles, each in a line: ``bce --positive yes | prob:p label:yn``.

Behind the loss and the options stand the columns as ``name:kind``, then those of a table of targets, where
there is one. A blank within a name is a tilde.
"""

from __future__ import annotations

import io
import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from formulas import expit, log_softmax
from layouts import CELLS

from celoss_cli.losses import LOSSES
from celoss_cli.read import SOURCES
from celoss_cli.read.request import ColumnChoice, Dataset, ReadRequest, Stream
from celoss_cli.read.truth import Truth, read_truth

__all__ = ["Table", "due", "formula", "opened", "table_of"]

_Y3, _Y = [0, 1, 2, 2, 0], [1, 0, 1, 0, 1]
_IRIS = ("setosa", "versicolor", "virginica")
_R = [(0.5, 0.3, 0.2), (0.1, 0.8, 0.1), (0.25, 0.25, 0.5), (0.3, 0.3, 0.4), (0.7, 0.2, 0.1)]

KINDS: dict[str, list[str]] = {
    **CELLS,
    **{f"r{i}": [str(row[i]) for row in _R] for i in range(3)},
    **{f"h{i}": ["1" if y == i else "0" for y in _Y3] for i in range(3)},
    **{
        f"{name}3": [change(_IRIS[y]) for y in _Y3]
        for name, change in {
            "T": str.upper,
            "i": lambda name: name[:3],
            "x": lambda name: f"p_{name}",
            "o": lambda name: f"{name}?",
        }.items()
    },
    "n3": [str(y + 1) for y in _Y3],
    "f3": [f"{y}.0" for y in _Y3],
    "l3": ["abc"[y] for y in _Y3],
    "pet": ["cat" if y else "dog" for y in _Y],
    "Pet": ["Cat" if y else "Dog" for y in _Y],
    "dpet": ["cat", "dog", "cat", "dog", "dog"],
    "YN": ["Y" if y else "N" for y in _Y],
    "12": [str(2 - y) for y in _Y],
    "p%": [f"{100 * float(p):g}%" for p in CELLS["p"]],
    "p,": [p.replace(".", ",") for p in CELLS["p"]],
    "p-": [*CELLS["p"][:2], "", *CELLS["p"][3:]],
    "y-": ["1", "NA", "1", "0", "1"],
    "p!": [*CELLS["p"][:3], "often", CELLS["p"][4]],
    "y!": ["1", "0", "1", "0", "2"],
    "yn!": ["yes", "no", "yes", "no", "maybe"],
    "lp": [f"{np.log(float(p)):.6f}" for p in CELLS["p"]],
    **{f"lp{i}": [f"{np.log(float(p)):.12f}" for p in CELLS[f"p{i}"]] for i in range(3)},
    "u": ["1001", "1002", "1003", "1004", "1005"],
    "U": ["1003", "1001", "1005", "1002", "1004"],
    "-": [""] * 5,
    "nan": ["1", "nan", "0", "inf", "1"],
    "inf": ["-inf", "0.25", "nan", "1.5", "inf"],
    "big": ["9223372036854775808", "5", "7", "5", "7"],
    "long": ["9", "9", "12", "12", "15"],
}
"""The cells of each kind of column, with those of ``layouts``.

Kinds of targets say the same of every row, and the kinds of an input are those of one model each: so the
number that is due does not depend on what columns are called.
"""

MATRICES: dict[str, Any] = {
    "P": np.array([[float(CELLS[f"p{i}"][row]) for i in range(3)] for row in range(5)]),
    "L": np.array([[float(CELLS[f"l{i}"][row]) for i in range(3)] for row in range(5)]),
    "H": np.eye(3, dtype=int)[_Y3],
    "PP": np.array([[1 - float(p), float(p)] for p in CELLS["p"]]),
    "p1": np.array([[float(p)] for p in CELLS["p"]]),
    "Y1": np.array([[y] for y in _Y3]),
    "W": np.array([1.0, 2.0, 0.5]),
    "YY": np.array([[1 - y, y] for y in _Y]),
}
"""Of arrays by name: those with more than one axis."""

LOSS_OF = {
    "ce-probs": ("ce", "probs"),
    "ce-log-probs": ("ce", "log-probs"),
    "brier-logits": ("brier", "logits"),
}
"""Losses with a kind of input that is not their own."""

_CHOICES = {
    "--target-column": "target",
    "--class-columns": "classes",
    "--id-column": "id",
    "--weight-column": "weight",
    "--by": "group",
    "--predicted-column": "predicted",
}
_FLAGS: dict[str, tuple[str, Any]] = {
    "--percent": ("percent", True),
    "--allow-nonfinite": ("allow_nonfinite", True),
    "--examined": ("examined", True),
    "--rescaled": ("rescaled", True),
    "--or-binary": ("or_binary", True),
    "--no-header": ("header", False),
    "--header": ("header", True),
}
_SEPARATORS = {"tsv": "\t", "semicolons": ";", "pipes": "|"}


@dataclass(frozen=True)
class Table:
    """A table with what is asked of it.

    Attributes:
        loss: a command, or one of ``LOSS_OF``.
        options: by name; "" where a word by itself.
        columns: the name and the kind of each column, in their order.
        targets: the same of the table of targets, if there is one; or the text of ``--targets``.

    """

    loss: str
    options: Mapping[str, str]
    columns: Sequence[tuple[str, str]]
    targets: Sequence[tuple[str, str]] | str | None = None


def table_of(line: str) -> Table:
    """The table that a line describes."""
    asked, columns, *targets = (part.strip() for part in line.split(" | "))
    loss, *words = shlex.split(asked)
    options = {}
    while words:
        name = words.pop(0)
        options[name] = words.pop(0) if name not in _FLAGS else ""
    given: Any = None
    if targets:
        given = targets[0].removeprefix("=") if targets[0].startswith("=") else _columns(targets[0])
    return Table(loss, options, _columns(columns), given)


def _columns(layout: str) -> list[tuple[str, str]]:
    parts = [part.rpartition(":") for part in layout.split()]
    return [(name.replace("~", " "), kind) for name, _, kind in parts]


# ------------------------------------------------------------------------------------------ as it is read


def opened(table: Table) -> tuple[Dataset, ReadRequest]:
    """The data set of a table, read in memory, and what was asked of it."""
    form = table.options.get("--as", "csv")
    source = SOURCES[{"lines": "jsonl", "csv": "csv"}.get(form, "csv" if form in _SEPARATORS else "json")]
    request = request_of(table)
    rows = int(table.options.get("--rows", 5))
    text = written(table.columns, form, header=request.header is not False, rows=rows)
    stream = _stream(f"table.{source.name}", text)
    return source.load().read(stream, request), request


def request_of(table: Table) -> ReadRequest:
    """What is asked of the reader, as the command line asks it."""
    command, takes = _command(table.loss)
    spec, options = LOSSES[command], table.options
    choice = {role: options[name] for name, role in _CHOICES.items() if name in options}
    more = dict(_FLAGS[name] for name in options if name in _FLAGS)
    if pairs := options.get("--class-map"):
        more["class_map"] = dict(pair.split("=") for pair in pairs.split(","))
    if first := options.get("--first-class"):
        more |= {"first_class": int(first), "target_is": "index"}
    for name, field in (("--positive", "positive"), ("--target-is", "target_is"), ("--missing", "missing")):
        more |= {field: options[name]} if name in options else {}
    more |= {"decimal": options["--decimal"]} if "--decimal" in options else {}
    if "--class-axis" in options:
        more["class_axis"] = int(options["--class-axis"])
    request = ReadRequest(
        per_class=spec.per == "class",
        takes=takes,
        binary=spec.binary,
        columns=ColumnChoice(**choice),
        answers=(-1.0, 1.0) if spec.takes == "scores" else (0.0, 1.0),
        **more,
    )
    return request if table.targets is None else _with_targets(request, table.targets)


def _with_targets(request: ReadRequest, targets: Sequence[tuple[str, str]] | str) -> ReadRequest:
    if isinstance(targets, str):
        truth = read_truth(targets, "--targets", request)
    else:
        given = SOURCES["csv"].load().read_columns(_stream("targets.csv", written(targets, "csv")), request)
        truth = Truth("targets.csv", given)
    return replace(request, truth=truth)


def _command(loss: str) -> tuple[str, str]:
    """The command of a loss, and what it takes."""
    return LOSS_OF.get(loss) or (loss, LOSSES[loss].takes)


def _stream(name: str, text: str) -> Stream:
    return Stream(name, io.BufferedReader(io.BytesIO(text.encode())))  # type: ignore[arg-type]


def written(columns: Sequence[tuple[str, str]], form: str, *, header: bool = True, rows: int = 5) -> str:
    """The table as text: csv, tsv, semicolons, pipes; rows, lines, split or arrays in JSON.

    Args:
        columns: their names and kinds.
        form: one of these.
        header: whether a table of text has one.
        rows: how many; more than five are the same again.

    """
    names = [name for name, _ in columns]
    turns = [at % 5 for at in range(rows)]
    if form in ("csv", *_SEPARATORS):
        mark = _SEPARATORS.get(form, ",")
        cells = [[KINDS[kind][at] for _, kind in columns] for at in turns]
        return "".join(
            mark.join(_quoted(cell, mark) for cell in row) + "\n" for row in [names, *cells][not header :]
        )
    arrays = {
        name: MATRICES[kind].tolist() if kind in MATRICES else [_value(cell) for cell in KINDS[kind]]
        for name, kind in columns
    }
    objects = [{name: held[at] for name, held in arrays.items()} for at in turns] if form != "arrays" else []
    if form == "rows":
        return json.dumps(objects)
    if form == "lines":
        return "".join(json.dumps(row) + "\n" for row in objects)
    if form == "split":
        return json.dumps({"columns": names, "index": turns, "data": [[*row.values()] for row in objects]})
    assert form == "arrays", form
    return json.dumps(arrays)


def _quoted(cell: str, mark: str) -> str:
    return f'"{cell}"' if mark in cell or not cell else cell


def _value(cell: str) -> Any:
    """A cell as JSON has it: numbers and truth values are no texts."""
    try:
        return json.loads(cell.lower())
    except ValueError:
        return cell or None


# ------------------------------------------------------------------------------------------ what it is worth


def formula(loss: str, x: Any, y: Any) -> float:
    """The mean over rows of a loss as it is written down: input and targets of a batch, or due ones.

    Args:
        loss: as a table has it.
        x: shape (rows, classes), or the shape of ``y`` for a loss of single values.
        y: class indices or a distribution over classes; for a loss of single values 0 and 1, or -1 and 1.

    Returns:
        NaN for what the loss refuses: shapes that do not fit, and values that it is not defined for.

    """
    command, kind = _command(loss)
    x, y = np.asarray(x, np.float64), np.asarray(y)
    with np.errstate(all="ignore"):
        if LOSSES[command].per == "element":
            if x.shape != y.shape:
                return float("nan")
            if kind == "scores":
                return float(np.log1p(np.exp(-y * x)).mean())
            p = x if kind == "probs" else expit(x)
            if ((p < 0) | (p > 1) | (y < 0) | (y > 1)).any():
                return float("nan")
            return float(-(y * np.log(p) + (1 - y) * np.log(1 - p)).mean())
        if x.ndim != 2 or len(x) != len(y):
            return float("nan")
        logs = log_softmax(x, 1) if kind == "logits" else np.log(x) if kind == "probs" else x
        if y.shape == x.shape:
            return float(-(logs * y).sum(axis=1).mean())
        if y.ndim == 1:
            y = np.where((y >= 0) & (y < x.shape[1]), y, -1)
            logs = np.hstack([logs, np.full((len(x), 1), np.nan)])
            return float(-logs[np.arange(len(y)), y.astype(int)].mean())
        return float("nan")


_HARMLESS = {"id", "n", "u", "U", "path", "date", "fold", "f", "i", "w", "k", "-", "long", "d3", "dyn"}
"""Kinds that are neither input nor target of any loss."""
_ANSWERS = {"y", "y1", "yn", "YN", "b", "mb", "pet"}
_INDICES, _NAMES = {"y3", "f3", "n3"}, {"t3", "T3", "x3", "l3"}


def due(table: Table) -> float | None:
    """The number of the one sound reading, by the kinds of the columns alone; None where there may be none.

    That is: where beside the columns of one input and of one target nothing stands that may be either, and no
    option says otherwise. Celoss may refuse such a table, but gives no other number.
    """
    targets = table.targets or ()
    if isinstance(targets, str) or not {*table.options} <= {"--as", "--percent", "--decimal"}:
        return None
    inside = [kind for _, kind in table.columns if kind not in _HARMLESS]
    kinds = [*inside, *(kind for _, kind in targets if kind not in _HARMLESS)]
    command, takes = _command(table.loss)
    for own, of, x, y, may_be in _SOUND:
        left = [kind for kind in kinds if kind not in own]
        in_order = [kind for kind in inside if kind in own] == [*own]
        if (
            of == (LOSSES[command].per, takes)
            and in_order
            and (left in may_be or (len(left) == 1 and left[0] in may_be))
        ):
            return formula(table.loss, x, y)
    return None


def _sound() -> Any:
    """Input kinds in order, of which losses they are, the input, the targets, and the kinds of targets."""

    def numbers(*kinds: str) -> Any:
        return np.transpose([list(map(float, KINDS[kind])) for kind in kinds])

    classes = [*_INDICES, *_NAMES, ["h0", "h1", "h2"]]
    for prefix, takes in (("p", "probs"), ("l", "logits"), ("lp", "log-probs")):
        own = tuple(f"{prefix}{i}" for i in range(3))
        yield own, ("class", takes), numbers(*own), _Y3, classes
    for own in (("p",), ("p%",), ("p,",), ("1-p", "p"), ("p", "1-p")):
        yield own, ("element", "probs"), numbers("p")[:, 0], _Y, [*_ANSWERS]
    yield ("s",), ("element", "logits"), numbers("s")[:, 0], _Y, [*_ANSWERS]


_SOUND = list(_sound())
