"""Partial results: any split of the rows, added in any order, gives the bytes of one run."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from profiles import examples
from running import celoss

from celoss_cli.cli.main import run
from celoss_cli.core.checksum import digest
from celoss_cli.core.errors import ExitCode
from celoss_cli.core.exact import ExactSum
from celoss_cli.studies.merge.contents import _sum, _sum_of

Capture = pytest.CaptureFixture[str]

HEADER = "a,b,c,group,target\n"
CLASSES = ["--class-columns", "a,b,c"]


def rows(seed: int, count: int) -> list[str]:
    numbers = random.Random(seed)
    return [
        ",".join(
            [*(f"{numbers.gauss(0, 9):.6g}" for _ in "abc"), numbers.choice("xyz"), str(numbers.randrange(3))]
        )
        + "\n"
        for _ in range(count)
    ]


def shard(folder: Path, name: str, lines: Sequence[str], *options: str) -> str:
    data, partial = folder / f"{name}.csv", folder / f"{name}.json"
    data.write_text(HEADER + "".join(lines))
    emit = ["--emit-partial", str(partial), "--on-empty", "nan", "--json"]
    assert run(["ce", str(data), *CLASSES, *options, *emit]) == ExitCode.DONE
    return str(partial)


def stable(report: dict[str, Any]) -> dict[str, Any]:
    """The report without the names of the files."""
    return {**report, "input": {**settled(report)["input"], "files": None}}


def settled(report: dict[str, Any]) -> dict[str, Any]:
    """The report without what spoke for the columns, which is of one file and not of all."""
    columns = report["input"]["columns"]
    roles = {role: named for role, named in columns.items() if role not in ("why", "inferred", "told")}
    return {**report, "input": {**report["input"], "columns": roles}}


@examples(15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(seed=st.integers(0, 99), cuts=st.lists(st.integers(0, 30), max_size=3), order=st.randoms())
@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--by", "class", "--quantiles", "0.1,0.5,1"],
        ["--by", "group", "--weight", "1,2,3", "--ignore-index", "1"],
        ["--reduction", "sum", "--base", "2", "--label-smoothing", "0.1"],
    ],
    ids=["mean", "by class", "by group", "sum"],
)
def test_any_split_in_any_order_gives_the_whole(
    tmp_path: Path, capfd: Capture, options: list[str], seed: int, cuts: list[int], order: random.Random
) -> None:
    lines = rows(seed, 30)
    edges = [0, *sorted(cuts), 30]
    parts = [
        shard(tmp_path, f"part{i}", lines[start:stop], *options)
        for i, (start, stop) in enumerate(pairwise(edges))
    ]
    order.shuffle(parts)
    (tmp_path / "whole.csv").write_text(HEADER + "".join(lines))
    capfd.readouterr()
    assert run(["ce", str(tmp_path / "whole.csv"), *CLASSES, *options, "--json"]) == 0
    whole = json.loads(capfd.readouterr().out)
    assert run(["merge", *parts, "--json"]) == 0
    merged = json.loads(capfd.readouterr().out)
    assert stable(merged) == stable(whole)


def test_merging_in_a_tree_is_the_same(tmp_path: Path, capfd: Capture) -> None:
    lines = rows(1, 9)
    parts = [shard(tmp_path, f"p{i}", lines[i : i + 3]) for i in (0, 3, 6)]
    both = str(tmp_path / "both.json")
    assert run(["merge", parts[2], parts[0], "--emit-partial", both, "--json"]) == 0
    capfd.readouterr()
    assert run(["merge", both, parts[1], "--format", "value"]) == 0
    tree = capfd.readouterr().out
    assert run(["merge", *parts, "--format", "value"]) == 0
    assert capfd.readouterr().out == tree


@pytest.mark.parametrize(
    ("options", "differs"),
    [
        (["--weight", "1,1,2"], "expected the option weight null as in ONE, got [1.0, 1.0, 2.0] (3 values)"),
        (["--label-smoothing", "0.1"], "expected the option label_smoothing 0.0 as in ONE, got 0.1"),
        (["--reduction", "sum"], 'expected the reduction "mean" as in ONE, got "sum"'),
        (["--dtype", "float32"], 'expected the option dtype "float64" as in ONE, got "float32"'),
        (["--by", "class"], 'expected the by null as in ONE, got "class"'),
        (["--quantiles", "0.5"], "expected the quantiles [] (0 values) as in ONE, got [0.5] (1 values)"),
        (["--class-columns", "a,b"], "expected the classes 3 as in ONE, got 2"),
    ],
)
def test_parts_of_other_computations_are_refused(
    tmp_path: Path, capfd: Capture, options: list[str], differs: str
) -> None:
    one = shard(tmp_path, "one", rows(1, 3))
    (tmp_path / "two.csv").write_text(HEADER + "1,2,3,x,0\n")
    other = str(tmp_path / "two.json")
    classes = [] if "--class-columns" in options else CLASSES
    two = ["ce", str(tmp_path / "two.csv"), *classes, *options, "--emit-partial", other, "--json"]
    assert run(two) == 0
    capfd.readouterr()
    assert run(["merge", one, other]) == ExitCode.BAD_INPUT
    said = capfd.readouterr().err
    assert differs.replace("ONE", one) in said
    assert f"{other}: expected" in said


def test_the_one_weight_of_many_that_differs_is_named(tmp_path: Path, capfd: Capture) -> None:
    names = [f"c{i}" for i in range(40)]
    for part, last in (("one", 1), ("two", 2)):
        (tmp_path / f"{part}.csv").write_text(",".join([*names, "target"]) + "\n" + "0," * 40 + "3\n")
        weight = ",".join(["1"] * 39 + [str(last)])
        emit = ["--emit-partial", str(tmp_path / f"{part}.json"), "--format", "value"]
        assert run(["ce", str(tmp_path / f"{part}.csv"), "--weight", weight, *emit]) == 0
    capfd.readouterr()
    assert run(["merge", str(tmp_path / "one.json"), str(tmp_path / "two.json")]) == ExitCode.BAD_INPUT
    assert "expected the option weight [39] 1.0 as in" in capfd.readouterr().err


# ----------------------------------------------------------------------------------------- data given twice


def binary_part(folder: Path, name: str, *options: str) -> str:
    data, partial = folder / f"{name}.csv", folder / f"{name}.json"
    data.write_text("p,label\n0.2,1\n0.7,2\n")
    emit = ["--emit-partial", str(partial), "--json"]
    assert run(["bce", str(data), *options, *emit]) == ExitCode.DONE
    return str(partial)


def test_parts_of_another_meaning_of_targets_are_refused(tmp_path: Path, capfd: Capture) -> None:
    one = binary_part(tmp_path, "one", "--positive", "2")
    two = binary_part(tmp_path, "two", "--positive", "1")
    three = binary_part(tmp_path, "three", "--positive", "2")
    capfd.readouterr()
    assert run(["merge", one, two]) == ExitCode.BAD_INPUT
    assert f'{two}: expected the option positive "2" as in {one}, got "1"' in capfd.readouterr().err
    staged = str(tmp_path / "staged.json")
    assert run(["merge", one, three, "--json", "--emit-partial", staged]) == ExitCode.DONE
    merged = json.loads(capfd.readouterr().out)
    assert (merged["input"]["meaning"], merged["rows"]) == ({"positive": "2"}, 4)
    assert run(["merge", staged, two]) == ExitCode.BAD_INPUT
    counted = shard(tmp_path, "counted", ["1,2,3,x,1\n"], "--first-class", "1")
    plain = shard(tmp_path, "plain", ["1,2,3,x,1\n"])
    for pair, said in (((plain, counted), "null"), ((counted, plain), "1")):
        capfd.readouterr()
        assert run(["merge", *pair]) == ExitCode.BAD_INPUT
        assert f"expected the option first_class {said} as in {pair[0]}, got" in capfd.readouterr().err


def test_one_file_counts_once_and_one_name_twice_is_refused(
    tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shard(Path(), "p0", rows(3, 3))
    capfd.readouterr()
    assert run(["merge", "p0.json", "--json"]) == 0
    alone = capfd.readouterr().out
    assert run(["merge", "p0.json", "./p0.json", "p*.json", "--json"]) == 0
    assert capfd.readouterr().out == alone
    assert run(["merge", "p0.json", "p0.json"]) == ExitCode.USAGE
    assert 'Expected each file once, got "p0.json" twice.' in capfd.readouterr().err


def test_no_data_counts_twice(tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = rows(3, 9)
    for i in range(3):
        shard(Path(), f"p{i}", lines[3 * i : 3 * i + 3])
    assert run(["merge", "p0.json", "p1.json", "--emit-partial", "both.json"]) == 0
    Path("copy.json").write_bytes(Path("p1.json").read_bytes())
    capfd.readouterr()
    for names, other in (
        (["p1.json", "p2.json", "copy.json"], "p1.json"),
        (["both.json", "p1.json"], "both.json"),
        (["p2.json", "p1.json", "both.json"], "p1.json"),
    ):
        assert run(["merge", *names]) == ExitCode.BAD_INPUT
        said = capfd.readouterr().err
        assert (
            f"{names[-1]}: expected the data of each part once, got data that is in {other} already" in said
        )
        assert "leave one of the two out" in said
    assert run(["merge", "both.json", "p2.json"]) == 0


def part_of(name: str, *files: str) -> str:
    """The part of these files, which are made where there are none."""
    for number, file in enumerate(files):
        if "*" not in file and not Path(file).exists():
            Path(file).parent.mkdir(parents=True, exist_ok=True)
            Path(file).write_text(HEADER + "".join(rows(sum(map(ord, file)) + number, 3)))
    assert run(["ce", *files, *CLASSES, "--emit-partial", name, "--format", "value"]) == ExitCode.DONE
    return name


@pytest.mark.parametrize("second", [["b.csv", "c.csv"], ["./b.csv"], ["d/../b.csv", "c.csv"], ["b*.csv"]])
def test_a_file_that_two_runs_share_counts_once(
    tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch, second: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("d").mkdir()
    part_of("x.json", "a.csv", "b.csv")
    part_of("y.json", *second)
    part_of("z.json", "z.csv")
    assert run(["merge", "x.json", "z.json", "--emit-partial", "sum.json", "--format", "value"]) == 0
    capfd.readouterr()
    for first in ("x.json", "sum.json"):
        assert run(["merge", first, "y.json"]) == ExitCode.BAD_INPUT
        said = capfd.readouterr().err
        assert f'y.json: expected each file once, got "b.csv" that is in {first} already' in said


def test_a_file_that_changed_is_another_one(
    tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    parts = [part_of("x.json", "a.csv", "log.csv")]
    Path("log.csv").write_text(HEADER + "".join(rows(77, 8)))
    parts.append(part_of("y.json", "log.csv"))
    capfd.readouterr()
    assert run(["merge", *parts, "--format", "value"]) == ExitCode.DONE
    assert capfd.readouterr().err == ""


def test_arrays_that_options_name_are_files_too(
    tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, values in (("x", [[1.0, 2.0]]), ("more", [[3.0, 1.0]]), ("y", [1])):
        np.save(f"{name}.npy", np.array(values))
    for part, input in (("one", "x"), ("two", "x"), ("three", "more")):
        words = ["--logits", f"@{input}.npy", "--targets", "@y.npy", "--emit-partial", f"{part}.json"]
        assert run(["ce", *words, "--base", "e" if part == "one" else "2", "--format", "value"]) == 0
    assert run(["merge", "two.json", "three.json", "--format", "value"]) == ExitCode.DONE  # of one y.npy
    [state] = json.loads(Path("one.json").read_text())["origin"]["files"]
    found = Path("x.npy").stat()
    assert state == {"name": "x.npy", "size": found.st_size, "stamp": str(found.st_mtime_ns)}


def test_where_data_may_count_twice_unseen_is_told(
    tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    part_of("x.json", "a.csv", "b.csv")
    old = json.loads(Path("x.json").read_text())
    Path("old.json").write_text(signed({**old, "origin": None}))
    part_of("z.json", "z.csv")
    capfd.readouterr()
    assert run(["merge", "old.json", "--format", "value"]) == ExitCode.DONE
    assert capfd.readouterr().err == ""  # nothing is added to it
    assert run(["merge", "old.json", "z.json", "--emit-partial", "s.json", "--format", "value"]) == 0
    said = capfd.readouterr().err
    assert said.startswith('celoss: note: "old.json" is of a pipe or of an earlier version and does not say')
    part_of("w.json", "w.csv")
    capfd.readouterr()
    assert run(["merge", "s.json", "w.json", "--format", "value"]) == ExitCode.DONE
    assert 'note: "s.json" is of a pipe or of an earlier version' in capfd.readouterr().err


def test_a_copy_in_another_folder_is_told(
    tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    part_of("x.json", "a.csv", "b.csv")
    Path("d").mkdir()
    shutil.copy2("b.csv", "d/b.csv")
    part_of("y.json", "d/b.csv")
    capfd.readouterr()
    assert run(["merge", "x.json", "y.json", "--format", "value"]) == ExitCode.DONE
    told = 'celoss: note: "b.csv" and "d/b.csv" have one size and one time: is that a file twice?\n'
    assert capfd.readouterr().err == told


def test_a_copy_of_another_name_and_time_is_told(
    tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has the same bytes, so it has the same sums; a file of the same size with other rows does not."""
    monkeypatch.chdir(tmp_path)
    for name, first in (("a.csv", 1), ("copy.csv", 1), ("z.csv", 2)):
        Path(name).write_text(f"{HEADER}{first},2,0,x,0\n1,1,3,x,1\n")
        os.utime(name, ns=(10**18, 10**18 + ord(name[0])))
        words = ["ce", name, *CLASSES, "--emit-partial", f"{name}.json", "--format", "value"]
        assert run(words) == ExitCode.DONE
    capfd.readouterr()
    assert run(["merge", "a.csv.json", "copy.csv.json", "z.csv.json", "--format", "value"]) == ExitCode.DONE
    told = '"a.csv" and "copy.csv" have one size and one result, to the last bit: is that a file twice?\n'
    assert capfd.readouterr().err == f"celoss: note: {told}"
    assert run(["merge", "a.csv.json", "z.csv.json", "--format", "value"]) == ExitCode.DONE
    assert capfd.readouterr().err == ""


