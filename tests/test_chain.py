from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.runnables import RunnableLambda
from small_site import garden

from rag import Answer, Assistant, Filters, Turn
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
    assert set(made_with.thresholds) == {"min_answerable", "min_sentence", "min_support"}
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
    assert answer.query.searches[0] == "And the bare one? (many lettuces lose)"


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
        with pytest.raises(QuestionInvalid, match="takes question, history and filters"):
            assistant.chain.invoke(wrong)
    with pytest.raises(QuestionInvalid, match="empty"):
        assistant.chain.invoke(" ")


def test_the_retriever_gives_documents(assistant: Assistant) -> None:
    documents = assistant.retriever.invoke(ASK)
    best = documents[0]
    assert SAID in best.page_content
    assert best.metadata["headings"] == ["Results"]
    assert best.metadata["post_id"] == "garden.example/2"
    assert best.metadata["url"].startswith("https://garden.example/slugs-without-pellets/#:~:text=")
    assert asyncio.run(assistant.retriever.ainvoke(ASK))[0].id == best.id


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

    from rag.embed import HashEmbedder
    from rag.index import write_index

    with write_index(assistant.settings.index, HashEmbedder().id) as writer:
        put(writer, post(4, "Rhubarb", section("0", (), "Rhubarb grows in shade.")), HashEmbedder())
        writer.finish()
    after = assistant.ask("Where does rhubarb grow?")
    assert "Rhubarb grows in shade." not in before.text
    assert "Rhubarb grows in shade." in after.text
    assert after.provenance.index_generation > before.provenance.index_generation
