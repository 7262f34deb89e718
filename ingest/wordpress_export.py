"""WordPress's export files (WXR) to posts, as a stream."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any, Protocol, cast

from lxml import etree

from ingest.synced_patterns import Patterns
from ingest.wordpress_post import (
    RawPost,
    ReadPost,
    Skipped,
    language,
    names,
    plain,
    post_id,
    public_or_skipped,
    shown,
    utc,
    web_address,
    whole_number,
)
from ingest.wpautop import as_html, texturize
from rag.errors import SourceError
from rag.types import Post

# WordPress writes them into its files as they stand in the posts, and no XML parser takes them.
_HEAD = 65_536  # bytes in which it is looked for where the XML begins
_FORBIDDEN = bytes(set(range(32)) - {9, 10, 13})
_START = re.compile(rb"<\?xml\s|<rss\s", re.IGNORECASE)
# In what PHP writes of a list: a:2:{s:2:"en";i:12;s:2:"fr";i:34;}
_LOCALE = re.compile(r's:6:"locale";s:\d+:"(\w+)"')
_MEMBER = re.compile(r'"[\w-]+";i:(\d+);')
_NOT_CHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")


def looks_like_export(head: bytes) -> bool:
    """Whether a file that begins like this is one."""
    # A server's warning may stand before it.
    begins = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    return begins and _START.search(head) is not None and b"wordpress.org/export/" in head


class Stream(Protocol):
    """Bytes, one after the other."""

    def read(self, size: int = -1, /) -> bytes: ...


@dataclass
class _Site:
    """What the file says before its first post."""

    home: str = ""
    language: str | None = None
    people: dict[str, str] = field(default_factory=dict)
    """Login to display name."""
    locales: dict[str, str] = field(default_factory=dict)
    """Polylang's name of a language to its locale: "fr" to "fr_FR"."""
    groups: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """Polylang's name of a post in all its languages to the ids of these posts."""
    patterns: Patterns = field(default_factory=Patterns)
    waiting: list[tuple[ReadPost, str]] = field(default_factory=list)
    """Posts with patterns that may come behind them, and their texts as they were typed."""

    def note(self, name: str, element: Any) -> None:
        """Take what an element says of the site."""
        if name == "author" and len(element):
            login = _child(element, "author_login")
            self.people[login] = plain(_child(element, "author_display_name")) or login
        elif name == "term" and len(element):
            self._note_term(element)
        elif name == "base_blog_url":
            self.home = web_address(element.text or "")
        elif name == "language" and element.getparent() is not None:
            self.language = language((element.text or "").strip())

    def _note_term(self, element: Any) -> None:
        """Polylang keeps languages and translations in terms."""
        kind, slug = _child(element, "term_taxonomy"), _child(element, "term_slug")
        said = _child(element, "term_description")
        if kind == "language" and (locale := _LOCALE.search(said)):
            self.locales[slug] = locale[1]
        elif kind == "post_translations":
            self.groups[slug] = tuple(map(int, _MEMBER.findall(said)))


class _Clean:
    """A stream without the bytes that XML forbids, from where the XML begins."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        first = stream.read(_HEAD)
        begin = _START.search(first)
        self._first = first[begin.start() :] if begin else first
        self.cut = shown(first[: begin.start()].decode("utf-8", "replace")) if begin else ""
        """What stood before it, as people see it."""

    def read(self, size: int = -1) -> bytes:
        data = b""
        while not data:
            raw, self._first = self._first or self._stream.read(size), b""
            if not raw:
                return b""
            data = raw.translate(None, _FORBIDDEN)
            for wrong in _NOT_CHARACTERS:
                data = data.replace(wrong, b"")
        return data


def read_export(stream: Stream, origin: str) -> Iterator[ReadPost | Skipped]:
    """The posts and pages of an export file.

    Args:
        stream: The file's bytes, unpacked.
        origin: The file's name, for people.

    Raises:
        SourceError: It breaks off before its first post.
    """
    site = _Site()
    count = 0
    clean = _Clean(stream)
    warnings: tuple[str, ...] = ()
    if clean.cut:
        warnings = (f"{origin}: before its XML stood: {clean.cut[:100]}",)
    # Entities off and no network: a file may come from anyone. Not recover=True, which drops
    # words of the text without a sign.
    events = etree.iterparse(
        cast(Any, clean), events=("end",), resolve_entities=False, no_network=True,
        load_dtd=False, huge_tree=True,
    )  # fmt: skip
    try:
        for _, element in events:
            name = _local_name(element)
            if name == "item":
                count += 1
                found = _item(element, site, origin)
                if warnings and isinstance(found, ReadPost):
                    found, warnings = replace(found, warnings=warnings), ()
                if found is not None:
                    yield found
                _forget(element)
            else:
                site.note(name, element)
    except (etree.XMLSyntaxError, OSError, EOFError) as error:
        where = f"line {error.lineno}" if isinstance(error, etree.XMLSyntaxError) else "its end"
        yield from _those_that_waited(site, origin)
        if not count:
            raise SourceError(
                f"{origin} is an export file that breaks off before its first post ({where}).",
                hint="Export it again in WordPress: Tools → Export.",
            ) from error
        yield Skipped(origin, f"the file breaks off at {where}, after {count} entries")
        return
    yield from _those_that_waited(site, origin)


def _local_name(element: Any) -> str:
    """Without its namespace, or a prefix for which a damaged file declares none."""
    tag = element.tag
    return re.split(r"[}:]", tag)[-1] if isinstance(tag, str) else ""


def _forget(element: Any) -> None:
    """Free what was read: an export may be larger than the memory."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


