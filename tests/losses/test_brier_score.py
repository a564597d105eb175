"""Brier scores over classes and of binary answers: their formulas, scikit-learn's, derivatives, limits."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from running import celoss

from celoss_cli import UsageError, binary_brier_score, brier_score, log_softmax
from celoss_cli.core.data import Batch
from celoss_cli.evaluate.loop import Request, evaluate
from celoss_cli.losses.base import Loss
from celoss_cli.losses.binary_brier_score import BinaryBrier
from celoss_cli.losses.brier_score import Brier

RANDOM = np.random.default_rng(5)
LOGITS = RANDOM.normal(size=(200, 4)) * 3
P = np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True)
Y = RANDOM.integers(0, 4, 200)
WEIGHTS = RANDOM.uniform(0.2, 3, 200)


def gradients(loss: Loss, batch: Batch) -> np.ndarray:
    workings = evaluate(loss, [batch], Request(show=1 << 20, gradient=True)).workings
    return np.array(
        [next(step.value for step in each.steps if step.level == "gradient") for each in workings]
    )


def exactly(p: list[float], y: int) -> Fraction:
    """The squared distance in rational numbers."""
    return sum(((Fraction(value) - (c == y)) ** 2 for c, value in enumerate(p)), Fraction(0))


def test_the_formula_over_classes() -> None:
    each = [float(exactly(p, y)) for p, y in zip(P.tolist(), Y.tolist(), strict=True)]
    assert brier_score(P, Y, reduction="none") == pytest.approx(each, rel=1e-15)
    weight = np.array([1.0, 2.0, 3.0, 0.5])
    weighted = weight[Y] * each
    assert brier_score(P, Y, weight) == pytest.approx(weighted.sum() / weight[Y].sum(), rel=1e-14)
    kept = Y != 1
    ignoring = weighted[kept].sum() / weight[Y][kept].sum()
    assert brier_score(P, Y, weight, 1) == pytest.approx(ignoring, rel=1e-14)


def test_it_goes_from_0_to_2() -> None:
    np.testing.assert_array_equal(brier_score(np.eye(3), [0, 1, 1], reduction="none"), [0, 0, 2])
    np.testing.assert_array_equal(binary_brier_score([1.0, 0.0, 1.0], [1, 0, 0], reduction="none"), [0, 0, 1])


def test_logits_and_logarithms_are_the_same_predictions() -> None:
    wanted = brier_score(P, Y, reduction="none")
    np.testing.assert_allclose(
        brier_score(LOGITS, Y, reduction="none", input_is="logits"), wanted, rtol=1e-10
    )
    logs = log_softmax(LOGITS)
    np.testing.assert_allclose(
        brier_score(logs, Y, reduction="none", input_is="log-probs"), wanted, rtol=1e-10
    )
    z = LOGITS[:, 0]
    of_logits = binary_brier_score(z, Y % 2, reduction="none", input_is="logits")
    np.testing.assert_allclose(
        of_logits, binary_brier_score(1 / (1 + np.exp(-z)), Y % 2, reduction="none"), rtol=1e-9
    )


@pytest.mark.parametrize("gap", [10.0, 40.0, 300.0])
def test_answers_that_are_nearly_right_keep_their_digits(gap: float) -> None:
    rest = np.exp(-gap) / (1 + np.exp(-gap))
    for input_is, x in (("logits", [[gap, 0.0]]), ("log-probs", log_softmax([[gap, 0.0]]))):
        found = brier_score(x, [0], reduction="none", input_is=input_is)
        assert found == pytest.approx([2 * rest * rest], rel=1e-13, abs=0)
    found = brier_score([[gap, 0.0, 0.0]], [0], reduction="none", input_is="logits")
    small = np.exp(-gap) / (1 + 2 * np.exp(-gap))
    assert found == pytest.approx([6 * small * small], rel=1e-13, abs=0)
    found = binary_brier_score([gap, -gap], [1, 0], reduction="none", input_is="logits")
    assert found == pytest.approx([rest * rest] * 2, rel=1e-13, abs=0)


def test_over_two_classes_it_is_twice_that_of_the_answer() -> None:
    p = P[:, 0] / (P[:, 0] + P[:, 1])
    twice = 2 * np.asarray(binary_brier_score(p, Y % 2, reduction="none"))
    found = brier_score(np.column_stack([1 - p, p]), Y % 2, reduction="none")
    np.testing.assert_allclose(found, twice, rtol=1e-12)


def test_scikit_learn_gives_the_same(tmp_path: Path) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    assert brier_score(P, Y) == pytest.approx(metrics.brier_score_loss(Y, P, scale_by_half=False), rel=1e-13)
    p, t = P[:, 0], Y % 2
    assert binary_brier_score(p, t) == pytest.approx(metrics.brier_score_loss(t, p), rel=1e-13)

    np.savez(tmp_path / "w.npz", probs=P, labels=Y, sample_weight=WEIGHTS)
    done = celoss("brier", tmp_path / "w.npz", "--format", "value")
    expected = metrics.brier_score_loss(Y, P, sample_weight=WEIGHTS, scale_by_half=False)
    assert float(done.stdout) == pytest.approx(expected, rel=1e-13)
    np.savez(tmp_path / "b.npz", probs=p, labels=t, sample_weight=WEIGHTS)
    done = celoss("brier-binary", tmp_path / "b.npz", "--format", "value")
    expected = metrics.brier_score_loss(t, p, sample_weight=WEIGHTS)
    assert float(done.stdout) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("input_is", ["probs", "logits", "log-probs"])
def test_torch_gives_the_same_gradient(input_is: str) -> None:
    torch = pytest.importorskip("torch")
    values = {"probs": P, "logits": LOGITS, "log-probs": np.asarray(log_softmax(LOGITS))}[input_is][:40]
    y, weight = torch.tensor(Y[:40]), torch.tensor([1.0, 2.0, 3.0, 0.5])
    x = torch.tensor(values, requires_grad=True)
    p = {"probs": lambda: x, "logits": lambda: torch.softmax(x, 1), "log-probs": x.exp}[input_is]()
    (weight[y] * ((p - torch.eye(4)[y]) ** 2).sum(1)).sum().backward()
    ours = gradients(Brier(input_is=input_is, weight=weight.numpy()), Batch(values, Y[:40]))
    np.testing.assert_allclose(ours, x.grad, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("input_is", ["probs", "logits"])
def test_torch_gives_the_same_gradient_of_answers(input_is: str) -> None:
    torch = pytest.importorskip("torch")
    values = P[:40, 0] if input_is == "probs" else LOGITS[:40, 0]
    t = RANDOM.choice([0.0, 1.0, 0.3], 40)
    x = torch.tensor(values, requires_grad=True)
    p = x if input_is == "probs" else torch.sigmoid(x)
    (2.5 * (p - torch.tensor(t)) ** 2).sum().backward()
    ours = gradients(BinaryBrier(input_is=input_is, weight=np.float64(2.5)), Batch(values, t))
    np.testing.assert_allclose(ours, x.grad, rtol=1e-9, atol=1e-14)


def test_the_gradient_of_a_sure_answer_keeps_its_digits() -> None:
    small = np.exp(-40.0)
    found = gradients(Brier(input_is="logits"), Batch(np.array([[40.0, 0.0, 0.0]]), np.array([0])))[0]
    # Of L = (2s)^2 + 2 s^2 with s = exp(-g) / (1 + 2 exp(-g)): dL/dg is -12 s^2 to the first order.
    assert found == pytest.approx([-12 * small**2, 6 * small**2, 6 * small**2], rel=1e-12, abs=0)


@pytest.mark.parametrize(
    ("x", "expected"),
    [([np.nan, 0.0, 0.0], np.nan), ([np.inf, 0.0, 0.0], np.nan), ([-np.inf, 0.0, 0.0], 1.5)],
)
def test_logits_that_are_not_finite(x: list[float], expected: float) -> None:
    found = brier_score([x], [0], reduction="none", input_is="logits")
    np.testing.assert_array_equal(found, [expected])


def test_what_it_refuses(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Expected input_is probs, logits, log-probs, got 'scores'"):
        brier_score(P, Y, input_is="scores")
    with pytest.raises(UsageError, match="Expected no base for a loss that is no information"):
        Brier(base="2")
    done = celoss("brier", "--probs", "0.5,1.5", "--targets", "0")
    assert (done.returncode, "Expected a probability from 0 to 1, got 1.5" in done.stderr) == (3, True)
    done = celoss("brier", "--probs", "0.5,0.5", "--targets", "0", "--base", "2")
    assert (done.returncode, "--base" in done.stderr) == (2, True)
    (tmp_path / "b.csv").write_text("prob,label\n0.9,1\n0.2,0\n")
    done = celoss("brier", tmp_path / "b.csv")
    assert (done.returncode, "celoss brier-binary" in done.stderr) == (3, True)


def test_commands_that_take_any_loss_know_it(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("p_a,p_b,label\n0.75,0.25,a\n0.5,0.5,b\n")
    assert celoss("report", path, "--loss", "brier", "--base", "2", "-o", tmp_path / "r.html").returncode == 2
    told = celoss("diagnose", path, "--loss", "brier").stdout
    assert ("mean 0.3125, accuracy" in told, "nats" in told) == (True, False)
    assert "B - A = 0.0, 95% interval" in celoss("compare", path, path, "--loss", "brier").stdout
    part = tmp_path / "part.json"
    assert celoss("brier", path, "--emit-partial", part, "--format", "value").stdout == "0.3125\n"
    assert celoss("merge", part, "--format", "value").stdout == "0.3125\n"


@pytest.mark.parametrize("library", ["numpy", "torch"])
@pytest.mark.parametrize(
    ("command", "name", "options"),
    [
        ("brier", "probs", ["--weight", "1,2,3,0.5"]),
        ("brier", "logits", ["--input-is", "logits", "--ignore-index", "1"]),
        ("brier", "log_probs", ["--input-is", "log-probs"]),
        ("brier-binary", "probs", []),
        ("brier-binary", "logits", ["--input-is", "logits"]),
    ],
)
def test_the_code_that_is_written_out_gives_the_same(
    library: str, command: str, name: str, options: list[str], tmp_path: Path, capsys: Any
) -> None:
    pytest.importorskip(library)
    x = {"probs": P, "logits": LOGITS, "log_probs": np.log(P)}[name]
    input, y = (x, Y) if command == "brier" else (x[:, 0], Y % 2)
    np.savez(tmp_path / "p.npz", **{name: input, "labels": y})
    code = celoss(command, tmp_path / "p.npz", *options, "--emit", library).stdout
    capsys.readouterr()
    exec(compile(code, "emitted", "exec"), {})  # noqa: S102 - our own
    value = celoss(command, tmp_path / "p.npz", *options, "--format", "value").stdout
    assert float(capsys.readouterr().out) == pytest.approx(float(value), rel=1e-12)
