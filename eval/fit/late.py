"""Fits what late interaction needs: a projection of token vectors and a stop list.

One matrix on top of the frozen model, trained so that the idf-weighted MaxSim of a question and
its paragraph beats the other paragraphs (softmax, cross entropy). Data in SQuAD 2.0's form.
Khattab and Zaharia, 2020 (https://arxiv.org/abs/2004.12832) for MaxSim.

    python -m eval.fit.late SQUAD2_DEV.json --words CORPUS.tar.gz

The result is kept under the model's revision in `rag/models/` and goes into the wheel.
"""

from __future__ import annotations

import argparse
import json
import logging
import tarfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from eval.hashes import file_sha256
from rag.embedding.embedder import PassageText
from rag.embedding.with_torch import ModelEmbedder
from rag.settings import BUNDLED_MODEL
from rag.types import Vectors

_log = logging.getLogger(__name__)
_WIDTH = 64
_STOP_SHARE = 0.25  # a token in more than this part of the paragraphs says nothing
_EPOCHS = 2
_BATCH = 48  # questions of one article in a step
_OTHERS = 12  # paragraphs of other articles in a step
_RATE = 2e-3
_TEMPERATURE = 0.03
_SEED = 0

TokenRows = tuple[Vectors, NDArray[np.int32]]  # vectors (n, model width) and their token ids


