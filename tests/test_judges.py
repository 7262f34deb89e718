"""Models by name: another order for the hits, and other judges."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Sequence
from pathlib import Path

import pytest
from answers import pointer
from calibrations import calibration
from chatting import ASK, BARE, assistant, number_in
from openai_server import Reply, serving
from small_site import GARDEN, garden
from tiny_cross_encoder import make_model

from rag import Answer, Assistant
from rag.checking.judge import evidence_read
from rag.embedding.embedder import HashEmbedder
from rag.errors import ConfigError, ModelUnavailable
from rag.index.index import Index
from rag.retrieval.retrieve import retrieve
from rag.types import Basis, Found, Passage, Query

TEXTS = [section.text for parsed in GARDEN for section in parsed.sections]
LOST = "Most lettuces were lost in the bare bed."
NLI = ("contradiction", "entailment", "neutral")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
    return garden(tmp_path / "index")


class FixedOrder:
    """Likes best what stands last."""

    id = "fixed"

    def scores(self, question: str, passages: Sequence[Passage]) -> Sequence[float]:
        return [float(i) for i in range(len(passages))]


def test_another_order_keeps_the_odds_of_each_place(index: Path) -> None:
    def found(reranker: FixedOrder | None) -> Found:
        return retrieve(
            Query(ASK, ASK, (ASK,)), Index(index), HashEmbedder(), calibration(),
            candidates=10, hits=10, reranker=reranker,
        )  # fmt: skip

    plain, turned = found(None), found(FixedOrder())
    ids = [hit.passage.id for hit in plain.hits]
    assert len(set(ids)) == len(ids) > 2
    assert [hit.passage.id for hit in turned.hits] == ids[::-1]
    assert [hit.relevance for hit in turned.hits] == [hit.relevance for hit in plain.hits]
    assert turned.answerable == pytest.approx(plain.answerable, abs=0.5)


def judged(index: Path, *said: str) -> tuple[Answer, list[list[dict[str, str]]]]:
    """A sentence of the chat model, and what it was asked about it."""
    number = number_in(index)
    replies = [Reply((f"{LOST} [{number}]",)), *(Reply((one,)) for one in said)]
    with serving(*replies) as server:
        with assistant(server, index, judge_model="chat", min_support=None) as opened:
            answer = opened.ask(ASK)
        return answer, [request["messages"] for request in server.requests]


def test_the_chat_model_says_whether_its_sentence_is_supported(index: Path) -> None:
    answer, asked = judged(index, "<think>They do.</think> Yes.")
    (sentence,) = answer.sentences
    assert (sentence.text, sentence.basis) == (LOST, Basis.SUPPORTED)
    assert sentence.reason == "Estimated by the judge 'chat:openai:scripted'."
    system, user = asked[-1]
    assert "Yes" not in system["content"].split("\n")[0]
    assert f"- {BARE}" in user["content"]
    assert f"<claim>\n{LOST}\n</claim>" in user["content"]


@pytest.mark.parametrize("said", ["No.", "Yes and no.", "", "Yesterday it was"])
def test_whatever_is_no_yes_leaves_the_sentence_out(index: Path, said: str) -> None:
    answer, _ = judged(index, said)
    assert not answer.sentences
    assert answer.rejected[0].claim.text == LOST


def test_a_judge_that_does_not_answer_lets_nothing_pass_and_posts_are_quoted(index: Path) -> None:
    number = number_in(index)
    two = Reply((f"{LOST} [{number}] The bare bed fared worst [{number}].",))
    with (
        serving(two, Reply(status=401)) as server,
        assistant(server, index, judge_model="chat", min_support=None) as opened,
    ):
        answer = opened.ask(ASK)
        again = opened.ask(ASK)
        requests = len(server.requests)
    assert BARE in answer.text
    assert {one.basis for one in answer.sentences} == {Basis.QUOTED}
    assert answer.rejected[0].claim.text == LOST
    problem = "The chat model openai:scripted did not answer: its key is missing or wrong."
    assert {one.reason for one in answer.rejected} == {f"It could not be checked: {problem}"}
    assert answer.warnings[-2:] == (
        f"What could not be checked is left out: {problem}",
        f"{problem} Quoted from the posts instead.",
    )
    # It is asked of the first sentence alone, and not to say better what may be right; nor is such
    # an answer kept.
    assert (len(answer.rejected), requests) == (2, 3)
    assert "kept" not in again.timing


def test_a_judge_that_does_not_answer_is_an_error_where_nothing_is_to_be_quoted(
    index: Path,
) -> None:
    number = number_in(index)
    with (
        serving(Reply((f"{LOST} [{number}]",)), Reply(status=401)) as server,
        assistant(
            server, index, judge_model="chat", min_support=None, chat_fallback=False
        ) as opened,
        pytest.raises(ModelUnavailable, match="its key is missing or wrong"),
    ):
        opened.ask(ASK)


def test_a_chat_model_can_only_judge_where_there_is_one(index: Path) -> None:
    with (
        pytest.raises(ConfigError) as caught,
        Assistant.open(index, embedding_model="hash", judge_model="chat") as opened,
    ):
        opened.ask(ASK)
    assert "no chat model is set" in caught.value.problem


@pytest.mark.model
class TestNamedModels:
    @pytest.fixture
    def made(self, tmp_path: Path) -> Path:
        return tmp_path / "model"

    def make(self, folder: Path, *labels: str) -> str:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of libraries about their own future
            return str(make_model(folder, labels, TEXTS))

    def test_a_cross_encoder_orders_the_hits(self, index: Path, made: Path) -> None:
        from rag.reading.cross_encoder import PairModel

        name = self.make(made, "score")
        plain = Assistant.open(index, embedding_model="hash")
        other = Assistant.open(index, embedding_model="hash", rerank_model=name)
        with plain, other:
            query = plain.understand(ASK)
            first, then = plain.retrieve(query).hits, other.retrieve(query).hits
            assert other.provenance.reranker.startswith(f"{name}@")
        pairs = [
            (ASK, f"{' › '.join((p.post.title, *p.section.headings))}\n{p.text}")
            for p in (hit.passage for hit in first)
        ]
        scores = PairModel(name, "rerank_model").scores(pairs)[:, 0].tolist()
        best = sorted(range(len(first)), key=lambda i: -scores[i])
        assert best != sorted(best), "random weights happen to agree; take another seed"
        assert [hit.passage.id for hit in then] == [first[i].passage.id for i in best]

    def test_a_model_of_inference_judges_by_its_own_label(self, made: Path) -> None:
        from rag.checking.by_name import load_cross_encoder_judge
        from rag.reading.cross_encoder import PairModel

        name = self.make(made, *NLI)
        cited = (pointer(BARE),)
        support = load_cross_encoder_judge(name, device="cpu").support(LOST, cited)
        pair = (" ".join(evidence_read(cited)), LOST)
        (row,) = PairModel(name, "judge_model").scores([pair]).tolist()
        odds = [math.exp(value) for value in row]
        assert support == pytest.approx(odds[1] / sum(odds), abs=1e-5)
        assert 0 < support < 1

    def test_a_judge_by_name_stands_behind_a_chat_model(self, index: Path, made: Path) -> None:
        name = self.make(made, *NLI)
        number = number_in(index)
        with (
            serving(Reply((f"{LOST} [{number}] {BARE} [{number}]",))) as server,
            assistant(server, index, judge_model=name, min_support=None) as opened,
        ):
            answer = opened.ask(ASK)
            assert opened.provenance.judge.startswith(f"{name}@")
            assert opened.provenance.thresholds["min_support"] == 0.5
        shown = {one.text: one.basis for one in answer.sentences}
        assert shown.pop(BARE) is Basis.QUOTED
        assert set(shown) | {one.claim.text for one in answer.rejected} == {LOST}

    def test_what_does_not_fit_is_told(self, index: Path, made: Path) -> None:
        config = json.dumps({"problem": "labels"})
        name = self.make(made, "joy", "anger")
        for setting, problem in (
            ("judge_model", "None of the labels"),
            ("rerank_model", "has 2 scores"),
        ):
            with (
                pytest.raises(ModelUnavailable, match=problem),
                Assistant.open(index, embedding_model="hash", **{setting: name}) as opened,
            ):
                opened.ask(ASK)
        (made / "config.json").write_text(config)
        with (
            pytest.raises(ModelUnavailable, match="cannot be loaded") as caught,
            Assistant.open(index, embedding_model="hash", judge_model=name) as opened,
        ):
            opened.ask(ASK)
        assert "judge_model" in caught.value.hint
