"""Writes the files of this folder, as the tools that people use write them. Needs scikit-learn and polars.

python make_dumps.py
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

HERE = Path(__file__).parent


def write_csv(name: str, head: list[str], rows: list[list[object]]) -> None:
    with open(HERE / name, "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([head, *rows])


# scikit-learn: arrays as NumPy saves them.
iris = load_iris()
names = [str(name) for name in iris.target_names]
seen, unseen, y_seen, y = train_test_split(iris.data, iris.target, test_size=0.4, random_state=1)
model = LogisticRegression(max_iter=500).fit(seen[:, :2], y_seen)
proba = model.predict_proba(unseen[:, :2])
np.save(HERE / "proba.npy", proba)
np.save(HERE / "log_proba.npy", model.predict_log_proba(unseen[:, :2]))
np.save(HERE / "y.npy", y)

# One table with everything: an id, a column for each class, the target by name, and where the row is from.
scores = model.decision_function(unseen[:, :2])
fields = ["north" if n % 3 else "south" for n in range(len(y))]
rows = [
    [f"flower{n:02}", *(round(float(score), 4) for score in scores[n]), names[y[n]], fields[n]]
    for n in range(len(y))
]
head = ["id", *(f"logit_{name}" for name in names), "species", "field"]
write_csv("iris.csv", head, rows)
pl.DataFrame(rows, schema=head, orient="row").write_parquet(HERE / "iris.parquet")

# Kaggle: probabilities in one file, the truth in another one and in another order.
is_setosa = [round(float(p), 6) for p in proba[:, 0]]
write_csv(
    "submission.csv", ["id", "is_setosa"], [[row[0], p] for row, p in zip(rows, is_setosa, strict=True)]
)
write_csv("truth.csv", ["id", "is_setosa"], [[rows[n][0], int(y[n] == 0)] for n in reversed(range(len(y)))])

# Hugging Face: what Trainer.predict answers for the tags of words, -100 where there is no word.
draw = np.random.default_rng(3)
tags = draw.integers(0, 4, (6, 8))
logits = draw.normal(size=(6, 8, 4)) + 2.5 * np.eye(4)[tags]
tags[:, 6:] = -100
np.savez(HERE / "predictions.npz", predictions=logits.astype(np.float32), label_ids=tags)

# Segmentation: images x classes x height x width, and labels without the axis of the classes; 255 is void.
labels = draw.integers(0, 3, (2, 4, 5))
pixels = (draw.normal(size=(2, 4, 5, 3)) + 2 * np.eye(3)[labels]).transpose(0, 3, 1, 2)
labels[:, 0, :2] = 255
np.save(HERE / "segmentation_logits.npy", pixels.astype(np.float32))
np.save(HERE / "segmentation_labels.npy", labels.astype(np.uint8))
