from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.runnables import RunnableConfig, RunnableLambda
from pydantic import ValidationError
from small_site import garden

from rag import Answer, Assistant, Filters, Turn
from rag.chain import SectionRetriever
from rag.errors import IndexMismatch, IndexMissing, ModelUnavailable, QuestionInvalid

ASK = "How many lettuces did the bare bed lose?"
SAID = "The bare bed lost twenty-two lettuces."


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    folder = garden(tmp_path / "index")
    with Assistant.open(folder, embedding_model="hash", min_answerable=0.0) as opened:
        yield opened


def test_an_answer_has_citations_provenance_and_times(assistant: Assistant) -> None:
    answer = assistant.ask(ASK)
    assert SAID in answer.text
    assert all(sentence.citations for sentence in answer.sentences)
    made_with = answer.provenance
    assert made_with.embedder == "hash@1/256/float32"
    assert (made_with.writer, made_with.judge, made_with.index_generation) == (
        "quotes",
        "overlap",
        1,
    )
    assert set(made_with.thresholds) == {"min_answerable", "min_share", "min_support"}
    assert set(answer.timing) == {"understand", "retrieve", "write", "verify"}
    assert any(warning.startswith("Uncalibrated") for warning in answer.warnings)


def test_below_the_threshold_nothing_is_said(tmp_path: Path) -> None:
    folder = garden(tmp_path / "index")
    with Assistant.open(folder, embedding_model="hash", min_answerable=1.0) as strict:
        answer = strict.ask(ASK)
    assert not answer.answered
    assert answer.nearest[0].post.title == "Slugs without pellets"


def test_filters_and_history_reach_retrieval(assistant: Assistant) -> None:
    answer = assistant.ask(ASK, filters=Filters(authors=("Ines Moreau",)))
    assert SAID not in answer.text
    answer = assistant.ask("And the bare one?", history=[Turn("How many lettuces did it lose?")])
    assert answer.query.searches[0] == "And the bare one? (lettuces lose)"


def test_the_chain_is_a_runnable(assistant: Assistant) -> None:
    chain = assistant.chain
    assert SAID in chain.invoke(ASK).text
    assert SAID in chain.invoke({"question": ASK, "history": [{"question": "Hi?"}]}).text
    first, second = chain.batch([ASK, "When to sow tomatoes?"])
    assert SAID in first.text
    assert "Sow tomatoes indoors" in second.text
    *_, last = chain.stream(ASK)
    assert last.complete
    assert SAID in last.text
    shout = chain | RunnableLambda(lambda answer: answer.text.upper())
    assert SAID.upper() in shout.invoke(ASK)


def test_the_async_forms(assistant: Assistant) -> None:
    async def run() -> tuple[Answer, list[Answer], list[Answer]]:
        chain = assistant.chain
        return (
            await chain.ainvoke(ASK),
            [answer async for answer in chain.astream(ASK)],
            await chain.abatch([ASK, ASK]),
        )

    one, streamed, both = asyncio.run(run())
    assert one.text == streamed[-1].text == both[0].text == both[1].text
    assert streamed[-1].complete


def test_the_chain_says_what_it_takes(assistant: Assistant) -> None:
    for wrong in ({"query": ASK}, {"question": 3}, {"question": ASK, "k": 1}):
        with pytest.raises(QuestionInvalid, match="takes question, history, filters"):
            assistant.chain.invoke(wrong)
    for odd in (3, None, [ASK]):
        with pytest.raises(QuestionInvalid, match="takes question, history, filters"):
            assistant.chain.invoke(odd)  # type: ignore[arg-type]
    for field in ({"history": [7]}, {"history": "before"}, {"filters": {"author": "Ines"}}):
        with pytest.raises(QuestionInvalid, match=r"history holds|filters do not fit"):
            assistant.chain.invoke({"question": ASK, **field})
    with pytest.raises(QuestionInvalid, match="empty"):
        assistant.chain.invoke(" ")


HERS = {"authors": ["Ines Moreau"]}  # who did not write what ASK asks for


def test_keywords_are_as_good_as_the_input(assistant: Assistant) -> None:
    chain = assistant.chain
    assert SAID not in chain.invoke(ASK, filters=HERS).text
    assert SAID not in chain.invoke({"question": ASK}, filters=HERS).text
    bound = chain.bind(filters=HERS, recognise=False)
    assert SAID not in bound.invoke(ASK).text
    assert SAID not in (bound | RunnableLambda(lambda answer: answer.text)).invoke(ASK)
    assert [SAID in one.text for one in bound.batch([ASK, ASK])] == [False, False]
    *_, last = bound.stream(ASK)
    assert SAID not in last.text
    later: Any = RunnableLambda(lambda question: str(question)) | bound
    assert all(SAID not in answer.text for answer in later.stream(ASK))
    turns = [Turn("How many lettuces did it lose?")]
    answer = chain.invoke("And the bare one?", history=turns)
    assert answer.query.searches[0] == "And the bare one? (lettuces lose)"


