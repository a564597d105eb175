"""Accuracy, top-k, the loss of the class frequencies, the skill: held to scikit-learn and plain NumPy."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from paths import schema
from running import celoss

from celoss_cli.core.data import Batch
from celoss_cli.evaluate.loop import Request, evaluate
from celoss_cli.evaluate.scores import Scores, Totals, scores_of
from celoss_cli.losses import LOSSES
from celoss_cli.losses.base import SAMPLE_WEIGHT, Loss

RANDOM = np.random.default_rng(11)
N, C = 300, 5
X = RANDOM.normal(size=(N, C)).round(1) * 2  # one decimal: many ties
Y = RANDOM.choice(C, N, p=[0.4, 0.3, 0.2, 0.06, 0.04])
S = RANDOM.uniform(0, 3, N)
W = np.array([1.0, 2.0, 0.5, 3.0, 1.5])
P = np.exp(X) / np.exp(X).sum(1, keepdims=True)


def scored(loss: Loss, *batches: Batch, top: int = 0, jobs: int = 1) -> Scores:
    found = evaluate(loss, batches, Request(scores=True, top=top, jobs=jobs))
    assert found.scores is not None
    scores = scores_of(found.scores, loss, found.tally, found.tally.denominator("mean"), top)
    assert scores is not None
    return scores


def of(command: str, x: Any, y: Any, *, weights: Any = None, top: int = 0, **options: Any) -> Scores:
    aligned = {} if weights is None else {SAMPLE_WEIGHT: np.asarray(weights)}
    return scored(LOSSES[command].made(**options), Batch(np.asarray(x), np.asarray(y), aligned), top=top)


def value_of(command: str, x: Any, y: Any, *, weights: Any = None, **options: Any) -> float:
    aligned = {} if weights is None else {SAMPLE_WEIGHT: np.asarray(weights)}
    batch = Batch(np.asarray(x), np.asarray(y), aligned)
    return evaluate(LOSSES[command].made(**options), [batch], Request()).tally.reduce("mean")


@pytest.mark.parametrize("weights", [None, S], ids=["plain", "weighted"])
def test_accuracy_and_top_k_are_those_of_scikit_learn(weights: Any) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    found = of("ce", X, Y, weights=weights, top=2)
    expected = metrics.accuracy_score(Y, X.argmax(1), sample_weight=weights)
    assert found.accuracy == pytest.approx(expected, rel=1e-14)
    clear = X + RANDOM.uniform(0, 1e-3, X.shape)  # without ties, of which each tool breaks its own way
    found = of("ce", clear, Y, weights=weights, top=2)
    expected = metrics.top_k_accuracy_score(Y, clear, k=2, sample_weight=weights)
    assert found.top == (2, pytest.approx(expected, rel=1e-14))


def test_of_equal_classes_the_first_is_the_likeliest() -> None:
    x = [[1.0, 1.0, 0.0]] * 3
    found = of("ce", x, [0, 1, 2], top=2)
    assert (found.accuracy, found.top) == (1 / 3, (2, 2 / 3))
    assert of("ce", x[:2], [1, 2], top=2).top == (2, 0.5)
    assert of("bce", [0.5, 0.5], [0, 1]).accuracy == 0.5
    assert of("bce-logits", [0.0, 0.1], [0, 1]).accuracy == 1.0


@pytest.mark.parametrize("weights", [None, S], ids=["plain", "weighted"])
@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("ce", {}),
        ("ce", {"weight": W}),
        ("ce", {"weight": W, "label_smoothing": 0.1}),
        ("ce", {"base": "2", "ignore_index": 2}),
        ("ce", {"input_is": "probs"}),
        ("nll", {"weight": W}),
        ("focal", {"weight": W, "gamma": 1.5}),
        ("brier", {"input_is": "logits", "weight": W}),
        ("brier", {}),
    ],
)
def test_the_prior_loss_is_that_of_a_constant_prediction(command: str, options: Any, weights: Any) -> None:
    kind = options.get("input_is", LOSSES[command].takes)
    x = {"logits": X, "probs": P, "log-probs": np.log(P)}[kind]
    found = of(command, x, Y, weights=weights, **options)

    kept = options.get("ignore_index", -100) != Y
    each = np.ones(N) if weights is None else weights
    totals = np.bincount(Y[kept], each[kept], C)
    eps, factor = options.get("label_smoothing", 0.0), options.get("weight", np.ones(C))
    q = factor * ((1 - eps) * totals + eps / C * totals.sum())
    q /= q.sum()
    with np.errstate(divide="ignore"):
        constant = np.tile(q if kind == "probs" else np.log(q), (N, 1))
    expected = value_of(command, constant, Y, weights=weights, **options)
    value = value_of(command, x, Y, weights=weights, **options)
    assert found.prior_loss == pytest.approx(expected, rel=1e-12)
    assert found.skill == pytest.approx(1 - value / expected, rel=1e-10)


@pytest.mark.parametrize("weights", [None, S], ids=["plain", "weighted"])
@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("bce", {}),
        ("bce", {"weight": np.linspace(0.5, 2, C)}),
        ("bce-logits", {"pos_weight": np.linspace(1, 3, C)}),
        ("brier-binary", {}),
        ("focal-binary", {}),
        ("soft-margin", {}),
    ],
)
def test_each_label_of_a_row_has_its_own_frequency(command: str, options: Any, weights: Any) -> None:
    t = (RANDOM.random((N, C)) < [0.5, 0.3, 0.2, 0.1, 0.05]).astype(float)
    kind = LOSSES[command].takes
    y = 2 * t - 1 if command == "soft-margin" else t
    x = P if kind == "probs" else X
    found = of(command, x, y, weights=weights, **options)

    q = np.average(t, axis=0, weights=weights)
    constant = np.tile(q if kind == "probs" else np.log(q / (1 - q)), (N, 1))
    expected = value_of(command, constant, y, weights=weights, **options)
    assert found.by_column
    assert found.prior_loss == pytest.approx(expected, rel=1e-12)
    hits = (x > (0.5 if kind == "probs" else 0)) == (t == 1)
    assert found.accuracy == pytest.approx(np.average(hits.mean(1), weights=weights), rel=1e-13)


def test_the_skill_of_the_brier_score_is_that_of_weather_forecasts() -> None:
    """1 - BS / (p (1 - p)), the Brier skill score against the climatology."""
    p, t = P[:, 0], (Y == 0).astype(float)
    base = t.mean()
    expected = 1 - np.mean((p - t) ** 2) / (base * (1 - base))
    assert of("brier-binary", p, t).skill == pytest.approx(expected, rel=1e-12)


def test_any_split_gives_the_same_bits() -> None:
    loss = LOSSES["ce"].made(weight=W)
    whole = Batch(X, Y, {SAMPLE_WEIGHT: S})
    parts = [whole.rows(0, 7), whole.rows(7, 130), whole.rows(130, N)]
    expected = scored(loss, whole, top=3)
    assert scored(loss, *parts, top=3) == expected
    assert scored(loss, *reversed(parts), top=3, jobs=3) == expected


def test_rows_that_are_no_number_are_not_right() -> None:
    found = of("ce", [[np.nan, 0.0], [1.0, 0.0], [2.0, 1.0]], [0, 0, 1])
    assert found.accuracy == 1 / 3
    assert math.isnan(found.skill)


def test_where_there_is_nothing_to_say() -> None:
    soft = evaluate(LOSSES["ce"].made(), [Batch(X, P)], Request(scores=True)).scores
    assert soft == Totals(missing=N)
    fraction = evaluate(LOSSES["bce"].made(), [Batch(P[:, 0], P[:, 1])], Request(scores=True)).scores
    assert fraction is not None
    assert fraction.missing == N
    nothing = evaluate(LOSSES["ce"].made(), [], Request()).tally
    assert scores_of(Totals(), LOSSES["ce"].made(), nothing, 0.0) is None
    weightless = of("ce", X, Y, weights=np.zeros(N))
    assert all(map(math.isnan, (weightless.accuracy, weightless.prior_loss, weightless.skill)))
    one = of("ce", X, np.zeros(N, int))
    assert (one.prior_loss, math.isnan(one.skill)) == (0.0, True)
    # Weights of the positive answer that differ within a row's plane are of no label: no frequency is told.
    plane = LOSSES["bce-logits"].made(pos_weight=np.array([[2.0], [3.0]]))
    found = scored(plane, Batch(RANDOM.normal(size=(4, 2, 3)), RANDOM.choice([0.0, 1.0], (4, 2, 3))))
    assert math.isnan(found.prior_loss)


# ------------------------------------------------------------------------------------- at the command line


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "p.csv"
    path.write_text("logit_a,logit_b,logit_c,target\n2,1,0,a\n0,1,2,a\n0,3,1,b\n1,0,2,c\n")
    return path


def test_the_heading_the_json_and_the_page(file: Path, tmp_path: Path) -> None:
    shown = celoss("ce", file, "--rows", "0", "--top-k", "2").stdout
    assert "\naccuracy 75.00%, top 2 75.00%, skill " in shown
    assert " (1.039721 nats by the class frequencies alone)\n" in shown  # the entropy of 1/2, 1/4, 1/4
    report = json.loads(celoss("ce", file, "--json", "--top-k", "2").stdout)
    schema("schema").validate(report)
    assert (report["accuracy"], report["top_k"]) == (0.75, {"k": 2, "accuracy": 0.75})
    assert report["prior_loss"] == pytest.approx(1.5 * math.log(2), rel=1e-14)
    assert report["skill"] == pytest.approx(1 - report["value"] / report["prior_loss"], rel=1e-14)
    page = tmp_path / "r.html"
    assert celoss("report", file, "-o", page).returncode == 0
    assert "75.00%" in page.read_text()


def test_what_shows_no_score_has_none(file: Path) -> None:
    assert celoss("ce", "--logits", "2,1", "-y", "0").stdout.count("accuracy") == 0
    assert "accuracy" not in json.loads(celoss("ce", file, "--json", "--reduction", "none").stdout)
    assert "accuracy" not in json.loads(celoss("kl", "-x", "-1,-1", "-y", "0.5,0.5", "--json").stdout)
    done = celoss("ce", file, "--format", "csv", "--top-k", "2")
    assert (done.returncode, "Expected --top-k with --format table, json" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("ce -x 1,2,3 -y 2 --top-k 3", "--top-k below the number of classes, 3, got 3"),
        ("ce -x 1,2,3 -y 0.2,0.3,0.5 --top-k 2", "targets that are classes with --top-k, got distributions"),
        ("kl --log-probs=-1,-1 -y 0.5,0.5 --top-k 1", "several classes with --top-k, got distributions"),
        ("bce -x 0.2,0.3 -y 0,1 --top-k 1", "several classes with --top-k, got answers of yes or no"),
        ("nll TOKENS --top-k 2", "several classes with --top-k, got the scores of tokens"),
        ("nll TOKENS --max-ece 0.9", "(--max-ece, --kind reliability), got the scores of tokens"),
    ],
)
def test_a_score_that_would_say_nothing_is_refused(words: str, said: str, tmp_path: Path) -> None:
    scores = {"tokens": ["a", "b"], "token_logprobs": [None, -1.0], "text_offset": [0, 1]}
    line = {
        "object": "text_completion",
        "id": "x",
        "choices": [{"index": 0, "text": "ab", "logprobs": scores}],
    }
    path = tmp_path / "tokens.jsonl"
    path.write_text(json.dumps(line) + "\n")
    done = celoss(*words.replace("TOKENS", str(path)).split())
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_the_gates(file: Path) -> None:
    for format in ("table", "value", "json"):
        assert celoss("ce", file, "--format", format, "--min-accuracy", "0.75").returncode == 0
        assert celoss("ce", file, "--format", format, "--min-accuracy", "0.76").returncode == 1
        assert celoss("ce", file, "--format", format, "--min-skill", "-1").returncode == 0
        assert celoss("ce", file, "--format", format, "--min-skill", "0.99").returncode == 1
    done = celoss("ce", file, "--min-accuracy", "0.1", "--gate-on", "interval")
    assert done.returncode == 2
    assert celoss("ce", file, "--min-accuracy", "0.1", "--reduction", "none").returncode == 2


def test_no_score_passes_no_gate(tmp_path: Path) -> None:
    done = celoss("ce", "-x", "1,2;3,1", "-y", "0,0", "--min-skill", "-9")
    assert done.returncode == 1
    assert "there is no skill: the class frequencies alone have a loss of 0" in " ".join(done.stdout.split())
    done = celoss("bce", "-x", "0.2,0.3", "-y", "0.2,0.3", "--min-accuracy", "0", "--format", "value")
    assert (done.returncode, "there is no accuracy: the targets are no classes" in done.stderr) == (1, True)
    infinite = celoss("ce", "--input-is", "probs", "-x", "0,1;1,0", "-y", "0,1", "--min-skill", "-9")
    assert infinite.returncode == 1


def test_parts_have_the_scores_of_the_whole(file: Path, tmp_path: Path) -> None:
    lines = file.read_text().splitlines()
    for name, rows in (("one", lines[1:2]), ("two", lines[2:])):
        (tmp_path / f"{name}.csv").write_text("\n".join([lines[0], *rows]) + "\n")
        done = celoss(
            "ce", tmp_path / f"{name}.csv", "--top-k", "2", "--emit-partial", tmp_path / f"{name}.json"
        )
        assert done.returncode == 0
    parts = [tmp_path / "one.json", tmp_path / "two.json"]
    whole = json.loads(celoss("ce", file, "--json", "--top-k", "2").stdout)
    merged = json.loads(celoss("merge", *parts, "--json").stdout)
    for key in ("accuracy", "top_k", "prior_loss", "skill"):
        assert merged[key] == whole[key]
    assert celoss("merge", *parts, "--min-accuracy", "0.76").returncode == 1
    other = tmp_path / "three.json"
    celoss("ce", tmp_path / "two.csv", "--emit-partial", other)
    done = celoss("merge", parts[0], other)
    assert (done.returncode, "top_k" in done.stderr) == (3, True)


def test_a_config_file_has_them(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "celoss.toml").write_text(
        '[checks.good]\nloss = "ce"\nfiles = "p.csv"\nmin-accuracy = 0.75\n'
        '[checks.bad]\nloss = "ce"\nfiles = "p.csv"\nmin-skill = 0.9\n'
    )
    done = celoss("check")
    assert done.returncode == 1
    assert "accuracy 0.75 is at least 0.75" in " ".join(done.stdout.split())
