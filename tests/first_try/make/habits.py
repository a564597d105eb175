"""Layouts of pipelines, services, JSON, columnar files and habits, written before any of them was tried."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from corpus import (
    CLASSES,
    DUMPS,
    LABELS,
    LOGIT_CLASSES,
    LOGITS,
    MARGINS,
    NAMES,
    POSITIVE,
    PROBS,
    SPECIES,
    bce,
    bce_logits,
    ce,
    ce_logits,
    dump,
    refused,
    right,
    table,
)
from safetensors.numpy import save_file
from shapes import BEST, EACH, THREE, TWO, P, T, three, two

EACH_ROW = range(len(P))
SHUFFLED = [3, 0, 5, 1, 4, 2]
"""Another order of the rows of PROBS."""


def make() -> None:
    """Writes the dumps and their cases."""
    pipelines()
    services()
    rows_of_json()
    keyed_by_name()
    columnar()
    arrays()
    tables_of_classes()
    tables_of_answers()
    headerless()
    pasted()
    several_models()
    no_predictions()


def _lines(rows: Iterable[object]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def _ranked(
    row: list[float], label: str, score: str, names: Iterable[str] = SPECIES
) -> list[dict[str, object]]:
    """The classes of a row with their scores, the best first, as pipelines write them."""
    pairs = sorted(zip(names, row, strict=True), key=lambda pair: -pair[1])
    return [{label: name, score: value} for name, value in pairs]


def pipelines() -> None:
    """Outputs of Hugging Face's pipeline, joined with the labels."""
    source = "layout by the documentation of Hugging Face: a text-classification pipeline with top_k=None"
    dump("pipe-all.json", json.dumps([_ranked(row, "label", "score") for row in P]))
    dump("pipe-all-labels.json", json.dumps(NAMES))
    right(
        "ce --input-is probs pipe-all.json --targets @pipe-all-labels.json",
        THREE,
        f"{source}, json.dump, labels apart",
    )
    numbered = ["LABEL_0", "LABEL_1", "LABEL_2"]
    dump("pipe-ids.json", json.dumps([_ranked(row, "label", "score", numbered) for row in P], indent=2))
    dump("pipe-ids-labels.json", json.dumps(CLASSES.tolist()))
    right(
        "ce --input-is probs pipe-ids.json --targets @pipe-ids-labels.json",
        THREE,
        f"{source}, a model without names of labels",
    )
    rows = [
        {"text": f"t {i}", "label": NAMES[i], "predictions": _ranked(P[i], "label", "score")}
        for i in EACH_ROW
    ]
    dump("pipe-rows.jsonl", _lines(rows))
    right("ce --input-is probs pipe-rows.jsonl", THREE, f"{source}, mapped over a dataset")
    best = [_ranked(row, "label", "score")[0] for row in P]
    dump("pipe-best.json", json.dumps(best))
    refused(
        "ce --input-is probs pipe-best.json --targets @pipe-all-labels.json",
        "the probability of the class predicted only, of three classes",
        [],
        "layout by the documentation of Hugging Face: a pipeline's best class, labels apart",
    )
    table_ = pa.table(
        {
            "text": [row["text"] for row in rows],
            "label": NAMES,
            "scores": [row["predictions"] for row in rows],
        }
    )
    pq.write_table(table_, DUMPS / "pipe.parquet")
    right(
        "ce --input-is probs pipe.parquet",
        THREE,
        f"{source}, a dataset by to_parquet: a list of structs in each row (pyarrow {pa.__version__})",
    )


