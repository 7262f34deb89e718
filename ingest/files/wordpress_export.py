"""WordPress's export files (WXR) to posts, as a stream."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape
from typing import Any, Protocol, cast

from lxml import etree

from ingest.files.export_site import Site, child, local_name, nicename
from ingest.html.captions import shows_gallery
from ingest.html.wpautop import texturize
from ingest.posts.wordpress_post import (
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
from rag.errors import SourceError
from rag.types import Post

# WordPress writes them into its files as they stand in the posts, and no XML parser takes them.
_HEAD = 65_536  # bytes in which it is looked for where the XML begins
_FORBIDDEN = bytes(set(range(32)) - {9, 10, 13})
_START = re.compile(rb"<\?xml\s|<rss\s", re.IGNORECASE)
_NOT_CHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")


def looks_like_export(head: bytes) -> bool:
    """Whether a file that begins like this is one."""
    # A server's warning may stand before it.
    begins = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    return begins and _START.search(head) is not None and b"wordpress.org/export/" in head


class Stream(Protocol):
    """Bytes, one after the other."""

    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A post that shows what may stand behind it in the file."""

    found: ReadPost
    """Without its text."""
    typed: str
    notes: str


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
    site = Site()
    waiting: list[_Waiting] = []
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
            name = local_name(element)
            if name == "item":
                count += 1
                found = _item(element, site, origin)
                if isinstance(found, _Waiting):
                    waiting.append(found)
                elif warnings and isinstance(found, ReadPost):
                    yield replace(found, warnings=warnings)
                    warnings = ()
                else:
                    yield found
                _forget(element)
            else:
                site.note(name, element)
    except (etree.XMLSyntaxError, OSError, EOFError) as error:
        where = f"line {error.lineno}" if isinstance(error, etree.XMLSyntaxError) else "its end"
        yield from _those_that_waited(waiting, site, origin, warnings)
        if not count:
            raise SourceError(
                f"{origin} is an export file that breaks off before its first post ({where}).",
                hint="Export it again in WordPress: Tools → Export.",
            ) from error
        yield Skipped(origin, f"the file breaks off at {where}, after {count} entries")
        return
    yield from _those_that_waited(waiting, site, origin, warnings)


def _forget(element: Any) -> None:
    """Free what was read: an export may be larger than the memory."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


def _item(item: Any, site: Site, origin: str) -> ReadPost | Skipped | _Waiting:
    """A post, or why there is none."""
    number = child(item, "post_id")
    body = child(item, "encoded", space="content")
    post = _post(item, site, body)
    raw = RawPost(
        wordpress_id=whole_number(number),
        post=post,
        html="",
        status=child(item, "status") or "publish",
        protected=bool(child(item, "post_password")),
        post_type=child(item, "post_type") or "post",
        translations=site.groups.get(nicename(item, "post_translations"), ()),
        untold=frozenset() if post.authors else frozenset({"authors"}),
        site_name=site.name,
    )
    site.note_entry(raw, item)
    found = public_or_skipped(raw, f"{origin}, post {number or post.title}")
    if isinstance(found, Skipped):
        return found
    notes = _footnotes(item)
    filled = site.patterns.fill(body)
    if filled.lacking or shows_gallery(filled.text):
        return _Waiting(found, body, notes)
    return _with_text(found, site.html_of(raw.wordpress_id, filled.text) + notes)


def _post(item: Any, site: Site, body: str) -> Post:
    link = web_address(child(item, "link"))
    title = plain(texturize(child(item, "title")))
    number = whole_number(child(item, "post_id"))
    terms = [(c.get("domain"), c.text or "") for c in item if local_name(c) == "category"]
    creator = child(item, "creator").strip()
    own_language = nicename(item, "language")
    return Post(
        id=post_id(number, link, site.home, otherwise=f"{title}\0{body}"),
        title=title,
        url=link,
        published=utc(child(item, "post_date_gmt"), None),
        modified=utc(child(item, "post_modified_gmt"), None),
        authors=names([site.people.get(creator, creator)]),
        categories=names(text for domain, text in terms if domain == "category"),
        tags=names(text for domain, text in terms if domain == "post_tag"),
        language=language(site.locales.get(own_language, own_language)) or site.language,
    )


def _with_text(found: ReadPost, html: str, warnings: tuple[str, ...] = ()) -> ReadPost:
    raw = replace(found.raw, html=html)
    return replace(found, raw=raw, warnings=(*found.warnings, *warnings))


def _those_that_waited(
    waiting: list[_Waiting], site: Site, origin: str, warnings: tuple[str, ...]
) -> Iterator[ReadPost]:
    """Each with its text; of patterns that did not come is told with the first post."""
    lacking = [one for one in waiting if site.patterns.fill(one.typed).lacking]
    if lacking:
        post = lacking[0].found.raw.post
        warnings = (
            *warnings,
            f"{origin}: posts with a synced pattern that the file does not hold, so that its text"
            f" is missing: {len(lacking)}, as {post.url or post.title}",
        )
    for one in waiting:
        text = site.patterns.fill(one.typed).text
        html = site.html_of(one.found.raw.wordpress_id, text) + one.notes
        yield _with_text(one.found, html, warnings)
        warnings = ()


def _footnotes(item: Any) -> str:
    """Notes are kept beside the text; WordPress sets them at its end."""
    for meta in item:
        if local_name(meta) == "postmeta" and child(meta, "meta_key") == "footnotes":
            try:
                notes = json.loads(child(meta, "meta_value") or "[]")
                rows = [f'<li id="{escape(n["id"])}">{n["content"]}</li>' for n in notes]
            except (ValueError, TypeError, KeyError):
                return ""
            return f'<ol class="wp-block-footnotes">{"".join(rows)}</ol>' if rows else ""
    return ""
