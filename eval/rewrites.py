"""How well follow-up questions are rewritten: beside people's rewritings, and in what they find.

    python -m eval.rewrites canard/dev.json
    python -m eval.rewrites --index INDEX --cases CASES.jsonl

The first takes a file in the form of CANARD (Elgohary et al., 2019,
https://doi.org/10.18653/v1/D19-1605): a list of questions with the conversation before them and a
rewriting that a person wrote. Counted are words that say something (no stop words) and that the
question itself does not have. The second searches for the questions of a case file that have a
conversation, as they were asked and with the rewriting.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, TypeAdapter, ValidationError

from eval.cases import Case, load_cases, resolve_gold
from eval.gold import RetrievedText
from eval.report import rankings_text
from eval.retrieval import RankingFigures, rank_metrics
from rag.assistant import Assistant
from rag.errors import SourceError
from rag.followups import standalone
from rag.settings import load_settings
from rag.text import STOP_WORDS, search_words
from rag.types import Turn

ALONE, WITH = "as asked", "with its rewriting"


class _Line(BaseModel):
    """A question of CANARD; its first two utterances are an article's title and a heading."""

    History: tuple[str, ...]
    Question: str
    Rewrite: str


@dataclass(frozen=True, slots=True)
class Rewriting:
    """A question, its conversation, and what a person made of it."""

    question: str
    history: tuple[Turn, ...]
    by_a_person: str


@dataclass(frozen=True, slots=True)
class RewriteFigures:
    """Over all questions; shares in [0, 1]."""

    leaning: int
    """Questions to which a person added words."""
    complete: int
    """Questions to which a person added none."""
    found: float
    """Share of a person's new words that ours has too; mean over the leaning questions."""
    right: float
    """Share of our new words that a person's has too; mean over the questions we added to."""
    rewritten: float
    """Share of the leaning questions that we added something to."""
    left_alone: float
    """Share of the complete questions that we added nothing to."""
    added: float
    """New words of ours, mean over the questions we added to."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, nargs="?", help="rewritings in the form of CANARD")
    parser.add_argument("--index", type=Path)
    parser.add_argument("--cases", type=Path)
    arguments = parser.parse_args()
    if (arguments.file is None) == (arguments.cases is None):
        parser.error("name either a file of rewritings or --cases")
    turns = load_settings().history_turns
    if arguments.file:
        print(rewrites_text(grade_rewrites(load_rewritings(arguments.file), turns=turns)))
    else:
        with Assistant.open(arguments.index) as assistant:
            print(rankings_text(compare_searches(load_cases(arguments.cases), assistant)))


def load_rewritings(file: Path) -> tuple[Rewriting, ...]:
    """The questions of a file.

    Raises:
        SourceError: It cannot be read, or has another form.
    """
    try:
        lines = TypeAdapter(tuple[_Line, ...]).validate_json(file.read_bytes())
    except OSError as error:
        raise SourceError(
            f"{file} cannot be read: {error.strerror or error}.", hint="Look at the path."
        ) from error
    except ValidationError as error:
        raise SourceError(
            f"{file} is no list of rewritings: {error.errors()[0]['msg']}.",
            hint='Each has "History", "Question" and "Rewrite".',
        ) from error
    return tuple(Rewriting(one.Question, _turns(one.History), one.Rewrite) for one in lines)


def _turns(utterances: Sequence[str]) -> tuple[Turn, ...]:
    # What the article is about was on the screen: as if it had been asked for.
    topic, said = " ".join(utterances[:2]), utterances[2:]
    answers = (*said[1::2], "")
    pairs = zip(said[::2], answers, strict=False)
    return (Turn(topic), *(Turn(question, answer) for question, answer in pairs))


def grade_rewrites(rewritings: Sequence[Rewriting], *, turns: int) -> RewriteFigures:
    """Our rewritings beside those of people.

    Args:
        rewritings: With at least one question to which a person added words.
        turns: Earlier turns that are looked at.
    """
    found: list[float] = []
    right: list[float] = []
    rewritten: list[bool] = []
    left_alone: list[bool] = []
    added: list[int] = []
    for one in rewritings:
        own = _words(one.question)
        human = _words(one.by_a_person) - own
        ours = _words(standalone(one.question, one.history[-turns:])) - own
        if human:
            found.append(len(human & ours) / len(human))
            rewritten.append(bool(ours))
        else:
            left_alone.append(not ours)
        if ours:
            right.append(len(human & ours) / len(ours))
            added.append(len(ours))
    return RewriteFigures(
        leaning=len(found),
        complete=len(left_alone),
        found=_mean(found),
        right=_mean(right),
        rewritten=_mean(rewritten),
        left_alone=_mean(left_alone),
        added=_mean(added),
    )


def compare_searches(cases: Sequence[Case], assistant: Assistant) -> tuple[RankingFigures, ...]:
    """What is found for follow-ups as they were asked, and with what is made of them."""
    leaning = resolve_gold([case for case in cases if case.history], assistant.index)
    lists: dict[str, list[list[RetrievedText]]] = {ALONE: [], WITH: []}
    for case in leaning:
        for name, history in ((ALONE, ()), (WITH, case.history)):
            query = assistant.understand(case.question, history=history, recognise=False)
            hits = assistant.retrieve(query).hits
            lists[name].append([RetrievedText.of(hit) for hit in hits])
    return rank_metrics(leaning, lists, baseline=ALONE)


def rewrites_text(figures: RewriteFigures) -> str:
    """The figures as lines for people."""
    return "\n".join(
        (
            f"{figures.leaning} questions to which people added words:",
            f"  rewritten: {figures.rewritten:.3f}",
            f"  of people's new words, found: {figures.found:.3f}",
            f"  of our new words, right: {figures.right:.3f} ({figures.added:.1f} words each)",
            f"{figures.complete} questions to which people added none:",
            f"  left alone: {figures.left_alone:.3f}",
        )
    )


def _words(text: str) -> set[str]:
    return {word for word in search_words(text).lower().split() if word not in STOP_WORDS}


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


if __name__ == "__main__":
    main()
