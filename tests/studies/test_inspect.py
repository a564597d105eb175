"""celoss inspect: the roles that a loss would give, and commands that all run, whatever the file is."""

from __future__ import annotations

import json
import math
import os
import shlex
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dumps import FORMATS, lines
from paths import schema
from running import Done, celoss

from celoss_cli.cli import trying

SCHEMA = schema("inspect.schema")

AGE = "age,pred,label\n0.5,0.9,1\n0.1,0.2,0\n0.7,0.6,1\n0.2,0.7,0\n"
"""The right score is that of pred: 0.510826 by hand, -(log .9 + log .8 + log .6 + log .3) / 4."""

MODELS = "id,prob_x,prob_y,truth\n1,0.9,0.8,1\n2,0.2,0.4,0\n"


def inspected(*arguments: str | Path, data: str | None = None, cwd: Path | None = None) -> dict[str, Any]:
    done = celoss("inspect", *arguments, "--json", data=data, cwd=cwd)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    SCHEMA.validate(found)
    return found


def values(found: dict[str, Any], data: str | None = None) -> list[float]:
    """The number of each command that was printed; every one of them must run."""
    numbers = []
    for reading in found["readings"]:
        words = shlex.split(reading["command"])
        assert words[0] == "celoss"
        done = celoss(*words[1:], "--format", "value", data=data)
        assert done.returncode == 0, (words, done.stderr)
        numbers.append(float(done.stdout))
    return numbers


def roles(found: dict[str, Any]) -> dict[str, str]:
    parts = next(found[of] for of in ("columns", "arrays", "fields") if of in found)
    return {part["name"]: part["role"] for part in parts}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "a b.csv"
    path.write_text(AGE)
    return path


# -------------------------------------------------------------------------------------------- tables


def test_each_column_has_its_role_and_why_and_the_command_runs(table: Path) -> None:
    found = inspected(table)
    assert roles(found) == {"age": "unused", "pred": "input", "label": "target"}
    assert all(part["why"] for part in found["columns"])
    assert found["columns"][1]["first"] == ["0.9", "0.2", "0.6"]
    assert (found["rows_looked_at"], found["whole"]) == (4, True)
    assert values(found) == [pytest.approx(0.5108256237659907)]


def test_the_roles_are_those_of_the_loss(table: Path) -> None:
    (reading,) = inspected(table)["readings"]
    loss = json.loads(celoss("bce", table, "--json").stdout)
    assert reading["columns"] == loss["input"]["columns"]


def test_a_file_that_the_loss_refuses_has_a_command_for_each_reading(tmp_path: Path) -> None:
    path = tmp_path / "models.csv"
    path.write_text(MODELS)
    refused = celoss("bce", path)
    assert refused.returncode == 3
    assert f"  celoss inspect {path}  (shows each column, and why)\n" in refused.stderr
    found = inspected(path)
    # -(log .9 + log .8) / 2 and -(log .8 + log .6) / 2
    assert values(found)[:2] == [pytest.approx(0.16425203), pytest.approx(0.36698459)]
    assert not any(reading["plain"] for reading in found["readings"])


def test_a_pointer_to_it_keeps_the_options_of_reading(tmp_path: Path) -> None:
    path = tmp_path / "models.csv"
    path.write_text(MODELS.replace(",", "|"))
    told = celoss("bce", path, "--delimiter", "|", "--max", "1", "-o", tmp_path / "x").stderr
    line = next(line for line in told.splitlines() if "inspect" in line)
    assert line.strip().startswith(f"celoss inspect {path} --delimiter '|'  (")
    words = shlex.split(line.partition("  (")[0])
    assert celoss(*words[1:]).returncode == 0


