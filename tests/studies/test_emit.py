"""``--emit``: the code that is printed is run, and gives the number that celoss gives."""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import json
import math
import runpy
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from profiles import some
from running import celoss

from celoss_cli.cli.emitting import READ_BY_CODE
from celoss_cli.cli.main import run
from celoss_cli.cli.options import Reading as ReadingOptions
from celoss_cli.cli.table import options_in
from celoss_cli.losses import LOSSES
from celoss_cli.studies.emit import LIBRARIES
from celoss_cli.studies.emit.literals import assigned, literal, string, strings

LIBRARY = [
    pytest.param("torch", marks=pytest.mark.torch),
    "numpy",
]
every_library = pytest.mark.parametrize("library", LIBRARY)


class Ways:
    """Runs one command line as it is and as code, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def code(self, library: str, *arguments: str) -> str:
        path = self.folder / "emitted.py"
        code = run([*arguments, "--emit", library, "-o", str(path)])
        assert code == 0, arguments
        return path.read_text()

    def by_code(self, library: str, *arguments: str) -> object:
        self.code(library, *arguments)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.chdir(self.folder):
            runpy.run_path(str(self.folder / "emitted.py"))
        return json.loads(printed.getvalue().replace("nan", "NaN").replace("inf", "Infinity"))

    def by_celoss(self, *arguments: str) -> object:
        """The number in the heading, or where there is no reduction, those of a second run."""
        heading = (self.folder / "emitted.py").read_text().partition("\n")[0]
        if "celoss computes" in heading:
            return float(heading.rpartition(" ")[2])
        path = self.folder / "result.json"
        assert run([*arguments, "--format", "json", "-o", str(path)]) == 0
        return json.loads(path.read_text())["value"]

    def agree(self, library: str, *arguments: str, tolerance: float = 1e-12) -> None:
        found = np.array(self.by_code(library, *arguments), float)
        expected = np.array(self.by_celoss(*arguments), float)
        assert expected.size == found.size
        np.testing.assert_allclose(
            found.ravel(), expected.ravel(), rtol=tolerance, atol=tolerance, err_msg=str(arguments)
        )


@pytest.fixture
def ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ways:
    monkeypatch.chdir(tmp_path)
    return Ways(tmp_path)


def inline(values: np.ndarray) -> str:
    return json.dumps(values.tolist())


def options(*groups: Sequence[str]) -> Sequence[list[str]]:
    """Every combination of one of each group, or ten of them where somebody waits."""
    every = [[word for words in chosen for word in words.split()] for chosen in itertools.product(*groups)]
    return some(every, 10)


REDUCTIONS = ["", "--reduction sum", "--reduction none"]
rng = np.random.default_rng(7)
X = rng.normal(size=(5, 3)).round(3)
LOG_P = np.log(rng.dirichlet([1, 1, 1], size=5)).round(4)
Y = np.array([0, 2, 1, 2, 0])
Q = rng.dirichlet([1, 1, 1], size=5).round(4)
BITS = rng.integers(0, 2, size=(5, 3))
P = rng.uniform(0.01, 0.99, size=(5, 3)).round(3)

# ------------------------------------------------------------------------------- every option of every loss


CE = options(
    REDUCTIONS,
    ["", "--weight 1,2,0.5"],
    ["", "--ignore-index 2", "--ignore-index 7"],
    ["", "--label-smoothing 0.1"],
    ["", "--base 2"],
)


@every_library
def test_cross_entropy_of_classes(ways: Ways, library: str) -> None:
    for chosen in CE:
        ways.agree(library, "ce", "--logits", inline(X), "--targets", inline(Y), *chosen)


@every_library
def test_cross_entropy_against_probabilities(ways: Ways, library: str) -> None:
    for chosen in options(
        REDUCTIONS, ["", "--weight 1,2,0.5"], ["", "--label-smoothing 0.25"], ["", "--base 10"]
    ):
        ways.agree(library, "ce", "--logits", inline(X), "--targets", inline(Q), *chosen)


@every_library
def test_cross_entropy_of_images(ways: Ways, library: str) -> None:
    x, y = rng.normal(size=(2, 3, 2, 2)).round(3), rng.integers(0, 3, size=(2, 2, 2))
    q = np.full((2, 3, 2, 2), 0.25) + np.eye(3)[:, :2, None] / 4
    for chosen in options(REDUCTIONS, ["", "--weight 1,2,0.5"], ["", "--label-smoothing 0.1"]):
        for ignored in (["--ignore-index", "1"], []):
            ways.agree(library, "ce", "--logits", inline(x), "--targets", inline(y), *chosen, *ignored)
        ways.agree(library, "ce", "--logits", inline(x), "--targets", inline(q), *chosen)
        last = np.moveaxis(x, 1, -1)
        axis = ["--class-axis", "-1"]
        ways.agree(library, "ce", "--logits", inline(last), "--targets", inline(y), *chosen, *axis)


@every_library
def test_negative_log_likelihood(ways: Ways, library: str) -> None:
    for chosen in options(REDUCTIONS, ["", "--weight 1,2,0.5"], ["", "--ignore-index 0"], ["", "--base 2"]):
        ways.agree(library, "nll", "--log-probs", inline(LOG_P), "--targets", inline(Y), *chosen)


@every_library
def test_binary_cross_entropy(ways: Ways, library: str) -> None:
    clamped = np.where(P > 0.8, 1.0, np.where(P < 0.1, 0.0, P))
    for chosen in options(REDUCTIONS, ["", "--weight 1,2,0.5", "--weight 3"], ["", "--base 2"]):
        ways.agree(library, "bce", "--probs", inline(P), "--targets", inline(BITS), *chosen)
        ways.agree(library, "bce", "--probs", inline(clamped), "--targets", inline(Q), *chosen)


@every_library
def test_binary_cross_entropy_with_logits(ways: Ways, library: str) -> None:
    for chosen in options(
        REDUCTIONS, ["", "--weight 1,2,0.5"], ["", "--pos-weight 3", "--pos-weight 1,1,3"], ["", "--base 2"]
    ):
        for scale in (1, 400):
            x = inline(X * scale)
            ways.agree(library, "bce-logits", "--logits", x, "--targets", inline(BITS), *chosen)


@every_library
def test_soft_margin(ways: Ways, library: str) -> None:
    for chosen in options(REDUCTIONS, ["", "--base 2"]):
        signs = inline(2 * BITS - 1)
        ways.agree(library, "soft-margin", "--scores", inline(X * 90), "--targets", signs, *chosen)


@every_library
def test_divergence(ways: Ways, library: str) -> None:
    certain = np.where(Q < 0.1, 0.0, Q)
    for chosen in options([*REDUCTIONS, "--reduction batchmean"], ["", "--base 2"]):
        x = ["--log-probs", inline(LOG_P)]
        ways.agree(library, "kl", *x, "--targets", inline(certain), *chosen)
        ways.agree(library, "kl", *x, "--targets", inline(np.log(Q)), "--log-target", *chosen)


@every_library
def test_single_precision(ways: Ways, library: str) -> None:
    for loss, takes, x, y in (("ce", "logits", X, Y), ("bce-logits", "logits", X, BITS)):
        arguments = [loss, f"--{takes}", inline(x), "--targets", inline(y), "--dtype", "float32"]
        ways.agree(library, *arguments, tolerance=1e-6)
        assert "float32" in ways.code(library, *arguments)


@every_library
@pytest.mark.parametrize(("x", "y"), [("0.5,1,-inf", "1"), ("0,1", "[1]"), ("[[1,2]]", "[[0,1]]")])
def test_a_single_row(ways: Ways, library: str, x: str, y: str) -> None:
    ways.agree(library, "ce", "--logits", x, "--targets", y)


# ------------------------------------------------------------------------------------------ tables


TABLE = "id,cat,dog,target,weight\nu,0.9,0.1,cat,1\nv,0.8,0.2,dog,2.5\nw,-1e-3,0.3,cat,0.5\n"


@every_library
def test_a_table_with_names_and_sample_weights(ways: Ways, library: str) -> None:
    Path("p.csv").write_text(TABLE)
    for chosen in options(REDUCTIONS, ["", "--weight 1,2"], ["", "--ignore-index 1"], ["", "--base 2"]):
        ways.agree(library, "ce", "p.csv", *chosen)
    assert "csv.DictReader(file)" in ways.code(library, "ce", "p.csv")
    assert 'row["weight"]' in ways.code(library, "ce", "p.csv")


@every_library
def test_several_tables_are_one_data_set(ways: Ways, library: str) -> None:
    Path("a.csv").write_text(TABLE)
    Path("b.csv").write_text(TABLE.replace("0.9", "0.25"))
    ways.agree(library, "ce", "a.csv", "b.csv")


@every_library
@pytest.mark.parametrize(
    ("name", "text", "arguments"),
    [
        ("p.tsv", "a\tb\ty\n1\t2\t0\n3\t-1\t1\n", []),
        ("p.csv", "\ufeffa,b,y\n1,2,0\n3,-1,1\n", []),
        ("p.csv", "a;b;y\n1,5;2;0\n3;-1,25;1\n", ["--delimiter", ";", "--decimal", ","]),
        ("p.csv", "1,2,0\n3,-1,1\n", ["--no-header", "--target-column", "3"]),
        ("p.csv", "0,1,2\n3,-1,1\n", ["--header", "--target-column", "2"]),
        ("p.csv", "a,b,y\n1,2,1.0\n3,-1,0.0\n", []),
        ("p.csv", "a,b,y\n1,2,true\n3,-1,False\n", []),
        ("p.csv", 'a,"b ""c""",y\n"1",2,a\n3,-1,"b ""c"""\n', []),
        ("p.csv", "a,b,ya,yb\n1,2,0,1\n3,-1,1,0\n", ["--target-column", "ya,yb"]),
        ("p.csv", "a,b,ya,yb\n1,2,0.25,0.75\n3,-1,1,0\n", ["--target-column", "ya,yb"]),
        ("p.csv", " a, b, y\n1,2,0\n3,-1,1\n", []),
        ("p.csv", "a,b,y\n1,2,0\nNA,0,1\n3,-1,1\n", ["--missing", "skip"]),
        ("p.csv", "p_x,p_y,y\n1,2,x\n3,-1,y\n", []),
        ("p.json", '[{"a": 1, "b": 2, "y": 0}, {"a": 3, "b": -1, "y": 1}]', []),
        ("p.json", '[{"a": 1, "b": 2, "y": "b"}, {"a": 3, "b": -1, "y": "a"}]', []),
        ("p.json", '{"columns": ["a", "b", "y"], "data": [[1, 2, 0], [3, -1, 1]]}', []),
        ("p.json", '{"y":{"0":0,"1":1},"a":{"0":0.1,"1":0.2},"b":{"0":1.0,"1":0.5}}', []),
        ("p.json", '{"0":{"y":0,"a":0.1,"b":1.0},"1":{"y":1,"a":0.2,"b":0.5}}', []),
        ("p.json", '{"y":[0,1],"a":[0.1,0.2],"b":[1.0,0.5]}', []),
        ("p.json", '{"y":[0,1],"a":[0.1,0.2],"b":[1.0,0.5],"weight":[1,3],"note":["u","v"]}', []),
        ("p.json", '{"y":["a","b"],"logit_a":[0.1,0.2],"logit_b":[1.0,0.5]}', []),
        ("p.json", '{"y":{"r":"b","s":"a"},"a":{"r":0.1,"s":0.2},"b":{"r":1.0,"s":0.5}}', []),
        ("p.json", '{"a":[0.1,0.2],"b":[1.0,0.5],"ya":[0,1],"yb":[1,0]}', ["--target-column", "ya,yb"]),
        ("p.json", '{"columns": [0, 1, "y"], "data": [[1, 2, 0], [3, -1, 1]]}', ["--class-columns", "0,1"]),
        ("p.json", '{"logits": [[1, 2], [3, -1]], "targets": [0, 1], "weight": [1, 3]}', []),
        ("p.json", '{"logits": [[1, 2], [3, -1]], "targets": [[0, 1], [1, 0]]}', []),
        ("p.json", '[{"logits": [1, 2], "y": 0}, {"logits": [3, -1], "y": 1}]', []),
        ("p.jsonl", '{"a": 1, "b": 2, "y": true}\n{"a": 3, "b": -1, "y": false}\n', []),
        ("p.jsonl", '{"logits": [1, 2], "y": 0}\n{"logits": [3, -1], "y": 1}\n', []),
    ],
)
def test_every_kind_of_rows(ways: Ways, library: str, name: str, text: str, arguments: list[str]) -> None:
    Path(name).write_text(text, encoding="utf-8")
    ways.agree(library, "ce", name, *arguments)


