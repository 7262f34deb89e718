"""WordPress's own shortcodes for pictures, run as it does when it shows a post: captions stay.

Export files and databases hold a post as it was typed, with `[caption …]` and `[gallery …]` in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

Pictures = Callable[[Mapping[str, str]], Sequence[str]]
"""The attributes of a gallery to the captions of its pictures, in order, as HTML."""

# Pictures and players themselves are no text. A doubled bracket shows a single one.
_SHORTCODES = re.compile(
    r"\[(\[/?[\w-][^\[\]]*\])\]"
    r"|\[(/?)(caption|wp_caption|gallery|audio|video|playlist|embed)(?![\w-])([^\[\]]*)\]"
)
_CAPTION = frozenset(("caption", "wp_caption"))
_ATTRIBUTE = re.compile(
    r"""(?<!\S)([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s'"]+))(?=\s|/?$)""", re.ASCII
)
_PICTURE = re.compile(r"(?:<a\s[^<>]+>\s*)?<img\s[^<>]+>(?:\s*</a>)?", re.IGNORECASE)
_ODD_SPACES = re.compile("[\u00a0\u200b]+")
_MOST_GALLERIES = 500  # of a post, which may show the same pictures many times
_MOST = 5_000_000  # characters that they may add to it


def no_pictures(attributes: Mapping[str, str]) -> Sequence[str]:
    """For sources that do not say what is said of pictures."""
    return ()


def shows_gallery(text: str) -> bool:
    """Whether a post as it was typed has a gallery of pictures that it does not hold itself."""
    if "[gallery" not in text:
        return False
    return any(one[3] == "gallery" and not one[2] for one in _SHORTCODES.finditer(text))


def with_captions(html: str, pictures: Pictures) -> str:
    """A post's HTML with the captions that its page shows, and without the shortcodes.

    Args:
        html: With its paragraphs, as WordPress sets them first.
        pictures: Asked for each gallery.
    """
    parts: list[str] = []
    place = galleries = added = 0
    opened: tuple[int, Mapping[str, str]] | None = None
    """How many parts there were when a caption was opened, and its attributes."""
    for found in _SHORTCODES.finditer(html):
        parts.append(html[place : found.start()])
        place = found.end()
        if found[1]:
            parts.append(found[1])
        elif found[2]:
            if found[3] in _CAPTION and opened:
                parts[opened[0] :] = [_captioned("".join(parts[opened[0] :]), opened[1])]
                opened = None
        elif found[3] == "gallery":
            galleries += 1
            if galleries <= _MOST_GALLERIES and added < _MOST:
                parts.append(_gallery(pictures(_attributes(found[4]))))
                added += len(parts[-1])
        elif found[3] in _CAPTION and not opened:
            opened = (len(parts), _attributes(found[4]))
    return "".join([*parts, html[place:]])


def _gallery(captions: Sequence[str]) -> str:
    shown = "".join(f"<figure>{_caption(one)}</figure>" for one in captions)
    return f'<div class="gallery">{shown}</div>'


def _captioned(content: str, attributes: Mapping[str, str]) -> str:
    """A picture with its caption; without a width WordPress shows the picture alone."""
    caption = attributes.get("caption")
    if caption is None and (picture := _PICTURE.search(content)):
        caption = content[picture.end() :].strip()
        content = picture[0]
    if not caption or not _is_wide(attributes.get("width", "")):
        return content
    return f"<figure>{content}{_caption(caption)}</figure>"


def _caption(html: str) -> str:
    return f"<figcaption>{html}</figcaption>"


def _is_wide(width: str) -> bool:
    return re.match(r"\s*\+?0*[1-9]", width, re.ASCII) is not None


def _attributes(text: str) -> Mapping[str, str]:
    """As WordPress reads them: with any quotation marks or none."""
    found = _ATTRIBUTE.finditer(_ODD_SPACES.sub(" ", text))
    return {one[1].lower(): one[2] or one[3] or one[4] or "" for one in found}
