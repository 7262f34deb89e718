"""What speaks for and against passages beside what was measured of their words.

A passage in another language than the question's is less likely to be wanted. Behind an answer, one
of the post that the answer was from is likelier to be: who goes on asking mostly asks of the same.
"""

from __future__ import annotations

import json
from collections.abc import Sequence, Set
from functools import cache
from importlib.resources import files

from rag.calibration import Calibration
from rag.catalog import languages as catalog_languages
from rag.catalog import posts as catalog_posts
from rag.embedding.embedder import Embedder
from rag.index.index import Index
from rag.retrieval.candidates import Search, search
from rag.text.language import fitted
from rag.types import Filters

FITTED = files("rag.models") / "conversation.json"
_FEW = 20  # candidates by meaning, and as many by words: only the best one counts


@cache
def same_post() -> float:
    """Log-odds for a passage of the post that was spoken of, as `eval.fit.conversation` found."""
    return float(json.loads(FITTED.read_text(encoding="utf-8"))["same_post"])


def post_spoken_of(
    before: str,
    index: Index,
    embedder: Embedder,
    calibration: Calibration,
    hidden: Set[str] = frozenset(),
) -> str:
    """The id of the post that a passage most like the last turn stands in; empty: there is none.

    Args:
        before: The last question and what was answered.
        index: Where to look.
        embedder: The model that made the index.
        calibration: What was fitted for that model.
        hidden: Ids of passages that are looked past.
    """
    if not before:
        return ""
    found = search(before, index, embedder, filters=Filters(), limit=_FEW, hidden=hidden)
    if not found.candidates:
        return ""
    best = min(found.candidates, key=lambda one: (-calibration.passage.score(one.features), one.id))
    return catalog_posts.post_of(index.catalog, best.id)


def against_language(
    searches: Sequence[Search], index: Index, language: str | None
) -> dict[str, float]:
    """What stands against candidates in another language than that one, as log-odds."""
    if language is None:
        return {}
    other = catalog_languages.in_other_languages(index.catalog, _ids(searches), language)
    return dict.fromkeys(other, float(fitted()["other_language"]))


def for_post(
    searches: Sequence[Search], index: Index, post: str, weight: float | None = None
) -> dict[str, float]:
    """What speaks for candidates of the post that was spoken of, as log-odds.

    It is of where an answer is looked for; which sentences of what was found answer, is not its
    matter.

    Args:
        searches: With the candidates.
        index: Where they stand.
        post: The post's id; empty: of none.
        weight: How much it is; None: as much as was fitted.
    """
    if not post:
        return {}
    own = catalog_posts.passages_of(index.catalog, post) & set(_ids(searches))
    return dict.fromkeys(own, same_post() if weight is None else weight)


def _ids(searches: Sequence[Search]) -> list[str]:
    return list(dict.fromkeys(one.id for search in searches for one in search.candidates))
