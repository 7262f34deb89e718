"""Which questions shipped weights were fitted on: known by a hash of each.

A file is known by its bytes for as long as nobody adds a line to it or takes one away; a question
is known wherever it stands. Those of the package are read where they stand. Of the files that are
not part of it, `fitted_questions.jsonl.gz` holds hashes and no words (`python -m eval.fit.known`
writes it).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from eval.cases.gold import sentence_hash
from rag.asked import turns
from rag.errors import QuestionInvalid

DIGITS = 12  # of a hash: of ten million questions less than one is taken for another
STORED = Path(str(files("eval.data"))) / "fitted_questions.jsonl.gz"
BUNDLED = (
    "blog_18f.jsonl",
    "sample.jsonl",  # with the languages: from where on English is taken for English
    *(f"languages/questions_{name}.jsonl" for name in ("es", "de", "ko", "ja", "en", "cross")),
)
"""Files of `eval/data` whose questions weights were fitted on."""


def question_hash(question: str, earlier: Sequence[str] = ()) -> str:
    """Of a question and those asked before it, whatever their marks, case and white space.

    "And when?" is another question behind another one, so what went before it counts.
    """
    return sentence_hash(" ".join((*earlier, question)))[:DIGITS]


@cache  # they come with the program, and stay as they are while it runs
def fitted_questions() -> frozenset[str]:
    """The hashes of all of them."""
    found = {one for name in BUNDLED for one in questions_in(STORED.parent / name)}
    return frozenset(found.union(*stored_questions().values()))


def stored_questions() -> dict[str, tuple[str, ...]]:
    """The hashes of the questions of each file that is not part of the package, by its sha256."""
    found = {}
    with gzip.open(STORED, "rt", encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            text = line["questions"]
            starts = range(0, len(text), DIGITS)
            found[line["sha256"]] = tuple(text[i : i + DIGITS] for i in starts)
    return found


def questions_in(file: Path) -> tuple[str, ...]:
    """The hashes of the questions of a file of cases; of another file nothing.

    Raises:
        OSError: It cannot be read.
    """
    lines = file.read_text(encoding="utf-8-sig", errors="replace").split("\n")
    return tuple(one for line in lines if (one := _hash_of(line)))


def fitted_in(file: Path) -> tuple[int, int]:
    """How many of a file's questions weights were fitted on, and how many it has."""
    asked = questions_in(file)
    return sum(one in fitted_questions() for one in asked), len(asked)


def _hash_of(line: str) -> str:
    if '"question"' not in line:  # a posts file may be large, and need not be read as JSON
        return ""
    try:
        entry = json.loads(line)
    except ValueError:
        return ""
    if not isinstance(entry, dict) or not isinstance(entry.get("question"), str):
        return ""
    try:
        earlier = [turn.question for turn in turns(entry.get("history"))]
    except QuestionInvalid:
        earlier = []
    return question_hash(entry["question"], earlier)
