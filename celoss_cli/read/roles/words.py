"""What the words in a column's name say of it."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from celoss_cli.core.records import record

__all__ = ["CONNECTING", "OF_ALL_CLASSES", "PREDICTING", "VERSIONS", "Named", "named", "tells_versions_apart"]

PROBABILITY = frozenset(
    [
        *("p", "prob", "probs", "proba", "probas", "probability", "probabilities", "softmax", "sigmoid"),
        *("phat", "propensity", "wahrscheinlichkeit", "probabilite", "probabilidad", "probabilidade"),
        *("probabilita", "kans", "\u6982\u7387", "\u78ba\u7387"),
    ]
)
"""The last ones are German, French, Spanish, Portuguese, Italian, Dutch, Chinese and Japanese."""

LOGIT = frozenset(["logit", "logits", "raw"])
LOG = frozenset(["logprob", "logprobs", "logproba", "logprobability", "logprobabilities", "logp"])
SCORE = frozenset(
    [
        *("score", "scores", "pred", "preds", "prediction", "predictions", "predicted", "predict"),
        *("yhat", "output", "outputs", "oof", "scored"),
    ]
)
PREDICTING = PROBABILITY | LOGIT | LOG | SCORE
"""Words of what a model gives."""

CONNECTING = frozenset(["class", "cls", "label", "of", "for", "formula", "val", "value", "values"])
"""Words that go with those, and are no names of classes then: Probability:Class=0, prob_of_cat."""

_DECIDED = frozenset(
    [
        *("class", "classes", "cls", "label", "labels", "idx", "index", "id", "ids", "name", "names"),
        *("category", "decision", "outcome", "answer", "target"),
    ]
)
"""Beside a word of prediction, these say that it is a decision for one class."""

_GENERAL = frozenset(
    [
        "positive",
        "pos",
        "true",
        "yes",
        "hat",
        "log",
        "test",
        "val",
        "valid",
        "train",
        "model",
        "raw",
        *("calibrated", "no", "neg", "negative", "false"),
    ]
)
"""Words beside those of prediction that name no thing."""

_FILLING = frozenset(["final", "y", "is", "hard", "the"])

_TARGETS = frozenset(
    [
        *("target", "targets", "label", "labels", "y", "y_true", "ytrue", "y_test", "y_val", "y_valid"),
        *("y_actual", "truth", "true", "true_label", "true_labels", "true_class", "true_value", "true_y"),
        *("ground_truth", "groundtruth", "gt", "gt_label", "gold", "gold_label", "gold_labels", "actual"),
        *("actuals", "actual_class", "actual_label", "class", "class_label", "class_id", "outcome", "obs"),
        *("observed", "answer", "annotation", "label_id", "label_ids", "label_name", "target_class"),
        *("target_label", "target_id", "target_name", "correct_label", "correct_class"),
        *("klasse", "zielklasse", "zielwert", "classe", "cible", "clase", "objetivo", "alvo"),
        *("\u6807\u7b7e", "\u771f\u5b9e\u6807\u7b7e", "\u771f\u5b9e\u503c", "\u30e9\u30d9\u30eb"),
    ]
)
"""Whole names of targets."""

_TARGET_WORDS = frozenset(
    [
        *("target", "targets", "label", "labels", "truth", "true", "gold", "actual", "gt", "groundtruth"),
        *("annotation", "annotated", "outcome", "obs", "observed", "answer", "class"),
    ]
)
_TARGET_PHRASE = re.compile(r"(?:^|_)y_(?:true|test|val|valid|actual)(?:_|$)")

_KEYS = frozenset(
    [
        *("id", "ids", "uid", "uuid", "guid", "index", "idx", "key", "row", "rowid", "row_number", "rownum"),
        *("row_names", "rownames", "sampleid", "imageid", "passengerid", "transactionid", "filename"),
        *("file", "path", "file_name", "filepath", "image_path", "url", "\u7f16\u53f7", "\u5e8f\u53f7"),
    ]
)
_KEY_WORDS = frozenset(["id", "ids", "uid", "uuid", "guid", "idx", "key"])
_INDEX = re.compile(r"Unnamed: 0(\.[0-9]+)*|__index_level_[0-9]+__|rownames|")
"""How pandas and R call row names that have no name of their own."""

_WEIGHTS = frozenset(["sample_weight", "sample_weights", "case_weight", "case_weights"])
_DOUBTFUL_WEIGHTS = frozenset(["weight", "weights"])

_RECORDS = frozenset(
    [
        *("fold", "folds", "kfold", "cv", "split", "subset", "partition", "epoch", "step", "iter"),
        *("iteration", "batch", "time", "timestamp", "date", "datetime", "seed", "model", "run", "stage"),
        *("variant", "experiment", "version", "rep", "repeat", "resample", "trial", "checkpoint"),
        *("duration", "latency", "correct", "incorrect", "wrong", "status"),
    ]
)
"""Words of how a row was made, or of what came of it."""

_STATISTICS = frozenset(
    [
        *("max", "min", "mean", "median", "std", "stderr", "sd", "stdev", "var", "variance", "sum", "se"),
        *("entropy", "margin", "argmax", "loss", "logloss", "nll", "rank", "percentile", "pctl", "quantile"),
        *("decile", "lower", "upper", "ci", "uncertainty", "threshold", "cutoff", "error", "residual"),
        *("bin", "bucket", "diff", "delta"),
    ]
)
"""Words of what tells of all classes together, or of how sure a number is."""

OF_ALL_CLASSES = frozenset(
    ["max", "min", "mean", "median", "std", "var", "sum", "entropy", "margin", "argmax", "avg", "total"]
)
"""Statistics that after an affix tell of all classes together more often than of one."""

_AVERAGES = frozenset(["mean", "median"])
"""Statistics that are a prediction where they are one of predictions: prob_mean."""

_CONFIDENT = frozenset(["confidence", "conf", "certainty"])
_MOST = frozenset(["max", "top", "best"])

VERSIONS = frozenset(
    [
        *("model", "variant", "fold", "folds", "kfold", "cv", "version", "run", "seed", "experiment"),
        *("trial", "checkpoint", "rep", "repeat", "resample"),
    ]
)
"""Those of them that say which of several predictions of one thing a row is."""

_FEATURES = frozenset(
    [
        *("age", "sex", "gender", "income", "salary", "price", "amount", "height", "width", "length", "size"),
        *("area", "count", "year", "month", "day", "hour", "lat", "lon", "latitude", "longitude", "feature"),
        *("temperature", "bmi", "tenure", "balance", "fare", "duration", "distance", "speed", "volume"),
        *("education", "region", "city", "country", "zip", "sepal", "petal", "feat", "features"),
    ]
)
"""Words of what was measured of a row before anything was predicted."""

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[^\W\d_A-Za-z]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_HAT = re.compile("\\b([py])\u0302", re.IGNORECASE)
_OTHER_THAN_WORDS = re.compile(r"[\W_]+")


@record(frozen=True, slots=True)
class Named:
    """What a name says.

    Attributes:
        name: the whole of it.
        words: its words in lower case, with where each starts and ends.
        takes: what its word of prediction says that the values are: "probs", "logits", "log-probs", or
            "scores" for words that say no more than prediction; "" where it has none.
        decided: whether it is a prediction of one class by its name.
        confident: whether it is how sure a prediction is.
        target: 3 for a whole name of targets, 2 for a word of them, 1 for "response", 0 for none.
        key: 3 for "id", 2 for the name of a key, 1 for a name that pandas or R gave the rows, 0 for none.
        weight: 2 for the name of a weight of rows, 1 where it may be a feature too, 0 for none.
        other: what else it says, in words, or "".

    """

    name: str
    words: tuple[tuple[str, int, int], ...]
    takes: str
    decided: bool
    confident: bool
    target: int
    key: int
    weight: int
    other: str

    @property
    def subject(self) -> frozenset[str]:
        """The words of what is predicted: churn of churn_proba."""
        words = frozenset(word for word, _, _ in self.words)
        return words - PREDICTING - CONNECTING - _FILLING - _DECIDED - OF_ALL_CLASSES - _GENERAL

    @property
    def predicts(self) -> bool:
        """Whether it has a word of prediction and none that says otherwise."""
        return bool(self.takes) and not self.decided and not self.confident and not self.other


def named(name: str) -> Named:
    """What the words of a name say; nothing is known of its values here."""
    plain_name = name if name.isascii() else _without_accents(name)
    found_words = ((found[0].lower(), *found.span()) for found in _WORD.finditer(plain_name))
    words = _shared(tuple(found_words))
    plain = [word for word, _, _ in words]
    spelled = plain_name if name.isascii() else _without_accents(_with_hats(name))
    whole = _OTHER_THAN_WORDS.sub("_", _CAMEL.sub("_", spelled)).strip("_").lower()
    takes = _takes(plain, whole)
    confident = not _CONFIDENT.isdisjoint(plain) or bool(takes and not _MOST.isdisjoint(plain))
    decided = bool(takes) and any(word in _DECIDED for word in plain) and _only_decided(plain, whole)
    decided = decided or whole.startswith("most_likely")
    key = _key(plain, whole, name)
    return Named(
        name,
        words,
        takes,
        decided or (bool(takes) and bool(plain) and plain[-1] in _KEY_WORDS),
        confident,
        3 if name == "_FROM_" else 0 if takes or confident else _target(plain, whole),  # PROC LOGISTIC
        0 if takes else key,
        _weight(whole),
        _other(plain, takes),
    )


def tells_versions_apart(name: str) -> bool:
    """Whether a column may say which of several predictions of one thing a row is: model, variant, fold."""
    found = named(name)
    return not found.takes and any(word in VERSIONS for word, _, _ in found.words)


def _with_hats(name: str) -> str:
    """The name with the hats of estimates in words, as they are written in Julia: y_hat, p_hat."""
    return _HAT.sub(r"\1_hat", unicodedata.normalize("NFD", name))


def _without_accents(name: str) -> str:
    """The name with plain letters in place of those with accents, as long as before."""
    bases = (unicodedata.normalize("NFD", char)[0] for char in name)
    return "".join(
        base if base.isascii() and base.isalpha() else char for base, char in zip(bases, name, strict=True)
    )


@lru_cache(1 << 10)
def _shared(words: tuple[tuple[str, int, int], ...]) -> tuple[tuple[str, int, int], ...]:
    """The same words as one object: many columns are named alike."""
    return words


def _takes(plain: list[str], whole: str) -> str:
    if "decision_function" in whole:
        return "logits"
    if whole.startswith("most_likely"):  # JMP's decision
        return "scores"
    if whole in ("y_hat", "p_hat"):
        return "scores" if whole == "y_hat" else "probs"
    if whole.startswith("p_value") or whole == "pvalue":
        return ""
    found = [word for word in plain if word in PREDICTING and (word != "p" or word in (plain[0], plain[-1]))]
    if not found:
        return ""
    if any(word in LOG for word in found) or ("log" in plain and any(word in PROBABILITY for word in found)):
        return "log-probs"
    for words, takes in ((LOGIT, "logits"), (PROBABILITY, "probs")):
        if any(word in words for word in found):
            return takes
    return "scores"


def _only_decided(plain: list[str], whole: str) -> bool:
    """Whether nothing but words of predictions and decisions is left, and no number counts a class."""
    return all(word in PREDICTING | _DECIDED | _FILLING for word in plain) and not re.search(r"[0-9]", whole)


def _target(plain: list[str], whole: str) -> int:
    if whole in _TARGETS:
        return 3
    if _TARGET_PHRASE.search(whole) or not _TARGET_WORDS.isdisjoint(plain):
        return 2
    return int(whole == "response")


def _key(plain: list[str], whole: str, name: str) -> int:
    if whole == "id":
        return 3
    if _INDEX.fullmatch(name):
        return 1
    if whole in _TARGETS:
        return 0
    ends = bool(plain) and (plain[-1] in _KEY_WORDS or plain in (["row", "index"], ["row", "name"]))
    return 2 if whole in _KEYS or (ends and not re.search(r"[0-9]$", whole)) else 0


def _weight(whole: str) -> int:
    return 2 if whole in _WEIGHTS else int(whole in _DOUBTFUL_WEIGHTS)


def _other(plain: list[str], takes: str) -> str:
    statistics = _STATISTICS - (_AVERAGES | _MOST if takes else frozenset())
    for words, what in ((statistics, "a statistic"), (_RECORDS, "a record of how the row was made")):
        word = next((word for word in plain if word in words), "")
        if word and (not takes or words is statistics):
            return f"{word} is {what}"
    if not takes and (word := next((word for word in plain if word in _FEATURES), "")):
        return f"{word} is a feature"
    return ""