@every_library
@pytest.mark.parametrize(
    "text",
    [
        "p,y\n0.5,1\n0.25,0\n",
        "p,y\n0.5,true\n0.25,false\n",
        "p,y,weight\n0.5,1,2\n0.25,0,0.5\n",
        "pa,pb,ya,yb,weight\n0.5,0.1,1,0,2\n0.25,0.9,0,1,3\n",
        "pa,pb,ya,yb\n0.5,0.1,true,false\n0.25,0.9,false,true\n",
    ],
)
def test_tables_of_answers(ways: Ways, library: str, text: str) -> None:
    Path("p.csv").write_text(text)
    columns = ["--class-columns", "p*", "--target-column", "y*"]
    for chosen in options(REDUCTIONS, ["", "--weight 3"]):
        ways.agree(library, "bce", "p.csv", *columns, *chosen)


@every_library
def test_a_compressed_table(ways: Ways, library: str) -> None:
    import gzip

    with gzip.open("p.csv.gz", "wt") as file:
        file.write(TABLE)
    ways.agree(library, "ce", "p.csv.gz")
    assert "gzip.open(" in ways.code(library, "ce", "p.csv.gz")


@every_library
def test_a_file_of_another_encoding(ways: Ways, library: str) -> None:
    Path("p.csv").write_bytes("chat,élan,y\n1,2,élan\n3,-1,chat\n".encode("latin-1"))
    ways.agree(library, "ce", "p.csv", "--encoding", "latin-1")