@pytest.mark.slow
@pytest.mark.memory
@pytest.mark.subprocess
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell it so")
def test_a_thousand_parts_are_merged_in_flat_memory_and_a_straight_line(tmp_path: Path) -> None:
    """A thousand parts take ten times as long as a hundred, and hardly more memory than ten."""
    (tmp_path / "data").mkdir()
    for index in range(1000):
        (tmp_path / "data" / f"{index:04d}.csv").write_text(f"{HEADER}{index},2,{index % 5},x,{index % 3}\n")
    files = [str(path) for path in sorted((tmp_path / "data").iterdir())]
    words = ["ce", *files, *CLASSES, "--format", "value"]
    assert run([*words, "--emit-partial", f"{tmp_path}/parts/"]) == ExitCode.DONE
    parts = [str(path) for path in sorted((tmp_path / "parts").iterdir())]
    code = (
        "import sys, time\n"
        "from celoss_cli.cli.merging import whole_of\n"
        "whole_of(sys.argv[1:3], None)\n"
        "start = time.process_time()\n"
        "whole = whole_of(sys.argv[1:], None)\n"
        "seconds = time.process_time() - start\n"
        "memory = next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1]\n"
        "print(seconds, memory, whole.evaluation.tally.rows)\n"
    )

    def cost(count: int) -> tuple[float, int]:
        command = [sys.executable, "-c", code, *parts[:count]]
        runs = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(2)]
        seconds, memory, rows = zip(*(map(float, one.stdout.split()) for one in runs), strict=True)
        assert set(rows) == {count}
        return min(seconds), int(min(memory))

    few, some, all_of_them = cost(10), cost(100), cost(1000)
    assert all_of_them[0] < 2.0  # half of it on a machine of its own
    assert all_of_them[0] < 20 * some[0]
    assert all_of_them[1] < few[1] + 16_000  # KiB


