"""How often the rules for short answers are right, on questions with marked answers.

    python -m eval.short_answers FILE …

A FILE is in the form of SQuAD (Rajpurkar et al., 2018, https://arxiv.org/abs/1806.03822), or a list
of paragraphs and a list of questions that name theirs, as `eval.fit.reader` takes it. Each question
is asked of the sentence that holds the marked answer: *exact* is the share of the rules' answers
that are the marked one, *right* that of those that are part of it or hold it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eval.bootstrap import estimate, mean
from eval.hashes import made_with_text
from eval.tables import shown, table
from rag.text.sentences import search_words, split_sentences
from rag.text.short_answers import KINDS, asked_for, short_answer

_LITTLE = frozenset("the a an in of on at about around approximately over".split())


@dataclass(frozen=True, slots=True)
class Marked:
    """A question, the sentence with its answer, and the answer."""

    question: str
    title: str
    sentence: str
    answer: str


def marked(file: Path) -> Iterator[Marked]:
    """The questions of a file whose answer lies in one sentence."""
    for question, title, text, start, answer in _asked(json.loads(file.read_text("utf-8"))):
        for sentence in split_sentences(text):
            if sentence.start <= start and start + len(answer) <= sentence.end:
                yield Marked(question, title.replace("_", " "), sentence.text, answer)


def _asked(data: dict[str, Any]) -> Iterator[tuple[str, str, str, int, str]]:
    if "paras" in data:
        for one in data["qs"]:
            paragraph = data["paras"][one["p"]]
            if one["imp"] is False:
                text = paragraph["text"]
                yield one["q"], paragraph["title"], text, text.find(one["ans"]), one["ans"]
        return
    for article in data["data"]:
        for paragraph in article["paragraphs"]:
            for one in paragraph["qas"]:
                for answer in one["answers"][:1]:
                    start, words = answer["answer_start"], answer["text"]
                    title = article.get("title", "")
                    yield one["question"], title, paragraph["context"], start, words


def verdict(one: Marked) -> tuple[bool, bool] | None:
    """Whether what the rules find is the marked answer, and whether one holds the other."""
    span = short_answer(one.question, one.sentence, one.title)
    if span is None:
        return None
    found, wanted = _words(one.sentence[span.start : span.end]), _words(one.answer)
    return found == wanted, f" {found} " in f" {wanted} " or f" {wanted} " in f" {found} "


def rules_text(questions: Sequence[Marked]) -> str:
    """A row for each kind of question and one for all."""
    lines = []
    for kind in (*KINDS, "all"):
        kinds = KINDS if kind == "all" else (kind,)
        own = [one for one in questions if asked_for(one.question) in kinds]
        verdicts = [one for one in map(verdict, own) if one is not None]
        rows = np.array(verdicts, float).reshape(-1, 2)
        figures = [shown(estimate(rows[:, [i]], mean)) for i in (0, 1)]
        lines.append([kind, str(len(own)), str(len(verdicts)), *figures])
    return table(["asks", "questions", "with an answer", "exact", "right"], lines)


def _words(text: str) -> str:
    return " ".join(word for word in search_words(text).lower().split() if word not in _LITTLE)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, nargs="+")
    seen: set[str] = set()
    for file in parser.parse_args().file:
        # Questions of a file before are not counted again.
        questions = [one for one in marked(file) if one.question not in seen]
        seen |= {one.question for one in questions}
        print(f"{file.name}\n\n{rules_text(questions)}\n\n{made_with_text([file])}\n")


if __name__ == "__main__":
    main()
