"""The registry of libraries that the computation can be written out in. It imports no NumPy.

Adding one is one line here and one module in this folder with a ``Writer`` (problem.py).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from celoss_cli.core.records import record

if TYPE_CHECKING:
    from celoss_cli.studies.emit.problem import Writer

__all__ = ["LIBRARIES", "LibrarySpec"]


@record(frozen=True, slots=True)
class LibrarySpec:
    """A library.

    Attributes:
        name: the value of ``--emit``.
        summary: one line of help.
        where: "module:NAME" within this folder, the writer of this library.

    """

    name: str
    summary: str
    where: str

    def load(self) -> Writer:
        """The writer."""
        module, _, name = self.where.partition(":")
        writer: Writer = getattr(import_module(f"celoss_cli.studies.emit.{module}"), name)
        return writer


LIBRARIES: dict[str, LibrarySpec] = {
    spec.name: spec
    for spec in (
        LibrarySpec("torch", "PyTorch: the function of torch.nn.functional", "pytorch:TORCH"),
        LibrarySpec("numpy", "NumPy: the formula on arrays", "arrays:NUMPY"),
        LibrarySpec("jax", "JAX: the formula on arrays, in 64 bits", "arrays:JAX"),
    )
}
