"""NumPy, imported when it is first used.

A loss declares itself in the file that computes it, and ``celoss --help``, ``--version`` and the completion
of a shell read these declarations: they must answer before NumPy could be loaded. So ``core`` and ``losses``
take ``np`` from here. For a type checker it is NumPy itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["Array", "np"]

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[Any]
else:
    Array = Any

    class _Late:
        """Has the attributes of NumPy, each looked up once."""

        def __getattr__(self, name: str) -> Any:
            import numpy

            found = getattr(numpy, name)
            setattr(self, name, found)
            return found

    np = _Late()
