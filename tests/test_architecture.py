"""The directions of DESIGN: who may import whom, what is registered, what is documented."""

from __future__ import annotations

import ast
import dataclasses
import doctest
import importlib
import inspect
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest
from cases import each

import celoss_cli
from celoss_cli.evaluate.loop import Evaluation
from celoss_cli.evaluate.summaries import Interval
from celoss_cli.findings import FINDINGS, Rule
from celoss_cli.losses import FUNCTIONS, LOSSES, LossSpec
from celoss_cli.losses.base import Loss
from celoss_cli.losses.options import IGNORE_INDEX
from celoss_cli.read import SOURCES
from celoss_cli.read.tokens.records import Format
from celoss_cli.show import ARRAYS, FORMATS, html, markdown, table
from celoss_cli.show.blocks import Block

PACKAGE = Path(celoss_cli.__file__).parent
ROOT = "celoss_cli"

LAYERS = (
    {"core"},
    {"losses", "statistics"},
    {"read"},
    {"evaluate"},
    {"findings"},
    {"report"},
    {"judge", "functions"},
    {"show"},
    {"studies"},
    {"cli"},
    {"start"},
    {"__main__"},
)
"""From the bottom up. A part imports itself and lower layers, so neighbours never import each other."""

PRINTERS = {"cli", "start", "__main__"}
"""The parts that print and exit."""


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


PATHS = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}
MODULES = [name for name in PATHS if name != ROOT]


@cache
def tree(module: str) -> ast.Module:
    """The text of a module, parsed when a test first asks for it."""
    return ast.parse(text_of(module))


def text_of(module: str) -> str:
    return PATHS[module].read_text(encoding="utf-8")


def part_of(module: str) -> str:
    """The folder or module directly below the package that a module belongs to."""
    return module.split(".")[1]


def layer_of(part: str) -> int:
    found = [height for height, layer in enumerate(LAYERS) if part in layer]
    assert found, f"{part} has no place in LAYERS"
    return found[0]


