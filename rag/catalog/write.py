"""Writing to the catalog: a post is swapped as a whole, in one transaction.

Every change of a passage leaves a line in the outbox in the same transaction; the search index
is told from there, so a kill at any moment loses nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rag.catalog import acronyms
from rag.catalog.catalog import Catalog, to_seconds
from rag.catalog.engine import Connection, in_parts, upserted
from rag.catalog.files import set_erasure_due
from rag.catalog.identity import block_values, record_hash
from rag.embedding.embedder import PassageVectors
from rag.text.sentences import indexed_words
from rag.types import ParsedPost, Passage, Post

Operation = Literal["upsert", "metadata", "delete"]
_KEEP_EMBEDDING = upserted(
    "embeddings",
    {"key": True}
    | dict.fromkeys(("passage", "sentences", "tokens", "token_ids", "token_sentence"), False),
)
_TELL = upserted("outbox", {"passage_id": True, "operation": False})
_TELL_IF_SILENT = "INSERT INTO outbox VALUES (?, ?) ON CONFLICT DO NOTHING"


@dataclass(frozen=True, slots=True)
class PostState:
    """What the catalog knows of a post, as hashes."""

    record_hash: str
    content_hash: str
    source: str
    modified: int = 0
    """Seconds since 1970, UTC; 0 where it is not known."""
    whole: bool = True
    """Not recovered from a damaged file."""


def post_states(catalog: Catalog) -> dict[str, PostState]:
    """Every post's id and state."""
    rows = catalog.connection.execute(
        "SELECT id, record_hash, content_hash, source, coalesce(modified, 0), recovered IS NULL"
        " FROM posts"
    )
    return {row[0]: PostState(row[1], row[2], row[3], row[4], bool(row[5])) for row in rows}


def known_embeddings(catalog: Catalog, keys: Sequence[str]) -> set[str]:
    """Those of `keys` whose vectors are there already."""
    found: set[str] = set()
    for part in in_parts(keys):
        marks = ",".join("?" * len(part))
        found.update(
            row[0]
            for row in catalog.connection.execute(
                f"SELECT key FROM embeddings WHERE key IN ({marks})", part
            )
        )
    return found


def save_embeddings(catalog: Catalog, vectors: Mapping[str, PassageVectors]) -> None:
    """Keep vectors under their keys; they count as soon as a passage names them."""
    with catalog.writing() as connection:
        connection.executemany(
            _KEEP_EMBEDDING,
            [
                (
                    key,
                    v.passage.astype(np.float16).tobytes(),
                    np.rint(v.sentences * 127).astype(np.int8).tobytes(),
                    v.tokens.tobytes(),
                    v.token_ids.astype(np.int32).tobytes(),
                    v.token_sentence.astype(np.int16).tobytes(),
                )
                for key, v in vectors.items()
            ],
        )


def swap_post(
    catalog: Catalog,
    parsed: ParsedPost,
    passages: Sequence[Passage],
    keys: Sequence[str],
    source: str,
    digest: str,
) -> None:
    """Put a post in the place of what stood under its id; readers see the old one or the new one.

    Args:
        catalog: Where.
        parsed: The post and all its sections.
        passages: Its passages, in order of position.
        keys: The embedding key of each passage; its vectors must have been saved.
        source: Where the post was read.
        digest: Stands for all that decides which passages a post has.
    """
    with catalog.writing() as connection:
        before = _passages_of(connection, parsed.post.id)
        _forget(catalog, parsed.post.id, before)
        _insert_post(connection, parsed, source, digest)
        _insert_passages(catalog, parsed, passages, keys)
        _count_tokens(connection, keys, +1)
        now = {passage.id for passage in passages}
        known = {id_ for id_, _, _ in before}
        _to_outbox(connection, [p.id for p in passages if p.id not in known], "upsert")
        _to_outbox(connection, [p.id for p in passages if p.id in known], "metadata")
        _to_outbox(connection, [id_ for id_ in known if id_ not in now], "delete")


def update_record(catalog: Catalog, post: Post, source: str) -> None:
    """Only the record changed: nothing of the text, so nothing is embedded."""
    with catalog.writing() as connection:
        connection.execute(
            "UPDATE posts SET url = ?, published = ?, modified = ?, authors = ?, categories = ?,"
            " tags = ?, language = ?, recovered = ?, complete = ?, source = ?, record_hash = ?,"
            " translations = ? WHERE id = ?",
            (
                post.url,
                *_record_row(post),
                source,
                record_hash(post),
                json.dumps(post.translations),
                post.id,
            ),
        )
        ids = [id_ for id_, _, _ in _passages_of(connection, post.id)]
        _to_outbox(connection, ids, "metadata")


def remove_posts(catalog: Catalog, ids: Iterable[str], *, erase: bool = False) -> int:
    """Take posts out at once; how many were there.

    Args:
        catalog: Where.
        ids: The posts'.
        erase: Let the writer, or the next one, also overwrite what the files still hold of them.
    """
    removed = 0
    with catalog.writing() as connection:
        for post_id in ids:
            before = _passages_of(connection, post_id)
            removed += _forget(catalog, post_id, before)
            _to_outbox(connection, [id_ for id_, _, _ in before], "delete")
        if erase and removed:
            set_erasure_due(catalog)
    return removed


