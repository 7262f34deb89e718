"""The catalog's languages: which posts are in which, and how much of each the model can read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, field

from rag.catalog import read as catalog_read
from rag.catalog.catalog import Catalog
from rag.catalog.engine import in_parts
from rag.catalog.faults import decoding
from rag.embedding.embedder import Embedder, TokenCount
from rag.text.language import base

MOST_UNKNOWN = 0.1
"""Of a language's tokens; of a language with more, the model's vectors say nothing."""
_SAMPLE = 200  # passages of a language: their share is that of all to a few hundredths at most
_KEY = "unknown_tokens"


@dataclass(frozen=True, slots=True)
class LanguageShare:
    """A language of the posts, and how much of it the embedding model's vocabulary lacks."""

    language: str
    """Without a country, such as "pt"; empty for posts whose language is not known."""
    posts: int
    seen: TokenCount = field(default_factory=TokenCount)
    """Of the passages that were looked at; without a token where that has not been done yet."""

    @property
    def share(self) -> float:
        """Of the tokens that say nothing, in [0, 1]."""
        said = self.seen.unknown + self.seen.spelled
        return said / self.seen.tokens if self.seen.tokens else 0.0

    @property
    def is_unread(self) -> bool:
        """Whether too much is unknown for the model's vectors to say anything."""
        return self.share > MOST_UNKNOWN


def count_posts(catalog: Catalog) -> dict[str, int]:
    """How many posts there are in each language, the most first."""
    found: dict[str, int] = {}
    for tag, posts in catalog.connection.execute(
        "SELECT language, count(*) FROM posts GROUP BY language"
    ):
        own = base(tag) or ""
        found[own] = found.get(own, 0) + posts
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def language_shares(catalog: Catalog) -> tuple[LanguageShare, ...]:
    """Every language of the posts, the most frequent first, with what was last noted of it."""
    with catalog.reading(), decoding(catalog.place):
        kept = json.loads(noted(catalog) or "{}")
        counted = kept.get("languages", {}) if kept.get("model") == catalog.model else {}
        return tuple(
            LanguageShare(language, posts, TokenCount(*counted.get(language, ())))
            for language, posts in count_posts(catalog).items()
        )


def noted(catalog: Catalog) -> str:
    """What was last noted, as it is kept: changes whenever the shares do."""
    return catalog.meta(_KEY) or ""


def note_shares(catalog: Catalog, embedder: Embedder) -> None:
    """Count the unknown tokens of each language anew, in some of its passages, and keep that."""
    with catalog.writing():
        languages = {}
        for language in count_posts(catalog):
            ids = _sample(catalog, language)
            texts = [passage.text for passage in catalog_read.passages(catalog, ids).values()]
            languages[language] = astuple(embedder.count_tokens(texts))
        catalog.set_meta(_KEY, json.dumps({"model": catalog.model, "languages": languages}))


def in_other_languages(catalog: Catalog, ids: Sequence[str], language: str) -> frozenset[str]:
    """Those of the passages whose posts are known to be in another language."""
    found = set[str]()
    for part in in_parts(ids):
        rows: Iterable[tuple[str, str]] = catalog.connection.execute(
            "SELECT passages.id, language FROM passages JOIN posts ON posts.id = passages.post_id"
            f" WHERE language IS NOT NULL AND passages.id IN ({','.join('?' * len(part))})",
            part,
        )
        found.update(id_ for id_, tag in rows if base(tag) != language)
    return frozenset(found)


def _sample(catalog: Catalog, language: str) -> list[str]:
    """Ids of some passages of a language; they are hashes, so their order is as good as drawn."""
    tags = [
        tag
        for (tag,) in catalog.connection.execute("SELECT DISTINCT language FROM posts")
        if (base(tag) or "") == language
    ]
    rows = catalog.connection.execute(
        "SELECT passages.id FROM passages JOIN posts ON posts.id = passages.post_id"
        f" WHERE coalesce(language, '') IN ({','.join('?' * len(tags))})"
        " ORDER BY passages.id LIMIT ?",
        (*(tag or "" for tag in tags), _SAMPLE),
    )
    return [row[0] for row in rows]
