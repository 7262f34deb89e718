from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import tarfile
from pathlib import Path
from typing import get_args

import pytest

from eval.cases.gold import sentence_hash
from eval.claim_pairs import Change, ClaimPair
from eval.fit.judge_data import (
    bundled_read_pairs,
    by_rule,
    changed,
    is_kept_aside,
    of_pairs,
    of_questions,
    of_read_pairs,
)
from eval.fit.support import read_pairs
from rag.text.sentences import split_sentences

MILL = (
    "The mill at Linden Ford stands where two brooks meet, and has 12 windows. "
    "It was built in 1871 by Anna Keller, who also owned the bakery. "
    "Her son Tom Weller sold it to the town of Bath in May 1899. "
    "The wheel was not used after the great flood of the next year."
)


def archive(folder: Path) -> Path:
    file = folder / "articles.tar.gz"
    with tarfile.open(file, "w:gz") as packed:
        for name in ("Mill", "Left_out"):
            text = MILL.replace("mill", name.lower()).encode()
            member = tarfile.TarInfo(f"articles/{name}.txt")
            member.size = len(text)
            packed.addfile(member, io.BytesIO(text))
    return file


def test_sentences_by_rule_are_true_or_have_one_thing_changed(tmp_path: Path) -> None:
    found = by_rule(archive(tmp_path), frozenset({"Left_out"}), 0)
    assert found
    for one in found:
        assert one.true.supported
        assert not one.false.supported
        whole = " ".join(one.false.evidence)
        assert "left_out" not in whole
        assert one.false.claim not in whole
        assert one.false.wrong
        ((start, end),) = one.false.wrong
        assert one.false.claim[start:end].strip()
    assert by_rule(archive(tmp_path), frozenset({"Left_out"}), 0) == found
    assert by_rule(archive(tmp_path), frozenset({"Left_out"}), 1) != found


def test_a_question_with_its_answer_is_a_claim(tmp_path: Path) -> None:
    sentences = [one.text for one in split_sentences(MILL)]
    built = sentences[1]
    paragraph = hashlib.sha256(MILL.encode()).hexdigest()[:12]
    start = built.index("1871")
    asked = {
        "article": "Mill", "paragraph": paragraph, "question": "When did they put it up?",
        "right": [sentence_hash(built)], "short": [start, start + 4],
    }  # fmt: skip
    why = {**asked, "question": "Why is it idle?", "short": None}
    file = tmp_path / "reading.jsonl"
    file.write_text("\n".join(map(json.dumps, (asked, why))), encoding="utf-8")
    (found,) = of_questions(file, archive(tmp_path), 0)
    assert found.true.claim == "When did they put it up? 1871"
    assert built in found.true.evidence == found.false.evidence
    assert found.false.claim in ("When did they put it up? 12", "When did they put it up? 1899")
    assert found.false.wrong
    ((start, end),) = found.false.wrong
    assert found.false.claim[start:end] in ("12", "1899")


def test_pairs_about_paragraphs_find_their_sentences_again(tmp_path: Path) -> None:
    sentences = [one.text for one in split_sentences(MILL)]
    lines = [
        {
            "id": str(n), "kind": "number",
            "paragraph": hashlib.sha256(MILL.encode()).hexdigest()[:12],
            "evidence": [sentence_hash(sentences[n % 4])],
            "paraphrase": f"True {n}.", "altered": f"False {n}.",
        }
        for n in range(60)
    ]  # fmt: skip
    file = tmp_path / "claims.jsonl.gz"
    file.write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    found = of_read_pairs(file, archive(tmp_path), 0)
    written = [one for one in found if one.false.claim.startswith("False")]
    assert [one.true.claim for one in written] == [f"True {n}." for n in range(60)]
    lengths = {len(one.true.evidence) for one in written}
    assert lengths == {1, 4}  # beside its sentence, or beside the whole paragraph
    for n, one in enumerate(written):
        assert sentences[n % 4] in one.true.evidence == one.false.evidence
    unsaid = [one for one in found if one.false.claim == one.true.claim]
    assert unsaid
    for one in unsaid:
        assert not set(one.true.evidence) & set(one.false.evidence)
    kept = int(hashlib.sha256(MILL.encode()).hexdigest()[:8], 16) % 7 == 0
    assert {one.is_aside for one in found} == {kept}


def test_the_bundled_pairs_name_sentences_and_no_text_of_others() -> None:
    with gzip.open(bundled_read_pairs(), "rt", encoding="utf-8") as lines:
        pairs = [json.loads(line) for line in lines]
    assert len({one["id"] for one in pairs}) == len(pairs) > 20_000
    kinds = set(get_args(Change))
    for one in pairs:
        assert set(one) == {"id", "kind", "paragraph", "evidence", "paraphrase", "altered"}
        assert one["kind"] in kinds
        assert re.fullmatch("[0-9a-f]{12}", one["paragraph"])
        assert 1 <= len(one["evidence"]) <= 3
        assert all(re.fullmatch("[0-9a-f]{16}", name) for name in one["evidence"])
        assert one["paraphrase"] != one["altered"]


@pytest.mark.parametrize(
    ("true", "false", "words"),
    [
        ("It has ten beds.", "It has two beds.", ["two"]),
        ("It may help.", "It helps.", ["helps"]),
        ("It is not open.", "It is open.", ["open"]),
        ("A beat B.", "B beat A.", ["B"]),
        ("It is open.", "It is open to all.", ["to all"]),
    ],
)
def test_what_differs_between_a_claim_and_its_twin(true: str, false: str, words: list[str]) -> None:
    found = [false[start:end] for start, end in changed(true, false)]
    assert [word for word in words if not any(word in one for one in found)] == []


def pair(number: int) -> ClaimPair:
    evidence = (f"Bed {number} held peas.",)
    return ClaimPair(str(number), "number", "fit", evidence, "Peas grew.", "Beans grew.")


def test_what_is_kept_aside_hangs_on_the_evidence() -> None:
    found = of_pairs([pair(n) for n in range(100)])
    aside = [one for one in found if one.is_aside]
    assert 4 < len(aside) < 30
    assert len(found) == 100
    assert [one.is_aside for one in found] == [is_kept_aside(pair(n)) for n in range(100)]


def test_pairs_for_grading_are_not_fitted_on(tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    line = (
        '{{"id": "{0}", "kind": "number", "split": "{1}", "evidence": ["Bed {0} held peas."],'
        ' "paraphrase": "Peas grew in {0}.", "altered": "Beans grew in {0}."}}\n'
    )
    file.write_text(line.format(1, "fit") + line.format(2, "grade"), encoding="utf-8")
    assert [(one.claim, one.supported) for one in read_pairs(file)] == [
        ("Peas grew in 1.", True), ("Beans grew in 1.", False),
    ]  # fmt: skip
