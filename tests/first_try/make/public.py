"""Layouts of real prediction files in public repositories: headers, order of columns, types, number formats.

The rows are of our own making. The source names the repository and the path; what a file means is read from
its cells and from the code beside it.
"""

from __future__ import annotations

import numpy as np
from corpus import bce, ce, dump, refused, right, table

P2 = [
    0.9029043623520788,
    0.2348214,
    0.5474467110653748,
    0.019221898642014214,
    0.79337681,
    0.3651,
    0.620818,
    0.0524,
]
Y2 = [1, 0, 1, 0, 1, 1, 0, 0]
Q2 = [0.7331, 0.4125, 0.6409, 0.2217, 0.555, 0.1873, 0.4471, 0.3126]
R2 = [0.6612, 0.1489, 0.3571, 0.0875, 0.918, 0.5204, 0.2933, 0.1427]
D2 = [int(p > 0.5) for p in P2]
TWO = bce(P2, Y2)
P4 = [
    [0.8859192132949829, 0.10238803178071976, 0.011527476832270622, 0.00016527809202671],
    [0.3113281726837158, 0.6750795841217041, 0.002306208247318864, 0.011286034947261214],
    [0.125, 0.25, 0.5, 0.125],
    [0.0625, 0.1875, 0.3125, 0.4375],
    [0.45, 0.3, 0.15, 0.1],
    [0.02, 0.08, 0.2, 0.7],
]
Y4 = [0, 1, 2, 3, 1, 3]
P3 = [
    [0.88, 0.04, 0.08],
    [0.81, 0.05, 0.14],
    [0.12, 0.66, 0.22],
    [0.3, 0.31, 0.39],
    [0.25, 0.6, 0.15],
    [0.41, 0.2, 0.39],
]
Y3 = [0, 0, 1, 2, 0, 2]


def source(repository: str, path: str) -> str:
    return f"public layout: {repository} {path}"


def columns(header: list[str], *values: object, mark: str = ",", end: str = "\n") -> str:
    return table(header, zip(*values, strict=True), mark, end)  # type: ignore[call-overload]


