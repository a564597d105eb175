"""The requests in a sample of lm-evaluation-harness, and the log-likelihoods that answer them.

Source: lm-evaluation-harness, lm_eval/evaluator.py (log_samples): ``arguments`` and ``filtered_resps``,
whose leaves newer files write as texts.
"""

from __future__ import annotations

from collections.abc import Mapping

from celoss_cli.core.errors import InputError
from celoss_cli.read.tokens.document import a_list, an_object, number_of

__all__ = ["arguments_of", "has_choices", "is_sample", "likelihoods_of", "own_of"]


def is_sample(found: Mapping[str, object]) -> bool:
    return "doc_id" in found and "filtered_resps" in found


def has_choices(found: Mapping[str, object]) -> bool:
    """Whether a record is a sample with several log-likelihoods."""
    answers = found.get("filtered_resps")
    return is_sample(found) and isinstance(answers, list) and len(answers) > 1


def likelihoods_of(found: Mapping[str, object]) -> list[float]:
    """The log-likelihoods of a sample, one for each of its requests.

    Raises:
        InputError: with the path, for what is none.

    """
    path = "$.filtered_resps"
    answers = a_list(found.get("filtered_resps"), path)
    values = []
    for number, answer in enumerate(answers):
        while isinstance(answer, list) and len(answer) == 1 and isinstance(answer[0], list):
            answer = answer[0]
        score = answer[0] if isinstance(answer, list) and answer else answer
        values.append(number_of(score, f"{path}[{number}]"))
    return values


def arguments_of(found: Mapping[str, object]) -> list[tuple[str, str]]:
    """The context and the continuation of each request: lists, or in newer files objects of named arguments.

    Raises:
        InputError: with the path, for anything else.

    """
    path = "$.arguments"
    held = found.get("arguments")
    if isinstance(held, dict):
        held = [[*an_object(one, f"{path}.{name}").values()] for name, one in held.items()]
    pairs = []
    for number, one in enumerate(a_list(held, path)):
        texts = [text for text in one if isinstance(text, str)] if isinstance(one, list) else []
        if len(texts) < 2:
            raise InputError("expected a context and a continuation", place=f"{path}[{number}]")
        pairs.append((texts[0], texts[1]))
    return pairs


def own_of(found: Mapping[str, object]) -> str:
    """What tells a sample from those of other tasks, whose numbers begin at 0 too."""
    return str(found.get("doc_hash") or found.get("arguments"))
