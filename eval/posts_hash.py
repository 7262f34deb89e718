"""The hash of the posts of an index, so that runs on equal posts are known as such."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from rag.catalog.write import post_states

if TYPE_CHECKING:
    from rag.index.index import Index


def posts_sha256(index: Index) -> str:
    """64 hexadecimal digits of the ids of posts and the digests of record, text and its passages.

    The same for equal posts in another index, in whatever order and however often they were synced.
    """
    digest = hashlib.sha256()
    for id_, state in sorted(post_states(index.catalog).items()):
        digest.update(f"{id_}\0{state.record_hash}\0{state.content_hash}\n".encode())
    return digest.hexdigest()
