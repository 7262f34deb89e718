"""How well follow-up questions are rewritten: beside people's rewritings, and in what they find.

    python -m eval.rewrites canard/dev.json
    python -m eval.rewrites canard/dev.json --complete clapnq/question_dev_answerable.tsv
    python -m eval.rewrites --index INDEX --cases CASES.jsonl

The first takes a file in the form of CANARD (Elgohary et al., 2019,
https://doi.org/10.18653/v1/D19-1605): a list of questions with the conversation before them and a
rewriting that a person wrote. Counted are words that say something (no stop words) and that the
question itself does not have. People's rewritings are complete questions: behind the conversation
of another dialogue, as written and in small letters, they should be left alone, and so should the
questions of a table with a column `question`, as CLAPNQ has them (`--complete`). The last form
searches for the questions of a case file that have a conversation, as they were asked and with the
rewriting.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from pydantic import BaseModel, TypeAdapter, ValidationError

from eval.bootstrap import Estimate, Floats, Rows, Statistic, estimate, mean
from eval.cases.cases import Case, load_cases, resolve_gold
from eval.cases.gold import RetrievedText
from eval.cases.jsonl import unreadable
from eval.hashes import made_with_text
from eval.report.as_text import rankings_text
from eval.retrieval import RankingFigures, rank_metrics
from eval.tables import shown, table
from rag.assistant import Assistant
from rag.errors import SourceError
from rag.settings import load_settings
from rag.text.sentences import STOP_WORDS, search_words
from rag.types import Turn
from rag.understanding.followups import standalone

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
    """Shares in [0, 1] with their intervals by question; None where there is nothing to count."""

    found: Estimate | None
    """Share of a person's new words that ours has too, of the questions to which a person added
    words."""
    right: Estimate | None
    """Share of our new words that a person's has too, of the questions we added to."""
    rewritten: Estimate | None
    """Share of the questions to which a person added words that we added something to."""
    left_alone: Estimate | None
    """Share of those to which a person added none that we added nothing to."""
    added: Estimate | None
    """New words of ours, of the questions we added to."""
    alone_elsewhere: Estimate | None
    """Share of people's rewritings that we added nothing to behind another conversation."""
    alone_elsewhere_small: Estimate | None
    """The same, in small letters."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, nargs="?", help="rewritings in the form of CANARD")
    parser.add_argument("--complete", type=Path, nargs="+", default=[], metavar="TABLE")
    parser.add_argument("--index", type=Path)
    parser.add_argument("--cases", type=Path)
    arguments = parser.parse_args()
    if (arguments.file is None) == (arguments.cases is None):
        parser.error("name either a file of rewritings or --cases")
    if arguments.complete and arguments.file is None:
        parser.error("--complete needs a file of rewritings, for their conversations")
    turns = load_settings().history_turns
    if arguments.file:
        rewritings = load_rewritings(arguments.file)
        elsewhere = {
            file.name: left_alone_elsewhere(load_questions(file), rewritings, turns=turns)
            for file in arguments.complete
        }
        print(rewrites_text(grade_rewrites(rewritings, turns=turns), elsewhere))
        print(f"\n{made_with_text([arguments.file, *arguments.complete], load_settings())}")
    else:
        with Assistant.open(arguments.index) as assistant:
            print(rankings_text(compare_searches(load_cases(arguments.cases), assistant)))
            made = made_with_text([arguments.cases], assistant.settings, index=assistant.index)
            print(f"\n{made}")


def load_rewritings(file: Path) -> tuple[Rewriting, ...]:
    """The questions of a file.

    Raises:
        SourceError: It cannot be read, or has another form.
    """
    try:
        lines = TypeAdapter(tuple[_Line, ...]).validate_json(file.read_bytes())
    except OSError as error:
        raise unreadable(file, error) from error
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
        rewritings: What people made of questions.
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
        found=_estimate(found),
        right=_estimate(right),
        rewritten=_estimate(rewritten),
        left_alone=_estimate(left_alone),
        added=_estimate(added, _mean_count),
        alone_elsewhere=left_alone_elsewhere(
            [one.by_a_person for one in rewritings], rewritings, turns=turns
        ),
        alone_elsewhere_small=left_alone_elsewhere(
            [one.by_a_person.lower() for one in rewritings], rewritings, turns=turns
        ),
    )


def left_alone_elsewhere(
    complete: Sequence[str], rewritings: Sequence[Rewriting], *, turns: int
) -> Estimate | None:
    """Share of questions that we add nothing to behind a conversation about something else.

    Args:
        complete: Questions that need no conversation; may be people's own of `rewritings`.
        rewritings: Whose conversations are taken, each from half a file away.
        turns: Earlier turns that are looked at.
    """
    far = len(rewritings) // 2
    alone = []
    for number, question in enumerate(complete):
        history = rewritings[(number + far) % len(rewritings)].history
        alone.append(standalone(question, history[-turns:]) == question)
    return _estimate(alone)


def load_questions(file: Path) -> tuple[str, ...]:
    """The column `question` of a table, its columns parted by tabs.

    Raises:
        SourceError: It cannot be read, or has no such column.
    """
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            rows = list(csv.DictReader(opened, delimiter="\t"))
    except OSError as error:
        raise unreadable(file, error) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{file} is no table: {error}.", hint="Part columns by tabs.") from error
    found = tuple(row["question"] for row in rows if row.get("question"))
    if not found:
        raise SourceError(f"{file} has no questions.", hint='Name a column "question".')
    return found


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


def rewrites_text(
    figures: RewriteFigures, elsewhere: Mapping[str, Estimate | None] = MappingProxyType({})
) -> str:
    """The figures as a Markdown table.

    Args:
        figures: Of rewritings.
        elsewhere: Of tables of complete questions, by their names: the share left alone.
    """
    rows = {
        "rewritten, of those to which people added words": figures.rewritten,
        "of people's new words, found": figures.found,
        "of our new words, right": figures.right,
        "new words of ours, where there are any": figures.added,
        "left alone, of those to which people added none": figures.left_alone,
        "left alone, of people's rewritings behind another dialogue": figures.alone_elsewhere,
        "… typed in small letters": figures.alone_elsewhere_small,
        **{f"left alone, of {name} behind a dialogue": share for name, share in elsewhere.items()},
    }
    cells = [[name, str(one.n) if one else "0", shown(one)] for name, one in rows.items()]
    return table(["rewriting", "n", "value [95 %]"], cells)


def _words(text: str) -> set[str]:
    return {word for word in search_words(text).lower().split() if word not in STOP_WORDS}


def _estimate(values: Sequence[float], statistic: Statistic = mean) -> Estimate | None:
    return estimate(np.asarray(values, dtype=np.float64).reshape(-1, 1), statistic)


def _mean_count(rows: Rows) -> Floats:
    """As `mean`, of what is no share."""
    return mean(rows)


if __name__ == "__main__":
    main()
