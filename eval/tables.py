"""Aligned Markdown tables, and how an estimate stands in one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from eval.bootstrap import Estimate
from eval.grade import Failure

NONE = "–"  # nothing to measure it on
_LISTED = 50  # ids behind a reason
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&])")
_CALLS = re.compile(r"(?<!\w)([@#])(?=\w)")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns align; the first to the left, the others to the right."""
    cells = [head, *rows]
    # Two at least: the rule of a column needs a dash beside its colon, else there is no table.
    widths = [max(2, *(len(row[column]) for row in cells)) for column in range(len(head))]

    def line(row: Sequence[str]) -> str:
        first, *rest = (
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        return "| " + " | ".join([first, *rest]) + " |"

    rule = [
        "-" * width if column == 0 else "-" * (width - 1) + ":"
        for column, width in enumerate(widths)
    ]
    return "\n".join([line(head), line(rule), *map(line, rows)])


def value(estimate: Estimate | None) -> str:
    return f"{estimate.value:.3f}" if estimate else NONE


def shown(estimate: Estimate | None, *, digits: int = 3, signed: bool = False) -> str:
    """The value with its interval."""
    if estimate is None:
        return NONE
    style = f"{'+' if signed else ''}.{digits}f"
    return f"{estimate.value:{style}} [{estimate.low:{style}}, {estimate.high:{style}}]"


def shown_with_n(estimate: Estimate | None) -> str:
    """The value with its interval and the number of questions that it rests on."""
    return f"{shown(estimate)} n {estimate.n:,}" if estimate else NONE


def counted(number: int, one: str, many: str) -> str:
    """A number with its noun."""
    return f"{number:,} {one if number == 1 else many}"


def marked(title: str, mark: str) -> str:
    """A title of figures with why they are no headlines, where there is such a mark."""
    return f"{title}, {mark}" if mark else title


def lacking(missing: int) -> str:
    """What is told of so many cases whose gold an index does not have."""
    cases = counted(missing, "case has", "cases have")
    return f"{cases} gold that the index does not hold, and cannot be right"


def seen_note(seen: str) -> str:
    """What is told of figures on questions whose family something of ours was fitted on.

    Args:
        seen: What was, as `eval.seen.seen_text` says it.
    """
    return f"**Seen family**, no headline figures; fitted were: {seen}."


def failures_text(who: str, failures: Sequence[Failure]) -> str:
    """Which questions failed, by reason: one that is broken has the same for all of them."""
    reasons: dict[str, list[str]] = {}
    for one in failures:
        reasons.setdefault(one.reason, []).append(one.case_id)
    lines = [f"- {plain(reason)}: {_some(ids)}" for reason, ids in reasons.items()]
    questions = counted(len(failures), "question", "questions")
    return "\n".join([f"{who} failed on {questions}:", "", *lines])


def _some(ids: Sequence[str]) -> str:
    more = len(ids) - _LISTED
    return ", ".join([*map(plain, ids[:_LISTED]), *([f"and {more:,} more"] if more > 0 else [])])


def plain(text: str) -> str:
    """Text on one line that Markdown shows as it is; no person and no issue is called by it."""
    return _CALLS.sub("\\1\u200b", _SPECIAL.sub(r"\\\1", " ".join(text.split())))
