"""What support is fitted on: nothing of the evidence is chosen by its label."""

from __future__ import annotations

import json
from pathlib import Path

from eval.claim_pairs import bundled_pairs
from eval.fit.support import read_pairs, read_wice

SENTENCES = [
    "The mill at Linden Ford stands where two brooks meet, and has 12 windows.",
    "It was built in 1871 by Anna Keller, who also owned the bakery.",
    "Her son Tom Weller sold it to the town of Bath in May 1899.",
    "The wheel was not used after the great flood of the next year.",
    "It rained on the mill in June.",
    *(f"Sack {number} of flour was sold." for number in range(9)),
]


def wice(tmp_path: Path, label: str, marked: list[list[int]], name: str = "a") -> Path:
    line = {
        "claim": "Anna Keller built the mill in 1871.", "label": label, "evidence": SENTENCES,
        "supporting_sentences": marked, "meta": {"id": name, "claim_title": "Mill"},
    }  # fmt: skip
    file = tmp_path / f"{label}-{name}.jsonl"
    file.write_text(json.dumps(line) + "\n", encoding="utf-8")
    return file


def test_the_evidence_of_a_claim_does_not_depend_on_its_label(tmp_path: Path) -> None:
    (supported,) = read_wice(wice(tmp_path, "supported", [[4], [0, 3]]))
    (not_supported,) = read_wice(wice(tmp_path, "not_supported", [[]]))
    (partly,) = read_wice(wice(tmp_path, "partially_supported", [[2]]))
    assert supported.evidence == not_supported.evidence == partly.evidence
    assert (supported.supported, not_supported.supported, partly.supported) == (True, False, False)
    assert 0 < len(supported.evidence) < len(SENTENCES)
    assert "It was built in 1871 by Anna Keller, who also owned the bakery." in supported.evidence
    assert [SENTENCES.index(one) for one in supported.evidence] == sorted(
        SENTENCES.index(one) for one in supported.evidence
    )


def test_claims_on_one_article_stay_together(tmp_path: Path) -> None:
    (one,) = read_wice(wice(tmp_path, "supported", [[0]]))
    (other,) = read_wice(wice(tmp_path, "not_supported", [[]], name="b"))
    assert one.group == other.group


def test_pairs_on_one_piece_of_evidence_stay_together(tmp_path: Path) -> None:
    found = read_pairs(bundled_pairs())
    assert len({one.group for one in found}) == len({one.evidence for one in found})
