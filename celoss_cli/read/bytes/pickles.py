"""Pickled files, which are refused: opening one runs the code that it holds."""

from __future__ import annotations

from celoss_cli.core.errors import InputError, visible
from celoss_cli.core.suffix import suffix_of

__all__ = ["holds_pickle", "is_pickle", "pickled", "refuse_pickle"]

_SUFFIXES = frozenset((".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib"))
_FROM_TORCH = frozenset((".pt", ".pth", ".ckpt"))
_PROTOCOLS = b"\x02\x03\x04\x05"


def is_pickle(head: bytes) -> bool:
    """Whether these first bytes are a pickle's: 0x80 and a protocol from 2 to 5."""
    return head[:1] == b"\x80" and (len(head) == 1 or head[1] in _PROTOCOLS)


def holds_pickle(member: str) -> bool:
    """Whether this name in a zip archive is that of a pickle, as ``torch.save`` writes it."""
    return suffix_of(member) in (".pkl", ".pickle")


def pickled(place: str, what: str = "a pickle", suffix: str = "") -> InputError:
    """The refusal of a pickle, with the way to a file that holds nothing but numbers."""
    values = "tensor.numpy()" if suffix in _FROM_TORCH else "np.asarray(values)"
    return InputError(
        f"expected a file of numbers, got {what}, which runs code when it is opened",
        hint=f'load it where you trust it and write np.save("logits.npy", {values})',
        place=place,
    )


def refuse_pickle(path: str, head: bytes) -> None:
    """Refuses a file that is a pickle by its name, or a stream that is one by its first bytes.

    Raises:
        InputError: if it is.

    """
    suffix = suffix_of(path).lower()
    if suffix in _SUFFIXES:
        raise pickled(visible(path), f'a pickle ("{suffix}")', suffix)
    if path == "-" and is_pickle(head):
        raise pickled("standard input")
