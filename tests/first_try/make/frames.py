"""Dumps that pandas and polars write."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
from corpus import (
    CLASSES,
    DUMPS,
    LABELS,
    LOGIT_CLASSES,
    LOGITS,
    NAMES,
    POSITIVE,
    PROBS,
    SPECIES,
    bce,
    ce,
    ce_logits,
    dump,
    refused,
    right,
)

PANDAS = f"pandas {pd.__version__}"
POLARS = f"polars {pl.__version__}"


def species() -> pd.DataFrame:
    """Columns named by the classes, with the label as text and the decision beside it."""
    frame = pd.DataFrame(PROBS, columns=list(SPECIES))
    frame["y_true"] = NAMES
    frame["y_pred"] = [SPECIES[k] for k in PROBS.argmax(axis=1)]
    return frame


def binary() -> pd.DataFrame:
    return pd.DataFrame({"y_true": LABELS, "y_pred": (POSITIVE > 0.5).astype(int), "y_prob": POSITIVE})


def pandas_csv() -> None:
    frame = species()
    value = ce(PROBS, CLASSES)
    frame.to_csv(DUMPS / "pd-index.csv")
    right("ce --input-is probs pd-index.csv", value, f"{PANDAS}, to_csv with its default index")
    frame.to_csv(DUMPS / "pd-plain.csv", index=False)
    right("ce --input-is probs pd-plain.csv", value, f"{PANDAS}, to_csv(index=False)")
    frame.to_csv(DUMPS / "pd-german.csv", index=False, sep=";", decimal=",")
    right("ce --input-is probs pd-german.csv", value, f"{PANDAS}, to_csv(sep=';', decimal=',')")
    frame.to_csv(DUMPS / "pd-tab.tsv", index=False, sep="\t")
    right("ce --input-is probs pd-tab.tsv", value, f"{PANDAS}, to_csv(sep='\\t') named .tsv")
    frame.to_csv(DUMPS / "pd-tab.csv", index=False, sep="\t")
    right("ce --input-is probs pd-tab.csv", value, f"{PANDAS}, to_csv(sep='\\t') named .csv")
    frame.to_csv(DUMPS / "pd-pipe.txt", index=False, sep="|")
    right("ce --input-is probs pd-pipe.txt", value, f"{PANDAS}, to_csv(sep='|')")
    frame.to_csv(DUMPS / "pd-quoted.csv", quoting=1, index_label="id")
    right("ce --input-is probs pd-quoted.csv", value, f"{PANDAS}, to_csv(quoting=csv.QUOTE_ALL)")
    frame.to_csv(DUMPS / "pd-gzip.csv.gz", index=False, compression={"method": "gzip", "mtime": 1})
    right("ce --input-is probs pd-gzip.csv.gz", value, f"{PANDAS}, to_csv to .gz")
    frame.to_csv(DUMPS / "pd-bom.csv", index=False, encoding="utf-8-sig", lineterminator="\r\n")
    right("ce --input-is probs pd-bom.csv", value, f"{PANDAS}, to_csv(encoding='utf-8-sig'), CRLF")
    frame.drop(columns="y_pred").to_csv(DUMPS / "pd-format.csv", index=False, float_format="%.2f")
    short = [[float(f"{p:.2f}") for p in row] for row in PROBS]
    right("ce --input-is probs pd-format.csv", ce(short, CLASSES), f"{PANDAS}, to_csv(float_format='%.2f')")

    plain = pd.DataFrame(PROBS).add_prefix("prob_")
    plain["label"] = CLASSES
    plain["pred"] = PROBS.argmax(axis=1)
    plain.to_csv(DUMPS / "pd-prefix.csv")
    right("ce --input-is probs pd-prefix.csv", value, f"{PANDAS}, add_prefix('prob_'), decision beside it")
    numbered = pd.DataFrame(PROBS)
    numbered["target"] = CLASSES
    numbered.to_csv(DUMPS / "pd-numbered.csv")
    right("ce --input-is probs pd-numbered.csv", value, f"{PANDAS}, DataFrame(proba) with columns 0, 1, 2")
    logits = pd.DataFrame(LOGITS, columns=[f"logit_{k}" for k in range(3)])
    logits.insert(0, "label", LOGIT_CLASSES)
    logits.insert(0, "path", [f"val/img_{k:03d}.png" for k in range(5)])
    logits.to_csv(DUMPS / "pd-logits.csv", index=False)
    right("ce pd-logits.csv", ce_logits(LOGITS, LOGIT_CLASSES), f"{PANDAS}, paths, labels and logits")

    two = bce(POSITIVE, LABELS)
    binary().to_csv(DUMPS / "pd-binary.csv", index=False)
    right("bce pd-binary.csv", two, f"{PANDAS}, y_true, y_pred and y_prob")
    binary().to_csv(DUMPS / "pd-binary-index.csv")
    right("bce pd-binary-index.csv", two, f"{PANDAS}, the same with its default index")
    pd.Series(POSITIVE, name="pred").to_frame().assign(label=LABELS).assign(age=[34, 51, 22, 47, 63, 19, 40])[
        ["age", "pred", "label"]
    ].to_csv(DUMPS / "pd-feature.csv", index=False)
    right("bce pd-feature.csv", two, f"{PANDAS}, a feature, the prediction and the label")
    stamped = binary().assign(date=pd.date_range("2024-03-01", periods=7), fold=[0, 1, 2, 0, 1, 2, 0])
    stamped.to_csv(DUMPS / "pd-dates.csv", index=False)
    right("bce pd-dates.csv", two, f"{PANDAS}, with dates and folds")
    booleans = binary().assign(y_true=LABELS.astype(bool)).drop(columns="y_pred")
    booleans.to_csv(DUMPS / "pd-bool.csv")
    right("bce pd-bool.csv", two, f"{PANDAS}, labels True and False")
    missing = binary().astype({"y_true": "float"})
    missing.loc[2, "y_prob"] = np.nan
    missing.to_csv(DUMPS / "pd-missing.csv", index=False)
    kept = np.arange(7) != 2
    refused(
        "bce pd-missing.csv",
        "a cell is empty: leaving the row out is for the reader to say",
        [bce(POSITIVE[kept], LABELS[kept])],
        f"{PANDAS}, a missing prediction",
    )
    (DUMPS / "pd-string.txt").write_text(binary().to_string() + "\n")
    right("bce pd-string.txt", two, f"{PANDAS}, print(frame) kept in a file")
    floats = pd.DataFrame({"target": LABELS.astype(float), "score": POSITIVE})
    floats.to_csv(DUMPS / "pd-float-labels.csv")
    right("bce pd-float-labels.csv", two, f"{PANDAS}, labels 1.0 and 0.0")
    nested = species()
    nested.columns = pd.MultiIndex.from_tuples([("p", c) for c in SPECIES] + [("y", "true"), ("y", "pred")])
    nested.to_csv(DUMPS / "pd-multiindex.csv")
    refused(
        "ce --input-is probs pd-multiindex.csv",
        "two lines of header: no reader knows which names the columns",
        [],
        f"{PANDAS}, columns of two levels",
    )


def pandas_json() -> None:
    frame = species()
    value = ce(PROBS, CLASSES)
    for orient in ("columns", "records", "split", "index", "table"):
        name = f"pd-{orient}.json"
        frame.to_json(DUMPS / name, orient=orient)
        right(f"ce --input-is probs {name}", value, f"{PANDAS}, to_json(orient='{orient}')")
    frame.to_json(DUMPS / "pd-lines.jsonl", orient="records", lines=True)
    right("ce --input-is probs pd-lines.jsonl", value, f"{PANDAS}, to_json(lines=True)")
    binary().to_json(DUMPS / "pd-binary.json")
    right("bce pd-binary.json", bce(POSITIVE, LABELS), f"{PANDAS}, to_json of y_true, y_pred and y_prob")
    pd.DataFrame(PROBS).to_json(DUMPS / "pd-values.json", orient="values")
    dump("pd-values-y.json", pd.Series(CLASSES).to_json(orient="values"))
    right(
        "ce --input-is probs pd-values.json --targets @pd-values-y.json",
        value,
        f"{PANDAS}, to_json(orient='values') of the probabilities and of the labels",
    )


def pandas_columnar() -> None:
    frame = species()
    value = ce(PROBS, CLASSES)
    frame.to_parquet(DUMPS / "pd.parquet", index=False)
    right("ce --input-is probs pd.parquet", value, f"{PANDAS}, to_parquet")
    binary().set_index(pd.Index([f"u{k}" for k in range(7)], name="user")).to_parquet(
        DUMPS / "pd-index.parquet"
    )
    right("bce pd-index.parquet", bce(POSITIVE, LABELS), f"{PANDAS}, to_parquet with an index of texts")
    frame.astype({"y_true": "category"}).to_feather(DUMPS / "pd-category.feather")
    right("ce --input-is probs pd-category.feather", value, f"{PANDAS}, to_feather with a category")
    listed = pd.DataFrame({"id": range(6), "probs": list(PROBS), "label": CLASSES})
    listed.to_parquet(DUMPS / "pd-list.parquet", index=False)
    right("ce --input-is probs pd-list.parquet", value, f"{PANDAS}, to_parquet with a list in each row")


def polars_files() -> None:
    value = ce(PROBS, CLASSES)
    frame = pl.DataFrame({f"p_{s}": PROBS[:, k] for k, s in enumerate(SPECIES)}).with_columns(
        species=pl.Series(NAMES)
    )
    frame.write_csv(DUMPS / "pl.csv")
    right("ce --input-is probs pl.csv", value, f"{POLARS}, write_csv")
    frame.write_csv(DUMPS / "pl-comma.csv", separator=";", decimal_comma=True, include_bom=True)
    right(
        "ce --input-is probs pl-comma.csv",
        value,
        f"{POLARS}, write_csv(decimal_comma=True, include_bom=True)",
    )
    frame.write_csv(DUMPS / "pl-quoted.csv", quote_style="always", line_terminator="\r\n")
    right("ce --input-is probs pl-quoted.csv", value, f"{POLARS}, write_csv(quote_style='always'), CRLF")
    frame.write_ndjson(DUMPS / "pl.ndjson")
    right("ce --input-is probs pl.ndjson", value, f"{POLARS}, write_ndjson")
    frame.write_json(DUMPS / "pl.json")
    right("ce --input-is probs pl.json", value, f"{POLARS}, write_json")
    frame.with_columns(pl.col("species").cast(pl.Categorical)).write_parquet(DUMPS / "pl.parquet")
    right("ce --input-is probs pl.parquet", value, f"{POLARS}, write_parquet with a Categorical")
    frame.with_columns(pl.col("species").cast(pl.Enum(list(SPECIES)))).write_ipc(DUMPS / "pl.arrow")
    right("ce --input-is probs pl.arrow", value, f"{POLARS}, write_ipc with an Enum")
    single = POSITIVE.astype(np.float32)
    scored = pl.DataFrame({"user_id": range(101, 108), "pred": single, "clicked": LABELS.astype(bool)})
    scored.write_csv(DUMPS / "pl-single.csv")
    written = [float(str(p)) for p in single]
    right("bce pl-single.csv", bce(written, LABELS), f"{POLARS}, write_csv of Float32, a Boolean label")
    scored.write_parquet(DUMPS / "pl-single.parquet")
    right(
        "bce pl-single.parquet", bce(single, LABELS), f"{POLARS}, write_parquet of Float32, a Boolean label"
    )
    rows = pl.DataFrame({"text": ["good film", "bad, slow", 'so "so"', "fine", "no"], "label": LOGIT_CLASSES})
    rows.with_columns(logits=pl.Series(LOGITS.tolist())).write_ndjson(DUMPS / "pl-lists.ndjson")
    right(
        "ce pl-lists.ndjson",
        ce_logits(LOGITS, LOGIT_CLASSES),
        f"{POLARS}, write_ndjson with a list in each row",
    )


def make() -> None:
    pandas_csv()
    pandas_json()
    pandas_columnar()
    polars_files()