def test_probabilities_logits_and_log_probabilities_are_told_apart() -> None:
    rows = np.array([[0.7, 0.2, 0.1], [0.25, 0.25, 0.5], [0.5, 0.25, 0.25]])
    for kind, x in (("probs", rows), ("log-probs", np.log(rows)), ("logits", np.log(rows) + 3)):
        data = "a,b,c,label\n" + "".join(
            f"{','.join(map(repr, row))},{label}\n" for row, label in zip(x.tolist(), "acb", strict=True)
        )
        found = inspected(data=data)
        assert [reading["takes"] for reading in found["readings"]] == [kind]
        assert values(found, data) == [pytest.approx(-(np.log(0.7) + np.log(0.5) + np.log(0.25)) / 3)]


def test_one_loss_can_be_asked_for() -> None:
    data = "score,label\n2.0,1\n-1.0,-1\n"
    found = inspected("--loss", "soft-margin", data=data)
    assert [shlex.split(reading["command"])[1] for reading in found["readings"]] == ["soft-margin"]
    assert values(found, data) == [pytest.approx((np.log1p(np.exp(-2)) + np.log1p(np.exp(-1))) / 2)]


def test_a_command_of_a_refusal_holds_all_that_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "pct.csv"
    path.write_text("# a comment\np_a,p_b,label\n75%,25%,a\n# another\n50%,50%,b\n")
    refused = celoss("ce", path, "--input-is", "probs", "--max", "1")
    (line,) = refused.stderr.splitlines()[1:]
    command = line.partition("  (")[0].strip()
    assert ("--comment '#'" in command, "--percent" in command) == (True, True)
    done = celoss(*shlex.split(command)[1:], "--format", "value")
    assert (done.returncode, float(done.stdout)) == (0, pytest.approx(-(np.log(0.75) + np.log(0.5)) / 2))


def test_a_way_that_leaves_a_choice_leads_to_a_command_for_each(tmp_path: Path) -> None:
    path = tmp_path / "models.csv"
    path.write_text("# a comment\n" + MODELS)
    told = celoss("bce", path).stderr.splitlines()[1:]
    assert [line.partition("  (")[0] for line in told] == [
        f"  celoss bce {path} --comment '#' --class-columns {name} --target-column truth"
        for name in ("prob_x", "prob_y")
    ]


FROM_ONE = "logit_0,logit_1,logit_2,target\n1,0,-1,3\n0,2,0,1\n1,0,3,2\n"


