"""Rows of different lengths in a file of NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def flat(name: str, rows: Sequence[Any]) -> dict[str, NDArray[np.int32]]:
    """Whole numbers, one row behind the other, and where each row ends."""
    ends = np.cumsum([len(row) for row in rows])
    whole = np.concatenate([np.asarray(row, np.int32) for row in rows]) if rows else np.zeros(0)
    return {name: whole.astype(np.int32), f"{name}_ends": ends.astype(np.int32)}


def ragged(kept: Mapping[str, Any], name: str) -> list[NDArray[np.int32]]:
    """The rows again."""
    return np.split(kept[name], kept[f"{name}_ends"][:-1]) if len(kept[f"{name}_ends"]) else []
