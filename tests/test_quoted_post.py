from __future__ import annotations

from pathlib import Path

from small_site import GARDEN, put

from rag import Assistant, Turn
from rag.embedding.embedder import HashEmbedder
from rag.index.index import write_index
from rag.index.quoted_post import post_quoted


def test_the_post_of_the_first_quote_is_found_and_meant(tmp_path: Path) -> None:
    embedder = HashEmbedder()
    with write_index(tmp_path / "index", embedder.id) as writer:
        for parsed in GARDEN:
            put(writer, parsed, embedder)
        writer.finish()
    with Assistant.open(tmp_path / "index", embedding_model="hash") as assistant:
        catalog = assistant.index.catalog
        for parsed in GARDEN:
            text = parsed.sections[0].text
            assert post_quoted(f"{text[:90]}\n{text[90:]} And more.", catalog) == parsed.post
        assert post_quoted("", catalog) is None
        assert post_quoted("No post of the garden says so.", catalog) is None
        said = Turn("What is there?", GARDEN[0].sections[0].text)
        query = assistant.understand("Thanks! And when was that post published?", history=[said])
        assert query.record
        assert query.record.topic == GARDEN[0].post.title
