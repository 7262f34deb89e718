"""What HTML is read into: headings, texts and page breaks, in reading order."""

from __future__ import annotations

from dataclasses import dataclass

from rag.types import BlockKind

INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark q ruby "
    "rb s samp small span strike strong sub sup time tt u var wbr picture source br "
    # What is in a line and shows nothing, or no words.
    "rt rp rtc svg script style template noscript annotation annotation-xml "
    "math mi mn mo mtext mspace mrow mstyle mpadded mphantom merror menclose mfenced mfrac msqrt "
    "mroot msup msub msubsup mover munder munderover mmultiscripts mprescripts semantics "
    "-text -comment".split()
)
"""Elements that do not part a text; everything else is the border of a block."""
SOFT = 7
"""Level of a paragraph that is set as a heading: below every real one."""


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    """1 to 6; `SOFT` for a paragraph that is nothing but bold."""
    text: str
    anchor: str | None
    """The id that leads to it in the page."""


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    kind: BlockKind = "paragraph"
    header: str = ""
    """Of a table's row."""
    marks: tuple[str, ...] = ()
    """Ids of the footnotes that it refers to."""
    note: str = ""
    """The id of the footnote that it is."""
    gaps: tuple[tuple[int, int], ...] = ()
    """Where it and the page part; see `rag.types.Block`."""


@dataclass(frozen=True, slots=True)
class PageBreak:
    """`<!--nextpage-->`."""


Item = Heading | Text | PageBreak
