"""Dumps of models really trained: scikit-learn, XGBoost, LightGBM, CatBoost, FLAML, as people save them."""

from __future__ import annotations

import catboost
import flaml
import lightgbm
import numpy as np
import pandas as pd
import sklearn
import xgboost
from corpus import DUMPS, bce, bce_logits, ce, ce_logits, dump, nll, refused, right, table
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import SVC

SKLEARN = f"scikit-learn {sklearn.__version__}"
XGBOOST = f"XGBoost {xgboost.__version__}"
LIGHTGBM = f"LightGBM {lightgbm.__version__}"
CATBOOST = f"CatBoost {catboost.__version__}"
FLAML = f"FLAML {flaml.__version__}"

IRIS = load_iris(as_frame=True)
SHOWN = [5, 56, 70, 77, 106, 119, 133, 148]
"""The rows of iris that are scored, some of them close calls; the others train the models."""
TRAIN = np.setdiff1d(np.arange(150), SHOWN)
IRIS_X, IRIS_Y = IRIS.data.to_numpy(), IRIS.target.to_numpy()
SPECIES_OF = np.array(["setosa", "versicolor", "virginica"])[IRIS_Y]
Y = IRIS_Y[SHOWN]

TUMOURS = load_breast_cancer(as_frame=True)
TUMOUR_X = TUMOURS.data[["mean radius", "mean texture"]].to_numpy()
TUMOUR_Y = TUMOURS.target.to_numpy()
TUMOUR_SHOWN = [10, 13, 19, 38, 45, 73, 89, 102, 297, 313]
TUMOUR_TRAIN = np.setdiff1d(np.arange(len(TUMOUR_Y)), TUMOUR_SHOWN)
T = TUMOUR_Y[TUMOUR_SHOWN]


