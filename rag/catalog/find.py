"""Which post is meant by what somebody typed."""

from __future__ import annotations

from rag.catalog.catalog import Catalog
from rag.errors import PostUnknown


def find_post(catalog: Catalog, wanted: str) -> str:
    """The id of the post that is meant by an id, an address, or a WordPress id that is unique.

    Raises:
        PostUnknown: There is none, or there are several.
    """
    address = wanted.strip().partition("#")[0].partition("://")[2] or wanted.strip()
    address = address.removeprefix("www.").rstrip("/")
    typed = wanted.strip()
    number = typed if typed.isascii() and typed.isdigit() else "/"  # which no id ends with
    rows = catalog.connection.execute(
        "SELECT id FROM posts WHERE id IN (?, ?) OR id LIKE ?"
        " OR rtrim(replace(replace(url, 'https://', ''), 'http://', ''), '/') IN (?, ?)"
        " ORDER BY id LIMIT 6",
        (typed, address, f"%/{number}", address, f"www.{address}"),
    ).fetchall()
    found = [str(row[0]) for row in rows]
    if len(found) == 1:
        return found[0]
    if not found:
        raise PostUnknown(
            f"There is no post {wanted!r} in the index.",  # where it lies, readers need not know
            hint="Give its id (site/number), its address, or its WordPress number.",
        )
    several = ", ".join(found[:5]) + (", …" if len(found) > 5 else "")
    raise PostUnknown(
        f"Several posts are called {wanted!r}: {several}.", hint="Give one of these ids."
    )