HOSTILE = [
    'say "hi"',
    "it's",
    "back\\slash\\",
    "{braces} %s $x `y`",
    "# no comment",
    "tab\there",
    "line\nbreak",
    "\u202eturned",
    "zero\u200bwidth",
    "smile \U0001f600",
    "tag \U000e0041",
    "last \U0010ffff",
    "\x1b[31mred",
    "null\x00",
    '"""',
    "\\N{BULLET} \\x41 \\",
]
"""Names that a program of the shell, of JSON or of Python would take for something else."""


@every_library
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_of_columns_classes_and_files(ways: Ways, library: str, name: str) -> None:
    rows = [{"b": 1, name: 2, "y": name}, {"b": 3, name: -1, "y": "b"}]
    Path("p.json").write_text(json.dumps(rows), encoding="utf-8")
    Path("p.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    table = {"columns": ["b", name, "y"], "data": [[1, 2, name], [3, -1, "b"]]}
    Path("split.json").write_text(json.dumps(table), encoding="utf-8")
    files = ["p.json", "p.jsonl", "split.json"]
    if "\x00" not in name:
        file = Path(f"{name.replace('/', '')}.csv")
        with file.open("w", newline="", encoding="utf-8") as target:
            csv.writer(target).writerows([list(rows[0]), *(row.values() for row in rows)])
        files.append(str(file))
    for path in files:
        ways.agree(library, "ce", path, "--target-column", "y")
    assert (ways.folder / "emitted.py").read_text(encoding="utf-8").isascii() or "\U0001f600" in name


@every_library
def test_hostile_names_of_arrays(ways: Ways, library: str) -> None:
    for number, name in enumerate(HOSTILE):
        path = f"{number} {name.replace(chr(0), '').replace('/', '')}.npy"
        np.save(path, X)
        Path("y.json").write_text(inline(Y))
        ways.agree(library, "ce", path, "--targets", "@y.json")


# ------------------------------------------------------------------------------------------- arrays


@every_library
def test_array_files(ways: Ways, library: str) -> None:
    x = rng.normal(size=(4, 2, 2, 3))
    np.save("x.npy", x)
    np.save("y.npy", rng.integers(0, 3, size=(4, 2, 2, 1)).astype(np.uint8))
    np.save("onehot.npy", np.eye(3, dtype=np.int64)[rng.integers(0, 3, size=(4, 2, 2))])
    np.save("q.npy", rng.dirichlet([1, 1, 1], size=(4, 2, 2)))
    for y, chosen in itertools.product(["y", "onehot", "q"], options(REDUCTIONS, ["", "--weight 1,2,3"])):
        axis = ["--class-axis", "-1"]
        ways.agree(library, "ce", "x.npy", "--targets", f"@{y}.npy", *axis, *chosen)
        ways.agree(library, "ce", "--logits", "@x.npy", "--targets", f"@{y}.npy", *axis, *chosen)
    assert 'np.moveaxis(np.load("x.npy"), -1, 1)' in ways.code(
        library, "ce", "x.npy", "--targets", "@y.npy", "--class-axis", "-1"
    )


@every_library
def test_named_arrays_with_sample_weights(ways: Ways, library: str) -> None:
    x, y = rng.normal(size=(4, 3, 2)), rng.integers(0, 3, size=(4, 2))
    np.savez("d.npz", logits=x, labels=y, sample_weight=[1.0, 2.0, 0.5, 1.5], weight=[1.0, 2.0, 3.0])
    for chosen in options(REDUCTIONS, ["", "--ignore-index 1"]):
        ways.agree(library, "ce", "d.npz", *chosen)
    np.savez("e.npz", logits=x, labels=(y[:, None] > 0) * np.ones((4, 3, 2)), sample_weight=[1, 2, 3, 4])
    for chosen in options(REDUCTIONS):
        ways.agree(library, "bce-logits", "e.npz", *chosen)


@every_library
def test_an_array_for_each_class(ways: Ways, library: str) -> None:
    np.savez("c.npz", y=[0, 1, 1], a=[0.1, 0.2, 0.3], b=[1.0, 0.5, 2.0], sample_weight=[1, 2, 3])
    np.savez("n.npz", y=["a", "b", "b"], logit_a=[0.1, 0.2, 0.3], logit_b=[1.0, 0.5, 2.0])
    for chosen in options(REDUCTIONS):
        ways.agree(library, "ce", "c.npz", *chosen)
        ways.agree(library, "ce", "n.npz", *chosen)


@every_library
def test_rows_of_json_beside_targets_of_another_file(ways: Ways, library: str) -> None:
    Path("rows.json").write_text('[{"a": 1, "b": 2}, {"a": 3, "b": -1}]')
    Path("y.json").write_text("[0, 1]")
    Path("names.json").write_text('["b", "a"]')
    ways.agree(library, "ce", "rows.json", "--targets", "@y.json")
    ways.agree(library, "ce", "rows.json", "--targets", "@names.json")


@every_library
def test_json_arrays(ways: Ways, library: str) -> None:
    Path("x.json").write_text(inline(X))
    Path("y.json").write_text(inline(Y))
    ways.agree(library, "ce", "--logits", "@x.json", "--targets", "@y.json")
    ways.agree(library, "ce", "--logits", inline(X), "--targets", "@y.json")


# --------------------------------------------------------------------------------- the program's manners


@every_library
def test_standard_input_is_written_out(library: str, tmp_path: Path) -> None:
    done = celoss("ce", "--emit", library, data=TABLE)
    assert (done.returncode, done.stderr) == (0, "")
    assert "[0.9, 0.1], [0.8, 0.2], [-0.001, 0.3]" in done.stdout


def test_nothing_but_the_code_is_on_standard_output() -> None:
    done = celoss("ce", "--logits", "0.9,0.1;0.8,0.2", "--targets", "0,1", "--emit", "numpy")
    assert done.stderr == ""
    assert done.stdout == (
        "# cross_entropy, reduction mean: celoss computes 0.7042943082168317\n"
        "import numpy as np\n"
        "\n"
        "logits = np.array([[0.9, 0.1], [0.8, 0.2]])\n"
        "targets = np.array([0, 1])\n"
        "\n"
        "z = logits - logits.max(axis=1, keepdims=True)\n"
        "log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))\n"
        "losses = -log_p[np.arange(len(targets)), targets]\n"
        "loss = losses.mean()\n"
        "print(loss.item())\n"
    )


def test_pytorch_is_one_call() -> None:
    done = celoss("ce", "-x", "1,2;3,4", "-y", "0,-1", "--ignore-index", "-1", "--emit", "torch")
    assert done.stdout.splitlines()[-2:] == [
        'loss = F.cross_entropy(logits, targets, ignore_index=-1, reduction="mean")',
        "print(loss.item())",
    ]


def test_no_line_of_code_is_wider_than_100_characters() -> None:
    x = inline(rng.normal(size=(30, 20)))
    y = inline(rng.integers(0, 20, size=30))
    for library in LIBRARIES:
        done = celoss("ce", "--logits", x, "--targets", y, "--emit", library)
        assert max(map(len, done.stdout.splitlines())) <= 100


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--json"], 2, "Expected no --json with --emit, got one."),
        (["--format", "csv"], 2, "Expected no --format with --emit, got one."),
        (["--max", "1"], 2, "Expected no --max with --emit, got one."),
        (["--grad"], 2, "Expected no --grad with --emit, got one."),
        (["--by", "class"], 2, "Expected no --by with --emit, got one."),
        (["--emit-partial", "x.json"], 2, "Expected no --emit-partial with --emit, got one."),
        (["--on-empty", "nan"], 2, "Expected no --on-empty with --emit, got nan."),
        (["--targets", "0,5"], 2, "Expected --targets once"),
    ],
)
def test_options_that_say_something_of_a_result_are_refused(
    arguments: list[str], code: int, said: str
) -> None:
    done = celoss("ce", "-x", "1,2;3,4", "--targets", "0,1", "--emit", "numpy", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr


def test_another_library_is_refused() -> None:
    done = celoss("ce", "-x", "1,2", "-y", "0", "--emit", "keras")
    assert done.returncode == 2
    assert 'expected torch, numpy, got "keras"' in done.stderr


def test_the_number_in_the_heading_is_that_of_celoss() -> None:
    arguments = ["ce", "-x", "1,2;3,4", "-y", "0,1", "--weight", "1,3"]
    heading = celoss(*arguments, "--emit", "numpy").stdout.splitlines()[0]
    value = celoss(*arguments, "--format", "value").stdout.strip()
    assert heading == f"# cross_entropy, reduction mean: celoss computes {value}"


def test_a_format_of_the_surroundings_does_not_concern_it() -> None:
    done = celoss("ce", "-x", "1,2", "-y", "0", "--emit", "numpy", CELOSS_FORMAT="csv")
    assert (done.returncode, done.stdout[:1]) == (0, "#")


def test_bad_data_is_refused_as_without_it() -> None:
    done = celoss("ce", "-x", "1,2", "-y", "5", "--emit", "numpy")
    assert (done.returncode, done.stdout) == (3, "")
    assert "Expected a target from 0 to 1 (2 classes), got 5." in done.stderr


def test_findings_are_told_on_standard_error() -> None:
    done = celoss("nll", "-x", "1,2;3,4", "-y", "0,1", "--emit", "numpy")
    assert done.returncode == 0
    assert "CEL103" in done.stderr
    assert done.stdout.startswith("# nll_loss")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bce-logits", "-x", "-inf,2", "-y", "0,1"], "Expected finite values with --emit"),
        (["ce", "-x", "[[-inf,2]]", "-y", "[[0.0,1.0]]"], "Expected finite values with --emit"),
        (
            ["soft-margin", "-x", "-1000,2", "-y", "1,1"],
            "Expected scores of a size up to 700 for this library, got 1000",
        ),
    ],
)
def test_values_that_the_library_computes_otherwise_are_refused(arguments: list[str], said: str) -> None:
    done = celoss(*arguments, "--emit", "torch")
    assert (done.returncode, done.stdout) == (3, "")
    assert said in done.stderr


