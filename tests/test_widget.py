"""The widget's doors: its script, whose pages may use it, and what stays closed to them."""

from __future__ import annotations

import gzip
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from door_server import open_doors
from fake_assistant import LETTUCES, PASSWORD, FakeAssistant, site_index
from widget_site import NAME, widget_site

from rag.errors import ConfigError
from rag.settings import Settings, load_settings
from ui.commands.serving import require_lock
from ui.page.widget import widget_script
from ui.texts import load_texts

LARGEST = 20_000  # bytes, packed
SITE, OTHER = "https://blog.example.org", "https://evil.example"
ASK = {"question": LETTUCES}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with widget_site(tmp_path_factory.mktemp("widget"), widget_origins=SITE) as (_, server):
        yield server


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    given: dict[str, Any] = {"widget_origins": SITE, "password": PASSWORD, "widget_open": True}
    with widget_site(tmp_path_factory.mktemp("locked"), **given) as (_, server):
        yield server


def preflight(server: str, path: str, origin: str, method: str, *names: str) -> httpx.Response:
    headers = {"origin": origin, "access-control-request-method": method}
    if names:
        headers["access-control-request-headers"] = ",".join(names)
    return httpx.options(server + path, headers=headers)


def shared(said: httpx.Response) -> dict[str, str]:
    """Headers that let other origins in."""
    start = "access-control-"
    return {name: value for name, value in said.headers.items() if name.startswith(start)}


# ---------------------------------------------------------------- the script


