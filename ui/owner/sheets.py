"""What readers asked and voted, as CSV that every spreadsheet shows and none runs."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from eval.cells import shown
from ui.feedback import Feedback
from ui.likeness import Group

_MARK = "\ufeff"  # by which spreadsheets know UTF-8


def questions_sheet(groups: Sequence[Group]) -> str:
    """A line for each wording; those of one group have its number."""
    rows = [
        (str(number), str(one.count), one.last, one.question)
        for number, group in enumerate(groups, 1)
        for one in group.members
    ]
    return _sheet(("group", "count", "last", "question"), rows)


def votes_sheet(votes: Iterable[Feedback]) -> str:
    """A line for each vote, in their order."""
    rows = [(one.day, "good" if one.good else "bad", one.reason, one.question) for one in votes]
    return _sheet(("day", "vote", "reason", "question"), rows)


def _sheet(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = StringIO(newline="")
    sheet = csv.writer(text)
    sheet.writerow(columns)
    sheet.writerows([shown(cell) for cell in row] for row in rows)
    return _MARK + text.getvalue()
