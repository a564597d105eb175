"""The mutants of a module: what mutmut would change in it, put into the functions of this process."""

from __future__ import annotations
import __future__

import importlib
from collections import Counter
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path
from typing import Any, NamedTuple

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.file_mutation import Mutation, create_mutations, deep_replace

__all__ = ["ROOT", "Mutant", "mutants_of"]

ROOT = Path(__file__).parents[1]


class Mutant(NamedTuple):
    """One change of one function."""

    name: str
    file: str
    lines: range  # of what is changed
    owner: str  # the class, or ""
    function: cst.FunctionDef
    mutation: Mutation

    def codes(self) -> list[str]:
        """The function without and with the change, alone or in a class of the owner's name."""
        changed: Any = deep_replace(self.function, self.mutation.original_node, self.mutation.mutated_node)
        found = [self.function, changed]
        if self.owner:
            found = [cst.ClassDef(cst.Name(self.owner), cst.IndentedBlock([each])) for each in found]  # type: ignore[misc]
        return [cst.Module([each]).code for each in found]

    def change(self) -> list[str]:
        """The lines that are changed, before and after."""
        lines = unified_diff(*map(str.splitlines, self.codes()), n=0)
        return [line for line in lines if line[0] in "+-"][2:]

    def put_in(self) -> None:
        """Gives the function the code and the defaults of the mutant."""
        path = self.file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        space, new = vars(importlib.import_module(path)), dict[str, Any]()
        flags = __future__.annotations.compiler_flag
        exec(compile(self.codes()[1], self.file, "exec", flags), space, new)  # noqa: S102
        old, made = (vars(found[self.owner]) if self.owner else found for found in (space, new))
        old, made = (found[self.function.name.value] for found in (old, made))
        old, made = (getattr(found, "__func__", found) for found in (old, made))  # of a class method
        for name in ("__code__", "__defaults__", "__kwdefaults__"):
            setattr(old, name, getattr(made, name))


def mutants_of(file: str) -> Iterator[Mutant]:
    """What mutmut would change in a file; it leaves decorated functions and what is outside of functions."""
    module, mutations, *_ = create_mutations(file, (ROOT / file).read_text(encoding="utf-8"))
    places = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    owners, counts = dict[Any, str](), Counter[str]()
    for part in module.body:
        if isinstance(part, cst.ClassDef):
            owners |= dict.fromkeys(part.body.body, part.name.value)
    for mutation in mutations:
        function = mutation.contained_by_top_level_function
        if isinstance(function, cst.FunctionDef):
            owner = owners.get(function, "")
            path = ".".join(filter(None, (owner, function.name.value)))
            counts[path] += 1
            place = places.get(mutation.original_node, places[function])
            whole = places[function]
            is_default = place.start.line < places[function.body].start.line  # which runs at the import
            first, last = (
                (whole if is_default else place).start.line,
                (whole if is_default else place).end.line,
            )
            lines = range(first, last + 1)
            yield Mutant(f"{file}:{path}:{counts[path]}", file, lines, owner, function, mutation)
