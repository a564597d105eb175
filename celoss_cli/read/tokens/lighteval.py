"""Details of lighteval, which are refused: what their log-probabilities are of is said nowhere.

A row is ``{doc, metric, model_response}``. ``model_response.logprobs`` holds one sum for each choice where
the task asks for log-likelihoods, the sum of a whole text where it is rolling, and what the backend gives of
generated tokens otherwise; no field says which, and none how many bytes or tokens a sum is of.

Source: lighteval, logging/info_loggers.py (DetailsLogger.Detail), models/model_output.py (ModelResponse).
"""

from __future__ import annotations

from collections.abc import Iterable

from celoss_cli.core.errors import InputError

__all__ = ["why_no_table"]

_COLUMNS = frozenset(("doc", "metric", "model_response"))


def why_no_table(columns: Iterable[str], error: InputError) -> InputError:
    """That a table is of lighteval where it has the columns of its details, else the error as it is."""
    if not _COLUMNS.issubset(name.partition(".")[0] for name in columns):
        return error
    return InputError(
        "expected a column of log-probabilities, got details of lighteval: the numbers in "
        "model_response.logprobs are sums of choices or of texts, and nothing says which",
        hint="write those that you mean as a table with columns document, logprob and bytes: "
        "celoss nll TABLE --input-is token-logprobs --per byte",
    )
