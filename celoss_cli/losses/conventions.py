"""How other tools clip, rescale and divide: a table of facts, no computation.

Every entry was read in the tool's own documentation or source, which ``source`` names. A loss takes the
facts; nothing outside of this table knows a tool by its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal

from celoss_cli.core.errors import UsageError
from celoss_cli.core.records import record
from celoss_cli.losses.spec import INPUT_KINDS

if TYPE_CHECKING:
    from celoss_cli.core.option import OptionValues

__all__ = ["CONVENTIONS", "Convention", "Denominator"]

Denominator = Literal["weights", "counted"]


@record(frozen=True, slots=True, kw_only=True)
class Convention:
    """What one tool does between the probabilities of a row and the number that it prints.

    Attributes:
        name: the value of ``--convention``.
        tool: the tool, and from which version on this holds.
        functions: what the tool calls the loss, by command; a command that is missing has none.
        clip: the least probability whose logarithm is taken, by dtype; empty where nothing is clipped.
        clips_above: whether probabilities are clipped to 1 - clip as well.
        clips_once: whether 1 - p is taken of the p that was clipped, instead of being clipped as p is: in
            float32, 1 - (1 - 1e-7) is 1.19e-7.
        added: what is added to each probability after it was clipped, before its logarithm is taken.
        clipped_costs: what a probability that was clipped costs, where it is not -log of the clip as it is
            computed here.
        rescales: whether each row is divided by its sum, before it is clipped.
        takes: the kinds of input that the tool has a formula for.
        clips_logits: whether logits become probabilities first, which are then clipped; False where
            the tool has a formula for logits that clips nothing.
        denominator: what the mean divides by: "weights" is the sum of the weights of the counted
            targets, "counted" their number, which weights do not enter.
        options: the options that it has, by command: weight, ignore_index, label_smoothing, and
            sample_weight and soft_targets for what the data may hold.
        exclusive: pairs of options that it does not have together.
        ignore_index: the target that is left out where nobody named one, or None.
        elsewhere: where a loss of the tool is found that is none of the command's, by command.
        source: where all this is written.

    """

    name: str
    tool: str
    functions: Mapping[str, str]
    source: str
    clip: Mapping[str, float] = field(default_factory=dict)
    clips_above: bool = False
    clips_once: bool = False
    added: float = 0.0
    clipped_costs: float | None = None
    rescales: bool = False
    takes: tuple[str, ...] = INPUT_KINDS
    clips_logits: bool = True
    denominator: Denominator = "weights"
    options: Mapping[str, frozenset[str]] = field(default_factory=dict)
    exclusive: tuple[tuple[str, str], ...] = ()
    ignore_index: int | None = None
    elsewhere: Mapping[str, str] = field(default_factory=dict)

    def has(self, command: str, option: str) -> bool:
        """Whether the tool's function for this command has an option."""
        return option in self.options.get(command, ())

    def clip_of(self, dtype: str, kind: str) -> float:
        """The least probability for input of this kind, 0 where nothing is clipped."""
        return 0.0 if kind == "logits" and not self.clips_logits else self.clip.get(dtype, 0.0)

    def refuse(self, command: str, kind: str, options: OptionValues) -> None:
        """Refuses what the tool does not have.

        Args:
            command: of the loss.
            kind: of the input.
            options: those in force, by name; None, False and a smoothing of 0 are not given.

        Raises:
            UsageError: with the first of them.

        """
        if command not in self.functions:
            raise UsageError(f"Expected no convention {self.name} with {command}, got it: there is none.")
        if kind not in self.takes:
            wanted = " or ".join(self.takes)
            raise UsageError(f"Expected input of {wanted} with convention {self.name}, got {kind}.")
        given = [name for name, value in options.items() if _is_given(name, value)]
        for option in given:
            self.refuse_option(command, option)
        for one, other in self.exclusive:
            if one in given and other in given:
                raise UsageError(
                    f"Expected {one} or {other} with convention {self.name}, got both.",
                    hint=f"{self.tool} has no loss with both",
                )

    def refuse_option(self, command: str, option: str) -> None:
        """Refuses an option that the tool does not have.

        Raises:
            UsageError: naming it.

        """
        if not self.has(command, option):
            raise UsageError(
                f"Expected no {_WORDS.get(option, option)} with convention {self.name}, got some.",
                hint=f"{self.functions[command]} of {self.tool} has none",
            )

    def changes(self, kind: str) -> bool:
        """Whether probabilities from input of this kind are rescaled or clipped at all."""
        return bool(self.clip or self.rescales) and (kind != "logits" or self.clips_logits)


