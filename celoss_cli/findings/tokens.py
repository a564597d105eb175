"""What is no score in a dump of scored tokens, and scores that may not be what was meant."""

from __future__ import annotations

from celoss_cli.core.errors import plural
from celoss_cli.findings.facts import Facts, Observation
from celoss_cli.findings.wording import have

__all__ = [
    "both_parts",
    "censored",
    "certain",
    "equal_choices",
    "failed",
    "first_without",
    "harness_agrees",
    "harness_differs",
    "least_written",
    "missing",
    "other_views",
    "positive",
    "repeated",
    "sampled",
]

_CENSORED = {"skip": "left out", "bound": "counted with a bound, the loss is at least this"}


def first_without(facts: Facts) -> Observation | None:
    """The first token of a document has no log-probability: nothing comes before it to predict it from.

    It is left out of the sum and of the divisor. Counted as 0 it would make the loss smaller: 4 nats of 4
    tokens are 1 a token, and of these with two first ones 0.67.

    There is nothing to do. Two dumps are comparable only if both leave out the same tokens: a server that
    puts its own token before the text also scores the first one.

    Reference: vLLM, RequestOutput.prompt_logprobs: the first one is None.
    """
    count = facts.seen["first-token"]
    has = "has" if count == 1 else "have"
    told = f"{plural(count, 'first token')} of a document {has} no log-probability: left out"
    return Observation(told, count)


def missing(facts: Facts) -> Observation | None:
    """A token after the first one has no log-probability, and --missing skip leaves it out.

    The mean is then of the other tokens, which may be the easier ones.

    Ask the server for the log-probabilities of all tokens.
    """
    count = facts.seen["missing-score"]
    return Observation(f"{plural(count, 'token')} without a log-probability left out", count)


def censored(facts: Facts) -> Observation | None:
    """Tokens have -9999 for their log-probability: they are not among those that the server lists.

    The number stands for "very unlikely" and is none: averaged, one of it in a thousand tokens makes the
    loss 10 nats larger. Left out, the loss is too small, as the least likely tokens are missing; with the
    bound (the least log-probability that is listed for that place) it is a lower bound of the loss.

    Score the text with a server that gives the log-probability of every token of a prompt.

    Reference: OpenAI API reference, chat completion object, logprobs.content.logprob; vLLM writes -9999.0 for
    -inf (entrypoints/openai).
    """
    count = facts.seen["censored"]
    done = _CENSORED.get(facts.options.get("censored", ""), "which no mean is taken of")
    return Observation(f"{plural(count, 'token')} with -9999 for the log-probability: {done}", count)


def certain(facts: Facts) -> Observation | None:
    """Tokens have a log-probability of exactly 0, which is the probability 1.

    Numbers that were rounded reach it where a token is nearly certain, and they count. Many of them are
    rather tokens that were forced, special ones that the server does not score, or a log-probability that
    was never filled in.

    Look at these tokens: --row shows those of a document.
    """
    count, of = facts.seen["certain"], facts.elements
    return Observation(f"{plural(count, 'token')} of {of} with a log-probability of exactly 0", count)


def both_parts(facts: Facts) -> Observation | None:
    """The tokens of the prompt and those of the completion count together.

    What a model says to a prompt it finds likely, since it chose it: the two losses differ by far, and their
    mean depends on the lengths of both.

    Say which is meant: --score prompt or --score completion.
    """
    parts = [facts.seen[f"{part}-tokens"] for part in ("prompt", "completion")]
    if not all(parts) or facts.options.get("score", "all") != "all":
        return None
    return Observation(
        f"{parts[0]} tokens of prompts and {parts[1]} of completions count together",
        sum(parts),
        {"prompt": parts[0], "completion": parts[1]},
        facts.again("--score", "prompt"),
    )


def failed(facts: Facts) -> Observation | None:
    """Requests of a batch failed, so their texts have no scores.

    The loss covers the answered requests. Long texts fail more often, so the loss of all texts would
    differ.

    Send them again, and score both files together.

    Reference: OpenAI API reference, Batch: a line of the output has response or error.
    """
    count = facts.seen["failed-request"]
    are = "is" if count == 1 else "are"
    told = f"{plural(count, 'request')} failed and {are} left out"
    return Observation(told, count)


