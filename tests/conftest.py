"""No test sees the settings of the machine it runs on, its working folder, or the network."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Before any of the libraries is imported: each reads its own once.
for _name, _value in {
    "ANONYMIZED_TELEMETRY": "False",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "NO_PROXY": "127.0.0.1,localhost",
    "TOKENIZERS_PARALLELISM": "false",
}.items():
    os.environ[_name] = _value  # noqa: TID251 - set for others, not read

# The same examples each time, so that a change is judged by what it changed. New ones are tried
# with `pytest --hypothesis-profile=explore`.
settings.register_profile("same", derandomize=True)
settings.register_profile("explore", derandomize=False)
settings.load_profile("same")


@pytest.fixture(autouse=True)
def own_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty working folder and none of the user's settings."""
    for name in list(os.environ):  # noqa: TID251 - to clear it
        if name.upper().startswith("PULLQUOTE_") and name != "PULLQUOTE_REQUIRE_BROWSER":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
