"""What a proxy says of clients and paths, and from whom it is believed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from door_server import open_doors
from fake_assistant import LETTUCES, PASSWORD, FakeAssistant, serving, site_index

from rag.errors import ConfigError
from rag.settings import load_settings

BELOW = {"x-forwarded-prefix": "/ask"}
READER = "203.0.113.7"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return site_index(tmp_path_factory.mktemp("proxy") / "index")


@contextmanager
def server(index: Path, **settings: Any) -> Iterator[str]:
    with FakeAssistant(index, **settings) as assistant, open_doors(assistant) as (address, _):
        yield address


def ask(address: str, **headers: str) -> int:
    said = httpx.post(f"{address}/api/ask", json={"question": LETTUCES}, headers=headers)
    return said.status_code


# ---------------------------------------------------------------- clients


@pytest.mark.parametrize(
    ("trusted", "chain", "one_client"),
    [
        ("127.0.0.1, ::1", "{}", False),
        ("127.0.0.0/8", "{}", False),
        # What a reader says of himself stands in front of what the proxy saw.
        ("127.0.0.1", "{}, 198.51.100.9", True),
        # Two proxies, one behind the other.
        ("127.0.0.1, 198.51.100.0/24", "{}, 198.51.100.9", False),
        ("127.0.0.1", "", True),
        ("192.0.2.1", "{}", True),
        ("", "{}", True),
    ],
)
def test_readers_are_told_apart_by_what_a_trusted_proxy_says(
    index: Path, trusted: str, chain: str, one_client: bool
) -> None:
    with server(index, questions_a_minute=1, trusted_proxies=trusted) as address:
        said = [
            ask(address, **{"x-forwarded-for": chain.format(reader)})
            for reader in ("203.0.113.7", "203.0.113.8")
        ]
    assert said == [200, 429 if one_client else 200]


def test_figures_stay_closed_to_whoever_comes_through_a_proxy(index: Path) -> None:
    with server(index) as address:
        far = httpx.get(f"{address}/metrics", headers={"x-forwarded-for": READER})
        near = httpx.get(f"{address}/metrics")
    assert (far.status_code, near.status_code) == (404, 200)


@pytest.mark.parametrize("trusted", ["*", "localhost", "10.0.0.1/8", "127.0.0.1;::1"])
def test_a_proxy_is_named_by_its_address_or_network(trusted: str) -> None:
    with pytest.raises(ConfigError, match="trusted_proxies"):
        load_settings(trusted_proxies=trusted)


# ---------------------------------------------------------------- paths


def test_every_door_is_found_below_the_path_that_a_proxy_took_off(index: Path) -> None:
    with server(index, password=PASSWORD) as address:
        with httpx.Client(base_url=address, headers=BELOW) as reader:
            sent = reader.get("/", headers={"accept": "text/html"})
            assert (sent.status_code, sent.headers["location"]) == (303, "login")
            deep = reader.get("/gradio_api/info", headers={"accept": "text/html"})
            assert deep.headers["location"] == "../login"
            form = reader.post("/login", data={"password": PASSWORD})
            assert form.headers["location"] == "./"
            assert "; path=/ask;" in f"{form.headers['set-cookie'].lower()};"
        own = {**BELOW, "authorization": f"Bearer {PASSWORD}"}
        assert httpx.get(f"{address}/", headers=own).text == "the page at /ask/"
        described = httpx.get(f"{address}/api/openapi.json", headers=own).json()
        assert described["servers"] == [{"url": "/ask"}]
        assert httpx.get(f"{address}/healthz", headers=BELOW).json() == {"status": "ok"}
        assert ask(address, **own) == 200


def test_a_path_may_bear_the_name_of_a_door(index: Path) -> None:
    with server(index) as address:
        assert ask(address, **{"x-forwarded-prefix": "/api"}) == 200
        assert ask(address, **{"x-forwarded-prefix": "/v1/chat/"}) == 200


@pytest.mark.parametrize(
    "prefix",
    ["", "/", "ask", "//evil.example", "/a b", "/..", "/ask/../x", "/ask//x", "/é", "/a?b"],
)
def test_what_is_no_path_is_not_taken_for_one(index: Path, prefix: str) -> None:
    with server(index) as address:
        said = httpx.get(address, headers=[(b"x-forwarded-prefix", prefix.encode())])
    assert said.text == "the page at /"


def test_a_stranger_cannot_say_where_the_page_is(index: Path) -> None:
    with server(index, trusted_proxies="") as address:
        said = httpx.get(address, headers={**BELOW, "x-forwarded-host": "evil.example"})
    assert said.text == "the page at /"


# ---------------------------------------------------------------- the page itself


def test_the_page_loads_its_parts_from_below_the_path() -> None:
    through = {**BELOW, "x-forwarded-proto": "https", "host": "blog.example"}
    with serving("open") as (address, _), httpx.Client(base_url=address, headers=through) as reader:
        page = reader.get("/").text
        assert '"root":"https://blog.example/ask"' in page
        assert 'src="./assets/' in page
        assert reader.get("/config").json()["root"] == "https://blog.example/ask"
        for closed in ("/gradio_api/upload", "/gradio_api/file=/etc/passwd", "/monitoring"):
            assert reader.get(closed).status_code == 404
        assert "Sow tomatoes indoors" in reader.get("/site/tomatoes-from-seed/").text


def test_no_stranger_names_the_host_that_the_page_is_loaded_from() -> None:
    said = {"x-forwarded-host": "evil.example", "x-gradio-server": "https://evil.example"}
    with serving(trusted_proxies="192.0.2.1") as (address, _):
        assert "evil" not in httpx.get(address, headers=said).text
