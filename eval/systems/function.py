"""A function of the user's, by `module:function`."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rag.errors import ConfigError


def load_function(name: str, what: str, known: Sequence[str]) -> Callable[..., Any]:
    """The function; its module is looked for in the working folder as well.

    Args:
        name: "module:function".
        what: It is one of, for the message.
        known: Names that would have done as well.

    Raises:
        ConfigError: There is none.
    """
    module, _, function = name.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    try:
        found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"There is no {what} {name!r}: {error}.",
            hint=f"Take one of {', '.join(known)}, or module:function.",
        ) from error
    return found