def scikit_learn() -> None:
    model = LogisticRegression(max_iter=500).fit(IRIS_X[TRAIN], SPECIES_OF[TRAIN])
    proba = model.predict_proba(IRIS_X[SHOWN])
    value = ce(proba, Y)
    frame = pd.DataFrame(proba, columns=model.classes_, index=SHOWN)
    frame.assign(true=SPECIES_OF[SHOWN]).to_csv(DUMPS / "sk-classes.csv")
    right("ce --input-is probs sk-classes.csv", value, f"{SKLEARN}, predict_proba under classes_, pandas")
    beside = IRIS.data.iloc[SHOWN].reset_index(drop=True)
    beside["species"] = SPECIES_OF[SHOWN]
    beside["prediction"] = model.predict(IRIS_X[SHOWN])
    for k, name in enumerate(model.classes_):
        beside[f"proba_{name}"] = proba[:, k]
    beside.to_csv(DUMPS / "sk-features.csv", index=False)
    right(
        "ce --input-is probs sk-features.csv",
        value,
        f"{SKLEARN}, features, species, prediction and probabilities",
    )
    frame.to_csv(DUMPS / "sk-apart.csv")
    pd.Series(SPECIES_OF[SHOWN], index=SHOWN, name="species").to_csv(DUMPS / "sk-apart-y.csv")
    right(
        "ce --input-is probs sk-apart.csv --targets @sk-apart-y.csv",
        value,
        f"{SKLEARN}, probabilities and labels as two files with pandas' index",
    )
    np.savetxt(DUMPS / "sk-savetxt.csv", np.column_stack([proba, Y]), delimiter=",")
    right(
        "ce --input-is probs sk-savetxt.csv",
        value,
        f"{SKLEARN}, savetxt(column_stack([proba, y]), delimiter=',')",
    )
    np.savetxt(DUMPS / "sk-savetxt.txt", np.column_stack([Y, proba]))
    right("ce --input-is probs sk-savetxt.txt", value, f"{SKLEARN}, savetxt(column_stack([y, proba]))")
    np.savetxt(
        DUMPS / "sk-hash.csv",
        np.column_stack([Y, proba]),
        delimiter=",",
        header="y_true,p0,p1,p2",
        fmt="%.8f",
    )
    eight = [[float(f"{p:.8f}") for p in row] for row in proba]
    right(
        "ce --input-is probs sk-hash.csv",
        ce(eight, Y),
        f"{SKLEARN}, savetxt(header=...), which begins with #",
    )
    logs = pd.DataFrame(model.predict_log_proba(IRIS_X[SHOWN]), columns=[f"log_prob_{k}" for k in range(3)])
    logs.insert(0, "y", Y)
    logs.to_csv(DUMPS / "sk-log.csv", index=False)
    right("nll sk-log.csv", nll(logs.to_numpy()[:, 1:], Y), f"{SKLEARN}, predict_log_proba")
    scores = model.decision_function(IRIS_X[SHOWN])
    pd.DataFrame(scores, columns=model.classes_).assign(label=SPECIES_OF[SHOWN]).to_csv(
        DUMPS / "sk-decision.csv"
    )
    right("ce sk-decision.csv", ce_logits(scores, Y), f"{SKLEARN}, decision_function under classes_")
    one_hot = pd.get_dummies(SPECIES_OF[SHOWN]).astype(int).add_prefix("true_")
    pd.concat([frame.reset_index(drop=True).add_prefix("pred_"), one_hot], axis=1).to_csv(
        DUMPS / "sk-onehot.csv"
    )
    right("ce --input-is probs sk-onehot.csv", value, f"{SKLEARN}, probabilities and one-hot columns, pandas")

    forest = RandomForestClassifier(n_estimators=10, random_state=0, n_jobs=1).fit(
        IRIS_X[TRAIN], IRIS_Y[TRAIN]
    )
    votes = forest.predict_proba(IRIS_X[SHOWN])
    votes = np.where(votes[np.arange(8), Y][:, None] == 0, 1 / 3, votes)
    pd.DataFrame(
        {"actual": Y, "predicted": votes.argmax(1), **{f"class_{k}": votes[:, k] for k in range(3)}}
    ).to_csv(DUMPS / "sk-forest.csv", index=False)
    right(
        "ce --input-is probs sk-forest.csv", ce(votes, Y), f"{SKLEARN}, a forest's votes with exact 0 and 1"
    )
    wine = load_wine()
    parts = np.arange(len(wine.target)) % 3
    folds = [(np.where(parts != k)[0], np.where(parts == k)[0]) for k in range(3)]
    oof = cross_val_predict(
        OneVsRestClassifier(LogisticRegression(C=0.01, solver="liblinear")),
        wine.data[:, :3],
        wine.target,
        cv=folds,
        method="predict_proba",
    )
    rows = np.arange(3, 178, 20)
    out = pd.DataFrame(oof[rows], columns=[f"oof_{k}" for k in range(3)])
    out.insert(0, "fold", parts[rows])
    out.insert(0, "id", rows)
    out["target"] = wine.target[rows]
    out.to_csv(DUMPS / "sk-oof.csv", index=False)
    right(
        "ce --input-is probs sk-oof.csv",
        ce(oof[rows], wine.target[rows]),
        f"{SKLEARN}, out-of-fold predictions",
    )