def binary() -> None:
    dump("pub-malignant.csv", columns(["Actual", "Predicted", "Probability_Malignant"], Y2, D2, P2))
    right(
        "bce pub-malignant.csv",
        TWO,
        source("AkmalFazli27/breast-cancer-prediction", "results/test_predictions.csv"),
    )
    dump("pub-oof.csv", columns(["true_label", "oof_prob"], Y2, P2))
    right("bce pub-oof.csv", TWO, source("Jcsk7049/bitoguard-aml", "oof_predictions.csv"))
    ids = [f"p{813 + 29 * k:06d}" for k in range(8)]
    head = ["patient_id", "True_Label", "Predicted_Label", "Predicted_Probability"]
    low = [int(p > 0.7) for p in P2]
    dump("pub-sepsis.csv", columns(head, ids, Y2, low, P2))
    right("bce pub-sepsis.csv", TWO, source("Sachin12054/Sepsis_Prediction", "results/test_predictions.csv"))
    six = [f"{p:.6f}" for p in [*P2[:7], 0.0]]
    stays = [f"{10011 + 7 * k}_episode1_timeseries.csv" for k in range(8)]
    dump("pub-episodes.csv", columns(["stay", "prediction", "y_true"], stays, six, Y2))
    right(
        "bce pub-episodes.csv",
        bce([float(p) for p in six], Y2),
        source("SamuelDoud/SAnD", "results/modelstest_predictions.csv"),
    )
    words = ["TRUE" if y else "FALSE" for y in Y2]
    cut = [int(p > 0.6) for p in P2]
    said = ["TRUE" if d else "FALSE" for d in cut]
    head = ["row_id", "true_label", "true_class", "ensemble_oof_score", "best_f1_threshold"]
    head += ["predicted_label_best_f1", "predicted_class_best_f1", "plot_x", "plot_y"]
    jitter = [0.09862417748014679, -0.02200376168926116, 1.0412, 0.0071, 0.9683, 1.0218, -0.0433, 0.0529]
    dump("pub-ensemble.csv", columns(head, range(8), Y2, words, P2, [0.6] * 8, cut, said, jitter, P2))
    right(
        "bce pub-ensemble.csv",
        TWO,
        source("mattia726/ifcs_challenge", "outputs/graph_data_ensemble_oof_true_predicted.csv"),
    )
    head = ["cohort", "biomarker", "tier", "patient_id", "y_true", "oof_proba", "fold"]
    six = [f"{p:.6f}" for p in P2]
    patients = [f"TCGA-OR-A5J{k + 1}" for k in range(8)]
    dump(
        "pub-cohort.csv",
        columns(
            head, ["ACC"] * 8, ["TP53"] * 8, ["primary"] * 8, patients, Y2, six, [0, 4, 1, 3, 2, 0, 1, 2]
        ),
    )
    right(
        "bce pub-cohort.csv",
        bce([float(p) for p in six], Y2),
        source("hayden-farquhar/PanRareWSI", "results/oof_predictions.csv"),
    )
    single = [str(np.float32(p)) for p in P2]
    games = range(7565, 7573)
    dump("pub-winner.csv", columns(["id", "winner"], games, single))
    dump("pub-winner-truth.csv", columns(["id", "winner"], games, Y2))
    right(
        "bce pub-winner.csv --targets @pub-winner-truth.csv",
        bce([float(p) for p in single], Y2),
        source("MetalfaceScout/lf-predictor", "predictions_proba.csv and predictions.csv"),
    )
    keys = [
        "5178-LMXOP",
        "0295-PPHDO",
        "9300-AGZNL",
        "7672-VFMXZ",
        "3229-USWAR",
        "0003-MKNFE",
        "0013-MHZWF",
        "1452-KIOVK",
    ]
    dump("pub-churn.csv", columns(["customerID", "churn_probability", "churn_actual"], keys, P2, Y2))
    right(
        "bce pub-churn.csv",
        TWO,
        source("roshanvino/Customer-Churn-Prediction", "outputs/predictions_test.csv"),
    )
    files = [f"benign\\{10253 + k}_idx5_x1001_y1101_class{y}.png" for k, y in enumerate(Y2)]
    dump("pub-tiles.csv", columns(["filename", "true", "prob", "pred"], files, Y2, [0.0, *P2[1:]], D2))
    right(
        "bce pub-tiles.csv",
        bce([0.0, *P2[1:]], Y2),
        source("manalwassila/breast_cancer_project", "results/val_predictions.csv"),
    )
    texts = [f'"So, number {k}: 1) he knew, 2) ""nothing"" at all."' for k in range(8)]
    long = [500364250461003777 + 1001 * k for k in range(8)]
    told = [f'"label: {d}\n rumour: {p:.3f}"' for d, p in zip(D2, P2, strict=True)]
    head = ["\ufeffid", "text", "label", "event", "prob_rumor", "pred", "explanation"]
    dump("pub-rumor.csv", columns(head, long, texts, Y2, [1] * 8, P2, D2, told))
    repository = "ipromise77/explainable-rumor-detection-2026"
    right("bce pub-rumor.csv", TWO, source(repository, "results/val_predictions.csv"))
    head = [
        "\ufeffid",
        "text",
        "label",
        "event",
        "baseline_prob",
        "baseline_pred",
        "pred",
        "source",
        "explanation",
    ]
    dump("pub-detector.csv", columns(head, long, texts, Y2, [1] * 8, P2, D2, D2, ["local"] * 8, told))
    right("bce pub-detector.csv", TWO, source(repository, "results/final_detector_predictions.csv"))
    names = [f"data/test/nevus/ISIC_{15990 + k:07d}.jpg" for k in range(8)]
    tasks = [[1, 0], [0, 0], [0, 1], [0, 0], [1, 0], [1, 0], [0, 1], [0, 0]]
    dump("pub-tasks.csv", columns(["Id", "task_1", "task_2"], names, P2, Q2))
    dump(
        "pub-tasks-truth.csv",
        columns(["Id", "task_1", "task_2"], names, *[[float(t[k]) for t in tasks] for k in (0, 1)]),
    )
    right(
        "bce pub-tasks.csv --targets @pub-tasks-truth.csv",
        bce(np.column_stack([P2, Q2]), tasks),
        source(
            "1998apoorvmalik/skin-cancer-classification", "test_results.csv and the truth it is scored with"
        ),
    )


