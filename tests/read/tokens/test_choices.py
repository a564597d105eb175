"""Multiple choice in samples of lm-evaluation-harness: a logit a choice, by each normalisation."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from dumps import lines
from running import Done

Run = Callable[..., Done]
Result = Callable[..., dict[str, Any]]


def sample(doc: int, choices: Sequence[tuple[str, float]], target: Any, **more: Any) -> dict[str, Any]:
    return {
        "doc_id": doc,
        "doc": {"subject": f"s{doc % 2}"},
        "target": target,
        "arguments": [["Question", f" {text}"] for text, _ in choices],
        "resps": [[[score, False]] for _, score in choices],
        "filtered_resps": [[score, False] for _, score in choices],
        "filter": "none",
        **more,
    }


YES = [("yes", -4.0), ("not really", -6.0)]


@pytest.mark.parametrize(("norm", "value"), [("none", 2.126928), ("char", 0.392248), ("byte", 0.392248)])
def test_a_choice_is_divided_by_the_characters_of_its_own(
    result: Result, tmp_path: Path, norm: str, value: float
) -> None:
    """The gold choice is the second: -4 and -6, by characters -4/3 and -6/10."""
    path = lines(tmp_path / "samples_t.jsonl", [sample(0, YES, 1)])
    assert result("ce", path, "--choice-norm", norm)["value"] == pytest.approx(value, abs=1e-6)
    if norm == "none":
        assert result("ce", path)["value"] == pytest.approx(value, abs=1e-6)


def test_newer_files_write_numbers_and_targets_as_texts(result: Result, tmp_path: Path) -> None:
    newer = sample(0, YES, "1")
    newer["arguments"] = {
        f"gen_args_{at}": {"arg_0": "Question", "arg_1": f" {text}"} for at, (text, _) in enumerate(YES)
    }
    newer["filtered_resps"] = [[str(score), "False"] for _, score in YES]
    for target in ("1", "not really"):
        path = lines(tmp_path / "samples_t.jsonl", [{**newer, "target": target}])
        assert result("ce", path)["value"] == pytest.approx(2.126928, abs=1e-6)


def test_all_normalisations_stand_side_by_side_with_the_harness_s_own_accuracy(
    celoss: Run, result: Result, tmp_path: Path
) -> None:
    more = [("a", -4.0), ("b", -6.0), ("c", -1.0)]
    records = [
        sample(0, YES, 1, acc=0.0, acc_norm=1.0),
        sample(1, more, 2, acc=1.0, acc_norm=1.0),
        sample(1, more, 2, acc=1.0, acc_norm=1.0, filter="other"),
        sample(0, YES, 1, acc=0.0, acc_norm=1.0),
    ]
    path = lines(tmp_path / "samples_t.jsonl", records)
    found = result("ce", path, "--choice-norm", "char")
    second = math.log(1 + math.exp(-3) + math.exp(-5))
    assert found["value"] == pytest.approx((math.log(1 + math.exp(-4 / 3 + 0.6)) + second) / 2)
    assert (found["rows"], found["classes"]) == (2, 3)
    by_norm = found["input"]["choices"]["by_norm"]
    assert [by_norm[norm]["accuracy"] for norm in ("none", "char", "byte")] == [0.5, 1.0, 1.0]
    assert [by_norm[norm]["own_accuracy"] for norm in ("none", "char", "byte")] == [0.5, 1.0, None]
    p = 1 / (1 + math.exp(-2))
    others = [math.exp(-3 - second), math.exp(-5 - second), 1 - math.exp(-second)]
    brier = (2 * p * p + sum(one * one for one in others)) / 2
    assert by_norm["none"]["brier"] == pytest.approx(brier)
    told = {finding["code"]: finding["count"] for finding in found["findings"]}
    assert told == {"CEL225": 1, "CEL226": 1, "CEL229": 2}
    view = celoss("ce", path, "--choice-norm", "char").stdout
    assert "--choice-norm none" in view
    assert "the harness's" in view


def test_an_accuracy_that_is_not_the_harness_s_is_told(result: Result, tmp_path: Path) -> None:
    path = lines(tmp_path / "samples_t.jsonl", [sample(0, YES, 1, acc=1.0, acc_norm=1.0)])
    told = result("ce", path)["findings"]
    assert [(finding["code"], finding["severity"]) for finding in told] == [("CEL230", "warning")]
    assert [finding["code"] for finding in result("ce", path, "--choice-norm", "char")["findings"]] == [
        "CEL229"
    ]


def test_the_file_s_own_accuracy_settles_what_a_target_of_digits_is(
    celoss: Run, result: Result, tmp_path: Path
) -> None:
    choices = [("7", -3.0), ("0", -1.0)]  # "0" is the number of the first and the text of the second
    path = lines(tmp_path / "samples_t.jsonl", [sample(0, choices, "0", acc=1.0)])
    assert result("ce", path)["value"] == pytest.approx(math.log(1 + math.exp(-2)))
    done = celoss("ce", lines(tmp_path / "open.jsonl", [sample(0, choices, "0")]))
    assert done.returncode == 3
    assert "$.target: expected the number or the text of one of 2 choices" in done.stderr


def test_what_a_choice_gains_by_the_question(celoss: Run, result: Result, tmp_path: Path) -> None:
    record = sample(0, YES, 1, acc_mutual_info=1.0)
    record["arguments"] += [["", " yes"], ["", " not really"]]
    record["filtered_resps"] += [[-2.0, False], [-9.0, False]]
    path = lines(tmp_path / "samples_t.jsonl", [record])
    found = result("ce", path, "--choice-norm", "unconditional")
    assert found["value"] == pytest.approx(math.log(1 + math.exp(-2 - 3)))
    assert (found["classes"], found["findings"][0]["code"]) == (2, "CEL229")
    done = celoss("ce", lines(tmp_path / "t.jsonl", [sample(0, YES, 1)]), "--choice-norm", "unconditional")
    assert (done.returncode, "expected requests without the question" in done.stderr) == (3, True)


def test_choices_are_rows_of_every_command(celoss: Run, result: Result, tmp_path: Path) -> None:
    path = lines(tmp_path / "samples_t.jsonl", [sample(doc, YES, doc % 2) for doc in range(6)])
    groups = result("ce", path, "--by", "doc.subject")["groups"]
    assert [(group["name"], group["counted"]) for group in groups] == [("s0", 3), ("s1", 3)]
    assert celoss("compare", path, path, "--loss", "ce", "--choice-norm", "char").returncode == 0
    parts = tmp_path / "part.json"
    assert celoss("ce", path, "--emit-partial", parts).returncode == 0
    assert celoss("merge", parts).returncode == 0
    assert f"\n  celoss ce {path}  (the loss over the choices)" in celoss("nll", path).stderr


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"target": 2}, '$.target: expected the number or the text of one of 2 choices, got "2"'),
        ({"target": "maybe"}, "$.target: expected the number or the text of one of 2 choices"),
        ({"arguments": [["Question", " yes"]]}, "expected a log-likelihood for each of 1 requests, got 2"),
        ({"filtered_resps": [[None, False], [-6, False]]}, "$.filtered_resps[0]: expected a log-likelihood"),
        ({"arguments": "x"}, "$.arguments: expected a list"),
    ],
)
def test_samples_that_are_not_as_the_harness_writes_them_are_refused(
    celoss: Run, tmp_path: Path, changed: dict[str, Any], told: str
) -> None:
    done = celoss("ce", lines(tmp_path / "samples_t.jsonl", [{**sample(0, YES, 1), **changed}]))
    assert done.returncode == 3
    assert f"samples_t.jsonl:1: {told}" in done.stderr or told in done.stderr


def test_the_option_means_nothing_elsewhere(celoss: Run, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("a,b,y\n0.1,2.4,0\n")
    done = celoss("ce", table, "--choice-norm", "char")
    assert (done.returncode, "Expected --choice-norm with samples" in done.stderr) == (2, True)
    assert celoss("bce", table, "--choice-norm", "char").returncode == 2


@pytest.mark.parametrize("words", [("--first-class", "1"), ("--class-map", "a=b"), ("--target-is", "name")])
def test_options_of_targets_are_refused_as_the_harness_says_what_is_right(
    celoss: Run, tmp_path: Path, words: tuple[str, ...]
) -> None:
    path = lines(tmp_path / "samples_t.jsonl", [sample(0, YES, 1)])
    done = celoss("ce", path, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"Expected no {words[0]} with samples of several choices, got one." in done.stderr


@pytest.mark.parametrize("norm", ["char", "byte"])
@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_choice_has_no_size_to_divide_by(
    celoss: Run, result: Result, tmp_path: Path, norm: str, empty: str
) -> None:
    choices = [("no", -3.0), ("", -1.0)]
    record = sample(0, choices, 0)
    record["arguments"][1][1] = empty
    path = lines(tmp_path / "samples_t.jsonl", [sample(1, YES, 1), record])
    done = celoss("ce", path, "--choice-norm", norm)
    assert (done.returncode, done.stdout) == (3, "")
    assert "samples_t.jsonl:2: $.arguments[1]: expected choices to divide by their" in done.stderr
    assert "--choice-norm none" in done.stderr
    found = result("ce", path, "--choice-norm", "none")
    expected = (math.log(1 + math.exp(2)) + math.log(1 + math.exp(2))) / 2
    assert found["value"] == pytest.approx(expected)
    assert set(found["input"]["choices"]["by_norm"]) == {"none"}


def test_a_log_likelihood_above_0_is_refused(celoss: Run, result: Result, tmp_path: Path) -> None:
    path = lines(tmp_path / "samples_t.jsonl", [sample(0, [("yes", -1.0), ("no", 4.0)], 1)])
    done = celoss("ce", path)
    assert (done.returncode, done.stdout) == (3, "")
    assert "$.filtered_resps[1]: expected a log-likelihood of at most 0, got 4" in done.stderr
    found = result("ce", path, "--allow-out-of-domain")
    assert found["value"] == pytest.approx(math.log(1 + math.exp(-5)))
    told = {finding["code"]: finding["message"] for finding in found["findings"]}
    assert told["CEL232"].startswith("1 choice has a log-probability above 0")


def test_tokens_of_a_choice_that_nobody_counted_are_no_divisor(celoss: Run, tmp_path: Path) -> None:
    path = lines(tmp_path / "samples_t.jsonl", [sample(0, [("yes", -4.0), ("not really", -6.0)], 1)])
    done = celoss("ce", path, "--choice-norm", "token")
    assert done.returncode == 3
    assert f"{path}:1: expected the number of tokens of each choice for --choice-norm token" in done.stderr
    assert f"  celoss ce {path} --choice-norm byte" in done.stderr


@pytest.mark.parametrize(
    ("loss", "leads_to"),
    [("brier", ["brier", "ce"]), ("bce", ["ce"]), ("js", ["ce"]), ("focal-binary", ["ce"])],
)
def test_another_loss_leads_to_what_choices_are(
    celoss: Run, tmp_path: Path, loss: str, leads_to: list[str]
) -> None:
    path = lines(tmp_path / "samples_t.jsonl", [sample(0, YES, 1)])
    done = celoss(loss, path)
    assert (done.returncode, "got choices with their log-likelihoods of" in done.stderr) == (3, True)
    commands = [line.split("  (")[0].split()[1:] for line in done.stderr.splitlines()[1:]]
    assert [words[0] for words in commands] == leads_to
    p = 1 / (1 + math.exp(-2))  # of the first choice, which is wrong
    right = {"brier": 2 * p * p, "ce": -math.log(1 - p)}
    for words in commands:
        found = float(celoss(*words, "--format", "value").stdout)
        assert found == pytest.approx(right[words[0]], rel=1e-12)