@dataclass(frozen=True, slots=True)
class _Example:
    question: int
    paragraph: int
    article: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("squad", type=Path, help="paragraphs and questions to train on")
    parser.add_argument("--words", type=Path, required=True, help="paragraphs to count words in")
    parser.add_argument("--output", type=Path, default=Path("rag/models"))
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    embedder = ModelEmbedder(BUNDLED_MODEL)
    frequency, count = _document_frequency(embedder, _corpus(arguments.words))
    stop = np.asarray(
        sorted(token for token, n in frequency.items() if n > _STOP_SHARE * count), dtype=np.int32
    )
    idf = _idf(frequency, count, embedder)
    paragraphs, questions, examples = _read(arguments.squad)
    _log.info(
        "%d paragraphs, %d questions, %d stop tokens", len(paragraphs), len(questions), len(stop)
    )
    rows = _token_rows(embedder, paragraphs, stop)
    asked = _token_rows(embedder, questions, stop)
    projection = _train(rows, asked, examples, idf)
    name = f"late-{embedder.id.revision}"
    arguments.output.mkdir(exist_ok=True)
    np.savez(
        arguments.output / f"{name}.npz", projection=projection.astype(np.float16), stop_tokens=stop
    )
    made_from = {
        "model": embedder.id.name,
        "revision": embedder.id.revision,
        "precision": embedder.id.precision,
        "made": datetime.now(UTC).date().isoformat(),
        "by": "python -m eval.fit.late",
        "trained_on": {arguments.squad.name: file_sha256(arguments.squad)},
        "words_counted_in": {arguments.words.name: file_sha256(arguments.words)},
        "paragraphs": len(paragraphs),
        "questions": len(questions),
        "width": _WIDTH,
        "epochs": _EPOCHS,
        "seed": _SEED,
    }
    text = json.dumps(made_from, indent=1)
    (arguments.output / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def _corpus(archive: Path) -> Iterator[str]:
    """The paragraphs of an archive of text files, one a line."""
    with tarfile.open(archive) as files:
        for member in files:
            stream = files.extractfile(member) if member.isfile() else None
            if stream is None:
                continue
            for line in stream.read().decode("utf-8", errors="replace").splitlines():
                if len(line) > 100:
                    yield line


def _read(file: Path) -> tuple[list[str], list[str], list[_Example]]:
    """Paragraphs, questions and which belong together.

    In SQuAD's published form, or as `{"paras": [{title, text}], "qs": [{q, p}]}`.
    """
    data = json.loads(file.read_text(encoding="utf-8"))
    if "paras" in data:
        articles = {para["title"]: i for i, para in enumerate(data["paras"])}
        paragraphs = [f"{para['title']}\n{para['text']}" for para in data["paras"]]
        owners = [articles[para["title"]] for para in data["paras"]]
        asked = [(str(one["q"]), int(one["p"])) for one in data["qs"]]
    else:
        paragraphs, owners, asked = [], [], []
        for number, article in enumerate(data["data"]):
            for paragraph in article["paragraphs"]:
                asked += [(str(qa["question"]), len(paragraphs)) for qa in paragraph["qas"]]
                paragraphs.append(f"{article['title']}\n{paragraph['context']}")
                owners.append(number)
    examples = [_Example(i, place, owners[place]) for i, (_, place) in enumerate(asked)]
    return paragraphs, [question for question, _ in asked], examples


def _document_frequency(embedder: ModelEmbedder, texts: Iterator[str]) -> tuple[Counter[int], int]:
    frequency: Counter[int] = Counter()
    count = 0
    for text in texts:
        frequency.update(set(embedder.token_ids(text)))
        count += 1
    return frequency, count


def _idf(frequency: Counter[int], count: int, embedder: ModelEmbedder) -> NDArray[np.float32]:
    idf = np.full(embedder.vocabulary_size, np.log(count + 1.0), dtype=np.float32)
    for token, n in frequency.items():
        idf[token] = np.log((count + 1.0) / (n + 1.0))
    return idf


def _token_rows(
    embedder: ModelEmbedder, texts: Sequence[str], stop: NDArray[np.int32]
) -> list[TokenRows]:
    found: list[TokenRows] = []
    for start in range(0, len(texts), 2000):
        part = [PassageText(text, ((0, len(text)),)) for text in texts[start : start + 2000]]
        for vectors, ids in embedder.raw_tokens(part):
            kept = ~np.isin(ids, stop)
            kept = kept if kept.any() else np.ones(len(ids), dtype=bool)
            found.append((vectors[kept], ids[kept]))
        _log.info("%d texts", len(found))
    return found


def _train(
    rows: list[TokenRows], asked: list[TokenRows], examples: list[_Example],
    idf: NDArray[np.float32],
) -> NDArray[np.float32]:  # fmt: skip
    """The projection, shape (model width, 64)."""
    torch.manual_seed(_SEED)
    random = np.random.default_rng(_SEED)
    sample = np.concatenate([rows[i][0] for i in random.choice(len(rows), 200, replace=False)])
    _, _, axes = np.linalg.svd(sample - sample.mean(axis=0), full_matrices=False)
    matrix = torch.tensor(axes[:_WIDTH].T.copy(), requires_grad=True)
    articles: dict[int, list[_Example]] = {}
    for example in examples:
        articles.setdefault(example.article, []).append(example)
    steps = _EPOCHS * sum(-(-len(group) // _BATCH) for group in articles.values())
    optimizer = torch.optim.Adam([matrix], lr=_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    done = 0
    for _ in range(_EPOCHS):
        for batch in _steps(articles, random):
            own = sorted({e.paragraph for group in [articles[batch[0].article]] for e in group})
            others = random.choice(len(rows), _OTHERS, replace=False).tolist()
            chosen = list(dict.fromkeys(own + others))
            scores = _scores(
                matrix, [asked[e.question] for e in batch], [rows[i] for i in chosen], idf
            )
            right = torch.tensor([chosen.index(e.paragraph) for e in batch])
            loss = torch.nn.functional.cross_entropy(scores / _TEMPERATURE, right)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            done += 1
            if done % 25 == 0:
                hit = (scores.argmax(dim=1) == right).float().mean().item()
                _log.info("step %d of %d: loss %.3f, first %.3f", done, steps, loss.item(), hit)
    found: NDArray[np.float32] = matrix.detach().numpy()
    return found


def _steps(
    articles: dict[int, list[_Example]], random: np.random.Generator
) -> Iterator[list[_Example]]:
    batches = []
    for group in articles.values():
        shuffled = [group[i] for i in random.permutation(len(group))]
        batches += [shuffled[i : i + _BATCH] for i in range(0, len(shuffled), _BATCH)]
    for i in random.permutation(len(batches)):
        yield batches[i]


def _scores(
    matrix: torch.Tensor, questions: list[TokenRows], paragraphs: list[TokenRows],
    idf: NDArray[np.float32],
) -> torch.Tensor:  # fmt: skip
    """Idf-weighted MaxSim, shape (questions, paragraphs)."""

    def project(rows: Vectors) -> torch.Tensor:
        return torch.nn.functional.normalize(torch.from_numpy(rows) @ matrix, dim=-1)

    texts = torch.nn.utils.rnn.pad_sequence([project(rows) for rows, _ in paragraphs], True)
    tokens = torch.cat([project(rows) for rows, _ in questions])
    # Padding is a row of zeros: no nearer than a right angle, and a real token always is.
    best = torch.einsum("qd,pld->qpl", tokens, texts).amax(dim=2)
    weights = torch.from_numpy(np.concatenate([idf[ids] for _, ids in questions]))
    owner = torch.repeat_interleave(
        torch.arange(len(questions)), torch.tensor([len(ids) for _, ids in questions])
    )
    total = torch.zeros(len(questions), len(paragraphs)).index_add(
        0, owner, best * weights[:, None]
    )
    weight = torch.zeros(len(questions)).index_add(0, owner, weights)
    return total / weight[:, None]


if __name__ == "__main__":
    main()
