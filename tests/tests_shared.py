"""Where the shared measurement data lies, when it is there: beside the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parents[1].parent / "shared"
SHARED: Path = _BESIDE

needs_shared = pytest.mark.skipif(
    not (_BESIDE / "data").is_dir(), reason="the shared measurement data is not beside the checkout"
)