def test_too_many_weights_are_not_written_out(tmp_path: Path) -> None:
    for name in ("x", "y", "w"):
        np.save(tmp_path / f"{name}.npy", np.ones(10_001))
    x, y, w = (f"@{tmp_path / name}.npy" for name in "xyw")
    done = celoss("bce", "-x", x, "-y", y, "--weight", w, "--emit", "numpy")
    assert (done.returncode, done.stdout) == (3, "")
    assert "Expected at most 10000 values of weight to write out, got 10001." in done.stderr


def test_too_many_values_are_not_written_out() -> None:
    table = "a,b,y\n" + "0.5,0.25,1\n" * 5001
    done = celoss("ce", "--emit", "numpy", data=table)
    assert (done.returncode, done.stdout) == (3, "")
    assert "Expected at most 10000 values to write out, got 10002." in done.stderr


def test_a_large_table_is_read_by_the_code(ways: Ways) -> None:
    Path("p.csv").write_text("a,b,y\n" + "0.5,0.25,1\n" * 5001)
    ways.agree("numpy", "ce", "p.csv")


@every_library
def test_targets_that_are_joined_are_written_out(ways: Ways, library: str) -> None:
    Path("p.csv").write_text("id,a,b\nu,1,2\nv,3,-1\n")
    Path("truth.csv").write_text("id,answer\nv,a\nu,b\n")
    ways.agree(library, "ce", "p.csv", "--targets", "@truth.csv")
    assert "targets = " in ways.code(library, "ce", "p.csv", "--targets", "@truth.csv")


