"""What a network that judges takes and gives: claim and evidence as numbers, scores as a reading.

Whatever computes the network; `checking.with_torch` and `checking.with_numpy` do, where there are
weights fitted by `python -m eval.fit.judge`. None are shipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.checking.judge import ClaimReading
from rag.embedding.bundled import special_tokens, tokenizer

WEIGHTS = Path(__file__).resolve().parents[1] / "models" / "judge.safetensors"  # where they go
LONGEST = 320  # tokens of claim and evidence together
CLAIM = 96  # tokens of the claim, at most
NONE = -1e4  # against what is no token of the claim


@dataclass(frozen=True, slots=True)
class EncodedClaim:
    """Claim and evidence as numbers."""

    ids: list[int]
    claim: int
    """Tokens of the claim."""
    places: list[tuple[int, int]]
    """Where each of them stands, in characters of the claim."""

    @property
    def types(self) -> list[int]:
        return [0] * (self.claim + 2) + [1] * (len(self.ids) - self.claim - 2)

    @property
    def of_claim(self) -> list[int]:
        return [0] + [1] * self.claim + [0] * (len(self.ids) - self.claim - 1)


def encode_claim(claim: str, evidence: Sequence[str]) -> EncodedClaim:
    """A claim and its evidence as the network takes them; what is too long is cut."""
    before, after = special_tokens()
    said = tokenizer().encode(claim, add_special_tokens=False)
    own = said.ids[:CLAIM]
    room = LONGEST - 3 - len(own)
    rest = tokenizer().encode(" ".join(evidence), add_special_tokens=False).ids[:room]
    return EncodedClaim([before, *own, after, *rest, after], len(own), said.offsets[:CLAIM])


def claim_reading(
    claim: str, one: EncodedClaim, support: float, against: NDArray[np.float32]
) -> ClaimReading:
    """What the network's scores say.

    Args:
        claim: As it was written.
        one: What the network was given.
        support: Log-odds that the claim follows.
        against: Of each token of the claim, log-odds that it says what does not follow.
    """
    if not len(against):
        return ClaimReading(support, "", 0.0)
    worst = int(against.argmax())
    return ClaimReading(support, whole_word(claim, *one.places[worst]), float(against[worst]))


def whole_word(text: str, start: int, end: int) -> str:
    """The word around a piece of it."""
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return text[start:end].strip(".,;:!?\"'()[]“”‘’")
