from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from eval_parts import WOOL, case
from small_site import garden

from eval.cases.gold import sentence_hash
from eval.fit.observe import observe
from rag.embedding.embedder import HashEmbedder
from rag.index.index import Index
from rag.settings import Settings


def test_gold_that_is_named_by_a_hash_marks_what_its_sentence_marks(tmp_path: Path) -> None:
    hashed = replace(WOOL, quote="", sentence=sentence_hash(WOOL.quote))
    index = Index(garden(tmp_path / "index"))
    settings = Settings(index=tmp_path / "index", embedding_model="hash")
    by_quote, by_hash = observe(
        [case("wool lettuces", WOOL), case("wool lettuces", hashed)],
        index,
        HashEmbedder(),
        settings,
    )
    index.close()
    assert by_quote.right.any()
    assert by_hash.right.tolist() == by_quote.right.tolist()
    assert sum(map(int, (marks.sum() for marks in by_hash.gold))) == 1
    assert by_hash.case.gold[0].quote == WOOL.quote
