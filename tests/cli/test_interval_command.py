"""``--interval`` and ``--gate-on interval``: what is computed, shown, refused and held against limits."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracles import Oracle
from paths import EXAMPLES, schema
from running import Done, celoss

from celoss_cli.statistics.interval import estimate
from celoss_cli.statistics.spread import spread_of_all

stats = Oracle("scipy.stats")
special = Oracle("scipy.special")

SCHEMA = schema("schema")
OLD = EXAMPLES / "old.csv"


def document(*arguments: str | Path) -> dict[str, Any]:
    done = celoss(*arguments, "--json")
    assert done.returncode in (0, 1), done.stderr
    found = json.loads(done.stdout)
    SCHEMA.validate(found)
    return found


def interval(*arguments: str | Path) -> dict[str, Any]:
    return document(*arguments, "--interval")["interval"]


def expected(
    value: Sequence[float], weight: Sequence[float] | None = None, level: float = 0.95
) -> list[float]:
    v = np.asarray(value, float)
    bounds = estimate(
        spread_of_all(v, np.ones(len(v)) if weight is None else np.asarray(weight)), level
    ).bounds
    return [bounds.low, bounds.high]


def table(x: np.ndarray, y: np.ndarray, **more: Sequence[Any]) -> str:
    heads = [*(f"logit_{i}" for i in range(x.shape[1])), "target", *more]
    lines = zip(*(map(repr, column.tolist()) for column in x.T), map(str, y), *more.values(), strict=True)
    return "\n".join([",".join(heads), *(",".join(map(str, line)) for line in lines)]) + "\n"


def drawn(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits, targets, and the losses as SciPy has them."""
    random = np.random.default_rng(seed)
    x, y = random.normal(0, 1, (rows, 3)).round(6), random.integers(0, 3, rows)
    return x, y, -special.log_softmax(x, axis=1)[np.arange(rows), y]


# ------------------------------------------------------------------------------------------ the numbers


def test_it_is_the_interval_of_the_losses_of_the_rows(tmp_path: Path) -> None:
    x, y, losses = drawn(300)
    (tmp_path / "p.csv").write_text(table(x, y))
    found = interval("ce", tmp_path / "p.csv")
    assert [found["low"], found["high"]] == pytest.approx(expected(losses), rel=1e-12)
    assert found["standard_error"] == pytest.approx(stats.sem(losses), rel=1e-12)
    assert found["skewness"] == pytest.approx(stats.skew(losses), rel=1e-9)
    assert (found["units"], found["confidence"], found["group_column"]) == (300, 0.95, None)
    t = stats.ttest_1samp(losses, 0).confidence_interval(0.95)
    assert [found["low"], found["high"]] == pytest.approx(list(t), abs=stats.sem(losses) / 3)
    wide = interval("ce", tmp_path / "p.csv", "--confidence", "0.99")
    assert [wide["low"], wide["high"]] == pytest.approx(expected(losses, level=0.99), rel=1e-12)


@pytest.mark.parametrize("base", ["2", "10"])
def test_it_is_in_the_unit_of_the_loss(base: str) -> None:
    nats, other = interval("ce", OLD), interval("ce", OLD, "--base", base)
    assert other["high"] == pytest.approx(nats["high"] / math.log(float(base)), rel=1e-12)


def test_ignored_rows_are_no_draws_and_weights_divide(tmp_path: Path) -> None:
    x, y, losses = drawn(200, 1)
    weight = np.random.default_rng(2).uniform(0.5, 2, 200).round(3)
    y[:20] = -100
    (tmp_path / "p.csv").write_text(table(x, y, weight=weight.tolist()))
    found = interval("ce", tmp_path / "p.csv", "--weight-column", "weight")
    kept, share = losses[20:], weight[20:]
    assert [found["low"], found["high"]] == pytest.approx(expected(kept * share, share), rel=1e-11)
    assert found["units"] == 180


