"""Take a post out of an index so that nothing of it stays in its files."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from rag import catalog_write
from rag.catalog import Catalog
from rag.catalog_files import require_whole
from rag.catalog_find import find_post
from rag.rebuild import CATALOG, erase
from rag.writer_lock import locked


def forget(folder: Path, wanted: str) -> str:
    """Remove a post and overwrite what the index's files hold of it; readers go on meanwhile.

    Backups are out of reach, and so is the source: a later sync brings back what is public there.

    Args:
        folder: The index.
        wanted: The post's id, address, or WordPress id where only one post has it.

    Returns:
        The post's id.

    Raises:
        PostUnknown: No post, or more than one, is meant.
        IndexMissing, IndexMismatch, IndexDamaged: There is no index that can be read.
        IndexBusy: Another process is writing, or a reader holds an older state for too long.
        IndexUnwritable: The disk is full, or the folder may not be written.
    """
    with closing(Catalog(folder / CATALOG)) as catalog, locked(folder):
        require_whole(catalog)
        post_id = find_post(catalog, wanted)
        catalog_write.remove_posts(catalog, [post_id], erase=True)
        erase(catalog)
        return post_id
