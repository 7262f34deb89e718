"""How many posts bear a name, in words, and where that stands."""

from __future__ import annotations

from collections.abc import Sequence

from rag.text.names import listed
from rag.types import Claim, Found, Post, RecordQuestion, Tally, Wanted

_NOUNS = {
    "authors": ("author", "authors"),
    "categories": ("category", "categories"),
    "tags": ("tag", "tags"),
    "years": ("year", "years"),
    "months": ("month", "months"),
}
_TIMES = ("years", "months")


def in_all(record: RecordQuestion, found: Found, limit: str) -> str:
    """How many names there are, and which of them are named behind it.

    Args:
        record: What is asked for.
        found: With at least one tally.
        limit: What the posts are limited to, such as " from 2016"; may be empty.
    """
    first = found.tallies[0]
    one, many = _NOUNS[first.by]
    there = f"There {'is' if found.total == 1 else 'are'}"
    number = f"{found.total:,} {one if found.total == 1 else many}"
    if record.extreme:
        text = f"{there} {number} with the {record.extreme} posts{limit}, {_posts(first)} each"
    elif first.by in _TIMES:
        text = f"There are posts{limit} in {number}"
    else:
        text = f"{there} {number}{f' of posts{limit}' if limit else ''}"
    if found.total == len(found.tallies) or record.wanted != Wanted.TALLY:
        return f"{text}."
    which = "some" if record.extreme else "those with the most posts"
    if first.by in _TIMES:
        which = "the last"
    return f"{text}; {which} are named."


def best(tallies: Sequence[Tally], extreme: str, limit: str) -> str:
    """Which names have the most posts, or the fewest: all that have so many."""
    one, many = _NOUNS[tallies[0].by]
    several = len(tallies) > 1
    which = f"The {many if several else one} with the {extreme} posts{limit}"
    names = listed(_name(each) for each in tallies)
    count = f"{_posts(tallies[0])}{' each' if several else ''}"
    return f"{which} {'are' if several else 'is'} {names}: {count}."


def of_one(tally: Tally) -> str:
    """How many posts bear a name."""
    return f"{_name(tally)}: {_posts(tally)}."


def tally_objection(claim: Claim, record: RecordQuestion, found: Found, limit: str) -> str | None:
    """Why a claim about what was counted may not be shown; None where it may.

    It must say one of the three things above, of the very names and numbers that were counted.
    """
    if not set(claim.tallies) <= set(found.tallies):
        return "It names what was not counted."
    if len(claim.tallies) == 1 and claim.text == of_one(claim.tallies[0]):
        return None
    if not found.tallies:
        return "Nothing was counted."
    if not claim.tallies:
        own = in_all(record, found, limit)
    elif record.extreme and claim.tallies == found.tallies and found.total == len(found.tallies):
        own = best(found.tallies, record.extreme, limit)
    else:
        return "It names some of those that were counted together."
    return None if claim.text == own else f"What was counted is: {own!r}."


def stands_in(tally: Tally) -> tuple[Post, str]:
    """A post that bears the name, and the field of its record that has it."""
    return tally.newest, "published" if tally.by in _TIMES else tally.by


def _name(tally: Tally) -> str:
    name = " ".join(tally.name.split())
    return f"“{name}”" if tally.by in ("categories", "tags") else name


def _posts(tally: Tally) -> str:
    return f"{tally.posts:,} {'post' if tally.posts == 1 else 'posts'}"
