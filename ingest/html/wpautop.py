"""A post as it was typed to the HTML that a page shows.

In the older editor an empty line is a paragraph and a line end a break, and in both dashes and
dots are set. WordPress does this when it shows a post (its functions wpautop and wptexturize), so
export files and databases lack it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from ingest.html.captions import Pictures, no_pictures, with_captions

_BLOCK = (
    "address|article|aside|blockquote|center|col|colgroup|details|dialog|div|dl|fieldset|figure|"
    "footer|form|header|hgroup|hr|main|math|nav|noscript|object|ol|pre|script|section|select|style|"
    "svg|table|tbody|tfoot|thead|tr|ul|iframe|video|audio"
)
_VERBATIM = "pre|script|style|textarea|svg"
_BORDER = re.compile(
    rf"\s*(</?(?:{_BLOCK})\b[^>]*>|<!--nextpage-->|<!--more.*?-->)\s*", re.IGNORECASE
)
_LINE = "h[1-6]|p|li|dt|dd|td|th|caption|figcaption|summary|legend"  # hold a line, no paragraphs
_LINE_BORDER = re.compile(rf"\s*(<(?:{_LINE})\b[^>]*>)\s*|\s*(</(?:{_LINE})>)\s*", re.IGNORECASE)
_STARTS_BLOCK = re.compile(rf"</?(?:{_BLOCK}|{_LINE})\b|<!--", re.IGNORECASE)
_SPACES = re.compile(r"[^\S\n]+")
_PARAGRAPHS = re.compile(r"\n\s*\n")
_AS_IT_IS = "pre|code|kbd|tt|script|style|textarea"
# As in WordPress, for which "<3" begins a tag.
_MARKUP = re.compile(r"<[^>]*>?|\[[^\[\]\n]*\]")
_SIGNS = (
    (re.compile(r"---"), "—"),
    (re.compile(r"(?<!\S)--(?!\S)"), "—"),
    (re.compile(r"(?<!xn)--"), "–"),
    (re.compile(r"(?<!\S)-(?!\S)"), "–"),
    (re.compile(r"\.\.\."), "…"),
    (re.compile(r"(?<![\w.,])(\d[\d.,]*)x(\d[\d.,]*)\b"), r"\1×\2"),
)


def as_html(text: str, pictures: Pictures = no_pictures) -> str:
    """The HTML that a page shows of a post as it was typed.

    Quotation marks stay straight: a link to words finds them all the same.

    Args:
        text: Of the post.
        pictures: What is said of the pictures of a gallery.
    """
    # What the block editor wrote is HTML; the older editor's paragraphs are empty lines.
    html = texturize(text if "<!-- wp:" in text else wpautop(text))
    return with_captions(html, lambda gallery: [texturize(one) for one in pictures(gallery)])


def texturize(html: str) -> str:
    """With dashes, dots and the sign of multiplication as WordPress sets them."""
    parts, place = [], 0
    for start, end in elements(html, _AS_IT_IS, comments=True):
        parts += [_text_signs(html[place:start]), html[start:end]]
        place = end
    return "".join([*parts, _text_signs(html[place:])])


def _text_signs(html: str) -> str:
    parts, place = [], 0
    for kept in _MARKUP.finditer(html):
        parts += [_signs(html[place : kept.start()]), kept[0]]
        place = kept.end()
    return "".join([*parts, _signs(html[place:])])


def elements(html: str, names: str, *, comments: bool = False) -> Iterator[tuple[int, int]]:
    """Where elements begin and end whose inside is kept as it is; one that never ends is none.

    Args:
        html: Looked through once, however many of them are left open.
        names: Of elements, parted by "|".
        comments: Whether comments are kept as well.
    """
    ends: dict[str, list[int]] = {}
    for end in re.finditer(rf"</({names})\s*>|(-->)", html, re.IGNORECASE):
        ends.setdefault((end[1] or end[2]).lower(), []).append(end.end())
    openings = re.compile(rf"<({names})\b|(<!--)" if comments else rf"<({names})\b", re.IGNORECASE)
    place = 0
    for opening in openings.finditer(html):
        if opening.start() < place:
            continue
        own = ends.get((opening[1] or "-->").lower(), [])
        at = bisect_right(own, opening.end())
        if at < len(own):
            place = own[at]
            yield opening.start(), place


def _signs(text: str) -> str:
    for pattern, sign in _SIGNS:
        text = pattern.sub(sign, text)
    return text


def wpautop(text: str) -> str:
    """HTML with paragraphs and line breaks.

    Args:
        text: As it stands in the older editor: HTML without `<p>`.
    """
    kept: list[str] = []
    parts, place = [], 0
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    for start, end in elements(text, _VERBATIM):
        parts += [text[place:start], f"\n\n<pre\0{len(kept)}>\n\n"]
        kept.append(text[start:end])
        place = end
    text = "".join([*parts, text[place:]])
    # So that no run of spaces is gone through again and again below.
    text = _PARAGRAPHS.sub("\n\n", _SPACES.sub(" ", text))
    text = _LINE_BORDER.sub(lambda m: f"\n\n{m[1]}" if m[1] else f"{m[2]}\n\n", text)
    text = _BORDER.sub(r"\n\n\1\n\n", text)
    parts = [part.strip() for part in _PARAGRAPHS.split(text)]
    done = [
        part if _STARTS_BLOCK.match(part) else f"<p>{_breaks(part)}</p>" for part in parts if part
    ]
    html = "\n".join(done)
    return re.sub(r"<pre\0(\d+)>", lambda match: kept[int(match[1])], html)


def _breaks(paragraph: str) -> str:
    return re.sub(r"(?<!<br>)(?<!<br/>)(?<!<br />)[ \t]*\n", "<br>\n", paragraph)
