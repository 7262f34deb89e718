"""What an export file says of its site: people, languages, patterns and pictures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ingest.files.attachments import Attachment, Attachments
from ingest.files.synced_patterns import Patterns
from ingest.html.wpautop import as_html
from ingest.posts.wordpress_post import RawPost, language, plain, web_address, whole_number

# In what PHP writes of a list: a:2:{s:2:"en";i:12;s:2:"fr";i:34;}
_LOCALE = re.compile(r's:6:"locale";s:\d+:"(\w+)"')
_MEMBER = re.compile(r'"[\w-]+";i:(\d+);')


@dataclass
class Site:
    """What the file has said so far; most of it stands before the first post."""

    home: str = ""
    name: str = ""
    """What the site calls itself."""
    language: str | None = None
    people: dict[str, str] = field(default_factory=dict)
    """Login to display name."""
    locales: dict[str, str] = field(default_factory=dict)
    """Polylang's name of a language to its locale: "fr" to "fr_FR"."""
    groups: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """Polylang's name of a post in all its languages to the ids of these posts."""
    patterns: Patterns = field(default_factory=Patterns)
    attachments: Attachments = field(default_factory=Attachments)

    def note(self, name: str, element: Any) -> None:
        """Take what an element says of the site."""
        if name == "author" and len(element):
            login = child(element, "author_login")
            self.people[login] = plain(child(element, "author_display_name")) or login
        elif name == "term" and len(element):
            self._note_term(element)
        elif name == "title" and local_name(element.getparent()) == "channel":
            self.name = plain(element.text)
        elif name == "base_blog_url":
            self.home = web_address(element.text or "")
        elif name == "language" and element.getparent() is not None:
            self.language = language((element.text or "").strip())

    def _note_term(self, element: Any) -> None:
        """Polylang keeps languages and translations in terms."""
        kind, slug = child(element, "term_taxonomy"), child(element, "term_slug")
        said = child(element, "term_description")
        if kind == "language" and (locale := _LOCALE.search(said)):
            self.locales[slug] = locale[1]
        elif kind == "post_translations":
            self.groups[slug] = tuple(map(int, _MEMBER.findall(said)))

    def note_entry(self, raw: RawPost, item: Any) -> None:
        """Take what other posts may show of an entry."""
        number = raw.wordpress_id
        if number is None or raw.protected:
            return
        if raw.post_type == "attachment" and raw.status in {"inherit", "publish"}:
            picture = Attachment(
                number=number,
                parent=whole_number(child(item, "post_parent")) or 0,
                order=whole_number(child(item, "menu_order")) or 0,
                file=child(item, "attachment_url"),
                caption=child(item, "encoded", space="excerpt"),
            )
            self.attachments.add(picture)
        elif raw.post_type == "wp_block" and raw.status == "publish":
            self.patterns.add(number, child(item, "encoded", space="content"))
        elif not raw.private_because:
            self.attachments.add_post(number)

    def html_of(self, number: int | None, typed: str) -> str:
        """The HTML that a page shows of a post, with the captions of its galleries."""

        def pictures(gallery: Mapping[str, str]) -> tuple[str, ...]:
            return self.attachments.captions(number, gallery)

        return as_html(typed, pictures)


def local_name(element: Any) -> str:
    """Without its namespace, or a prefix for which a damaged file declares none; empty of None."""
    tag = getattr(element, "tag", None)
    return re.split(r"[}:]", tag)[-1] if isinstance(tag, str) else ""


def child(item: Any, name: str, *, space: str = "") -> str:
    """The text of an entry's element; empty without one."""
    for one in item:
        if local_name(one) == name and space in one.tag.rpartition("}")[0]:
            return one.text or ""
    return ""


def nicename(item: Any, domain: str) -> str:
    """Of the first term of a taxonomy that a post has; empty where it has none."""
    terms = (one for one in item if local_name(one) == "category")
    return next((one.get("nicename", "") for one in terms if one.get("domain") == domain), "")
