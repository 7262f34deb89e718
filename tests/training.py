"""Something to train on, and a short training by itself: one batch again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from eval.fit.reader_data import Corpus, Passage, Question
from eval.fit.reader_pool import Pool, pool_of
from rag.text.sentences import split_sentences

if TYPE_CHECKING:
    from torch import Tensor, nn

MILL = "The mill stands where two brooks meet. It was built in 1871 by Anna Keller. It turns still."
BEES = "Lavender draws bees. Bees sleep in winter. Keller keeps nine hives."


def small_pool() -> Pool:
    passages = tuple(Passage(name, tuple(x.text for x in split_sentences(text))) for name, text in (
        ("Mill", MILL), ("Bees", BEES), ("Brook", "The brook rises at Linden. It is cold."),
    ))  # fmt: skip
    start = MILL.index("Anna Keller")
    questions = tuple(
        Question("Who built the mill?", 0, (1,), (), (start, start + 11), (1, 2), is_graded)
        if right
        else Question("Who burnt the bees?", 1, (), others=(0, 2), is_graded=is_graded)
        for is_graded in (False, True)
        for right in (True, False)
    )
    return pool_of([("own", Corpus(passages, questions))])


def loss_left(net: nn.Module, loss_of: Callable[[], Tensor], *, steps: int) -> float:
    """What is left of the loss after so many steps, as a part of what it was."""
    import torch

    trained = [one for one in net.parameters() if one.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=3e-4)
    losses = []
    for _ in range(steps):
        loss = loss_of()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses[-1] / losses[0]
