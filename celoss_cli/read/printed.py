"""Values as people paste them: arrays as NumPy and PyTorch print them, blanks for commas, names."""

from __future__ import annotations

import re

from celoss_cli.core.errors import InputError
from celoss_cli.core.numbers import is_number

__all__ = ["names_in", "plain_values", "single_value"]

_CALL = re.compile(
    r"(?:<[\w.]+:[^\[]*=)?\s*[A-Za-z_][\w.]*\(\s*"
    r"(?P<values>\[.*\]|[-+0-9.eEinfa]+)\s*"
    r"(?:,\s*\w+\s*=\s*(?:<[^<>]*>|'[^']*'|\([^()]*\)|[\w.]+)\s*)*"
    r",?\s*\)\s*>?",
    re.DOTALL,
)
"""``tensor([[1., 2.]], device='cuda:0', grad_fn=<AddBackward0>)``, ``array([0, 1], dtype=int32)``."""

_SCALAR = re.compile(
    r"(?:np|numpy|jnp|torch|tf)\.(?:float|int|uint|bool|longdouble|str)\w*\(\s*"
    r"(?P<value>[-+0-9.eEinfa]+|True|False|'[^'()]*'|\"[^\"()]*\")\s*\)"
    r"|(?:np|numpy)\.(?P<truth>True|False)_"
    r"|tensor\(\s*(?P<single>[-+0-9.eEinfa]+|True|False)\s*(?:,\s*\w+\s*=\s*[^,()]*)*\)"
)
"""``np.float64(0.5)`` as NumPy 2 prints single values in lists, ``tensor(0.5)`` as PyTorch does."""

_ELIDED = re.compile(r"\.\.\.|\u2026")
_GAP = re.compile(r"(?<=[^\s\[])\s+(?=[^\s\]])")
_NAME = re.compile(r"""\s*(?:'(?P<one>[^']*)'|"(?P<two>[^"]*)"|(?P<bare>[^\s'",;\[\]@][^'",;\[\]]*))\s*""")
_NO_NAMES = ("true", "false", "na", "n/a", "null", "none")
_QUOTED_APART = re.compile(r"""(?<=['"])\s+(?=['"])""")


def plain_values(text: str) -> str:
    """The values of a text as lists with commas, or the text as it is where it has them already.

    >>> plain_values("tensor([[ 2.5000, -0.7500]])"), plain_values("[[1. 2.]\\n [3. 4.]]")
    ('[[ 2.5000, -0.7500]]', '[[1.,2.],[3.,4.]]')
    >>> plain_values("0 1 2")
    '0,1,2'

    Raises:
        InputError: for what was printed in part only.

    """
    text = _bare(text.strip())
    found = _CALL.fullmatch(text)
    values = text if found is None else found["values"]
    if _ELIDED.search(values) and values.startswith("["):
        raise InputError(
            "expected all values, got ... in place of some",
            hint="to print all: numpy.set_printoptions(threshold=10**9), "
            "torch.set_printoptions(profile='full'); or save them: numpy.save, and @FILE",
        )
    if "," in values or ";" in values:
        return values
    if values.startswith("["):
        return _GAP.sub(",", values)
    rows = [",".join(line.split()) for line in values.splitlines() if line.split()]
    return ";".join(rows) if len(rows) > 1 or "," in "".join(rows) else values


def names_in(text: str) -> list[str] | None:
    """The names of classes in a list of words, as Python and NumPy print them too; None for anything else."""
    text = _bare(text.strip())
    found = _CALL.fullmatch(text)
    inner = text if found is None else found["values"]
    is_list = inner.startswith("[") and inner.endswith("]")
    if is_list:
        inner = _QUOTED_APART.sub(",", inner[1:-1])
    parts = [_NAME.fullmatch(part) for part in inner.rstrip(",").split(",")]
    if is_list and not all(part is not None and part["bare"] is None for part in parts):
        return None
    names = [(part["one"] or part["two"] or part["bare"] or "").strip() for part in parts if part is not None]
    if len(names) < len(parts) or not all(names) or any(map(_is_value, names)):
        return None
    return names


def single_value(text: str) -> str | None:
    """The value of a single one with its type, ``tensor(0.5)``; None for anything else."""
    return _bare(text) if _SCALAR.fullmatch(text) else None


def _bare(text: str) -> str:
    """A text with the values alone in place of single ones with their types."""
    return _SCALAR.sub(lambda found: found["value"] or found["truth"] or found["single"], text)


def _is_value(name: str) -> bool:
    """Whether a word is a number, or is written as one is."""
    return is_number(name, allow_nonfinite=True) or name[0] in "+-.0123456789" or name.lower() in _NO_NAMES
