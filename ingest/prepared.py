"""What can be made of a post without looking into the index: sections, passages and their vectors.

A sync makes it when it needs it. Other processes may make it ahead (`ingest/on_ray.py`): then the
sync takes it where it fits, and decides what comes into the index in the same way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ingest.html.coverage import Coverage, coverage
from ingest.posts.parsed import parsed_post, with_language
from ingest.posts.wordpress_post import ReadPost
from ingest.split import VERSION, Piece, split
from rag.catalog.identity import content_hash, embedding_key
from rag.embedding.embedder import Embedder, PassageVectors
from rag.types import ParsedPost


@dataclass(frozen=True, slots=True)
class Prepared:
    """A post and what was made of it ahead; nothing of that need be there."""

    parsed: ParsedPost
    """As its source tells it: without what other copies tell, or the language of its text."""
    covered: Coverage | None = None
    """How much of its text is in its sections."""
    pieces: tuple[Piece, ...] | None = None
    """Its passages, as they are in `language`."""
    language: str | None = None
    """That its source tells, or that of its text."""
    vectors: Mapping[str, PassageVectors] = field(default_factory=dict)
    """By embedding key; of passages that the index had no vectors for."""

    def pieces_of(self, parsed: ParsedPost) -> tuple[Piece, ...] | None:
        """The passages of the post as it comes into the index; None where they are to be made."""
        told = (parsed.post.title, parsed.post.language, parsed.sections)
        if self.pieces is None or told != (
            self.parsed.post.title, self.language, self.parsed.sections
        ):  # fmt: skip
            return None
        return tuple(
            replace(piece, passage=replace(piece.passage, post=parsed.post))
            for piece in self.pieces
        )


def content_digest(parsed: ParsedPost, passage_tokens: int) -> str:
    """Of all that decides which passages a post has."""
    text = f"{content_hash(parsed)}/{VERSION}/{passage_tokens}"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def prepare(result: ReadPost, before: str, passage_tokens: int) -> Prepared:
    """A post's sections, and what is said of them where the text is not in the index.

    Args:
        result: The post as it was read.
        before: The digest of the post's text in the index; empty where it is not there.
        passage_tokens: As in the settings.
    """
    parsed = parsed_post(result)
    if content_digest(parsed, passage_tokens) == before:
        return Prepared(parsed)
    covered = coverage(result.raw.html, parsed.sections, title=result.raw.post.title)
    known = parsed.post.language is not None
    language = (parsed if known else with_language(parsed, None)).post.language
    return Prepared(parsed, covered, language=language)


def embed_ahead(
    posts: Sequence[Prepared],
    embedder: Callable[[], Embedder],
    *,
    limit: int,
    is_known: Callable[[str], bool],
) -> list[Prepared]:
    """Posts with their passages, and with the vectors that the index lacks.

    Args:
        posts: What `prepare` gave; those whose text is in the index stay as they are.
        embedder: Called where something has to be split.
        limit: Of a passage, in tokens.
        is_known: Whether the index has vectors under an embedding key.
    """
    fresh = [one for one in posts if one.covered is not None]
    if not fresh:
        return list(posts)
    model = embedder()
    pieces = [split(_in_language(one), model, limit=limit) for one in fresh]
    keys = [[embedding_key(piece.text, model.id) for piece in own] for own in pieces]
    texts = {
        key: piece.text
        for own, named in zip(pieces, keys, strict=True)
        for piece, key in zip(own, named, strict=True)
        if not is_known(key)
    }
    vectors = dict(zip(texts, model.embed_passages(list(texts.values())), strict=True))
    made = {}
    for one, own, named in zip(fresh, pieces, keys, strict=True):
        found = {key: vectors[key] for key in named if key in vectors}
        made[id(one)] = replace(one, pieces=own, vectors=found)
    return [made.get(id(one), one) for one in posts]


def _in_language(one: Prepared) -> ParsedPost:
    return replace(one.parsed, post=replace(one.parsed.post, language=one.language))
