from __future__ import annotations

import numpy as np
import pytest
from small_site import GARDEN

from rag.embedding.embedder import (
    Embedder,
    HashEmbedder,
    PassageText,
    breadcrumb,
    passage_text,
    to_int8,
    unit,
)
from rag.types import Block, Post, Section, Sentence

POST = Post("garden.example/1", "Tomatoes from seed", "")


def test_a_breadcrumb_is_title_and_headings() -> None:
    section = Section("1.1", ("Sowing", "Indoors"), None, 1, "x")
    crumb = breadcrumb(POST, section, HashEmbedder(), 256)
    assert crumb == "Tomatoes from seed › Sowing › Indoors"


def test_a_long_breadcrumb_keeps_the_innermost_heading_within_a_quarter() -> None:
    section = Section("1.1", ("many words " * 30, "Indoors"), None, 1, "x")
    embedder = HashEmbedder()
    assert breadcrumb(POST, section, embedder, 64) == "Indoors › Tomatoes from seed"
    longer = Section("1", ("word " * 300,), None, 1, "x")
    crumb = breadcrumb(POST, longer, embedder, 64)
    assert len(embedder.token_spans([crumb])[0]) == 16


def test_the_spans_of_a_passage_text_are_its_sentences() -> None:
    text = "It is warm. Sow now.\nWater well."
    section = Section("0", (), None, 1, text, (Block(0, 20), Block(21, 32)))
    sentences = [Sentence("It is warm.", 0), Sentence("Sow now.", 12), Sentence("Water well.", 21)]
    made = passage_text("Crumb", section, sentences, {})
    assert made.text == "Crumb\nIt is warm. Sow now.\nWater well."
    assert [made.text[a:b] for a, b in made.spans] == [s.text for s in sentences]


def test_a_table_header_is_repeated_once_in_front_of_its_rows() -> None:
    text = "Kale | 3\nChard | 5"
    section = Section("0", (), None, 1, text)
    rows = [Sentence("Kale | 3", 0), Sentence("Chard | 5", 9)]
    made = passage_text("", section, rows, {0: "Plant | Weeks", 9: "Plant | Weeks"})
    assert made.text == "\nPlant | Weeks\nKale | 3\nChard | 5"
    assert [made.text[a:b] for a, b in made.spans] == ["Kale | 3", "Chard | 5"]


def test_unit_leaves_nothing_as_it_is() -> None:
    rows = unit(np.asarray([[3, 4], [0, 0]], dtype=np.float32))
    assert rows.tolist() == [[pytest.approx(0.6), pytest.approx(0.8)], [0, 0]]
    assert to_int8(np.asarray([[3, 4]], dtype=np.float32)).tolist() == [[76, 102]]


def test_the_hash_embedder_is_the_same_everywhere() -> None:
    question = HashEmbedder().embed_question("wool mulch")
    assert question.token_ids.tolist() == [1420826363, 518950195]
    assert np.linalg.norm(question.question) == pytest.approx(1)


def test_every_kept_token_knows_its_sentence() -> None:
    text = PassageText("Crumb here\nOne two. Three.", ((11, 19), (20, 26)))
    made = HashEmbedder().embed_passages([text])[0]
    assert made.token_sentence.tolist() == [-1, -1, 0, 0, 1]
    assert made.sentences.shape == (2, 256)
    assert len(made.tokens) == len(made.token_ids) == 5


@pytest.mark.model
def test_one_pass_gives_what_the_library_gives() -> None:
    from sentence_transformers import SentenceTransformer

    from rag.embedding.bundled import bundled_folder
    from rag.embedding.with_torch import ModelEmbedder

    embedder = ModelEmbedder("sentence-transformers/all-MiniLM-L6-v2", precision="float32")
    sections = [section for post in GARDEN for section in post.sections]
    texts = [PassageText(section.text, ((0, len(section.text)),)) for section in sections]
    ours = np.stack([one.passage for one in embedder.embed_passages(texts)])
    library = SentenceTransformer(str(bundled_folder()))
    theirs = library.encode([text.text for text in texts], normalize_embeddings=True)
    assert np.abs(ours - theirs).max() < 1e-5
    question = embedder.embed_question("When should I sow?")
    assert np.abs(question.question - library.encode("When should I sow?")).max() < 1e-5


