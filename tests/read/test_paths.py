"""Patterns find each file once, within bounds, whatever links there are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from celoss_cli.core.errors import InputError, LimitError, UsageError
from celoss_cli.read import patterns
from celoss_cli.read.paths import each_once, files_of, keys_of
from celoss_cli.read.patterns import matching


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files two folders deep, a hidden one, and a link to the folder above."""
    monkeypatch.chdir(tmp_path)
    for name in (
        "a.csv",
        "b.csv",
        "c.json",
        "x/a.csv",
        "x/y/a.csv",
        "x/y/d.csv",
        ".h/a.csv",
        "x/.hidden.csv",
    ):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("")
    os.symlink("..", "x/up")


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.csv", ["a.csv", "b.csv"]),
        ("[b-c].*", ["b.csv", "c.json"]),
        ("x/*/a.csv", ["x/up/a.csv", "x/y/a.csv"]),  # a link that the pattern itself goes through
        ("**/a.csv", ["a.csv", "x/a.csv", "x/y/a.csv"]),
        ("**/**/**/a.csv", ["a.csv", "x/a.csv", "x/y/a.csv"]),
        ("**/y/**", ["x/y/a.csv", "x/y/d.csv"]),
        ("x/**/*.csv", ["x/a.csv", "x/y/a.csv", "x/y/d.csv"]),
        (".h/*.csv", [".h/a.csv"]),
        ("x/.*.csv", ["x/.hidden.csv"]),
    ],
)
def test_a_pattern_matches_files_by_name(pattern: str, found: list[str]) -> None:
    assert matching(pattern) == found


def test_a_pattern_is_relative_to_its_folder_or_begins_at_the_root(tmp_path: Path) -> None:
    assert matching("*/*.csv", "x") == ["x/up/a.csv", "x/up/b.csv", "x/y/a.csv", "x/y/d.csv"]
    assert matching(f"{tmp_path}/x/*.csv", "elsewhere") == [f"{tmp_path}/x/a.csv"]


@pytest.mark.parametrize("pattern", ["*.parquet", "nowhere/*.csv", "a.csv/*", "**/z/*.csv"])
def test_a_pattern_that_matches_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(InputError, match=r"^expected files that match .*, got none"):
        matching(pattern)


def test_a_search_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "MOST_ENTRIES", 5)
    with pytest.raises(LimitError, match="expected at most 5 names to look at"):
        matching("**/a.csv")


def test_many_stars_look_at_each_folder_once_for_each_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    deep = Path("deep", *"abcdefghij")
    deep.mkdir(parents=True)
    (deep / "z.csv").write_text("")
    monkeypatch.setattr(patterns, "MOST_ENTRIES", 500)
    assert matching("deep/**/*/**/*/**/*/**/*/**/z.csv") == [str(deep / "z.csv")]


def test_a_file_counts_once_under_any_name() -> None:
    os.symlink("a.csv", "link.csv")
    os.link("b.csv", "hard.csv")
    assert each_once(["a.csv", "link.csv", "b.csv", "hard.csv", "x/a.csv"]) == ["a.csv", "b.csv", "x/a.csv"]


def test_what_is_no_file_is_kept_by_its_name() -> None:
    assert each_once(["-", "nowhere.csv", "x", "/dev/null"]) == ["-", "nowhere.csv", "x", "/dev/null"]


@pytest.mark.parametrize("name", ["a.csv", "-", "nowhere.csv"])
def test_one_name_twice_is_a_mistake(name: str) -> None:
    with pytest.raises(UsageError, match=r"^Expected each file once, got .* twice"):
        each_once([name, "b.csv", name])


@pytest.mark.parametrize(
    ("named", "found"),
    [
        (["x"], ["x/a.csv", "x/y/a.csv", "x/y/d.csv"]),  # neither what is hidden nor what a link leads to
        (["x/"], ["x/a.csv", "x/y/a.csv", "x/y/d.csv"]),
        (["b.csv", "x/y"], ["b.csv", "x/y/a.csv", "x/y/d.csv"]),
        (["x/y/d.csv", "x/**/*.csv"], ["x/y/d.csv", "x/a.csv", "x/y/a.csv"]),
        (["x/y/*.csv", "x"], ["x/y/a.csv", "x/y/d.csv", "x/a.csv"]),
        (["odd[1].csv"], ["odd[1].csv"]),
        (["-", "nowhere.csv"], ["-", "nowhere.csv"]),
    ],
)
def test_names_mean_files(named: list[str], found: list[str]) -> None:
    Path("odd[1].csv").write_text("")
    for name in ("_SUCCESS", ".part.crc", "_delta_log/0.json", "y/_tmp"):
        Path("x", name).parent.mkdir(exist_ok=True)
        Path("x", name).write_text("")
    assert files_of(named) == found


def test_files_are_relative_to_a_folder(tmp_path: Path) -> None:
    assert files_of(["y", "a.csv"], "x") == ["x/y/a.csv", "x/y/d.csv", "x/a.csv"]
    assert files_of([f"{tmp_path}/x/y"], "elsewhere") == [f"{tmp_path}/x/y/a.csv", f"{tmp_path}/x/y/d.csv"]


@pytest.mark.parametrize("named", [["x/*.csv", "x/*.csv"], ["a.csv", "a.csv"], ["x", "x"]])
def test_one_name_twice_is_refused_whatever_it_means(named: list[str]) -> None:
    with pytest.raises(UsageError, match="Expected each file once"):
        files_of(named)


def test_a_folder_without_data_is_refused() -> None:
    Path("none").mkdir()
    Path("none/_SUCCESS").write_text("")
    with pytest.raises(InputError, match=r"^none: expected files of data in the directory, got none"):
        files_of(["none"])


def test_a_link_to_nowhere_is_no_file_that_may_be_left_out() -> None:
    os.symlink("gone.csv", "x/broken.csv")
    assert matching("x/*.csv") == ["x/a.csv", "x/broken.csv"]


def test_a_folder_that_cannot_be_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = os.scandir

    def denied(folder: str) -> object:
        if folder == "x/y":
            raise PermissionError(13, "Permission denied")
        return listed(folder)

    monkeypatch.setattr(os, "scandir", denied)
    with pytest.raises(InputError, match=r"^x/y: Permission denied\.$"):
        files_of(["x"])


def test_keys_are_those_of_folders() -> None:
    assert keys_of("a=1/b=x%3Ay/=/k=/lr=0.1.csv") == {"a": "1", "b": "x:y", "k": ""}
    assert keys_of("lr=0.1.csv") == keys_of("plain/p.csv") == {}


def test_folders_of_windows_have_keys_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns.os, "sep", "\\")
    assert keys_of(r"logs\day=2026-01-01\p.csv") == {"day": "2026-01-01"}
    assert keys_of("logs/day=2026-01-01/p.csv") == {"day": "2026-01-01"}
