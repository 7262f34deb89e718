"""A judge of support that reads claim and evidence together, in a small transformer.

Only for weights fitted by `python -m eval.fit.judge`; none are shipped. They are layers of the
bundled model, trained on claims with their evidence, on top of its own embeddings. It says how
well the evidence supports the claim, and which words of the claim it misses there.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock

import torch
from torch import Tensor, nn

from rag.checking.as_numbers import NONE, WEIGHTS, claim_reading, encode_claim
from rag.checking.judge import ClaimReading
from rag.embedding.bundled import check_bundled_weights, revision
from rag.embedding.cores import on_one_core
from rag.embedding.network import Encoder, bundled_encoder, restore
from rag.embedding.precision import best_precision


class JudgeNet(nn.Module):  # type: ignore[misc]
    """The network: an encoder and three heads."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        width = encoder.config.hidden_size
        self.enc = encoder
        self.whole = nn.Linear(width, 1)
        """That the claim follows, of the first token …"""
        self.mean = nn.Linear(width, 1)
        """… and of the mean of the claim's."""
        self.word = nn.Linear(width, 1)
        """That a token of the claim says what does not follow."""

    def forward(
        self, ids: Tensor, mask: Tensor, types: Tensor, claim: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Log-odds of support, shape (batch), and against each token, shape (batch, length).

        Args:
            ids: Shape (batch, length).
            mask: 1 for tokens, 0 for padding.
            types: 0 for the claim, 1 for the evidence.
            claim: 1 for the claim's tokens, without the special ones.
        """
        hidden = self.enc(
            input_ids=ids, attention_mask=mask, token_type_ids=types
        ).last_hidden_state
        own = claim.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * own).sum(1) / own.sum(1).clamp(min=1)
        against = self.word(hidden).squeeze(-1).masked_fill(claim == 0, NONE)
        support = self.whole(hidden[:, 0]) + self.mean(mean)
        return support.squeeze(-1) - against.amax(1), against


class ClaimReader:
    """The network with the weights of a file; safe to use from several threads."""

    def __init__(self, *, weights: Path = WEIGHTS, precision: str = "auto") -> None:
        """Name the weights; they are loaded for the first claim, since quotes need no judge.

        Args:
            weights: What `python -m eval.fit.judge` wrote.
            precision: "float32", "bfloat16" or "auto".

        Raises:
            FileNotFoundError: There are none, as in what is shipped.
        """
        self._weights, self._precision = weights, precision
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
            net = self._net
        one = encode_claim(claim, evidence)
        with on_one_core(), torch.inference_mode():
            support, against = net(
                torch.tensor([one.ids]),
                torch.ones(1, len(one.ids), dtype=torch.long),
                torch.tensor([one.types]),
                torch.tensor([one.of_claim]),
            )
        own = against[0, 1 : 1 + one.claim].float().numpy()
        return claim_reading(claim, one, float(support[0]), own)

    @cached_property
    def _net(self) -> JudgeNet:
        check_bundled_weights()
        net = JudgeNet(bundled_encoder())
        restore(net, self._weights)
        loaded: JudgeNet = net.to(getattr(torch, best_precision(self._precision, "cpu"))).eval()
        return loaded
