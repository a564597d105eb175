"""Dumps of arrays: NumPy, PyTorch, Keras, Hugging Face, MLflow; and values as they are printed."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import numpy as np
import torch
from corpus import (
    CLASSES,
    DUMPS,
    LABELS,
    LOGIT_CLASSES,
    LOGITS,
    MARGINS,
    POSITIVE,
    PROBS,
    bce,
    bce_logits,
    ce,
    ce_logits,
    dump,
    refused,
    right,
    table,
)

NUMPY = f"NumPy {np.__version__}"
TORCH = f"PyTorch {torch.__version__.split('+')[0]}"


def numpy() -> None:
    value = ce(PROBS, CLASSES)
    np.savez(DUMPS / "np-known.npz", probs=PROBS, labels=CLASSES)
    right("ce --input-is probs np-known.npz", value, f"{NUMPY}, savez(probs=, labels=)")
    np.savez(DUMPS / "np-y.npz", y_true=CLASSES, y_prob=PROBS, y_pred=PROBS.argmax(axis=1))
    right("ce --input-is probs np-y.npz", value, f"{NUMPY}, savez(y_true=, y_prob=, y_pred=)")
    np.savez(DUMPS / "np-positional.npz", LOGITS, LOGIT_CLASSES)
    right(
        "ce np-positional.npz",
        ce_logits(LOGITS, LOGIT_CLASSES),
        f"{NUMPY}, savez(logits, y): arr_0 and arr_1",
    )
    np.savez_compressed(
        DUMPS / "np-unknown.npz", out=LOGITS.astype(np.float32), gt=LOGIT_CLASSES.astype(np.int32)
    )
    single = ce_logits(LOGITS.astype(np.float32), LOGIT_CLASSES)
    right("ce np-unknown.npz", single, f"{NUMPY}, savez_compressed(out=, gt=)")
    np.savez(DUMPS / "np-features.npz", X=np.arange(20.0).reshape(5, 4), logits=LOGITS, y=LOGIT_CLASSES)
    right("ce np-features.npz", ce_logits(LOGITS, LOGIT_CLASSES), f"{NUMPY}, savez(X=, logits=, y=)")
    np.save(DUMPS / "np-logits.npy", LOGITS)
    np.save(DUMPS / "np-column.npy", LOGIT_CLASSES[:, None])
    right(
        "ce np-logits.npy --targets @np-column.npy",
        ce_logits(LOGITS, LOGIT_CLASSES),
        f"{NUMPY}, labels of shape (N, 1)",
    )
    right(
        "ce np-logits.npy np-column.npy",
        ce_logits(LOGITS, LOGIT_CLASSES),
        f"{NUMPY}, two arrays, labels (N, 1)",
    )
    np.save(DUMPS / "np-onehot.npy", np.eye(3)[LOGIT_CLASSES])
    right(
        "ce np-logits.npy --targets @np-onehot.npy",
        ce_logits(LOGITS, LOGIT_CLASSES),
        f"{NUMPY}, one-hot labels",
    )
    np.save(DUMPS / "np-half.npy", LOGITS.astype(np.float16))
    half = ce_logits(LOGITS.astype(np.float16), LOGIT_CLASSES)
    right("ce np-half.npy np-column.npy", half, f"{NUMPY}, float16 logits")
    np.save(
        DUMPS / "np-names.npy", np.array([str(k) for k in LOGIT_CLASSES], dtype=object), allow_pickle=True
    )
    refused(
        "ce np-logits.npy --targets @np-names.npy",
        "a pickled array runs code",
        [],
        f"{NUMPY}, an object array",
    )
    np.savetxt(DUMPS / "np-blanks.txt", LOGITS)
    np.savetxt(DUMPS / "np-blanks-y.txt", LOGIT_CLASSES)
    right(
        "ce np-blanks.txt --targets @np-blanks-y.txt",
        ce_logits(LOGITS, LOGIT_CLASSES),
        f"{NUMPY}, savetxt by default: blanks, and labels as 1.000e+00",
    )
    np.save(DUMPS / "np-joined.npy", np.column_stack([PROBS, CLASSES]))
    refused(
        "ce --input-is probs np-joined.npy",
        "no targets: that the last column holds them is not said",
        [],
        f"{NUMPY}, column_stack([proba, y])",
    )
    np.save(DUMPS / "np-scores.npy", POSITIVE[:, None])
    np.save(DUMPS / "np-labels.npy", LABELS)
    right(
        "bce np-scores.npy np-labels.npy",
        bce(POSITIVE, LABELS),
        f"{NUMPY}, probabilities (N, 1), labels (N,)",
    )
    right(
        "bce np-scores.npy --targets @np-labels.npy",
        bce(POSITIVE, LABELS),
        f"{NUMPY}, the same with --targets",
    )


def torch_tensors() -> None:
    logits = torch.tensor(LOGITS, dtype=torch.float32)
    labels = torch.tensor(LOGIT_CLASSES)
    np.savez(DUMPS / "torch.npz", logits=logits.numpy(), targets=labels.numpy())
    single = ce_logits(logits.numpy(), LOGIT_CLASSES)
    right("ce torch.npz", single, f"{TORCH}, tensors by .numpy() and savez")
    torch.save({"logits": logits, "labels": labels}, DUMPS / "torch.pt")
    refused("ce torch.pt", "a .pt file runs code", [], f"{TORCH}, torch.save")
    printed, words = str(logits), str(labels)
    four = [[float(f"{v:.4f}") for v in row] for row in logits.tolist()]
    right(
        f'ce --logits "{printed}" --targets "{words}"',
        ce_logits(four, LOGIT_CLASSES),
        f"{TORCH}, print(tensor)",
    )
    right(
        f'ce --logits "{np.array2string(LOGITS)}" --targets "{LOGIT_CLASSES}"',
        ce_logits(LOGITS, LOGIT_CLASSES),
        f"{NUMPY}, print(array)",
    )
    right(
        f'ce --logits "{LOGITS!r}" --targets "{LOGIT_CLASSES!r}"',
        ce_logits(LOGITS, LOGIT_CLASSES),
        f"{NUMPY}, repr",
    )
    right(
        f"ce --logits '{json.dumps(LOGITS.tolist())}' --targets '{json.dumps(LOGIT_CLASSES.tolist())}'",
        ce_logits(LOGITS, LOGIT_CLASSES),
        f"{NUMPY}, tolist()",
    )
    rows = [
        {"epoch": 3, "step": k, "logits": LOGITS[k].tolist(), "label": int(LOGIT_CLASSES[k])}
        for k in range(5)
    ]
    dump("torch-log.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    right("ce torch-log.jsonl", ce_logits(LOGITS, LOGIT_CLASSES), f"{TORCH}, a loop that logs JSON Lines")
    dump("torch.json", json.dumps({"outputs": LOGITS.tolist(), "labels": LOGIT_CLASSES.tolist()}))
    right("ce torch.json", ce_logits(LOGITS, LOGIT_CLASSES), f"{TORCH}, json.dump(dict(outputs=, labels=))")
    dump("torch-rows.json", json.dumps(rows, indent=1))
    right("ce torch-rows.json", ce_logits(LOGITS, LOGIT_CLASSES), f"{TORCH}, json.dump of a list of rows")
    dump("torch-margins.csv", table(["logit", "target"], zip(MARGINS, LABELS.astype(float), strict=True)))
    right(
        "bce-logits torch-margins.csv",
        bce_logits(MARGINS, LABELS),
        f"{TORCH}, csv.writer of logits, float targets",
    )


def keras() -> None:
    os.environ["KERAS_BACKEND"] = "torch"
    import keras as k  # after the choice of its backend

    source = f"Keras {k.__version__}"
    k.utils.set_random_seed(3)
    x = np.linspace(-2, 2, 12).reshape(6, 2)
    model = k.Sequential([k.layers.Input((2,)), k.layers.Dense(3, activation="softmax")])
    p = model.predict(x, verbose=0)
    np.save(DUMPS / "keras.npy", p)
    np.save(DUMPS / "keras-y.npy", k.utils.to_categorical(CLASSES))
    right(
        "ce --input-is probs keras.npy --targets @keras-y.npy",
        ce(p, CLASSES),
        f"{source}, predict and to_categorical",
    )
    right("ce --input-is probs keras.npy keras-y.npy", ce(p, CLASSES), f"{source}, the same as two arguments")
    two = k.Sequential([k.layers.Input((2,)), k.layers.Dense(1, activation="sigmoid")])
    q = two.predict(x, verbose=0)
    np.savetxt(DUMPS / "keras-sigmoid.csv", q, delimiter=",")
    np.savetxt(DUMPS / "keras-sigmoid-y.csv", CLASSES > 0, fmt="%d")
    right(
        "bce keras-sigmoid.csv --targets @keras-sigmoid-y.csv",
        bce(q[:, 0], CLASSES > 0),
        f"{source}, a sigmoid's (N, 1) by savetxt",
    )


def hugging_face() -> None:
    import datasets
    import transformers as t

    t.utils.logging.set_verbosity_error()
    t.utils.logging.disable_progress_bar()
    source = f"Hugging Face transformers {t.__version__}"
    t.set_seed(1)
    shape = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    config = t.BertConfig(
        vocab_size=30, max_position_embeddings=16, num_labels=3, initializer_range=0.9, **shape
    )
    ids = torch.randint(2, 30, (7, 5)).tolist()
    y = [0, 1, 2, 2, 1, 0, 1]
    data = datasets.Dataset.from_dict({"input_ids": ids, "attention_mask": [[1] * 5] * 7, "labels": y})
    with tempfile.TemporaryDirectory() as folder:
        options = t.TrainingArguments(folder, report_to=[], use_cpu=True, disable_tqdm=True, seed=1)
        out = t.Trainer(t.BertForSequenceClassification(config), options).predict(data)
        tags = [[-100, 0, 1, 2, -100], [-100, 2, 2, 0, -100], [-100, 1, 0, 1, -100]]
        tokens = datasets.Dataset.from_dict(
            {"input_ids": ids[:3], "attention_mask": [[1] * 5] * 3, "labels": tags}
        )
        named = t.Trainer(t.BertForTokenClassification(config), options).predict(tokens)
    np.savez(DUMPS / "hf.npz", predictions=out.predictions, label_ids=out.label_ids)
    value = ce_logits(out.predictions, out.label_ids)
    right("ce hf.npz", value, f"{source}, Trainer.predict of sequences, savez")
    np.save(DUMPS / "hf-predictions.npy", out.predictions)
    np.save(DUMPS / "hf-label-ids.npy", out.label_ids)
    right("ce hf-predictions.npy hf-label-ids.npy", value, f"{source}, Trainer.predict, two arrays")
    kept = named.label_ids.reshape(-1) != -100
    np.savez(DUMPS / "hf-tokens.npz", predictions=named.predictions, label_ids=named.label_ids)
    right(
        "ce hf-tokens.npz --class-axis -1",
        ce_logits(named.predictions.reshape(-1, 3)[kept], named.label_ids.reshape(-1)[kept]),
        f"{source}, Trainer.predict of tokens, masked with -100",
    )
    right(
        "ce hf-tokens.npz",
        ce_logits(named.predictions.reshape(-1, 3)[kept], named.label_ids.reshape(-1)[kept]),
        f"{source}, Trainer.predict of tokens, the axis not said",
    )
    rows = datasets.Dataset.from_dict({"idx": list(range(7)), "label": y, "logits": out.predictions.tolist()})
    rows.to_json(str(DUMPS / "hf-dataset.jsonl"))
    written = [json.loads(line)["logits"] for line in (DUMPS / "hf-dataset.jsonl").read_text().splitlines()]
    right(
        "ce hf-dataset.jsonl",
        ce_logits(written, y),
        f"Hugging Face datasets {datasets.__version__}, to_json: lists in rows, ten digits",
    )
    rows.to_parquet(str(DUMPS / "hf-dataset.parquet"))
    right(
        "ce hf-dataset.parquet",
        value,
        f"Hugging Face datasets {datasets.__version__}, to_parquet, lists in rows",
    )
    rows.to_csv(str(DUMPS / "hf-dataset.csv"), index=False)
    lines = (DUMPS / "hf-dataset.csv").read_text().splitlines()[1:]
    printed = [[float(number) for number in line.split(",", 2)[2].strip('"[] ').split()] for line in lines]
    right(
        "ce hf-dataset.csv",
        ce_logits(printed, y),
        f"Hugging Face datasets {datasets.__version__}, to_csv",
    )


def mlflow() -> None:
    import mlflow as m
    import pandas as pd

    source = f"MLflow {m.__version__}"
    frame = pd.DataFrame({"target": LABELS, "prediction": (POSITIVE > 0.5).astype(int), "score": POSITIVE})
    served = json.dumps({"dataframe_split": json.loads(frame.to_json(orient="split"))})
    dump("mlflow-served.json", served)
    right(
        "bce mlflow-served.json",
        bce(POSITIVE, LABELS),
        f"{source}, a body of its scoring server (documentation)",
    )
    with tempfile.TemporaryDirectory() as folder:
        m.set_tracking_uri(f"sqlite:///{folder}/db.sqlite")
        experiment = m.create_experiment("first", artifact_location=Path(folder, "artifacts").as_uri())
        with m.start_run(experiment_id=experiment):
            m.log_table(data=frame, artifact_file="eval_results_table.json")
        written = next(Path(folder).rglob("eval_results_table.json")).read_bytes()
    dump("mlflow-table.json", written)
    right("bce mlflow-table.json", bce(POSITIVE, LABELS), f"{source}, log_table")


def make() -> None:
    numpy()
    torch_tensors()
    keras()
    hugging_face()
    mlflow()