def classes() -> None:
    head = ["case", "class", "P(Normal)", "P(Benign)", "P(In Situ)", "P(Invasive)"]
    dump("pub-cancer.csv", table(head, [[k, y, *p] for k, (y, p) in enumerate(zip(Y4, P4, strict=True))]))
    right(
        "ce --input-is probs pub-cancer.csv",
        ce(P4, Y4),
        source("A-F-V/XAI-Cancer-Diagnosis", "predictions.csv"),
    )
    kinds = ["up", "down", "neutral"]
    head = [
        "article_id",
        "date",
        "ticker",
        "article_title",
        "price_t",
        "price_t1",
        "pct_change",
        "label",
        "predicted_label",
    ]
    head += ["confidence", *[f"prob_{kind}" for kind in kinds], "split"]
    rows = []
    for k, (y, p) in enumerate(zip(Y3, P3, strict=True)):
        article = [f"FNSPID_{k:05d}", "2021-03-15", "AAPL", f"Firm {k} unveils a phone"]
        prices = [121.03 + k, f"{125.12 + k:.2f}", 3.38 - k]
        rows.append([*article, *prices, kinds[y], kinds[int(np.argmax(p))], max(p), *p, "test"])
    dump("pub-articles.csv", table(head, rows))
    right(
        "ce --input-is probs pub-articles.csv",
        ce(P3, Y3),
        source("njaltran/NLP_lab", "mock_data/predictions_test.csv"),
    )
    games = range(4635006, 4635012)
    dump(
        "pub-football.csv",
        table(["game_id", "p_-1", "p_0", "p_1"], [[g, *p] for g, p in zip(games, P3, strict=True)]),
    )
    dump("pub-football-truth.csv", columns(["game_id", "results"], games, [y - 1 for y in Y3]))
    right(
        "ce --input-is probs pub-football.csv --targets @pub-football-truth.csv",
        ce(P3, Y3),
        source("ThomasLiotier/Foot-ou-Airbnb", "predictions_proba.csv and predictions.csv"),
    )


