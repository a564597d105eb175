"""Jensen-Shannon divergence: its formula with many digits, SciPy, derivatives, domain."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from pathlib import Path

import numpy as np
import pytest
from running import celoss

from celoss_cli import UsageError, js_div
from celoss_cli.core.data import Batch
from celoss_cli.evaluate.loop import Request, evaluate
from celoss_cli.losses.js_div import JensenShannon

P = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [1.0, 0.0, 0.0]])
Q = np.array([[0.5, 0.25, 0.25], [0.2, 0.3, 0.5], [0.0, 0.5, 0.5]])


def exact(p: np.ndarray, q: np.ndarray) -> Decimal:
    """(KL(p || m) + KL(q || m)) / 2 with 60 digits."""
    with localcontext() as context:
        context.prec = 60
        total = Decimal(0)
        for a, b in zip(map(Decimal, p.tolist()), map(Decimal, q.tolist()), strict=True):
            middle = (a + b) / 2
            total += sum((each * (each / middle).ln() for each in (a, b) if each), Decimal(0))
        return total / 2


def test_the_definition() -> None:
    expected = [float(exact(p, q)) for p, q in zip(P, Q, strict=True)]
    assert js_div(P, Q, reduction="none") == pytest.approx(expected, rel=1e-15)
    assert js_div(P, Q) == pytest.approx(sum(expected) / 3, rel=1e-15)
    assert js_div(P, Q, reduction="sum") == pytest.approx(sum(expected), rel=1e-15)
    assert js_div(P, Q, dtype="float32") == pytest.approx(sum(expected) / 3, rel=1e-6)


def test_the_bounds_are_0_and_ln_2_and_it_is_symmetric() -> None:
    assert js_div([[1.0, 0.0]], [[0.0, 1.0]]) == math.log(2)
    assert js_div([[0.25, 0.75]], [[0.25, 0.75]]) == 0
    np.testing.assert_array_equal(js_div(P, Q, reduction="none"), js_div(Q, P, reduction="none"))


@pytest.mark.parametrize("step", [1e-12, 1e-9, 1e-4, 0.1, 0.5])
def test_distributions_close_to_each_other_keep_their_digits(step: float) -> None:
    random = np.random.default_rng(1)
    p = random.dirichlet([0.5] * 6, 50)
    q = p * (1 + step * random.uniform(-1, 1, p.shape))
    for found, a, b in zip(js_div(p, q, reduction="none"), p, q, strict=True):
        assert found == pytest.approx(float(exact(a, b)), rel=4e-15, abs=0)


def test_scipy_gives_the_square_root() -> None:
    distance = pytest.importorskip("scipy.spatial.distance")
    random = np.random.default_rng(2)
    p, q = random.dirichlet([0.2] * 7, (40, 3)), random.dirichlet([2.0] * 7, (40, 3))
    p[0, 0] = np.eye(7)[0]
    expected = distance.jensenshannon(p, q, axis=2) ** 2
    ours = js_div(np.moveaxis(p, 2, 1), np.moveaxis(q, 2, 1), reduction="none")
    np.testing.assert_allclose(ours, expected, rtol=1e-13)


def test_a_class_stands_for_the_distribution_that_is_sure_of_it() -> None:
    expected = js_div(P, np.eye(3)[[0, 1, 2]], reduction="none")
    np.testing.assert_array_equal(js_div(P, [0, 1, 2], reduction="none"), expected)
    ignored = js_div(P, [0, -100, 2], reduction="none")
    np.testing.assert_array_equal(ignored, [expected[0], 0, expected[2]])
    assert js_div(P, [0, -100, 2]) == pytest.approx((expected[0] + expected[2]) / 2, rel=1e-15)


def test_logarithms_of_input_and_target() -> None:
    with np.errstate(divide="ignore"):
        log_p, log_q = np.log(P), np.log(Q)
    expected = js_div(P, Q)
    assert js_div(P, log_q, log_target=True) == pytest.approx(expected, rel=1e-15)
    batch = Batch(log_p, log_q)
    loss = JensenShannon(input_is="log-probs", log_target=True)
    assert evaluate(loss, [batch], Request(strict=True)).tally.reduce("mean") == pytest.approx(
        expected, rel=1e-15
    )


@pytest.mark.parametrize("kind", ["probs", "log-probs"])
def test_the_gradient_by_differences_of_many_digits(kind: str) -> None:
    random = np.random.default_rng(3)
    p, q = random.dirichlet([2.0] * 4, 5), random.dirichlet([2.0] * 4, 5)
    x = p if kind == "probs" else np.log(p)
    request = Request(show=5, gradient=True)
    for working, row, target in zip(
        evaluate(JensenShannon(input_is=kind), [Batch(x, q)], request).workings, x, q, strict=True
    ):
        gradient = next(step.value for step in working.steps if step.level == "gradient")
        for c in range(4):
            assert gradient[c] == pytest.approx(difference(kind, row, target, c), rel=1e-9, abs=1e-12)


def difference(kind: str, x: np.ndarray, q: np.ndarray, c: int) -> float:
    """The central difference quotient with respect to entry c, in 60 digits."""
    with localcontext() as context:
        context.prec = 60
        step, values = Decimal("1e-15"), []
        for sign in (1, -1):
            moved = [Decimal(value) + (sign * step if i == c else 0) for i, value in enumerate(x.tolist())]
            p = moved if kind == "probs" else [value.exp() for value in moved]
            total = Decimal(0)
            for a, b in zip(p, map(Decimal, q.tolist()), strict=True):
                middle = (a + b) / 2
                total += a * (a / middle).ln() + b * (b / middle).ln()
            values.append(total / 2)
        return float((values[0] - values[1]) / (2 * step))


def test_torch_agrees_on_value_and_gradient() -> None:
    torch = pytest.importorskip("torch")
    random = np.random.default_rng(4)
    p, q = random.dirichlet([1.0] * 5, 30), random.dirichlet([1.0] * 5, 30)
    x = torch.tensor(p, requires_grad=True)
    middle, target = (x + torch.tensor(q)) / 2, torch.tensor(q)
    value = (torch.xlogy(x, x / middle) + torch.xlogy(target, target / middle)).sum(1) / 2
    value.sum().backward()
    np.testing.assert_allclose(js_div(p, q, reduction="none"), value.detach(), rtol=1e-12)
    workings = evaluate(JensenShannon(), [Batch(p, q)], Request(show=30, gradient=True)).workings
    ours = [next(step.value for step in each.steps if step.level == "gradient") for each in workings]
    np.testing.assert_allclose(ours, x.grad, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize(
    ("loss", "x", "q", "fact"),
    [
        (JensenShannon(), [[1.5, -0.5]], [[0.5, 0.5]], "Expected a probability from 0 to 1, got 1.5"),
        (JensenShannon(), [[0.5, 0.5]], [[0.5, 2.0]], "Expected a probability from 0 to 1, got 2"),
        (JensenShannon(), [[0.5, np.nan]], [1], "Expected a probability from 0 to 1, got nan"),
        (
            JensenShannon(input_is="log-probs"),
            [[-0.5, 0.5]],
            [1],
            "Expected a log-probability of at most 0, got 0.5",
        ),
        (
            JensenShannon(log_target=True),
            [[0.5, 0.5]],
            [[0.5, 0.5]],
            "Expected a log-probability of at most 0, got 0.5",
        ),
    ],
)
def test_what_is_no_probability_is_refused_with_its_place(
    loss: JensenShannon, x: list[list[float]], q: list[object], fact: str
) -> None:
    with pytest.raises(ValueError, match=rf"^row 0: {fact}"):
        evaluate(loss, [Batch(np.array(x), np.array(q))], Request(strict=True))


def test_an_ignored_row_may_hold_anything() -> None:
    batch = Batch(np.array([[np.nan, 7.0], [0.5, 0.5]]), np.array([-100, 0]))
    tally = evaluate(JensenShannon(), [batch], Request(strict=True)).tally
    assert (tally.counted, tally.reduce("mean")) == (
        1,
        pytest.approx(float(exact(np.array([0.5, 0.5]), np.eye(2)[0]))),
    )


def test_a_kind_of_input_that_it_does_not_take_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^Expected input_is probs, log-probs, got 'logits'\.$"):
        JensenShannon(input_is="logits")


@pytest.mark.parametrize(
    ("probs", "targets", "blamed"), [(1.0000001, 1, "--probs"), (1, 1.0000001, "--targets")]
)
def test_a_value_outside_of_0_to_1_is_told_where_it_stands(probs: float, targets: float, blamed: str) -> None:
    done = celoss("js", "--probs", f"0.5,0.5;{probs},0", "--targets", f"0.5,0.5;{targets},0")
    assert done.returncode == 3
    assert f"{blamed}: row 1: Expected a probability from 0 to 1, got 1.0000001." in done.stderr


def test_a_probability_that_rounding_took_over_1_has_its_way_out(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("p_0,p_1,target\n0.5,0.5,0\n1.0000001,0,1\n")
    refused = celoss("js", "p.csv", cwd=tmp_path)
    assert "celoss js p.csv --clip-domain 1e-06" in refused.stderr
    mended = ["p.csv", "--clip-domain", "1e-06"]
    done = celoss("js", *mended, "--reduction", "none", "--format", "value", cwd=tmp_path)
    assert float(done.stdout.splitlines()[1]) == pytest.approx(math.log(2), rel=1e-15)
