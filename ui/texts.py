"""The page's own words: English in one catalog file, other languages from a file of the owner's."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from rag.errors import ConfigError

_ENGLISH = "texts.en.json"
_RIGHT_TO_LEFT = frozenset("ar ckb dv fa he ku ps sd ug ur yi".split())
_GAP = re.compile(r"\{(\w+)\}")
_ELSEWHERE = ("own_", "door_", "copy_")  # on the owner's page, at the log-in, in what is copied

_FORMS = {0: "zero", 1: "one", 2: "two"}
_OTHERS = "many"  # the form for every number that has none of its own
_FURTHER = ("_zero", "_two", "_few")  # forms that English has not


@dataclass(frozen=True, slots=True)
class Texts:
    """Every text of the page in one language, by its key."""

    language: str
    by_key: Mapping[str, str]

    @property
    def direction(self) -> str:
        """Of the language: "ltr" or "rtl"."""
        return "rtl" if self.language.partition("-")[0].lower() in _RIGHT_TO_LEFT else "ltr"

    @property
    def of_readers(self) -> dict[str, str]:
        """Those of the chat page and of the widget."""
        return {key: text for key, text in self.by_key.items() if not key.startswith(_ELSEWHERE)}

    def say(self, key: str, **values: object) -> str:
        """A text with its gaps filled."""
        return _GAP.sub(lambda gap: str(values[gap[1]]), self.by_key[key])

    def count(self, key: str, number: int) -> str:
        """A text that counts, in the form for that number.

        Only browsers know the rules of all languages; where a language has forms for none and for
        two, these are what 0 and 2 have.
        """
        form = f"{key}_{_FORMS.get(number, _OTHERS)}"
        return self.say(form if form in self.by_key else f"{key}_{_OTHERS}", n=number)


def english() -> Mapping[str, str]:
    """The catalog that is bundled."""
    found: dict[str, str] = json.loads((files("ui.assets") / _ENGLISH).read_text(encoding="utf-8"))
    return found


def load_texts(language: str = "en", file: Path | None = None) -> Texts:
    """The texts in a language; English where the file has none.

    Args:
        language: BCP 47.
        file: A JSON object of keys and texts; beside `…_one` and `…_many` there may be `…_zero`,
            `…_two` and `…_few`.

    Raises:
        ConfigError: The file cannot be read, or it holds what the page has no use for.
    """
    known = english()
    own = _read(file) if file else {}
    for key, text in own.items():
        in_english = known.get(_as_counted(key, known))
        if in_english is None:
            raise ConfigError(
                f"{file} has a text that the page does not use: {key!r}.",
                hint=f"Take it out; ui/assets/{_ENGLISH} has every key.",
            )
        if set(_GAP.findall(text)) - set(_GAP.findall(in_english)):
            raise ConfigError(
                f"The text {key!r} of {file} has a gap that nothing fills: {text!r}.",
                hint=f"The English text is {in_english!r}.",
            )
    return Texts(language, {**known, **own})


def _as_counted(key: str, known: Mapping[str, str]) -> str:
    """The English text that a form of another language belongs to; else the key itself."""
    stem, _, form = key.rpartition("_")
    counts = f"_{form}" in _FURTHER and f"{stem}_one" in known
    return f"{stem}_{_OTHERS}" if counts else key


def _read(file: Path) -> dict[str, str]:
    hint = "Set page_texts to a file with a JSON object of keys and texts."
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file} cannot be read: {error}.", hint=hint) from error
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise ConfigError(f"{file} holds something else than texts.", hint=hint)
    return found
