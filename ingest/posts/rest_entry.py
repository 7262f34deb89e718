"""One post of an answer of WordPress's REST API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any

from ingest.posts.wordpress_post import (
    RawPost,
    ReadPost,
    Skipped,
    home_of,
    is_protected,
    language,
    names,
    plain,
    post_id,
    public_or_skipped,
    utc,
    web_address,
    whole_number,
)
from rag.types import Damage, Post

_TRANSLATIONS = ("translations", "wpml_translations")


def read_entry(
    entry: Mapping[str, Any],
    origin: str,
    *,
    damage: Damage | None = None,
    zone: tzinfo | None = None,
) -> ReadPost | Skipped:
    """A post, or why it is none.

    Args:
        entry: Under REST's names.
        origin: Where it was read, for people.
        damage: How it was recovered, where it was.
        zone: The site's, where it is known; for times that are not said in UTC.
    """
    wordpress_id = whole_number(entry.get("id"))
    link = web_address(entry.get("link"))
    guid = _rendered(entry.get("guid"))
    content = entry.get("content")
    title = plain(_rendered(entry.get("title")))
    html = _rendered(content)
    embedded = entry.get("_embedded")
    embedded = embedded if isinstance(embedded, Mapping) else {}
    terms = [term for group in _list(embedded.get("wp:term")) for term in _list(group)]
    post = Post(
        id=post_id(
            wordpress_id, link or guid, home_of(_self(entry), guid), otherwise=f"{title}\0{html}"
        ),
        title=title,
        url=link,
        published=utc(entry.get("date_gmt"), entry.get("date"), zone),
        modified=utc(entry.get("modified_gmt"), entry.get("modified"), zone),
        authors=_authors(entry, embedded),
        categories=_terms(terms, "category", entry.get("categories")),
        tags=_terms(terms, "post_tag", entry.get("tags")),
        language=_language(entry),
        damage=damage,
    )
    raw = RawPost(
        wordpress_id=wordpress_id,
        post=post,
        html=html,
        status=str(entry.get("status") or "publish"),
        protected=is_protected(content) or bool(entry.get("password")),
        post_type=str(entry.get("type") or "post"),
        translations=_translations(entry),
        untold=_untold(post, entry, embedded),
    )
    return public_or_skipped(raw, origin)


def _untold(post: Post, entry: Mapping[str, Any], embedded: Mapping[str, Any]) -> frozenset[str]:
    """An answer without `_embed` has authors and terms as numbers, and some have not even these."""
    told = {
        "authors": entry.get("author") == 0,
        "categories": "wp:term" in embedded or entry.get("categories") in ([], {}),
        "tags": "wp:term" in embedded or entry.get("tags") in ([], {}),
        "translations": any(name in entry for name in _TRANSLATIONS),
    }
    return frozenset(name for name, all_ in told.items() if not all_ and not getattr(post, name))


def _rendered(value: object) -> str:
    if isinstance(value, Mapping):
        value = value.get("rendered") or value.get("raw")
    return value if isinstance(value, str) else ""


def _self(entry: Mapping[str, Any]) -> str:
    links = entry.get("_links")
    own = links.get("self") if isinstance(links, Mapping) else None
    first = own[0] if isinstance(own, list) and own else None
    address = first.get("href") if isinstance(first, Mapping) else None
    return address if isinstance(address, str) else ""


def _authors(entry: Mapping[str, Any], embedded: Mapping[str, Any]) -> tuple[str, ...]:
    people = [one.get("name") for one in _list(embedded.get("author")) if isinstance(one, Mapping)]
    own = entry.get("author")
    people += [own.get("name")] if isinstance(own, Mapping) else []
    return names(people) or names(
        [entry.get("author_name"), *(a for a in _list(entry.get("authors")) if isinstance(a, str))]
    )


def _terms(terms: Sequence[object], taxonomy: str, own: object) -> tuple[str, ...]:
    """Names; the numbers that an answer without `_embed` has say nothing."""
    found = [
        t.get("name") for t in terms if isinstance(t, Mapping) and t.get("taxonomy") == taxonomy
    ]
    # WordPress.com has them by name.
    listed = list(own) if isinstance(own, Mapping) else _list(own)
    return names(found) or names(one for one in listed if isinstance(one, str))


def _language(entry: Mapping[str, Any]) -> str | None:
    """Polylang calls it "lang"; WPML "wpml_current_locale"."""
    fields = ("lang", "language", "wpml_current_locale", "locale")
    return next(filter(None, (language(entry.get(name)) for name in fields)), None)


def _translations(entry: Mapping[str, Any]) -> tuple[int, ...]:
    """Polylang has language to id; WPML a list with an id in each."""
    found: list[object] = []
    for name in _TRANSLATIONS:
        value = entry.get(name)
        listed = value.values() if isinstance(value, Mapping) else _list(value)
        found += [one.get("id") if isinstance(one, Mapping) else one for one in listed]
    return tuple(int(str(one)) for one in found if str(one).isascii() and str(one).isdigit())


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