def several_models() -> None:
    why = "several models side by side"
    head = ["id", "actual_heart_disease"]
    head += [
        f"{kind}_{m}" for m in ("Logistic_Regression", "Decision_Tree", "SVM") for kind in ("Prob", "Pred")
    ]
    more = [[int(p > 0.15) for p in column] for column in (P2, Q2, R2)]
    dump("pub-heart.csv", columns(head, range(36306, 36314), Y2, P2, more[0], Q2, more[1], R2, more[2]))
    each = [TWO, bce(Q2, Y2), bce(R2, Y2)]
    refused(
        "bce pub-heart.csv",
        why,
        each,
        source("14Manish2002/Heart-Attack-Risk-Prediction", "results/test_predictions.csv"),
    )
    head = ["y_true", "lr_proba", "lr_pred", "dt_proba", "dt_pred", "knn_proba", "knn_pred"]
    cut = [[int(p > 0.5) for p in column] for column in (P2, Q2, R2)]
    dump("pub-credit.csv", columns(head, Y2, P2, cut[0], Q2, cut[1], R2, cut[2]))
    refused(
        "bce pub-credit.csv", why, each, source("CryZiiiX/credit-risk-prediction", "results/predictions.csv")
    )
    head = ["sample", "true_class", "logistic_prediction", "logistic_probability_GBM"]
    head += ["random_forest_prediction", "random_forest_probability_GBM"]
    dump("pub-gbm.csv", columns(head, [f"GSM{97839 + 101 * k}" for k in range(8)], Y2, D2, P2, cut[1], Q2))
    refused(
        "bce pub-gbm.csv",
        why,
        each[:2],
        source("Katarzyna-Zielinska/04_Machine-Learning-GBM", "results/test_predictions.csv"),
    )
    head = ["Financial distress", "extra_trees", "lightgbm", "xgboost"]
    dump("pub-distress.csv", columns(head, Y2, P2, Q2, R2))
    refused(
        "bce pub-distress.csv", why, each, source("mattia726/ifcs_challenge", "outputs/oof_predictions.csv")
    )
    head = ["CHROM", "POS", "REF", "ALT", "True_Label", "Random_Forest_Pred", "Random_Forest_Confidence"]
    head += ["XGBoost_Pred", "XGBoost_Confidence", "All_Agree"]
    kind = ["Benign", "Pathogenic"]
    percent = [[f"{100 * p:.2f}%" for p in column] for column in (P2, Q2)]
    place = [[2, 130372400 + k, "C", "G", kind[y]] for k, y in enumerate(Y2)]
    rows = [
        [*place[k], kind[D2[k]], percent[0][k], kind[cut[1][k]], percent[1][k], D2[k] == cut[1][k]]
        for k in range(8)
    ]
    dump("pub-variants.csv", table(head, rows))
    refused(
        "bce pub-variants.csv",
        "two models, and percents under the name of confidence that do not follow the decision",
        [],
        source("Nivasini2327/clinvar_variant_classifier", "results/test_predictions.csv"),
    )


def confidences() -> None:
    why = "the probability of the class predicted only, of several classes"
    kinds = ["Healthy", "Benign", "Malignant"]
    best = [int(np.argmax(p)) for p in P3]
    top = [max(p) for p in P3]
    files = [f"{kinds[y]}/{kinds[y].upper()}_01_01_{k}.jpg" for k, y in enumerate(Y3)]
    names, said = [kinds[y] for y in Y3], [kinds[b] for b in best]
    dump(
        "pub-lesions.csv",
        columns(["filename", "true_label", "pred_label", "pred_prob"], files, names, said, top),
    )
    refused(
        "ce --input-is probs pub-lesions.csv",
        why,
        [],
        source("ACzakon05/CNN-for-skin-lesions", "predictions.csv"),
    )
    refused("bce pub-lesions.csv", why, [], source("ACzakon05/CNN-for-skin-lesions", "predictions.csv"))
    head = ["\ufefffile", "true_label", "predicted", "confidence", "uncertainty", "correct"]
    levels = ["high" if p < 0.5 else "low" for p in top]
    dump(
        "pub-retina.csv",
        columns(head, files, names, said, top, levels, [n == s for n, s in zip(names, said, strict=True)]),
    )
    refused(
        "ce --input-is probs pub-retina.csv",
        why,
        [],
        source("Arnob10150/claravision-retina-ai", "test_results.csv"),
    )
    dump(
        "pub-tumour.csv",
        columns(
            ["image", "actual", "predicted", "confidence"], files, names, said, [f"{p:.4f}" for p in top]
        ),
    )
    refused(
        "ce --input-is probs pub-tumour.csv",
        why,
        [],
        source("Ayush2332005/brain_tumor_detection", "results/val_predictions.csv"),
    )


