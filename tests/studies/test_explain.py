"""``celoss explain``: the words come from the docstrings, the example is computed by the losses."""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
import subprocess
import sys

import pytest
from cases import each
from paths import schema
from running import celoss

import celoss_cli
from celoss_cli.cli.commands.loss import command_of
from celoss_cli.core.errors import UsageError
from celoss_cli.findings import FINDINGS
from celoss_cli.losses import LOSSES, LossSpec
from celoss_cli.show import FORMATS, Style, formats_of
from celoss_cli.show.blocks import Prose
from celoss_cli.studies.explain import Explanation, document_of, explained, explained_names, overview

every_loss = pytest.mark.parametrize("spec", LOSSES.values(), ids=list(LOSSES))
every_code = pytest.mark.parametrize("code", FINDINGS)

TITLES = ["Formula", "Derivation", "Options", "Reduction", "Twins", "References"]


def section(explanation: Explanation, title: str) -> Prose:
    (found,) = (section for section in explanation.sections if section.title == title)
    return found


# ------------------------------------------------------------------------------------------- the words


@every_loss
def test_a_loss_is_explained_in_full(spec: LossSpec) -> None:
    explanation = explained(spec.command)
    assert [section.title for section in explanation.sections] == TITLES
    assert len(section(explanation, "Formula").formulas) >= 1
    assert len(section(explanation, "Derivation").steps) >= 3
    assert len(section(explanation, "Twins").paragraphs) >= 1
    references = section(explanation, "References").paragraphs
    assert references[0].startswith(f"torch.nn.functional.{spec.torch}," if spec.torch else "")
    assert all(text.endswith(".") for text in section(explanation, "Derivation").steps)


@every_loss
def test_every_option_of_a_loss_has_a_meaning_and_its_default(spec: LossSpec) -> None:
    options = dict(section(explained(spec.command), "Options").terms)
    offered = {option.name for option in command_of(spec).options()}
    base = ["base"] if spec.loss.is_information else []
    tool = [name for name in ("input_is", "convention") if name in offered]
    names = [*spec.options, "weight_column", *tool, "dtype", *base, "on_empty"]
    assert set(names) <= offered
    assert list(options) == [f"--{name.replace('_', '-')}" for name in names]
    assert all(len(meaning) > 30 for meaning in options.values())
    for field in dataclasses.fields(spec.loss):
        shown = {"None": "1 each", "False": "no"}.get(
            str(field.default), str(field.default).removesuffix(".0")
        )
        if field.name != "base" or base:
            assert options[f"--{field.name.replace('_', '-')}"].endswith(f" Not given: {shown}.")


@every_loss
def test_every_reduction_of_a_loss_is_explained(spec: LossSpec) -> None:
    assert {name for name, _ in section(explained(spec.command), "Reduction").terms} == {*spec.reductions}


@every_loss
def test_a_loss_is_found_by_its_command_and_by_its_functions_name(spec: LossSpec) -> None:
    for name in (spec.command, spec.name, spec.name.upper(), spec.name.replace("_", "-")):
        assert explained(name).name == spec.command
    assert hasattr(celoss_cli, spec.name)


@each("code", FINDINGS)
def test_a_finding_is_explained_by_the_docstring_beside_its_check(code: str) -> None:
    explanation = explained(code.lower())
    assert explanation.facts == {"code": code, "severity": FINDINGS[code].severity}
    texts = [explanation.title]
    for part in explanation.sections:
        texts += [*part.paragraphs, *part.formulas]
    assert " ".join(" ".join(texts).split()) == " ".join(FINDINGS[code].explanation.split())


def test_the_meaning_of_a_shared_option_is_written_once() -> None:
    meanings = {dict(section(explained(command), "Options").terms)["--dtype"] for command in LOSSES}
    assert len(meanings) == 1


def test_the_list_has_everything() -> None:
    losses, findings = overview().sections
    assert [name for name, _ in losses.terms] == list(LOSSES)
    assert [name for name, _ in findings.terms] == list(FINDINGS)
    assert {*explained_names()} == {*LOSSES, *FINDINGS, *(spec.name for spec in LOSSES.values())}


@pytest.mark.parametrize(
    ("name", "meant"),
    [("crossentropy", "cross_entropy"), ("CEL-101", "CEL101"), ("bce_logit", "bce-logits"), ("zzz", "")],
)
def test_an_unknown_name_is_answered_with_the_nearest_and_where_all_are_listed(name: str, meant: str) -> None:
    with pytest.raises(UsageError) as caught:
        explained(name)
    assert caught.value.fact == f'Expected the name of a loss or the code of a finding, got "{name}".'
    question = f"did you mean {meant}? " if meant else ""
    assert caught.value.hint == (
        f"{question}losses are {', '.join(LOSSES)}; celoss explain alone lists the findings too"
    )


