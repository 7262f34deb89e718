"""How many questions are refused for a name that no post mentions: the rule alone, before a search.

    python -m eval.unknown_names --index INDEX --cases CASES.jsonl [--cases CASES.jsonl]
    python -m eval.unknown_names --squad SQUAD_DEV.json

Of answerable questions none should be. SQuAD 2.0 is read as a list of paragraphs and a list of
questions that name theirs, as `eval.fit.reader` takes it; its articles become one site, made with
the `hash` embedder, since the rule asks for words and no vectors. Questions of which the file does
not tell whether they can be answered are passed over.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eval.bootstrap import estimate, mean
from eval.cases.cases import load_cases
from eval.corpora.corpus import plain_post
from eval.hashes import made_with_text
from eval.small_index import SmallPost, small_assistant
from eval.tables import shown, table
from rag.assistant import Assistant
from rag.embedding.embedder import HashEmbedder
from rag.settings import load_settings
from rag.types import Turn

Asked = tuple[str, Sequence[Turn], bool]
"""A question, the turns before it, and whether the posts answer it."""


@dataclass(frozen=True, slots=True)
class Named:
    """A question, and the names in it that no post mentions."""

    question: str
    answerable: bool
    unknown: tuple[str, ...]


def unknown_names(assistant: Assistant, asked: Iterable[Asked]) -> list[Named]:
    """What the rule says of questions.

    Args:
        assistant: Whose index holds the posts.
        asked: What it is asked of.
    """
    understand = assistant.pipeline.understand
    return [
        Named(question, answerable, understand(question, history=history).unmentioned)
        for question, history, answerable in asked
    ]


def names_text(title: str, found: Sequence[Named]) -> str:
    """How many are refused, with intervals, and which of those that the posts answer."""
    rows = []
    for answerable, name in ((True, "with an answer"), (False, "without one")):
        own = [bool(one.unknown) for one in found if one.answerable == answerable]
        share = estimate(np.array(own, dtype=np.float64).reshape(-1, 1), mean)
        rows.append([f"{title}, {name}", f"{len(own):,}", f"{sum(own):,}", shown(share)])
    wrong = [one for one in found if one.answerable and one.unknown]
    lines = [f"- {one.question} ({', '.join(one.unknown)})" for one in wrong]
    told = ["Refused with an answer:\n\n" + "\n".join(lines)] if lines else []
    return "\n\n".join([table(["questions", "n", "refused", "share"], rows), *told])


def squad(file: Path) -> tuple[tuple[SmallPost, ...], list[Asked]]:
    """The articles as posts, and the questions of which it is known whether they are answered."""
    data = json.loads(file.read_text(encoding="utf-8"))
    articles: dict[str, list[str]] = {}
    for paragraph in data["paras"]:
        articles.setdefault(paragraph["title"].replace("_", " "), []).append(paragraph["text"])
    posts = tuple(plain_post(title, "\n".join(texts)) for title, texts in articles.items())
    asked: list[Asked] = [
        (one["q"], (), not one["imp"]) for one in data["qs"] if one["imp"] or one["ans"]
    ]
    return posts, asked


def _of_cases(files: Sequence[Path]) -> Iterator[Asked]:
    for case in (case for file in files for case in load_cases(file)):
        yield case.question, case.history, case.answerable


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--index", type=Path, help="for --cases: of the posts")
    parser.add_argument("--cases", type=Path, action="append", default=[])
    parser.add_argument("--squad", type=Path)
    given = parser.parse_args()
    if bool(given.cases) != bool(given.index) or not (given.cases or given.squad):
        parser.error("name --index with --cases, or --squad")
    settings = load_settings()
    if given.cases:
        settings = load_settings(index=given.index)
        with Assistant(settings) as assistant:
            found = unknown_names(assistant, _of_cases(given.cases))
        title = ", ".join(file.name for file in given.cases)
        print(names_text(title, found), end="\n\n")
    if given.squad:
        posts, asked = squad(given.squad)
        with small_assistant(posts, settings, embedder=HashEmbedder()) as assistant:
            print(names_text("SQuAD 2.0", unknown_names(assistant, asked)), end="\n\n")
    print(made_with_text([*given.cases, *filter(None, [given.squad])], settings))


if __name__ == "__main__":
    main()
