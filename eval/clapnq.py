"""Grades the choice of sentences, and of questions to answer, on CLAPNQ.

    python -m eval.clapnq FOLDER [--all | --shares]

FOLDER holds `clapnq_dev_answerable.jsonl` and `clapnq_dev_unanswerable.jsonl`. All passages go into
one index that is thrown away, a post each. Then, of the questions that are kept for grading:

* *sentences*: the answerable questions are asked of their own passage alone, and what is quoted is
  compared with what people chose: precision, recall and F1, of the person who agrees most. Beside
  it stand the best three by themselves, the three sentences with most of the question's words, and
  the whole passage;
* *answerable*: how well the score that a passage answers tells answerable questions from the
  others, beside the share of the question's words that its title and text, or its text alone, have;
* *passages*: which place the right one has among all of them, beside words alone (BM25).

With --shares, F1 of what is quoted of the other questions by the least part of the best sentence's
relevance that a further one of its section needs (`min_share_near` in `rag/models`).
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from eval.abstention import auroc
from eval.bootstrap import Estimate, Rows, Statistic, difference, estimate, mean
from eval.clapnq_data import Question, load_questions, posts
from eval.hashes import made_with_text
from eval.metrics import ndcg_at, recall_at
from eval.seen import clapnq_seen, parts_of, seen_text
from eval.small_index import small_assistant
from eval.tables import seen_note, shown, table
from rag.assistant import Assistant
from rag.catalog import read as catalog_read
from rag.errors import ConfigError
from rag.pipeline import Writer
from rag.settings import load_settings
from rag.text.sentences import question_words, search_words
from rag.types import Claim, Filters, Found, Query
from rag.writing.quotes import QuoteWriter

PRODUCT, BEST, OVERLAP, WHOLE = "quoted", "best three alone", "question's words, three", "all"
BY_SCORE, BY_WORDS, BY_TEXT = "score", "words in title and text", "words in text"
WORDS, RANKED = "words alone", "ranked"
_TOP = 3
_DEEP = 10

Choices = Mapping[str, frozenset[int]]


@dataclass(frozen=True, slots=True)
class Looked:
    """What was made of one question."""

    question: Question
    choices: Choices
    """Sentences, by who chose them."""
    scores: Mapping[str, float]
    """That the passage answers, by who says so."""
    places: Mapping[str, tuple[str, ...]]
    """Posts, best first, by who ranked them."""


def look(assistant: Assistant, question: Question) -> Looked:
    """Ask a question of its passage, and of all of them."""
    query = assistant.understand(question.text, recognise=False)
    limits = question.only_this_post
    own = assistant.retrieve(replace(query, filters=limits))
    return Looked(
        question,
        {
            PRODUCT: quoted(assistant.pipeline.writer, query, own, question),
            BEST: _best(own, question),
            OVERLAP: most_words(question),
            WHOLE: frozenset(range(len(question.sentences))),
        },
        {
            BY_SCORE: own.answerable,
            BY_WORDS: share_of_words(question, titled=True),
            BY_TEXT: share_of_words(question, titled=False),
        },
        {RANKED: _ranked(assistant, query), WORDS: _by_words(assistant, query)},
    )


def quoted(writer: Writer, query: Query, found: Found, question: Question) -> frozenset[int]:
    """The sentences that a writer quotes."""
    claims = writer.write(query, found).claims if found.hits else ()
    pointers = [one for claim in claims if isinstance(claim, Claim) for one in claim.pointers]
    return _places(question, [(one.section.text, one.sentence.start) for one in pointers])


def shares_text(assistant: Assistant, questions: Sequence[Question]) -> str:
    """A row for each share: how well the sentences of these questions are chosen with it.

    Raises:
        ConfigError: A chat model writes, which knows no share.
    """
    writer = assistant.pipeline.writer
    if not isinstance(writer, QuoteWriter):
        raise ConfigError("A chat model writes, not quotes.", hint="Unset chat_model.")
    asked = []
    for one in (one for one in questions if one.references):
        query = assistant.understand(one.text, recognise=False)
        asked.append((one, query, assistant.retrieve(replace(query, filters=one.only_this_post))))
    lines = []
    for share in np.arange(1, 11) / 10:
        own = replace(writer, share_near=float(share))
        chosen = [(quoted(own, query, found, one), one.references) for one, query, found in asked]
        graded = np.array([agreement(*one) for one in chosen]).reshape(-1, 3)
        figures = (shown(estimate(graded[:, [i]], mean)) for i in range(3))
        size = np.mean([len(one) for one, _ in chosen])
        lines.append([f"{share:.1f}", *figures, f"{size:.2f}"])
    return table([f"share (n {len(asked)})", "precision", "recall", "F1", "chosen"], lines)


def most_words(question: Question) -> frozenset[int]:
    """The three sentences with most of the question's words; the earlier one where two are even."""
    asked = set(question_words(question.text))
    shared = [len(asked & _words(sentence)) for sentence in question.sentences]
    order = sorted(range(len(shared)), key=lambda i: (-shared[i], i))
    return frozenset(order[:_TOP])


def share_of_words(question: Question, *, titled: bool) -> float:
    """Of the question's words, the share that the passage has."""
    asked = set(question_words(question.text))
    text = " ".join((*([question.title] if titled else []), *question.sentences))
    return len(asked & _words(text)) / len(asked)


def agreement(chosen: frozenset[int], references: Sequence[frozenset[int]]) -> tuple[float, ...]:
    """Precision, recall and F1 against the person who agrees most."""

    def against(reference: frozenset[int]) -> tuple[float, ...]:
        right = len(chosen & reference)
        precision, recall = right / len(chosen) if chosen else 0.0, right / len(reference)
        return precision, recall, 2 * right / (len(chosen) + len(reference))

    return max((against(one) for one in references), key=lambda row: row[2])


