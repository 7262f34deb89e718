"""Reading with a small transformer: question and passage in one forward pass, on a processor.

The upper layers of the bundled model, trained on questions with marked answers (`eval.fit_reader`
says on which), on top of its own lower layers. One pass gives for each sentence how well it
answers against none of the passage's doing so, and the words that answer by themselves; as for
SQuAD 2.0, https://arxiv.org/abs/1806.03822, no answer is the first token.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rag.cores import CORES, on_one_core
from rag.embed_load import best_precision, check_bundled_weights
from rag.network import Encoder, bundled_encoder, restore, revision, special_tokens, tokenizer
from rag.reader import Reading, ShortAnswer
from rag.types import Passage

WEIGHTS = Path(__file__).parent / "models" / "reader.safetensors"
LONGEST = 320  # tokens of question and passage together
QUESTION = 48  # tokens of the question, at most
_SHORT = 20  # tokens of a short answer, at most
_NONE = -1e4


class ReaderNet(nn.Module):  # type: ignore[misc]
    """The network: an encoder and four heads."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        width = encoder.config.hidden_size
        self.enc = encoder
        self.span = nn.Linear(width, 2)
        """Start and end of the short answer."""
        self.sent = nn.Linear(width, 1)
        """A sentence's mean …"""
        self.tok = nn.Linear(width, 1)
        """… and its strongest token."""
        self.null = nn.Linear(width, 1)
        """That no sentence answers."""

    def forward(
        self, ids: Tensor, mask: Tensor, types: Tensor, sentence: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Scores of tokens (batch, length, 2), of sentences (batch, sentences), of none (batch).

        Args:
            ids: Shape (batch, length).
            mask: 1 for tokens, 0 for padding.
            types: 0 for the question, 1 for the passage.
            sentence: The number of the sentence that a token is of, from 0; -1 for none.
        """
        hidden = self.enc(
            input_ids=ids, attention_mask=mask, token_type_ids=types
        ).last_hidden_state
        count = max(int(sentence.max()) + 1, 1)
        member = nn.functional.one_hot((sentence + 1).clamp(min=0), count + 1)[:, :, 1:]
        member = member.to(hidden.dtype)
        sizes = member.sum(1)
        means = torch.einsum("bln,blw->bnw", member, hidden) / sizes.clamp(min=1).unsqueeze(-1)
        tokens = self.tok(hidden).expand_as(member)
        strongest = torch.where(member > 0, tokens, torch.full_like(member, _NONE)).amax(1)
        scores = self.sent(means).squeeze(-1) + strongest
        scores = scores.masked_fill(sizes == 0, _NONE)
        return self.span(hidden), scores, self.null(hidden[:, 0]).squeeze(-1)


class ModelReader:
    """The bundled reader."""

    def __init__(self, *, weights: Path = WEIGHTS, precision: str = "auto") -> None:
        """Load it.

        Args:
            weights: What `eval.fit_reader` wrote.
            precision: "float32", "bfloat16" or "auto".

        Raises:
            ModelUnavailable: The bundled model's weights are missing or are not the expected ones.
        """
        check_bundled_weights()
        net = ReaderNet(bundled_encoder())
        restore(net, weights)
        self._net = net.to(getattr(torch, best_precision(precision, "cpu"))).eval()
        tokenizer()
        self.id = f"reader@{revision(weights)}"

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        prepared = [self._encoded(question, passage) for passage in passages]
        every = (self._pool.map if len(prepared) > 1 else map)(self._read, prepared)
        return list(every)

    def _encoded(self, question: str, passage: Passage) -> Encoded:
        head = " › ".join((passage.post.title, *passage.section.headings))
        first = passage.sentences[0].start
        starts = np.asarray([s.start - first for s in passage.sentences])
        ends = np.asarray([s.end - first for s in passage.sentences])
        return encode(question, head, passage.text, starts, ends)

    def _read(self, one: Encoded) -> Reading:
        with on_one_core(), torch.inference_mode():
            span, scores, null = self._net(
                torch.tensor([one.ids]),
                torch.ones(1, len(one.ids), dtype=torch.long),
                torch.tensor([one.types]),
                torch.tensor([one.sentences]),
            )
        odds = (scores[0] - null[0]).float().numpy()
        odds = np.concatenate([odds, np.full(len(one.starts) - len(odds), _NONE)])  # cut off
        return Reading(
            answers=float(np.logaddexp.reduce(odds)),
            sentences=tuple(odds.tolist()),
            short=_short(span[0].float().numpy(), one),
        )

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(CORES, thread_name_prefix="read")


@dataclass(frozen=True, slots=True)
class Encoded:
    """Question and passage as numbers."""

    question: list[int]
    """With the special tokens around it."""
    passage: list[int]
    """With the last, special token."""
    sentence: NDArray[np.int64]
    """Of each token of the passage, without the last one: the number of its sentence, or -1."""
    places: NDArray[np.int64]
    """Shape (tokens, 2): where each of them stands, in characters of the passage."""
    starts: NDArray[np.int64]
    """Of each sentence, in characters of the passage."""

    @property
    def ids(self) -> list[int]:
        return [*self.question, *self.passage]

    @property
    def types(self) -> list[int]:
        return [0] * len(self.question) + [1] * len(self.passage)

    @property
    def sentences(self) -> list[int]:
        """The number of the sentence of every token."""
        return [*[-1] * len(self.question), *self.sentence.tolist(), -1]


def encode(
    question: str,
    head: str,
    text: str,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
) -> Encoded:
    """A question and a passage as the network takes them.

    Args:
        question: Cut where it is too long.
        head: The passage's title and headings; may be empty.
        text: The passage; cut where it is too long.
        starts: Where its sentences start, in characters of the text.
        ends: Where they end.
    """
    before, after = special_tokens()
    asked = tokenizer().encode(question, add_special_tokens=False).ids[:QUESTION]
    front = f"{head}\n" if head else ""
    found = tokenizer().encode(f"{front}{text}", add_special_tokens=False)
    room = LONGEST - 3 - len(asked)
    places = np.asarray(found.offsets[:room], dtype=np.int64).reshape(-1, 2) - len(front)
    numbers = np.searchsorted(ends, places[:, 0], side="right")
    within = (places[:, 0] >= 0) & (numbers < len(ends))
    within &= places[:, 0] >= starts[np.minimum(numbers, len(ends) - 1)]
    return Encoded(
        [before, *asked, after],
        [*found.ids[:room], after],
        np.where(within, numbers, -1),
        places,
        starts,
    )


def _short(span: NDArray[np.float32], one: Encoded) -> ShortAnswer | None:
    """The best stretch of tokens within one sentence."""
    first = len(one.question)
    own = span[first : first + len(one.sentence)]
    if not len(own) or (one.sentence < 0).all():
        return None
    total = own[:, 0][:, None] + own[:, 1][None, :]
    n = len(own)
    length = np.arange(n)[None, :] - np.arange(n)[:, None]
    same = (one.sentence[:, None] == one.sentence[None, :]) & (one.sentence >= 0)[:, None]
    total = np.where(same & (length >= 0) & (length < _SHORT), total, -np.inf)
    start, end = divmod(int(total.argmax()), n)
    number = int(one.sentence[start])
    offset = int(one.starts[number])
    return ShortAnswer(
        sentence=number,
        start=int(one.places[start, 0]) - offset,
        end=int(one.places[end, 1]) - offset,
        sure=float(total[start, end] - span[0, 0] - span[0, 1]),
    )
