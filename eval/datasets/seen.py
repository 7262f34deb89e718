"""Which files shipped weights and thresholds were fitted on: figures on those flatter."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files


@cache  # they come with the program, and stay as they are while it runs
def fitted_on() -> frozenset[str]:
    """The sha256 of every file that shipped weights were fitted on, as stands beside them."""
    found: set[str] = set()
    for one in files("rag.models").iterdir():
        if one.name.endswith(".json"):
            weights = json.loads(one.read_text(encoding="utf-8"))
            for told in (weights.get("made_from", {}).get("data"), weights.get("trained_on")):
                if isinstance(told, dict):
                    found |= set(told.values())
    return frozenset(found)
