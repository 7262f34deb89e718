r"""HTML again from content whose opening tags are gone.

A web page's reader takes the tags out of WordPress's JSON: an opening one leaves a line break, one
of a list its bullet, and `<\/h2>`, which is no tag to it, stays. So what a line was can be told.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_PLAIN_ESCAPES = {"n": "\n", "t": "\t", "r": "\n", "b": "", "f": "\n"}
_TAGS = "h[1-6]|p|li|blockquote|figcaption|td|th|tr|pre|div|ul|ol|figure|table"
_OPENING = re.compile(rf"<(?:{_TAGS})\b", re.IGNORECASE)
_CLOSING = re.compile(rf"<\\?/({_TAGS})>", re.IGNORECASE)
_ORPHAN = re.compile(r"</[a-zA-Z][a-zA-Z0-9]*\s*>")
_CLOSED = re.compile(r"</([a-zA-Z][a-zA-Z0-9]*)\s*>")
_OPENED = re.compile(r"<([a-zA-Z][a-zA-Z0-9]*)[^<>]*>")
_BULLET = re.compile(r"^\s*[•◦▪]\s+")
_HEADING = re.compile(r"h[1-6]", re.IGNORECASE)
_INSIDE = frozenset("li blockquote figcaption pre".split())
# What is left of an image: the first word of its description, between quotes of JSON.
_ALT = re.compile(r"^\s*\\\"(?:[^\s\"\\]*\\\"(?=\S)|[^\s\"\\]*[a-z](?=[A-Z]))")
_ONLY_ALT = re.compile(r"^\s*\\\"[^\s\"\\]*(?:\\\")?\s*$")
_CONTENTS = frozenset(
    "contents|table of contents|in this article|on this page|inhalt|inhaltsverzeichnis|índice|"
    "contenido|tabla de contenidos|sommaire|table des matières|sommario|inhoud|inhoudsopgave|"
    "содержание|оглавление|daftar isi|目次|目录|目錄|차례|목차".split("|")
)


@dataclass(frozen=True, slots=True)
class _Element:
    tag: str
    text: str


def retag_line(text: str) -> str:
    """A title whose opening tags are gone, as HTML: a tag that it still has is one in its words."""
    closed = [name.lower() for name in _CLOSED.findall(text)]
    opened = [name.lower() for name in _OPENED.findall(text)]
    if opened and sorted(opened) == sorted(closed):
        return text
    return html.escape(_ORPHAN.sub("", text), quote=False)


def has_tags(body: str) -> bool:
    """Whether content still has its opening tags: some stand in the text of posts about HTML."""
    openings = len(_OPENING.findall(body))
    return openings > 0 and 2 * openings >= len(_CLOSING.findall(body))


def retag(body: str) -> str:
    """Content without opening tags, as it stood in a JSON string, as HTML."""
    found: list[_Element] = []
    for unit in re.split(r"\n[^\S\n]*\n", body):
        found += _unit(unit)
    found = [one for one in found if one.text.strip()]
    kept = _without_contents(found)
    return "\n".join(f"<{one.tag}>{_escaped(one.text)}</{one.tag}>" for one in kept)


def _escaped(text: str) -> str:
    return html.escape(text.strip(), quote=False).replace("\n", "<br>")


def _unit(unit: str) -> Iterator[_Element]:
    """What stands between two empty lines: a line end in it was a list's or a line break."""
    before: list[str] = []
    for line in unit.split("\n"):
        if _BULLET.match(unescape(line[:80])):
            yield _element("\n".join(before), "p")
            before.clear()
        place = 0
        for closing in _CLOSING.finditer(line):
            tag = closing[1].lower()
            text = line[place : closing.start()]
            if re.search(rf"<{tag}\b", text, re.IGNORECASE):
                continue  # markup that a post writes about has both its tags
            yield _element("\n".join([*before, text]), tag)
            before.clear()
            place = closing.end()
        if line[place:].strip():
            before.append(line[place:])
    yield _element("\n".join(before), "p")


def _element(raw: str, tag: str) -> _Element:
    if _HEADING.fullmatch(tag):
        # Without the description, unless it is all that the heading has.
        raw = re.sub(r"^\s*\\\"(?:\\\")?", "", _ALT.sub("", raw)) if _unclosed(raw) else raw
    elif _ONLY_ALT.match(raw):
        return _Element("p", "")
    text = _ORPHAN.sub("", unescape(raw))
    bullet = _BULLET.match(text)
    if bullet:
        text = text[bullet.end() :]
        tag = tag if _HEADING.fullmatch(tag) else "li"
    if _HEADING.fullmatch(tag):
        return _Element(tag, " ".join(text.split()))
    return _Element(tag if tag in _INSIDE else "p", text.strip())


def _unclosed(raw: str) -> bool:
    """Whether it begins with what an image left: a quotation would end with a space behind it."""
    text = raw.lstrip()
    return text.startswith('\\"') and (
        text.count('\\"') % 2 == 1 or bool(re.match(r"\\\"[^\s\"\\]*\\\"(?=\S|$)", text))
    )


def _without_contents(found: Sequence[_Element]) -> list[_Element]:
    """Without a table of contents: its heading, with a list of nothing but headings below it."""
    last = {one.text: place for place, one in enumerate(found) if _HEADING.fullmatch(one.tag)}
    kept: list[_Element] = []
    behind = 0
    for place, one in enumerate(found):
        if place < behind:
            continue
        if _HEADING.fullmatch(one.tag) and one.text.strip(" :").casefold() in _CONTENTS:
            end = next(
                (n for n in range(place + 1, len(found)) if found[n].tag != "li"), len(found)
            )
            listed = found[place + 1 : end]
            if all(last.get(other.text, 0) >= end for other in listed) and (
                listed or end == len(found)
            ):
                behind = end
                continue
        kept.append(one)
    return kept


def unescape(text: str) -> str:
    """The escapes of a JSON string, wherever one is left."""

    def one(match: re.Match[str]) -> str:
        code = match[1]
        if len(code) == 5:
            return chr(int(code[1:], 16))
        return _PLAIN_ESCAPES.get(code, code)

    found = _ESCAPE.sub(one, text)
    # Two escapes make one character beyond the first plane; half of one is no character.
    return found.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