def services() -> None:
    """Answers of services that classify."""
    rows = [{"File": "a.txt", "Line": str(i), "Classes": _ranked(P[i], "Name", "Score")} for i in EACH_ROW]
    dump("comprehend.jsonl", _lines(rows))
    dump("comprehend-truth.csv", table(["label", "text"], [[NAMES[i], f"t {i}"] for i in EACH_ROW]))
    right(
        "ce --input-is probs comprehend.jsonl --targets @comprehend-truth.csv",
        THREE,
        "layout by the documentation of Amazon Comprehend: predictions.jsonl of a custom classifier",
    )
    rows = [
        {
            "text": f"t {i}",
            "intent": {"name": BEST[i], "confidence": max(P[i])},
            "intent_ranking": _ranked(P[i], "name", "confidence"),
            "true_intent": NAMES[i],
        }
        for i in EACH_ROW
    ]
    dump("rasa.jsonl", _lines(rows))
    right(
        "ce --input-is probs rasa.jsonl",
        THREE,
        "layout by the documentation of Rasa: what the model parsed, and the true intent",
    )
    rows = [
        {
            "text": f"t {i}",
            "intent": NAMES[i],
            "intent_prediction": {"name": BEST[i], "confidence": max(P[i])},
        }
        for i in EACH_ROW
    ]
    dump("rasa-errors.json", json.dumps(rows, indent=2))
    refused(
        "ce --input-is probs rasa-errors.json",
        "a confidence of the intent predicted",
        [],
        "layout by the documentation of Rasa: intent_errors.json",
    )
    letters = [
        {"token": "ABC"[k], "logprob": float(np.log(row[k]))} for row in P for k in np.argsort(-np.array(row))
    ]
    rows = [
        {"custom_id": f"q-{i}", "answer": "ABC"[CLASSES[i]], "top_logprobs": letters[3 * i : 3 * i + 3]}
        for i in EACH_ROW
    ]
    dump("top-logprobs.jsonl", _lines(rows))
    right(
        "nll top-logprobs.jsonl",
        THREE,
        "layout by the documentation of OpenAI: top_logprobs of the first token, kept with the right letter",
    )


def rows_of_json() -> None:
    """JSON with more around the rows than rows."""
    shares = 1 / (1 + np.exp(-MARGINS))
    rows = [
        {
            "schema_version": 1,
            "index": i,
            "y_true": T[i],
            "logit": float(MARGINS[i]),
            "prob": float(shares[i]),
            "y_pred": int(MARGINS[i] > 0),
            "meta": {"subject": f"s{i}", "window": 3},
        }
        for i in range(7)
    ]
    dump("schema.jsonl", _lines(rows))
    source = "a public script's rows: schema_version, index, y_true, logit, prob, y_pred, meta"
    right("bce schema.jsonl", bce(shares, LABELS), source)
    right("bce-logits schema.jsonl", bce_logits(MARGINS, LABELS), source)
    rows = [{"id": i, "y_true": t, "y_prob": s} for i, (_, t, s, _) in enumerate(EACH)]
    dump("header-record.jsonl", _lines([{"run": "r-17", "model": "lgbm", "rows": 7}, *rows]))
    refused(
        "bce header-record.jsonl",
        "the first record is about the run",
        [TWO],
        "JSON Lines whose first record names the run",
    )
    run = {"model": "lgbm", "created": "2026-03-01", "metrics": {"auc": 0.83}, "results": rows}
    dump("around.json", json.dumps(run, indent=1))
    right("bce around.json", TWO, "a script that saves its rows beside the figures of the run")
    rows = [
        {"text": f"t {i}", "pred_cats": dict(zip(SPECIES, P[i], strict=True)), "cats": _cats(NAMES[i])}
        for i in EACH_ROW
    ]
    dump("spacy-gold.jsonl", _lines(rows))
    right(
        "ce --input-is probs spacy-gold.jsonl",
        THREE,
        "layout by the documentation of spaCy: cats, given and predicted",
    )
    rows = [
        {
            "pred_score": P[i],
            "pred_label": [int(np.argmax(P[i]))],
            "gt_label": [int(CLASSES[i])],
            "img_path": f"{i}.jpg",
        }
        for i in EACH_ROW
    ]
    dump("mmpretrain.json", json.dumps(rows))
    right(
        "ce --input-is probs mmpretrain.json",
        THREE,
        "layout by the documentation of MMPretrain: the fields of a DataSample",
    )
    rows = [
        {"logits": x, "probs": _softmax(x), "label": int(np.argmax(x)), "tokens": ["a", "b"]}
        for x in LOGITS.tolist()
    ]
    dump("allennlp.jsonl", _lines(rows))
    dump("allennlp-gold.txt", "".join(f"{y}\n" for y in LOGIT_CLASSES))
    right(
        "ce allennlp.jsonl --targets @allennlp-gold.txt",
        ce_logits(LOGITS, LOGIT_CLASSES),
        "layout by the documentation of AllenNLP: predict, whose label is the decision",
    )
    several = np.array([[1, 0, 1], [0, 0, 1], [1, 1, 0], [0, 1, 0], [0, 0, 0], [1, 0, 1]])
    rows = [{"id": i, "labels": several[i].tolist(), "probs": P[i]} for i in EACH_ROW]
    dump("several-labels.jsonl", _lines(rows))
    right("bce several-labels.jsonl", bce(PROBS, several), "PyTorch: several labels a row as lists")


