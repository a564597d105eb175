"""The numbers of the page of celoss play: its script, run by Node, against celoss and PyTorch."""

from __future__ import annotations

import json
import math
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from running import celoss

from celoss_cli import cross_entropy, log_softmax, nll_loss, softmax
from celoss_cli.studies.play.page import COMPUTING, EXAMPLE, part_of

NODE = shutil.which("node")
DRIVER = Path(__file__).parent / "play_numbers.js"
QUESTIONS = json.loads(part_of("questions.json"))
DEFAULTS = EXAMPLE.settings

pytestmark = [
    pytest.mark.subprocess,
    pytest.mark.skipif(NODE is None, reason="no node is installed, which runs the script of the page"),
]


def of_node(asked: str, cases: list[Any]) -> list[Any]:
    """What the script answers to each case, in one process."""
    assert NODE is not None
    source = "".join(map(part_of, COMPUTING))
    done = subprocess.run(
        [NODE, str(DRIVER), source],
        input=json.dumps({"asked": asked, "cases": cases}),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return list(json.loads(done.stdout, parse_int=float))


def number(value: float | str) -> float:
    return float(value)


def settings(rng: np.random.Generator, *, finite: bool = False) -> dict[str, Any]:
    """Random settings, among them ties, extremes, infinities and rows that are left out."""
    rows, classes = (int(rng.integers(1, 7)) for _ in range(2))
    scale = float(rng.choice([1e-9, 0.1, 1, 5, 40, 800, 1e6] if not finite else [0.1, 1, 5, 20]))
    x = rng.normal(size=(rows, classes)) * scale
    if rng.random() < 0.2:
        x = np.round(x)
    if not finite and rng.random() < 0.2:
        x[rng.random(x.shape) < 0.2] = -np.inf
    if not finite and rng.random() < 0.05:
        x[rng.random(x.shape) < 0.2] = np.inf
    axis = int(rng.integers(0, 2)) if rows == classes else 1
    ignore = int(rng.choice([-100, -1, int(rng.integers(0, classes))]))
    targets = rng.integers(0, classes, size=rows)
    if ignore < 0:
        targets[rng.random(rows) < 0.2] = ignore
    weight = None
    if rng.random() < 0.5:
        weight = [
            float(value) for value in rng.choice([0.0, 0.5, 1.0, 2.0, float(rng.random())], size=classes)
        ]
    return {
        "loss": str(rng.choice(["ce", "ce", "ce", "nll"])),
        "before": str(rng.choice(["none", "none", "softmax", "log_softmax"])),
        "logits": [[value if np.isfinite(value) else str(value) for value in row] for row in x.tolist()],
        "targets": targets.tolist(),
        "weight": weight,
        "smoothing": float(rng.choice([0, 0, 0.1, float(rng.random()), 1])),
        "ignore": ignore,
        "temperature": float(rng.choice([1, 1, 0.5, 2, 3.7])),
        "axis": axis,
        "reduction": str(rng.choice(["none", "sum", "mean"])),
        "base": str(rng.choice(["e", "e", "2", "10"])),
    }


BEFORE = {"none": lambda x: x, "softmax": softmax, "log_softmax": log_softmax}


def expected(given: dict[str, Any], reduction: str) -> Any:
    """What the public functions give for these settings."""
    x = np.array([[float(value) for value in row] for row in given["logits"]])
    with np.errstate(all="ignore"):
        x = BEFORE[given["before"]]((x if given["axis"] else x.T) / given["temperature"])
    more = {"weight": given["weight"], "ignore_index": given["ignore"], "reduction": reduction}
    if given["loss"] == "ce":
        found = cross_entropy(x, given["targets"], label_smoothing=given["smoothing"], **more)
    else:
        found = nll_loss(x, given["targets"], **more)
    return np.asarray(found) / {"e": 1, "2": math.log(2), "10": math.log(10)}[given["base"]]


@pytest.mark.parametrize("count", [400, pytest.param(10_000, marks=pytest.mark.slow)])
def test_the_script_computes_what_the_functions_compute(count: int) -> None:
    rng = np.random.default_rng(count)
    cases = [settings(rng) for _ in range(count)]
    kinds = set()
    for given, found in zip(cases, of_node("compute", cases), strict=True):
        losses = zip(found["losses"], expected(given, "none").tolist(), strict=True)
        assert all(agree(number(one), wanted) for one, wanted in losses), given
        if given["reduction"] != "none":
            wanted = float(expected(given, given["reduction"]))
            assert agree(number(found["value"]), wanted), given
            kinds.add("finite" if math.isfinite(wanted) else str(wanted))
    assert kinds >= {"finite", "inf", "nan"}


def agree(found: float, wanted: float) -> bool:
    """Whether two numbers are one to a relative 1e-12, infinities and NaN included."""
    return math.isclose(found, wanted, rel_tol=1e-12) or (math.isnan(found) and math.isnan(wanted))


@pytest.mark.torch
def test_the_gradient_of_the_script_is_that_of_autograd() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(5)
    cases = [settings(rng, finite=True) for _ in range(300)]
    names = {"none": lambda x: x, "softmax": torch.nn.Softmax(1), "log_softmax": torch.nn.LogSoftmax(1)}
    for given, found in zip(cases, of_node("compute", cases), strict=True):
        x = torch.tensor(given["logits"], dtype=torch.float64, requires_grad=True)
        v = names[given["before"]]((x if given["axis"] else x.T) / given["temperature"])
        more = {"ignore_index": given["ignore"], "reduction": given["reduction"]}
        if given["weight"] is not None:
            more["weight"] = torch.tensor(given["weight"], dtype=torch.float64)
        if given["loss"] == "ce":
            more["label_smoothing"] = given["smoothing"]
        function = {"ce": torch.nn.functional.cross_entropy, "nll": torch.nn.functional.nll_loss}[
            given["loss"]
        ]
        value = function(v, torch.tensor(given["targets"]), **more).sum()
        if not torch.isfinite(value):
            continue
        (value / {"e": 1, "2": math.log(2), "10": math.log(10)}[given["base"]]).backward()
        wanted = (x.grad if given["axis"] else x.grad.T).numpy()
        gradients = np.array([[number(one) for one in row] for row in found["gradients"]])
        np.testing.assert_allclose(gradients, wanted, rtol=1e-8, atol=1e-12, err_msg=str(given))


# ------------------------------------------------------------------------------------------- the lines


def printed(line: str) -> list[float]:
    """The numbers that a command prints."""
    name, *words = shlex.split(line)
    assert name == "celoss"
    return [float(text) for text in celoss(*words, "--format", "value").stdout.split()]


def answers() -> list[tuple[str, dict[str, Any]]]:
    found = of_node("questions", [{"question": one, "defaults": DEFAULTS} for one in QUESTIONS])
    return [
        (f"{one['id']} {index}", variant)
        for one, variants in zip(QUESTIONS, found, strict=True)
        for index, variant in enumerate(variants)
    ]


def test_the_command_of_every_question_gives_the_number_that_the_page_shows() -> None:
    run = [(name, one) for name, one in answers() if "command" in one]
    assert {name.split()[0] for name, _ in run} == {one["id"] for one in QUESTIONS}
    for name, one in run:
        (value,) = printed(one["command"])
        assert celoss(*shlex.split(one["command"])[1:]).returncode == 0, one  # as it is copied
        assert f"{value:.14g}" == f"{number(one['value']):.14g}", (name, one)  # what the page shows


@pytest.mark.torch
def test_the_line_of_pytorch_of_every_question_gives_the_number_that_the_page_shows() -> None:
    torch = pytest.importorskip("torch")
    known = {"torch": torch, "F": torch.nn.functional, "math": math}
    for name, one in answers():
        if "torch" in one:
            value = float(eval(one["torch"], known))  # noqa: S307  # our own line is what is tested
            np.testing.assert_allclose(value, number(one["value"]), rtol=1e-12, err_msg=name)


def test_commands_and_lines_of_other_settings_give_the_number_of_the_page() -> None:
    rng = np.random.default_rng(11)
    cases = [settings(rng) for _ in range(60)]
    values = of_node("compute", cases)
    for given, found, lines in zip(cases, values, of_node("lines", cases), strict=True):
        value = found["value"]
        wanted = [number(one) for one in (value if isinstance(value, list) else [value])]
        np.testing.assert_allclose(printed(lines["command"]), wanted, rtol=1e-11, err_msg=str(given))


# --------------------------------------------------------------------------------------- the questions

LN2 = math.log(2)


def nlp(x: list[float], y: int) -> float:
    """-log softmax(x)[y] by the formula of books, for small logits."""
    return math.log(sum(map(math.exp, x))) - x[y]


VALUES = {
    "one-hot": [math.log(math.e + 2) - 1, math.log(2 + math.exp(5)) - 5, math.log(2 + math.exp(10)) - 10],
    "softmax-twice": [0.16984601955628567, 0.6578462670197279, math.log(math.e + 2) - 1, 0.16984601955628567],
    "logarithm": [LN2, 1, math.log10(2)],
    "is-it-good": [LN2, LN2, math.log(10)],
    "subtract-max": [nlp([2, 1, 0], 0), nlp([2, 1, 0], 0), math.nan],
    "nll-or-ce": [-2, 0.41703001627783354, 0.41703001627783354],
    "which-dim": [(nlp([4, 1], 0) + nlp([3, 2], 1)) / 2, (nlp([4, 3], 0) + nlp([1, 2], 1)) / 2],
    "weights": [
        0.9282167205705407,
        0.6921609880538732,
        (0.41703001627783354 + math.log(3)) / 2,
        0.5785639426554937,
    ],
    "uneven-batches": [
        (nlp([3, 0], 0) + nlp([2, 0], 0) + nlp([4, 0], 0) + nlp([0, 1], 0)) / 4,
        (nlp([3, 0], 0) + nlp([2, 0], 0) + nlp([4, 0], 0)) / 3,
        nlp([0, 1], 0),
        ((nlp([3, 0], 0) + nlp([2, 0], 0) + nlp([4, 0], 0)) / 3 + nlp([0, 1], 0)) / 2,
    ],
    "bce-or-ce": [math.log1p(math.exp(-2)), math.log1p(math.exp(-2)), (LN2 + math.log1p(math.exp(-2))) / 2],
    "smoothing": [
        0.9 * nlp([2, 1, 0.1], 0) + 0.1 * (3 * math.log(math.exp(2) + math.e + math.exp(0.1)) - 3.1) / 3,
        nlp([2, 1, 0.1], 0),
        nlp([10, 0, 0], 0),
        nlp([10, 0, 0], 0) + 0.1 * 20 / 3,
    ],
    "gradient": [nlp([1, 2, 3], 2), nlp([1, 2, 3], 0), nlp([1, 2, 9], 2)],
    "loss-and-accuracy": [
        (2 * nlp([1, 0], 0) + nlp([0, 0.2], 0)) / 3,
        (2 * nlp([3, 0], 0) + nlp([0, 0.2], 0)) / 3,
        (2 * nlp([3, 0], 0) + nlp([0, 5], 0)) / 3,
    ],
    "negative-or-nan": [-math.exp(2) / (math.exp(2) + 2), -2, math.nan, math.nan, math.inf],
    "the-article": [1.0777613559981218, 1.365379445733324, 0.1365379445733324],
}
"""What the numbers of each question are, by formulas, PyTorch's answers or the article."""


def test_the_numbers_of_the_questions_are_those_of_the_formulas() -> None:
    found = of_node("questions", [{"question": one, "defaults": DEFAULTS} for one in QUESTIONS])
    assert [one["id"] for one in QUESTIONS] == list(VALUES)
    for one, variants in zip(QUESTIONS, found, strict=True):
        values = [number(variant["value"]) for variant in variants]
        np.testing.assert_allclose(values, VALUES[one["id"]], rtol=1e-12, atol=1e-15, err_msg=one["id"])


EXTRA = {
    "one-hot": [math.e / (math.e + 2), 1 / 3],
    "smoothing": [nlp([2, 1, 0.1], 0), (3 * math.log(math.exp(2) + math.e + math.exp(0.1)) - 3.1) / 3],
    "gradient": [math.exp(-nlp([1, 2, 3], y)) for y in range(3)],
    "the-article": [1.0777613559981218],
}
"""Numbers that stand in the words of a question and are none of its results."""


def test_numbers_in_the_words_of_a_question_are_rounded_results() -> None:
    for one in QUESTIONS:
        texts = [one["title"], one["ask"], *one["why"], *one["predict"].get("choices", [])]
        for language in ("en", "zh"):
            written = re.findall(r"-?\d+\.\d{3,}", " ".join(text[language] for text in texts))
            for number_ in written:
                digits = len(number_.partition(".")[2])
                known = [f"{value:.{digits}f}" for value in (*VALUES[one["id"]], *EXTRA.get(one["id"], []))]
                assert number_ in known, (one["id"], language, number_)


@pytest.mark.parametrize(
    "one", [one for one in QUESTIONS if "choices" in one["predict"]], ids=lambda one: one["id"]
)
def test_the_right_choice_is_the_one_that_the_numbers_say(one: dict[str, Any]) -> None:
    choices, right = one["predict"]["choices"], one["predict"]["right"]
    chosen, values = choices[right]["en"], VALUES[one["id"]]
    pairs = {"softmax-twice": (0, 1), "uneven-batches": (0, 3), "bce-or-ce": (0, 1)}
    if one["id"] in pairs:
        before, after = (values[at] for at in pairs[one["id"]])
        assert chosen == (
            "the same" if math.isclose(before, after) else "larger" if after > before else "smaller"
        )
    elif re.fullmatch(r"-?[\d.]+", chosen):
        digits = len(chosen.partition(".")[2])
        shown = {"one-hot": EXTRA["one-hot"][0]}.get(one["id"], values[0])
        assert chosen == f"{shown:.{digits}f}"
    else:
        assert chosen in {
            "much better",  # 0.69 against ln 10
            "those of a row: dim=1",
            "4, their weights",
            "stays",  # two of three are right in every epoch
            "no, the input was something else",
        }