@every_library
def test_targets_that_are_ignored_by_default(ways: Ways, library: str) -> None:
    for chosen in options(REDUCTIONS, ["", "--weight 1,2"]):
        ways.agree(library, "ce", "-x", "1,2;3,4;0,5", "-y", "0,-100,1", *chosen)


def test_every_loss_has_its_formula_in_arrays() -> None:
    assert all(spec.emitted is not None for spec in LOSSES.values())


# ------------------------------------------------------------------------- targets that are mapped

MAPPED = [
    (
        "ce",
        "a,b,c,y\n1,2,0,1\n3,-1,0,2\n1,0,0,1\n",
        ["--first-class", "1"],
        [[1, 2, 0], [3, -1, 0], [1, 0, 0]],
        [0, 1, 0],
    ),
    ("ce", "a,b,y\n1,2,X\n3,-1,Y\n", ["--class-map", "X=b,Y=a"], [[1, 2], [3, -1]], [1, 0]),
    ("ce", "a,b,y\n10%,90%,0\n20%,80%,1\n", ["--percent"], [[0.1, 0.9], [0.2, 0.8]], [0, 1]),
    ("ce", "a,b,y\n# of old\n1,2,0\n3,-1,1\n", ["--comment", "#"], [[1, 2], [3, -1]], [0, 1]),
    ("bce", "p,label\n0.2,1\n0.7,0\n", ["--positive", "0"], [0.2, 0.7], [0, 1]),
    ("bce", "p,label\n0.2,1\n0.7,2\n", ["--positive", "2"], [0.2, 0.7], [0, 1]),
    ("bce", "p,label\n0.2,yes\n0.7,no\n", [], [0.2, 0.7], [1, 0]),
    ("bce", "p,label\n0.2,1\n0.7,-1\n", [], [0.2, 0.7], [1, 0]),
    ("bce-logits", "logit,label\n0.2,1\n0.7,0\n", ["--positive", "0"], [0.2, 0.7], [0, 1]),
    ("soft-margin", "score,label\n0.2,1\n0.7,0\n", ["--positive", "0"], [0.2, 0.7], [-1, 1]),
]
"""A loss, a table, the options that map it, and the values that it means."""


