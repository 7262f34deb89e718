"""Fits when a language is sure, what another one counts, and searching by words alone.

    python -m eval.fit.languages [--output rag/models]

On our own short posts in four languages, five of which stand there in English as well, beside the
sample site's in English (`eval/data`).

* `min_probability`: from where on a text's likeliest language is taken for its language. Questions,
  their first words, and nothing but the languages of the index: the lowest value at which nothing
  that is taken is wrong.
* `min_beside_likeliest`: how probable that language must be beside the likeliest of all languages,
  for a text may be in none of the index's: as much as leaves all of these texts their language.
* `other_language`: log-odds against a passage in another language than the question's: as much as
  can be without taking the first place from any passage that answers one of ten questions in
  another language than its own and that has it. So it is a preference and never a filter.
* `words`: see `eval/fit/words.py`; the figures beside it are of languages that were not fitted on.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from math import floor
from pathlib import Path
from typing import Any

import numpy as np

from eval.cases.cases import Case
from eval.fit.observe import observe
from eval.fit.words import cross_validate, fit_words, observe_words
from eval.language_sets import (
    CROSS,
    LANGUAGES,
    TRANSLATED,
    language_assistant,
    questions,
    sample_questions,
)
from rag.assistant import Assistant
from rag.catalog import languages as catalog_languages
from rag.retrieval.candidates import search
from rag.settings import load_settings
from rag.text.language import FITTED, beside_likeliest, likeliest
from rag.types import Filters
from rag.understanding.understand import understand

_BEGINNINGS = (1, 2, 3)  # words
_SIGNS = 3  # as many of a script without spaces as one word


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, default=FITTED)
    arguments = parser.parse_args()
    cases = {name: questions(name) for name in (*LANGUAGES, TRANSLATED, CROSS)}
    cases[TRANSLATED] += sample_questions()
    with language_assistant(load_settings()) as assistant:
        words = {name: observe_words(cases[name], assistant) for name in LANGUAGES}
        against = other_language(cases[CROSS], assistant)
    every = [one for some in words.values() for one in some]
    values: dict[str, Any] = {
        "min_probability": floor(1e4 * min_probability(cases)) / 1e4,
        "min_beside_likeliest": floor(1e4 * min_beside_likeliest(cases)) / 1e4,
        "other_language": floor(1e4 * against) / 1e4,
        "words": fit_words(every).values(),
        "figures": {"words": cross_validate(words)},
        "made_from": {
            "made": datetime.now(UTC).date().isoformat(),
            "by": "python -m eval.fit.languages",
            "questions": {name: len(some) for name, some in cases.items()},
            "sha256": _digest(cases),
        },
    }
    arguments.output.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(values, indent=1))


def min_probability(cases: dict[str, tuple[Case, ...]]) -> float:
    """The lowest above those of all texts whose likeliest language is wrong."""
    among = (*LANGUAGES, TRANSLATED)
    marks = []
    for name in among:
        for case in cases[name]:
            for text in (case.question, *beginnings(case.question)):
                found = likeliest(text, among)
                if found:
                    marks.append((found[1], found[0] == name))
    highest = max((probability for probability, right in marks if not right), default=0.0)
    return min(probability for probability, _ in marks if probability > highest)


def min_beside_likeliest(cases: dict[str, tuple[Case, ...]]) -> float:
    """The lowest of all texts that are taken for the right language."""
    among = (*LANGUAGES, TRANSLATED)
    least = min_probability(cases)
    beside = [1.0]
    for name in among:
        for case in cases[name]:
            for text in (case.question, *beginnings(case.question)):
                found = likeliest(text, among)
                if found and found[0] == name and found[1] >= least:
                    beside.append(beside_likeliest(text, name))
    return min(beside)


def beginnings(text: str) -> Iterator[str]:
    """The first word, the first two and three; of a script without spaces, as many signs."""
    words = text.split()
    for count in _BEGINNINGS:
        if len(words) > count:
            yield " ".join(words[:count])
        elif len(words) == 1 and len(text) > count * _SIGNS:
            yield text[: count * _SIGNS]


def other_language(cases: Sequence[Case], assistant: Assistant) -> float:
    """The most at which what is found first across languages is still found first."""
    pipeline, index = assistant.pipeline, assistant.index
    weights = np.asarray(pipeline.calibration.passage.weights)
    room = []
    for case in cases:
        language = pipeline.languages.of_question(case.question)[0]
        for one in observe([case], index, pipeline.embedder, assistant.settings):
            right = one.right.any(axis=1)
            if language is None or not right.any():
                continue
            other = catalog_languages.in_other_languages(
                index.catalog, ids := _ids(case, assistant), language
            )
            apart = np.asarray([id_ in other for id_ in ids])
            scores = one.passages @ weights
            if scores[right].max() == scores.max() and not apart.all():
                room.append(float(scores[right].max() - scores[~apart].max()))
    return min(room, default=0.0)


def _ids(case: Case, assistant: Assistant) -> list[str]:
    """The ids of the candidates, in the order in which `observe` has them."""
    pipeline = assistant.pipeline
    query = understand(case.question, history=case.history)
    found = search(
        query.searches[0], assistant.index, pipeline.embedder, filters=Filters(),
        limit=assistant.settings.candidates,
    )  # fmt: skip
    return [candidate.id for candidate in found.candidates]


def _digest(cases: dict[str, tuple[Case, ...]]) -> str:
    text = json.dumps(
        [(c.id, c.question, [g.quote for g in c.gold]) for some in cases.values() for c in some],
        ensure_ascii=False,
    )
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    main()
