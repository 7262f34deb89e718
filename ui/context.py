"""What stands around a quote in its post, as screens show it: words alone can mislead."""

from __future__ import annotations

from rag.types import Answer, Basis

_LONGEST = 220  # characters of a neighbour that are shown


def contexts(answer: Answer) -> list[str]:
    """For each sentence of an answer what stands around it and is not shown otherwise, in words."""
    return [_told(before, after) for before, after in surroundings(answer)]


def surroundings(answer: Answer) -> list[tuple[str, str]]:
    """For each sentence of an answer what stands before and behind it and is not shown otherwise.

    Long neighbours are cut; empty where there is nothing to show.
    """
    shown = {sentence.text for sentence in answer.sentences}
    found: list[tuple[str, str]] = []
    for sentence in answer.sentences:
        quoted = sentence.citations[0] if sentence.basis is Basis.QUOTED else None
        before, after = (quoted.before, quoted.after) if quoted else ("", "")
        before = "" if before in shown else before
        shown.add(before)
        after = "" if after in shown else after
        shown.add(after)
        found.append((_end(before), _start(after)))
    return found


def _told(before: str, after: str) -> str:
    if before and after:
        return f"Around it: {before} […] {after}"
    if before:
        return f"Before it: {before}"
    return f"After it: {after}" if after else ""


def _end(text: str) -> str:
    return text if len(text) <= _LONGEST else f"… {text[-_LONGEST:].partition(' ')[2]}"


def _start(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rpartition(' ')[0]} …"
