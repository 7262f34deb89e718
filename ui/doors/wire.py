"""What of ASGI the doors speak."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def route(scope: Scope) -> str:
    """The path that was asked for, below the one that a proxy serves this under."""
    path: str = scope["path"]
    below: str = scope.get("root_path", "")
    return path[len(below) :] if below and path.startswith(f"{below}/") else path


def header(scope: Scope, name: bytes) -> str:
    """The first header of that name, in small letters; empty where there is none."""
    found: bytes = next((value for key, value in scope["headers"] if key == name), b"")
    return found.decode("latin-1")
