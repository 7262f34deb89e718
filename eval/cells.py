"""Cells of a spreadsheet that show what they hold, whatever that is.

Programs that open CSV run a cell that begins with one of a few characters; an apostrophe before it
keeps it text (OWASP, "CSV injection").
"""

from __future__ import annotations

# The last four are what some programs take for the first four.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def shown(cell: str) -> str:
    """The cell as it is written: nothing of it is run."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def typed(cell: str) -> str:
    """What was typed, without the apostrophe that keeps it from being run."""
    cell = cell.strip()
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_FORMULA) else cell
