"""What the words in a column's name say of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from celoss_cli.core.records import record

__all__ = [
    "CONNECTING",
    "INPUT_KEYS",
    "OF_ALL_CLASSES",
    "PAIRS",
    "PREDICTING",
    "VERSIONS",
    "Named",
    "named",
    "tells_versions_apart",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PROBABILITY = _words("""
    p prob probs proba probas probability probabilities softmax sigmoid phat propensity wahrscheinlichkeit
    probabilite probabilidad probabilidade probabilita kans \u6982\u7387 \u78ba\u7387
""")
"""The last ones are German, French, Spanish, Portuguese, Italian, Dutch, Chinese and Japanese."""

LOGIT = _words("logit logits raw")
LOG = _words("logprob logprobs logproba logprobability logprobabilities logp")
SCORE = _words("""
    score scores pred preds prediction predictions predicted predict yhat output outputs oof scored
""")
PREDICTING = PROBABILITY | LOGIT | LOG | SCORE
"""Words of what a model gives."""

CONNECTING = _words("class cls label of for formula val value values")
"""Words that go with those, and are no names of classes then: Probability:Class=0, prob_of_cat."""

_DECIDED = _words("""
    class classes cls label labels idx index id ids name names category decision outcome answer target
""")
"""Beside a word of prediction, these say that it is a decision for one class."""

_GENERAL = _words("""
    positive pos true yes hat log test val valid train model raw calibrated no neg negative false
""")
"""Words beside those of prediction that name no thing."""

_FILLING = _words("final y is hard the")
_OF_DECISIONS = PREDICTING | _DECIDED | _FILLING

_TARGETS = _words("""
    target targets label labels y y_true ytrue y_test y_val y_valid y_actual truth true true_label
    true_labels true_class true_value true_y ground_truth groundtruth gt gt_label gold gold_label
    gold_labels actual actuals actual_class actual_label class class_label class_id outcome obs observed
    answer annotation label_id label_ids label_name target_class target_label target_id target_name
    correct_label correct_class klasse zielklasse zielwert classe cible clase objetivo alvo \u6807\u7b7e
    \u771f\u5b9e\u6807\u7b7e \u771f\u5b9e\u503c \u30e9\u30d9\u30eb
""")
"""Whole names of targets."""

_TARGET_WORDS = _words("""
    target targets label labels truth true gold actual gt groundtruth annotation annotated outcome obs
    observed answer class
""")
_TARGET_PHRASE = re.compile(r"(?:^|_)y_(?:true|test|val|valid|actual)(?:_|$)")

_KEYS = _words("""
    id ids uid uuid guid index idx key row rowid row_number rownum row_names rownames sampleid imageid
    passengerid transactionid filename file path file_name filepath image_path url \u7f16\u53f7
    \u5e8f\u53f7
""")
_KEY_WORDS = _words("id ids uid uuid guid idx key")
_INDEX = re.compile(r"Unnamed: 0(\.[0-9]+)*|__index_level_[0-9]+__|rownames|")
"""How pandas and R call row names that have no name of their own."""

_WEIGHTS = _words("sample_weight sample_weights case_weight case_weights")
_DOUBTFUL_WEIGHTS = _words("weight weights")

_RECORDS = _words("""
    fold folds kfold cv split subset partition epoch step iter iteration batch time timestamp date datetime
    seed model run stage variant experiment version rep repeat resample trial checkpoint duration latency
    correct incorrect wrong status
""")
"""Words of how a row was made, or of what came of it."""

_STATISTICS = _words("""
    max min mean median std stderr sd stdev var variance sum se entropy margin argmax loss logloss nll rank
    percentile pctl quantile decile lower upper ci uncertainty threshold cutoff error residual bin bucket
    diff delta
""")
"""Words of what tells of all classes together, or of how sure a number is."""

OF_ALL_CLASSES = _words("max min mean median std var sum entropy margin argmax avg total")
"""Statistics that after an affix tell of all classes together more often than of one."""

_AVERAGES = _words("mean median")
"""Statistics that are a prediction where they are one of predictions: prob_mean."""

_CONFIDENT = _words("confidence conf certainty")
_MOST = _words("max top best")

INPUT_KEYS = ("logits", "log_probs", "probs", "probabilities", "scores", "predictions", "input", "inputs")
"""What the input of a loss is called where it is one array, or a column of lists."""

VERSIONS = _words("""
    model variant fold folds kfold cv version run seed experiment trial checkpoint rep repeat resample
""")
"""Those of them that say which of several predictions of one thing a row is."""

_FEATURES = _words("""
    age sex gender income salary price amount height width length size area count year month day hour lat
    lon latitude longitude feature temperature bmi tenure balance fare duration distance speed volume
    education region city country zip sepal petal feat features