def scikit_learn_binary() -> None:
    model = LogisticRegression().fit(TUMOUR_X[TUMOUR_TRAIN], TUMOUR_Y[TUMOUR_TRAIN])
    x = TUMOUR_X[TUMOUR_SHOWN]
    p = model.predict_proba(x)
    value = bce(p[:, 1], T)
    pd.DataFrame({"y_test": T, "y_pred": model.predict(x), "y_pred_proba": p[:, 1]}).to_csv(
        DUMPS / "sk-binary.csv"
    )
    right("bce sk-binary.csv", value, f"{SKLEARN}, y_test, y_pred, y_pred_proba")
    pd.DataFrame(p).assign(y=T).to_csv(DUMPS / "sk-both.csv")
    right("bce sk-both.csv", value, f"{SKLEARN}, both columns of predict_proba, named 0 and 1, and y")
    frame = TUMOURS.data.iloc[TUMOUR_SHOWN][["mean radius", "mean texture"]].assign(
        target=T, probability=p[:, 1]
    )
    frame.to_csv(DUMPS / "sk-binary-features.csv")
    right("bce sk-binary-features.csv", value, f"{SKLEARN}, features, target and probability")
    words = np.array(["malignant", "benign"])
    pd.DataFrame(
        {"diagnosis": words[T], "predicted_diagnosis": words[model.predict(x)], "p_malignant": p[:, 0]}
    ).to_csv(DUMPS / "sk-malignant.csv", index=False)
    right(
        "bce sk-malignant.csv",
        bce(p[:, 0], 1 - T),
        f"{SKLEARN}, two texts, the column names the positive one",
    )
    pd.DataFrame({"diagnosis": words[T], "probability": p[:, 1]}).to_csv(
        DUMPS / "sk-two-texts.csv", index=False
    )
    refused(
        "bce sk-two-texts.csv",
        "nothing says which of the two texts is the positive one",
        [bce(p[:, 1], T), bce(p[:, 1], 1 - T)],
        f"{SKLEARN}, two texts and a probability",
    )
    np.savetxt(DUMPS / "sk-c.txt", np.c_[T, p[:, 1]], fmt=["%d", "%.6f"])
    six = [float(f"{v:.6f}") for v in p[:, 1]]
    right("bce sk-c.txt", bce(six, T), f"{SKLEARN}, savetxt(np.c_[y, p], fmt=['%d', '%.6f'])")
    margin = SVC(kernel="linear").fit(TUMOUR_X[TUMOUR_TRAIN], TUMOUR_Y[TUMOUR_TRAIN]).decision_function(x)
    pd.DataFrame({"decision_function": margin, "y_true": T}).to_csv(DUMPS / "sk-margin.csv", index=False)
    right("bce-logits sk-margin.csv", bce_logits(margin, T), f"{SKLEARN}, decision_function and y_true")
    several = pd.DataFrame({"y": T, "lr": p[:, 1]})
    forest = RandomForestClassifier(n_estimators=25, random_state=1).fit(
        TUMOUR_X[TUMOUR_TRAIN], TUMOUR_Y[TUMOUR_TRAIN]
    )
    several["rf"] = forest.predict_proba(x)[:, 1].clip(0.04, 0.96)
    several.to_csv(DUMPS / "sk-models.csv", index=False)
    refused(
        "bce sk-models.csv",
        "two models side by side",
        [value, bce(several["rf"], T)],
        f"{SKLEARN}, one column a model",
    )
    pd.DataFrame({"y_true": T, "y_pred": model.predict(x)}).to_csv(DUMPS / "sk-decisions.csv", index=False)
    refused(
        "bce sk-decisions.csv", "decisions only, no probabilities", [], f"{SKLEARN}, y_true and predict()"
    )
    line = LinearRegression().fit(IRIS_X[TRAIN, :3], IRIS_X[TRAIN, 3])
    pd.DataFrame({"y_true": IRIS_X[SHOWN, 3], "y_pred": line.predict(IRIS_X[SHOWN, :3])}).to_csv(
        DUMPS / "sk-regression.csv"
    )
    refused(
        "bce sk-regression.csv", "a regression: the targets are no labels", [], f"{SKLEARN}, a regression"
    )
    confidence = pd.DataFrame(
        {"true": words[T], "pred": words[model.predict(x)], "confidence": p.max(axis=1)}
    )
    confidence.to_csv(DUMPS / "sk-confidence.csv")
    benign = np.where(model.predict(x) == 1, p.max(axis=1), 1 - p.max(axis=1))
    refused(
        "bce sk-confidence.csv",
        "a confidence of the class predicted; two classes and the decision are known",
        [bce(benign, T)],
        f"{SKLEARN}, true, pred, confidence",
    )


