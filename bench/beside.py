"""Questions asked in turn: of ours, and of other systems that were given the same posts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

from bench.figures import Spread, spread
from bench.opponent_runs import bare, build
from eval.cases.cases import Case
from eval.corpora.index import post_texts
from eval.systems.retrievers import Ask
from rag.assistant import Assistant
from rag.settings import Settings

OURS = "ours"
"""The whole answer."""
SEARCH = "ours, search alone"
"""Understanding the question and ranking passages, without the reader: what others do as well."""
Way = Callable[[Case], object]
_RATIOS = {OURS: "ratio_to", SEARCH: "search_ratio_to"}


@dataclass(frozen=True, slots=True)
class Beside:
    """What the same questions took, of each system."""

    milliseconds: dict[str, Spread]
    """By system; the questions stand in the same order in each."""

    def ratios(self) -> dict[str, Spread]:
        """How many times as fast ours was, question by question: below 1, ours took longer."""
        found = {}
        for name, taken in self.milliseconds.items():
            for own, key in ratio_names(name).items():
                pairs = zip(taken.values, self.milliseconds[own].values, strict=True)
                found[key] = spread([theirs / ours for theirs, ours in pairs])
        return found


def ratio_names(system: str) -> dict[str, str]:
    """What the ratios of `OURS` and `SEARCH` to another system are called; none to themselves."""
    if system in _RATIOS:
        return {}
    return {own: f"{name}_{system.removesuffix('-default')}" for own, name in _RATIOS.items()}


def beside(
    settings: Settings, cases: Sequence[Case], repeats: int, systems: Sequence[str]
) -> Beside:
    """Ask every case of ours and of all systems, in turn.

    Args:
        settings: Of an index that is there.
        cases: Other systems are asked their questions without the turns before them.
        repeats: How often each is asked.
        systems: Those of `installed_opponents` that are asked.
    """
    with Assistant(settings.model_copy(update={"cached_answers": 0})) as assistant:
        assistant.warm_up()
        ways = {**_own(assistant), **_others(assistant, systems)}
        times: dict[str, list[float]] = {name: [] for name in ways}
        for case in [*cases] * repeats:
            for name, way in ways.items():
                begun = perf_counter()
                way(case)
                times[name].append((perf_counter() - begun) * 1000)
    return Beside({name: spread(taken) for name, taken in times.items()})


def _own(assistant: Assistant) -> dict[str, Way]:
    unread = replace(assistant.pipeline, reader=None)
    return {
        OURS: lambda case: assistant.ask(case.question, history=case.history),
        SEARCH: lambda case: unread.retrieve(
            unread.understand(case.question, history=case.history)
        ),
    }


def _others(assistant: Assistant, systems: Sequence[str]) -> dict[str, Way]:
    posts = post_texts(assistant.index)
    embed = bare(assistant.settings, assistant.pipeline.embedder.id.precision)
    return {name: _asks(build(name, posts, embed)) for name in systems}


def _asks(ask: Ask) -> Way:
    return lambda case: ask(case.question)
