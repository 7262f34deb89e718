"""Which system finds the answer? Ours beside what a user would pick instead, on public collections.

    python -m eval.retrieval_table clapnq --data FOLDER --system ours --system langchain-default
    python -m eval.retrieval_table site --data posts.json.gz --cases questions.jsonl

Every system is given the same posts and is graded alike, by the text that it hands back
(`eval/corpora/by_name.py` says what is right). Systems cut posts into texts of different length,
and a longer text holds more; therefore one figure looks at the first 4,000 characters that a system
finds, however many texts they are, the last one cut off.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

from eval.bootstrap import Rows
from eval.cases.cases import Case, missing_gold, resolve_gold
from eval.cases.gold import RetrievedText
from eval.corpora.by_name import CORPORA, open_corpus
from eval.corpora.corpus import Corpus, provenance_text
from eval.corpora.index import corpus_index, corpus_settings, post_texts
from eval.failing import why_failed
from eval.grade import Failure
from eval.hashes import made_with_text
from eval.metrics import (
    found_parts,
    ndcg_at,
    one_of_each_post,
    recall_at,
    reciprocal_rank_at,
)
from eval.report.as_text import rankings_text
from eval.retrieval import RANK_METRICS, compare_rows
from eval.seen import READER, SHARES, Part, parts_of, seen_text
from eval.systems.in_index import OURS, UNREAD, Search
from eval.systems.retrievers import SYSTEMS, bare_model, load_system
from eval.tables import failures_text, seen_note
from rag.assistant import Assistant
from rag.backends import load_embedder
from rag.errors import ModelUnavailable, PullquoteError
from rag.settings import Settings, load_settings

_log = logging.getLogger(__name__)

BUDGET = 4000
"""Characters of the figure that does not depend on how long a system's texts are."""
_METRICS = (*RANK_METRICS, f"Recall in {BUDGET:,} characters")
_DEEP, _DEEPER = 10, 50  # texts asked for; more where several of one post count once


@dataclass(frozen=True, slots=True)
class Answers:
    """What a system found for every case, in their order."""

    lists: tuple[tuple[RetrievedText, ...], ...]
    failed: tuple[Failure, ...]
    """The cases for which it broke, or whose question it would not take: nothing is found."""
    seen: str = ""
    """What of it was fitted on this family of data; empty: nothing."""


def main() -> int:
    arguments = _arguments()
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("eval").setLevel(logging.INFO)
    try:
        corpus = open_corpus(
            arguments.corpus,
            arguments.data,
            cases=arguments.cases,
            split=arguments.split,
            every=arguments.all,
        )
        print(provenance_text(corpus), end="\n\n")
        print(retrieval_tables(corpus, arguments.system or SYSTEMS, arguments.cache))
        print(f"\n{made_with_text([], load_settings())}")
    except PullquoteError as error:
        print(f"{error.problem}\n{error.hint}", file=sys.stderr)
        return 1
    return 0


def retrieval_tables(
    corpus: Corpus, systems: Sequence[str], cache: Path, *, settings: Settings | None = None
) -> str:
    """Ask every system every question; the tables, and what else there is to know about them.

    Args:
        corpus: Its index is made in `cache` where it is not there yet.
        systems: Names, as `load_system` takes them. Differences are to `ours`, else to the first.
        cache: A folder for indexes and vectors.
        settings: All but `index` and `hits`.

    Raises:
        PullquoteError: An index, a model or a system cannot be made or loaded.
    """
    depth = _DEEPER if corpus.whole_posts else _DEEP
    settings = settings or load_settings()
    embedder = load_embedder(settings)
    folder = corpus_index(corpus, cache, settings, embedder)
    vectors = folder.with_name(folder.name.replace("index", "vectors"))
    deep = {"hits": max(depth, settings.hits)}
    own = corpus_settings(settings, folder).model_copy(update=deep)
    with Assistant(own, embedder=embedder) as assistant:
        cases = [case for case in resolve_gold(corpus.cases, assistant.index) if case.answerable]
        missing = () if corpus.whole_posts else missing_gold(cases, assistant.index)
        status, posts = assistant.index.status(), post_texts(assistant.index)
        found, embed = {}, bare_model(own, embedder.id)
        for name in systems:
            load = partial(load_system, name, assistant, posts)
            search = given_posts(partial(load, embed=embed, cache=vectors, depth=depth))
            seen = seen_text(corpus.seen, _parts(name, assistant))
            found[name] = replace(ask_all(search, cases), seen=seen)
    told = [
        f"{status.posts:,} posts, {status.passages:,} passages of ours, {len(cases):,} questions"
        f" with an answer; model {status.embedder}."
    ]
    if missing:
        told.append(f"Gold that the posts do not hold: {', '.join(missing)}.")
    told += [failures_text(name, one.failed) for name, one in found.items() if one.failed]
    notes = [f"{name}: {seen_note(one.seen)}" for name, one in found.items() if one.seen]
    return "\n\n".join([*told, *_tables(cases, found, whole_posts=corpus.whole_posts), *notes])