def test_keywords_reach_the_async_forms(assistant: Assistant) -> None:
    async def run() -> list[Answer]:
        bound = assistant.chain.bind(filters=HERS)
        return [
            await bound.ainvoke(ASK),
            *[answer async for answer in bound.astream(ASK)],
            *await bound.abatch([ASK, ASK], return_exceptions=True),
            *[
                event["data"]["output"]
                async for event in bound.astream_events(ASK, version="v2")
                if event["event"] == "on_chain_end"
            ],
        ]

    answers = asyncio.run(run())
    assert len(answers) >= 5
    assert not any(SAID in answer.text for answer in answers)


def test_what_langchain_wraps_a_chain_in_adds_no_keyword(assistant: Assistant) -> None:
    chain = assistant.chain
    for wrapped in (
        chain.with_config(tags=["reader"]),
        chain.with_retry(stop_after_attempt=1),
        chain.with_fallbacks([chain]),
        chain.with_types(input_type=str),
    ):
        assert SAID in wrapped.invoke(ASK).text
    assert SAID in chain.map().invoke([ASK])[0].text
    assert SAID in (RunnableLambda(lambda _: chain)).invoke(ASK).text


def test_a_keyword_that_is_unknown_or_comes_twice_is_refused(assistant: Assistant) -> None:
    chain = assistant.chain
    with pytest.raises(QuestionInvalid, match=r"takes question.*not \['stop'\]"):
        chain.invoke(ASK, stop=["."])
    with pytest.raises(QuestionInvalid, match=r"not \['filter'\]"):
        list(chain.bind(filter=HERS).stream(ASK))
    with pytest.raises(QuestionInvalid, match=r"not \['filter'\]"):
        asyncio.run(chain.ainvoke(ASK, filter=HERS))
    with pytest.raises(QuestionInvalid, match="given filters twice"):
        chain.bind(filters=HERS).invoke({"question": ASK, "filters": None})
    with pytest.raises(QuestionInvalid, match="given question twice"):
        chain.invoke(ASK, question=ASK)
    (refused,) = chain.batch([ASK], return_exceptions=True, filter=HERS)
    assert isinstance(refused, QuestionInvalid)


@pytest.mark.parametrize(
    "history",
    [
        [Turn("How many lettuces did it lose?", "Three.")],
        [{"question": "How many lettuces did it lose?"}],
        [{"role": "user", "content": "How many lettuces did it lose?"}, ("assistant", "Three.")],
        [("human", "How many lettuces did it lose?")],
        [HumanMessage("How many lettuces did it lose?"), AIMessage("Three.")],
        [SystemMessage("Be nice."), HumanMessage("How many lettuces did it lose?")],
    ],
)
def test_history_in_every_form_that_is_about(assistant: Assistant, history: list[object]) -> None:
    answer = assistant.chain.invoke({"question": "And the bare one?", "history": history})
    assert answer.query.standalone == "And the bare one? (lettuces lose)"


def test_filters_as_a_mapping(assistant: Assistant) -> None:
    asked = {"question": ASK, "filters": {"authors": ["ines moreau"], "since": "2019-01-01"}}
    answer = assistant.chain.invoke(asked)
    assert answer.query.filters.since == datetime(2019, 1, 1, tzinfo=UTC)
    assert {hit.passage.post.authors for hit in answer.hits} == {("Ines Moreau",)}


def test_a_filter_that_fits_no_post_is_said(assistant: Assistant) -> None:
    answer = assistant.ask(ASK, filters=Filters(tags=("spring", "sprong"), authors=("Nobody",)))
    assert "No post has the tag 'sprong'." in answer.warnings
    assert "No post has the author 'Nobody'." in answer.warnings
    assert not any("'spring'" in warning for warning in answer.warnings)


class Watching(BaseCallbackHandler):
    def __init__(self) -> None:
        self.seen: list[str] = []

    def on_chain_start(self, *_: object, **given: object) -> None:
        self.seen.append(f"start {given['tags']}")

    def on_chain_end(self, *_: object, **__: object) -> None:
        self.seen.append("end")

    def on_chain_error(self, *_: object, **__: object) -> None:
        self.seen.append("error")