_WORDS = {"sample_weight": "weights of rows", "soft_targets": "targets that are probabilities"}
"""How messages call an option that is none of the command line."""


def _is_given(name: str, value: Any) -> bool:
    """Whether an option is in force; a weight may be an array, an ignore_index of 0 is one."""
    return value is not None and not (name != "ignore_index" and isinstance(value, int | float) and not value)


def _everywhere(value: float) -> dict[str, float]:
    """The same clip in either precision."""
    return {"float64": value, "float32": value}


def _for(commands: str, *options: str) -> dict[str, frozenset[str]]:
    """The same options for several commands."""
    return dict.fromkeys(commands.split(), frozenset(options))


def _named(commands: str, name: str) -> dict[str, str]:
    """The same function for several commands."""
    return dict.fromkeys(commands.split(), name)


CONVENTIONS: dict[str, Convention] = {
    convention.name: convention
    for convention in (
        Convention(
            name="torch",
            tool="PyTorch 2.13",
            functions={
                "ce": "torch.nn.functional.cross_entropy",
                "nll": "torch.nn.functional.nll_loss",
                "bce": "torch.nn.functional.binary_cross_entropy",
            },
            options={
                **_for("ce", "weight", "ignore_index", "label_smoothing", "sample_weight", "soft_targets"),
                **_for("nll", "weight", "ignore_index", "sample_weight"),
                **_for("bce", "weight", "sample_weight", "soft_targets"),
            },
            ignore_index=-100,
            source="docs.pytorch.org: CrossEntropyLoss divides by the sum of the weights of the targets that "
            "are not ignored; BCELoss clamps its logarithms at -100 and divides by the number of elements",
        ),
        Convention(
            name="sklearn",
            tool="scikit-learn 1.9",
            functions=_named("ce nll bce", "sklearn.metrics.log_loss"),
            clip={"float64": 2.0**-52, "float32": 2.0**-23},
            clips_above=True,
            options=_for("ce nll bce", "sample_weight"),
            source="scikit-learn.org: log_loss clips y_proba to [eps, 1 - eps], eps the machine precision of "
            "its dtype (1e-15 before 1.2), warns where rows do not sum to 1, and averages with sample_weight",
        ),
        Convention(
            name="kaggle",
            tool="Kaggle",
            functions={**_named("ce nll", "Multi Class Log Loss"), "bce": "Log Loss"},
            clip=_everywhere(1e-15),
            clips_above=True,
            rescales=True,
            options=_for("ce nll bce"),
            source="kaggle.com/wiki/MultiClassLogLoss: each row is divided by its sum, p is replaced by "
            "max(min(p, 1 - 1e-15), 1e-15), the mean is over the N observations",
        ),
        Convention(
            name="keras",
            tool="Keras 3",
            functions={
                **_named("ce nll", "keras.losses.SparseCategoricalCrossentropy, CategoricalCrossentropy"),
                "bce": "keras.losses.BinaryCrossentropy",
            },
            clip=_everywhere(1e-7),
            clips_above=True,
            clips_once=True,
            rescales=True,
            clips_logits=False,
            denominator="counted",
            options={
                **_for("ce", "weight", "ignore_index", "label_smoothing", "sample_weight", "soft_targets"),
                **_for("nll", "weight", "ignore_index", "sample_weight"),
                **_for("bce", "sample_weight", "soft_targets"),
            },
            exclusive=(
                ("label_smoothing", "ignore_index"),
                ("label_smoothing", "weight"),
                ("soft_targets", "weight"),
                ("soft_targets", "ignore_index"),
            ),
            source="github.com/keras-team/keras: keras/src/backend/*/nn.py divides by the row's sum, clips "
            "to [epsilon, 1 - epsilon], epsilon 1e-7, unless from_logits; losses/loss.py, "
            "sum_over_batch_size, divides by the number of unmasked targets also with weights",
        ),
        Convention(
            name="tf-keras",
            tool="tf.keras 2.2 to 2.15",
            functions={"bce": "tf.keras.losses.BinaryCrossentropy"},
            clip=_everywhere(1e-7),
            clips_above=True,
            clips_once=True,
            added=1e-7,
            takes=("probs",),
            denominator="counted",
            options=_for("bce", "sample_weight", "soft_targets"),
            elsewhere=_named(
                "ce nll",
                "CategoricalCrossentropy of tf.keras is --convention keras; its sparse twin clips before it "
                "divides by the sum, which makes less than 1e-7 for each class where rows add up to 1",
            ),
            source="github.com/keras-team/keras, version 2.15: keras/backend.py, binary_crossentropy, not "
            "from_logits: clips to [epsilon, 1 - epsilon], epsilon 1e-7, and takes log(p + epsilon) and "
            "log(1 - p + epsilon); a traced function that ends in a sigmoid computes from its logits instead",
        ),
        Convention(
            name="xgboost",
            tool="XGBoost 1.7 and later",
            functions={**_named("ce nll", "mlogloss"), "bce": "logloss"},
            clip=_everywhere(1.0000000168623835e-16),
            options={**_for("ce nll", "sample_weight"), **_for("bce", "sample_weight", "soft_targets")},
            source="github.com/dmlc/xgboost: src/metric/multiclass_metric.cu and elementwise_metric.cu take "
            "log(max(p, 1e-16f)) in float32 and divide by the sum of the weights",
        ),
        Convention(
            name="lightgbm",
            tool="LightGBM 2 and later",
            functions={**_named("ce nll", "multi_logloss"), "bce": "binary_logloss"},
            clip=_everywhere(1.0000000036274937e-15),
            clipped_costs=34.53877639770508,
            options=_for("ce nll bce", "sample_weight"),
            source="github.com/microsoft/LightGBM: src/metric/multiclass_metric.hpp and binary_metric.hpp "
            "take log p above kEpsilon, 1e-15f, else the log of kEpsilon, which is a float32; they "
            "divide by the sum of the weights",
        ),
        Convention(
            name="catboost",
            tool="CatBoost",
            functions={"ce": "MultiClass"},
            takes=("logits",),
            options=_for("ce", "sample_weight"),
            elsewhere={
                "bce": "Logloss and CrossEntropy of CatBoost take raw values and clip nothing: bce-logits "
                "computes them",
                "nll": "MultiClass of CatBoost takes raw values: ce computes it",
            },
            source="github.com/catboost/catboost: catboost/libs/metrics/metric.cpp, TMultiClassMetric, takes "
            "the log of the softmax of the raw values, clips nothing and divides by the sum of the weights; "
            "so does TCrossEntropyMetric (Logloss, CrossEntropy) of one raw value f: log(1 + exp f) - t f is "
            "bce-logits without any convention",
        ),
        Convention(
            name="spark",
            tool="Apache Spark 3.0 and later",
            functions=_named("ce nll bce", "MulticlassMetrics.logLoss"),
            clip=_everywhere(1e-15),
            clips_above=True,
            options=_for("ce nll bce", "sample_weight"),
            source="spark.apache.org: MulticlassMetrics.logLoss clips p to [eps, 1 - eps], eps 1e-15, and "
            "divides by the sum of the weights",
        ),
        Convention(
            name="onnx",
            tool="ONNX opset 13",
            functions={"ce": "SoftmaxCrossEntropyLoss", "nll": "NegativeLogLikelihoodLoss"},
            takes=("logits", "log-probs"),
            options=_for("ce nll", "weight", "ignore_index"),
            source="onnx.ai: SoftmaxCrossEntropyLoss and NegativeLogLikelihoodLoss have no default "
            "ignore_index and no smoothing, and divide by the sum of the weights that were applied",
        ),
    )
}
