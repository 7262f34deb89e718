"""Reading from the catalog: passages, their words, their vectors, their posts."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from rag.catalog.catalog import Catalog, from_seconds
from rag.catalog.engine import in_parts
from rag.catalog.faults import decoding
from rag.catalog.identity import block_of
from rag.embedding.embedder import TokenVectors
from rag.types import Damage, ParsedPost, Passage, Post, Section, Sentence, Vectors

P = ParamSpec("P")
T = TypeVar("T")

POST = (
    "posts.id, title, url, published, modified, authors, categories, tags, language, recovered,"
    " complete, translations"
)
_POST_COLUMNS = 12
_SECTION = "key, headings, anchor, page, text, blocks"


@dataclass(frozen=True, slots=True)
class SearchVectors:
    """What the catalog keeps of a passage's forward pass, as far as it takes to find it."""

    passage: NDArray[np.float16]
    tokens: TokenVectors
    token_ids: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class StoredVectors(SearchVectors):
    """All that the catalog keeps of it."""

    sentences: NDArray[np.int8]
    """A row for each sentence; 127 times a vector of length 1."""
    token_sentence: NDArray[np.int16]
    """The sentence that each token stands in; -1 in the breadcrumb."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What questions can be limited to: every name once, sorted."""

    authors: tuple[str, ...]
    categories: tuple[str, ...]
    tags: tuple[str, ...]