def _cats(name: str) -> dict[str, float]:
    return {other: float(other == name) for other in SPECIES}


def _softmax(x: list[float]) -> list[float]:
    e = np.exp(np.array(x) - max(x))
    return (e / e.sum()).tolist()


def keyed_by_name() -> None:
    """JSON whose keys are the names of the rows or of the classes."""
    dump(
        "keyed.json",
        json.dumps({f"img{i}.png": {"label": t, "prob": s} for i, (_, t, s, _) in enumerate(EACH)}),
    )
    right("bce keyed.json", TWO, "a script that keeps each image's label and probability under its name")
    dump("keyed-probs.json", json.dumps({f"img{i}": P[i] for i in EACH_ROW}))
    dump("keyed-labels.json", json.dumps({f"img{i}": int(CLASSES[i]) for i in SHUFFLED}))
    right(
        "ce --input-is probs keyed-probs.json --targets @keyed-labels.json",
        THREE,
        "a script that keeps probabilities and labels under the names of images, in another order",
    )
    order = ["2", "0", "1"]
    rows = [{"label": int(CLASSES[i]), "probs": {k: P[i][int(k)] for k in order}} for i in EACH_ROW]
    dump("digit-keys.jsonl", _lines(rows))
    right("ce --input-is probs digit-keys.jsonl", THREE, "JSON of a dict with numbers as keys, in no order")


def columnar() -> None:
    """Parquet and Arrow with types of their own."""
    fixed = pa.FixedSizeListArray.from_arrays(pa.array(np.ravel(PROBS)), 3)
    embedding = pa.array([[0.1 * i, 0.2, -0.3] for i in EACH_ROW], pa.list_(pa.float32()))
    columns = {"embedding": embedding, "probs": fixed, "label": pa.array(CLASSES, pa.int8())}
    pq.write_table(pa.table(columns), DUMPS / "fixed-size.parquet")
    right(
        "ce --input-is probs fixed-size.parquet",
        THREE,
        f"pyarrow {pa.__version__}: a fixed_size_list, int8 labels",
    )
    columns["label"] = pa.array(NAMES).dictionary_encode()
    pq.write_table(pa.table(columns), DUMPS / "dictionary.parquet")
    refused(
        "ce --input-is probs dictionary.parquet",
        "the codes of a dictionary say nothing about the order of a list",
        [],
        f"pyarrow {pa.__version__}: a fixed_size_list, labels as a dictionary of texts",
    )
    frame = pl.DataFrame(
        {
            "id": [f"r{i}" for i in EACH_ROW],
            "prediction": [dict(zip(SPECIES, row, strict=True)) for row in P],
            "label": NAMES,
        }
    )
    frame.write_parquet(DUMPS / "struct.parquet")
    right(
        "ce --input-is probs struct.parquet",
        THREE,
        f"polars {pl.__version__}: a struct column of the classes",
    )
    stream = pa.table(
        {
            "idx": pa.array(range(5)),
            "label": pa.array(LOGIT_CLASSES),
            "logits": pa.array(LOGITS.tolist(), pa.list_(pa.float32())),
        }
    )
    with (
        pa.OSFile(str(DUMPS / "hf-disk.arrow"), "wb") as file,
        pa.ipc.new_stream(file, stream.schema) as writer,
    ):
        writer.write_table(stream)
    right(
        "ce hf-disk.arrow",
        ce_logits(LOGITS.astype(np.float32), LOGIT_CLASSES),
        f"Hugging Face datasets: save_to_disk writes Arrow's stream format (pyarrow {pa.__version__})",
    )


