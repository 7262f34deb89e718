from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from eval.claim_pairs import ClaimPair
from eval.fit_support import read_pairs
from eval.judge_data import by_rule, changed, is_kept_aside, of_pairs

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
    assert {one.supported for one in found} == {True, False}
    for one in found:
        whole = " ".join(one.evidence)
        assert "left_out" not in whole
        assert one.claim not in whole or one.supported
        if one.wrong:
            assert not one.supported
            ((start, end),) = one.wrong
            assert one.claim[start:end].strip()
    assert by_rule(archive(tmp_path), frozenset({"Left_out"}), 0) == found
    assert by_rule(archive(tmp_path), frozenset({"Left_out"}), 1) != found


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


def test_what_is_kept_aside_is_not_trained_on() -> None:
    train, aside = of_pairs([pair(n) for n in range(100)])
    assert {one.evidence for one in train}.isdisjoint(one.evidence for one in aside)
    assert 2 * 4 < len(aside) < 2 * 30
    assert len(train) + len(aside) == 200
    assert all(is_kept_aside(pair(n)) for n in range(100) if (f"Bed {n} held peas.",) in
               {one.evidence for one in aside})  # fmt: skip


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