def drop_unused_embeddings(catalog: Catalog) -> int:
    """Free the vectors that no passage names any more; how many there were."""
    with catalog.writing() as connection:
        connection.execute("DELETE FROM token_frequency WHERE passages <= 0")
        freed: int = connection.execute(
            "DELETE FROM embeddings WHERE NOT EXISTS"
            " (SELECT 1 FROM passages WHERE passages.embedding_key = embeddings.key)"
        ).rowcount
        return freed


def outbox(catalog: Catalog, limit: int) -> list[tuple[str, Operation]]:
    """The next passages that the search index has to be told of, at most `limit`."""
    rows = catalog.connection.execute("SELECT passage_id, operation FROM outbox LIMIT ?", (limit,))
    return [(row[0], row[1]) for row in rows]


def outbox_size(catalog: Catalog) -> int:
    found: int = catalog.connection.execute("SELECT count(*) FROM outbox").fetchone()[0]
    return found


def clear_outbox(catalog: Catalog, told: Sequence[tuple[str, Operation]]) -> None:
    """The search index knows; readers are called to open it anew."""
    with catalog.writing() as connection:
        connection.executemany("DELETE FROM outbox WHERE passage_id = ? AND operation = ?", told)
        catalog.set_meta("generation", str(catalog.generation + 1))


def empty_outbox(catalog: Catalog) -> None:
    """There is nothing to tell: the search index holds exactly what the catalog holds."""
    with catalog.writing() as connection:
        connection.execute("DELETE FROM outbox")


def _passages_of(connection: Connection, post_id: str) -> list[tuple[str, int, str]]:
    found: list[tuple[str, int, str]] = connection.execute(
        "SELECT id, number, embedding_key FROM passages WHERE post_id = ?", (post_id,)
    ).fetchall()
    return found


def _forget(catalog: Catalog, post_id: str, before: Sequence[tuple[str, int, str]]) -> int:
    connection = catalog.connection
    _count_tokens(connection, [key for _, _, key in before], -1)
    catalog.words.remove([number for _, number, _ in before])
    # Its sections and passages go with it.
    gone: int = connection.execute("DELETE FROM posts WHERE id = ?", (post_id,)).rowcount
    return gone


def _record_row(post: Post) -> tuple[object, ...]:
    damage = post.damage
    return (
        to_seconds(post.published),
        to_seconds(post.modified),
        json.dumps(post.authors, ensure_ascii=False),
        json.dumps(post.categories, ensure_ascii=False),
        json.dumps(post.tags, ensure_ascii=False),
        post.language,
        damage.recovered if damage else None,
        int(damage is None or damage.complete),
    )


def _insert_post(connection: Connection, parsed: ParsedPost, source: str, digest: str) -> None:
    post = parsed.post
    connection.execute(
        "INSERT INTO posts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            post.id, post.title, post.url, *_record_row(post),
            source, record_hash(post), digest, json.dumps(post.translations),
        ),
    )  # fmt: skip
    acronyms.note(connection, post.id, [section.text for section in parsed.sections])
    connection.executemany(
        "INSERT INTO sections VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                post.id, i, s.key, json.dumps(s.headings, ensure_ascii=False), s.anchor, s.page,
                s.text, json.dumps([block_values(b) for b in s.blocks], ensure_ascii=False),
            )
            for i, s in enumerate(parsed.sections)
        ],
    )  # fmt: skip


def _insert_passages(
    catalog: Catalog, parsed: ParsedPost, passages: Sequence[Passage], keys: Sequence[str]
) -> None:
    ordinals = {section.key: i for i, section in enumerate(parsed.sections)}
    last = catalog.connection.execute("SELECT coalesce(max(number), 0) FROM passages").fetchone()[0]
    numbered = list(enumerate(zip(passages, keys, strict=True), start=last + 1))
    catalog.connection.executemany(
        "INSERT INTO passages"
        " (number, id, post_id, section, position, sentences, tokens, embedding_key)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                number, passage.id, passage.post.id, ordinals[passage.section.key],
                passage.position, json.dumps([(s.start, s.end) for s in passage.sentences]),
                passage.tokens, key,
            )
            for number, (passage, key) in numbered
        ],
    )  # fmt: skip
    catalog.words.add([(number, *_words_of(passage)) for number, (passage, _) in numbered])


def _words_of(passage: Passage) -> tuple[str, str, str]:
    headers = dict.fromkeys(b.header for b in passage.section.blocks if b.header)
    return (
        indexed_words(passage.post.title),
        indexed_words(" ".join((*passage.section.headings, *headers))),
        indexed_words(passage.text),
    )


def _count_tokens(connection: Connection, keys: Sequence[str], sign: int) -> None:
    counts: Counter[int] = Counter()
    tokens: dict[str, list[int]] = {}
    for part in in_parts(sorted(set(keys))):
        marks = ",".join("?" * len(part))
        for key, blob in connection.execute(
            f"SELECT key, token_ids FROM embeddings WHERE key IN ({marks})", part
        ):
            tokens[key] = np.unique(np.frombuffer(blob, dtype=np.int32)).tolist()
    for key in keys:
        counts.update(tokens[key])
    connection.executemany(
        "INSERT INTO token_frequency VALUES (?, ?) ON CONFLICT (token)"
        " DO UPDATE SET passages = token_frequency.passages + excluded.passages",
        [(token, sign * count) for token, count in counts.items()],
    )


def _to_outbox(connection: Connection, ids: Sequence[str], operation: Operation) -> None:
    # A passage that the search index has not been told of yet needs all of it, not its record.
    tell = _TELL if operation != "metadata" else _TELL_IF_SILENT
    connection.executemany(tell, [(id_, operation) for id_ in ids])
