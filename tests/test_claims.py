from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from eval.bootstrap import Estimate
from eval.claim_pairs import Change, ClaimPair, bundled_fit_pairs, bundled_pairs, load_claim_pairs
from eval.claims import (
    PairScore,
    claims_text,
    evidence_posts,
    grade_claims,
    pointers,
    score_pairs,
)
from eval.small_index import small_assistant
from rag.embedding.embedder import HashEmbedder
from rag.errors import SourceError
from rag.settings import Settings
from rag.text.sentences import question_words
from rag.types import Pointer

LINE: dict[str, Any] = {
    "id": "n-1",
    "kind": "number",
    "split": "fit",
    "evidence": ["The bare bed lost twenty-two lettuces.", "The bed with wool lost three."],
    "paraphrase": "Where nothing was done, 22 heads were eaten.",
    "altered": "Where nothing was done, 3 heads were eaten.",
}
MOST_IN_A_SENTENCE = 45  # words
FEWEST_IN_EVIDENCE = 12


def file_of(tmp_path: Path, *lines: dict[str, Any]) -> Path:
    path = tmp_path / "pairs.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return path


def pair(id_: str = "n-1", kind: Change = "number") -> ClaimPair:
    return ClaimPair(id_, kind, "grade", tuple(LINE["evidence"]), f"{id_} true", f"{id_} altered")


def scored(*scores: tuple[float, float], kind: Change = "number") -> list[PairScore]:
    return [PairScore(pair(f"{kind}-{i}", kind), *both) for i, both in enumerate(scores)]


def values(
    scores: Sequence[PairScore], *, kind: str = "all", threshold: float = 0.5
) -> list[float]:
    """Stopped, passed, in order, AUROC."""
    figures = dict(grade_claims(scores, threshold=threshold, resamples=20).kinds)[kind]
    found: list[Estimate | None] = [figure.estimate for figure in figures]
    return [one.value if one else math.nan for one in found]