def without_scores() -> None:
    why = "decisions only, no scores"
    kinds = ["colon_aca", "colon_n", "lung_aca"]
    best = [int(np.argmax(p)) for p in P3]
    files = [f"/data/test/{kinds[y]}/{k}.jpeg" for k, y in enumerate(Y3)]
    head = ["filename", "true_label_idx", "true_label", "predicted_label_idx", "predicted_label"]
    dump("pub-colon.csv", columns(head, files, Y3, [kinds[y] for y in Y3], best, [kinds[b] for b in best]))
    refused(
        "ce pub-colon.csv",
        why,
        [],
        source("AmirAynede/LC25000-Cancer-Classification", "outputs/test_predictions.csv"),
    )
    head = ["id", "language", "distance_level", "text", "gold_label", "pred_label"]
    kinds = ["relational", "intrinsic", "instrumental"]
    texts = [f'"Diese Arten, Nummer {k}, verdienen Schutz."' for k in range(6)]
    ids = [f"resp_{k:04d}" for k in range(6)]
    dump(
        "pub-values.csv",
        columns(
            head, ids, ["de"] * 6, [1, 2, 1, 3, 1, 2], texts, [kinds[y] for y in Y3], [kinds[b] for b in best]
        ),
    )
    refused(
        "ce pub-values.csv",
        why,
        [],
        source("AlisonMei/multilingual-value-classifier", "results/predictions.csv"),
    )
    dump(
        "pub-sports.csv",
        columns(["Filename", "Actual", "Predicted"], [f"air hockey/{k}.jpg" for k in range(6)], Y3, best),
    )
    refused(
        "ce pub-sports.csv",
        why,
        [],
        source("Ilesh-Dhall/Sports-Classification-Neural-Nexus", "results/predictions.csv"),
    )
    truth, said = [[bool(v) for v in column] for column in (Y2, D2)]
    dump("pub-tree.csv", columns(["Actual", "Predicted"], truth, said))
    refused(
        "bce pub-tree.csv",
        why,
        [],
        source("ABDULLAH-ibrahimm/Building-a-Decision-Tree-Classifier", "predictions.csv"),
    )
    head = ["text", "categoria_reale", "categoria_prevista", "priorita_reale", "priorita_prevista"]
    kind = ["Commerciale", "Tecnico", "Amministrazione"]
    dump(
        "pub-tickets.csv",
        columns(head, texts, [kind[y] for y in Y3], [kind[b] for b in best], ["bassa"] * 6, ["media"] * 6),
    )
    refused(
        "ce pub-tickets.csv",
        why,
        [],
        source("Mattia-Oliva/ticket-triage-ml-", "outputs/predictions_test.csv"),
    )
    dump(
        "pub-labels.csv",
        columns(
            ["Unique ID", "Label 1", "Label 2", "Label 3"],
            range(49848, 49854),
            [1, 1, 0, 0, 1, 0],
            [0, 1, 0, 1, 0, 0],
            [0, 0, 1, 0, 0, 1],
        ),
    )
    refused(
        "bce pub-labels.csv",
        why,
        [],
        source("NFORMII/SDG-Indicator-Text-Classification", "results/test_predictions.csv"),
    )