def arrays() -> None:
    """NPY, NPZ and safetensors."""
    tensors = {
        "embeddings": np.arange(40, dtype=np.float32).reshape(5, 8),
        "labels": LOGIT_CLASSES.astype(np.int64),
        "logits": LOGITS.astype(np.float16),
    }
    save_file(tensors, DUMPS / "eval.safetensors", metadata={"format": "pt"})
    right(
        "ce eval.safetensors",
        ce_logits(LOGITS.astype(np.float16), LOGIT_CLASSES),
        "safetensors: logits in half precision beside embeddings",
    )
    _npz("get-preds.npz", preds=PROBS.astype(np.float32), targs=CLASSES)
    right(
        "ce --input-is probs get-preds.npz",
        ce(PROBS.astype(np.float32), CLASSES),
        "layout by the documentation of fastai: preds and targs of get_preds",
    )
    np.save(DUMPS / "fortran.npy", np.asfortranarray(LOGITS.astype(">f4")))
    np.save(DUMPS / "fortran-y.npy", LOGIT_CLASSES.astype(">i2"))
    right(
        "ce fortran.npy fortran-y.npy",
        ce_logits(LOGITS.astype(np.float32), LOGIT_CLASSES),
        f"NumPy {np.__version__}: Fortran order and big-endian",
    )
    scores = (np.arange(2 * 3 * 2 * 4).reshape(2, 3, 2, 4) * 7 % 11 / 4).astype(np.float32)
    mask = np.array([[[0, 1, 2, 255], [1, 1, 0, 2]], [[2, 0, 255, 1], [0, 2, 2, 1]]], np.uint8)
    kept = mask != 255
    value = ce_logits(np.moveaxis(scores, 1, -1)[kept], mask[kept])
    _npz("segmentation.npz", pred=scores, mask=mask)
    right("ce segmentation.npz --ignore-index 255", value, "NumPy: savez(pred=, mask=) of a segmentation")
    refused(
        "ce segmentation.npz",
        "255 is no class; nothing says that it is ignored",
        [value],
        "the same, not said",
    )
    chance = (np.arange(16).reshape(2, 1, 2, 4) * 5 % 16 / 16 + 0.03).astype(np.float32)
    truth = np.arange(16).reshape(2, 2, 4) % 3 == 0
    _npz("binary-mask.npz", prob=chance, mask=truth)
    right(
        "bce binary-mask.npz",
        bce(chance[:, 0], truth),
        "NumPy: savez of a mask (N, H, W) of bool and its probability (N, 1, H, W)",
    )
    _npz("dropout.npz", probs=np.stack([PROBS] * 4), labels=CLASSES)
    refused(
        "ce --input-is probs dropout.npz",
        "four passes of Monte Carlo dropout, which celoss does not average",
        [],
        "NumPy: probabilities (T, N, C) of Monte Carlo dropout",
    )


def _npz(name: str, **members: np.ndarray) -> None:
    packed = io.BytesIO()
    np.savez(packed, **members)
    (DUMPS / name).write_bytes(packed.getvalue())