def decoded(
    read: Callable[Concatenate[Catalog, P], T],
) -> Callable[Concatenate[Catalog, P], T]:
    """What cannot be made of the values in the catalog is said as damage."""

    @wraps(read)
    def plain(catalog: Catalog, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with decoding(catalog.place):
            return read(catalog, *args, **kwargs)

    return plain


def by_words(catalog: Catalog, words: Sequence[str], limit: int) -> dict[str, float]:
    """Passages that hold any of the words, best first, with their BM25, which is positive.

    Args:
        catalog: Where.
        words: As `rag.text.sentences.search_words` gives them.
        limit: At most so many.
    """
    return catalog.words.best(words, limit) if words else {}


@decoded
def stored_vectors(catalog: Catalog, ids: Sequence[str]) -> dict[str, StoredVectors]:
    """The vectors of those passages that the catalog knows."""
    dimension = int(catalog.meta("dimension") or 0)
    found: dict[str, StoredVectors] = {}
    for part in in_parts(ids):
        marks = ",".join("?" * len(part))
        rows = catalog.connection.execute(
            "SELECT passages.id, passage, embeddings.sentences, embeddings.tokens, token_ids,"
            " token_sentence, passages.sentences"
            " FROM passages JOIN embeddings ON embeddings.key = passages.embedding_key"
            f" WHERE passages.id IN ({marks})",
            part,
        )
        for id_, passage, sentences, tokens, token_ids, token_sentence, places in rows:
            numbers = np.frombuffer(token_ids, dtype=np.int32)
            width = len(tokens) // len(numbers) if len(numbers) else dimension
            found[id_] = StoredVectors(
                passage=np.frombuffer(passage, dtype=np.float16),
                sentences=np.frombuffer(sentences, dtype=np.int8).reshape(
                    len(json.loads(places)), -1
                ),
                tokens=np.frombuffer(tokens, dtype=np.int8).reshape(-1, width),
                token_ids=numbers,
                token_sentence=np.frombuffer(token_sentence, dtype=np.int16),
            )
    return found


@decoded
def passage_vectors(catalog: Catalog, ids: Sequence[str]) -> tuple[list[str], Vectors]:
    """Those of `ids` that the catalog knows, and their vectors, shape (n, dimension)."""
    known: list[str] = []
    rows: list[NDArray[np.float16]] = []
    for part in in_parts(ids):
        marks = ",".join("?" * len(part))
        for id_, blob in catalog.connection.execute(
            "SELECT passages.id, passage FROM passages"
            " JOIN embeddings ON embeddings.key = passages.embedding_key"
            f" WHERE passages.id IN ({marks})",
            part,
        ):
            known.append(id_)
            rows.append(np.frombuffer(blob, dtype=np.float16))
    vectors: Vectors = (
        np.stack(rows).astype(np.float32) if rows else np.zeros((0, 0), dtype=np.float32)
    )
    return known, vectors


@decoded
def vectors_of_keys(catalog: Catalog, keys: Sequence[str]) -> Vectors:
    """A row for each key, in order, as a passage that names it would give; all must be there."""
    found: dict[str, NDArray[np.float16]] = {}
    for part in in_parts(keys):
        marks = ",".join("?" * len(part))
        for key, blob in catalog.connection.execute(
            f"SELECT key, passage FROM embeddings WHERE key IN ({marks})", part
        ):
            found[key] = np.frombuffer(blob, dtype=np.float16)
    if not keys:
        return np.zeros((0, 0), dtype=np.float32)
    return np.stack([found[key] for key in keys]).astype(np.float32)


@decoded
def token_weights(catalog: Catalog, tokens: NDArray[np.int32]) -> NDArray[np.float32]:
    """Inverse document frequency of each token, over the passages of the index; positive."""
    count = catalog.words.noted()
    wanted = sorted(set(tokens.tolist()))
    marks = ",".join("?" * len(wanted))
    rows = catalog.connection.execute(
        f"SELECT token, passages FROM token_frequency WHERE token IN ({marks})", wanted
    )
    frequency = dict(rows.fetchall())
    return np.asarray(
        [np.log((count + 1.5) / (frequency.get(t, 0) + 0.5)) for t in tokens.tolist()],
        dtype=np.float32,
    )


@decoded
def passages(catalog: Catalog, ids: Sequence[str]) -> dict[str, Passage]:
    """Those of `ids` that the catalog knows, whole."""
    found: dict[str, Passage] = {}
    for part in in_parts(ids):
        marks = ",".join("?" * len(part))
        rows = catalog.connection.execute(
            f"SELECT passages.id, tokens, position, sentences, {POST}, {_SECTION} FROM passages"
            " JOIN posts ON posts.id = passages.post_id"
            " JOIN sections ON sections.post_id = passages.post_id"
            " AND sections.ordinal = passages.section"
            f" WHERE passages.id IN ({marks})",
            part,
        )
        for id_, tokens, position, places, *rest in rows:
            section = _section(rest[_POST_COLUMNS:])
            sentences = tuple(Sentence(section.text[a:b], a) for a, b in json.loads(places))
            found[id_] = Passage(
                id_, read_post(rest[:_POST_COLUMNS]), section, sentences, tokens, position
            )
    return found


@decoded
def post_sections(catalog: Catalog, post_id: str) -> tuple[Section, ...]:
    """A post's sections in reading order; empty where there is no such post."""
    rows = catalog.connection.execute(
        f"SELECT {_SECTION} FROM sections WHERE post_id = ? ORDER BY ordinal", (post_id,)
    )
    return tuple(_section(row) for row in rows)


@decoded
def record(catalog: Catalog, post_id: str) -> Post:
    """A post's record; it must be there."""
    row = catalog.connection.execute(
        f"SELECT {POST} FROM posts WHERE id = ?", (post_id,)
    ).fetchone()
    return read_post(row)


@decoded
def parsed_post(catalog: Catalog, post_id: str) -> ParsedPost:
    """A post as it was read; it must be there."""
    return ParsedPost(record(catalog, post_id), post_sections(catalog, post_id))


def known_posts(catalog: Catalog, ids: Sequence[str]) -> frozenset[str]:
    """Those of the ids that are of posts in the catalog."""
    return _known(catalog, "posts", ids)


def known_passages(catalog: Catalog, ids: Sequence[str]) -> frozenset[str]:
    """Those of the ids that are of passages in the catalog."""
    return _known(catalog, "passages", ids)


def _known(catalog: Catalog, table: str, ids: Sequence[str]) -> frozenset[str]:
    found: set[str] = set()
    for part in in_parts(ids):
        marks = ",".join("?" * len(part))
        rows = catalog.connection.execute(f"SELECT id FROM {table} WHERE id IN ({marks})", part)
        found.update(row[0] for row in rows)
    return frozenset(found)


def choices(catalog: Catalog) -> Choices:
    """What questions can be limited to."""
    each = catalog.engine.dialect.each

    def names(column: str) -> tuple[str, ...]:
        rows = catalog.connection.execute(
            f"SELECT DISTINCT value FROM posts, {each.format(column)} ORDER BY 1"
        )
        return tuple(row[0] for row in rows)

    return Choices(names("authors"), names("categories"), names("tags"))


def all_ids(catalog: Catalog) -> list[str]:
    """Every passage's id, in the order of writing."""
    return [row[0] for row in catalog.connection.execute("SELECT id FROM passages ORDER BY number")]


def ids_by_post(catalog: Catalog) -> list[tuple[str, str]]:
    """Every passage's post and id, posts by their ids and passages in reading order."""
    rows = catalog.connection.execute("SELECT post_id, id FROM passages ORDER BY post_id, position")
    return [(row[0], row[1]) for row in rows]


def read_post(row: Sequence[Any]) -> Post:
    id_, title, url, published, modified, authors, categories, tags, language, how, *more = row
    complete, translations = more
    return Post(
        id=id_,
        title=title,
        url=url,
        published=from_seconds(published),
        modified=from_seconds(modified),
        authors=tuple(json.loads(authors)),
        categories=tuple(json.loads(categories)),
        tags=tuple(json.loads(tags)),
        language=language,
        damage=None if how is None else Damage(how, bool(complete)),
        translations=tuple(json.loads(translations)),
    )


def _section(row: Sequence[Any]) -> Section:
    key, headings, anchor, page, text, blocks = row
    return Section(
        key=key,
        headings=tuple(json.loads(headings)),
        anchor=anchor,
        page=page,
        text=text,
        blocks=tuple(block_of(values) for values in json.loads(blocks)),
    )
