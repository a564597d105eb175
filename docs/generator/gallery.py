"""The gallery: pictures that celoss draws of the examples, each with the command that drew it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from generator.sessions import Session, session

__all__ = ["PICTURES", "pages"]


class Picture(NamedTuple):
    """One picture: its file in docs/gallery, a heading, what to see in it, and the command without ``-o``."""

    name: str
    heading: str
    seen: str
    command: str


PICTURES = (
    Picture(
        "steps",
        "Every step of a loss",
        "The table of steps as a terminal shows it: logits, softmax, and the loss of each class.",
        "celoss ce preds.csv --rows 1 --format svg",
    ),
    Picture(
        "curve",
        "Rows on the curve of a loss",
        "The loss against the probability of the target, with the rows of the data on it.",
        "celoss plot ce new.csv",
    ),
    Picture(
        "binary",
        "The two branches of a binary loss",
        "Confident and wrong costs without bound; confident and right costs nothing.",
        "celoss plot bce-logits --logits 4,2,-1,-3 --targets 1,0,0,1",
    ),
    Picture(
        "histogram",
        "How the losses are spread",
        "Most rows cost little; the mean lies to the right of the median because a few cost much.",
        "celoss plot ce dumps/iris.csv --kind histogram",
    ),
    Picture(
        "classes",
        "Which class costs most",
        "The mean loss of each class.",
        "celoss plot ce dumps/iris.csv --kind classes",
    ),
    Picture(
        "reliability",
        "Do the probabilities come true?",
        "A reliability diagram: the accuracy of predictions of like confidence, against that confidence.",
        "celoss plot ce new.csv --kind reliability --bins 10",
    ),
    Picture(
        "tokens",
        "The tokens of a language model",
        "What each token of a text costs, and the same total by every divisor.",
        "celoss nll scored.jsonl --rows 1 --format svg",
    ),
    Picture(
        "reconcile",
        "Where a number comes from",
        "The wrong axis and a moved decimal point, found from the number that an article printed.",
        "celoss reconcile column-softmax.json --got 0.1365 --format svg",
    ),
)

_REPORT = "celoss report old.csv --loss ce --rows 2"

_PLAY = "celoss play"

_HEAD = f"""# Gallery

celoss draws in the terminal, and into SVG files that need no extra package. Each picture here was drawn by
the command below it, in the folder `examples`.

[A report](gallery/report.html) puts the pictures of a file on one page, with the worst rows and the findings.
It is a single file that needs no network:

```sh
{_REPORT} -o report.html
```

[A page to play with](gallery/play.html) is another: move a logit, and everything follows.

```sh
{_PLAY} -o play.html
```
"""


def pages() -> Iterator[tuple[str, str]]:
    """The pictures, the report, and the page that shows them."""
    with session("examples") as here:
        for picture in PICTURES:
            yield f"docs/gallery/{picture.name}.svg", _written(here, picture.command, "picture.svg")
        yield "docs/gallery/report.html", _written(here, _REPORT, "report.html")
        yield "docs/gallery/play.html", _written(here, _PLAY, "play.html")
    yield "docs/gallery.md", _HEAD + "".join(map(_section, PICTURES))


def _written(here: Session, command: str, file: str) -> str:
    """What a command writes into a file."""
    told = here.answer(f"{command} -o {file}")
    assert here.code == 0, told
    return (here.folder / file).read_text(encoding="utf-8")


def _section(picture: Picture) -> str:
    return f"""
## {picture.heading}

{picture.seen}

![{picture.heading}](gallery/{picture.name}.svg)

```sh
{picture.command} -o {picture.name}.svg
```
"""
