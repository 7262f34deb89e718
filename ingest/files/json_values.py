"""JSON in a text with something around it: several values one behind the other, warnings, calls."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import islice

from ingest.files.answer_shapes import Entries, entries
from ingest.posts.wordpress_post import Skipped, shown
from rag.errors import SourceError

_STARTS = 50  # places where JSON may begin behind something else
_FAILURES = 1000  # places of a text where it does not; each takes as long as what stands before it
_LONGEST_CALL = 200  # characters
_MOST_TOLD = 1000  # characters of what stands around, before its tags are taken out
_strict = json.JSONDecoder()
_lenient = json.JSONDecoder(strict=False)
_DECODERS = (_strict, _lenient)
_START = re.compile(r"[\[{]")
_PARTING = re.compile(r"[\s,]*")
_POST = re.compile(r"\{\s*\"(?:id|ID|databaseId)\"\s*:")
_CALL = re.compile(r"(?:/\*\*/)?\s*[\w.$]+\(\s*\)?\s*;?")


@dataclass(frozen=True, slots=True)
class Values:
    """The posts of all values in a text."""

    entries: Entries
    around: str
    """What else stands around them, shortened; empty for commas and for the call of a function."""
    rest: str
    """From where the last one breaks off; empty where all are whole."""


def values(text: str, origin: str, *, only_first: bool = False) -> Values | None:
    """The posts of every JSON value that has some; None where there is none.

    Answers of several pages that were saved into one file stand one behind the other, and so do
    posts as `jq` prints them. An error between them is skipped with what WordPress says.

    Raises:
        SourceError: There are no posts, and there is an error that WordPress answered with.
    """
    found: Entries = []
    around: list[str] = []
    problem: SourceError | None = None
    place, posts = 0, 0
    scan = _Scan(text, origin)
    while value := scan.next(place, begun=posts > 0):
        if value.problem:
            problem = problem or value.problem
            found.append(Skipped(origin, reason(value.problem, origin)))
        found += value.entries
        posts += len(value.entries)
        around.append(text[place : value.start])
        place = value.end
        if posts and only_first:
            break
    if posts:
        behind = text[place:]
        breaks_off = not only_first and _breaks_off(behind)
        return Values(
            found, _told(around if breaks_off else [*around, behind]), behind if breaks_off else ""
        )
    if problem:
        raise problem
    return None


@dataclass(frozen=True, slots=True)
class _Value:
    entries: Entries
    start: int
    end: int
    problem: SourceError | None = None


@dataclass
class _Scan:
    text: str
    origin: str
    failures: int = 0

    def next(self, place: int, *, begun: bool) -> _Value | None:
        """The first value from a place on that says something; None where there is none.

        Args:
            place: Where to begin.
            begun: Posts came before: then a value that begins right here and breaks off is the
                end, as its parts are not for the reader of values.
        """
        at_once = _behind(self.text, place)
        for match in islice(_START.finditer(self.text, place), _STARTS):
            start = match.start()
            value, end = self._decoded(start)
            if end > start:
                try:
                    found = entries(value, self.origin)
                except SourceError as error:
                    return _Value([], start, end, error)
                if found:
                    return _Value(found, start, end)
            elif begun and start == at_once:
                return None
        return None

    def _decoded(self, start: int) -> tuple[object, int]:
        """A value and where it ends: at its start where there is none."""
        for decoder in _DECODERS:
            if self.failures > _FAILURES:
                break
            try:
                return decoder.raw_decode(self.text, start)
            except (ValueError, RecursionError):
                self.failures += 1
        return None, start


def _behind(text: str, place: int) -> int:
    found = _PARTING.match(text, place)
    return found.end() if found else place


def _breaks_off(behind: str) -> bool:
    """Whether another answer begins behind the last whole one."""
    # An empty answer is whole.
    rest = re.sub(r"^(?:[\s,]|\[\s*\])+", "", behind)
    return rest[:1] in {"[", "{"} or _POST.search(rest) is not None


def reason(problem: SourceError, origin: str) -> str:
    """Why there are no posts in one of several answers, for people."""
    return problem.problem.removeprefix(f"{origin} ").removeprefix("is ").removesuffix(".")


def _told(around: list[str]) -> str:
    told = " ".join(part for part in around if part.strip(" \t\r\n,[]"))[:_MOST_TOLD]
    call = "".join(around).strip()
    if len(call) <= _LONGEST_CALL and _CALL.fullmatch(call):
        return ""
    return shown(told)[:100]
