"""Evaluations of two harnesses: the samples of lm-evaluation-harness, and HELM's sums of instances.

lm-evaluation-harness (``samples_*.jsonl``, --log_samples): a record is ``{doc_id, doc, target, arguments,
resps, filtered_resps, filter, ...}`` and the metrics. Of a rolling log-likelihood the metrics hold what is
averaged: ``word_perplexity`` is [loglikelihood, words], ``byte_perplexity`` and ``bits_per_byte`` are
[loglikelihood, bytes]; the harness scores every token of the text, so that bytes and words are those of the
whole. Of a log-likelihood of one continuation ``filtered_resps`` holds [loglikelihood, is greedy], and
``arguments`` the context and the continuation. Numbers are texts in newer files. A document has a line for
each filter; files are appended to by later runs. Several choices a document are read by celoss ce.
Source: lm-evaluation-harness, lm_eval/evaluator.py (log_samples), lm_eval/api/task.py (process_results),
lm_eval/api/metrics.py (weighted_perplexity, bits_per_byte).

HELM (``per_instance_stats.json``): a record is ``{instance_id, perturbation, train_trial_index, stats}``, and
a statistic ``{name: {name, split, ...}, count, sum, ...}``. Of language modelling and of generation the
statistics ``logprob``, ``num_perplexity_tokens`` and ``num_bytes`` are sums over the same tokens; of choices
there are none. A long text of language modelling is cut into windows, each a record of its own under one
instance; here each is a document, and so is each trial of a prompt with other examples. HELM tells perturbed
instances apart from the others, so they are refused beside them.
Source: helm, benchmark/metrics/basic_metrics.py (compute_language_modeling_metrics,
compute_perplexity_metrics), language_modeling_metrics.py (a record a request), statistic.py (Stat).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from celoss_cli.core.errors import InputError, Way, listed
from celoss_cli.read.tokens.document import Document, a_list, an_object, got, number_of
from celoss_cli.read.tokens.records import Format
from celoss_cli.read.tokens.samples import arguments_of, is_sample, likelihoods_of, own_of

__all__ = ["HELM", "LM_EVAL"]

_ROLLING = {"word_perplexity": "words", "byte_perplexity": "bytes", "bits_per_byte": "bytes"}
_SUM = "logprob"
_UNITS = {"num_perplexity_tokens": "tokens", "num_bytes": "bytes"}


def _of_sample(found: Mapping[str, object]) -> Iterator[Document]:
    """The document of a sample: one element, the sum over its tokens."""
    variant = str(found.get("filter", ""))
    pairs = {key: found[key] for key in _ROLLING if isinstance(found.get(key), list)}
    if pairs:
        yield _rolling(pairs, variant, own_of(found))
        return
    likelihoods = likelihoods_of(found)
    if len(likelihoods) != 1:
        raise InputError(
            f"expected one log-likelihood a document, got {len(likelihoods)}",
            ways=(Way("the loss over the choices", (), "ce"),),
            place="$.filtered_resps",
        )
    requests = arguments_of(found)
    if not requests:
        raise InputError("expected a context and a continuation, got none", place="$.arguments")
    text = requests[0][1]
    sizes = {"bytes": len(text.encode(errors="surrogatepass")), "words": len(text.split())}
    yield Document(likelihoods, "$.filtered_resps", totals=sizes, variant=variant, own=own_of(found))


def _rolling(pairs: Mapping[str, Any], variant: str, own: str) -> Document:
    """The sum and the units of a rolling log-likelihood; all metrics must hold the same sum."""
    totals: dict[str, int] = {}
    sums: dict[float, str] = {}
    for key, pair in pairs.items():
        path = f"$.{key}"
        if len(a_list(pair, path)) != 2:
            raise InputError(f"expected [loglikelihood, {_ROLLING[key]}], got {got(pair)}", place=path)
        sums.setdefault(number_of(pair[0], f"{path}[0]"), f"{path}[0]")
        size = number_of(pair[1], f"{path}[1]")
        if size != int(size) or size < 0 or totals.setdefault(_ROLLING[key], int(size)) != size:
            raise InputError(f"expected a number of {_ROLLING[key]}, got {got(pair[1])}", place=f"{path}[1]")
    if len(sums) > 1:
        first, other = sums
        raise InputError(f"expected the log-likelihood {first}, got {other}", place=sums[other])
    return Document([*sums], next(iter(sums.values())), totals=totals, variant=variant, own=own)


def _is_statistics(found: Mapping[str, Any]) -> bool:
    return "instance_id" in found and isinstance(found.get("stats"), list)


def _of_statistics(found: Mapping[str, Any]) -> Iterator[Document]:
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
        if not isinstance(name, str) or name not in (_SUM, *_UNITS):
            sums.setdefault(str(name), (path, 0.0))
            continue
        value = number_of(stat.get("sum"), f"{path}.sum")
        if sums.setdefault(name, (f"{path}.sum", value))[1] != value:
            raise InputError(f"expected one sum of {name}, got another one", place=f"{path}.sum")
    return sums


LM_EVAL = Format("lm-eval", "lm-evaluation-harness", ("doc_id",), is_sample, _of_sample)
HELM = Format("helm", "HELM", ("instance_id",), _is_statistics, _of_statistics)
