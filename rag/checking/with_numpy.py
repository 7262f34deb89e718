"""The network of `checking.with_torch` in NumPy, without torch.

Only for weights fitted by `python -m eval.fit.judge`; none are shipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock

from rag.checking.as_numbers import NONE, WEIGHTS, claim_reading, encode_claim
from rag.checking.judge import ClaimReading
from rag.embedding.bundled import Weights, bundled_weights, mapped_weights, revision
from rag.embedding.numpy_bert import Bert, linear, unpacked

_ENCODER = "enc."  # before the names of the encoder's weights


class NumpyClaimReader:
    """The network with the weights of a file, in float32; safe to use from several threads."""

    def __init__(self, *, weights: Path = WEIGHTS) -> None:
        """Name the weights; they are loaded for the first claim, since quotes need no judge.

        Args:
            weights: What `python -m eval.fit.judge` wrote.

        Raises:
            FileNotFoundError: There are none, as in what is shipped.
        """
        self._weights = weights
        self._loading = Lock()
        self.id = f"judge@{revision(weights)}"

    def read(self, claim: str, evidence: Sequence[str]) -> ClaimReading:
        """Hold a claim against sentences.

        Args:
            claim: One sentence.
            evidence: The sentences it rests on, in their order; at least one.

        Raises:
            ModelUnavailable: The bundled model's weights are missing or are not the expected ones.
        """
        with self._loading:
            encoder, heads = self._net
        one = encode_claim(claim, evidence)
        hidden = encoder(one.ids, one.types)
        own = hidden[1 : 1 + one.claim]
        mean = own.sum(axis=0, keepdims=True) / max(1, len(own))
        against = linear(own, heads, "word")[:, 0]
        support = linear(hidden[:1], heads, "whole") + linear(mean, heads, "mean")
        most = against.max(initial=NONE)
        return claim_reading(claim, one, float(support[0, 0]) - float(most), against)

    @cached_property
    def _net(self) -> tuple[Bert, Weights]:
        trained = unpacked(mapped_weights(self._weights))
        own = {name.removeprefix(_ENCODER): weight for name, weight in trained.items()}
        return Bert({**bundled_weights(), **own}), trained
