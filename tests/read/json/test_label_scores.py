"""Row objects with lists of {label, score}, the best first, as pipelines of Transformers write them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from celoss_cli.cli.main import run

SCORES = {"cat": 0.7, "fox": 0.2, "dog": 0.1}
ROWS = (
    ("cat", (0.7, 0.2, 0.1)),
    ("dog", (0.5, 0.1, 0.4)),
    ("fox", (0.1, 0.3, 0.6)),
    ("cat", (0.25, 0.35, 0.4)),
)
"""The target, and the scores of cat, fox and dog."""

DUE = -sum(math.log(dict(zip(SCORES, scores, strict=True))[target]) for target, scores in ROWS) / len(ROWS)


def _line(target: object, scores: tuple[float, ...], name: Callable[[str], str] = str) -> dict[str, object]:
    ranked = sorted(zip(SCORES, scores, strict=True), key=lambda pair: -pair[1])
    pairs = [{"label": name(label), "score": score} for label, score in ranked]
    return {"text": "a text, and more", "prediction": pairs, "truth": target}


def _value(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> float:
    assert run(["ce", *arguments, "--input-is", "probs", "--format", "value"]) == 0
    return float(capfd.readouterr().out)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("as_list", [False, True])
def test_each_score_is_that_of_its_label_in_whatever_order(
    as_list: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = [_line(target, scores) for target, scores in ROWS]
    Path("p.jsonl").write_text(
        json.dumps(rows) if as_list else "".join(json.dumps(row) + "\n" for row in rows)
    )
    if as_list:
        Path("p.jsonl").rename("p.json")
    assert _value(["p.json" if as_list else "p.jsonl"], capfd) == pytest.approx(DUE, rel=1e-15)


@pytest.mark.parametrize("numbers", [True, False])
def test_numbered_labels_are_classes_by_their_numbers(
    numbers: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    of = {name: index for index, name in enumerate(SCORES)}
    rows = [
        _line(of[target] if numbers else f"LABEL_{of[target]}", scores, lambda name: f"LABEL_{of[name]}")
        for target, scores in ROWS
    ]
    Path("p.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert _value(["p.jsonl"], capfd) == pytest.approx(DUE, rel=1e-15)


def test_numbers_as_targets_of_named_labels_need_a_word(capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing says which label is class 0: the list is in the order of the scores."""
    of = {"cat": 0, "dog": 1, "fox": 2}
    rows = [_line(of[target], scores) for target, scores in ROWS]
    Path("p.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert run(["ce", "p.jsonl", "--input-is", "probs", "--format", "value"]) == 3
    out, err = capfd.readouterr()
    chosen = "prediction.cat,prediction.dog,prediction.fox"
    assert out == ""
    assert f"celoss ce p.jsonl --input-is probs --format value --class-columns {chosen}" in err
    assert _value(["p.jsonl", "--class-columns", chosen], capfd) == pytest.approx(DUE, rel=1e-15)


@pytest.mark.parametrize(
    ("label", "score"),
    [("label", "score"), ("Name", "Score"), ("name", "confidence"), ("token", "probability")],
)
def test_a_document_of_such_lists_is_read_by_the_labels(
    label: str, score: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Under the keys of Transformers, Comprehend and Rasa; the labels come from a list of names."""
    pairs = [_line(target, scores)["prediction"] for target, scores in ROWS]
    renamed = [[{label: one["label"], score: one["score"]} for one in row] for row in pairs]  # type: ignore
    Path("p.json").write_text(json.dumps(renamed))
    Path("p.jsonl").write_text("".join(json.dumps(row) + "\n" for row in renamed))
    Path("y.json").write_text(json.dumps([target for target, _ in ROWS]))
    assert _value(["p.json", "--targets", "@y.json"], capfd) == pytest.approx(DUE, rel=1e-15)
    assert _value(["p.jsonl", "--targets", "@y.json"], capfd) == pytest.approx(DUE, rel=1e-15)
    within = [{"all": row, "truth": target} for row, (target, _) in zip(renamed, ROWS, strict=True)]
    Path("q.json").write_text(json.dumps(within))
    assert _value(["q.json"], capfd) == pytest.approx(DUE, rel=1e-15)


def test_numbers_apart_do_not_name_the_labels_of_a_document(capfd: pytest.CaptureFixture[str]) -> None:
    """Sorted labels are no order of classes: numbers in another file need a word as those in it do."""
    Path("p.json").write_text(json.dumps([_line(target, scores)["prediction"] for target, scores in ROWS]))
    Path("y.json").write_text("[0, 1, 2, 0]")
    assert run(["ce", "p.json", "--targets", "@y.json", "--input-is", "probs"]) == 3
    assert "--class-columns score.cat,score.dog,score.fox" in capfd.readouterr().err


def test_log_probabilities_of_tokens_are_classes(capfd: pytest.CaptureFixture[str]) -> None:
    rows = [
        {
            "top_logprobs": [{"token": k, "logprob": math.log(p)} for k, p in zip("BAC", ps, strict=True)],
            "answer": y,
        }
        for y, ps in (("A", (0.2, 0.7, 0.1)), ("B", (0.5, 0.3, 0.2)), ("C", (0.3, 0.3, 0.4)))
    ]
    Path("p.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert run(["nll", "p.jsonl", "--format", "value"]) == 0
    due = -sum(map(math.log, (0.7, 0.5, 0.4))) / 3
    assert float(capfd.readouterr().out) == pytest.approx(due, rel=1e-15)


@pytest.mark.parametrize(
    "pairs",
    [
        [{"label": "cat", "score": 0.5}, {"label": "cat", "score": 0.5}],
        [{"label": "cat", "score": 0.5}, {"label": 1, "score": 0.5}],
        [{"label": "cat", "score": 0.5}, {"label": "dog"}],
        [{"label": "cat", "score": 0.5}, {"label": "dog", "score": {"a": 1}}],
        [{"label": "cat", "score": 0.5}, 0.5],
        [],
    ],
)
def test_what_is_no_such_list_is_refused_where_it_stands(
    pairs: list[object], capfd: pytest.CaptureFixture[str]
) -> None:
    good = json.dumps(_line(*ROWS[0]))
    Path("p.jsonl").write_text(
        good + "\n" + json.dumps({"text": "x", "prediction": pairs, "truth": "cat"}) + "\n"
    )
    assert run(["ce", "p.jsonl", "--input-is", "probs"]) == 3
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("celoss: error: p.jsonl:2")