def repeated(facts: Facts) -> Observation | None:
    """A document occurs in the data again, with the same scores, and counts once.

    A file that was appended to by a second run has every document twice, and so have a file and its copy: the
    mean of documents stays, counts and standard errors do not.

    Then there is nothing to do. Different scores under the same name are refused.
    """
    count = facts.seen["repeated-document"]
    return Observation(f"{plural(count, 'document')} given again with the same scores: counted once", count)


def other_views(facts: Facts) -> Observation | None:
    """The file has several lines for a document, one for each filter of its answers; one of them counts.

    The filters see the same scores. A mean over all lines weights a document by the number of its filters.

    Nothing is to be done: the first filter of the file is the one that counts.

    Reference: lm-evaluation-harness, lm_eval/evaluator.py: samples are logged once for each filter.
    """
    count = facts.seen["other-view"]
    return Observation(f"{plural(count, 'line')} of another filter of the same documents left out", count)


def sampled(facts: Facts) -> Observation | None:
    """The probabilities are those that tokens were drawn with, after temperature, top-k and other rules.

    They are not the likelihood of the model: at a low temperature the loss of its own words is near 0.

    Ask for the model's own: post_sampling_probs false in the request.

    Reference: llama.cpp, tools/server/README.md, post_sampling_probs.
    """
    count = facts.seen["sampled-probability"]
    return Observation(f"{plural(count, 'token')} with the probability after sampling rules", count)


def least_written(facts: Facts) -> Observation | None:
    """Tokens have the least log-probability that the file can hold, 16 nats below the largest of their row.

    Lower values are written as this one too, so the true loss is at least the computed one.

    Where they are many, score the text anew with log-probabilities that are not quantised.

    Reference: llama.cpp, tools/perplexity/perplexity.cpp, log_softmax: max(min_logit, max_logit - 16).
    """
    count = facts.seen["least-written"]
    return Observation(f"{have(count, 'token')} the least log-probability that is written", count)


def harness_agrees(facts: Facts) -> Observation | None:
    """The choice with the largest logit is right exactly where the harness's own accuracy says so.

    The file has acc, acc_norm or acc_mutual_info for each document; that of the same normalisation is
    compared.

    Nothing is to be done: the log-likelihoods were normalised as the harness does it.

    Reference: lm-evaluation-harness, lm_eval/api/task.py, process_results.
    """
    if facts.seen["harness-differs"]:
        return None
    count = facts.seen["harness-agrees"]
    return Observation(f"the accuracy of {plural(count, 'document')} is the harness's own, one by one", count)


def harness_differs(facts: Facts) -> Observation | None:
    """The largest logit is right where the harness's own accuracy says that it is wrong, or the other way.

    The choices are then not what the harness divided by, or the target is another one: tasks change both in
    code of their own.

    Take the normalisation whose accuracy agrees, or none: the log-likelihoods themselves are those of the
    file.

    Reference: lm-evaluation-harness, lm_eval/api/task.py, process_results.
    """
    count, same = facts.seen["harness-differs"], facts.seen["harness-agrees"]
    told = f"the accuracy of {plural(count, 'document')} of {count + same} is not the harness's own"
    return Observation(told, count, {"same": same, "different": count})


def positive(facts: Facts) -> Observation | None:
    """A log-probability is above 0, where a probability would be above 1.

    Such numbers are not log-probabilities: they may be losses with the sign already changed, logits, or
    sums that rounding took above 0.

    Find out what the dump holds. A few that are 1e-6 above 0 come from rounding: --allow-out-of-domain
    computes them.
    """
    count = facts.seen["positive"]
    element = "choice" if facts.seen["positive-choice"] else "token"
    return Observation(f"{have(count, element)} a log-probability above 0", count)


def equal_choices(facts: Facts) -> Observation | None:
    """All choices of a document have the same log-likelihood, mostly 0: they were not scored.

    A server that returns no log-probabilities of a prompt leaves the harness with zeros, and the first
    choice is then the answer to every question: the accuracy is the part of questions whose first choice is
    right.

    Score the task with a model whose interface gives log-probabilities.
    """
    count = facts.seen["equal-choices"]
    return Observation(f"{have(count, 'document')} the same log-likelihood for all choices", count)
