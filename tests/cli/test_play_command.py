"""celoss play: what the page starts with, what it refuses, and that nothing outside of it is needed."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from running import Done, celoss

CSV = "id,cat,dog,target\nr1,0.9,0.1,cat\nr2,0.8,0.2,dog\nr3,-inf,0.3,dog\n"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("preds.csv").write_text(CSV)
    return tmp_path


def page_of(*words: str) -> str:
    done = celoss("play", *words, "-o", "play.html")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return Path("play.html").read_text("ascii")


def start_of(*words: str) -> dict[str, Any]:
    """What the page's script is given."""
    (found,) = re.findall(r'<script type="application/json" id="start">(.*?)</script>', page_of(*words))
    return dict(json.loads(found))


def refused(*words: str) -> Done:
    done = celoss("play", *words, "-o", "play.html")
    assert done.returncode in (2, 3)
    assert not Path("play.html").exists()
    return done


def test_without_a_file_the_page_has_an_example_and_is_the_same_each_time() -> None:
    first = page_of()
    assert first == page_of()
    assert start_of()["settings"]["logits"] == [[2.0, 1.0, 0.1], [0.5, 2.5, 0.3]]
    assert start_of()["lang"] is None
    assert start_of("--lang", "zh")["lang"] == "zh"


def test_the_page_loads_nothing_and_allows_no_script_but_its_own() -> None:
    page = page_of()
    assert not re.search(r"""(src|href)\s*=\s*["'](?!#)""", page)
    assert not re.search(
        r"url\(|@import|fetch\(|XMLHttp|WebSocket|localStorage|innerHTML|insertAdjacentHTML", page
    )
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    for tag in ("style", "script"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")


def test_every_word_is_there_in_both_languages() -> None:
    start = start_of()
    for name, word in start["words"].items():
        assert set(word) == {"en", "zh"}, name
        assert set(re.findall(r"{\d}", word["en"])) == set(re.findall(r"{\d}", word["zh"])), name
    assert len(start["questions"]) == 15
    for question in start["questions"]:
        texts = [
            question["title"],
            question["ask"],
            *question["why"],
            *question["predict"].get("choices", []),
        ]
        texts += [variant["name"] for variant in question["variants"]]
        for text in texts:
            assert set(text) == {"en", "zh"}
            assert re.findall(r"{\d}", text["en"]) == re.findall(r"{\d}", text["zh"])
            holes = map(int, re.findall(r"{(\d)}", text["en"]))
            assert all(hole < len(question["variants"]) for hole in holes)


def test_the_script_uses_only_words_that_there_are_and_all_of_them() -> None:
    start, page = start_of(), page_of()
    used = set(re.findall(r'data-word="(\w+)"', page)) | set(re.findall(r'word\(\s*"(\w+)"', page))
    assert used <= set(start["words"])
    spelled = page.partition('id="start">')[0] + page.rpartition("</script>\n<script>")[2]
    unused = {name for name in start["words"] if not re.search(rf'["`]{name}["`]', spelled)}
    made = re.compile(r"(before|base|unit|idea_reduce)_|(mean|sum|none)_is$")
    built = {name for name in unused if made.match(name)}
    assert unused - built == set()


def test_a_file_gives_the_first_rows_with_their_names_and_says_so() -> None:
    start = start_of("preds.csv", "--rows", "2")
    assert start["settings"]["logits"] == [[0.9, 0.1], [0.8, 0.2]]
    assert start["settings"]["targets"] == [0, 1]
    assert (start["labels"], start["rows"]) == (["cat", "dog"], ["r1", "r2"])
    assert start["source"] == {"file": "preds.csv", "shown": 2, "more": True}
    whole = start_of("preds.csv")
    assert whole["source"] == {"file": "preds.csv", "shown": 3, "more": False}
    assert whole["settings"]["logits"][2] == ["-inf", 0.3]


def test_a_long_file_is_read_no_further_than_needed() -> None:
    Path("long.csv").write_text("a,b,target\n" + "1,2,0\n" * 3_000_000 + "x,y,z\n")
    start = start_of("long.csv")
    assert (len(start["settings"]["targets"]), start["source"]["more"]) == (6, True)


def test_several_files_are_one_data_set() -> None:
    Path("more.csv").write_text(CSV)
    start = start_of("preds.csv", "more.csv", "--rows", "5")
    assert start["settings"]["targets"] == [0, 1, 1, 0, 1]
    assert start["source"] == {"file": "2 files", "shown": 5, "more": True}


def test_the_options_of_the_loss_are_those_that_the_page_starts_with() -> None:
    options = ("--weight", "1,2", "--ignore-index", "0", "--label-smoothing", "0.1", "--reduction", "none")
    found = start_of("preds.csv", *options, "--base", "2")["settings"]
    assert {name: found[name] for name in ("weight", "ignore", "smoothing", "reduction", "base", "loss")} == {
        "weight": [1.0, 2.0],
        "ignore": 0,
        "smoothing": 0.1,
        "reduction": "none",
        "base": "2",
        "loss": "ce",
    }


def test_probabilities_become_logarithms_for_a_loss_without_a_softmax() -> None:
    Path("probs.csv").write_text("p_a,p_b,target\n0.25,0.75,1\n0,1,1\n")
    found = start_of("probs.csv", "--input-is", "probs")["settings"]
    assert found["loss"] == "nll"
    assert found["logits"] == [[float(np.log(0.25)), float(np.log(0.75))], ["-inf", 0.0]]
    assert "label-smoothing" in refused_words("probs.csv", "--input-is", "probs", "--label-smoothing", "0.1")


def refused_words(*words: str) -> str:
    Path("play.html").unlink(missing_ok=True)
    return refused(*words).stderr


def test_positions_of_a_row_are_rows_of_the_page() -> None:
    np.save("x.npy", np.arange(12.0).reshape(2, 3, 2))
    np.save("y.npy", np.array([[0, 1], [2, 0]]))
    start = start_of("x.npy", "y.npy", "--rows", "3")
    assert start["settings"]["logits"] == [[0, 2, 4], [1, 3, 5], [6, 8, 10]]
    assert (start["settings"]["targets"], start["rows"]) == ([0, 1, 2], ["0[0]", "0[1]", "1[0]"])
    assert start["source"]["more"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--weight", "1,2"], "Expected a file with --weight, got none."),
        (["--target-column", "y"], "Expected a file with --target-column, got none."),
        (["--rows", "6"], "Expected a file with --rows, got none."),
        (["preds.csv", "--rows", "21"], "expected at most 20, got 21"),
        (["preds.csv", "--lang", "fr"], 'expected en, zh, got "fr"'),
        (["missing.csv"], "missing.csv: no such file"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(words: list[str], told: str) -> None:
    assert told.lower() in refused(*words).stderr.lower()


def test_a_page_needs_the_name_of_a_file_that_it_does_not_read() -> None:
    assert "--output" in celoss("play").stderr
    assert celoss("play").returncode == 2
    done = celoss("play", "preds.csv", "-o", "preds.csv")
    assert done.returncode == 2
    assert Path("preds.csv").read_text() == CSV
    assert celoss("play", "-o", "no/such/folder/play.html").returncode == 4


def test_data_that_is_no_classes_of_rows_is_refused_with_what_to_do() -> None:
    Path("one.csv").write_text("a,b,target\n1,2,1\n3,4,2\n")
    assert "--first-class 1" in refused("one.csv").stderr
    np.save("x.npy", np.zeros((2, 51)))
    np.save("y.npy", np.array([0, 1]))
    assert "at most 50 classes on a page, got 51" in refused("x.npy", "y.npy").stderr
    Path("soft.json").write_text('{"logits": [[1, 2], [3, 4]], "targets": [[0.5, 0.5], [0.1, 0.9]]}')
    assert "got probabilities" in refused("soft.json").stderr
    Path("nan.csv").write_text("a,b,target\nnan,2,1\n")
    done = refused("nan.csv")
    assert ("got nan in row 0" in done.stderr, "--allow-nonfinite" in done.stderr) == (True, False)


def commands_of(stderr: str) -> list[list[str]]:
    return [line.split("  (")[0].split()[1:] for line in stderr.splitlines()[1:]]


TOKENS = (
    '{"id": "c", "object": "text_completion", "choices": [{"text": "a b", "logprobs": '
    '{"tokens": ["a", " b"], "token_logprobs": [null, -0.5], "top_logprobs": null, "text_offset": [0, 1]'
    "}}]}\n"
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("prob,label\n0.2,1\n0.9,0\n", []),
        ("prob,label\n0.2,1\n0.9,0\n", ["--class-columns", "prob", "--target-column", "label"]),
        ("only,target\n1,0\n2,0\n", ["--class-columns", "only", "--target-column", "target"]),
        ("predicted,confidence,target\na,0.9,a\nb,0.8,a\n", []),
        (TOKENS, []),
    ],
)
def test_what_has_no_place_on_a_page_leads_to_a_command_that_computes_it(text: str, words: list[str]) -> None:
    path = "data.jsonl" if text is TOKENS else "data.csv"
    Path(path).write_text(text)
    offered = commands_of(refused(path, *words, "--rows", "3").stderr)
    assert offered
    for command in offered:
        done = celoss(*command)
        assert (command[0] != "play", done.returncode) == (True, 0), (command, done.stderr)


def test_infinities_are_shown_in_any_spelling() -> None:
    Path("inf.csv").write_text("a,b,target\ninf,2,0\n-Infinity,1,1\n")
    assert start_of("inf.csv")["settings"]["logits"] == [["inf", 2.0], ["-inf", 1.0]]


def test_an_ending_that_is_no_page_offers_what_the_command_has() -> None:
    done = celoss("play", "preds.csv", "-o", "play.txt")
    assert commands_of(done.stderr) == [["play", "preds.csv", "-o", "play.html"]]


def test_targets_in_a_file_of_their_own_may_be_more_than_the_page_shows() -> None:
    Path("x.csv").write_text("id,a,b\n" + "".join(f"r{at},{at},1\n" for at in range(9)))
    Path("y.csv").write_text("id,target\n" + "".join(f"r{at},{at % 2}\n" for at in range(9)))
    start = start_of("x.csv", "--targets", "@y.csv", "--target-is", "index", "--rows", "2")
    assert (start["settings"]["targets"], start["rows"]) == ([0, 1], ["r0", "r1"])


def test_weights_of_rows_are_left_out_and_told() -> None:
    Path("weighted.csv").write_text("a,b,target,weight\n1,2,1,0.5\n3,4,0,2\n")
    done = celoss("play", "weighted.csv", "--weight-column", "weight", "-o", "play.html")
    assert done.returncode == 0
    assert "the weights of the rows are left out" in done.stderr
