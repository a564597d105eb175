"""Dumps written by programs other than Python's: R, PostgreSQL, SQLite, DuckDB, Weka."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import duckdb
import numpy as np
from corpus import CLASSES, DUMPS, LABELS, NAMES, POSITIVE, PROBS, SPECIES, bce, ce, dump, refused, right
from sklearn.datasets import load_iris

VALUE, TWO = ce(PROBS, CLASSES), bce(POSITIVE, LABELS)


def said(*command: str, given: str = "") -> str:
    return subprocess.run(command, input=given, capture_output=True, text=True, check=True).stdout


def r() -> None:
    said("Rscript", str(Path(__file__).with_name("dumps.R")), str(DUMPS))
    source = " ".join(said("Rscript", "--version").split()[:4]) or "R"
    source = re.sub(r"Rscript \(R\) version", "R", source)
    for name, how in {
        "r-base.csv": "write.csv: quoted header, row names",
        "r-base2.csv": "write.csv2: semicolon, decimal comma",
        "r-table.txt": "write.table: blanks, a header one field short",
        "r-tab.tsv": "write.table(sep='\\t', quote=FALSE, row.names=FALSE)",
        "r-readr.csv": "readr write_csv",
        "r-readr2.csv": "readr write_csv2",
        "r-excel2.csv": "readr write_excel_csv2: quoted decimal commas, BOM",
        "r-fwrite.csv": "data.table fwrite",
        "r-fwrite2.csv": "data.table fwrite(sep=';', dec=',')",
        "r-rows.json": "jsonlite write_json",
        "r-columns.json": "jsonlite write_json(dataframe='columns')",
        "r-tidymodels.csv": "augment() of tidymodels, as readr writes it",
        "r-caret.csv": "savePredictions of caret, as write.csv writes it",
        "r-mlr3.csv": "as.data.table(prediction) of mlr3",
        "r-print.txt": "print(data) by sink()",
    }.items():
        right(f"ce --input-is probs {name}", VALUE, f"{source}, {how}")
    right("bce r-two.csv", TWO, f"{source}, write.csv(row.names = FALSE)")
    right("bce r-logical2.csv", TWO, f"{source}, write.csv2 of TRUE and FALSE")
    right("bce r-collect.csv", TWO, f"{source}, collect_predictions() of tidymodels")
    rows = list(csv.DictReader((DUMPS / "r-glm.csv").open()))
    fitted, y = [float(row["fitted"]) for row in rows], [int(row["y"]) for row in rows]
    right("bce r-glm.csv", bce(fitted, y), f"{source}, glm beside features, write.csv")


ROWS = ",\n".join(
    f"({k + 1}, '2024-05-0{k + 1} 12:00:00', {y}, {int(p > 0.5)}, {p})"
    for k, (y, p) in enumerate(zip(LABELS, POSITIVE, strict=True))
)
CREATE = (
    "CREATE TABLE scores "
    "(id integer, created_at timestamp, actual integer, predicted integer, score numeric);\n"
)
FILL = f"INSERT INTO scores VALUES {ROWS};\n"  # noqa: S608  constants of this file


def postgres() -> None:
    """A server of its own in a temporary folder, reached by a socket only."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    folder = Path(tempfile.mkdtemp())
    shutil.chown(folder, "postgres")

    def run(*command: str, given: str = "") -> str:
        return said("runuser", "-u", "postgres", "--", *command, given=given)

    try:
        run(str(programs / "initdb"), "-D", str(folder / "data"), "-A", "trust")
        options = f"-c listen_addresses='' -c unix_socket_directories={folder}"
        control = [str(programs / "pg_ctl"), "-D", str(folder / "data"), "-w", "-l", str(folder / "log")]
        run(*control, "-o", options, "start")
        try:
            psql = ["psql", "-h", str(folder), "-q", "-X", "postgres"]
            outputs = {
                "psql-copy.csv": "\\copy scores TO STDOUT CSV HEADER\n",
                "psql-copy.txt": "\\copy scores TO STDOUT\n",
                "psql-unaligned.txt": "\\pset format unaligned\nSELECT * FROM scores;\n",
                "psql-aligned.txt": "SELECT * FROM scores;\n",
                "psql-bool.csv": "\\copy (SELECT id, actual = 1 AS converted, score AS p_converted "
                "FROM scores) TO STDOUT CSV HEADER\n",
                "psql-json.jsonl": "\\t\n\\pset format unaligned\n"
                "SELECT row_to_json(s) FROM (SELECT id, actual, score FROM scores) s;\n",
            }
            run(*psql, given=CREATE + FILL)
            for name, statement in outputs.items():
                dump(name, run(*psql, given=statement))
        finally:
            run(*control, "-m", "fast", "stop")
    finally:
        shutil.rmtree(folder)
    source = "PostgreSQL " + said("psql", "--version").split()[2]
    right("bce psql-copy.csv", TWO, f"{source}, \\copy ... CSV HEADER")
    right("bce psql-bool.csv", TWO, f"{source}, \\copy of a Boolean: t and f")
    right("bce psql-json.jsonl", TWO, f"{source}, row_to_json")
    refused("bce psql-unaligned.txt", "the last line is a count of rows", [], f"{source}, psql -A: bars")
    refused("bce psql-aligned.txt", "a table drawn for reading", [], f"{source}, psql's aligned table")
    refused(
        "bce psql-copy.txt",
        "no header: two columns of 0 and 1, the label and the decision",
        [TWO],
        f"{source}, \\copy without options: tabs, no header",
    )