def without_targets() -> None:
    why = "no targets: the other column is the decision"
    users = [967903 + 31 * k for k in range(8)]
    dump("pub-status.csv", columns(["user_id", "status", "probability"], users, D2, P2))
    refused(
        "bce pub-status.csv",
        "status follows the probability row by row: it is the submission's decision, if not the target",
        [bce(P2, D2)],
        source("Jcsk7049/bitoguard-aml", "submission_with_prob.csv"),
    )
    dump(
        "pub-new.csv",
        columns(
            ["customerID", "churn_pred", "churn_proba"],
            [f"NEW-{k:04d}" for k in range(8)],
            D2,
            [f"{p:.4f}" for p in P2],
        ),
    )
    refused("bce pub-new.csv", why, [], source("Astana17/SEN_W6_Telco_Churn", "results/predictions.csv"))
    dump(
        "pub-customers.csv",
        columns(["", "customer_id", "prediction", "probability"], range(8), users, D2, P2),
    )
    refused("bce pub-customers.csv", why, [], source("AAranda10/classification_project", "predictions.csv"))
    head = ["", "customer_id", "No_Churn_Prob", "Churn_Prob", "Prediction"]
    dump("pub-both.csv", columns(head, range(8), users, [round(1 - p, 16) for p in P2], P2, D2))
    refused(
        "bce pub-both.csv",
        why,
        [],
        source("codeup-classification-project-ada/Classification", "test_probabilities.csv"),
    )
    risk = ["High" if p > 0.7 else "Low" for p in P2]
    head = ["Provider", "FraudPrediction", "FraudProbability", "RiskCategory"]
    dump(
        "pub-fraud.csv",
        columns(head, [f"PRV{51002 + k}" for k in range(8)], D2, [round(p, 4) for p in P2], risk),
    )
    repository = "Monish0306/Healthcare-Fraud-Detection-Blockchain"
    refused("bce pub-fraud.csv", why, [], source(repository, "results/test_predictions.csv"))
    head = ["file", "prediction", "centroid", "rolloff", "dist_bird", "dist_dog"]
    near = [
        [2620.4686071503597, 3681.2, 1843.1, 1960.7],
        [2492.05, 3004.2, 2482.8, 1410.5],
        [2100.5, 3300.1, 900.25, 1500.75],
    ]
    dump(
        "pub-sounds.csv",
        table(
            head, [[f"97957-{k}.wav", ("Dog", "Bird")[row[2] < row[3]], *row] for k, row in enumerate(near)]
        ),
    )
    refused("ce pub-sounds.csv", why, [], source("BrnDnzDzgn/DogVsBirdSoundClassifier", "test_results.csv"))
    head = [
        "customerID",
        "churn_flag",
        "churn_probability",
        "Contract",
        "tenure",
        "MonthlyCharges",
        "InternetService",
        "SeniorCitizen",
    ]
    senior = [1, 1, 0, 0, 0, 1, 0, 0]
    dump(
        "pub-all.csv",
        columns(
            head,
            [f"{k}178-LMXOP" for k in range(8)],
            Y2,
            P2,
            ["Month-to-month"] * 8,
            range(1, 9),
            [95.1 + k for k in range(8)],
            ["DSL"] * 8,
            senior,
        ),
    )
    refused(
        "bce pub-all.csv",
        "two columns could be the target, churn_flag and SeniorCitizen, and neither name says so",
        [TWO],
        source("roshanvino/Customer-Churn-Prediction", "outputs/predictions_all.csv"),
    )


def no_classification() -> None:
    why = "a regression: the targets are no labels"
    truth = [8.638272163982407, 6.841637507904751, 7.21, 5.98, 6.4]
    guess = [7.844291404423894, 7.318711545725794, 7.0, 6.1, 6.6]
    rest = [t - g for t, g in zip(truth, guess, strict=True)]
    dump("pub-pic50.csv", columns(["True_pIC50", "Predicted_pIC50", "Residual"], truth, guess, rest))
    for loss in ("bce-logits", "ce"):
        refused(
            f"{loss} pub-pic50.csv",
            why,
            [],
            source("HuangJunbao784/egfr-qsar-pipeline", "results/predictions.csv"),
        )
    days = [76, 618, 448, 1448, 22]
    guess = [508.740385111088, 222.318311754987, 433.478921321699, 365.326263203428, 41.5]
    rest = [t - g for t, g in zip(days, guess, strict=True)]
    dump("pub-glioma.csv", columns(['"Actual"', '"Predicted"', '"Residuals"'], days, guess, rest))
    refused("bce-logits pub-glioma.csv", why, [], source("JoseFRuiz/glioma", "results/test_predictions.csv"))
    head = ["ticker", "date", "actual_hl", "lstm_prediction", "gru_prediction", "lstm_error", "gru_error"]
    rows = [
        ["AC", f"2016-04-0{k + 1}", 1.015 - k / 8, 0.7716924, 0.79080606, -0.2433076, -0.2241939]
        for k in range(5)
    ]
    dump("pub-ticker.csv", table(head, rows))
    refused(
        "bce pub-ticker.csv", why, [], source("Lisabenkhaled/DeepLearning", "outputs/predictions_test.csv")
    )
    head = ["V1", "V2", "V3", "Class", "scaled_amount", "scaled_time", "AnomalyScore", "AnomalyPrediction"]
    rows = [
        [-1.17 + k, 0.17, 2.78 - k, y, 0.5 * k, -0.3, round(4 * p - 2, 6), int(p < 0.3)]
        for k, (y, p) in enumerate(zip(Y2, P2, strict=True))
    ]
    dump("pub-anomaly.csv", table(head, rows))
    refused(
        "bce pub-anomaly.csv",
        "scores of unknown kind, below 0 and above 1",
        [],
        source("alitout/Credit-Card-Anomaly-Detection", "results/test_predictions.csv"),
    )