# ------------------------------------------------------------------------------------------ the program


@every_loss
def test_the_example_is_what_its_command_line_prints(spec: LossSpec) -> None:
    done = celoss("explain", spec.command)
    assert (done.returncode, done.stderr) == (0, "")
    words, _, shown = done.stdout.partition("\n$ ")
    line, _, example = shown.partition("\n\n")
    assert "Example" in words
    typed = celoss(*shlex.split(line)[1:])
    assert (typed.returncode, typed.stderr, typed.stdout) == (0, "", example)
    assert re.search(" · 2 rows x [23] ", example.splitlines()[0])


def test_the_worked_example_of_cross_entropy() -> None:
    """-log p[y] of [2, 1, .1] and [.5, 2.5, .3] as PyTorch 2.13 gives them, weighted 1 and 2."""
    assert "(sum of the weights of the counted targets)" in celoss("explain", "ce").stdout
    result = json.loads(celoss("explain", "cross_entropy", "--json").stdout)["explanation"]["example"][
        "result"
    ]
    expected = (0.41703001627783354 + 2 * 0.22004952302053787) / 3
    assert result["value"] == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("width", [40, 80, 160])
@pytest.mark.parametrize("name", ["ce", "bce-logits", "CEL103", None])
def test_no_line_of_words_is_wider_than_the_terminal(name: str | None, width: int) -> None:
    arguments = ["explain"] if name is None else ["explain", name]
    words = celoss(*arguments, COLUMNS=str(width)).stdout.partition("\n$ ")[0]
    allowed = min(width, 100)
    longest = max(len(word) for word in words.split())  # a word is never broken
    assert all(len(line) <= max(allowed, longest + 24) for line in words.splitlines())


def test_a_pipe_gets_no_escapes_and_a_colourful_terminal_gets_some() -> None:
    assert "\x1b" not in celoss("explain", "kl").stdout
    assert "\x1b[" in celoss("explain", "kl", "--color", "always").stdout
    assert celoss("explain", "kl", PYTHONIOENCODING="ascii").stdout.isascii()


def test_markdown_escapes_words_and_keeps_formulas() -> None:
    text = celoss("explain", "kl", "--format", "markdown").stdout
    assert text.startswith("## kl: Kullback\\-Leibler divergence\n")
    assert "```text\nloss = p (log p - log q) for each outcome, 0 where p is 0\n" in text
    assert "\n1. A code made for q" in text
    assert "```console\n$ celoss kl" in text


@pytest.mark.parametrize("name", [None, "ce", "kl", "CEL101"])
def test_json_is_as_the_schema_says(name: str | None) -> None:
    document = json.loads(celoss("explain", *([name] if name else []), "--json").stdout)
    schema("explanation.schema").validate(document)
    assert document["explanation"]["name"] == name
    if document["explanation"]["example"] is not None:
        schema("schema").validate(document["explanation"]["example"]["result"])


def test_an_explanation_goes_to_a_file(tmp_path) -> None:
    path = tmp_path / "ce.md"
    done = celoss("explain", "ce", "--format", "markdown", "-o", str(path))
    assert (done.returncode, done.stdout) == (0, "")
    assert path.read_text().startswith("## ce: cross entropy\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["hinge"], 'got "hinge"'),
        ([""], 'got ""'),
        (["ce", "nll"], "unexpected extra argument"),
        (["ce", "--format", "csv"], 'expected table, json, markdown, html, svg, got "csv"'),
    ],
)
def test_what_cannot_be_explained_exits_2(arguments: list[str], said: str) -> None:
    done = celoss("explain", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_formats_that_explain_are_the_registered_ones() -> None:
    explanation = Explanation("x", "y", {}, [Prose("z", formulas=["a"], paragraphs=["b"], steps=["c"])])
    for spec in FORMATS.values():
        if spec.name in formats_of():
            assert "y" in "".join(spec.render(document_of(explanation), Style()))


@pytest.mark.subprocess
@pytest.mark.parametrize("name", [["ce"], ["CEL101"], []])
def test_python_without_docstrings_is_told(name: list[str]) -> None:
    command = [sys.executable, "-OO", "-m", "celoss_cli", "explain", *name]
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"Expected a Python that keeps docstrings, got one run with -OO" in done.stderr
