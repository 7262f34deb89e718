"""The post that an answer begins with a quote of."""

from __future__ import annotations

from rag.catalog.catalog import Catalog
from rag.catalog.read import by_words, passages
from rag.text.sentences import search_words, split_sentences
from rag.types import Post

_LOOKED_AT = 400  # characters of an answer
_BEGINNING = 120  # characters, which no two posts are likely to share
_SHORTEST = 20
_WORDS, _NEAR = 24, 10  # words that are looked up, and passages that are looked at


def post_quoted(answer: str, catalog: Catalog) -> Post | None:
    """The post whose words an answer begins with; None where it begins with no quote."""
    text = " ".join(answer.split())[:_LOOKED_AT]
    # What stands behind the first sentence may be of another post.
    first = next((one.text for one in split_sentences(text)), "")[:_BEGINNING]
    return _post_with(first, catalog) if len(first) >= _SHORTEST else None


def _post_with(said: str, catalog: Catalog) -> Post | None:
    near = by_words(catalog, list(dict.fromkeys(search_words(said).split()))[:_WORDS], _NEAR)
    found = passages(catalog, list(near))
    holding = [found[id_].post for id_ in near if said in " ".join(found[id_].text.split())]
    return holding[0] if holding else None
