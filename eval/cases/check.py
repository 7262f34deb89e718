"""What is wrong with a file of cases, in words for whoever wrote it: by line, all of it at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from eval.cases.cases import Case, CaseLine, GoldLine, TurnLine
from eval.cases.gold import normalise
from eval.cases.jsonl import read_text
from rag.errors import SourceError

KINDS = ("fact", "explain", "multi", "time/meta", "followup", "near", "far")
"""Those that are in use; any other name is a slice of its own."""
_NESTED: Mapping[str, type[BaseModel]] = {"gold": GoldLine, "history": TurnLine}
_WANTED = {
    "string_type": "text in quotation marks",
    "bool_type": "true or false, without quotation marks",
    "bool_parsing": "true or false, without quotation marks",
    "tuple_type": "a list in square brackets",
    "model_type": "an object in curly brackets",
    "model_attributes_type": "an object in curly brackets",
}
_SHOWN = 40  # characters of a value


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about a line."""

    line: int
    told: str
    mistake: bool = True
    """Else it can be run, but may not be meant so."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a file."""

    cases: tuple[tuple[int, Case], ...]
    """Those without a mistake, with their lines."""
    remarks: tuple[Remark, ...]
    """By line."""

    @property
    def mistakes(self) -> int:
        return sum(one.mistake for one in self.remarks)


def check_cases(path: Path) -> Checked:
    """Every line of a file of cases.

    Raises:
        SourceError: It cannot be read, or holds no line.
    """
    cases: list[tuple[int, Case]] = []
    remarks: list[Remark] = []
    ids: dict[str, int] = {}
    asked: dict[str, int] = {}
    for number, text in enumerate(read_text(path).split("\n"), 1):
        if not text.strip():
            continue
        line, told = _line(text)
        remarks += [Remark(number, one) for one in told]
        if line is None:
            continue
        if (first := ids.setdefault(line.id, number)) != number:
            remarks.append(Remark(number, f"id: {line.id!r} stands in line {first} already"))
        problems = line.problems()
        remarks += [Remark(number, one) for one in problems]
        remarks += [Remark(number, *one) for one in _doubts(line, asked, number)]
        if not told and not problems:
            cases.append((number, line.case()))
    if not cases and not remarks:
        raise SourceError(f"{path} holds no line.", hint="Write one JSON object a line.")
    return Checked(tuple(cases), tuple(sorted(remarks, key=lambda one: one.line)))


def _line(text: str) -> tuple[CaseLine | None, list[str]]:
    """What stands on a line, and what is wrong with it."""
    twice: list[str] = []

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in found]
        twice.extend(name for name in dict.fromkeys(names) if names.count(name) > 1)
        return dict(found)

    try:
        value = json.loads(text, object_pairs_hook=pairs)
    except json.JSONDecodeError as error:
        return None, [f"no JSON: {error.msg}, at character {error.pos + 1} of the line"]
    except RecursionError:
        return None, ["no JSON: brackets are nested too deeply"]
    told = [f"{name}: stands twice; the first one is lost" for name in twice]
    if not isinstance(value, dict):
        return None, [*told, f"a case is an object in curly brackets, not {_value(value)}"]
    try:
        return CaseLine.model_validate_json(text), told
    except ValidationError as error:
        return None, [*told, *(_told(one, value) for one in error.errors())]


def _told(error: ErrorDetails, whole: Mapping[str, Any]) -> str:
    place = ".".join(str(part) for part in error["loc"])
    kind, last = error["type"], str(error["loc"][-1]) if error["loc"] else ""
    if kind == "extra_forbidden":
        return f"{place}: there is no such field{_meant(last, _fields(error['loc']))}"
    if kind == "missing":
        known = _around(error["loc"], whole)
        near = get_close_matches(
            last, [name for name in known if name not in _fields(error["loc"])]
        )
        return f"{place}: is missing{f'; {near[0]!r} is there' if near else ''}"
    if error["loc"][:1] == ("must_include",):
        return (
            f"{place}: is {_value(error['input'])}; it is a list of groups, each a list of texts "
            'of which one must be said, such as [["35", "thirty-five"]]'
        )
    if kind in _WANTED:
        return f"{place}: must be {_WANTED[kind]}, is {_value(error['input'])}"
    if kind == "string_too_short":
        return f"{place}: is empty"
    if kind == "string_pattern_mismatch":
        return f"{place}: {_value(error['input'])} is no hash of a sentence (16 of 0-9 and a-f)"
    message = error["msg"].removeprefix("Value error, ")
    return f"{place}: {message}" if place else message


def _fields(loc: Sequence[int | str]) -> list[str]:
    """The fields of whatever this place is in."""
    model = _NESTED.get(str(loc[0]), CaseLine) if len(loc) > 1 else CaseLine
    return list(model.model_fields)


def _around(loc: Sequence[int | str], whole: Any) -> list[str]:
    """The names beside a place in what was written."""
    for part in loc[:-1]:
        whole = whole[part]
    return list(whole) if isinstance(whole, Mapping) else []


def _meant(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name.casefold(), known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(known)}"


def _value(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _doubts(line: CaseLine, asked: dict[str, int], number: int) -> Iterator[tuple[str, bool]]:
    """What can be run but may not be meant, and whether it is a mistake all the same."""
    near = get_close_matches(line.kind.casefold(), KINDS, n=1, cutoff=0.75)
    if near and line.kind not in KINDS:
        # Only "multi" is graded in another way, so that its misspelling changes figures.
        yield f"kind: {line.kind!r}; did you mean {near[0]!r}?", near[0] == "multi"
    if line.answerable and not line.gold:
        yield "gold: there is none; nothing that is found or cited can be graded by it", False
    if line.kind == "followup" and not line.history:
        yield "history: a follow-up has turns before it; this one has none", False
    question = normalise(" ".join([*(str(turn) for turn in line.history), line.question]))
    if (first := asked.setdefault(question, number)) != number:
        yield f"question: line {first} asks the same", False