def tables_of_classes() -> None:
    """Tables with a column for each class."""
    grades = [[0.7, 0.15, 0.1, 0.04, 0.01], [0.05, 0.4, 0.35, 0.15, 0.05], [0.02, 0.08, 0.3, 0.5, 0.1]]
    truth, guess = [0, 2, 3], [0, 1, 3]
    header = ["image_path", "true_label", "pred_label", *(f"prob_KL{k}" for k in range(5))]
    rows = [[f"knee/{i}.png", truth[i], guess[i], *grades[i]] for i in range(3)]
    dump("knees.csv", table(header, rows))
    right(
        "ce --input-is probs knees.csv", ce(grades, truth), "a public script's header: prob_KL0 to prob_KL4"
    )
    kinds = ["Center", "Donut", "None"]
    three(
        "wafers.csv",
        ["sample_id", "original_index", "true_label", "pred_label", *(f"prob_{kind}" for kind in kinds)],
        [[i, 12345 + i, kinds[CLASSES[i]], kinds[int(np.argmax(P[i]))], *P[i]] for i in EACH_ROW],
        "a public document's header: a class of wafers that is named None",
    )
    status = ["C", "CL", "D"]
    dump(
        "cirrhosis.csv",
        table(["id", *(f"Status_{s}" for s in status)], [[7905 + i, *P[i]] for i in EACH_ROW]),
    )
    dump("cirrhosis-truth.csv", table(["id", "Status"], [[7905 + i, status[CLASSES[i]]] for i in SHUFFLED]))
    right(
        "ce --input-is probs cirrhosis.csv --targets @cirrhosis-truth.csv",
        THREE,
        "Kaggle: a submission of Status_C, Status_CL and Status_D, the truth in another order",
    )
    hot = [[int(CLASSES[i] == k) for k in (2, 0, 1)] for i in EACH_ROW]
    three(
        "one-hot-order.csv",
        [*(f"prob_{name}" for name in SPECIES), *(f"true_{SPECIES[k]}" for k in (2, 0, 1))],
        [[*P[i], *hot[i]] for i in EACH_ROW],
        "pandas: get_dummies beside probabilities, in another order",
    )
    far = [[round(-3 * (1 - p), 3) for p in row] for row in P]
    three(
        "matlab-ecoc.csv",
        [
            "TrueLabel",
            "PredictedLabel",
            *(f"NegLoss_{k}" for k in (1, 2, 3)),
            *(f"Posterior_{k}" for k in (1, 2, 3)),
        ],
        [[CLASSES[i] + 1, int(np.argmax(P[i])) + 1, *far[i], *P[i]] for i in EACH_ROW],
        "layout by the documentation of MATLAB: ClassificationECOC.predict by writetable",
    )
    dump(
        "nomreg.csv",
        table(
            ["species", "EST1_1", "EST2_1", "EST3_1", "PRE_1", "PCP_1", "ACP_1"],
            [
                [CLASSES[i] + 1, *P[i], int(np.argmax(P[i])) + 1, max(P[i]), P[i][CLASSES[i]]]
                for i in EACH_ROW
            ],
        ),
    )
    refused(
        "ce --input-is probs nomreg.csv",
        "PRE_1 is the category predicted, which its name says to those who know SPSS only",
        [THREE],
        "layout by the documentation of SPSS: NOMREG saves EST, PRE, PCP and ACP",
    )
    verdicts = ["entailment", "neutral", "contradiction"]
    dump(
        "nli.csv",
        table(
            [
                "premise",
                "hypothesis",
                "gold_label",
                "entail_probability",
                "neutral_probability",
                "contradiction_probability",
            ],
            [[f"p {i}", f"h {i}", verdicts[CLASSES[i]], *P[i]] for i in EACH_ROW],
        ),
    )
    refused(
        "ce --input-is probs nli.csv",
        "entail is another spelling of entailment, which must be said",
        [THREE],
        "a public script's header: entail_probability, neutral_probability, contradiction_probability",
    )
    cells = [f'"[{" ".join(map(str, row))}]"' for row in P]
    dump("numpy-cells.csv", table(["", "label", "probs"], [[i, CLASSES[i], cells[i]] for i in EACH_ROW]))
    right(
        "ce --input-is probs numpy-cells.csv",
        THREE,
        "pandas: a column of arrays, whose cells are NumPy's text",
    )
    cells = [f'"tensor([{", ".join(map(str, row))}])"' for row in LOGITS.tolist()]
    rows = [[f"tensor({y})", cell] for y, cell in zip(LOGIT_CLASSES, cells, strict=True)]
    dump("tensor-cells.csv", table(["target", "logits"], rows))
    right("ce tensor-cells.csv", ce_logits(LOGITS, LOGIT_CLASSES), "PyTorch: csv.writer of tensors")
    logs = np.log(PROBS).tolist()
    header = ["id", "label", *(f"logp_{name}" for name in SPECIES)]
    dump("logp.tsv", table(header, [[i, NAMES[i], *logs[i]] for i in EACH_ROW], "\t"))
    right("nll logp.tsv", THREE, "a script that writes log_softmax as logp_CLASS")