def sqlite() -> None:
    source = "SQLite " + said("sqlite3", "--version").split()[0]
    for name, how in {
        "sqlite.csv": ".mode csv\n.headers on",
        "sqlite-list.txt": ".headers on",
        "sqlite-tabs.tsv": ".mode tabs\n.headers on",
        "sqlite.json": ".mode json",
    }.items():
        dump(name, said("sqlite3", ":memory:", given=f"{CREATE}{FILL}{how}\nSELECT * FROM scores;\n"))
        right(f"bce {name}", TWO, f"{source}, {how.replace(chr(10), ', ')}")
    column = f"{CREATE}{FILL}.mode column\n.headers on\nSELECT * FROM scores;\n"
    dump("sqlite-column.txt", said("sqlite3", ":memory:", given=column))
    refused("bce sqlite-column.txt", "a table drawn for reading", [], f"{source}, .mode column")


def duck_db() -> None:
    source = f"DuckDB {duckdb.__version__}"
    base = duckdb.connect()
    base.execute("CREATE TABLE p (setosa DOUBLE, versicolor DOUBLE, virginica DOUBLE, species VARCHAR)")
    base.executemany(
        "INSERT INTO p VALUES (?, ?, ?, ?)", [[*row, n] for row, n in zip(PROBS.tolist(), NAMES, strict=True)]
    )
    base.execute(f"COPY p TO '{DUMPS}/duck.csv'")
    right("ce --input-is probs duck.csv", VALUE, f"{source}, COPY TO .csv")
    base.execute(f"COPY p TO '{DUMPS}/duck.parquet'")
    right("ce --input-is probs duck.parquet", VALUE, f"{source}, COPY TO .parquet")
    base.execute(f"COPY p TO '{DUMPS}/duck.json'")
    right("ce --input-is probs duck.json", VALUE, f"{source}, COPY TO .json: one object a line")
    base.execute(CREATE + FILL)
    base.execute("CREATE VIEW shown AS SELECT id, actual, score::DECIMAL(6, 4) AS score FROM scores")
    base.execute(f"COPY shown TO '{DUMPS}/duck-decimal.parquet'")
    right("bce duck-decimal.parquet", TWO, f"{source}, a DECIMAL score in .parquet")


def weka() -> None:
    x, y = load_iris(return_X_y=True)
    shown = [5, 56, 70, 77, 106, 119, 133, 148]
    head = "".join(f"@attribute {name} numeric\n" for name in ("sl", "sw", "pl", "pw"))
    with tempfile.TemporaryDirectory() as folder:
        for name, rows in (("train", np.setdiff1d(np.arange(150), shown)), ("test", shown)):
            lines = "".join(f"{','.join(map(str, x[k]))},{SPECIES[y[k]]}\n" for k in rows)
            text = f"@relation iris\n{head}@attribute class {{{','.join(SPECIES)}}}\n@data\n{lines}"
            Path(folder, f"{name}.arff").write_text(text)
        command = [
            "java",
            "-cp",
            "/usr/share/java/*",
            "weka.classifiers.bayes.NaiveBayes",
            "-p",
            "0",
            "-distribution",
        ]
        out = said(*command, "-t", f"{folder}/train.arff", "-T", f"{folder}/test.arff")
    dump("weka.txt", out)
    rows = re.findall(r"(\d):\w+ +\d:\w+ +\+? +(\S+)", out)
    p = [[float(cell.strip("*")) for cell in row.split(",")] for _, row in rows]
    value = ce(p, [int(k) - 1 for k, _ in rows])
    refused(
        "ce --input-is probs weka.txt", "a page for people, no table", [], "Weka 3.6.14, -p 0 -distribution"
    )
    lines = ["inst#,actual,predicted,error,distribution,,\n"]
    for k, (actual, row) in enumerate(rows):
        best = int(np.argmax(p[k]))
        error = "" if best == int(actual) - 1 else "+"
        lines.append(
            f"{k + 1},{actual}:{SPECIES[int(actual) - 1]},{best + 1}:{SPECIES[best]},{error},{row}\n"
        )
    dump("weka.csv", "".join(lines) + "\n")
    refused(
        "ce --input-is probs weka.csv",
        "the columns of the distribution have no names, and the best one has an asterisk",
        [],
        "Weka's CSV output by documentation: -classifications '...CSV -distribution'; numbers of Weka 3.6.14",
    )
    lines = ["inst#,actual,predicted,error,prediction\n"]
    for k, (actual, _) in enumerate(rows):
        best = int(np.argmax(p[k]))
        error = "" if best == int(actual) - 1 else "+"
        best_name = f"{best + 1}:{SPECIES[best]}"
        lines.append(f"{k + 1},{actual}:{SPECIES[int(actual) - 1]},{best_name},{error},{max(p[k])}\n")
    dump("weka-prediction.csv", "".join(lines))
    refused(
        "ce --input-is probs weka-prediction.csv",
        "the probability of the class predicted only, of three classes",
        [],
        "Weka's CSV output by documentation; numbers of Weka 3.6.14",
    )
    assert len(rows) == len(shown)
    assert np.isfinite(value)


def make() -> None:
    r()
    postgres()
    sqlite()
    duck_db()
    weka()
