"""Values on the command line as programs print them, names of classes, and names of files without their @."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from running import Done, celoss

from celoss_cli.core.errors import InputError
from celoss_cli.read.request import ReadRequest
from celoss_cli.read.values import read_value

X = np.array([[2.5, -0.75, 0.3], [-1.2, 1.9, 0.4]])
Y = np.array([0, 2])


def expected(x: np.ndarray = X, y: np.ndarray = Y) -> float:
    rows = x - np.log(np.exp(x).sum(axis=1, keepdims=True))
    return float(-rows[np.arange(len(y)), y].mean())


def scored(*words: str, cwd: Path | None = None) -> Done:
    return celoss(*words, "--format", "value", cwd=cwd)


INPUTS = {
    "str of NumPy": str(X),
    "repr of NumPy": repr(X),
    "with its type": repr(X.astype(np.float32)),
    "PyTorch": "tensor([[ 2.5000, -0.7500,  0.3000],\n        [-1.2000,  1.9000,  0.4000]])",
    "PyTorch with a gradient": "tensor([[2.5, -0.75, 0.3], [-1.2, 1.9, 0.4]], device='cuda:0', "
    "dtype=torch.float64, grad_fn=<AddmmBackward0>)",
    "PyTorch that requires one": "tensor([[2.5, -0.75, 0.3],\n [-1.2, 1.9, 0.4]], requires_grad=True)",
    "TensorFlow": "<tf.Tensor: shape=(2, 3), dtype=float32, numpy=\narray([[ 2.5 , -0.75,  0.3 ],\n"
    "       [-1.2 ,  1.9 ,  0.4 ]], dtype=float32)>",
    "str of TensorFlow": "tf.Tensor(\n[[ 2.5  -0.75  0.3 ]\n [-1.2   1.9   0.4 ]], "
    "shape=(2, 3), dtype=float32)",
    "JAX": "Array([[ 2.5 , -0.75,  0.3 ],\n       [-1.2 ,  1.9 ,  0.4 ]], dtype=float32)",
    "a list": str(X.tolist()),
    "rows of blanks": "2.5 -0.75 0.3\n-1.2 1.9 0.4\n",
    "commas": "2.5,-0.75,0.3;-1.2,1.9,0.4",
}
TARGETS = {
    "str of NumPy": str(Y),
    "repr of NumPy": repr(Y),
    "with its type": repr(Y.astype(np.int32)),
    "PyTorch": "tensor([0, 2])",
    "PyTorch on a device": "tensor([0, 2], device='cuda:0')",
    "str of TensorFlow": "tf.Tensor([0 2], shape=(2,), dtype=int32)",
    "blanks": "0 2",
    "commas": "0,2",
}


@pytest.mark.parametrize("x", INPUTS)
def test_an_input_as_it_is_printed(x: str) -> None:
    done = scored("ce", "--logits", INPUTS[x], "--targets", "0,2")
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(expected(), rel=1e-12)


@pytest.mark.parametrize("y", TARGETS)
def test_targets_as_they_are_printed(y: str) -> None:
    done = scored("ce", "--logits", str(X.tolist()), "--targets", TARGETS[y])
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(expected(), rel=1e-12)


@pytest.mark.parametrize(
    ("probs", "targets"),
    [
        ("[np.float64(0.25), np.float64(0.5)]", "[np.int64(1), np.int64(0)]"),
        ("[np.float32(0.25), 0.5]", "[np.True_, np.False_]"),
        ("[np.float16(0.25) np.float16(0.5)]", "[np.uint8(1) np.uint8(0)]"),
        ("[tensor(0.25), tensor(0.5, device='cuda:0')]", "[tensor(1), tensor(0)]"),
        ("[tensor(0.2500, grad_fn=<SelectBackward0>), tensor(0.5)]", "[np.str_('yes'), np.str_('no')]"),
    ],
)
def test_lists_of_single_values_with_their_types(probs: str, targets: str) -> None:
    """As NumPy 2 and PyTorch print the scalars in a list of Python."""
    done = scored("bce", "--probs", probs, "--targets", targets)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(-(math.log(0.25) + math.log(0.5)) / 2, rel=1e-12)


def test_what_numpy_prints_of_a_list_of_its_numbers_is_read() -> None:
    values, labels = list(np.array([0.25, 0.5])), list(np.array([1, 0]))
    done = scored("bce", "--probs", str(values), "--targets", str(labels))
    assert float(done.stdout) == pytest.approx(-(math.log(0.25) + math.log(0.5)) / 2, rel=1e-12)


@pytest.mark.parametrize(
    "text", ["[np.float64(x)]", "[os.system('1')]", "[np.float64(0.5]", "np.float64(1)2"]
)
def test_calls_that_are_no_values_are_refused(text: str) -> None:
    assert scored("bce", "--probs", text, "--targets", "1").returncode == 3


def test_single_values_and_truth_values_as_they_are_printed() -> None:
    done = scored("bce", "--probs", "[0.25 0.5 ]", "--targets", "[ True False]")
    assert float(done.stdout) == pytest.approx(-(math.log(0.25) + math.log(0.5)) / 2, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[0. 1. ... 8. 9.]]", "in place of some"),
        ("tensor([[0., 1.,  ..., 8., 9.]])", "in place of some"),
        ("tensor([[1, 2], [3]])", "--logits"),
        ("tensor([[1, 2]", "--logits"),
        ("print([[1, 2]])x", "--logits"),
        ("[1 2] [3 4]", "--logits"),
        ("array(1, 2)", "--logits"),
        ("[[1, 2 3]]", "--logits"),
    ],
)
def test_what_is_no_array_is_refused(text: str, said: str) -> None:
    done = scored("ce", "--logits", text, "--targets", "0")
    assert (done.returncode, said in done.stderr) == (3, True), done.stderr


# --------------------------------------------------------------------------------- names of classes


@pytest.mark.parametrize(
    "targets",
    ["cat,eel", "['cat', 'eel']", "['cat' 'eel']", '["cat", "eel"]', "array(['cat', 'eel'], dtype='<U3')"],
)
def test_names_of_classes_as_targets(targets: str, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("cat,dog,eel\n2.5,-0.75,0.3\n-1.2,1.9,0.4\n")
    done = scored("ce", "p.csv", "--targets", targets, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(expected(), rel=1e-12)


def test_names_that_are_no_classes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("cat,dog,eel\n2.5,-0.75,0.3\n-1.2,1.9,0.4\n")
    done = scored("ce", "p.csv", "--targets", "cat,ape", cwd=tmp_path)
    assert (done.returncode, '"ape"' in done.stderr) == (3, True), done.stderr
    assert scored("ce", "--logits", "[[1, 2]]", "--targets", "cat").returncode == 3


def test_two_answers_as_names(tmp_path: Path) -> None:
    done = scored("bce", "--probs", "0.25,0.5", "--targets", "yes,no")
    assert float(done.stdout) == pytest.approx(-(math.log(0.25) + math.log(0.5)) / 2, rel=1e-12)


# ---------------------------------------------------------------------------------- names of files


def test_files_without_their_mark_are_refused_with_one_command(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    done = scored("ce", "--logits", "x.npy", "--targets", "y.npy", cwd=tmp_path)
    assert done.returncode == 3
    command = done.stderr.splitlines()[-1].split()
    assert command[-4:] == ["--logits", "@x.npy", "--targets", "@y.npy"]
    assert float(celoss(*command[1:], cwd=tmp_path).stdout) == pytest.approx(expected(), rel=1e-12)


def test_targets_that_are_a_file_beside_files(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    done = scored("ce", "x.npy", "--targets", "y.npy", cwd=tmp_path)
    assert done.stderr.splitlines()[-1].endswith("--targets @y.npy")


def test_a_number_that_is_the_name_of_a_file_too_is_a_number(tmp_path: Path) -> None:
    (tmp_path / "0").write_text("1\n")
    done = scored("ce", "--logits", "2,1", "--targets", "0", cwd=tmp_path)
    assert float(done.stdout) == pytest.approx(expected(np.array([[2.0, 1.0]]), np.array([0])), rel=1e-12)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[0.9,0.1],[0.2,0.8]", "expected values in lists, with commas between them, got the end"),
        ("[[0.9,,0.1]]", 'expected values in lists, with commas between them, got ",0.1]]"'),
        ("[[0.9,0.1]]]", 'expected values in lists, with commas between them, got "]"'),
        # Up to Python 3.12 what is not expected begins after the comma, from 3.13 on with it.
        ("[1,]", 'expected values in lists, with commas between them, got "'),
        ("[" * 65 + "1" + "]" * 65, "expected at most 64 levels of nesting, got more"),
        ("[" * 100_000, "expected at most 64 levels of nesting, got more"),
        ('[["0.5",1]]', '[0][0]: expected a number, got ""0.5""'),
        ("[[1,2],[3]]", "expected 2 values at [1], got 1"),
    ],
)
def test_lists_in_brackets_are_refused_where_they_go_wrong(text: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        read_value(text, "--logits", ReadRequest(per_class=True, takes="logits"))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [("[]", []), ("[ ]", []), ("[ [ +1 , .5 ] , [ -inf , 1e3 ] ]", [[1, 0.5], [-np.inf, 1000]])],
)
def test_lists_in_brackets_follow_the_grammar_of_numbers(text: str, value: list[object]) -> None:
    found = read_value(text, "--logits", ReadRequest(per_class=True, takes="logits"))
    assert found.tolist() == value
