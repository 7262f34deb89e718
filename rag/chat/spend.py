"""Tokens of a chat model: how many a text has, about, and how many were spent today.

What was spent stands in a small file in the index's folder, so that it outlives a restart and
holds for all processes that answer from the index. It is not in the catalog: readers write it, and
a sync or a backup has nothing to do with it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from rag.errors import ModelUnavailable
from rag.replacing import replacing

FILE = "chat-tokens.json"
ANSWER_TOKENS = 500
"""Room that is kept for what a model writes: four sentences, with some for a thought."""
_PATIENCE = 5.0  # seconds: another process holds the lock for one small file
# Measured on the tokenizers of several models: docs/measurements.md, "Chat models".
_PLAIN = 4.0  # ASCII letters and spaces to a token
_OTHER = 1.5  # bytes to a token of everything else


def tokens_of(text: str) -> int:
    """About how many tokens a text has, rather too many than too few; for any model."""
    plain = sum(1 for letter in text if letter.isascii() and (letter.isalpha() or letter == " "))
    rest = len(text.encode("utf-8", errors="replace")) - plain
    return int(plain / _PLAIN + rest / _OTHER) + 1


class Meter(Protocol):
    """Counts what is spent."""

    def hold(self, asked: int) -> int:
        """Set aside what a request of so many tokens may cost; how much that is.

        Raises:
            ModelUnavailable: It may not be spent.
        """

    def settle(self, held: int, spent: tuple[int, int]) -> None:
        """Count what it did cost, of the request and of the answer, instead."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class DailySpend:
    """At most so many tokens a day (UTC), all processes on an index taken together."""

    folder: Path
    """Of the index."""
    most: int
    now: Callable[[], datetime] = field(default=_now)

    def hold(self, asked: int) -> int:
        wanted = asked + ANSWER_TOKENS
        if self._add(wanted, unless_above=self.most) > self.most:
            raise ModelUnavailable(
                f"The chat model may not be asked any more today: {self.most:,} tokens a day.",
                hint="Raise chat_daily_tokens, or wait for the next day (UTC).",
            )
        return wanted

    def settle(self, held: int, spent: tuple[int, int]) -> None:
        with suppress(ModelUnavailable):  # what was held is counted, which is more, as a rule
            self._add(sum(spent) - held)

    def today(self) -> int:
        """Tokens that were spent or are held."""
        return self._read()

    def _add(self, tokens: int, *, unless_above: int | None = None) -> int:
        """What the day's count is with these; it is not written where it is above the limit."""
        try:
            with FileLock(self.folder / f"{FILE}.lock", timeout=_PATIENCE) as lock:
                count = max(0, self._read() + tokens)
                if unless_above is None or count <= unless_above:
                    self._write(count, mode_of=lock.lock_file)
                return count
        except (OSError, Timeout) as error:
            # What cannot be counted cannot be limited.
            raise ModelUnavailable(
                "The chat model's tokens cannot be counted, so it is not asked.",
                hint=f"Let {self.folder} be written, or leave chat_daily_tokens out.",
            ) from error

    def _write(self, count: int, *, mode_of: str) -> None:
        with replacing(self.folder / FILE, encoding="ascii") as opened:
            json.dump({"day": f"{self.now():%Y-%m-%d}", "tokens": count}, opened)
            # Who may open the lock must see the count: where it cannot be read, it begins anew.
            shutil.copymode(mode_of, opened.name)

    def _read(self) -> int:
        try:
            found = json.loads((self.folder / FILE).read_text(encoding="ascii"))
            return int(found["tokens"]) if found["day"] == f"{self.now():%Y-%m-%d}" else 0
        except (OSError, ValueError, KeyError, TypeError):
            return 0  # no file yet, or one that somebody else wrote
