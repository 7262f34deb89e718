"""A post as WordPress gives it, before its HTML is read: what both formats have in common."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from urllib.parse import unquote, urlsplit

from ingest.html.inline_text import clean
from ingest.html.tree import parse
from rag.types import Damage, Post

POST_TYPES = frozenset(("post", "page"))
"""What readers come for. Other types may hold orders, fields or drafts of layouts."""
_PLAIN = re.compile(r"(.*?)/?\?(?:p|page_id)=\d+$")
_API = re.compile(r"(.*?)/?(?:wp-json/|\?rest_route=|index\.php/wp-json/)")


@dataclass(frozen=True, slots=True)
class RawPost:
    """A post with its content still in HTML."""

    wordpress_id: int | None
    post: Post
    html: str
    """As WordPress renders it, `<!--nextpage-->` comments included."""
    status: str = "publish"
    protected: bool = False
    """Behind a password."""
    post_type: str = "post"
    translations: tuple[int, ...] = ()
    """WordPress ids of the same post in other languages, as plugins tell them."""
    untold: frozenset[str] = frozenset()
    """Fields of `post` that are empty because the source does not tell them, not because the post
    has none."""
    site_name: str = ""
    """What the site calls itself; empty where the source does not say."""

    @property
    def site(self) -> str:
        """The site that it is of: its host, with the path of its front page."""
        place, _, own = self.post.id.rpartition("/")
        return place if own == str(self.wordpress_id) else self.post.id.partition("/")[0]

    @property
    def translated_as(self) -> tuple[str, ...]:
        """Ids of the same post in other languages."""
        own = str(self.wordpress_id)
        if self.wordpress_id is None or not self.post.id.endswith(f"/{own}"):
            return ()
        place = self.post.id.removesuffix(own)
        others = sorted(set(self.translations) - {self.wordpress_id})
        return tuple(f"{place}{number}" for number in others)

    @property
    def private_because(self) -> str:
        """Why it must not be read, for people; empty where it is public."""
        if self.post_type not in POST_TYPES:
            return f"neither post nor page ({self.post_type})"
        if self.status != "publish":
            return f"not public (status {self.status})"
        return "not public (behind a password)" if self.protected else ""


def post_id(wordpress_id: int | None, link: str, home: str = "", *, otherwise: str = "") -> str:
    """`<host><home path>/<WordPress id>`, else `<host>/<path>`, else a hash of `otherwise`."""
    place = home or link
    parts = _split(place)
    if parts is None:
        digest = hashlib.blake2b(otherwise.encode("utf-8", "replace"), digest_size=8).hexdigest()
        return f"unknown/{wordpress_id or digest}"
    host, path = parts
    if wordpress_id is None:
        return f"{host}{path}"
    return f"{host}{path if home else ''}/{wordpress_id}"


def home_of(api: str, guid: str) -> str:
    """The address of a site's front page, from a post's REST address or its guid; else empty."""
    for pattern, address in ((_API, api), (_PLAIN, guid)):
        found = pattern.match(address)
        if found and _split(found[1]):
            return found[1]
    return ""


def _split(address: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(address.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or not host:
        return None
    name = host.removeprefix("www.") + (f":{port}" if port else "")
    query = f"?{parts.query}" if parts.query else ""
    return name, unquote(parts.path).rstrip("/") + query


def is_protected(content: object) -> bool:
    """Whether a post's content says that it is behind a password, however it says yes."""
    said = content.get("protected") if isinstance(content, Mapping) else None
    return bool(said) and str(said).lower() not in {"0", "false"}


def whole_number(value: object) -> int | None:
    """A post's number; None for anything else. Databases have up to 20 digits for it."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return int(text) if re.fullmatch(r"[0-9]{1,20}", text) else None


def web_address(address: object) -> str:
    """The address if it is one of the web, else empty: nothing else may become a link."""
    if not isinstance(address, str) or _split(address) is None:
        return ""
    address = address.strip()
    return "" if re.search(r"[\s\"'<>`\\\x00-\x1f\x7f]", address) else address


def plain(html: object) -> str:
    """A title, name or term without tags and with its entities decoded, on one line."""
    if not isinstance(html, str):
        return ""
    if "<" in html or "&" in html:
        body = parse(html).body
        html = body.text() if body is not None else ""
    return " ".join(clean(html.encode("utf-8", "replace").decode()).split())


def shown(around: str) -> str:
    """What stood around data, on one line; of a comment its words."""
    return plain(around.replace("<!--", " ").replace("-->", " "))


def names(values: Iterable[object]) -> tuple[str, ...]:
    """Texts, each once."""
    return tuple(dict.fromkeys(filter(None, (plain(value) for value in values))))


def utc(gmt: object, local: object = None, zone: tzinfo | None = None) -> datetime | None:
    """A time in UTC; None for one that is missing, zero, or of a place nobody knows.

    Args:
        gmt: As in `date_gmt`: UTC where it has no offset.
        local: As in `date`: the site's time.
        zone: The site's; without it a local time is of use only with an offset.
    """
    for value, place in ((gmt, UTC), (local, zone)):
        if not isinstance(value, str) or value.startswith("0000"):
            continue
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            continue
        if moment.tzinfo is not None or place is not None:
            try:
                return moment.replace(tzinfo=moment.tzinfo or place).astimezone(UTC)
            except OverflowError:
                continue
    return None


def language(value: object) -> str | None:
    """A BCP 47 tag from WordPress's locale: "pt_BR" is "pt-BR"."""
    if isinstance(value, str) and re.fullmatch(r"[a-zA-Z]{2,3}([_-][a-zA-Z0-9]{2,8})*", value):
        return value.replace("_", "-")
    return None


@dataclass(frozen=True, slots=True)
class ReadPost:
    """A public post that was read."""

    raw: RawPost
    origin: str
    """Where it was read, for people."""
    warnings: tuple[str, ...] = ()
    """What was met on the way to it, for people."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that is not indexed, and why."""

    origin: str
    reason: str
    post_id: str | None = None
    """Set where a post is known but not public; None where something could not be read."""
    stays: bool = False
    """What the index holds of the post is public and newer, and stays."""


def public_or_skipped(raw: RawPost, origin: str) -> ReadPost | Skipped:
    reason = raw.private_because
    return Skipped(origin, reason, raw.post.id) if reason else ReadPost(raw, origin)


def damaged(recovered: str, *, complete: bool = False) -> Damage:
    return Damage(recovered, complete)
