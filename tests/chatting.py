"""An assistant on the small site whose chat model is the scripted server on loopback."""

from __future__ import annotations

from pathlib import Path

from openai_server import Reply, ScriptedServer, serving

from rag import Answer, Assistant

ASK = "How many lettuces did the bare bed lose?"
BARE = "The bare bed lost twenty-two lettuces."


def assistant(server: ScriptedServer, index: Path, **settings: object) -> Assistant:
    given = {"embedding_model": "hash", "min_answerable": 0.0, "min_support": 0.5, **settings}
    return Assistant.open(index, chat_model="openai:scripted", chat_base_url=server.url, **given)


def ask(server: ScriptedServer, index: Path, **settings: object) -> Answer:
    with assistant(server, index, **settings) as opened:
        return opened.ask(ASK)


def number_of(messages: list[dict[str, str]], sentence: str) -> int:
    """Under which the model is shown a sentence."""
    shown = messages[1]["content"]
    (line,) = [line for line in shown.splitlines() if line.endswith(f"] {sentence}")]
    return int(line[1 : line.index("]")])


def number_in(index: Path, sentence: str = BARE) -> int:
    """The same, for `ASK`; it is the same for the same question and passages."""
    with serving(Reply(("NOT IN THE POSTS",))) as server:
        ask(server, index)
        return number_of(server.requests[0]["messages"], sentence)