@every_library
@pytest.mark.parametrize(("loss", "table", "arguments", "input", "target"), MAPPED)
def test_code_has_the_targets_that_were_computed_with(
    ways: Ways, library: str, loss: str, table: str, arguments: list[str], input: list, target: list
) -> None:
    Path("p.csv").write_text(table)
    flag = f"--{LOSSES[loss].takes}"
    plain = [loss, flag, json.dumps(input), "--targets", json.dumps(target)]
    expected = float(celoss(*plain, "--format", "value").stdout)
    assert ways.by_code(library, loss, "p.csv", *arguments) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("table", "arguments", "said"),
    [
        ("a,b,y\n" + "1,2,1\n3,-1,2\n" * 2501, ["--first-class", "1"], "--first-class"),
        ("a,b,y\n" + "1,2,X\n3,-1,Y\n" * 2501, ["--class-map", "X=b,Y=a"], "--class-map"),
    ],
)
def test_too_many_mapped_values_are_refused_with_what_maps_them(
    ways: Ways, table: str, arguments: list[str], said: str
) -> None:
    Path("p.csv").write_text(table)
    done = celoss("ce", "p.csv", *arguments, "--emit", "numpy")
    assert (done.returncode, done.stdout) == (3, "")
    assert f"the code does not read files with this: {said}" in done.stderr


