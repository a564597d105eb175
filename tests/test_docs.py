"""The documentation says what the program says: pages are current, commands print what stands below them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path

import numpy as np
import pytest
from cases import each
from paths import ROOT

import celoss_cli.show
from celoss_cli import nll_loss
from celoss_cli.cli.app import command
from celoss_cli.core.errors import ExitCode
from celoss_cli.findings import FINDINGS

DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS))

import generate  # noqa: E402  # it stands beside the pages
from generator import architecture, gallery, markdown, measurements, schemas  # noqa: E402
from generator.blocks import PAGES, Broken, differs, rewritten  # noqa: E402
from generator.sessions import session  # noqa: E402

WRITTEN = [page for page in PAGES if "Written by docs/generate.py" not in (ROOT / page).read_text("utf-8")]
"""The pages that people write; their commands are run."""


@pytest.fixture(scope="module")
def reference() -> dict[str, str]:
    """The pages that are generated whole, by path; made once, for they take a second."""
    return generate.reference()


# --------------------------------------------------------------------------------- what is generated


@pytest.mark.slow
def test_the_pages_say_what_the_program_says() -> None:
    told = list(generate.changes(set(), write=False))
    assert not told, f"{told[0]}\npython docs/generate.py writes it anew"


def test_no_page_is_left_of_a_command_that_is_gone(reference: dict[str, str]) -> None:
    made = {path for path in reference if path.startswith("docs/reference/commands/")}
    assert {str(path.relative_to(ROOT)) for path in DOCS.glob("reference/commands/*.md")} == made


@pytest.mark.parametrize("name", command().commands)
def test_every_option_of_a_command_is_in_its_page_and_every_command_is_shown_at_work(
    name: str, reference: dict[str, str]
) -> None:
    found = command().commands[name]
    page = reference[f"docs/reference/commands/{name}.md"]
    for option in (
        option
        for param in found.params
        for option in (*param.opts, *param.secondary_opts)
        if option.startswith("-")
    ):
        assert f"`{option}`" in page
    shown = "".join((ROOT / page).read_text(encoding="utf-8") for page in WRITTEN)
    assert re.search(rf"^ *\$ (.* )?celoss {name}( |$)", shown, re.MULTILINE), f"no page runs celoss {name}"


def test_the_page_of_the_architecture_lists_the_folders_that_there_are() -> None:
    folders = {path.parent.name for path in (ROOT / "celoss_cli").glob("*/__init__.py")}
    assert set(architecture.ROOMS) == folders


def test_every_exit_code_and_finding_is_listed(reference: dict[str, str]) -> None:
    index = reference["docs/reference/commands/index.md"]
    assert all(f"| {code.value} | {markdown.prose(code.meaning)} |" in index for code in ExitCode)
    assert re.findall("^## (.*)$", reference["docs/reference/findings.md"], re.MULTILINE) == list(FINDINGS)


SCHEMAS = sorted(Path(celoss_cli.__file__).parent.rglob("*schema.json"))


@pytest.mark.parametrize("path", SCHEMAS, ids=attrgetter("name"))
def test_a_schema_says_what_every_key_is(path: Path) -> None:
    schema = json.loads(path.read_text(encoding="utf-8"))
    assert schema["description"]
    said = {place: schemas.said_of(place, found) for place, found, _ in schemas.keys(schema, schema)}
    assert not [place for place, text in said.items() if not text], f"say in {path.name} what these are"


OTHER_TOOLS = {
    *("--prediction-type", "--check", "--strict", "--margin", "--digits", "--sign", "--from", "--rm"),
    *("--build-arg", "--log", "--kl-divergence-base", "--array", "--dependency", "--joblog", "--retries"),
}
"""Options of other programs that the pages name, and those of the examples in docs/extend."""


def test_the_pages_name_no_option_that_is_not_there() -> None:
    program = command()
    takers = [program, *program.commands.values()]
    known = {
        option
        for found in takers
        for param in found.params
        for option in (*param.opts, *param.secondary_opts)
    }
    texts = {
        page: (ROOT / page).read_text(encoding="utf-8") for page in [*WRITTEN, "docs/generator/inputs.txt"]
    }
    for page, text in texts.items():
        named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*[a-z]", text))
        assert named <= known | OTHER_TOOLS | {"--help", "--version"}, page


@pytest.mark.subprocess
def test_no_file_has_a_mark_of_a_conflict() -> None:
    found = subprocess.run(
        ["git", "grep", "-nE", "^(<{7}|>{7}) "], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert not found.stdout


@pytest.mark.subprocess
def test_nothing_names_a_package_of_ours_that_no_index_has() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    texts = [ROOT / name for name in listed.split() if name.endswith((".py", ".md", ".txt", ".yml", ".yaml"))]
    told = re.compile(r"(install|dependencies).*celoss-(?:cli)(?!/|\[[a-z,]+\] @ git\+)")
    assert not [path for path in texts if told.search(path.read_text(encoding="utf-8", errors="replace"))]


def test_the_readme_has_two_commands_of_one_line_that_install_and_run() -> None:
    for name in ("README.md", "README.zh-CN.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        commands = re.findall(r"^\$ python -m pip install .*$", text, re.MULTILINE)
        assert [command.split(" && ")[1].split()[0] for command in commands] == ["celoss", "python"]


def test_the_page_of_installing_lists_every_extra_with_its_packages() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
    rows = re.findall(
        r"^\| `(\w+)` \| (.*?) \|", (DOCS / "install.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert {name for name, _ in rows} == set(extras)
    for name, packages in rows:
        if not packages.startswith("all of the above"):
            assert packages.split(", ") == [re.split("[>=<\\[]", package)[0] for package in extras[name]], (
                name
            )


def test_the_pictures_of_the_gallery_are_those_that_there_are_and_small() -> None:
    files = list((DOCS / "gallery").iterdir())
    assert {file.stem for file in files if file.suffix == ".svg"} == {
        picture.name for picture in gallery.PICTURES
    }
    assert sum(file.stat().st_size for file in files) < 500_000


def test_help_is_literal_in_markdown() -> None:
    assert markdown.prose("a|b  [c] *d*\n_e_ <f>") == r"a\|b \[c\] \*d\* \_e\_ \<f\>"
    assert markdown.prose("with --by class, or x--y") == "with `--by` class, or x--y"


def test_the_picture_of_the_benchmarks_has_a_bar_for_every_number() -> None:
    table = (ROOT / "benchmarks/README.md").read_text(encoding="utf-8").split("| data ")[1].split("\n\n")[0]
    numbers = re.findall(r"(?<=\| )[0-9.]+(?= \|)", table)
    assert numbers
    picture = dict(measurements.pages())["docs/benchmarks.svg"]
    assert all(f">{float(number):g}</text>" in picture for number in numbers)


# ------------------------------------------------------------------------------------- the mechanism


def page_of(*lines: str) -> str:
    return "\n".join(["text", "", "```console", *lines, "```", ""])


def test_output_is_filled_in_and_replaced() -> None:
    expected = page_of("$ celoss --version", "celoss 0.2.0", "$ cat preds.csv | head -1", "cat,dog,target")
    assert (
        rewritten("docs/x.md", page_of("$ celoss --version", "old", "$ cat preds.csv | head -1")) == expected
    )
    assert rewritten("docs/x.md", expected) == expected


def test_a_session_keeps_its_folder_files_and_exit_code() -> None:
    with session(".") as here:
        assert here.answer("cd examples") == ""
        assert here.answer("celoss ce preds.csv --max 0.1 --save-baseline b.json --format value")
        assert here.answer("echo $?") == "1\n"
        assert here.answer("celoss ce preds.csv --save-baseline b.json --format value -o out.txt") != ""
        assert here.answer("ls out.txt b.json") == "b.json\nout.txt\n"
    assert not (ROOT / "examples/b.json").exists()


def test_in_this_process_and_by_the_shell_a_command_prints_the_same() -> None:
    with session("examples") as here:
        for line in (
            "ce preds.csv",
            "ce nowhere.csv",
            "ce --help",
            "check --config ci/must-fail.toml",
            "--version",
        ):
            within, code = here.answer(f"celoss {line}"), here.code
            assert (within, code) == (here.answer(f"celoss {line} < /dev/null"), here.code)


def test_a_command_that_fails_unannounced_is_refused() -> None:
    assert "```" in rewritten("docs/x.md", page_of("$ celoss ce nowhere.csv", "$ echo $?"))
    with pytest.raises(
        Broken, match=r'^docs/x.md:3: "celoss ce nowhere.csv" exits 3: celoss: error: nowhere.csv'
    ):
        rewritten("docs/x.md", page_of("$ celoss ce nowhere.csv", "$ celoss --version"))


def test_python_is_run_as_typed() -> None:
    page = "```pycon\n>>> for i in range(2):\n...     print(i)\n>>> 1 / 0\nold\n```\n"
    expected = (
        "```pycon\n>>> for i in range(2):\n...     print(i)\n0\n1\n>>> 1 / 0\n"
        "Traceback (most recent call last):\nZeroDivisionError: division by zero\n```\n"
    )
    assert rewritten("docs/x.md", page) == expected


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("a\nb", "a\nb", None),
        ("x = 0.6405346229445387", "x = 0.64053462294453", None),
        ("x  0.6405346229445387\n────", "x 0.640534622944\n───", None),
        ("x = 0.6405346229445387", "x = 0.6405346329445387", 1),
        ("x = 0.640535", "x = 0.640536", 1),
        ("x = 3", "x = 4", 1),
        ("a\nb", "a\nc", 2),
        ("a", "a\nb", 2),
        ("a\nb", "a", 2),
    ],
)
def test_texts_differ_where_more_than_the_last_digits_of_a_number_do(
    old: str, new: str, line: int | None
) -> None:
    found = differs(old, new)
    assert (found and found.line) == line


# --------------------------------------------------------------------------------------------- links

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_BLOCK = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)


def links(page: str) -> Iterator[str]:
    text = _BLOCK.sub("", (ROOT / page).read_text(encoding="utf-8"))
    yield from _LINK.findall(re.sub(r"`[^`]*`", "", text))


def anchors(path: Path) -> set[str]:
    text = _BLOCK.sub("", path.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading.lower()).strip()) for heading in headings}


@each("page", [*PAGES, "CONTRIBUTING.md", "benchmarks/README.md"])
def test_every_link_leads_to_a_file_and_a_heading_that_are_there(page: str) -> None:
    for link in links(page):
        assert not link.startswith("http"), link
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), f"{page}: {link}"
        if page.startswith("docs/"):  # the site holds nothing else
            assert target.resolve().is_relative_to(ROOT / "docs"), f"{page}: {link}"
        assert not anchor or anchor in anchors(target), f"{page}: {link}"


def test_the_readmes_link_to_each_other_and_the_chinese_one_has_commands_of_the_english_one() -> None:
    english, chinese = (
        (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md")
    )
    typed = [re.findall(r"^\$ .*$", text, re.MULTILINE) for text in (english, chinese)]
    assert set(typed[1]) <= set(typed[0])
    assert set(typed[0]) == set(typed[1])
    assert "(README.zh-CN.md)" in english
    assert "(README.md)" in chinese


_SESSION = re.compile(r"^```(?:console|pycon)\n.*?^```$", re.MULTILINE | re.DOTALL)


@each("page", sorted(path.name for path in (DOCS / "tutorial").glob("*.md")))
def test_the_chinese_tutorial_has_the_sessions_formulas_and_links_of_the_english_one(page: str) -> None:
    english, chinese = (
        (DOCS / folder / page).read_text(encoding="utf-8") for folder in ("tutorial", "zh/tutorial")
    )
    assert _SESSION.findall(english) == _SESSION.findall(chinese)
    for mark in ("```math", "## ", "| ", "- "):
        lines = [sum(line.startswith(mark) for line in text.splitlines()) for text in (english, chinese)]
        assert lines[0] == lines[1], mark
    pages = [
        {Path(link.partition("#")[0]).name for link in _LINK.findall(text)} for text in (english, chinese)
    ]
    assert pages[0] == pages[1]
    assert re.search("[\u4e00-\u9fff]", chinese)


# --------------------------------------------------------------------------------------------- dumps


def test_the_dump_of_scikit_learn_scores_as_its_own_log_loss() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    dumps = ROOT / "examples/dumps"
    proba, y = np.load(dumps / "proba.npy"), np.load(dumps / "y.npy")
    assert nll_loss(np.load(dumps / "log_proba.npy"), y) == pytest.approx(
        metrics.log_loss(y, proba), rel=1e-12
    )
