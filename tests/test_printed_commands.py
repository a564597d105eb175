"""Every command that celoss prints runs: of refusals, findings, explanations, reconcile, inspect, pages."""

from __future__ import annotations

import re
import shlex
import shutil
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from paths import EXAMPLES
from printed import asked, commands, document, refused_by, texts, wrong_in
from running import celoss

from celoss_cli.cli.commands import NAMES, command_named
from celoss_cli.findings import FINDINGS
from celoss_cli.losses import LOSSES

ROOT = Path(__file__).resolve().parents[1]
DUMPS = ROOT / "tests" / "first_try" / "dumps"


# ------------------------------------------------------------------------------- refusals and findings

ODD = {
    "labels from 1": ("ce", "a,b,c,target\n0.1,0.2,0.3,1\n0.3,0.1,0.2,2\n0.2,0.3,0.9,3\n0.1,0.4,0.2,3\n"),
    "ignored": ("ce", "a,b,target\n0.1,0.2,-1\n0.3,0.1,1\n0.2,0.3,0\n"),
    "255": ("ce", "a,b,target\n0.1,0.2,255\n0.3,0.1,1\n0.2,0.3,0\n"),
    "probabilities": ("ce", "p_a,p_b,target\n0.9,0.1,a\n0.2,0.8,b\n0.5,0.5,b\n"),
    "scores": ("bce", "score,target\n2.5,1\n-1.5,0\n0.5,1\n"),
    "rounded": ("bce", "prob,target\n1.0000001192092896,1\n0.25,0\n0.5,1\n"),
    "logits for log-probs": ("nll", "a,b,target\n2.5,1.0,0\n-1.5,0.5,1\n"),
    "zero and one": ("soft-margin", "score,target\n2.5,1\n-1.5,0\n0.5,1\n"),
    "no probabilities": ("kl", "input_0,input_1,target_0,target_1\n0.2,0.8,0.5,0.5\n0.4,0.6,0.1,0.9\n"),
    "decimal comma": ("ce", 'a;b;target\n0,1;0,2;1\n0,3;0,1;0\n'),
    "pipes": ("ce", "a|b|target\n0.1|0.2|1\n0.3|0.1|0\n"),
    "no header": ("ce", "0.1,0.2,1\n0.3,0.1,0\n"),
    "feature": ("bce", "age,pred,label\n0.5,0.9,1\n0.1,0.2,0\n0.7,0.6,1\n0.2,0.7,0\n"),
    "two groups": ("ce", "logit_a,logit_b,prob_a,prob_b,target\n1,2,0.3,0.7,a\n2,1,0.7,0.3,b\n"),
    "missing": ("ce", "a,b,target\n0.1,,1\n0.3,0.1,0\n"),
    "percent": ("bce", "prob,target\n90%,1\n20%,0\n"),
    "uncertain": ("ce", "x,y,z,target\n1,2,3,0\n3,1,5,1\n2,2,1,0\n"),
    "names": ("ce", "cat,dog,label\n0.1,0.9,bird\n0.4,0.2,cat\n"),
    "infinite": ("ce", "a,b,target\ninf,0.2,1\n0.3,0.1,0\n"),
    "cut": ("ce", "a,b,target\n0.1,0.2,1\n0.3,0.1,0"),
    "constant": ("ce", "a,b,target\n" + "0.1,0.2,1\n0.1,0.2,0\n" * 12),
    "negated": ("ce", "a,b,target\n" + "-3,0.2,0\n0.3,-4,1\n" * 12),
    "shifted": ("ce", "a,b,c,target\n" + "5,0,0,1\n0,5,0,2\n0,0,5,0\n" * 12),
}  # fmt: skip


QUICK = ("rounded", "no probabilities", "names")
"""Those that are tried whenever anything is."""

SLOW = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, (_, text) in ODD.items():
        (tmp_path / f"{name}.csv").write_text(text)
    return tmp_path