def test_many_answers_that_are_texts_are_refused(ways: Ways) -> None:
    Path("p.csv").write_text("p,label\n" + "0.2,yes\n0.7,no\n" * 5001)
    done = celoss("bce", "p.csv", "--emit", "numpy")
    assert (done.returncode, done.stdout) == (3, "")
    assert 'the code does not read files with this: targets read as 1 where they are "yes"' in done.stderr


def test_every_option_of_reading_is_read_by_the_code_or_has_the_values_written_out() -> None:
    named = {option.name for option in options_in(ReadingOptions)}
    assert set(READ_BY_CODE) <= named
    assert named - set(READ_BY_CODE) == {
        *("percent", "comment", "missing", "positive", "first_class", "class_map", "target_is"),
        *("choice_norm", "allow_nonfinite", "clip_domain", "predicted_column"),
    }


# ------------------------------------------------------------------------------------------- literals


def test_literals_read_back_as_the_same_numbers() -> None:
    values = [0.1, 1e-310, -0.0, 2**53 + 2.0, 1 / 3]
    assert eval(literal(values, "np"), {}) == values  # noqa: S307 - our own text
    assert literal([math.inf, -math.inf, math.nan, 3], "np") == "[np.inf, -np.inf, np.nan, 3]"
    nested = rng.normal(size=(3, 2, 9)).tolist()
    assert eval(literal(nested, "np"), {}) == nested  # noqa: S307
    assert max(map(len, literal(nested, "np").splitlines())) <= 88


def test_texts_are_python_and_hide_nothing() -> None:
    assert string('a"b') == '"a\\"b"'
    assert strings(["é", "b"]) == '["é", "b"]'
    assert string("a\u202eb\n") == '"a\\u202eb\\n"'
    assert string("\U000e0041\U0001f600") == '"\\U000e0041\U0001f600"'
    assert string("\udc80'") == '"\\udc80\'"'
    assert assigned("x", "f", "[1]", "dtype=int") == "x = f([1], dtype=int)"