def test_rows_of_many_elements_are_one_draw_each(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    x, y = random.normal(0, 1, (40, 3, 5)), random.integers(0, 3, (40, 5))
    y[random.random(y.shape) < 0.3] = -100
    y[7] = -100
    np.savez(tmp_path / "p.npz", logits=x, targets=y)
    losses = -np.take_along_axis(special.log_softmax(x, axis=1), np.maximum(y, 0)[:, None], 1)[:, 0]
    counted = y >= 0
    rows = counted.any(axis=1)
    value, share = (losses * counted).sum(axis=1)[rows], counted.sum(axis=1)[rows].astype(float)
    found = interval("ce", tmp_path / "p.npz")
    assert [found["low"], found["high"]] == pytest.approx(expected(value, share), rel=1e-11)
    assert found["units"] == 39


def test_batchmean_is_a_mean_over_rows(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    p, q = random.dirichlet(np.ones(4), 50), random.dirichlet(np.ones(4), 50)
    np.savez(tmp_path / "p.npz", input=np.log(q), targets=p)
    value = special.rel_entr(p, q).sum(axis=1)
    found = interval("kl", tmp_path / "p.npz", "--reduction", "batchmean")
    assert [found["low"], found["high"]] == pytest.approx(expected(value), rel=1e-10)


def test_rows_of_a_group_are_one_draw(tmp_path: Path) -> None:
    x, y, losses = drawn(120, 5)
    users = [f"u{number}" for number in np.random.default_rng(6).integers(0, 15, 120)]
    (tmp_path / "p.csv").write_text(table(x, y, user=users))
    names = sorted(set(users))
    sums = [losses[[user == name for user in users]].sum() for name in names]
    sizes = [float(users.count(name)) for name in names]
    found = interval("ce", tmp_path / "p.csv", "--group-column", "user")
    assert [found["low"], found["high"]] == pytest.approx(expected(sums, sizes), rel=1e-11)
    assert (found["units"], found["group_column"]) == (15, "user")
    both = document("ce", tmp_path / "p.csv", "--interval", "--group-column", "user", "--by", "user")
    assert both["interval"] == found
    assert len(both["groups"]) == 15
    assert interval("ce", tmp_path / "p.csv", "--group-column", "user", "--by", "class") == found


@pytest.mark.parametrize("group", [[], ["--group-column", "user"]], ids=["rows", "groups"])
def test_no_order_cutting_or_threads_change_a_bit(group: list[str], tmp_path: Path) -> None:
    x, y, _ = drawn(5000, 7)
    users = [f"u{at % 301}" for at in range(5000)]
    lines = table(x, y, user=users).splitlines(keepends=True)
    head, rows = lines[0], lines[1:]
    (tmp_path / "whole.csv").write_text("".join(lines))
    (tmp_path / "1.csv").write_text(head + "".join(rows[:1234]))
    (tmp_path / "2.csv").write_text(head + "".join(rows[1234:]))
    (tmp_path / "turned.csv").write_text(head + "".join(rows[::-1]))
    first = interval("ce", tmp_path / "whole.csv", *group)
    for files in (["1.csv", "2.csv"], ["turned.csv"]):
        for jobs in ("1", "3"):
            paths = [tmp_path / name for name in files]
            assert interval("ce", *paths, *group, "--jobs", jobs) == first


def test_many_rows_wait_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    before = interval("ce", OLD)
    monkeypatch.setattr("celoss_cli.core.spool._MOST_BYTES", 10)
    assert interval("ce", OLD) == before


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("nll", ["--log-probs", "[[-0.1,-2.4],[-1.2,-0.4],[-0.3,-1.3]]", "-y", "0,0,1"]),
        ("bce", ["--probs", "0.2,0.7,0.9", "-y", "0,1,0"]),
        ("bce-logits", ["--logits", "0.2,0.7,-0.9", "-y", "0,1,0"]),
        ("soft-margin", ["--scores", "0.2,0.7,-0.9", "-y", "1,1,-1"]),
        ("focal", ["--logits", "[[0.1,0.4],[1.2,0.4],[0.3,1.3]]", "-y", "0,0,1"]),
    ],
)
def test_every_loss_has_one(command: str, words: list[str]) -> None:
    found = document(command, *words, "--interval", "--reduction", "mean")
    losses = document(command, *words, "--reduction", "none")["value"]
    bounds = found["interval"]
    assert [bounds["low"], bounds["high"]] == pytest.approx(expected(losses), rel=1e-9)


