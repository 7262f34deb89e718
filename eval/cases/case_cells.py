"""What a case holds beside its question and gold, as cells of a sheet that a person types in.

Texts are parted by semicolons or ends of lines, alternatives by bars: `three | 3; forty` stands for
`[["three", "3"], ["forty"]]`. Turns are lines that begin with `Q:` and `A:`, oldest first; a line
without either goes on with the one before it. What itself holds a semicolon or a bar has to be
written into the file of cases.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.types import Turn

_PARTED = re.compile(r"[;\n]")
_SPEAKER = re.compile(r"\s*([QA]):\s*", re.IGNORECASE)


def groups_of(cell: str) -> tuple[tuple[str, ...], ...]:
    """Groups of alternatives; empty ones are passed over."""
    groups = (tuple(filter(None, map(str.strip, one.split("|")))) for one in _PARTED.split(cell))
    return tuple(filter(None, groups))


def groups_cell(groups: Sequence[Sequence[str]]) -> str:
    return "; ".join(" | ".join(group) for group in groups)


def texts_of(cell: str) -> tuple[str, ...]:
    """Texts; empty ones are passed over."""
    return tuple(filter(None, map(str.strip, _PARTED.split(cell))))


def texts_cell(texts: Sequence[str]) -> str:
    return "; ".join(texts)


def turns_of(cell: str) -> tuple[Turn, ...]:
    """Turns, oldest first.

    Raises:
        ValueError: It begins with something else than a question, or a question is empty.
    """
    said: list[tuple[str, list[str]]] = []
    for line in filter(None, map(str.strip, cell.splitlines())):
        speaker = _SPEAKER.match(line)
        if speaker:
            said.append((speaker[1].upper(), [line[speaker.end() :]]))
        elif said:
            said[-1][1].append(line)
        else:
            raise ValueError("it begins without Q:")
    turns: list[Turn] = []
    for who, lines in said:
        text = "\n".join(lines).strip()
        if who == "Q" and text:
            turns.append(Turn(text))
        elif who == "A" and turns and not turns[-1].answer:
            turns[-1] = Turn(turns[-1].question, text)
        else:
            raise ValueError("an answer stands without a question, or a question is empty")
    return tuple(turns)


def turns_cell(turns: Sequence[Turn]) -> str:
    lines = (f"Q: {one.question}" + (f"\nA: {one.answer}" if one.answer else "") for one in turns)
    return "\n".join(lines)