def test_the_script_is_small(server: str) -> None:
    packed = httpx.get(f"{server}/widget.js", headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) <= LARGEST
    plain = httpx.get(f"{server}/widget.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == packed.text
    assert len(gzip.compress(plain.content)) <= LARGEST


def test_the_script_is_kept_for_an_hour_and_then_asked_for_by_its_tag(server: str) -> None:
    said = httpx.get(f"{server}/widget.js")
    assert said.headers["content-type"].startswith("text/javascript")
    assert said.headers["cache-control"] == "public, max-age=3600"
    assert said.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "set-cookie" not in said.headers
    again = httpx.get(f"{server}/widget.js", headers={"if-none-match": said.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_script_has_the_owners_words_colour_and_name(tmp_path: Path) -> None:
    own = tmp_path / "he.json"
    own.write_text('{"ask_hint": "מה לשאול?"}', encoding="utf-8")
    script = widget_script(Settings(site_colour="#aa0000"), load_texts("he", own), "גן")
    told = script[script.rindex("({pullquote: ") + len("({pullquote: ") : script.rindex("})")]
    known = json.loads(told)
    assert known["texts"]["ask_hint"] == "מה לשאול?"
    assert (known["direction"], known["name"], known["level"]) == ("rtl", "גן", 3)
    assert "--pq-ink:#aa0000" in known["css"]


def test_no_name_can_end_the_script_and_no_comment_is_sent() -> None:
    script = widget_script(Settings(), load_texts(), "</script><b>'\"`${1}")
    assert "</script" not in script
    assert re.findall(r"^\s*//.*$", script, re.MULTILINE) == []


def test_sizes_are_the_readers_and_not_those_of_the_page() -> None:
    script = widget_script(Settings(), load_texts(), NAME)
    assert "var(--pq-rem)" in script
    assert re.findall(r"[\d.]rem\b", script) == []


# ---------------------------------------------------------------- whose pages


def test_the_pages_that_are_named_may_ask(server: str) -> None:
    asked = preflight(server, "/api/ask", SITE, "POST", "content-type")
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == SITE
    assert "content-type" in asked.headers["access-control-allow-headers"].lower()
    said = httpx.post(f"{server}/api/ask", json=ASK, headers={"origin": SITE})
    assert said.json()["answered"]
    assert shared(said) == {"access-control-allow-origin": SITE}
    assert "Origin" in said.headers["vary"]
    about = httpx.get(f"{server}/api/widget", headers={"origin": SITE})
    assert shared(about) == {"access-control-allow-origin": SITE}
    assert about.json()["posts"] == 4


@pytest.mark.parametrize(
    "origin", [OTHER, "null", "https://blog.example.org.evil.example", "http://blog.example.org",
               "https://blog.example.org:8443", "https://BLOG.example.org", ""],
)  # fmt: skip
def test_no_other_page_may(server: str, origin: str) -> None:
    assert "access-control-allow-origin" not in shared(
        preflight(server, "/api/ask", origin, "POST", "content-type")
    )
    said = httpx.post(f"{server}/api/ask", json=ASK, headers={"origin": origin})
    assert shared(said) == {}
    assert "Origin" in said.headers["vary"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_the_pages_may_do_nothing_else(server: str, method: str) -> None:
    assert preflight(server, "/api/ask", SITE, method).status_code == 400


@pytest.mark.parametrize("name", ["authorization", "cookie", "x-api-key"])
def test_the_pages_may_not_log_in(server: str, name: str) -> None:
    said = preflight(server, "/api/ask", SITE, "POST", name)
    assert said.status_code == 400
    assert "access-control-allow-credentials" not in said.headers


@pytest.mark.parametrize(
    "path", ["/", "/api/docs", "/api/openapi.json", "/api/posts/garden.example/1", "/v1/models",
             "/v1/chat/completions", "/mcp", "/healthz", "/readyz", "/metrics", "/login",
             "/api/sync", "/gradio_api/info", "/config", "/api/ask/", "/api/widget/x"],
)  # fmt: skip
def test_nothing_else_is_open_to_pages_of_other_sites(server: str, path: str) -> None:
    for method in ("GET", "POST"):
        assert shared(preflight(server, path, SITE, method)) == {}
        assert shared(httpx.request(method, server + path, headers={"origin": SITE})) == {}


def test_a_refusal_can_be_read_as_well(tmp_path: Path) -> None:
    given: dict[str, Any] = {"widget_origins": SITE, "questions_a_minute": 1}
    with widget_site(tmp_path, **given) as (_, server):

        def ask(**headers: str) -> httpx.Response:
            return httpx.post(f"{server}/api/ask", json=ASK, headers={"origin": SITE, **headers})

        assert ask().status_code == 200
        for _ in range(3):  # which ask for nothing yet
            assert preflight(server, "/api/ask", SITE, "POST").status_code == 200
        said = ask()
        assert said.status_code == 429
        assert said.json()["problem"] == "Too many questions from you."
        assert shared(said) == {"access-control-allow-origin": SITE}
        # Each reader is a client of its own.
        assert ask(**{"x-forwarded-for": "203.0.113.9"}).status_code == 200


def test_without_origins_there_is_no_widget(tmp_path: Path) -> None:
    with widget_site(tmp_path, widget_origins="") as (_, server):
        for path in ("/widget.js", "/api/widget"):
            said = httpx.get(server + path)
            assert (said.status_code, set(said.json())) == (404, {"problem", "hint"})
        assert shared(preflight(server, "/api/ask", SITE, "POST")) == {}
        said = httpx.post(f"{server}/api/ask", json=ASK, headers={"origin": SITE})
        assert (said.status_code, shared(said)) == (200, {})


def test_doors_that_know_of_no_widget_have_none(tmp_path: Path) -> None:
    index = site_index(tmp_path / "index")
    with (
        FakeAssistant(index, widget_origins=SITE) as assistant,
        open_doors(assistant) as (server, _),
    ):
        assert httpx.get(f"{server}/widget.js").status_code == 404
        assert shared(preflight(server, "/api/ask", SITE, "POST")) == {}


# ---------------------------------------------------------------- beside a password


def test_a_password_and_the_widget_exclude_each_other_unless_it_is_said() -> None:
    given: dict[str, Any] = {"password": PASSWORD, "widget_origins": SITE}
    with pytest.raises(ConfigError, match="readers of the widget have none") as caught:
        require_lock(load_settings(**given), everyone=False)
    assert "widget_open" in caught.value.hint
    require_lock(load_settings(**given, widget_open=True), everyone=False)
    require_lock(load_settings(widget_origins=SITE), everyone=False)


def test_beside_a_password_the_widget_alone_is_open(locked: str) -> None:
    assert httpx.get(f"{locked}/widget.js").status_code == 200
    with_origin = {"origin": SITE}
    assert httpx.get(f"{locked}/api/widget", headers=with_origin).status_code == 200
    assert httpx.post(f"{locked}/api/ask", json=ASK, headers=with_origin).status_code == 200
    for origin in (OTHER, ""):
        said = httpx.post(f"{locked}/api/ask", json=ASK, headers={"origin": origin})
        assert (said.status_code, shared(said)) == (401, {})
    for path in ("/", "/api/docs", "/api/posts/garden.example/1", "/v1/models", "/metrics", "/mcp"):
        assert httpx.get(locked + path, headers=with_origin).status_code == 401
    assert (
        httpx.post(f"{locked}/v1/chat/completions", json={}, headers=with_origin).status_code == 401
    )


# ---------------------------------------------------------------- the plugin for WordPress


def test_the_plugin_says_its_version_and_licence() -> None:
    root = Path(__file__).resolve().parents[1]
    head = (root / "wordpress" / "pullquote.php").read_text(encoding="utf-8").partition("*/")[0]
    told = dict(re.findall(r"^ \* ([\w ]+): (.+)$", head, re.MULTILINE))
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert told["Version"] == project["version"]
    assert told["License"] == "GPL-2.0-or-later"


# ---------------------------------------------------------------- the setting


@pytest.mark.parametrize(
    ("given", "origins"),
    [
        ("", ()),
        ("https://Blog.Example.org/", (SITE,)),
        (f"{SITE}:443 http://127.0.0.1:8080", (SITE, "http://127.0.0.1:8080")),
        (
            "https://bücher.example http://[::1]:80",
            ("https://xn--bcher-kva.example", "http://[::1]"),
        ),
    ],
)
def test_origins_are_taken_as_browsers_send_them(
    monkeypatch: pytest.MonkeyPatch, given: str, origins: tuple[str, ...]
) -> None:
    monkeypatch.setenv("PULLQUOTE_WIDGET_ORIGINS", given)
    assert load_settings().widget_origins == origins


@pytest.mark.parametrize(
    "given", ["*", "null", "blog.example.org", "https://", "https://*.example.org", "ftp://a.example",
              "https://a.example/blog", "https://user@a.example", "https://a.example?x"],
)  # fmt: skip
def test_what_is_no_origin_is_refused(given: str) -> None:
    with pytest.raises(ConfigError, match="is no origin, such as"):
        load_settings(widget_origins=given)
