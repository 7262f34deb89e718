"""Other frameworks, graded as a system that answers with one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from eval_parts import WOOL, case
from small_site import garden

from eval.cases.gold import RetrievedText
from eval.citations import grade_citations
from eval.systems.frameworks import framework_system, sentences_in
from eval.systems.retrievers import LANGCHAIN, LLAMAINDEX
from rag.assistant import Assistant
from rag.embedding.embedder import HashEmbedder
from rag.settings import load_settings
from rag.types import Vectors


def vectors(texts: Sequence[str]) -> Vectors:
    embedder = HashEmbedder()
    return np.stack([embedder.embed_question(text).question for text in texts])


@pytest.mark.parametrize(
    ("name", "package"), [(LANGCHAIN, "langchain_chroma"), (LLAMAINDEX, "llama_index.core")]
)
def test_a_framework_answers_with_a_sentence_of_what_it_finds(
    name: str, package: str, tmp_path: Path
) -> None:
    pytest.importorskip(package, reason="dependency group opponents")
    settings = load_settings(index=garden(tmp_path / "index"), embedding_model="hash")
    asked = case("wool", WOOL)
    with Assistant(settings, embedder=HashEmbedder()) as assistant:
        system = framework_system(name, assistant, tmp_path, embed=vectors)
        found = system.answer_of(asked)
    assert system.name.startswith(f"{name}, ")
    assert found.answered
    assert len(found.sentences) == 1
    assert found.hits
    assert grade_citations(found, asked.parts).recall in (0, 1)
    assert all(one.section for one in found.sentences[0].citations)  # a sentence that posts have


def test_titles_and_headings_are_no_sentences(tmp_path: Path) -> None:
    settings = load_settings(index=garden(tmp_path / "index"), embedding_model="hash")
    with Assistant(settings, embedder=HashEmbedder()) as assistant:
        text = f"Slugs and wool\n\nResults\n\n{WOOL.quote} And a sentence that was cu"
        inside = sentences_in(assistant.index, RetrievedText("garden.example/2", text), "en")
        assert inside == (WOOL.quote,)
        none = RetrievedText("garden.example/2", "entence that was cu")
        assert sentences_in(assistant.index, none, "en") == (none.text,)
