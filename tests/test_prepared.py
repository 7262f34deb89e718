"""What is made of a post ahead of the sync: taken where it fits, made anew where it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_site import GARDEN

from ingest.posts.wordpress_post import RawPost, ReadPost
from ingest.prepared import Prepared, content_digest, embed_ahead, prepare
from rag.catalog.identity import embedding_key
from rag.embedding.embedder import Embedder, HashEmbedder
from rag.types import Post

LIMIT = 64
EMBEDDER = HashEmbedder()


def read_post(html: str) -> ReadPost:
    post = Post(id="garden.example/1", title="Beds", url="https://garden.example/beds/")
    return ReadPost(RawPost(1, post, html), "posts.json, post 1")


def no_embedder() -> Embedder:
    raise AssertionError("the model is loaded for nothing")


BEDS = read_post("<p>Beds need sun.</p><h2>Soil</h2><p>Dig it deep and let it rest.</p>")


def made(one: Prepared, known: frozenset[str] = frozenset()) -> Prepared:
    (found,) = embed_ahead([one], lambda: EMBEDDER, limit=LIMIT, is_known=known.__contains__)
    return found


def test_text_that_the_index_has_is_neither_split_nor_embedded() -> None:
    before = content_digest(prepare(BEDS, "", LIMIT).parsed, LIMIT)
    one = prepare(BEDS, before, LIMIT)
    assert embed_ahead([one], no_embedder, limit=LIMIT, is_known=frozenset().__contains__) == [one]
    assert one.pieces is None


def test_vectors_are_made_of_what_the_index_lacks() -> None:
    first = made(prepare(BEDS, "", LIMIT))
    assert first.pieces is not None
    keys = [embedding_key(piece.text, EMBEDDER.id) for piece in first.pieces]
    assert list(first.vectors) == keys
    again = made(prepare(BEDS, "", LIMIT), frozenset(keys[:1]))
    assert list(again.vectors) == keys[1:]
    assert again.pieces == first.pieces


def test_passages_bear_the_record_with_which_the_post_comes_into_the_index() -> None:
    one = made(prepare(BEDS, "", LIMIT))
    post = replace(one.parsed.post, language=one.language, authors=("Ines Moreau",))
    pieces = one.pieces_of(replace(one.parsed, post=post))
    assert pieces is not None
    assert {piece.passage.post for piece in pieces} == {post}


@pytest.mark.parametrize(("title", "language"), [("Beds", "fr"), ("Other beds", "en")])
def test_passages_of_another_title_or_language_are_not_taken(title: str, language: str) -> None:
    one = made(replace(prepare(BEDS, "", LIMIT), language="en"))
    post = replace(one.parsed.post, language="en")
    assert one.pieces_of(replace(one.parsed, post=post)) is not None
    other = replace(post, title=title, language=language)
    assert one.pieces_of(replace(one.parsed, post=other)) is None


def test_passages_that_nobody_made_are_to_be_made() -> None:
    assert Prepared(GARDEN[0]).pieces_of(GARDEN[0]) is None
