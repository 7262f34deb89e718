"""Question in, checked answer out: `from rag import Assistant`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.assistant import Assistant as Assistant
    from rag.errors import PullquoteError as PullquoteError
    from rag.settings import Settings as Settings
    from rag.settings import load_settings as load_settings
    from rag.types import Answer as Answer
    from rag.types import Filters as Filters
    from rag.types import Turn as Turn

_HOMES = {
    "Answer": "rag.types",
    "Assistant": "rag.assistant",
    "Filters": "rag.types",
    "PullquoteError": "rag.errors",
    "Settings": "rag.settings",
    "Turn": "rag.types",
    "load_settings": "rag.settings",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import rag` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(_HOMES)
