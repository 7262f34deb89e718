"""The bundled model and the bundled reader in NumPy, beside the libraries' own way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from small_site import GARDEN
from test_embed import hold_together_and_alone_alike

from ingest.split import split
from rag.backends import for_one_question, load_embedder
from rag.embedding.bundled import mapped_weights
from rag.embedding.embedder import BUNDLED_ID, PassageText
from rag.embedding.numpy_bert import _gelu, unpacked
from rag.errors import ModelUnavailable
from rag.settings import load_settings
from rag.types import Vectors

QUESTIONS = (
    "When should I sow?",
    "¿Cuándo sembrar tomates? — “Im März”, 日本語 ภาษาไทย 🙂 ﬁ",
    "x",
    "",
    "why not " * 400,  # longer than the model reads
)
TEXTS = [
    PassageText(
        f"{parsed.post.title}\n{section.text}",
        ((len(parsed.post.title) + 1, len(parsed.post.title) + 1 + len(section.text)),),
    )
    for parsed in GARDEN
    for section in parsed.sections
]


def test_gelu_is_that_of_its_definition() -> None:
    given = np.linspace(-9, 9, 4001, dtype=np.float32).reshape(-1, 1)
    exact = [x * 0.5 * (1 + math.erf(x / math.sqrt(2))) for x in given[:, 0].tolist()]
    assert np.abs(_gelu(given.copy())[:, 0] - exact).max() < 2e-6


def test_mapped_weights_are_those_that_were_saved(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    saved: dict[str, NDArray[Any]] = {
        "whole": np.arange(-6, 6, dtype=np.int8).reshape(3, 4),
        "whole.scale": np.asarray([1, 0.5, 2], dtype=np.float32),
        "half": np.asarray([[1.5], [-2]], dtype=np.float16),
        "places": np.arange(3, dtype=np.int64),
    }
    save_file(saved, tmp_path / "some.safetensors", metadata={"format": "pt"})
    found = mapped_weights(tmp_path / "some.safetensors")
    assert set(found) == set(saved)
    assert all((found[name] == saved[name]).all() for name in saved)
    with pytest.raises(ValueError, match="read-only"):
        found["half"][0] = 0
    plain = unpacked({name: found[name] for name in ("whole", "whole.scale", "half")})
    assert plain["whole"].tolist() == [[-6, -5, -4, -3], [-1, -0.5, 0, 0.5], [4, 6, 8, 10]]
    assert plain["half"].dtype == np.float32


def test_what_numpy_does_not_run_is_refused_and_not_chosen_for_it(tmp_path: Path) -> None:
    for name, value in {
        "embedding_model": "somebody/another-model",
        "embedding_device": "cuda",
        "embedding_precision": "bfloat16",
    }.items():
        wish = {name: value}
        assert for_one_question(load_settings(**wish)).embedding_backend == "auto"
        with pytest.raises(ModelUnavailable, match="NumPy does not run") as caught:
            load_embedder(load_settings(embedding_backend="numpy", **wish))
        assert value in caught.value.problem
    assert for_one_question(load_settings()).embedding_backend == "numpy"
    asked = load_settings(embedding_backend="torch")
    assert for_one_question(asked).embedding_backend == "torch"


@pytest.mark.model
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("way", ["numpy", "torch"])
def test_the_vectors_are_those_of_sentence_transformers(way: str, precision: str) -> None:
    from rag.embedding.on_cores import CoresEmbedder
    from rag.embedding.with_numpy import NumpyEmbedder
    from rag.embedding.with_torch import ModelEmbedder

    ours = NumpyEmbedder() if way == "numpy" else CoresEmbedder(precision=precision)
    theirs = ModelEmbedder(BUNDLED_ID.name, device="cpu", precision=precision)
    assert ours.id == (BUNDLED_ID if way == "numpy" else theirs.id)
    assert ours.id.model == theirs.id.model
    assert (ours.max_tokens, ours.special_tokens) == (theirs.max_tokens, theirs.special_tokens)
    assert ours.token_spans(QUESTIONS) == theirs.token_spans(QUESTIONS)
    assert ours.count_tokens(QUESTIONS) == theirs.count_tokens(QUESTIONS)
    assert ours.token_spans([]) == []
    least, most = (0.99999, 1) if precision == "float32" else (0.9995, 3)
    for question in QUESTIONS:
        a, b = ours.embed_question(question), theirs.embed_question(question)
        assert a.question @ b.question > least
        assert a.sentence @ b.sentence > least
        assert a.token_ids.tolist() == b.token_ids.tolist()
        assert np.abs(a.tokens.astype(int) - b.tokens).max(initial=0) <= most
    for one, other in zip(ours.embed_passages(TEXTS), theirs.embed_passages(TEXTS), strict=True):
        assert one.passage @ other.passage > least
        assert (one.sentences * other.sentences).sum(axis=1).min() > least
        assert one.token_ids.tolist() == other.token_ids.tolist()
        assert one.token_sentence.tolist() == other.token_sentence.tolist()
        assert np.abs(one.tokens.astype(int) - other.tokens).max() <= most


@pytest.mark.model
def test_what_goes_through_the_layers_together_changes_no_vector() -> None:
    from rag.embedding.on_cores import CoresEmbedder

    hold_together_and_alone_alike(CoresEmbedder(precision="float32", batch_tokens=300))


@pytest.mark.model
@pytest.mark.parametrize("batch_tokens", [1, 300, 10_000])
def test_no_pass_takes_more_tokens_than_it_may(batch_tokens: int) -> None:
    from rag.embedding.on_cores import CoresEmbedder

    passes: list[list[int]] = []

    class Watched(CoresEmbedder):
        def hidden_states(self, rows: Sequence[Sequence[int]]) -> list[Vectors]:
            passes.append([len(row) for row in rows])
            return super().hidden_states(rows)

    said = ["bees " * n for n in (40, 3, 400, 1, 90, 17, 60, 5)]
    Watched(precision="float32", batch_tokens=batch_tokens).embed_passages(
        [PassageText(text, ((0, len(text)),)) for text in said]
    )
    assert sorted(n for one in passes for n in one) == [3, 5, 7, 19, 42, 62, 92, 256]
    assert all(len(one) == 1 or sum(one) <= batch_tokens for one in passes)


@pytest.mark.parametrize(("device", "card"), [("cpu", True), ("auto", False)])
def test_on_a_processor_the_bundled_model_needs_no_library(
    device: str, card: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.embedding.cores.has_accelerator", lambda: card)
    monkeypatch.setattr("rag.embedding.on_cores.CoresEmbedder", SimpleNamespace)
    settings = load_settings(
        embedding_device=device, embedding_precision="float32", embedding_batch_tokens=999
    )
    assert vars(load_embedder(settings)) == {"precision": "float32", "batch_tokens": 999}


@pytest.mark.parametrize(("device", "card"), [("cuda", False), ("auto", True)])
def test_on_a_graphics_card_the_library_runs_it(
    device: str, card: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.embedding.cores.has_accelerator", lambda: card)
    made: list[str] = []
    monkeypatch.setattr(
        "rag.embedding.with_torch.ModelEmbedder", lambda _, **given: made.append(given["device"])
    )
    load_embedder(load_settings(embedding_device=device))
    assert made == [device]


@pytest.mark.model
def test_the_reader_reads_alike() -> None:
    from rag.embedding.with_numpy import NumpyEmbedder
    from rag.reading.with_numpy import NumpyReader
    from rag.reading.with_torch import ModelReader

    passages = [
        piece.passage for parsed in GARDEN for piece in split(parsed, NumpyEmbedder(), limit=256)
    ]
    ours, theirs = NumpyReader(), ModelReader(precision="float32")
    assert ours.id == theirs.id
    for question in QUESTIONS:
        pairs = zip(ours.read(question, passages), theirs.read(question, passages), strict=True)
        for one, other in pairs:
            assert one.answers == pytest.approx(other.answers, abs=1e-3)
            assert one.sentences == pytest.approx(other.sentences, abs=1e-3)
            assert (one.short is None) == (other.short is None)
            if one.short and other.short:
                # Two stretches may be all but equally good, so what is held is how good.
                assert one.short.sure == pytest.approx(other.short.sure, abs=1e-3)