def test_callbacks_see_one_run_in_every_form(assistant: Assistant) -> None:
    async def run(config: RunnableConfig) -> None:
        await assistant.chain.ainvoke(ASK, config)
        assert [answer async for answer in assistant.chain.astream(ASK, config)]

    handler = Watching()
    config = RunnableConfig(callbacks=[handler], tags=["reader"])
    assistant.chain.invoke(ASK, config)
    assert list(assistant.chain.stream(ASK, config))
    asyncio.run(run(config))
    assert handler.seen == ["start ['reader']", "end"] * 4
    with pytest.raises(QuestionInvalid):
        list(assistant.chain.stream(" ", config))
    assert handler.seen[-2:] == ["start ['reader']", "error"]


def test_the_retriever_leads_links_to_another_host(assistant: Assistant) -> None:
    settings = {"embedding_model": "hash", "link_base": "http://127.0.0.1:1/copy"}
    with Assistant.open(assistant.settings.index, **settings) as opened:
        best = opened.retriever.invoke(ASK)[0]
    assert best.metadata["url"].startswith("http://127.0.0.1:1/copy/slugs-without-pellets/#")


def test_the_retriever_gives_documents(assistant: Assistant) -> None:
    documents = assistant.retriever.invoke(ASK)
    best = documents[0]
    assert SAID in best.page_content
    assert best.metadata["headings"] == ["Results"]
    assert best.metadata["post_id"] == "garden.example/2"
    assert best.metadata["url"].startswith("https://garden.example/slugs-without-pellets/#:~:text=")
    assert asyncio.run(assistant.retriever.ainvoke(ASK))[0].id == best.id


def test_the_retriever_finds_nothing_for_a_greeting(assistant: Assistant) -> None:
    assert assistant.retriever.invoke("Thanks a lot!") == []
    with pytest.raises(QuestionInvalid, match="empty"):
        assistant.retriever.invoke("?")


def test_the_retriever_takes_k_and_filters_with_a_question_or_once(assistant: Assistant) -> None:
    retriever = assistant.retriever
    for filters in (HERS, Filters(authors=("Ines Moreau",))):
        once = SectionRetriever(pipeline=assistant, filters=filters, k=2)
        for documents in (
            once.invoke(ASK),
            retriever.invoke(ASK, filters=filters, k=2),
            retriever.bind(filters=filters, k=2).invoke(ASK),
            asyncio.run(retriever.ainvoke(ASK, filters=filters, k=2)),
        ):
            assert len(documents) == 2
            assert {tuple(one.metadata["authors"]) for one in documents} == {("Ines Moreau",)}
    with pytest.raises(QuestionInvalid, match="not search_type"):
        retriever.invoke(ASK, search_type="mmr")
    with pytest.raises(QuestionInvalid, match="number of documents, not 0"):
        retriever.invoke(ASK, k=0)


def test_a_retriever_asks_whatever_searches_and_nothing_else(assistant: Assistant) -> None:
    assert SectionRetriever(pipeline=assistant.pipeline).invoke(ASK)
    with pytest.raises(ValidationError, match="Searches"):
        SectionRetriever(pipeline="index")  # type: ignore[arg-type]


def test_opening_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing) as missing:
        Assistant.open(tmp_path / "nothing").ask(ASK)
    assert "pullquote ingest" in missing.value.hint
    folder = garden(tmp_path / "index")
    with Assistant.open(folder) as other, pytest.raises(IndexMismatch, match="hash"):
        other.ask(ASK)
    with (
        Assistant.open(folder, embedding_model="hash", chat_model="no:thing") as chat,
        pytest.raises(ModelUnavailable),
    ):
        chat.ask(ASK)


def test_a_question_is_answered_from_the_newest_generation(assistant: Assistant) -> None:
    before = assistant.ask("Where does rhubarb grow?")
    from small_site import post, put, section

    from rag.embedding.embedder import HashEmbedder
    from rag.index.index import write_index

    with write_index(assistant.settings.index, HashEmbedder().id) as writer:
        put(writer, post(4, "Rhubarb", section("0", (), "Rhubarb grows in shade.")), HashEmbedder())
        writer.finish()
    after = assistant.ask("Where does rhubarb grow?")
    assert "Rhubarb grows in shade." not in before.text
    assert "Rhubarb grows in shade." in after.text
    assert after.provenance.index_generation > before.provenance.index_generation