def test_a_line_becomes_a_pair(tmp_path: Path) -> None:
    assert load_claim_pairs(file_of(tmp_path, LINE)) == (
        ClaimPair(
            "n-1",
            "number",
            "fit",
            tuple(LINE["evidence"]),
            LINE["paraphrase"],
            LINE["altered"],
        ),
    )


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (LINE, "line 2: id 'n-1' stands in line 1 already"),
        (LINE | {"kind": "colour"}, "line 2: kind: Input should be 'number'"),
        (LINE | {"split": "train"}, "line 2: split: Input should be 'fit' or 'grade'"),
        (LINE | {"evidence": []}, "line 2: evidence: Tuple should have at least 1 item"),
        (LINE | {"evidence": ["a b"] * 4}, "line 2: evidence: Tuple should have at most 3 items"),
        (LINE | {"paraphrase": " "}, "line 2: paraphrase: String should have at least 1"),
        (LINE | {"surprise": 1}, "line 2: surprise: Extra inputs are not permitted"),
        (
            LINE | {"id": "b", "paraphrase": "the  bare bed lost twenty-two lettuces."},
            "line 2: paraphrase: it is copied from the evidence",
        ),
        (
            LINE | {"id": "b", "altered": LINE["paraphrase"].upper()},
            "line 2: altered: it says the same as the paraphrase",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(SourceError) as caught:
        load_claim_pairs(file_of(tmp_path, LINE, wrong))
    assert told in caught.value.hint


def test_evidence_is_pointed_at_where_it_stands() -> None:
    for pointer in pointers(LINE["evidence"]):
        sentence = pointer.sentence
        assert pointer.section.text[sentence.start : sentence.end] == sentence.text
    assert [one.sentence.text for one in pointers(LINE["evidence"])] == LINE["evidence"]


def test_a_claim_passes_from_the_threshold_on() -> None:
    stopped, passed, *_ = values(scored((0.5, 0.5), (0.49, 0.49), (0.9, 0.1), (0.2, 0.4)))
    assert (stopped, passed) == (3 / 4, 2 / 4)


def test_order_is_counted_within_a_pair_and_area_over_all() -> None:
    scores = scored((0.3, 0.2), (0.9, 0.8), (0.6, 0.6))
    above = sum(
        (true.paraphrase > other.altered) + (true.paraphrase == other.altered) / 2
        for true in scores
        for other in scores
    )
    assert values(scores)[2:] == [pytest.approx(2.5 / 3), pytest.approx(above / 9)]


def test_kinds_are_graded_apart() -> None:
    scores = scored((0.9, 0.1)) + scored((0.1, 0.9), (0.1, 0.9), kind="date")
    assert values(scores, kind="number") == [1, 1, 1, 1]
    assert values(scores, kind="date") == [0, 0, 0, 0]
    assert values(scores)[0] == pytest.approx(1 / 3)


def test_no_pairs_give_no_figures() -> None:
    (kind,) = grade_claims([], threshold=0.5, resamples=5).kinds
    assert kind[0] == "all"
    assert [figure.estimate for figure in kind[1]] == [None] * 4


def test_the_table_has_a_row_for_all_and_for_each_kind() -> None:
    scores = scored((0.9, 0.1), (0.9, 0.9)) + scored((0.1, 0.9), kind="date")
    text = claims_text(grade_claims(scores, threshold=0.25, seed=3, resamples=20))
    rows = {line.split("|")[1].strip(): line for line in text.splitlines() if line.startswith("|")}
    assert list(rows)[2:] == ["all", "number", "date"]
    assert [cell.strip() for cell in rows["date"].split("|")[2:6]] == [
        "1", "0.000 [0.000, 0.793]", "0.000 [0.000, 0.793]", "0.000 [0.000, 0.793]",
    ]  # fmt: skip
    assert "passes from 0.25 on" in text
    assert "20 resamples, seed 3" in text


@dataclass
class CountingJudge:
    """Scores by the number of sentences and the words shared with them."""

    asked: int = 0

    def support(self, claim: str, cited: Sequence[Pointer]) -> float:
        self.asked += 1
        known = set(question_words(" ".join(p.sentence.text for p in cited)))
        return len(known & set(question_words(claim))) / 10 + len(cited)


def test_both_claims_are_held_against_all_of_the_evidence() -> None:
    judge = CountingJudge()
    one = ClaimPair("a", "number", "fit", ("Red kites came.", "They stay."), "Kites.", "Storks.")
    (score,) = score_pairs([one], judge)
    assert judge.asked == 2
    assert score.paraphrase == pytest.approx(2.1)
    assert score.altered == pytest.approx(2.0)


def test_the_judge_of_an_assistant_can_be_graded() -> None:
    pairs = [pair("a"), pair("b", "date")]
    settings = Settings(embedding_model="hash")
    with small_assistant(evidence_posts(pairs), settings, embedder=HashEmbedder()) as assistant:
        assert assistant.index.status().posts == 2
        scores = score_pairs(pairs, assistant.pipeline.check.judge)
    assert all(0 <= value <= 1 for one in scores for value in (one.paraphrase, one.altered))


# ---------------------------------------------------------------- the bundled pairs


def test_the_bundled_pairs_are_of_every_kind_and_split_evenly() -> None:
    pairs = load_claim_pairs(bundled_pairs())
    assert len(pairs) == 200
    kinds = Counter(one.kind for one in pairs)
    assert set(kinds) < set(get_args(Change))
    assert min(kinds.values()) >= 12
    halves = Counter((one.kind, one.split) for one in pairs)
    assert all(halves[kind, "fit"] == halves[kind, "grade"] for kind in kinds)


def test_the_pairs_to_train_on_are_of_every_kind_and_none_is_graded() -> None:
    pairs = load_claim_pairs(bundled_fit_pairs())
    assert {one.kind for one in pairs} == set(get_args(Change))
    assert {one.split for one in pairs} == {"fit"}
    graded = {" ".join(one.evidence) for one in load_claim_pairs(bundled_pairs())}
    assert graded.isdisjoint(" ".join(one.evidence) for one in pairs)


def test_bundled_evidence_is_as_long_as_sentences_of_posts_are() -> None:
    for one in load_claim_pairs(bundled_pairs()):
        lengths = [len(sentence.split()) for sentence in one.evidence]
        assert min(lengths) >= FEWEST_IN_EVIDENCE, one.id
        assert max(lengths) <= MOST_IN_A_SENTENCE, one.id


def test_a_bundled_paraphrase_is_in_other_words_and_its_twin_differs_little() -> None:
    for one in load_claim_pairs(bundled_pairs()):
        known = set(question_words(" ".join(one.evidence)))
        said = question_words(one.paraphrase)
        fresh = sum(word not in known for word in said) / len(said)
        assert fresh >= 1 / 3, f"{one.id}: {fresh:.2f}"
        true, altered = (set(text.lower().split()) for text in (one.paraphrase, one.altered))
        # A false join changes half of what is said, every other kind less.
        assert len(true & altered) >= 0.4 * min(len(true), len(altered)), one.id


def test_no_sentence_stands_in_two_bundled_pairs() -> None:
    said = [text for one in load_claim_pairs(bundled_pairs()) for text in one.evidence]
    assert len(said) == len(set(said))


@pytest.mark.model
@pytest.mark.parametrize(
    ("options", "split", "counted"), [([], "grade", 3), (["--split", "all"], "all", 6)]
)
def test_the_command_grades_the_shipped_judge(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    options: list[str],
    split: str,
    counted: int,
) -> None:
    from eval.claims import main

    lines = bundled_pairs().read_text(encoding="utf-8").splitlines()[:6]
    path = tmp_path / "few.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["claims", str(path), *options])
    main()
    said = capsys.readouterr().out
    assert said.startswith(f"Judge 'overlap', few.jsonl, split {split}\n")
    assert re.search(rf"^\| all +\| +{counted} \|", said, re.MULTILINE)


def test_the_same_scores_give_the_same_intervals() -> None:
    draw = np.random.default_rng(0)
    scores = scored(*[tuple(row) for row in draw.random((30, 2)).tolist()])
    first, again = (grade_claims(scores, threshold=0.5, resamples=50) for _ in range(2))
    assert first == again
    estimates = [figure.estimate for figure in first.kinds[0][1]]
    assert all(one and one.low < one.value < one.high for one in estimates)