def boosting() -> None:
    options = {"verbosity": 0, "max_depth": 2, "eta": 0.2, "nthread": 1}
    train = xgboost.DMatrix(IRIS_X[TRAIN], label=IRIS_Y[TRAIN])
    test = xgboost.DMatrix(IRIS_X[SHOWN])
    model = xgboost.train({**options, "objective": "multi:softprob", "num_class": 3}, train, 12)
    soft = model.predict(test)
    np.save(DUMPS / "xgb-softprob.npy", soft)
    np.save(DUMPS / "xgb-y.npy", Y)
    right(
        "ce --input-is probs xgb-softprob.npy --targets @xgb-y.npy",
        ce(soft, Y),
        f"{XGBOOST}, multi:softprob, np.save",
    )
    right(
        "ce --input-is probs xgb-softprob.npy xgb-y.npy",
        ce(soft, Y),
        f"{XGBOOST}, multi:softprob, two arrays",
    )
    pd.DataFrame(soft).assign(label=Y).to_csv(DUMPS / "xgb-softprob.csv", index=False)
    written = [[float(str(p)) for p in row] for row in soft]
    right(
        "ce --input-is probs xgb-softprob.csv",
        ce(written, Y),
        f"{XGBOOST}, multi:softprob, pandas of float32",
    )
    margins = model.predict(test, output_margin=True)
    np.savetxt(DUMPS / "xgb-margin.csv", margins, delimiter=",")
    np.savetxt(DUMPS / "xgb-y.csv", Y, fmt="%d")
    right(
        "ce xgb-margin.csv --targets @xgb-y.csv", ce_logits(margins, Y), f"{XGBOOST}, output_margin, savetxt"
    )
    two = xgboost.train(
        {**options, "objective": "binary:logistic"},
        xgboost.DMatrix(TUMOUR_X[TUMOUR_TRAIN], label=TUMOUR_Y[TUMOUR_TRAIN]),
        12,
    )
    shown = xgboost.DMatrix(TUMOUR_X[TUMOUR_SHOWN])
    raw, p = two.predict(shown, output_margin=True), two.predict(shown)
    pd.DataFrame({"label": T, "margin": raw}).to_csv(DUMPS / "xgb-binary-margin.csv", index=False)
    single = [float(str(v)) for v in raw]
    right("bce-logits xgb-binary-margin.csv", bce_logits(single, T), f"{XGBOOST}, binary, output_margin")
    pd.DataFrame({"label": T, "preds": p}).to_csv(DUMPS / "xgb-binary.csv", index=False)
    right("bce xgb-binary.csv", bce([float(str(v)) for v in p], T), f"{XGBOOST}, binary:logistic")
    dump("xgb-pred.txt", "".join(f"{v}\n" for v in p))
    dump("xgb-label.txt", "".join(f"{v}\n" for v in T))
    right(
        "bce xgb-pred.txt --targets @xgb-label.txt",
        bce(p, T),
        f"{XGBOOST}, one prediction a line, as its command line writes pred.txt",
    )

    light = lightgbm.train(
        {
            "objective": "multiclass",
            "num_class": 3,
            "verbose": -1,
            "num_leaves": 4,
            "num_threads": 1,
            "seed": 1,
        },
        lightgbm.Dataset(IRIS_X[TRAIN], label=IRIS_Y[TRAIN]),
        8,
    )
    p3 = light.predict(IRIS_X[SHOWN])
    names = [f"pred_{name}" for name in ("setosa", "versicolor", "virginica")]
    pd.DataFrame(p3, columns=names).assign(species=SPECIES_OF[SHOWN]).to_csv(DUMPS / "lgb-multi.csv")
    right("ce --input-is probs lgb-multi.csv", ce(p3, Y), f"{LIGHTGBM}, multiclass, pred_CLASS columns")
    raw3 = light.predict(IRIS_X[SHOWN], raw_score=True)
    np.savez(DUMPS / "lgb-raw.npz", raw_score=raw3, y=Y)
    right("ce lgb-raw.npz", ce_logits(raw3, Y), f"{LIGHTGBM}, raw_score, savez(raw_score=, y=)")
    dump("lgb-result.tsv", table(None, p3.tolist(), "\t"))
    right(
        "ce --input-is probs lgb-result.tsv --targets @xgb-y.csv",
        ce(p3, Y),
        f"{LIGHTGBM}, LightGBM_predict_result.txt of its command line (layout by documentation)",
    )