# --------------------------------------------------------------------------------------------- the words


@pytest.mark.parametrize("format", ["table", "markdown", "html", "svg"])
def test_it_is_shown_with_what_it_means(format: str) -> None:
    text = " ".join(html.unescape(celoss("ce", OLD, "--interval", "--format", format).stdout).split())
    bounds = interval("ce", OLD)
    assert f"95% interval {bounds['low']:.6f} to {bounds['high']:.6f} of the mean loss" in text
    if format == "table":
        assert "in about 95 of 100 new samples of rows drawn like these" in text
        assert "less than 12% of all may well be missing from these 24" in text
        part = 1 - 0.05 ** (1 / 24)
        assert part == pytest.approx(0.12, abs=0.005)


def test_a_report_says_how_sure_the_number_is(tmp_path: Path) -> None:
    assert celoss("report", OLD, "--interval", "-o", tmp_path / "r.html").returncode == 0
    page = (tmp_path / "r.html").read_text()
    assert "How sure the number is" in page
    assert "95% interval" in page
    assert celoss("report", OLD, "-o", tmp_path / "r.html").returncode == 0
    assert "How sure" not in (tmp_path / "r.html").read_text()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--logits", "1,2", "-y", "0"], "it takes two rows to see a spread"),
        (["--logits", "[[1,2],[-inf,2],[0,1]]", "-y", "0,0,1"], "a loss is not finite"),
    ],
)
def test_where_there_is_none_it_says_why_and_no_limit_passes(words: list[str], reason: str) -> None:
    text = " ".join(celoss("ce", *words, "--interval").stdout.split())
    assert "No 95% interval of the mean loss." in text
    assert f"There is no interval: {reason}." in text
    found = document("ce", *words, "--max", "1e300", "--gate-on", "interval")
    assert (found["interval"]["low"], found["interval"]["high"]) == (None, None)
    (verdict,) = found["checks"]
    assert (verdict["passed"], verdict["reason"]) == (False, "there is no 95% interval of the mean")


# --------------------------------------------------------------------------------------------- the gate


def gated(*arguments: str | Path) -> Done:
    return celoss("ce", OLD, *arguments, "--gate-on", "interval")


def test_limits_are_held_against_the_ends() -> None:
    found = interval("ce", OLD)
    low, high = found["low"], found["high"]
    for value, code in ((high, 0), (math.nextafter(high, 0), 1)):
        assert gated("--max", repr(value)).returncode == code
    for value, code in ((low, 0), (math.nextafter(low, 2), 1)):
        assert gated("--min", repr(value)).returncode == code
    assert celoss("ce", OLD, "--max", repr(math.nextafter(high, 0)), "--gate-on", "value").returncode == 0
    (verdict,) = document("ce", OLD, "--max", "2", "--gate-on", "interval")["checks"]
    assert (verdict["compared"], verdict["value"], verdict["passed"]) == (
        "upper end of the 95% interval of the mean",
        high,
        True,
    )
    done = gated("--max", "1", "--format", "value")
    assert (done.returncode, done.stdout) == (1, celoss("ce", OLD, "--format", "value").stdout)
    assert "FAIL max: upper end of the 95% interval of the mean" in done.stderr
    assert gated("--max", "1", "--min-count", "24").stdout.count("pass ") == 1


