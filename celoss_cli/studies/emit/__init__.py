"""The libraries that the computation can be written out in. It imports no NumPy."""

from __future__ import annotations

from celoss_cli.core.records import record

__all__ = ["LIBRARIES", "LibrarySpec"]


@record(frozen=True, slots=True)
class LibrarySpec:
    """A library of arrays.

    Attributes:
        name: the value of ``--emit``.
        namespace: what the code calls its module, which has ``inf``, ``nan`` and ``where``.
        array: the function that makes an array.
        imports: the import statements.

    """

    name: str
    namespace: str
    array: str
    imports: tuple[str, ...]


LIBRARIES: dict[str, LibrarySpec] = {
    spec.name: spec
    for spec in (
        LibrarySpec("torch", "torch", "torch.tensor", ("import torch", "import torch.nn.functional as F")),
        LibrarySpec("numpy", "np", "np.array", ("import numpy as np",)),
    )
}