def cat_boost() -> None:
    quiet = {"verbose": False, "allow_writing_files": False, "depth": 2, "iterations": 12, "thread_count": 1}
    model = catboost.CatBoostClassifier(loss_function="MultiClass", **quiet).fit(
        IRIS_X[TRAIN], SPECIES_OF[TRAIN]
    )
    raw = model.predict(IRIS_X[SHOWN], prediction_type="RawFormulaVal")
    p = model.predict_proba(IRIS_X[SHOWN])
    labels = list(model.classes_)
    rows = [[k, *p[k].tolist(), SPECIES_OF[SHOWN][k]] for k in range(8)]
    header = ["SampleId", *[f"Probability:Class={name}" for name in labels], "Label"]
    dump("cat-eval.tsv", table(header, rows, "\t"))
    right(
        "ce --input-is probs cat-eval.tsv",
        ce(p, Y),
        f"{CATBOOST}, calc --output-columns SampleId,Probability,Label",
    )
    rows = [[k, *raw[k].tolist(), SPECIES_OF[SHOWN][k]] for k in range(8)]
    header = ["SampleId", *[f"RawFormulaVal:Class={name}" for name in labels], "Label"]
    dump("cat-raw.tsv", table(header, rows, "\t"))
    right("ce cat-raw.tsv", ce_logits(raw, Y), f"{CATBOOST}, eval file with RawFormulaVal:Class= and Label")
    rows = [
        [k, *raw[k].tolist(), *p[k].tolist(), labels[p[k].argmax()], SPECIES_OF[SHOWN][k]] for k in range(8)
    ]
    columns = [f"{kind}:Class={name}" for kind in ("RawFormulaVal", "Probability") for name in labels]
    dump("cat-both.tsv", table(["SampleId", *columns, "Class", "Label"], rows, "\t"))
    right(
        "ce --input-is probs cat-both.tsv",
        ce(p, Y),
        f"{CATBOOST}, raw values, probabilities, Class and Label",
    )
    right("ce cat-both.tsv", ce_logits(raw, Y), f"{CATBOOST}, raw values, probabilities, Class and Label")
    two = catboost.CatBoostClassifier(**quiet).fit(TUMOUR_X[TUMOUR_TRAIN], TUMOUR_Y[TUMOUR_TRAIN])
    margin = two.predict(TUMOUR_X[TUMOUR_SHOWN], prediction_type="RawFormulaVal")
    dump(
        "cat-binary.tsv",
        table(["SampleId", "RawFormulaVal", "Label"], zip(range(10), margin, T, strict=True), "\t"),
    )
    right("bce-logits cat-binary.tsv", bce_logits(margin, T), f"{CATBOOST}, eval file of a binary model")
    q = two.predict_proba(TUMOUR_X[TUMOUR_SHOWN])
    rows = [[k, *q[k].tolist(), T[k]] for k in range(10)]
    dump(
        "cat-binary-p.tsv",
        table(["SampleId", "Probability:Class=0", "Probability:Class=1", "Label"], rows, "\t"),
    )
    right("bce cat-binary-p.tsv", bce(q[:, 1], T), f"{CATBOOST}, binary, Probability of both classes")


def auto_ml() -> None:
    model = flaml.AutoML()
    model.fit(
        IRIS_X[TRAIN],
        SPECIES_OF[TRAIN],
        task="classification",
        estimator_list=["lrl1"],
        max_iter=2,
        time_budget=5,
        verbose=0,
        metric="log_loss",
    )
    p = model.predict_proba(IRIS_X[SHOWN])
    frame = pd.DataFrame(p, columns=model.classes_).assign(
        predictions=model.predict(IRIS_X[SHOWN]), truth=SPECIES_OF[SHOWN]
    )
    frame.to_csv(DUMPS / "automl-benchmark.csv", index=False)
    right(
        "ce --input-is probs automl-benchmark.csv",
        ce(p, Y),
        f"{FLAML}, in the layout of the AutoML benchmark",
    )
    frame.drop(columns=["predictions", "truth"]).to_parquet(DUMPS / "autogluon.parquet")
    frame[["truth"]].rename(columns={"truth": "class"}).to_parquet(DUMPS / "autogluon-y.parquet")
    right(
        "ce --input-is probs autogluon.parquet --targets @autogluon-y.parquet",
        ce(p, Y),
        "AutoGluon: predict_proba(as_pandas=True) by documentation, and the labels; of a model by " + FLAML,
    )


def make() -> None:
    scikit_learn()
    scikit_learn_binary()
    boosting()
    cat_boost()
    auto_ml()