def tables_of_answers() -> None:
    """Tables with a probability of one answer."""
    two(
        "sas-em.csv",
        ["BAD", "LOAN", "F_BAD", "I_BAD", "P_BAD1", "P_BAD0", "_WARN_"],
        [[t, 1100 + 50 * i, t, d, s, n, ""] for i, (d, t, s, n) in enumerate(EACH)],
        "layout by the documentation of SAS Enterprise Miner: a binary target, P_BAD1 first",
    )
    two(
        "knockout.csv",
        ["sample", "true_label", "pred_label", "prob_KO"],
        [[f"m{i}", ("WT", "KO")[t], ("WT", "KO")[d], s] for i, (d, t, s, _) in enumerate(EACH)],
        "a public script's header: prob_KO, of KO and WT",
    )
    two(
        "cognitive.csv",
        ["Label", "Score_0", "Score_1", "TABULAR_MODEL"],
        [[t, n, s, "XGB"] for _, t, s, n in EACH],
        "a public document's header: Label, Score_0, Score_1, TABULAR_MODEL",
    )
    two(
        "record.csv",
        ["record_id", "ground_truth", "prediction", "risk_band", "calibrated_probability", "llm_called"],
        [[f"r{i}", t, d, "skip", s, bool(i % 2)] for i, (d, t, s, _) in enumerate(EACH)],
        "a public test's rows: a calibrated probability, a flag of the run",
    )
    two(
        "botnet.csv",
        ["ip", "gt_label", "pred_label", "risk_score", "out_mal_rate", "in_mal_rate", "degree_norm"],
        [[f"10.0.0.{i}", t, d, s, 0.1 * i, 0.25, 0.5] for i, (d, t, s, _) in enumerate(EACH)],
        "a public script's header: a risk score beside rates from 0 to 1",
    )
    two(
        "readers.csv",
        ["case", "label", "reader1", "reader2", "ai_score"],
        [[f"c{i}", t, 1 + i % 5, 5 - i % 5, s] for i, (_, t, s, _) in enumerate(EACH)],
        "a study of readers: their ratings from 1 to 5 beside a score",
    )
    two(
        "julia.csv",
        ["y", "\u0177", "p\u0302"],
        [[str(bool(t)).lower(), str(bool(d)).lower(), s] for d, t, s, _ in EACH],
        "Julia: CSV.write of y, \u0177 and p\u0302",
    )
    rows = [[2 * t - 1, z] for t, z in zip(T, MARGINS.tolist(), strict=True)]
    dump("svm.csv", table(["y", "decision_function"], rows))
    signs = 2 * LABELS - 1
    right(
        "soft-margin svm.csv",
        float(np.log1p(np.exp(-signs * MARGINS)).mean()),
        "scikit-learn: decision_function beside labels -1 and 1",
    )
    right("bce-logits svm.csv", bce_logits(MARGINS, LABELS), "the same, scored as logits")
    rows = [[f"L{i}", t, s, 0.45, 1200.5 + i] for i, (_, t, s, _) in enumerate(EACH)]
    dump("credit.csv", table(["loan_id", "default_flag", "PD", "LGD", "EAD"], rows))
    refused(
        "bce credit.csv",
        "PD is no word of predictions: LGD lies from 0 to 1 too",
        [TWO],
        "a table of credit risk: PD, LGD and EAD",
    )
    two(
        "list-of-one.csv",
        ["id", "label", "prediction"],
        [[i, t, f"[{s}]"] for i, (_, t, s, _) in enumerate(EACH)],
        "Keras: pandas of a sigmoid's output, whose cells are lists of one",
    )


