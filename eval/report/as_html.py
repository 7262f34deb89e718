"""A graded run as one page that asks nothing of the network.

Figures and plots are written as they are; questions stand in the page as JSON, in parts that its
script reads when they are wanted, so that thousands of them open at once. The page is written as
answers are read back, one at a time.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path

from eval.gate import Kept
from eval.journal import Journal
from eval.report.html_parts import summary
from eval.report.shown_case import Texts, detail, row, to_json
from eval.run import EvalResult
from eval.tables import counted

_PART = 50  # questions that are read together when one of them is opened
_TEXTS = 100  # texts of sections that are


def write_html(
    result: EvalResult, journal: Journal, path: Path, *, kept: Sequence[Kept] = ()
) -> None:
    """Write the page.

    Args:
        result: What was graded.
        journal: The answers to its cases.
        path: Where the page goes; what is there is replaced.
        kept: The thresholds that were set.
    """
    with path.open("w", encoding="utf-8", errors="replace", newline="\n") as stream:
        for piece in _pieces(result, journal, kept):
            stream.write(piece)


def _pieces(result: EvalResult, journal: Journal, kept: Sequence[Kept]) -> Iterator[str]:
    style, script = _asset("report.css"), _asset("report.js")
    allowed = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    questions = counted(len(result.cases), "question", "questions")
    title = f"{questions} on {counted(result.made_with.posts, 'post', 'posts')}"
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        f"style-src 'unsafe-inline'; script-src 'sha256-{allowed}'; base-uri 'none'; "
        "form-action 'none'\">\n"
        f"<title>{escape(title)} – pullquote eval</title>\n<style>\n{style}</style>\n</head>\n"
        "<body>\n"
    )
    yield summary(result, kept, title)
    rows: list[str] = []
    yield from _questions(result, journal, rows)
    yield _data("rows", 0, rows)
    yield f"<script>{script}</script>\n</body>\n</html>\n"


def _questions(result: EvalResult, journal: Journal, rows: list[str]) -> Iterator[str]:
    """The parts of the JSON; what the list of questions needs goes to `rows`."""
    texts, part, of_part = Texts(), 0, 0
    waiting: list[str] = []
    details: list[str] = []
    for case, grade in zip(result.cases, result.grades.cases, strict=True):
        entry = journal.entry(case.id)
        rows.append(to_json(row(case, grade, entry)))
        details.append(to_json(detail(case, grade, entry, texts)))
        waiting += map(to_json, texts.taken())
        while len(waiting) >= _TEXTS:
            yield _data("texts", part, waiting[:_TEXTS])
            waiting, part = waiting[_TEXTS:], part + 1
        if len(details) == _PART:
            yield _data("details", of_part, details)
            details, of_part = [], of_part + 1
    yield _data("details", of_part, details)
    yield _data("texts", part, waiting)


def _data(name: str, part: int, items: Iterable[str]) -> str:
    """A JSON array that the script finds by its name and part."""
    return f'<script type="application/json" id="{name}-{part}">[{",".join(items)}]</script>\n'


def _asset(name: str) -> str:
    return (files("eval.assets") / name).read_text(encoding="utf-8")
