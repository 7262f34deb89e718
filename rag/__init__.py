"""Question in, checked answer out: `from rag import Assistant`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.chain import AnswerChain, SectionRetriever
    from rag.errors import PullquoteError
    from rag.settings import Settings, load_settings
    from rag.types import (
        Answer,
        Basis,
        CheckedSentence,
        Citation,
        Filters,
        Found,
        Provenance,
        Query,
        Turn,
    )

__all__ = [
    "Answer",
    "AnswerChain",
    "Assistant",
    "Basis",
    "CheckedSentence",
    "Citation",
    "Filters",
    "Found",
    "Provenance",
    "PullquoteError",
    "Query",
    "SectionRetriever",
    "Settings",
    "Turn",
    "load_settings",
]

_HOMES = {
    "AnswerChain": "rag.chain",
    "Assistant": "rag.assistant",
    "PullquoteError": "rag.errors",
    "SectionRetriever": "rag.chain",
    "Settings": "rag.settings",
    "load_settings": "rag.settings",
}  # of what is no noun of rag.types


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import rag` costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES.get(name, "rag.types")), name)


def __dir__() -> list[str]:
    return sorted(__all__)