def _parts(name: str, assistant: Assistant) -> frozenset[Part]:
    """What was fitted of that which ranks passages."""
    if name not in (OURS, UNREAD):
        return frozenset()
    return parts_of(assistant) - ({SHARES, READER} if name == UNREAD else {SHARES})


def given_posts(load: Callable[[], Search]) -> Search:
    """A system that has the posts; one that broke over them fails at every question.

    Raises:
        PullquoteError: There is no such system, or its packages are not installed.
    """
    try:
        return load()
    except PullquoteError:
        raise
    except Exception as error:  # a system may break in any way; it counts, and is told
        _log.warning("A system broke over the posts.", exc_info=error)
        told = f"It broke over the posts: {type(error).__name__}: {error}"

    def search(_question: str, _history: object) -> Sequence[RetrievedText]:
        raise ModelUnavailable(told, hint="Look at the system.")

    return search


def ask_all(search: Search, cases: Sequence[Case]) -> Answers:
    """What is found for each case; where the search breaks, nothing is.

    Raises:
        PullquoteError: Every question would fail alike: the index is damaged, and the like.
    """
    lists: list[tuple[RetrievedText, ...]] = []
    failed: list[Failure] = []
    for case in cases:
        try:
            lists.append(tuple(search(case.question, case.history)))
        except Exception as error:  # a system may break in any way; it counts, and is told
            lists.append(())
            failed.append(Failure(case.id, why_failed(error, case.id)))
    return Answers(tuple(lists), tuple(failed))


def grade_texts(
    case: Case, texts: Sequence[RetrievedText], *, whole_posts: bool
) -> tuple[float, ...]:
    """Of one question, in the order of the metrics; the last one only where texts are right."""
    parts = len(case.parts)
    counted = one_of_each_post(texts) if whole_posts else texts
    found = found_parts(counted[:_DEEP], case.parts)
    grades = [recall_at(k, found, parts) for k in (1, 5, 10)]
    grades += [reciprocal_rank_at(_DEEP, found), ndcg_at(_DEEP, found, parts)]
    if not whole_posts:
        grades.append(recall_at(_DEEP, found_parts(first_characters(texts), case.parts), parts))
    return tuple(grades)


def first_characters(
    texts: Sequence[RetrievedText], budget: int = BUDGET
) -> tuple[RetrievedText, ...]:
    """What a reader of so many characters sees: the first texts, the last one cut off."""
    seen = []
    for one in texts:
        if budget <= 0:
            break
        seen.append(RetrievedText(one.post_id, one.text[:budget]))
        budget -= len(one.text)
    return tuple(seen)


def _tables(cases: Sequence[Case], found: Mapping[str, Answers], *, whole_posts: bool) -> list[str]:
    """Of all questions, and of those that need no conversation where some do."""
    metrics = RANK_METRICS if whole_posts else _METRICS
    rows_of = {f"{name}, seen family" if one.seen else name: one for name, one in found.items()}
    names = list(found)
    baseline = list(rows_of)[names.index(OURS) if OURS in names else 0]

    def rows(one: Answers, alone: bool) -> Rows:
        grades = [
            grade_texts(case, texts, whole_posts=whole_posts)
            for case, texts in zip(cases, one.lists, strict=True)
            if not (alone and case.history)
        ]
        return np.asarray(grades, dtype=np.float64).reshape(-1, len(metrics))

    def text(alone: bool) -> str:
        by_name = {name: rows(one, alone) for name, one in rows_of.items()}
        return rankings_text(compare_rows(by_name, metrics, baseline=baseline))

    told = [text(False)]
    if any(case.history for case in cases):
        told += ["Without the questions that follow on from others:", text(True)]
    lengths = {
        name: [len(text.text) for texts in one.lists for text in texts]
        for name, one in found.items()
    }
    medians = (f"{name} {median(some):,.0f}" for name, some in lengths.items() if some)
    return [*told, f"Characters of a text, median: {', '.join(medians)}."]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("corpus", choices=CORPORA)
    parser.add_argument("--data", type=Path, required=True, help="its folder, or a site's file")
    parser.add_argument("--cases", type=Path, action="append", default=[], help="of a site")
    parser.add_argument(
        "--all", action="store_true", help="of clapnq: also what the reader is trained on"
    )
    parser.add_argument("--split", default="test", help="of a folder in the form of BEIR")
    parser.add_argument(
        "--system", action="append", help=f"{', '.join(SYSTEMS)} or module:function"
    )
    parser.add_argument(
        "--cache", type=Path, default=Path("corpora"), help="for indexes and vectors"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