def _best(found: Found, question: Question) -> frozenset[int]:
    scores = [(one.relevance, hit.passage.section.text, one.sentence.start)
              for hit in found.hits for one in hit.sentences]  # fmt: skip
    chosen: frozenset[int] = frozenset()
    for _, text, start in sorted(scores, key=lambda entry: (-entry[0], entry[2])):
        chosen |= _places(question, [(text, start)])
        if len(chosen) == _TOP:
            break
    return chosen


def _places(question: Question, starts: Sequence[tuple[str, int]]) -> frozenset[int]:
    """The passage's sentences in which places of a section's text lie."""
    found = set()
    for text, start in starts:
        first = text.rfind("\n", 0, start) + 1
        found.add(question.place(text[first:].partition("\n")[0]))
    return frozenset(one for one in found if one is not None)


def _ranked(assistant: Assistant, query: Query) -> tuple[str, ...]:
    hits = assistant.retrieve(replace(query, filters=Filters())).hits
    return tuple(dict.fromkeys(hit.passage.post.id for hit in hits))


def _by_words(assistant: Assistant, query: Query) -> tuple[str, ...]:
    catalog = assistant.index.catalog
    with catalog.reading():
        ids = list(catalog_read.by_words(catalog, question_words(query.question), 5 * _DEEP))
        passages = catalog_read.passages(catalog, ids)
    return tuple(dict.fromkeys(passages[one].post.id for one in ids))


def _words(text: str) -> set[str]:
    return set(search_words(text).lower().split())


# ---------------------------------------------------------------- figures


def sentences_text(looked: Sequence[Looked]) -> str:
    """How well sentences are chosen, and by how much better than by the two simple ways."""
    some = [one for one in looked if one.question.references]
    rows = {
        name: np.array(
            [
                (*agreement(one.choices[name], one.question.references), len(one.choices[name]))
                for one in some
            ]
        ).reshape(-1, 4)
        for name in (PRODUCT, BEST, OVERLAP, WHOLE)
    }
    lines = [
        [name, *(shown(estimate(own[:, [i]], mean)) for i in range(3)), f"{own[:, 3].mean():.2f}"]
        for name, own in rows.items()
    ]
    lines += [
        [f"{name} − {other}", "", "", _differs(rows[name][:, [2]], rows[other][:, [2]], mean), ""]
        for name in (PRODUCT, BEST)
        for other in (OVERLAP, WHOLE)
    ]
    head = [f"sentences (n {len(some)})", "precision", "recall", "F1", "chosen"]
    return table(head, lines)


def answerable_text(looked: Sequence[Looked]) -> str:
    """How well answerable questions are told from the others."""
    rows = {
        name: np.array([(one.question.answerable, 0, one.scores[name]) for one in looked], float)
        for name in (BY_SCORE, BY_WORDS, BY_TEXT)
    }
    lines = [[name, shown(estimate(own, auroc))] for name, own in rows.items()]
    lines += [
        [f"{BY_SCORE} − {name}", _differs(rows[BY_SCORE], rows[name], auroc)]
        for name in (BY_WORDS, BY_TEXT)
    ]
    return table([f"answerable (n {len(looked)})", "AUROC"], lines)


def passages_text(looked: Sequence[Looked]) -> str:
    """Where the right passage stands among all."""
    some = [one for one in looked if one.question.answerable]
    rows = {
        name: np.array([_place_figures(one, name) for one in some]).reshape(-1, 2)
        for name in (RANKED, WORDS)
    }
    lines = [[name, *(shown(estimate(own[:, [i]], mean)) for i in (0, 1))]
             for name, own in rows.items()]  # fmt: skip
    apart = [_differs(rows[RANKED][:, [i]], rows[WORDS][:, [i]], mean) for i in (0, 1)]
    lines.append([f"{RANKED} − {WORDS}", *apart])
    return table([f"passages (n {len(some)})", "Hit@1", f"nDCG@{_DEEP}"], lines)


def _place_figures(one: Looked, name: str) -> tuple[float, float]:
    found = [{0} if post == one.question.post_id else set() for post in one.places[name][:_DEEP]]
    return recall_at(1, found, 1), ndcg_at(_DEEP, found, 1)


def _differs(rows: Rows, baseline: Rows, statistic: Statistic) -> str:
    found: Estimate | None = difference(rows, baseline, statistic)
    return shown(found, signed=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--all", action="store_true", help="also what the reader is trained on")
    parser.add_argument("--shares", action="store_true", help="try shares on the other questions")
    arguments = parser.parse_args()
    questions = load_questions(arguments.folder)
    asked = [one for one in questions if one.graded or arguments.all]
    with small_assistant(posts(questions), load_settings()) as assistant:
        if arguments.shares:
            print(shares_text(assistant, [one for one in questions if not one.graded]))
            return
        looked = [look(assistant, one) for one in asked]
        made_with = assistant.provenance
        seen = seen_text(clapnq_seen(every=arguments.all), parts_of(assistant))
    print(f"{made_with.embedder}, reader {made_with.reader or 'none'}, {len(asked)} questions\n")
    if seen:
        print(f"{seen_note(seen)}\n")
    print("\n\n".join((sentences_text(looked), answerable_text(looked), passages_text(looked))))
    files = sorted(arguments.folder.glob("clapnq_dev_*.jsonl"))
    print(f"\n{made_with_text(files, load_settings())}")


if __name__ == "__main__":
    main()