def test_targets_that_count_from_1_have_the_command_that_the_refusal_offers(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text(FROM_ONE)
    refused = celoss("ce", path)
    assert refused.returncode == 3
    found = inspected(path)
    (reading,) = found["readings"]
    assert f"  {reading['command']}  (classes counted from 1)\n" in refused.stderr
    rows = ((1, 0, -1), 2), ((0, 2, 0), 0), ((1, 0, 3), 1)
    right = sum(np.log(np.exp(row).sum()) - row[target] for row, target in rows) / 3
    assert values(found) == [pytest.approx(right)]
    assert inspected(path, "--first-class", "1")["readings"][0]["command"] == reading["command"]


def test_options_that_were_typed_are_in_every_command(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_text("id,age,p_yes,label\n0,20,0.2,yes\n1,21,0.6,no\n2,22,0.7,yes\n")
    found = inspected(path, "--positive", "no")
    assert found["readings"]
    assert all("--positive no" in reading["command"] for reading in found["readings"])
    found = inspected(path, "--positive", "maybe")
    assert found["readings"] == []
    assert any("expected one of two targets" in told for told in found["refused"])


def test_options_that_the_data_has_no_use_for_are_in_the_way(tmp_path: Path) -> None:
    np.save(tmp_path / "z.npy", np.eye(3))
    np.save(tmp_path / "y.npy", np.arange(3))
    found = inspected("z.npy", "y.npy", "--class-columns", "q", cwd=tmp_path)
    assert found["readings"] == []
    assert any("Expected --class-columns with a table" in told for told in found["refused"])


def test_several_files_are_one_data_set_of_which_the_first_rows_are_seen(tmp_path: Path) -> None:
    for name in ("p0.csv", "p1.csv"):
        (tmp_path / name).write_text(AGE)
    found = inspected("p*.csv", cwd=tmp_path)
    assert (found["rows_looked_at"], found["whole"]) == (4, False)
    assert [shlex.split(reading["command"])[2] for reading in found["readings"]] == ["p*.csv"]
    told = celoss("inspect", "p0.csv", "p1.csv", cwd=tmp_path).stdout
    assert told.startswith("inspect p0.csv, p1.csv · 3 columns · 4 rows looked at\n")


def test_files_that_do_not_fit_together_get_no_command(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(AGE)
    (tmp_path / "b.csv").write_text(AGE.replace("pred", "score"))
    (tmp_path / "c.csv").write_text("p_x,p_y,label\n0.25,0.75,y\n0.5,0.5,x\n")
    for names in (("a.csv", "b.csv"), ("c.csv", "a.csv"), ("a.csv", "c.csv")):
        found = inspected(*names, cwd=tmp_path)
        assert found["readings"] == []
        assert any(told.startswith(names[1]) for told in found["refused"])


def test_where_nothing_can_be_computed_the_columns_are_shown_and_what_is_in_the_way(tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    path.write_text("city,street\nRome,Via\nParis,Rue\n")
    found = inspected(path)
    assert found["readings"] == []
    assert found["refused"]
    assert roles(found) == {"city": None, "street": None}
    shown = celoss("inspect", path).stdout
    assert "No command computes a loss of it as it is." in shown


def test_rows_chooses_how_many_are_shown(table: Path) -> None:
    assert [len(part["first"]) for part in inspected(table, "--rows", "2")["columns"]] == [2, 2, 2]
    assert "row 0" not in celoss("inspect", table, "--rows", "0").stdout


def test_missing_cells_are_shown_where_they_are() -> None:
    found = inspected(data="p,y\n0.5,1\n,0\n0.25,1\n")
    assert found["columns"][0]["first"] == ["0.5", None, "0.25"]


# ------------------------------------------------------------------------------------- other formats


def test_parquet_json_and_arrays_are_looked_at_alike(tmp_path: Path) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    columns = {"p_a": [0.75, 0.5], "p_b": [0.25, 0.5], "label": ["a", "b"]}
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    (tmp_path / "t.json").write_text(json.dumps(rows))
    (tmp_path / "t.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    expected = -(np.log(0.75) + np.log(0.5)) / 2
    for name in ("t.parquet", "t.json", "t.jsonl"):
        found = inspected(tmp_path / name)
        assert roles(found) == {"p_a": "input", "p_b": "input", "label": "target"}
        assert values(found)[0] == pytest.approx(expected)


def test_arrays_by_name_and_pairs_of_files(tmp_path: Path) -> None:
    x, y = np.array([[2.0, 1.0, 0.0], [0.0, 1.0, 3.0]]), np.array([0, 2])
    np.savez(tmp_path / "both.npz", logits=x, labels=y)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    expected = np.mean(np.log(np.exp(x).sum(1)) - x[[0, 1], y])
    found = inspected(tmp_path / "both.npz")
    assert roles(found) == {"logits": "input", "labels": "target"}
    assert found["arrays"][0]["holds"] == "numbers 2 x 3"
    assert values(found) == [pytest.approx(expected)]
    pair = inspected(tmp_path / "x.npy", tmp_path / "y.npy")
    assert list(roles(pair).values()) == ["input", "target"]
    assert values(pair) == [pytest.approx(expected)]
    alone = inspected(tmp_path / "x.npy")
    assert alone["readings"] == []
    assert "--targets" in alone["refused"][0]


def test_a_class_axis_that_is_the_last_one_is_a_command(tmp_path: Path) -> None:
    logits = np.random.default_rng(0).normal(size=(2, 3, 4))
    np.savez(tmp_path / "tokens.npz", predictions=logits, label_ids=np.zeros((2, 3), np.int64))
    found = inspected(tmp_path / "tokens.npz")
    assert "--class-axis=-1" in found["readings"][0]["command"]
    assert values(found) == [pytest.approx(np.mean(np.log(np.exp(logits).sum(2)) - logits[..., 0]))]


# ------------------------------------------------------------------------- pipes and what is hostile


def test_a_folder_is_looked_at_by_its_first_file(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text(AGE)
    assert values(inspected(tmp_path)) == [pytest.approx(0.5108256237659907)]


def test_a_named_pipe_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_text, args=(AGE,))
    writer.start()
    found = inspected(path)
    writer.join()
    assert found["readings"][0]["command"] == f"celoss bce {path}"


def test_standard_input_is_a_file_of_the_command() -> None:
    found = inspected(data=AGE)
    assert found["files"] == ["-"]
    assert values(found, AGE) == [pytest.approx(0.5108256237659907)]


@pytest.mark.parametrize("arguments", [["missing.csv"], ["."], ["empty.csv"]])
def test_what_cannot_be_looked_at_exits_3(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "empty.csv").touch()
    done = celoss("inspect", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("celoss: error: ")


def test_names_that_a_terminal_would_obey_are_visible_and_the_commands_run(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text('"[red]\x1b[31m p ; rm",‮,"$(touch x)"\n0.25,0.5,0\n0.5,0.25,1\n')
    done = celoss("inspect", path, "--target-column", "$(touch x)")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "‮" not in done.stdout
    assert len(values(inspected(path, "--target-column", "$(touch x)"))) > 0


@pytest.mark.slow
def test_ten_thousand_columns_are_one_line_and_80_columns_hold_it(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    header = ",".join(f"logit_{i}" for i in range(10_000))
    path.write_text(f"{header},target\n{','.join(['0.5'] * 10_000)},7\n")
    done = celoss("inspect", "wide.csv", cwd=tmp_path, COLUMNS="80")
    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines()[1:])) <= 80
    assert len(done.stdout.splitlines()) < 30
    assert "(10000)" in done.stdout


@pytest.mark.parametrize("format", ["table", "markdown", "html", "svg", "json"])
def test_every_format_shows_it(table: Path, format: str) -> None:
    done: Done = celoss("inspect", table, "--format", format)
    assert done.returncode == 0
    assert "pred" in done.stdout


SCORES = [("The", None), (" cat", -0.5), (" sat", -1.5)]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("loss", [[], ["--loss", "nll"]])
def test_a_dump_of_scored_tokens_has_its_fields_and_a_command(
    tmp_path: Path, format: str, loss: list[str]
) -> None:
    path = lines(tmp_path / "dump.jsonl", [FORMATS[format]("a", SCORES)])
    found = inspected(path, *loss)
    assert values(found) == [1.0]
    assert roles(found)["logprob"] == "input"
    assert (found["rows_looked_at"], found["whole"]) == (1, True)
    assert found["readings"][0]["takes"] == "token-logprobs"
    shown = celoss("inspect", path, *loss).stdout
    assert "1 document looked at: 3 scores, 2 of them counted" in shown
    assert "given apart" not in shown


def test_each_divisor_of_documents_without_tokens_is_a_reading(tmp_path: Path) -> None:
    sample = {
        "doc_id": 0,
        "doc": {"text": "ab c"},
        "target": "ab c",
        "arguments": {"gen_args_0": {"arg_0": "ab c"}},
        "resps": [[-6.0]],
        "filtered_resps": [-6.0],
        "word_perplexity": [-6.0, 2],
        "byte_perplexity": [-6.0, 4],
        "bits_per_byte": [-6.0, 4],
    }
    path = lines(tmp_path / "rolling.jsonl", [sample])
    assert sorted(values(inspected(path, "--loss", "nll"))) == [1.5, 3.0, 6.0]


def choices(tmp_path: Path) -> Path:
    sample = {
        "doc_id": 0,
        "doc": {"q": "?"},
        "target": "1",
        "arguments": {f"gen_args_{n}": {"arg_0": "?", "arg_1": f" {n}"} for n in range(2)},
        "resps": [[[-1.0, False]], [[-3.0, False]]],
        "filtered_resps": [[-1.0, False], [-3.0, False]],
    }
    return lines(tmp_path / "choices.jsonl", [sample])


def test_choices_have_their_fields_and_a_column_that_they_lack_is_refused(tmp_path: Path) -> None:
    path = choices(tmp_path)
    found = inspected(path)
    assert roles(found) == {"log-likelihoods": "input", "target": "target", "doc_id": "id"}
    assert values(found) == [pytest.approx(2 + math.log1p(math.exp(-2)))]
    done = celoss("inspect", path, "--class-columns", "q")
    assert (done.returncode, "Expected --class-columns with a table" in done.stderr) == (2, True)


def test_a_reading_that_leads_to_a_refusal_alone_is_not_offered(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("close,lstm_prediction,gru_prediction\n1.015,0.77,0.79\n0.5,0.25,0.125\n")
    done = celoss("bce", "t.csv", cwd=tmp_path)
    assert done.returncode == 3
    offered = [line.split() for line in done.stderr.splitlines() if line.startswith("  celoss bce ")]
    assert offered  # the targets may be in a file that is still to be written
    assert all(line[-2:] == ["--targets", "@targets.csv"] for line in offered)  # 1.015 is none of this file
    assert "  celoss inspect t.csv" in done.stderr


def test_columns_are_held_of_few_attempts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wide table would be held once for each reading that is tried."""
    tried: list[Any] = []
    attempt = trying._tried

    def noted(*arguments: Any) -> Any:
        tried.append(attempt(*arguments))
        return tried[-1]

    monkeypatch.setattr(trying, "_tried", noted)
    (tmp_path / "t.csv").write_text("id;x;prob;label\n1;2.5;0.8;1\n2;3.5;0.3;0\n3;1.5;0.6;1\n")
    assert celoss("inspect", "t.csv", "--delimiter", ";", cwd=tmp_path).returncode == 0
    assert len(tried) >= 5
    assert 1 <= sum(bool(found.settled.columns) for found in tried) <= 2


@pytest.mark.parametrize("command", ["brier", "ce --input-is probs", "js"])
def test_logits_where_probabilities_are_due_lead_to_the_command_that_takes_them(
    command: str, tmp_path: Path
) -> None:
    (tmp_path / "l.csv").write_text("a,b,c,target\n3,1,0,a\n0,2,1,b\n0,2,1,c\n")
    done = celoss(*command.split(), "l.csv", cwd=tmp_path)
    assert done.returncode == 3
    offered = [shlex.split(line.partition("  (")[0]) for line in done.stderr.split("\n  ")[1:]]
    losses = [words[1:] for words in offered if words[1] != "inspect"]
    assert bool(losses) == (command != "js")  # which takes nothing else
    for words in losses:
        assert "logits" in words
        assert celoss(*words, cwd=tmp_path).returncode == 0


def whys(found: dict[str, Any]) -> dict[str, str]:
    return {column["name"]: column["why"] for column in found["columns"]}


def test_only_an_option_that_was_typed_names_a_column(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("predicted,confidence,target\ncat,0.9,cat\ndog,0.8,cat\ncat,0.6,dog\n")
    assert "named by" not in str(whys(inspected(path)))
    assert whys(inspected(path))["confidence"] == "its name is that of how sure a prediction is"
    typed = inspected(path, "--class-columns", "confidence")
    assert whys(typed)["confidence"] == "named by --class-columns"
    assert "named by" not in whys(typed)["target"]


def test_targets_for_each_class_by_the_names_of_plain_columns(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b,target_b,target_a\n0.3,1,0.75,0.25\n1,2,0.1,0.9\n")
    found = inspected(path)
    assert roles(found) == {"a": "input", "b": "input", "target_a": "target", "target_b": "target"}
    right = [
        math.log(math.exp(a) + math.exp(b)) - share * a - (1 - share) * b
        for a, b, share in ((0.3, 1, 0.25), (1, 2, 0.9))
    ]
    assert values(found)[0] == pytest.approx(sum(right) / 2, rel=1e-12)


def test_no_file_that_is_not_there_is_looked_for(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,y,t1,t2\n0.3,1,0.5,0.25\n1,2,0.1,0.8\n")
    assert "No such file" not in celoss("inspect", str(path)).stdout


@pytest.mark.parametrize("name", ["s.part", "s.json", "s"])
@pytest.mark.parametrize("command", ["inspect", "ce"])
def test_a_partial_result_leads_to_merge(name: str, command: str, tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("a,b,target\n1,2,0\n")
    assert celoss("ce", "d.csv", "--emit-partial", name, cwd=tmp_path).returncode == 0
    done = celoss(command, name, cwd=tmp_path)
    assert done.returncode == 3
    assert done.stderr.splitlines() == [
        f"celoss: error: {name}: expected data, got a partial result",
        f"  celoss merge {name}  (its result)",
    ]
    assert celoss("merge", name, cwd=tmp_path).returncode == 0


def test_a_header_alone_has_roles_and_no_command(tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text("a,b,target\n")
    found = inspected(tmp_path / "h.csv")
    assert roles(found) == {"a": "input", "b": "input", "target": "target"}
    assert (found["readings"], found["refused"]) == (
        [],
        ["expected rows to compute a loss of, got no rows"],
    )


def test_an_array_alone_leads_to_complete_commands(tmp_path: Path) -> None:
    np.save(tmp_path / "z.npy", [[1.0, 2.0], [3.0, 0.0]])
    done = celoss("inspect", "z.npy", "--json", cwd=tmp_path)
    np.save(tmp_path / "labels.npy", [0, 1])
    commands = [shlex.split(text.partition("; celoss ")[2]) for text in json.loads(done.stdout)["refused"]]
    assert ["ce", "z.npy", "--targets", "@labels.npy"] in commands
    assert celoss(*commands[-1], cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("cells", "holds"), [(["nan", "-inf", "1"], "-inf to 1, nan"), (["nan", "nan", "nan"], "nan")]
)
def test_nan_is_no_bound(cells: list[str], holds: str, tmp_path: Path) -> None:
    (tmp_path / "n.csv").write_text("a,b,target\n" + "".join(f"{cell},2,0\n" for cell in cells))
    assert inspected(tmp_path / "n.csv", "--allow-nonfinite")["columns"][0]["holds"] == holds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("prob,y\n1.0000001192092896,1\n0.3,0\n0.6,1\n", [-(np.log(0.7) + np.log(0.6)) / 3]),
        ("prob,y\nnan,1\n0.3,0\n0.6,1\n", []),
        ("score,y\nnan,1\n-0.5,0\n1.5,1\n", [math.nan]),
    ],
    ids=["rounded", "nan as a probability", "nan as a score"],
)
def test_a_binary_column_is_read_as_what_its_numbers_are(
    text: str, expected: list[float], tmp_path: Path
) -> None:
    """What rounding took over 1 makes no scores of probabilities, and neither does nan."""
    path = tmp_path / "t.csv"
    path.write_text(text)
    assert values(inspected(path)) == pytest.approx(expected, rel=1e-14, nan_ok=True)


def test_no_command_is_offered_that_targets_of_other_ids_end(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("id,prob\na,0.9\nb,0.2\n")
    (tmp_path / "truth.csv").write_text("id,target\na,1\nb,0\nz,1\n")
    done = celoss("inspect", "p.csv", "--targets", "@truth.csv", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["readings"] == []
    assert 'got none for the id "z"' in done.stdout.replace('\\"', '"')
