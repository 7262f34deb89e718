"""What the API says of itself: fields in words, what opens a door, and the page made of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from door_server import open_doors
from fake_assistant import PASSWORD, FakeAssistant, site_index
from selectolax.lexbor import LexborHTMLParser, LexborNode
from widget_site import widget_site

from ui.doors.access import AccessFile


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return site_index(tmp_path_factory.mktemp("described") / "index")


@pytest.fixture(scope="module")
def locked(index: Path) -> Iterator[str]:
    with FakeAssistant(index, password=PASSWORD) as assistant, open_doors(assistant) as (at, _):
        yield at


@pytest.fixture(scope="module")
def described(locked: str) -> dict[str, Any]:
    said = httpx.get(f"{locked}/api/openapi.json", auth=("anyone", PASSWORD))
    found: dict[str, Any] = said.json()
    return found


@pytest.fixture(scope="module")
def page(locked: str) -> LexborHTMLParser:
    return LexborHTMLParser(httpx.get(f"{locked}/api/docs", auth=("anyone", PASSWORD)).text)


def rows(page: LexborHTMLParser, door: str) -> dict[str, LexborNode]:
    """The second cell of each row of a door's table, by the first."""
    (section,) = (
        one for one in page.css("section") for head in one.css("h2") if head.text() == door
    )
    cells = (row.css("td") for row in section.css("tr"))
    return {name.text(): value for name, value in cells}


# ---------------------------------------------------------------- fields


@pytest.mark.parametrize("form", ["AskBody", "TurnBody", "FiltersRecord", "ChatBody", "Message"])
def test_every_field_that_can_be_sent_is_told_in_words(
    described: dict[str, Any], form: str
) -> None:
    fields = described["components"]["schemas"][form]["properties"]
    assert fields
    assert [name for name, field in fields.items() if not field.get("description")] == []


def test_what_a_field_of_an_answer_means_is_told_as_well(described: dict[str, Any]) -> None:
    forms = described["components"]["schemas"]
    assert (
        "did not pass the check" in forms["AnswerRecord"]["properties"]["rejected"]["description"]
    )
    assert "from 1" in forms["Said"]["properties"]["marks"]["description"]


# ---------------------------------------------------------------- the page


def test_each_of_several_forms_is_linked(page: LexborHTMLParser) -> None:
    """An answer is a record, or a view: neither stands alone in the description."""
    given = rows(page, "POST /api/ask")["200"]
    assert [link.attributes["href"] for link in given.css("a")] == ["#AnswerRecord", "#PageAnswer"]
    assert {"AnswerRecord", "PageAnswer"} <= {node.id for node in page.css("code[id]")}


def test_every_door_that_gives_json_names_its_form(
    page: LexborHTMLParser, described: dict[str, Any]
) -> None:
    for path, methods in described["paths"].items():
        for method, door in methods.items():
            given = rows(page, f"{method.upper()} {path}")
            for status, answer in door["responses"].items():
                if "application/json" in answer.get("content", {}):
                    assert given[status].css("a"), (path, status)


def test_the_page_says_what_opens_a_door(page: LexborHTMLParser) -> None:
    assert rows(page, "GET /v1/models")["opened by"].text() == "bearer, basic, session"
    assert rows(page, "POST /api/sync")["opened by"].text() == "key"
    assert "opened by" not in rows(page, "GET /healthz")
    ways = [one.text().partition(":")[0] for one in page.css("ul li")]
    assert ways == ["bearer", "basic", "session", "key"]


# ---------------------------------------------------------------- what opens a door


def test_doors_are_closed_where_the_description_says_so(
    locked: str, described: dict[str, Any]
) -> None:
    for path, methods in described["paths"].items():
        for method, door in methods.items():
            said = httpx.request(method, locked + re.sub(r"\{.*\}", "x", path))
            asks = said.status_code == 401
            assert asks == bool(door["security"]), (method, path)


def test_every_way_that_is_described_opens(
    locked: str, index: Path, described: dict[str, Any]
) -> None:
    ways = described["components"]["securitySchemes"]
    assert [ways[name]["scheme"] for name in ("bearer", "basic", "key")] == [
        "bearer", "basic", "bearer",
    ]  # fmt: skip
    assert (ways["session"]["in"], ways["session"]["type"]) == ("cookie", "apiKey")
    with httpx.Client(base_url=locked) as browser:
        browser.post("/login", data={"password": PASSWORD})
        cookie = browser.cookies[ways["session"]["name"]]
    key = AccessFile(index).add_key("described")
    for headers in (
        {"authorization": f"Bearer {PASSWORD}"},
        {"authorization": f"Bearer {key}"},
        {"authorization": httpx.BasicAuth("anyone", PASSWORD)._auth_header},
        {"cookie": f"{ways['session']['name']}={cookie}"},
    ):
        assert httpx.get(f"{locked}/v1/models", headers=headers).status_code == 200


def test_without_a_password_nothing_need_be_brought(index: Path) -> None:
    with FakeAssistant(index) as assistant, open_doors(assistant) as (address, _):
        described = httpx.get(f"{address}/api/openapi.json").json()["paths"]
    assert described["/api/ask"]["post"]["security"][0] == {}
    assert described["/api/sync"]["post"]["security"] == [{"key": []}]


def test_the_widgets_door_is_described_where_there_is_one(
    tmp_path: Path, described: dict[str, Any]
) -> None:
    assert "/api/widget" not in described["paths"]
    with widget_site(tmp_path) as (_, server):
        found = httpx.get(f"{server}/api/openapi.json").json()
        (about,) = found["paths"]["/api/widget"].values()
        said = httpx.get(f"{server}/api/widget").json()
    assert "/widget.js" not in found["paths"]
    form = about["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    assert set(found["components"]["schemas"][form.rpartition("/")[2]]["properties"]) == set(said)
