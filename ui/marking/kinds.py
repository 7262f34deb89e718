"""What people are asked about the lines of a sheet, and how the file keeps what they say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from eval.sheets import read_sheet


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to which yes or no is the answer."""

    column: str
    words: str
    yes: str = "yes"
    """What stands in the file for it."""
    no: str = "no"
    opens: bool = True
    """Whether a line without an answer to it is still open; else it always has one."""
    common: bool = False
    """Whether lines of one id all have the same answer."""


@dataclass(frozen=True, slots=True)
class Part:
    """A cell with its name on the page."""

    column: str
    name: str
    mended: bool = False
    """Whether a person may change it."""
    common: bool = False
    """Whether lines of one id all have the same contents."""
    optional: bool = False
    """Whether a sheet may lack the column; then it is empty."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of sheet."""

    head: str
    how: str
    parts: tuple[Part, ...]
    asks: tuple[Ask, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """All that it needs of a sheet."""
        needed = (one.column for one in self.parts if not one.optional)
        return ("id", *needed, *(one.column for one in self.asks))

    @property
    def optional(self) -> tuple[str, ...]:
        """What it shows besides, where a sheet has it."""
        return tuple(one.column for one in self.parts if one.optional)

    @property
    def common(self) -> tuple[str, ...]:
        """The columns in which lines of one id say the same."""
        parts = (one.column for one in self.parts if one.common)
        return (*parts, *(one.column for one in self.asks if one.common))

    def takes(self, column: str, cell: str) -> bool:
        """Whether the page may write this there."""
        for ask in self.asks:
            if ask.column == column:
                return cell in (ask.yes, ask.no) or (ask.opens and not cell)
        return any(one.mended and one.column == column for one in self.parts)


def _wanted(column: str, name: str) -> Part:
    """What else a case may hold."""
    return Part(column, name, mended=True, common=True, optional=True)


REVIEW = Kind(
    "Judge the sentences of answers",
    "Each sentence is read with the sentences that it cites. Judge by what stands here and not by"
    " what you know besides. Leave open what you cannot tell.",
    (
        Part("question", "Asked"),
        Part("sentence", "The answer says"),
        Part("cites", "and cites"),
    ),
    (
        Ask("supported", "Do the cited sentences say all that the sentence says?"),
        Ask("answers", "Does the sentence answer the question, or a part of it?"),
    ),
)
"""Of `eval.judging.review`."""
DRAFT = Kind(
    "Accept proposed cases",
    "Mend the wording until a reader could have asked it, then accept it. Nothing counts until it"
    " is accepted.",
    (
        Part("kind", "Kind"),
        Part("question", "Question", mended=True, common=True),
        Part("quote", "The sentence that answers", mended=True),
        Part("heading", "Under the heading"),
        Part("post_id", "Of the post"),
        Part("note", "Note"),
        _wanted("history", "Turns before it: lines that begin with Q: and A:"),
        _wanted("must_include", "A right answer says (alternatives | parted; next group)"),
        _wanted("must_not_include", "No answer may say (texts; parted)"),
        _wanted("answer", "A reference answer, for people"),
    ),
    (
        Ask("accept", "Accept it as a case?"),
        Ask("answerable", "Do the posts answer it?", "true", "false", opens=False, common=True),
    ),
)
"""Of `eval.cases.proposed`."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file of a kind, by its name on the page."""

    name: str
    file: Path
    kind: Kind

    def lines(self) -> list[dict[str, str]]:
        """What stands in it, in its order; answers as the file keeps them.

        Raises:
            SourceError: It cannot be read, lacks a column, or has an answer that is none.
        """
        found = []
        for row in read_sheet(self.file, self.kind.columns, optional=self.kind.optional):
            answers = {}
            for ask in self.kind.asks:
                said = row.said(ask.column)
                answers[ask.column] = "" if said is None else ask.yes if said else ask.no
            found.append(row.cells | answers)
        return found