def test_the_same_run_writes_the_same_bytes(tmp_path: Path) -> None:
    part = Path(shard(tmp_path, "one", rows(1, 30)))
    first = part.read_bytes()
    again = ["ce", str(tmp_path / "one.csv"), *CLASSES, "--jobs", "1", "--format", "value"]
    assert run([*again, "--on-empty", "nan", "--emit-partial", str(part)]) == ExitCode.DONE
    assert part.read_bytes() == first


def test_equal_rows_in_files_of_other_names_are_other_data(tmp_path: Path) -> None:
    parts = [shard(tmp_path, name, rows(1, 3)) for name in ("one", "two")]
    assert run(["merge", *parts]) == 0


def test_parts_without_rows_are_never_the_same_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    empty = shard(Path(), "empty", [])
    Path("again.json").write_bytes(Path(empty).read_bytes())
    assert run(["merge", empty, shard(Path(), "one", rows(1, 3)), "again.json"]) == 0


# ------------------------------------------------------------------------------------------------ findings


def merged_and_whole(folder: Path, capfd: Capture, parts: Sequence[Sequence[str]], *options: str) -> Any:
    """The JSON of all parts merged in order and that of one run over their files."""
    names = [shard(folder, f"p{i}", lines, *options) for i, lines in enumerate(parts)]
    files = [str(folder / f"p{i}.csv") for i in range(len(parts))]
    capfd.readouterr()
    assert run(["merge", *names, "--json"]) == 0
    merged = json.loads(capfd.readouterr().out)
    assert run(["ce", *files, *CLASSES, *options, "--json"]) == 0
    return merged, json.loads(capfd.readouterr().out)