def _item(item: Any, site: _Site, origin: str) -> ReadPost | Skipped | None:
    """A post, or why there is none; None for one that waits for the patterns in it."""
    number = _child(item, "post_id")
    wordpress_id = whole_number(number)
    link = web_address(_child(item, "link"))
    title = plain(texturize(_child(item, "title")))
    body = _child(item, "encoded", space="content")
    terms = [(c.get("domain"), c.text or "") for c in item if _local_name(c) == "category"]
    creator = _child(item, "creator").strip()
    notes = _footnotes(item)
    filled = site.patterns.fill(body)
    own_language = _nicename(item, "language")
    post = Post(
        id=post_id(wordpress_id, link, site.home, otherwise=f"{title}\0{body}"),
        title=title,
        url=link,
        published=utc(_child(item, "post_date_gmt"), None),
        modified=utc(_child(item, "post_modified_gmt"), None),
        authors=names([site.people.get(creator, creator)]),
        categories=names(text for domain, text in terms if domain == "category"),
        tags=names(text for domain, text in terms if domain == "post_tag"),
        language=language(site.locales.get(own_language, own_language)) or site.language,
    )
    raw = RawPost(
        wordpress_id=wordpress_id,
        post=post,
        html=as_html(filled.text) + notes,
        status=_child(item, "status") or "publish",
        protected=bool(_child(item, "post_password")),
        post_type=_child(item, "post_type") or "post",
        translations=site.groups.get(_nicename(item, "post_translations"), ()),
        untold=frozenset() if post.authors else frozenset({"authors"}),
    )
    if raw.post_type == "wp_block" and raw.status == "publish" and not raw.protected:
        site.patterns.add(wordpress_id, body)
    found = public_or_skipped(raw, f"{origin}, post {number or title}")
    if isinstance(found, ReadPost) and filled.lacking:
        site.waiting.append((found, body + notes))
        return None
    return found


def _those_that_waited(site: _Site, origin: str) -> Iterator[ReadPost]:
    """Posts whose patterns came behind them, or did not come: that is said with the first post."""
    filled = [site.patterns.fill(body) for _, body in site.waiting]
    lacking = [found for (found, _), one in zip(site.waiting, filled, strict=True) if one.lacking]
    warnings: tuple[str, ...] = ()
    if lacking:
        post = lacking[0].raw.post
        warnings = (
            f"{origin}: posts with a synced pattern that the file does not hold, so that its text"
            f" is missing: {len(lacking)}, as {post.url or post.title}",
        )
    for (found, _), one in zip(site.waiting, filled, strict=True):
        raw = replace(found.raw, html=as_html(one.text))
        yield replace(found, raw=raw, warnings=(*found.warnings, *warnings))
        warnings = ()


def _child(item: Any, name: str, *, space: str = "") -> str:
    for child in item:
        if _local_name(child) == name and space in child.tag.rpartition("}")[0]:
            return child.text or ""
    return ""


def _nicename(item: Any, domain: str) -> str:
    """Of the first term of a taxonomy that a post has; empty where it has none."""
    terms = (one for one in item if _local_name(one) == "category")
    return next((one.get("nicename", "") for one in terms if one.get("domain") == domain), "")


def _footnotes(item: Any) -> str:
    """Notes are kept beside the text; WordPress sets them at its end."""
    for meta in item:
        if _local_name(meta) == "postmeta" and _child(meta, "meta_key") == "footnotes":
            try:
                notes = json.loads(_child(meta, "meta_value") or "[]")
                rows = [f'<li id="{escape(n["id"])}">{n["content"]}</li>' for n in notes]
            except (ValueError, TypeError, KeyError):
                return ""
            return f'<ol class="wp-block-footnotes">{"".join(rows)}</ol>' if rows else ""
    return ""