@pytest.mark.parametrize("name", [each if each in QUICK else pytest.param(each, marks=SLOW) for each in ODD])
def test_commands_of_refusals_and_findings_run(folder: Path, name: str) -> None:
    wrong, tried = wrong_in(folder, asked(ODD[name][0], f"{name}.csv"))
    assert tried
    assert "".join(wrong) == ""


PARTS = 6
"""The dumps are tried in so many parts, which several processes may share."""


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_commands_of_dumps_run(part: int, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    folder = tmp_path / "dumps"
    shutil.copytree(DUMPS, folder)
    manifest = tomllib.loads((DUMPS.parent / "manifest.toml").read_text())["case"]
    asks = list[list[str]]()
    for case in manifest[part::PARTS]:
        loss, *words = shlex.split(case["command"])
        if not {"|", "<", ">"} & set(words):
            asks += _asked_as_typed(
                folder, loss, words, f"{case['right'][0]:.6g}" if case["right"] else "0.6931"
            )
    wrong, tried = wrong_in(folder, asks)
    assert tried > 50
    assert "".join(wrong) == ""


def _asked_as_typed(folder: Path, loss: str, words: Sequence[str], got: str) -> Iterator[list[str]]:
    """The same with the options of a command line behind its files."""
    files = [word for word in words if (folder / word).is_file()]
    options = [word for word in words if word not in files]
    for one in asked(loss, *files[:1], got=got) if len(files) == 1 else ():
        if (one[0] != "report" and "--json" in one) or "reliability" in one:  # the others print the same
            yield [*one, *options]


# -------------------------------------------------------------------------------- numbers beside commands


@pytest.mark.parametrize(
    ("file", "got"), [("old.csv", "0.9848"), ("preds.csv", "1.9216"), ("old.csv", "1.4208")]
)
def test_a_reading_has_the_number_beside_it(file: str, got: str) -> None:
    found = document(celoss("reconcile", file, "--got", got, "--json", cwd=EXAMPLES))
    explanations = (
        found["reconciliation"]["explanations"] if "reconciliation" in found else found["explanations"]
    )
    assert explanations
    for explanation in explanations:
        if explanation["command"] and not explanation["afterwards"]:
            words = shlex.split(explanation["command"])[1:]
            done = celoss(*words, "--format", "value", cwd=EXAMPLES)
            assert done.returncode == 0, done.stderr
            assert float(done.stdout) == pytest.approx(explanation["value"], rel=1e-12), words


def test_the_page_of_a_report_has_the_command_of_its_number(tmp_path: Path) -> None:
    shutil.copy(EXAMPLES / "old.csv", tmp_path)
    assert celoss("report", "old.csv", "-o", "r.html", cwd=tmp_path).returncode == 0
    page = (tmp_path / "r.html").read_text()
    (command,) = re.findall(r"celoss ce [^<]*--format value", page)
    value = celoss(*shlex.split(command)[1:], cwd=tmp_path).stdout.strip()
    assert value in page


# ------------------------------------------------------------------------------------- explanations, pages


@pytest.mark.parametrize("subject", [*FINDINGS, *LOSSES])
def test_commands_of_explanations_run(subject: str) -> None:
    for text in texts(document(celoss("explain", subject, "--json"))):
        for command in commands(text):
            assert refused_by(EXAMPLES, command) == ""


def flags_of(command: str) -> Iterator[str]:
    for option in command_named(command).options():
        yield from (*(option.flags or (option.flag,)), option.negation)


PAGES = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_options_of_commands_within_sentences_exist(page: Path) -> None:
    """Blocks are run when the pages are written; what stands in a sentence must at least be known."""
    text = re.sub(r"^( *)```.*?^\1```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    for found in re.findall(r"`celoss ([a-z][^`]*)`", text):
        words = found.split()
        if words[0] not in NAMES:
            continue
        flags = {word.partition("=")[0] for word in words if word.startswith("--")}
        known = set(flags_of(words[0]))
        assert flags <= known | {"--help"}, found
