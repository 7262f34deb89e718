"""The posts as tools, used by the protocol's official client."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from door_server import open_doors
from fake_assistant import LETTUCES, PASSWORD, FakeAssistant, site_index
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from small_site import garden, same_path

from rag.record import NOT_ASKED, AnswerRecord

Use = Callable[[Client], Awaitable[Any]]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return site_index(tmp_path_factory.mktemp("mcp") / "index")


@pytest.fixture(scope="module")
def address(index: Path) -> Iterator[str]:
    with FakeAssistant(index) as assistant, open_doors(assistant) as (address, _):
        yield f"{address}/mcp"


def use(server: Any, does: Use, **options: Any) -> Any:
    async def inside() -> Any:
        async with Client(server, **options) as client:
            return await does(client)

    return asyncio.run(inside())


def call(server: Any, tool: str, **arguments: Any) -> Any:
    return use(server, lambda client: client.call_tool(tool, arguments))


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_there_are_three_tools_that_only_read(address: str, mode: str) -> None:
    tools = use(address, lambda client: client.list_tools(), mode=mode).tools
    assert {tool.name for tool in tools} == {"search_posts", "ask", "read_section"}
    assert all(tool.description and tool.annotations.read_only_hint for tool in tools)
    (ask,) = (tool for tool in tools if tool.name == "ask")
    assert "sentences" in ask.output_schema["properties"]


def test_asking_gives_the_record_and_text_with_footnotes(address: str) -> None:
    said = call(address, "ask", question=LETTUCES)
    answer = AnswerRecord.model_validate(said.structured_content)
    assert answer.answered
    assert "lettuces" in said.content[0].text
    assert "Sources:\n\n- [1] [Slugs without pellets › Results]" in said.content[0].text


def test_a_greeting_is_no_error(address: str) -> None:
    said = call(address, "ask", question="Hello there!")
    assert not said.is_error
    assert said.content[0].text.startswith("Nothing was asked. Ask a question about the posts")
    told = AnswerRecord.model_validate(said.structured_content)
    assert not told.answered
    assert told.warnings[0].startswith(NOT_ASKED)
    searched = call(address, "search_posts", query="Hello there!")
    assert not searched.is_error
    assert searched.structured_content == {"found": []}


def test_what_a_search_finds_can_be_read(address: str) -> None:
    found = call(address, "search_posts", query=LETTUCES, limit=2).structured_content["found"]
    assert len(found) == 2
    best = found[0]
    assert best["post_id"] == "garden.example/2"
    assert best["url"].startswith("https://garden.example/slugs-without-pellets/")
    read = call(address, "read_section", post_id=best["post_id"], section=best["section"])
    section = read.structured_content
    assert best["text"] in section["text"]
    assert section["sections"] == ["0", "1"]


def test_a_search_can_be_limited(address: str) -> None:
    said = call(
        address, "search_posts", query=LETTUCES, authors=["Ines Moreau"], since="2020-01-01"
    )
    ids = {one["post_id"] for one in said.structured_content["found"]}
    assert ids == {"garden.example/1"}


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("ask", {"question": ""}, "question"),
        ("ask", {"question": "a" * 3000}, "has 3,000 characters"),
        ("ask", {"question": "please fail"}, "did not answer. Start its server."),
        ("ask", {"question": "please crash"}, "Error executing tool ask"),
        ("search_posts", {"query": "x", "limit": 1000}, "limit"),
        ("read_section", {"post_id": "garden.example/77"}, "There is no post"),
        ("read_section", {"post_id": "garden.example/2", "section": "9"}, "It has 0, 1."),
    ],
)
def test_errors_are_told_to_the_model(
    address: str, index: Path, tool: str, arguments: dict[str, Any], said: str
) -> None:
    result = call(address, tool, **arguments)
    assert result.is_error
    assert said in result.content[0].text
    assert "secret" not in result.content[0].text
    assert str(index) not in result.content[0].text


def test_the_password_holds_here_as_well(index: Path) -> None:
    with FakeAssistant(index, password=PASSWORD) as assistant, open_doors(assistant) as (where, _):
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        assert httpx.post(f"{where}/mcp", json=message).status_code == 401
        headers = {"authorization": f"Bearer {PASSWORD}"}

        async def ask() -> Any:
            async with httpx2.AsyncClient(headers=headers) as http:
                transport = streamable_http_client(f"{where}/mcp", http_client=http)
                async with Client(transport) as client:
                    return await client.call_tool("ask", {"question": LETTUCES})

        assert asyncio.run(ask()).structured_content["answered"]


def test_a_page_of_another_site_may_not_use_the_tools(address: str) -> None:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    said = httpx.post(address, json=message, headers={"origin": "https://evil.example"})
    assert said.status_code == 403


def test_a_question_is_counted_as_one_at_this_door_as_well(index: Path) -> None:
    async def often(client: Client) -> list[Any]:
        asked = {"question": LETTUCES}
        found = await client.call_tool("search_posts", {"query": LETTUCES})
        return [found, *[await client.call_tool("ask", asked) for _ in range(3)]]

    with (
        FakeAssistant(index, questions_a_minute=2) as assistant,
        open_doors(assistant) as (where, _),
    ):
        said = use(f"{where}/mcp", often)
        other = httpx.post(f"{where}/api/ask", json={"question": LETTUCES})
    assert [one.is_error for one in said] == [False, False, False, True]
    assert re.search(r"Too many questions from you\. Wait \d+ seconds\.", said[-1].content[0].text)
    assert other.status_code == 429


def test_the_command_speaks_over_standard_input(tmp_path: Path) -> None:
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "ui.cli", "mcp", "--index", str(garden(tmp_path / "index"))],
        env={**same_path(), "PULLQUOTE_EMBEDDING_MODEL": "hash"},
        cwd=str(tmp_path),
    )

    async def both(client: Client) -> Any:
        tools = (await client.list_tools()).tools
        read = {"post_id": "garden.example/1", "section": "1"}
        return {tool.name for tool in tools}, await client.call_tool("read_section", read)

    names, section = use(server, both)
    assert "search_posts" in names
    assert "six weeks before the last frost" in section.structured_content["text"]
