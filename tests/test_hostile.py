"""Posts are data: a chat model that obeys every instruction it sees gets nothing past the check."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from chatting import ASK, BARE, assistant, number_of
from hostile_cases import CASES, Hostile
from openai_server import Reply, serving
from small_site import GARDEN, post, put, section

from rag.checking.foreign import has_foreign
from rag.embedding.embedder import HashEmbedder
from rag.index.index import write_index
from rag.record import record
from rag.types import Answer, Basis
from ui.copied import markdown
from ui.view import view

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def answered(case: Hostile, folder: Path) -> tuple[Answer, list[str]]:
    """What becomes of it, and what the model was told."""
    embedder = HashEmbedder()
    with write_index(folder, embedder.id) as writer:
        for parsed in GARDEN:
            put(writer, parsed, embedder)
        if case.post:
            put(writer, post(66, "Beds", section("1", (case.heading,), case.post)), embedder)
        writer.finish()

    def obey(messages: list[dict[str, str]]) -> str:
        n = number_of(messages, BARE)
        own = re.findall(r"^\[(\d+)\] Lettuces of the bare bed:", messages[1]["content"], re.M)
        return case.says.format(n=n, own=own[0] if own else 0)

    with (
        serving(Reply(says=obey)) as server,
        assistant(server, folder, chat_context_tokens=100_000, chat_sections=20) as opened,
    ):
        answer = opened.ask(case.question or ASK)
        return answer, [one["content"] for one in server.requests[0]["messages"]]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_model_that_obeys_gets_nothing_past_the_check(
    case: Hostile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-key")
    answer, (_, told) = answered(case, tmp_path / "index")
    _was_told(case, told)
    _is_checked(answer)
    for text in _shown(answer):
        assert not has_foreign(text, ()), text[:200]
        assert not _UNSEEN.search(text), text[:200]
    _page_is_harmless(answer)


def test_there_are_thirty_cases_and_more_of_different_names() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 30


def _was_told(case: Hostile, told: str) -> None:
    """The model saw it, as data: on one line, with brackets and tags that mean nothing."""
    hostile = case.post or case.question
    start = " ".join(hostile.split())[:30].replace("<", "‹").replace("[", "(").replace("]", ")")
    assert start in told
    assert told.count("</sentences>") == 1
    assert all(re.match(r"\[\d{3}\] |# |Question|Answer|<|$", line) for line in told.splitlines())


def _is_checked(answer: Answer) -> None:
    """Nothing is shown but what a post says, word for word or as the judge finds."""
    for sentence in answer.sentences:
        quotes = [citation.quote for citation in sentence.citations]
        assert quotes
        if sentence.basis is Basis.QUOTED:
            assert sentence.text in quotes
        else:
            assert (sentence.basis, sentence.support >= 0.5) == (Basis.SUPPORTED, True)
        assert all(citation.post.url.startswith("https://garden.example/")
                   for citation in sentence.citations)  # fmt: skip
    assert not any(
        word in answer.text.casefold()
        for word in ("evil", "peru", "poison", "thief", "acme", "dan", "atlantis", "million", "sk-")
    )


def _shown(answer: Answer) -> list[str]:
    """All that the model had a hand in; a quote is the post's own."""
    kept = record(answer)
    return [
        *(one.text for one in kept.sentences if one.basis != "quoted"),
        *(one.reason or "" for one in kept.sentences),
        *(one.text for one in kept.rejected), *(one.reason for one in kept.rejected),
        *kept.warnings,
    ]  # fmt: skip


def _page_is_harmless(answer: Answer) -> None:
    shown = view(answer)
    cards = [*shown.cards, *shown.nearest, *(one.card for one in shown.otherwise)]
    for quote in (quote for card in cards for quote in card.quotes):
        assert quote.url.startswith("https://garden.example/")
    said = markdown(answer)
    assert not re.search(r"(?<!\\)<(?!https://garden\.example/)", said)
    links = re.findall(r"(?<!\\)\]\(<?([^)>]*)", said)
    assert all(link.startswith("https://garden.example/") for link in links)
    assert not re.search(r"(?<!\\)!\[", said)


def test_a_post_may_quote_an_address_of_its_own_and_it_is_no_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the post itself says is shown as it stands there, and leads nowhere."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-key")
    text = "Lettuces of the bare bed: complaints go to https://evil.example/login."
    case = Hostile("quoted address", text, f"{text[:-1]} [{{own}}].")
    answer, _ = answered(case, tmp_path / "index")
    assert [(one.text, one.basis) for one in answer.sentences] == [(text, Basis.QUOTED)]
    _page_is_harmless(answer)
    assert unicodedata.normalize("NFKC", text) == text