def headerless() -> None:
    """Tables without a header, and a table with notes above it."""
    rows = [[t, 5.1 + i, 120 + 3 * i, s] for i, (_, t, s, _) in enumerate(EACH)]
    dump("transform.csv", table(None, rows))
    refused(
        "bce transform.csv",
        "nothing says that the first column is the label and the last the prediction",
        [TWO],
        "layout by the documentation of SageMaker: a batch transform joined with its input, no header",
    )
    rows = [[f"a/{i}.png", CLASSES[i], int(np.argmax(P[i])), *P[i]] for i in EACH_ROW]
    dump("open-set.csv", table(None, rows))
    refused(
        "ce --input-is probs open-set.csv",
        "two columns of whole numbers, the label and the decision",
        [THREE],
        "a public script's lines: path,true_label,predicted_label,score_0,score_1,...",
    )
    rows = [
        [f"{35 + i}.125", f"-{117 + i}.500", f"{8.5 - i:.3f}", t, d, s, n]
        for i, (d, t, n, s) in enumerate((d, t, n, s) for d, t, s, n in EACH)
    ]
    dump("seismic.txt", table(None, rows, " "))
    refused(
        "bce seismic.txt",
        "places of stations, the label, the decision and both probabilities without names",
        [],
        "a public script's lines: evlo evla ... true_label pred_label prob_0 prob_1",
    )
    text = table(["y_true", "y_prob"], [[t, s] for _, t, s, _ in EACH])
    dump("notes.csv", f"# run 17, lgbm\n# commit 3f2a\n{text}")
    refused(
        "bce notes.csv",
        "lines of notes are skipped by an option",
        [TWO],
        "a script that writes its run above the table",
    )


def pasted() -> None:
    """What a spreadsheet or a page gives."""
    rows = [[i, t, f"{100 * s:.1f}\u00a0%".replace(".", ",")] for i, (_, t, s, _) in enumerate(EACH)]
    dump("percent-fr.csv", "\ufeff" + table(["Dossier", "R\u00e9el", "Probabilit\u00e9"], rows, ";", "\r\n"))
    refused(
        "bce percent-fr.csv",
        "percents are read by an option",
        [TWO],
        "layout by the documentation of Excel in French: percents with a no-break space",
    )
    rows = [[NAMES[i], *(f"{100 * p:.1f}" for p in P[i])] for i in EACH_ROW]
    dump("hundred.csv", table(["species", *(f"{name} (%)" for name in SPECIES)], rows))
    refused(
        "ce --input-is probs hundred.csv",
        "numbers up to 100 are no probabilities",
        [],
        "a spreadsheet whose header has the sign of percent",
    )
    line = "+---+-----+-----+\n"
    body = "".join(f"|{i:3}|{t:5}|{s:5}|\n" for i, (_, t, s, _) in enumerate(EACH))
    dump("show.txt", f"{line}| id|label| prob|\n{line}{body}{line}")
    refused("bce show.txt", "a table drawn for reading", [], "layout by the documentation of Spark: show()")
    body = "".join(f"| {t} | {s} |\n" for _, t, s, _ in EACH)
    dump("page.txt", f"| y_true | y_prob |\n|--------|--------|\n{body}")
    refused("bce page.txt", "a table drawn for reading", [], "pandas: to_markdown")