def more() -> None:
    """A second search: several labels, parts of one model, PyCaret's Label and Score, files without truth."""
    kinds = ["Fish", "Flower", "Gravel", "Sugar"]
    marks = [[1, 0, 1, 1], [1, 0, 0, 1], [0, 0, 1, 1], [0, 1, 0, 0], [1, 1, 0, 1]]
    half = np.array(
        [[0.32885742, 0.12695312, 0.76708984, 0.8774414], [0.87597656, 0.29345703, 0.3112793, 0.32861328]]
    )
    half = (
        np.vstack([half, 1 - half[0], 1 - half[1], half.mean(axis=0)])
        .astype(np.float16)
        .astype(np.float64)
        .round(7)
    )
    rows = [
        [
            f"{k}3994e.jpg",
            *(v for t, p in zip(marks[k], half[k].tolist(), strict=True) for v in (t, p, int(p > 0.6))),
        ]
        for k in range(5)
    ]
    head = ["image_id", *(f"{kind}_{part}" for kind in kinds for part in ("true", "prob", "pred"))]
    dump("pub-clouds.csv", table(head, rows))
    right(
        "bce pub-clouds.csv",
        bce(half, marks),
        source("stivenzxy/Clouds-ML-Project", "results/predictions_test.csv"),
    )
    head = ["country", "n_orders", "total_amount", "user_id", "is_high_value_true", "is_high_value_pred"]
    head += ["is_high_value_pred_proba"]
    amounts = [117.98, 158.18, 20.5, 9.99, 310.0, 75.25, 44.1, 12.0]
    users = [f"u{63 + k:03d}" for k in range(8)]
    dump(
        "pub-orders.csv",
        columns(head, ["GB", "US"] * 4, [1, 1, 2, 1, 5, 1, 3, 1], amounts, users, Y2, D2, P2),
    )
    right(
        "bce pub-orders.csv",
        TWO,
        source(
            "Waelalessa21/ml-baseline-system", "models/runs/20251230_175705/tables/holdout_predictions.csv"
        ),
    )
    head = [
        "url",
        "label",
        "p_meta",
        "p_electra",
        "p_electra_std",
        "ci_low",
        "ci_high",
        "uncertain",
        "p_fusion",
    ]
    urls = [f"tools.ietf.org/html/rfc{3000 + k}" for k in range(8)]
    low, high = [q - 0.05 for q in Q2], [q + 0.05 for q in Q2]
    dump("pub-urls.csv", columns(head, urls, Y2, P2, Q2, [0.02] * 8, low, high, [0] * 8, R2))
    refused(
        "bce pub-urls.csv",
        "several models side by side",
        [TWO, bce(Q2, Y2), bce(R2, Y2)],
        source("tmushd/hybrid-electra-url-detector", "results/predictions_test.csv"),
    )
    head = ["matches_played", "total_wins", "kills", "target", "Label", "Score", "player_id"]
    sure = [round(max(p, 1 - p), 4) for p in P2]
    turned = [s if d else 1 - s for s, d in zip(sure, D2, strict=True)]
    games = [1, 18, 4, 7, 22, 3, 9, 2]
    dump(
        "pub-players.csv",
        columns(
            head,
            games,
            [0, 7, 1, 2, 9, 1, 4, 0],
            [13, 247, 40, 71, 300, 22, 98, 15],
            Y2,
            D2,
            sure,
            [f"{k}f9e81d3fb7cf95627d630e9185f07" for k in range(8)],
        ),
    )
    refused(
        "bce pub-players.csv",
        "Label is PyCaret's decision and Score the probability of it",
        [bce(turned, Y2)],
        source("thalicsouza/cs_go_analysis", "val_predictions.csv"),
    )
    why = "no targets: the other columns are features and the decision"
    names = ["CANDIDATE", "CONFIRMED", "FALSE POSITIVE"]
    head = ["koi_score", "koi_depth", "koi_period", "prediction", "confidence", *(f"prob_{n}" for n in names)]
    rows = [[1.0, 1288.3 - k, 9.27358173 + k, names[int(np.argmax(p))], max(p), *p] for k, p in enumerate(P3)]
    dump("pub-planets.csv", table(head, rows))
    where = source("kyracnh/exoplanetAi", "results/predictions_test.csv")
    refused("ce --input-is probs pub-planets.csv", why, [], where)
    refused("bce pub-planets.csv", why, [], where)
    head = ["Image-Name", "Predicted Class", "Confidence Score"]
    said = [("DM", "PN", "NC")[int(np.argmax(p))] for p in P3]
    dump(
        "pub-brats.csv",
        columns(head, [f"BraTSPath_Val_{k:07d}.png" for k in range(6)], said, [max(p) for p in P3]),
    )
    refused(
        "ce --input-is probs pub-brats.csv",
        why,
        [],
        source("ashleydaud/BraTS-Path-2025", "val_predictions.csv"),
    )
    dump(
        "pub-news.csv",
        columns(["", "score", "text"], range(8), P2, [f"original message {k}" for k in range(8)]),
    )
    refused("bce pub-news.csv", "no targets", [], source("mirgalieva/text_classification", "test_preds.csv"))
    dump(
        "pub-music.csv", columns(["actual label", " predicted label"], [12, 10, 1, 0, 25], [12, 10, 1, 1, 23])
    )
    where = source("smkuhl/music-symbol-classifier", "test_preds.csv")
    refused("ce pub-music.csv", "decisions only, no scores", [], where)
    head = ["image", "n_detections", "confidences", "gt_has_object", "pred_has_object"]
    rows = [["a.jpg", 2, "0.294;0.291", 0, 1], ["b.jpg", 0, "", 0, 0], ["c.jpg", 1, "0.581", 1, 1]]
    dump("pub-objects.csv", table(head, rows))
    refused(
        "bce pub-objects.csv",
        "lists of confidences in cells",
        [],
        source("axsmilex/PrivLens", "results/predictions_test.csv"),
    )
    head = ["", "gene", "preds", "targets", "fold", "cross"]
    values = [-1.4375, -0.18493652, 0.49389648, 0.090026855]
    dump(
        "pub-genes.csv",
        columns(
            head,
            range(4),
            [f"ENSG0000000{457 + k}" for k in range(4)],
            [0.1685, 0.08484, 0.30078125, 0.65234375],
            values,
            [0] * 4,
            [0] * 4,
        ),
    )
    where = source("toby-clark4/mRNA-LM", "results/.ipynb_checkpoints/saluki_preds-checkpoint.csv")
    refused("bce pub-genes.csv", "a regression: the targets are no labels", [], where)
    kinds = ["genuine", "fake", "solicited"]
    head = [
        "case_id",
        "system",
        "action",
        "p_not_genuine",
        *(f"belief_{k}" for k in kinds),
        "true_state",
        "rating",
    ]
    rows = [
        [f"P{k:03d}", "fixed_band", "permit", round(1 - p[0], 6), *p, kinds[y], 5.0]
        for k, (p, y) in enumerate(zip(P3, Y3, strict=True))
    ]
    rows.insert(0, ["P000", "baseline_keyword", "flag", "", "", "", "", "solicited", 5.0])
    dump("pub-reviews.csv", table(head, rows))
    refused(
        "ce --input-is probs pub-reviews.csv",
        "a row without beliefs: leaving it out is for the reader to say",
        [ce(P3, Y3)],
        source("kishore461/ecommerce-review-moderator-agent", "results/predictions_probe.csv"),
    )


def make() -> None:
    binary()
    classes()
    several_models()
    confidences()
    without_scores()
    without_targets()
    no_classification()
    more()
