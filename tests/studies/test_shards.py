"""Shards: dealt out alike on every machine, kept as parts that stand, and all of them there."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from parted import Celoss, done, folder_of, told
from running import Done

from celoss_cli.core.errors import UsageError
from celoss_cli.read.shards import Shard, dealt, shard_of_text
from celoss_cli.studies.merge.files import missing_of, part_name

data = folder_of("abcdefg", 5)


# ----------------------------------------------------------------------------------------- which files


@pytest.mark.parametrize("of", [1, 2, 3, 7])
def test_shards_are_every_nth_file_and_all_files_once(of: int) -> None:
    paths = [f"{i}.csv" for i in range(7)]
    shards = [[piece.path for piece in dealt(paths, Shard(index, of))] for index in range(of)]
    assert shards[0] == paths[::of]
    assert sorted(path for shard in shards for path in shard) == paths


def test_more_shards_than_files_are_refused_on_every_machine(celoss: Celoss) -> None:
    for index in range(8):
        said = told(celoss, 3, "ce", "data", "--shard", f"{index}/8")
        assert "expected a file or a row group of a Parquet file for each of 8 shards, got 7" in said
        assert 'only Parquet files of several row groups are split, not "data/a.csv", "data/b.csv"' in said


@pytest.mark.parametrize(
    "text", ["", "3", "1/", "/2", "2/2", "0/0", "-1/2", "1/2/3", "1 / 2", "0x1/2", "\u0661/2"]
)
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected a shard"):
        shard_of_text(text)


def test_a_shard_alone_is_the_loss_of_its_files(celoss: Celoss) -> None:
    files = ["data/b.csv", "data/e.csv"]
    assert done(celoss, "ce", "data", "--shard", "1/3", "--json") == done(celoss, "ce", *files, "--json")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--logits", "1,2", "--targets", "0"], "Expected files with --shard, got data from elsewhere."),
        (["-"], "Expected files with --shard, got data from elsewhere."),
        (["data", "--targets", "@t.csv"], "Expected targets in the files themselves with --shard"),
        (["data", "--emit", "torch"], "Expected no --shard with --emit"),
        (["data", "--convention", "all"], "Expected one convention with --shard"),
    ],
)
def test_what_cannot_be_dealt_out_is_refused(celoss: Celoss, words: list[str], said: str) -> None:
    assert said in told(celoss, 2, "ce", *words, "--shard", "0/2")


# -------------------------------------------------------------------------------------- parts that stand


@pytest.mark.parametrize(
    "options", [[], ["--by", "class", "--quantiles", "0.5,0.9"], ["--label-smoothing", "0.1"]]
)
@pytest.mark.parametrize("of", [2, 7])
def test_parts_of_shards_are_the_whole_to_the_byte(celoss: Celoss, options: list[str], of: int) -> None:
    whole = done(celoss, "ce", "data", *options, "--json")
    for index in range(of):
        done(celoss, "ce", "data", *options, "--shard", f"{index}/{of}", "--emit-partial", "parts/", "--json")
    merged = json.loads(done(celoss, "merge", "parts", "--expect-parts", str(of), "--json"))
    expected = json.loads(whole)
    assert sorted(merged["input"].pop("files")) == expected["input"].pop("files")
    assert merged == expected


def test_a_folder_of_parts_is_the_whole_to_the_byte(celoss: Celoss) -> None:
    whole = done(celoss, "ce", "data", "--json")
    assert done(celoss, "ce", "data", "--emit-partial", "parts/", "--json") == whole
    assert sorted(os.listdir("parts")) == [part_name(Shard(index, 7)) for index in range(7)]
    again = celoss("ce", "data", "--emit-partial", "parts", "--json")
    assert (again.stdout, again.stderr) == (whole, "celoss: note: 7 of 7 parts taken as they stand\n")
    assert done(celoss, "merge", "parts/*.json", "--json") == whole


def change_a_file() -> None:
    path = Path("data/c.csv")
    before = path.stat().st_mtime_ns
    path.write_text(path.read_text().replace(",1\n", ",0\n"))
    os.utime(path, ns=(before + 1, before + 1))


def cut_a_part() -> None:
    path = Path("parts", part_name(Shard(2, 7)))
    path.write_text(path.read_text()[:-40])


def lose_a_part() -> None:
    Path("parts", part_name(Shard(2, 7))).unlink()


def swap_a_part() -> None:
    os.replace(Path("parts", part_name(Shard(1, 7))), Path("parts", part_name(Shard(2, 7))))


@pytest.mark.parametrize(
    ("change", "options", "stand"),
    [
        (change_a_file, [], 6),
        (cut_a_part, [], 6),
        (lose_a_part, [], 6),
        (swap_a_part, [], 5),
        (lambda: None, ["--label-smoothing", "0.1"], 0),
        (lambda: None, ["--by", "class"], 0),
        (lambda: None, ["--quantiles", "0.5"], 0),
        (lambda: None, ["--weight", "@w.json"], 0),
        (lambda: None, ["--jobs", "1"], 7),
    ],
)
def test_a_part_that_no_longer_stands_is_computed_anew(
    celoss: Celoss, change: Callable[[], None], options: list[str], stand: int
) -> None:
    Path("w.json").write_text("[1, 2]")
    done(celoss, "ce", "data", "--emit-partial", "parts/", "--json")
    change()
    again = celoss("ce", "data", *options, "--emit-partial", "parts/", "--json")
    assert again.stdout == done(celoss, "ce", "data", *options, "--json")
    expected = f"celoss: note: {stand} of 7 parts taken as they stand\n" if stand else ""
    assert again.stderr == expected


def test_a_file_that_an_option_names_is_input_too(celoss: Celoss) -> None:
    weights = ["--weight", "@w.json", "--emit-partial", "parts/", "--format", "value"]
    Path("w.json").write_text("[1, 2]")
    first = done(celoss, "ce", "data", *weights)
    Path("w.json").write_text("[1, 20]")
    assert done(celoss, "ce", "data", *weights) != first


def test_a_run_that_was_stopped_goes_on(celoss: Celoss, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path("data/e.csv")
    good = path.read_text()
    path.write_text(good + "1,x,0\n")
    assert "data/e.csv:7:2" in told(celoss, 3, "ce", "data", "--emit-partial", "parts/")
    assert sorted(os.listdir("parts")) == [part_name(Shard(index, 7)) for index in range(4)]
    path.write_text(good)
    again = celoss("ce", "data", "--emit-partial", "parts/", "--json")
    assert again.stderr == "celoss: note: 4 of 7 parts taken as they stand\n"
    assert again.stdout == done(celoss, "ce", "data", "--json")


def test_a_file_that_changes_while_it_is_read_is_refused(
    celoss: Celoss, monkeypatch: pytest.MonkeyPatch
) -> None:
    from celoss_cli.cli import part

    evaluated = part.evaluated

    def meanwhile(plan: object, found: object) -> object:
        change_a_file()
        return evaluated(plan, found)  # type: ignore[arg-type]

    monkeypatch.setattr(part, "evaluated", meanwhile)
    said = told(celoss, 3, "ce", "data/c.csv", "--emit-partial", "parts/")
    assert "data/c.csv: expected a file that stays as it is, got one that changed while it was read" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["data", "--emit-partial", "data/"],
            "Expected a folder for --emit-partial without files of the data",
        ),
        (["data", "--emit-partial", "data/parts/"], "Expected a folder for --emit-partial without files"),
        (
            ["data", "--emit-partial", "p/", "--rows", "2"],
            "Expected no --rows with a folder of --emit-partial",
        ),
        (["data", "--emit-partial", "p/", "--grad"], "Expected no --grad with a folder of --emit-partial"),
        (
            ["data", "--emit-partial", "p/", "--worst", "1"],
            "Expected no --worst with a folder of",
        ),
        (
            ["--logits", "1,2", "-y", "0", "--emit-partial", "p/"],
            "Expected files with a folder of --emit-partial",
        ),
        (["data", "--emit-partial", "p/", "--reduction", "none"], "Expected a reduction with --emit-partial"),
    ],
)
def test_what_parts_cannot_hold_is_refused(celoss: Celoss, words: list[str], said: str) -> None:
    assert said in told(celoss, 2, "ce", *words)


def test_a_folder_that_cannot_be_made_exits_4(celoss: Celoss) -> None:
    Path("file").write_text("")
    assert "file/parts" in told(celoss, 4, "ce", "data", "--emit-partial", "file/parts/")


# ---------------------------------------------------------------------------------- all of them, each once


THREE = [f"parts/{part_name(Shard(index, 3))}" for index in range(3)]


@pytest.fixture
def three(celoss: Celoss) -> None:
    """The parts of three shards."""
    for index in range(3):
        done(celoss, "ce", "data", "--shard", f"{index}/3", "--emit-partial", "parts/", "--format", "value")


@pytest.mark.usefixtures("three")
def test_a_missing_shard_is_named(celoss: Celoss) -> None:
    Path("parts", part_name(Shard(1, 3))).unlink()
    said = told(celoss, 3, "merge", "parts", "--expect-parts", "3")
    assert "expected 3 shards, got 2: missing 1/3 (run the command of the others with --shard 1/3)" in said
    merged = celoss("merge", "parts", "--format", "value")
    assert merged.stderr == "celoss: note: 2 of 3 shards, without 1/3\n"


@pytest.mark.usefixtures("three")
def test_a_surplus_shard_is_named(celoss: Celoss) -> None:
    done(celoss, "ce", "data", "--shard", "3/4", "--emit-partial", "parts/", "--format", "value")
    said = told(celoss, 3, "merge", "parts/*", "--expect-parts", "3")
    assert "parts/part-00003-of-00004.json: expected shards of 3, got shard 3/4" in said


@pytest.mark.usefixtures("three")
def test_a_shard_that_is_there_twice_is_named(celoss: Celoss) -> None:
    files = ["data/b.csv", "data/a.csv"]  # dealt out in another order, the first file is shard 1/2 as well
    done(celoss, "ce", *files, "--shard", "1/2", "--emit-partial", "others/", "--format", "value")
    done(celoss, "ce", *reversed(files), "--shard", "1/2", "--emit-partial", "more/", "--format", "value")
    said = told(celoss, 3, "merge", "others", "more", "--expect-parts", "2")
    assert "more/part-00001-of-00002.json: expected each shard once, got 1/2 that is in others/" in said


@pytest.mark.usefixtures("three")
def test_shards_may_be_merged_in_stages(celoss: Celoss) -> None:
    first, second, third = (f"parts/{part_name(Shard(index, 3))}" for index in range(3))
    done(celoss, "merge", third, first, "--emit-partial", "two.json", "--format", "value")
    merged = done(celoss, "merge", second, "two.json", "--expect-parts", "3", "--format", "value")
    assert merged == done(celoss, "ce", "data", "--format", "value")
    assert "missing 1/3" in told(celoss, 3, "merge", "two.json", "--expect-parts", "3")


@pytest.mark.usefixtures("three")
def test_parts_that_are_no_shards_are_counted(celoss: Celoss) -> None:
    for name in "ab":
        Path(f"{name}.csv").write_bytes(Path("data", f"{name}.csv").read_bytes())
        done(celoss, "ce", f"{name}.csv", "--emit-partial", f"{name}.json", "--format", "value")
    done(celoss, "merge", "a.json", "b.json", "--expect-parts", "2", "--format", "value")
    assert 'expected 3 parts, got 2: "a.json", "b.json"' in told(
        celoss, 3, "merge", "a.json", "b.json", "--expect-parts", "3"
    )
    said = told(celoss, 3, "merge", "parts", "a.json", "--expect-parts", "3")
    assert "a.json: expected shards, got a part that is none of them" in said


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("words", [["parts"], ["parts/*"], ["two.json", "parts/part-00000-of-00003.json"]])
def test_two_sets_of_shards_are_never_added(celoss: Celoss, words: list[str]) -> None:
    for index in range(2):
        done(celoss, "ce", "data", "--shard", f"{index}/2", "--emit-partial", "parts/", "--format", "value")
    two = [f"parts/{part_name(Shard(index, 2))}" for index in range(2)]
    done(celoss, "merge", *two, "--emit-partial", "two.json", "--format", "value")
    said = told(celoss, 3, "merge", *words)
    assert "celoss: error: parts/part-00000-of-00003.json: expected shards of 2 as in " in said
    assert f"as in {two[0] if len(words) == 1 else 'two.json'}, got shard 0/3 (" in said
    found = check(celoss, f"[checks.all]\nloss = 'ce'\npartials = {words!r}\nmax = 9\nmin-count = 40\n")
    assert (found.returncode, "expected shards of 2 as in " in found.stderr) == (3, True)
    assert done(celoss, "merge", "parts/*-of-00003.json", "--json") == done(celoss, "merge", *THREE, "--json")


def test_parts_that_a_larger_folder_left_behind_are_never_added(celoss: Celoss) -> None:
    done(celoss, "ce", "data", "--emit-partial", "parts/", "--format", "value")
    Path("data/g.csv").unlink()
    fewer = done(celoss, "ce", "data", "--emit-partial", "parts/", "--format", "value")
    said = told(celoss, 3, "merge", "parts")
    assert "part-00000-of-00007.json: expected shards of 6 as in parts/part-00000-of-00006.json" in said
    assert done(celoss, "merge", "parts/*-of-00006.json", "--format", "value") == fewer


def test_a_file_that_two_parts_hold_is_named(celoss: Celoss) -> None:
    files = ["data/a.csv", "data/b.csv", "./data/a.csv", "data/c.csv"]
    for index, name in enumerate(("one", "two")):
        here = ["--shard", f"{index}/2", "--emit-partial", f"{name}/", "--format", "value"]
        done(celoss, "ce", *(files[:2] if index else files[2:]), *here)
    done(celoss, "ce", *files[:2], "--shard", "0/2", "--emit-partial", "three/", "--format", "value")
    done(celoss, "merge", "one", "two", "--format", "value")
    said = told(celoss, 3, "merge", "one", "two", "three")
    assert 'expected each file once, got "data/a.csv" that is in one/part-00000-of-00002.json already' in said


def test_missing_shards_are_known_where_all_are_of_one_number() -> None:
    assert missing_of([Shard(2, 4), Shard(0, 4)]) == [Shard(1, 4), Shard(3, 4)]
    assert missing_of([]) == missing_of([Shard(0, 1)]) == []
    assert missing_of([Shard(0, 2), Shard(0, 3)]) == missing_of([Shard(0, 2), Shard(0, 2)]) == []


def test_names_of_parts_sort_as_shards_do() -> None:
    names = [part_name(Shard(index, 200_000)) for index in (0, 9, 10, 99_999, 100_000, 199_999)]
    assert names == sorted(names)
    assert part_name(Shard(3, 64)) == "part-00003-of-00064.json"


# ------------------------------------------------------------------------------------- checks of partials


def check(celoss: Celoss, text: str, *words: str) -> Done:
    Path("celoss.toml").write_text(text)
    return celoss("check", *words)


@pytest.mark.usefixtures("three")
def test_a_check_holds_the_sum_of_parts_against_its_limits(celoss: Celoss) -> None:
    value = float(done(celoss, "ce", "data", "--format", "value"))
    limits = f"partials = ['parts/*.json']\nexpect-parts = 3\nmax = {value!r}\nmin-count = 35"
    passed = check(celoss, f"[checks.all]\nloss = 'ce'\n{limits}\n", "--json")
    assert passed.returncode == 0, passed.stderr
    [outcome] = json.loads(passed.stdout)["checks"]
    assert (outcome["result"]["value"], outcome["result"]["rows"]) == (value, 35)
    failed = check(celoss, f"[checks.all]\nloss = 'ce'\npartials = 'parts'\nmax = {value / 2!r}\n")
    assert failed.returncode == 1


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("keys", "code", "said"),
    [
        (
            "loss = 'ce'\npartials = 'parts'\nexpect-parts = 4\nmax = 9",
            3,
            "expected shards of 4, got shard 0/3",
        ),
        ("loss = 'nll'\npartials = 'parts'\nmax = 9", 3, "expected partial results of nll, got those of ce"),
        ("loss = 'ce'\npartials = 'none/*'\nmax = 9", 3, "expected files that match"),
        (
            "loss = 'ce'\npartials = 'parts'\nfiles = 'data'\nmax = 9",
            2,
            "expected files or partials, got both",
        ),
        (
            "loss = 'ce'\npartials = 'parts'\nweight = [1, 2]\nmax = 9",
            2,
            'expected a known key, got "weight"',
        ),
        (
            "loss = 'ce'\nfiles = 'data'\nexpect-parts = 3\nmax = 9",
            2,
            'expected a known key, got "expect-parts"',
        ),
        ("loss = 'ce'\npartials = 'parts'", 2, "expected a limit"),
    ],
)
def test_a_check_of_parts_that_do_not_fit_fails(celoss: Celoss, keys: str, code: int, said: str) -> None:
    found = check(celoss, f"[checks.all]\n{keys}\n")
    assert found.returncode == code
    assert said in found.stderr