_WORDS = "bees sow tomatoes before the last frost of a long spring ".split()
# 400 and 250 words are more than the bundled model reads.
OF_MANY_LENGTHS = [
    " ".join(_WORDS[i % len(_WORDS)] for i in range(n)) for n in (40, 3, 400, 1, 90, 17, 250, 60, 5)
]


def hold_together_and_alone_alike(embedder: Embedder) -> None:
    """That texts have the vectors which each has when it goes through the model by itself."""
    texts = [PassageText(text, ((0, len(text)),)) for text in OF_MANY_LENGTHS]
    together, alone = embedder.embed_passages(texts), [embedder.embed_passages([t]) for t in texts]
    assert embedder.embed_passages([]) == []
    for one, (other,) in zip(together, alone, strict=True):
        assert one.passage == pytest.approx(other.passage, abs=1e-5)
        assert one.token_ids.tolist() == other.token_ids.tolist()
        assert one.token_sentence.tolist() == other.token_sentence.tolist()
        assert np.abs(one.tokens.astype(int) - other.tokens).max() <= 1


@pytest.mark.model
def test_what_goes_through_the_model_together_changes_no_vector() -> None:
    from rag.embedding.with_torch import ModelEmbedder

    name = "sentence-transformers/all-MiniLM-L6-v2"
    embedder = ModelEmbedder(name, precision="float32", batch_tokens=300)
    hold_together_and_alone_alike(embedder)
    batches = embedder._batches(embedder._encoded(OF_MANY_LENGTHS))
    assert sorted(i for batch in batches for i in batch) == list(range(len(OF_MANY_LENGTHS)))
    tokens = [len(embedder.token_spans([text])[0]) + 2 for text in OF_MANY_LENGTHS]
    read = [min(count, 256) for count in tokens]
    assert [len(batch) for batch in batches][:2] == [1, 1]  # two of the longest do not fit
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(read[i] for i in batch) <= 300
        assert [read[i] for i in batch] == sorted((read[i] for i in batch), reverse=True)


@pytest.mark.model
@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_questions_fit_passages_of_another_precision(precision: str) -> None:
    from rag.embedding.with_torch import ModelEmbedder

    name = "sentence-transformers/all-MiniLM-L6-v2"
    exact, other = (ModelEmbedder(name, precision=one) for one in ("float32", precision))
    assert other.id.model == exact.id.model
    assert other.id != exact.id
    texts = [
        PassageText(section.text, ((0, len(section.text)),))
        for post in GARDEN
        for section in post.sections
    ]
    ours, theirs = (
        np.stack([one.passage for one in embedder.embed_passages(texts)])
        for embedder in (exact, other)
    )
    assert (ours * theirs).sum(axis=1).min() > 0.999
    question = "When should I sow?"
    ours, theirs = (ours @ e.embed_question(question).question for e in (exact, other))
    assert np.abs(ours - theirs).max() < 0.005


@pytest.mark.model
def test_a_folder_is_another_model_with_a_revision_of_its_own() -> None:
    from rag.embedding.bundled import bundled_folder
    from rag.embedding.embedder import BUNDLED_ID
    from rag.embedding.with_torch import ModelEmbedder

    embedder = ModelEmbedder(str(bundled_folder()), precision="float32")
    assert embedder.id != BUNDLED_ID
    assert len(embedder.id.revision) == 16
    assert embedder.id.dimension == 384


@pytest.mark.model
def test_a_model_that_is_not_there_is_said_in_two_lines() -> None:
    from rag.embedding.with_torch import ModelEmbedder
    from rag.errors import ModelUnavailable

    with pytest.raises(ModelUnavailable, match="cannot be loaded") as caught:
        ModelEmbedder("nobody/no-such-model")
    assert "\n" not in caught.value.problem
    assert "folder" in caught.value.hint