def test_losses_too_skewed_for_their_number_pass_no_limit(tmp_path: Path) -> None:
    x = np.tile([8.0, 0.0], (60, 1))
    y = np.zeros(60, int)
    y[0] = 1
    (tmp_path / "p.csv").write_text(table(x, y))
    losses = np.where(y == 0, math.log1p(math.exp(-8)), 8 + math.log1p(math.exp(-8)))
    found = document("ce", tmp_path / "p.csv", "--max", "100", "--gate-on", "interval")
    (verdict,) = found["checks"]
    skewness = stats.skew(losses)
    assert found["interval"]["sure"] is False
    assert not verdict["passed"]
    assert f"but that is not sure: losses with a skewness of {skewness:.2g} take" in verdict["reason"]
    assert any("too skewed for the interval to be sure" in text for text in found["interval"]["meaning"])
    assert celoss("ce", tmp_path / "p.csv", "--max", "100").returncode == 0


def test_a_check_of_the_config_file_may_hold_it(tmp_path: Path) -> None:
    high = interval("ce", OLD)["high"]
    for limit, code in ((high + 0.1, 0), (high - 0.1, 1)):
        (tmp_path / "celoss.toml").write_text(
            f'[checks.old]\nloss = "ce"\nfiles = ["{OLD}"]\nmax = {limit}\ngate-on = "interval"\n'
        )
        done = celoss("check", cwd=tmp_path)
        assert done.returncode == code, done.stderr
        assert "upper end of the 95% interval of the mean" in done.stdout
    (tmp_path / "celoss.toml").write_text(
        f'[checks.old]\nloss = "ce"\nfiles = ["{OLD}"]\nmax = {high + 0.1}\ngate-on = "interval"\n'
        "confidence = 0.999\n"
    )
    assert celoss("check", cwd=tmp_path).returncode == 1


@pytest.mark.slow
def test_a_gate_that_holds_the_upper_end_lets_a_mean_that_is_too_high_pass_seldom(tmp_path: Path) -> None:
    """Losses of a true mean of exactly the limit: 2.5 of 100 samples are what the level aims at."""
    random, passed, samples = np.random.default_rng(11), 0, 400
    for _ in range(samples):
        p = np.exp(-random.exponential(1, 100))  # -log p is exponential with mean 1
        words = ",".join(map(repr, p.tolist()))
        targets = ",".join("1" * 100)
        done = celoss("bce", "--probs", words, "-y", targets, "--max", "1", "--gate-on", "interval")
        passed += done.returncode == 0
    assert passed / samples <= 0.045


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--confidence 0.9", "Expected --interval together with --confidence, got --confidence alone."),
        ("--group-column user", "Expected --interval together with --group-column, got --group"),
        ("--interval --reduction sum", "Expected --reduction mean with --interval, got sum."),
        ("--interval --reduction none", "Expected --reduction mean with --interval, got none."),
        ("--interval --format value", "Expected --interval with --format table, json, jsonl, markdown,"),
        ("--interval --emit-partial p.json", "Expected no --interval with --emit-partial, got one."),
        ("--interval --emit numpy", "Expected no --interval with --emit, got one."),
        ("--interval --confidence 1", "expected a number between 0 and 1, got"),
        ("--interval --confidence 0.9999999999", 'expected a number of at most 0.999999, got "0.9999999999"'),
        ("--interval --confidence 0.9999999999999999", "expected a number of at most 0.999999, got"),
        ("--interval --by id --group-column target", "Expected one column with --by and --group-column, got"),
        ("--gate-on interval", "Expected --max or --min together with --gate-on, got --gate-on"),
        ("--gate-on interval --max 1 --expect 1", "Expected no --expect with --gate-on interval, got one."),
        ("--gate-on interval --max 1 --baseline b.json", "no --baseline with --gate-on interval, got one."),
        ("--gate-on interval --max 1 --max-group 2", "no --max-group with --gate-on interval, got one."),
    ],
)  # fmt: skip
def test_what_has_no_interval_is_refused(words: str, told: str, tmp_path: Path) -> None:
    done = celoss("ce", OLD, *words.split(), cwd=tmp_path)
    assert done.returncode == 2
    assert told in done.stderr
    assert list(tmp_path.iterdir()) == []