def imported(module: str) -> Iterator[str]:
    """The modules of this package that a module imports, as full names."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == ROOT)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module} has a relative import"
            origin = node.module or ""
            for alias in node.names:
                full = f"{origin}.{alias.name}"
                if origin.split(".")[0] == ROOT:
                    yield full if full in PATHS else origin


def members(folder: str) -> list[str]:
    """The modules of a folder by their names within it."""
    here = f"{ROOT}.{folder}."
    return [name.removeprefix(here) for name in MODULES if name.startswith(here) and "charts" not in name]


def defines(module: str, function: str) -> bool:
    return any(isinstance(node, ast.FunctionDef) and node.name == function for node in tree(module).body)


# ----------------------------------------------------------------------------------------- directions


def points_down(module: str, target: str) -> bool:
    here, there = part_of(module), part_of(target)
    return there == here or layer_of(there) < layer_of(here)


def test_imports_point_down() -> None:
    arrows = [(module, target) for module in MODULES for target in imported(module) if target != ROOT]
    assert [arrow for arrow in arrows if not points_down(*arrow)] == []


def circles() -> list[list[str]]:
    """The modules that import each other, also by way of others or only for the type checker."""
    below = {module: set(imported(module)) - {module} for module in PATHS}
    reached: dict[str, set[str]] = {}
    for module in below:
        seen, left = set(), [module]
        while left:
            new = below[left.pop()] - seen
            seen |= new
            left += new
        reached[module] = seen
    groups = {
        tuple(sorted(other for other in seen if module in reached[other]))
        for module, seen in reached.items()
        if module in seen
    }
    return sorted(map(list, groups))


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circles() == []


def test_the_registry_of_formats_imports_no_reader() -> None:
    assert {name.removeprefix(f"{ROOT}.") for name in imported(f"{ROOT}.read")} == {
        "core.errors",
        "core.records",
        "core.suffix",
        "read.bytes.pickles",
    }


def test_what_travels_is_typed() -> None:
    """Options and sources are records with types, and no mapping of anything."""
    assert [name for name in PATHS if "given[" in text_of(name)] == []
    assert sum(text_of(name).count("Mapping[str, Any]") for name in PATHS) <= 20


def test_an_option_is_declared_once_and_named_by_its_declaration() -> None:
    quoted = re.compile(rf"""["']{IGNORE_INDEX.name}["']""")
    assert len([name for name in PATHS if quoted.search(text_of(name))]) <= 6


def test_records_are_quick_to_define() -> None:
    slow = [
        module
        for module in MODULES
        if module != f"{ROOT}.core.records"
        for node in ast.walk(tree(module))
        if isinstance(node, ast.ImportFrom) and node.module == "dataclasses"
        for alias in node.names
        if alias.name == "dataclass"
    ]
    assert slow == []


def test_records_are_compared_hashed_and_shown_by_their_fields() -> None:
    one, same = Interval(0.0, 1.0, 3), Interval(0.0, high=1.0, count=3)
    assert (one, hash(one), repr(one)) == (same, hash(same), "Interval(low=0.0, high=1.0, count=3)")
    assert one != dataclasses.replace(same, count=4)
    assert one != (0.0, 1.0, 3)
    with pytest.raises(TypeError):
        hash(Evaluation())  # it changes


def test_what_shows_computes_nothing_with_arrays() -> None:
    roots = {
        (module, alias.name.split(".")[0])
        for module in MODULES
        if part_of(module) == "show" and not module.startswith(f"{ROOT}.show.charts")
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert [module for module, root in roots if root == "numpy"] == []


@pytest.mark.subprocess
def test_the_package_loads_its_functions_only_when_they_are_used() -> None:
    checked = [ROOT, f"{ROOT}.core.errors", f"{ROOT}.losses", f"{ROOT}.read", f"{ROOT}.show"]
    code = f"import sys, {', '.join(checked)}; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_nothing_but_the_command_line_prints_or_exits() -> None:
    found = [
        f"{module}:{node.lineno}"
        for module in MODULES
        if part_of(module) not in PRINTERS
        for node in ast.walk(tree(module))
        if (isinstance(node, ast.Name) and node.id in {"print", "exit", "quit", "SystemExit"})
        or (isinstance(node, ast.Attribute) and node.attr in {"stdout", "stderr", "exit", "_exit"})
    ]
    assert found == []


def test_nothing_outside_of_losses_names_the_class_of_a_loss() -> None:
    """What differs between losses is data: their terms, and what the registry says of them."""
    classes = {spec.loss.__name__ for spec in LOSSES.values()}
    classes |= {spec.by_convention.partition(":")[2] for spec in LOSSES.values()}
    outside = {
        node.id
        for module in MODULES
        if part_of(module) != "losses"
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Name)
    }
    assert outside & classes == set()


# ----------------------------------------------------------------------------------------- registries


@pytest.mark.parametrize("spec", LOSSES.values(), ids=list(LOSSES))
def test_a_function_takes_the_reductions_that_the_registry_lists(spec: LossSpec) -> None:
    function = getattr(celoss_cli, spec.name)
    input, target = ([[-0.5, -1.5]], [1]) if spec.per == "class" else ([0.5], [1.0])
    for reduction in spec.reductions:
        assert function(input, target, reduction=reduction) is not None
    for other in {"none", "mean", "sum", "batchmean", "median", "", None} - set(spec.reductions):
        with pytest.raises(celoss_cli.UsageError, match=f"^Expected reduction {', '.join(spec.reductions)}"):
            function(input, target, reduction=other)


def registered(folder: str) -> set[str]:
    if folder == "losses":
        return set(FUNCTIONS.values())
    return {*FORMATS, *ARRAYS} if folder == "show" else {spec.module for spec in SOURCES.values()}


def entries(folder: str, name: str) -> set[str]:
    """What of a module a registry is to name: the module itself, or each format of dumps in it."""
    module = f"{ROOT}.{folder}.{name}"
    dumps = vars(importlib.import_module(module)).items() if name.startswith("tokens.") else ()
    return {name for _ in [0] if is_entry(folder, module)} | {
        f"{name}:{said}" for said, found in dumps if isinstance(found, Format)
    }


def is_entry(folder: str, module: str) -> bool:
    """Whether a module is one of those that its folder is there for."""
    if folder != "losses":
        return defines(module, "read" if folder == "read" else "render")
    classes = vars(importlib.import_module(module)).values()
    return any(
        inspect.isclass(found)
        and found.__module__ == module
        and issubclass(found, Loss)
        and found.__name__ in importlib.import_module(module).__all__
        and not inspect.isabstract(found)
        and "Formula:" in (found.__doc__ or "")
        for found in classes
    )


FOLDERS = ("losses", "read", "show")


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_modules_of_a_folder_that_do_its_work_are_exactly_the_registered_ones(folder: str) -> None:
    found = {entry for name in members(folder) for entry in entries(folder, name)}
    assert found == registered(folder)


def test_a_format_of_dumps_is_called_alike_in_both_places() -> None:
    dumps = [spec for spec in SOURCES.values() if spec.scored == "records"]
    assert [spec.load().name for spec in dumps] == [spec.name for spec in dumps]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_module_that_is_not_registered_is_used_by_another(folder: str) -> None:
    used = {target for module in MODULES for target in imported(module) if target != module}
    used |= {f"{ROOT}.losses.{spec.by_convention.partition(':')[0]}" for spec in LOSSES.values()}
    entered = {name.partition(":")[0] for name in registered(folder)}
    helpers = {f"{ROOT}.{folder}.{name}" for name in members(folder) if name not in entered}
    rooms = {name.rpartition(".")[0] for name in MODULES}
    assert helpers - rooms <= used


@pytest.mark.parametrize(("registry", "key"), [(LOSSES, "command"), (SOURCES, "name"), (FORMATS, "name")])
def test_a_registry_is_keyed_by_what_the_user_types_and_says_something_of_each(
    registry: dict, key: str
) -> None:
    assert [getattr(spec, key) for spec in registry.values()] == list(registry)
    assert all(spec.summary for spec in registry.values())


FINDING_MODULES = [
    f"{ROOT}.findings.{name}" for name in members("findings") if name not in ("wording", "facts", "readings")
]


@pytest.mark.parametrize("format", [table, markdown, html], ids=["table", "markdown", "html"])
def test_a_format_for_people_writes_every_kind_of_block(format: ModuleType) -> None:
    assert set(format.BLOCKS) == set(get_args(Block))


def test_every_mistake_of_the_folder_has_one_code_and_every_code_a_mistake() -> None:
    public = [
        getattr(importlib.import_module(module), name)
        for module in FINDING_MODULES
        for name in importlib.import_module(module).__all__
    ]
    assert Counter(rule.check for rule in FINDINGS.values()) == Counter(public)
    assert all(rule.code == code for code, rule in FINDINGS.items())
    assert list(FINDINGS) == sorted(FINDINGS)


@each("rule", FINDINGS.values())
def test_a_mistake_is_explained_what_it_sees_why_it_matters_what_to_do(rule: Rule) -> None:
    assert re.fullmatch(r"CEL[0-9]{3}", rule.code)
    paragraphs = rule.explanation.split("\n\n")
    assert len(paragraphs) >= 3
    assert all(paragraph.rstrip().endswith(".") for paragraph in paragraphs)
    assert "\n" not in paragraphs[0]
    assert rule.title == paragraphs[0]


every_loss = pytest.mark.parametrize("spec", LOSSES.values(), ids=list(LOSSES))


@every_loss
def test_the_options_of_a_loss_are_the_fields_of_its_class(spec: LossSpec) -> None:
    shared = {field.name for field in dataclasses.fields(Loss)}
    own = [field.name for field in dataclasses.fields(spec.loss) if field.name not in shared]
    assert set(own) - ({"input_is"} if spec.kinds else set()) == set(spec.options)


@every_loss
def test_a_loss_is_declared_in_the_module_of_its_function(spec: LossSpec) -> None:
    assert FUNCTIONS[spec.command] == spec.name == getattr(celoss_cli, spec.name).__name__
    assert spec.loss.__module__ == getattr(celoss_cli, spec.name).__module__ == f"{ROOT}.losses.{spec.name}"


@pytest.mark.subprocess
def test_losses_declare_themselves_without_numpy() -> None:
    code = "import sys; from celoss_cli.losses import LOSSES; list(LOSSES.values())"
    code += "; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@every_loss
def test_a_loss_is_a_public_function_that_takes_its_options(spec: LossSpec) -> None:
    assert spec.name in celoss_cli.__all__
    parameters = inspect.signature(getattr(celoss_cli, spec.name)).parameters
    kind = {"input_is"} & set(parameters) if spec.kinds else set()
    assert set(parameters) == {"input", "target", "reduction", "dtype", *spec.options, *kind}
    assert [name for name, found in parameters.items() if found.kind is inspect.Parameter.KEYWORD_ONLY] == [
        "dtype"
    ]


# -------------------------------------------------------------------------------------- documentation

PUBLIC = [name for name in celoss_cli.__all__ if inspect.isfunction(getattr(celoss_cli, name))]


def test_every_public_name_exists() -> None:
    assert dir(celoss_cli) == celoss_cli.__all__
    assert all(hasattr(celoss_cli, name) for name in celoss_cli.__all__)
    with pytest.raises(AttributeError, match="module 'celoss_cli' has no attribute 'hinge_loss'"):
        celoss_cli.hinge_loss  # noqa: B018  # reading the attribute is the test


def test_every_module_has_a_docstring() -> None:
    assert [module for module in PATHS if not ast.get_docstring(tree(module))] == []


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_function_documents_its_arguments_result_errors_and_use(name: str) -> None:
    function = getattr(celoss_cli, name)
    documentation = inspect.getdoc(function) or ""
    sections = re.findall(r"^(\w+):$", documentation, re.MULTILINE)
    assert sections == ["Args", "Returns", "Raises", "Example"]
    arguments = documentation.split("Args:\n")[1].split("\nReturns:")[0]
    assert re.findall(r"^    (\w+):", arguments, re.MULTILINE) == list(inspect.signature(function).parameters)


def examples(module: ModuleType) -> list[doctest.DocTest]:
    return [found for found in doctest.DocTestFinder().find(module) if found.examples]


def test_the_examples_in_docstrings_give_what_they_say() -> None:
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    said: list[str] = []
    for module in MODULES:
        for found in examples(importlib.import_module(module)) if part_of(module) != "__main__" else ():
            runner.run(found, out=said.append)
    assert not said, "".join(said)


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_function_has_an_example_that_runs(name: str) -> None:
    function = getattr(celoss_cli, name)
    found = examples(importlib.import_module(function.__module__))
    assert f"{function.__module__}.{name}" in {example.name for example in found}


# ------------------------------------------------------------------------------------- arrays and shapes


def _of_arrays(path: Path) -> Iterator[tuple[str, str]]:
    """The public functions and methods that take or give an array, and what they say.

    A method without words of its own replaces another and does the same.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = [node for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
    for owner in (tree, *kinds):
        for node in owner.body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            found = [*(argument.annotation for argument in node.args.args), node.returns]
            said = ast.get_docstring(node)
            if any("Array" in ast.unparse(kind) for kind in found if kind) and (said or owner is tree):
                yield f"{path.relative_to(PACKAGE)}:{node.lineno} {node.name}", said or ""


_SHAPE = re.compile(r"[Ss]hape|\((rows|columns|classes|elements|sums)\b")


@each("room", ["core", "losses", "evaluate"])
def test_who_takes_or_gives_arrays_says_their_shapes(room: str) -> None:
    functions = [found for path in (PACKAGE / room).rglob("*.py") for found in _of_arrays(path)]
    assert functions
    assert not [place for place, said in functions if not _SHAPE.search(said)], "of what shape?"
