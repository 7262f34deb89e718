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

FITTED = Path(__file__).resolve().parents[1] / "models" / "languages.json"
_LOOKED_AT = 4_000  # characters; more of them change nothing
_LETTER = regex.compile(r"\p{L}")
_NONE = "zxx"  # py3langid's name for what is in no language
_SAME = {"nb": "no", "nn": "no"}
_loading = threading.Lock()


def fitted() -> Mapping[str, Any]:
    """What `eval.fit.languages` has written."""
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

    Of the languages of some posts, French is likest to Spanish, and in none of them.

    Args:
        text: Any.
        among: The languages that come into question, as `base` writes them; none: all.
    """
    odds = _odds(text)
    found = _likeliest(odds, among)
    if found is None or found[1] < fitted()["min_probability"]:
        return None
    return None if _is_far(odds, found[0]) else found[0]


def is_in_none(text: str, among: Collection[str]) -> bool:
    """Whether a text is in another language than all of these, as far as can be told."""
    odds = _odds(text)
    found = _likeliest(odds, among)
    return found is not None and _is_far(odds, found[0])


def likeliest(text: str, among: Collection[str] = ()) -> tuple[str, float] | None:
    """The likeliest language and its probability; None for a text without letters.

    Args:
        text: Any.
        among: The probability is that among these alone; none: among all that are known.
    """
    return _likeliest(_odds(text), among)


def beside_likeliest(text: str, language: str) -> float:
    """How probable a language is beside the likeliest of all, in [0, 1]; 1 is that itself."""
    return _beside(_odds(text), language)


def _odds(text: str) -> dict[str, float]:
    """The probability of each language; empty for a text without letters."""
    odds: dict[str, float] = {}
    if not _LETTER.search(text):
        return odds
    for name, probability in _identifier().rank(text[:_LOOKED_AT]):
        own = base(name) or name
        odds[own] = odds.get(own, 0.0) + probability
    odds.pop(_NONE, None)
    return odds


def _likeliest(odds: Mapping[str, float], among: Collection[str]) -> tuple[str, float] | None:
    chosen = {name: odds.get(name, 0.0) for name in among} if among else odds
    total = sum(chosen.values())
    if not total:
        return None
    best = max(chosen, key=lambda name: chosen[name])
    return best, chosen[best] / (total if among else 1.0)


def _is_far(odds: Mapping[str, float], language: str) -> bool:
    return _beside(odds, language) < float(fitted()["min_beside_likeliest"])


def _beside(odds: Mapping[str, float], language: str) -> float:
    return odds.get(language, 0.0) / max(odds.values(), default=1.0)


def _identifier() -> LanguageIdentifier:
    with _loading:  # it takes most of a second, and should be read once
        return _read_identifier()


@cache
def _read_identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
