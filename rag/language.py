"""Which language a text is in, or that it cannot be told. The only file that knows py3langid."""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import regex

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

FITTED = Path(__file__).parent / "models" / "languages.json"
_LOOKED_AT = 4_000  # characters; more of them change nothing
_LETTER = regex.compile(r"\p{L}")
_NONE = "zxx"  # py3langid's name for what is in no language
_SAME = {"nb": "no", "nn": "no"}
_loading = threading.Lock()


def fitted() -> Mapping[str, Any]:
    """What `eval.fit_languages` has written."""
    return _fitted()


@cache
def _fitted() -> Mapping[str, Any]:
    values: Mapping[str, Any] = json.loads(FITTED.read_text(encoding="utf-8"))
    return values


def base(tag: str | None) -> str | None:
    """A language without its country or script: "pt-BR" is "pt"; None stays None."""
    if not tag:
        return None
    own = tag.split("-")[0].split("_")[0].lower()
    return _SAME.get(own, own)


def language_of(text: str, among: Collection[str] = ()) -> str | None:
    """The language of a text, as `base` writes it; None where that is not sure.

    Args:
        text: Any.
        among: The languages that come into question, as `base` writes them; none: all.
    """
    found = likeliest(text, among)
    return found[0] if found and found[1] >= fitted()["min_probability"] else None


def likeliest(text: str, among: Collection[str] = ()) -> tuple[str, float] | None:
    """The likeliest language and its probability; None for a text without letters.

    Args:
        text: Any.
        among: The probability is that among these alone; none: among all that are known.
    """
    if not _LETTER.search(text):
        return None
    odds: dict[str, float] = {}
    for name, probability in _identifier().rank(text[:_LOOKED_AT]):
        own = base(name) or name
        odds[own] = odds.get(own, 0.0) + probability
    odds.pop(_NONE, None)
    chosen = {name: odds.get(name, 0.0) for name in among} if among else odds
    total = sum(chosen.values())
    if not total:
        return None
    best = max(chosen, key=lambda name: chosen[name])
    return best, chosen[best] / (total if among else 1.0)


def _identifier() -> LanguageIdentifier:
    with _loading:  # it takes most of a second, and should be read once
        return _read_identifier()


@cache
def _read_identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
