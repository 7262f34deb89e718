"""Which is which: the hashes by which posts, passages and vectors are told apart."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from rag.embedding.embedder import ModelId, PassageText
from rag.types import Block, ParsedPost, Post


def record_hash(post: Post) -> str:
    """Of what can change without a word of the post changing: address, dates, people, terms."""
    fields = (
        post.url, str(post.published), str(post.modified), post.authors, post.categories,
        post.tags, post.language, post.damage and (post.damage.recovered, post.damage.complete),
    )  # fmt: skip
    # As it was before posts had translations, where they have none.
    return _digest((*fields, post.translations) if post.translations else fields)


def content_hash(parsed: ParsedPost) -> str:
    """Of the title and the sections: text, headings, places."""
    sections = [
        (s.key, s.headings, s.anchor, s.page, s.text, [block_values(b) for b in s.blocks])
        for s in parsed.sections
    ]
    return _digest((parsed.post.title, sections))


def passage_id(post_id: str, section_key: str, ordinal: int, embedded: str) -> str:
    """Stands for a passage here and in Chroma.

    Args:
        post_id: The post's id.
        section_key: The section's key.
        ordinal: The passage's place in its section, from 0.
        embedded: The text that is embedded for it.
    """
    return _digest((post_id, section_key, ordinal, embedded))


def _digest(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=list)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def block_values(block: Block) -> tuple[object, ...]:
    """A block as plain values, in the order of its fields; the gaps only where it has some."""
    values = (block.start, block.end, block.kind, block.header)
    return (*values, block.gaps) if block.gaps else values


def block_of(values: Sequence[Any]) -> Block:
    """A block from its plain values, or from what JSON makes of them."""
    start, end, kind, header, *gaps = values
    return Block(start, end, kind, header, tuple((a, b) for a, b in (gaps[0] if gaps else ())))


def embedding_key(text: PassageText, model: ModelId) -> str:
    """Under which the vectors of a text are kept and found again."""
    spans = ",".join(f"{start}-{end}" for start, end in text.spans)
    whole = f"{model}\0{spans}\0{text.text}"
    return hashlib.blake2b(whole.encode(), digest_size=16).hexdigest()
