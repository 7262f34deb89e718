"""Which post is meant by what somebody typed."""

from __future__ import annotations

from rag.catalog import Catalog
from rag.errors import PostUnknown


def find_post(catalog: Catalog, wanted: str) -> str:
    """The id of the post that is meant by an id, an address, or a WordPress id that is unique.

    Raises:
        PostUnknown: There is none, or there are several.
    """
    address = wanted.strip().partition("#")[0].partition("://")[2] or wanted.strip()
    address = address.removeprefix("www.").rstrip("/")
    rows = catalog.connection.execute(
        "SELECT id FROM posts WHERE id IN (?1, ?2)"
        " OR rtrim(replace(replace(url, 'https://', ''), 'http://', ''), '/')"
        "    IN (?2, 'www.' || ?2)"
        " OR (?1 NOT GLOB '*[^0-9]*' AND ?1 != '' AND id LIKE '%/' || ?1) ORDER BY id LIMIT 6",
        (wanted.strip(), address),
    ).fetchall()
    found = [str(row[0]) for row in rows]
    if len(found) == 1:
        return found[0]
    if not found:
        raise PostUnknown(
            f"There is no post {wanted!r} in {catalog.place}.",
            hint="Give its id (site/number), its address, or its WordPress number.",
        )
    several = ", ".join(found[:5]) + (", …" if len(found) > 5 else "")
    raise PostUnknown(f"{wanted!r} may be {several}.", hint="Give one of these ids.")