""")
"""Words of what was measured of a row before anything was predicted."""

PAIRS = (
    ("1", "0"),
    ("1", "-1"),
    ("true", "false"),
    ("yes", "no"),
    ("pos", "neg"),
    ("positive", "negative"),
    ("t", "f"),
    ("y", "n"),
)
"""The positive answer and the negative one, where everybody means the same by them; in lower case."""

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[^\W\d_A-Za-z]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_HAT = re.compile("\\b([py])\u0302", re.IGNORECASE)
_OTHER_THAN_WORDS = re.compile(r"[\W_]+")
_AFTER_WORD = re.compile(r"-?(?:[_.:=([ \"']|-(?![0-9]))*")
_BEFORE_WORD = re.compile(r"[_.:=\-([ ]*$")
_CLOSING = {"(": ")", "[": "]", '"': '"', "'": "'"}
_MOST_MARKS = 8
"""So many marks between a word and the name of a class may be of that name."""
_ONE_DIGIT = str.maketrans("23456789", "11111111")


@record(frozen=True, slots=True)
class Named:
    """What a name says; one object for all names that differ in digits only.

    Attributes:
        words: its words in lower case, with where each starts and ends.
        takes: what its word of prediction says that the values are: "probs", "logits", "log-probs", or
            "scores" for words that say no more than prediction; "" where it has none.
        decided: whether it is a prediction of one class by its name.
        confident: whether it is how sure a prediction is.
        target: 3 for a whole name of targets, 2 for a word of them, 1 for "response", 0 for none.
        key: 3 for "id", 2 for the name of a key, 1 for a name that pandas or R gave the rows, 0 for none.
        weight: 2 for the name of a weight of rows, 1 where it may be a feature too, 0 for none.
        other: what else it says, in words, or "".
        cuts: where the name of a class may start and end in it, beside words of prediction: the class behind
            as many of these words and marks as can be, behind fewer, and before all of them.

    """

    words: tuple[tuple[str, int, int], ...]
    takes: str
    decided: bool
    confident: bool
    target: int
    key: int
    weight: int
    other: str
    cuts: tuple[tuple[int, int], ...]

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
    return _said(name.translate(_ONE_DIGIT))


@lru_cache(1 << 12)
def _said(name: str) -> Named:
    """What a name says in which all digits but 0 are 1: which one it is says nothing."""
    plain_name = name if name.isascii() else _without_accents(name)
    words = tuple((found[0].lower(), *found.span()) for found in _WORD.finditer(plain_name))
    plain = [word for word, _, _ in words]
    spelled = plain_name if name.isascii() else _without_accents(_with_hats(name))
    whole = _OTHER_THAN_WORDS.sub("_", _CAMEL.sub("_", spelled)).strip("_").lower()
    takes = _takes(plain, whole)
    confident = not _CONFIDENT.isdisjoint(plain) or bool(takes and not _MOST.isdisjoint(plain))
    ends_as_key = bool(plain) and plain[-1] in _KEY_WORDS
    decided = bool(takes) and (ends_as_key or _is_decided(plain, whole))
    return Named(
        words,
        takes,
        decided or whole.startswith("most_likely"),
        confident,
        3 if name == "_FROM_" else 0 if takes or confident else _target(plain, whole),  # PROC LOGISTIC
        0 if takes else _key(plain, whole, name),
        2 if whole in _WEIGHTS else int(whole in _DOUBTFUL_WEIGHTS),
        _other(plain, takes),
        tuple(_cuts(name, words)),
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


def _is_decided(plain: list[str], whole: str) -> bool:
    """Whether there is a word of decisions, none but of these and predictions, and no number of a class."""
    words = {*plain}
    return not _DECIDED.isdisjoint(words) and words <= _OF_DECISIONS and not re.search(r"[0-9]", whole)


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


def _other(plain: list[str], takes: str) -> str:
    statistics = _STATISTICS - (_AVERAGES | _MOST if takes else frozenset())
    for words, what in ((statistics, "a statistic"), (_RECORDS, "a record of how the row was made")):
        word = next((word for word in plain if word in words), "")
        if word and (not takes or words is statistics):
            return f"{word} is {what}"
    if not takes and (word := next((word for word in plain if word in _FEATURES), "")):
        return f"{word} is a feature"
    return ""


# ------------------------------------------------------------------------------- the name of a class


def _cuts(name: str, words: tuple[tuple[str, int, int], ...]) -> Iterator[tuple[int, int]]:
    """Where the name of a class is, behind the first words of prediction that stand together, or before."""
    at = [i for i, (word, _, _) in enumerate(words) if word in PREDICTING and _counts(words, i)]
    if not at:
        return
    first = last = at[0]
    while last + 1 < len(words) and words[last + 1][0] in PREDICTING | CONNECTING:
        last += 1
    for _, _, end in reversed(words[first : last + 1]):
        for start in starts(name, end):
            yield start, len(name) - len(closing(name[:start], name[start:]))
    for end in ends(name, words[first][1]):
        yield 0, end


def _counts(words: tuple[tuple[str, int, int], ...], at: int) -> bool:
    """Whether a word is one of prediction where it stands: a single p only at either end."""
    return words[at][0] != "p" or at in (0, len(words) - 1)


def closing(before: str, label: str) -> str:
    """What closes behind a label what was opened before it."""
    found = next((_CLOSING[mark] for mark in reversed(before) if mark in _CLOSING), "")
    return found if len(label) > len(found) and label.endswith(found) else ""


def starts(name: str, end: int) -> Iterator[int]:
    """Where the name of a class may start behind a word that ends there, behind the most marks first.

    A mark behind the first one may be of the name: - of logit_-, (a) of logit_(a). The only one may be all.
    """
    most = _AFTER_WORD.match(name, end).end()  # type: ignore[union-attr]
    least = min(end + 1, most) if most - end != 1 or most < len(name) else end
    yield from (at for at in range(most, max(least, most - _MOST_MARKS) - 1, -1) if at < len(name))


def ends(name: str, start: int) -> Iterator[int]:
    """Where the name of a class may end before a word that starts there, before the most marks first."""
    least = _BEFORE_WORD.search(name[:start]).start()  # type: ignore[union-attr]
    most = max(start - 1, least) if start - least != 1 or least > 0 else start
    yield from (at for at in range(least, min(most, least + _MOST_MARKS) + 1) if at > 0)
