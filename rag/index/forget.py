"""Take a post out of an index so that nothing of it stays in its files, and keep it out."""

from __future__ import annotations

from rag.catalog import write as catalog_write
from rag.catalog.files import writers_catalog
from rag.catalog.find import find_post
from rag.catalog.forgotten import set_forgotten, unset_forgotten
from rag.errors import IndexUnwritable, PostUnknown
from rag.index.rebuild import erase
from rag.place import Where


def forget(where: Where, wanted: str) -> str:
    """Remove a post and overwrite what the index's files hold of it; readers go on meanwhile.

    A keyed hash of its id is kept, by which later syncs leave it out. Backups are out of reach.

    Args:
        where: The index.
        wanted: The post's id, address, or WordPress id where only one post has it.

    Returns:
        The post's id.

    Raises:
        PostUnknown: No post, or more than one, is meant.
        IndexMissing, IndexMismatch, IndexDamaged: There is no index that can be read.
        IndexBusy: Another process is writing, or a reader holds an older state for too long.
        IndexUnwritable: The disk is full, or the folder may not be written.
    """
    with writers_catalog(where) as catalog:
        post_id = find_post(catalog, wanted)
        with catalog.writing():
            set_forgotten(catalog, post_id)
            catalog_write.remove_posts(catalog, [post_id], erase=True)
        try:
            erase(catalog)
        except IndexUnwritable as error:
            raise IndexUnwritable(
                f"{post_id} is out of the index, and text of it still in its files:"
                f" {error.problem}",
                hint="Make room, and run `pullquote doctor --repair`: it erases what is left.",
            ) from error
        return post_id


def let_back(where: Where, post_id: str) -> None:
    """Let the next sync read a post that was forgotten, if its source still shows it.

    Args:
        where: The index.
        post_id: Its id, `site/number`: by nothing else can it be known again.

    Raises:
        PostUnknown: No such post was forgotten.
        IndexMissing, IndexMismatch, IndexDamaged: There is no index that can be read.
        IndexBusy: Another process is writing.
        IndexUnwritable: The disk is full, or the folder may not be written.
    """
    with writers_catalog(where) as catalog:
        if not unset_forgotten(catalog, post_id.strip()):
            raise PostUnknown(
                f"No post {post_id!r} was forgotten in {catalog.place}.",
                hint="Give its id (site/number), as `pullquote forget` printed it.",
            )
