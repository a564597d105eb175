"""HELM's ``per_instance_stats.json``: the sum of the log-probabilities of each instance.

A record is ``{instance_id, perturbation, train_trial_index, stats}``, and a statistic ``{name: {name,
split, ...}, count, sum, ...}``. Of language modelling and of generation the statistics ``logprob``,
``num_perplexity_tokens`` and ``num_bytes`` are sums over the same tokens; of choices there are none. A long
text of language modelling is cut into windows, each a record of its own under one instance; here each is a
document, and so is each trial of a prompt with other examples. HELM tells perturbed instances apart from the
others, so they are refused beside them.

Source: helm, benchmark/metrics/basic_metrics.py (compute_language_modeling_metrics,
compute_perplexity_metrics), language_modeling_metrics.py (a record a request), statistic.py (Stat).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from celoss_cli.core.errors import InputError, listed
from celoss_cli.read.tokens.document import Document, a_list, an_object, got
from celoss_cli.read.tokens.dumps import read_dump
from celoss_cli.read.tokens.samples import number_of

if TYPE_CHECKING:
    from celoss_cli.read.request import Dataset, ReadRequest, Stream

__all__ = ["IDS", "TITLE", "documents", "is_one", "read"]

TITLE = "HELM"
IDS = ("instance_id",)

_SUM = "logprob"
_UNITS = {"num_perplexity_tokens": "tokens", "num_bytes": "bytes"}


def read(stream: Stream, request: ReadRequest) -> Dataset:
    """Reads statistics of HELM.

    Raises:
        InputError: with its place.

    """
    return read_dump(stream, request, "helm")


def is_one(found: Mapping[str, Any]) -> bool:
    return "instance_id" in found and isinstance(found.get("stats"), list)


def documents(found: Mapping[str, Any]) -> Iterator[Document]:
    """The document of a record: one element, the sum over its tokens."""
    if found.get("perturbation"):
        raise InputError(
            "expected an instance as it is, got a perturbed one",
            hint="keep the others: jq 'map(select(.perturbation == null))'",
            place="$.perturbation",
        )
    sums = _sums(found)
    if _SUM not in sums:
        raise InputError(
            f"expected the statistic {_SUM}, got {listed([*sums]) if sums else 'none'}",
            hint="HELM writes it for language modelling and for generation, not for choices",
            place="$.stats",
        )
    totals = {}
    for name, unit in _UNITS.items():
        if name in sums:
            path, value = sums[name]
            if value < 0 or value != int(value):
                raise InputError(f"expected a number of {unit}, got {got(value)}", place=path)
            totals[unit] = int(value)
    path, logprob = sums[_SUM]
    trial = found.get("train_trial_index") or 0
    own = str(sorted((name, value) for name, (_, value) in sums.items()))
    yield Document([logprob], path, totals=totals, suffix=f" trial {trial}" if trial else "", own=own)


def _sums(found: Mapping[str, Any]) -> dict[str, tuple[str, float]]:
    """The sum of each statistic with its path.

    Raises:
        InputError: with the path, for what is no statistic, and for two sums of one.

    """
    sums: dict[str, tuple[str, float]] = {}
    for number, stat in enumerate(a_list(found.get("stats"), "$.stats")):
        path = f"$.stats[{number}]"
        name = an_object(an_object(stat, path).get("name"), f"{path}.name").get("name")
        if name != _SUM and name not in _UNITS:
            sums.setdefault(str(name), (path, 0.0))
            continue
        value = number_of(stat.get("sum"), f"{path}.sum")
        if sums.setdefault(name, (f"{path}.sum", value))[1] != value:
            raise InputError(f"expected one sum of {name}, got another one", place=f"{path}.sum")
    return sums