PROBABILITIES = "0.25,0.5,0.25,x,1\n"
LOGITS = "3,-2,9,x,1\n"


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([[PROBABILITIES] * 1100, [PROBABILITIES] * 1100], "CEL104"),
        ([[PROBABILITIES] * 1100, [LOGITS] * 1100], "CEL104"),
        ([[PROBABILITIES] * 700, [PROBABILITIES] * 300, [LOGITS] * 700], None),
        ([[PROBABILITIES] * 900, [PROBABILITIES] * 124, [LOGITS] * 700], "CEL104"),
        ([[], [PROBABILITIES] * 30], "CEL104"),
    ],
)
def test_what_is_seen_of_the_first_rows_is_that_of_the_whole(
    tmp_path: Path, capfd: Capture, parts: list[list[str]], code: str | None
) -> None:
    merged, whole = merged_and_whole(tmp_path, capfd, parts)
    assert settled(merged) == settled(whole)
    assert [finding["code"] for finding in merged["findings"]] == ([code] if code else [])


def test_a_tree_of_merges_keeps_the_first_rows_in_order(tmp_path: Path, capfd: Capture) -> None:
    parts = [[PROBABILITIES] * 600, [PROBABILITIES] * 400, [LOGITS] * 100, [LOGITS] * 2000]
    names = [shard(tmp_path, f"p{i}", lines) for i, lines in enumerate(parts)]
    late = str(tmp_path / "late.json")
    assert run(["merge", *names[1:], "--emit-partial", late]) == 0
    capfd.readouterr()
    found = []
    for order in (names, [names[0], late]):
        assert run(["merge", *order, "--json"]) == 0
        found.append(json.loads(capfd.readouterr().out))
    assert found[0] == found[1]


