"""All that an index holds, in both stores, to be compared with another's."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

import chromadb
import numpy as np

from rag.catalog import read as catalog_read
from rag.catalog import write as catalog_write
from rag.catalog.catalog import Catalog
from rag.index.chroma_server import ChromaConnection
from rag.index.search_home import search_name
from rag.place import Where
from rag.types import ParsedPost, Vector


@dataclass(frozen=True)
class State:
    """What must be equal in two indexes that were given the same posts."""

    posts: dict[str, ParsedPost]
    texts: dict[str, str]
    """Passage id to its text."""
    vectors: dict[str, tuple[bytes, ...]]
    """Passage id to every blob that the catalog keeps."""
    tokens: dict[int, int]
    words: dict[str, int]
    """Word to the number of passages that hold it."""
    chroma: dict[str, tuple[str, bytes]]
    """Passage id to text and metadata there, and its vector, rounded."""


def state(where: Where) -> State:
    with closing(Catalog(where)) as catalog:
        run = catalog.connection.execute
        ids = catalog_read.all_ids(catalog)
        stored = catalog_read.stored_vectors(catalog, ids)
        return State(
            posts={
                id_: catalog_read.parsed_post(catalog, id_)
                for id_ in sorted(catalog_write.post_states(catalog))
            },
            texts={i: p.text for i, p in sorted(catalog_read.passages(catalog, ids).items())},
            vectors={
                i: tuple(
                    getattr(stored[i], kind).tobytes()
                    for kind in ("passage", "sentences", "tokens", "token_ids", "token_sentence")
                )
                for i in sorted(ids)
            },
            tokens=dict(run("SELECT * FROM token_frequency WHERE passages != 0").fetchall()),
            words=dict(catalog.words.stems("", chr(0x10FFFF), 0, 10**6)),
            chroma=_chroma(catalog),
        )


def _chroma(catalog: Catalog) -> dict[str, tuple[str, bytes]]:
    name, server = search_name(catalog), catalog.place.chroma
    if server:
        return _contents(ChromaConnection(server, writes=False).client.get_collection(name))
    client = chromadb.PersistentClient(str(catalog.place.folder / name) + "/." * 9)
    try:
        return _contents(client.get_collection("passages"))
    finally:
        client.close()  # type: ignore[attr-defined]


def _contents(collection: chromadb.Collection) -> dict[str, tuple[str, bytes]]:
    found = collection.get(include=["embeddings", "documents", "metadatas"])
    embeddings = found["embeddings"]
    documents, metadatas = found["documents"], found["metadatas"]
    assert embeddings is not None
    assert documents is not None
    assert metadatas is not None
    return {
        id_: (f"{documents[i]} {sorted(metadatas[i].items())}", _rounded(embeddings[i]))
        for i, id_ in enumerate(found["ids"])
    }


def _rounded(vector: object) -> bytes:
    row: Vector = np.asarray(vector, dtype=np.float32)
    return np.round(row, 4).tobytes()