def several_models() -> None:
    """Predictions of several models, passes or tasks in one file."""
    other = np.round(LOGITS * 0.5 + 0.25, 3)
    names = [f"{model}_logit_{k}" for model in ("resnet", "vit") for k in range(3)]
    rows = [[y, *a, *b] for y, a, b in zip(LOGIT_CLASSES, LOGITS.tolist(), other.tolist(), strict=True)]
    dump("ensemble.csv", table(["label", *names], rows))
    refused(
        "ce ensemble.csv",
        "two models side by side",
        [ce_logits(LOGITS, LOGIT_CLASSES), ce_logits(other, LOGIT_CLASSES)],
        "PyTorch: the logits of two models, pandas",
    )
    seeds = [POSITIVE, np.round(POSITIVE * 0.9, 4), np.round(POSITIVE * 0.8 + 0.1, 4)]
    rows = [[i, T[i], *(float(seed[i]) for seed in seeds)] for i in range(7)]
    dump("seeds.csv", table(["id", "target", "seed_0", "seed_1", "seed_2"], rows))
    refused(
        "bce seeds.csv",
        "one model by three seeds",
        [bce(seed, LABELS) for seed in seeds],
        "Kaggle: the same model by several seeds",
    )
    header = [
        "source",
        "galaxy_prob",
        "qso_prob",
        "star_prob",
        "nonhost_prob",
        "host_prob",
        "ground_truth",
        "prediction",
    ]
    rows = [[f"J{i}", 0.5, 0.3, 0.2, n, s, t, d] for i, (d, t, s, n) in enumerate(EACH)]
    dump("galaxies.csv", table(header, rows))
    refused(
        "bce galaxies.csv",
        "the probabilities of two models, of three classes and of two",
        [TWO],
        "a public script's rows: galaxy_prob, qso_prob, star_prob, nonhost_prob, host_prob",
    )


def no_predictions() -> None:
    """Tables that hold no predictions of the targets, or not of each row."""
    rows = [[bool(i % 3 == 0), s, t, d] for i, (d, t, s, _) in enumerate(EACH)]
    dump("cleanlab.csv", table(["is_label_issue", "label_quality", "given_label", "predicted_label"], rows))
    refused(
        "bce cleanlab.csv",
        "the quality of a label is the probability of the label given, whichever it is",
        [],
        "layout by the documentation of cleanlab: find_label_issues",
    )
    rows = [[i, round(0.1 * i + 0.02, 2), round(0.1 * i + 0.05, 2), 40 + i] for i in range(8)]
    dump("calibration.csv", table(["bin", "prob_true", "prob_pred", "count"], rows))
    refused("bce calibration.csv", "bins of rows", [], "scikit-learn: calibration_curve by pandas")
    rows = [[f"q{i // 3}", f"d{i}", (3, 0, 1, 2, 0, 0, 4)[i], z] for i, z in enumerate(MARGINS.tolist())]
    dump("ranking.tsv", table(["qid", "docid", "relevance", "score"], rows, "\t"))
    refused("bce-logits ranking.tsv", "grades of relevance from 0 to 4", [], "a ranking: grades and scores")
    rows = [
        ["E0", f"0{i + 1}/08/25", "A", "B", *goals, mark, 2.1, 3.4, 3.6]
        for i, (goals, mark) in enumerate(_games())
    ]
    dump(
        "football-data.csv",
        table(
            ["Div", "Date", "HomeTeam", "AwayTeam", "FTHG", "FTAG", "FTR", "B365H", "B365D", "B365A"], rows
        ),
    )
    refused(
        "ce --input-is probs football-data.csv",
        "odds are no probabilities",
        [],
        "a public table of football: goals, the result and a bookmaker's odds",
    )
    rows = [[i, d] for i, (d, _, _, _) in enumerate(EACH)]
    dump("predict-results.txt", table(["index", "prediction"], rows, "\t"))
    refused(
        "bce predict-results.txt",
        "decisions without truth",
        [],
        "layout by the documentation of Hugging Face: predict_results of run_glue",
    )
    rows = [[i, "ABC"[CLASSES[i]], " ".join("ABC"[k] for k in np.argsort(-PROBS[i]))] for i in EACH_ROW]
    dump("ranked-answers.csv", table(["id", "answer", "prediction"], rows))
    refused(
        "ce --input-is probs ranked-answers.csv",
        "the order of the answers without probabilities",
        [],
        "Kaggle: a submission of ranked answers beside the right ones",
    )
    rows = [[i, 3.5 + 0.5 * (i % 3), round(3.2 + 0.4 * i, 2)] for i in range(6)]
    dump("ratings.csv", table(["user_id", "rating", "predicted_rating"], rows))
    refused("bce ratings.csv", "a regression", [], "a recommender: ratings and those predicted")


def _games() -> list[tuple[tuple[int, int], str]]:
    return [((2, 0), "H"), ((1, 1), "D"), ((0, 3), "A"), ((1, 0), "H"), ((2, 2), "D")]