def test_a_fact_about_an_option_counts_once(tmp_path: Path, capfd: Capture) -> None:
    options = ["--weight=-1,2,3", "--allow-out-of-domain"]
    merged, whole = merged_and_whole(tmp_path, capfd, [rows(1, 5), rows(2, 5), rows(3, 5)], *options)
    assert settled(merged) == settled(whole)
    assert [(finding["code"], finding["count"]) for finding in merged["findings"]] == [("CEL203", 1)]


# --------------------------------------------------------------------------------------- damaged documents


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything in a JSON document."""
    yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from leaves(value[key], (*path, key))


def with_change(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    changed = dict(document) if isinstance(document, dict) else list(document)
    changed[path[0]] = with_change(document[path[0]], path[1:], value)
    return changed


def signed(document: dict[str, Any]) -> str:
    """The document with the checksum that it should have."""
    content = {key: value for key, value in document.items() if key != "checksum"}
    return json.dumps({**content, "checksum": digest(content)})


OTHERS = (None, True, False, 0, -1, 1.5, 10**17, "abc", "", [], [1], {}, {"a": None}, [[0.5]], [2.0])


@pytest.mark.slow
@pytest.mark.fuzz
def test_any_change_is_noticed_and_no_content_is_a_bug(tmp_path: Path, capfd: Capture) -> None:
    options = ["--by", "group", "--quantiles", "0.5", "--weight", "1,2,3"]
    path = Path(shard(tmp_path, "one", rows(1, 4), *options))
    document = json.loads(path.read_text())
    codes = set()
    for number, place in enumerate(leaves(document)):
        if not place:
            continue
        changed = with_change(document, place, OTHERS[number % len(OTHERS)])
        path.write_text(json.dumps(changed))
        expected = ExitCode.DONE if json.dumps(changed) == json.dumps(document) else ExitCode.BAD_INPUT
        assert run(["merge", str(path), "--format", "value"]) == expected, place
        for value in OTHERS:
            path.write_text(signed(with_change(document, place, value)))
            codes.add(run(["merge", str(path)]))
            assert codes <= {ExitCode.DONE, ExitCode.BAD_INPUT}, (place, value, capfd.readouterr().err)
    assert codes == {ExitCode.DONE, ExitCode.BAD_INPUT}


def test_a_changed_digit_is_told_as_such(tmp_path: Path, capfd: Capture) -> None:
    path = Path(shard(tmp_path, "one", rows(1, 3)))
    text = path.read_text()
    at = text.index('"loss": "0x') + 11
    path.write_text(text[:at] + ("1" if text[at] != "1" else "2") + text[at + 1 :])
    capfd.readouterr()
    assert run(["merge", str(path)]) == ExitCode.BAD_INPUT
    assert "the file was changed or damaged since then" in capfd.readouterr().err
    path.write_text(json.dumps(json.loads(text)))  # laid out otherwise
    assert run(["merge", str(path)]) == ExitCode.DONE


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.pop("tally"),
        lambda document: document.update(extra=1),
        lambda document: document["tally"].update(rows=-1),
        lambda document: document["tally"].update(rows=1.5),
        lambda document: document["tally"].update(ignored=10),
        lambda document: document["tally"].update(loss="12"),
        lambda document: document["tally"].update(loss="0x1*2^9999"),
        lambda document: document["tally"].update(loss="0x2*2^-1"),
        lambda document: document["groups"].pop("x"),
        lambda document: document["levels"].update({"0": 1}),
        lambda document: document["levels"].update({"99999999": 1}),
        lambda document: document.update(loss="mse"),
        lambda document: document.update(celoss_partial=99),
        lambda document: document.update(celoss_partial=True),
        lambda document: document.pop("celoss_partial"),
        lambda document: document.update(levels={"x": 1}),
        lambda document: document.update(options={"nonsense": 1}),
        lambda document: document.update(options={}),
        lambda document: document.update(reduction="abc"),
        lambda document: document.update(quantiles=[2.0]),
        lambda document: document.update(columns=None),
        lambda document: document["first_rows"]["counts"].update(values="3*9999"),
    ],
)
def test_a_damaged_partial_result_is_refused(tmp_path: Path, capfd: Capture, change: Any) -> None:
    options = ["--by", "group", "--quantiles", "0.5"]
    path = Path(shard(tmp_path, "one", ["1,2,3,x,0\n", "3,2,1,y,0\n"], *options))
    document = json.loads(path.read_text())
    change(document)
    path.write_text(signed(document))
    capfd.readouterr()
    assert run(["merge", str(path)]) == ExitCode.BAD_INPUT
    said = capfd.readouterr()
    assert "one.json: expected a" in said.err
    assert said.out == ""


@given(st.integers(-(1 << 2150), 1 << 2150), *[st.integers(0, 10**17)] * 3)
def test_a_sum_is_read_as_it_was_written(scaled: int, nan: int, posinf: int, neginf: int) -> None:
    total = ExactSum(scaled, nan, posinf, neginf)
    assert _sum_of(_sum(total)) == total


# ---------------------------------------------------------------------------------------- what goes along


def test_a_partial_result_needs_a_reduction(tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "p.csv").write_text(HEADER + "1,2,3,x,0\n")
    partial = tmp_path / "p.json"
    command = ["ce", str(tmp_path / "p.csv"), *CLASSES, "--reduction", "none", "--format", "csv"]
    assert run([*command, "--emit-partial", str(partial)]) == ExitCode.USAGE
    assert not partial.exists()
    assert "Expected a reduction with --emit-partial" in capfd.readouterr().err


def test_the_worst_rows_are_in_no_partial_result(tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "p.csv").write_text(HEADER + "1,2,3,x,0\n")
    partial = tmp_path / "p.json"
    command = ["ce", str(tmp_path / "p.csv"), *CLASSES, "--worst", "3", "--emit-partial", str(partial)]
    assert run(command) == ExitCode.USAGE
    assert not partial.exists()
    assert "Expected no --worst with --emit-partial" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("options", "key"), [(["--by", "class"], "groups"), (["--quantiles", "0.5"], "quantiles")]
)
def test_what_a_partial_result_holds_needs_no_format_that_shows_it(
    tmp_path: Path, capfd: Capture, options: list[str], key: str
) -> None:
    (tmp_path / "p.csv").write_text(HEADER + "1,2,3,x,0\n")
    partial = str(tmp_path / "p.json")
    command = ["ce", str(tmp_path / "p.csv"), *CLASSES, *options, "--format", "value"]
    assert run(command) == ExitCode.USAGE
    assert run([*command, "--emit-partial", partial]) == ExitCode.DONE
    capfd.readouterr()
    assert run(["merge", partial, "--json"]) == ExitCode.DONE
    assert len(json.loads(capfd.readouterr().out)[key]) == 1


def test_a_part_that_is_refused_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(HEADER)
    partial = tmp_path / "p.json"
    command = ["ce", str(tmp_path / "p.csv"), *CLASSES, "--emit-partial", str(partial)]
    assert run(command) == ExitCode.BAD_INPUT
    assert not partial.exists()
    assert run([*command, "--on-empty", "nan"]) == ExitCode.DONE
    assert partial.exists()


def test_the_calibration_error_is_no_limit_of_parts(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("a,b,target\n1,2,a\n3,1,b\n")
    assert celoss("ce", "p.csv", "--emit-partial", "p.json", cwd=tmp_path).returncode == 0
    merged = celoss("merge", "p.json", "--max-ece", "1", cwd=tmp_path)
    assert (merged.returncode, "No such option: --max-ece" in merged.stderr) == (2, True)
    (tmp_path / "celoss.toml").write_text('[checks.a]\nloss = "ce"\npartials = "p.json"\nmax-ece = 1\n')
    checked = celoss("check", cwd=tmp_path)
    assert (checked.returncode, 'got "max-ece"' in checked.stderr) == (2, True)


def test_the_work_of_a_part_does_not_grow_with_their_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No command line of all files is made for each part, and no place that is 0 everywhere is looked at."""
    from celoss_cli.core import exact_groups
    from celoss_cli.studies.merge import parts

    names = [shard(tmp_path, f"{index}.json", rows(index, 4)) for index in range(5)]
    places: list[int] = []
    carried = exact_groups._carried

    def counted(digits: Any) -> Any:
        places.append(len(digits))
        return carried(digits)

    def never(*given: Any) -> list[str]:
        raise AssertionError

    monkeypatch.setattr(parts, "_one_run", never)
    monkeypatch.setattr(exact_groups, "_carried", counted)
    done = celoss("merge", *names, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"] == 20
    assert max(places) < 10, places
