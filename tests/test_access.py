"""The lock: password, keys, sessions, how often and how much a client may send."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from door_server import open_doors
from fake_assistant import LETTUCES, PASSWORD, FakeAssistant, site_index
from typer.testing import CliRunner

from rag.errors import ConfigError
from rag.settings import load_settings
from ui.cli import app
from ui.commands.serving import require_lock
from ui.doors.access import Access, AccessFile
from ui.doors.gate import COOKIE
from ui.doors.rates import Rates, What, client_of
from ui.ports import is_loopback
from ui.texts import load_texts

OPEN_DOORS = {"/healthz", "/readyz", "/login"}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return site_index(tmp_path_factory.mktemp("gate") / "index")


@contextmanager
def server(index: Path, **settings: Any) -> Iterator[str]:
    with FakeAssistant(index, **settings) as assistant, open_doors(assistant) as (address, _):
        yield address


@pytest.fixture(scope="module")
def closed(index: Path) -> Iterator[str]:
    with server(index, password=PASSWORD) as address:
        yield address


def status(address: str, path: str = "/api/docs", **headers: str) -> int:
    return httpx.get(address + path, headers=headers).status_code


# ---------------------------------------------------------------- password and keys


@pytest.mark.parametrize(
    "path", ["/", "/api/docs", "/api/openapi.json", "/api/posts/garden.example/1", "/v1/models",
             "/gradio_api/info", "/config", "/site/", "/nothing", "/logout"],
)  # fmt: skip
def test_everything_is_closed_without_the_password(closed: str, path: str) -> None:
    said = httpx.get(closed + path)
    assert said.status_code == 401
    assert said.headers["www-authenticate"] == "Bearer"
    assert "lettuce" not in said.text
    browser = httpx.get(closed + path, headers={"accept": "text/html"})
    assert browser.status_code == 303
    landed = httpx.URL(closed + path).join(browser.headers["location"])
    assert landed.path == "/login"


def test_asking_is_closed_as_well(closed: str) -> None:
    body = {"question": LETTUCES}
    assert httpx.post(f"{closed}/api/ask", json=body).status_code == 401
    said = httpx.post(f"{closed}/v1/chat/completions", json=body)
    assert (said.status_code, set(said.json())) == (401, {"error"})


@pytest.mark.parametrize("path", sorted(OPEN_DOORS))
def test_whether_it_is_well_may_be_seen_by_everyone(closed: str, path: str) -> None:
    assert status(closed, path) in (200, 503)


def test_the_password_opens_as_bearer_and_as_basic(closed: str) -> None:
    assert status(closed, authorization=f"Bearer {PASSWORD}") == 200
    assert httpx.get(f"{closed}/api/docs", auth=("anyone", PASSWORD)).status_code == 200


def test_a_key_opens_until_it_is_taken_back(closed: str, index: Path) -> None:
    key = AccessFile(index).add_key("reports")
    assert status(closed, authorization=f"Bearer {key}") == 200
    assert status(closed, authorization=f"Bearer {key}x") == 401
    AccessFile(index).revoke("reports")
    assert status(closed, authorization=f"Bearer {key}") == 401


def test_only_the_hash_of_a_key_is_kept_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    file = AccessFile(tmp_path)
    key = file.add_key("reports")
    kept = tmp_path / "access.json"
    assert key not in kept.read_text(encoding="utf-8")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [one.name for one in AccessFile(tmp_path).all_keys()] == ["reports"]
    with pytest.raises(ConfigError, match="already"):
        file.add_key("reports")
    with pytest.raises(ConfigError, match="no key named 'other'"):
        file.revoke("other")


def test_guessing_has_to_wait(index: Path) -> None:
    with server(index, password=PASSWORD) as address:
        tries = [status(address, authorization=f"Bearer guess {n}") for n in range(12)]
        assert tries == [401] * 10 + [429] * 2
        said = httpx.get(f"{address}/api/docs", headers={"authorization": "Bearer guess"})
        assert 0 < int(said.headers["retry-after"]) <= 60
        # Not even the right one: else an answer in time would tell it from the wrong ones.
        assert status(address, authorization=f"Bearer {PASSWORD}") == 429


@pytest.mark.parametrize(
    ("door", "lock"), [("/login", "password"), ("/owner/login", "owner_password")]
)
def test_a_browser_that_has_to_wait_is_told_so_on_the_page(
    index: Path, tmp_path: Path, door: str, lock: str
) -> None:
    words = tmp_path / "fr.json"
    words.write_text('{"door_wait_many": "Attendez {n} secondes."}', encoding="utf-8")
    own = {lock: PASSWORD, "page_language": "fr", "page_texts": words}
    with server(index, **own) as address, httpx.Client(base_url=address) as client:

        def tried(given: str, **headers: str) -> httpx.Response:
            return client.post(door, data={"password": given}, headers=headers)

        page = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
        assert [tried("guess", **page).status_code for _ in range(10)] == [401] * 10
        said = tried(PASSWORD, **page)
        assert (said.status_code, said.headers["content-type"]) == (429, "text/html; charset=utf-8")
        wait = int(said.headers["retry-after"])
        assert 1 < wait <= 60
        assert '<html lang="fr"' in said.text
        assert f'<p role="alert">Attendez {wait} secondes.</p>' in said.text
        assert said.headers["content-security-policy"].startswith("default-src 'none'")
        data = tried(PASSWORD)
        assert (data.status_code, set(data.json())) == (429, {"problem", "hint"})
        assert 0 < int(data.headers["retry-after"]) <= 60


# ---------------------------------------------------------------- the log-in


def test_a_log_in_gives_a_cookie_that_scripts_cannot_read(closed: str) -> None:
    with httpx.Client(base_url=closed) as browser:
        form = browser.get("/login")
        assert form.headers["content-security-policy"].startswith("default-src 'none'")
        assert "<script" not in form.text
        wrong = browser.post("/login", data={"password": "four beds"})
        assert (wrong.status_code, len(browser.cookies)) == (401, 0)
        assert 'role="alert"' in wrong.text
        right = browser.post("/login", data={"password": PASSWORD})
        assert (right.status_code, right.headers["location"]) == (303, "./")
        cookie = right.headers["set-cookie"].lower()
        for said in ("httponly", "samesite=lax", "path=/", "max-age="):
            assert said in cookie
        assert browser.get("/").text == "the page at /"
        assert browser.post("/api/ask", json={"question": LETTUCES}).status_code == 200
        session = browser.cookies[COOKIE]
        assert browser.post("/logout").status_code == 303
        assert browser.get("/").status_code == 401
    # Whoever has kept the cookie is out as well.
    kept = {"cookie": f"{COOKIE}={session}"}
    assert httpx.get(f"{closed}/", headers=kept).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_page_of_a_stranger_logs_nobody_out(closed: str, headers: dict[str, str]) -> None:
    with httpx.Client(base_url=closed) as browser:
        browser.post("/login", data={"password": PASSWORD})
        assert browser.post("/logout", headers=headers).status_code == 403
        assert browser.get("/").status_code == 200
        own = {"origin": "https://ask.example.org", "sec-fetch-site": "same-origin"}
        assert browser.post("/logout", headers=own).status_code == 303


def test_one_session_ends_and_the_others_go_on(tmp_path: Path) -> None:
    access = Access(AccessFile(tmp_path), PASSWORD)
    one, other = access.session(), access.session()
    access.end(one)
    access.end("no session")
    for server in (access, Access(AccessFile(tmp_path), PASSWORD)):
        assert not server.is_session(one)
        assert server.is_session(other)


def test_a_session_of_one_purpose_opens_nothing_for_another(tmp_path: Path) -> None:
    session = Access(AccessFile(tmp_path), PASSWORD).session()
    assert not Access(AccessFile(tmp_path), PASSWORD, purpose="owner").is_session(session)


def test_a_session_ends_where_the_file_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = Access(AccessFile(tmp_path), PASSWORD)
    session = access.session()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(AccessFile, "end", full)
    access.end(session)
    assert not access.is_session(session)


def test_a_cookie_is_only_sent_over_https_where_the_log_in_was(closed: str) -> None:
    said = httpx.post(
        f"{closed}/login", data={"password": PASSWORD}, headers={"x-forwarded-proto": "https"}
    )
    assert "; secure" in said.headers["set-cookie"].lower()


def test_a_session_outlives_a_restart_but_not_a_new_password(tmp_path: Path) -> None:
    session = Access(AccessFile(tmp_path), PASSWORD).session()
    assert Access(AccessFile(tmp_path), PASSWORD).is_session(session)
    assert not Access(AccessFile(tmp_path), "another password").is_session(session)
    forged = Access(AccessFile(tmp_path / ".."), PASSWORD)
    assert not forged.is_session(session)


@pytest.mark.parametrize("value", ["", "x", "a.b.c", "é" * 50, "x" * 5000])
def test_a_cookie_of_somebody_elses_making_opens_nothing(closed: str, value: str) -> None:
    cookie = f"{COOKIE}={value}".encode()
    assert httpx.get(f"{closed}/api/docs", headers=[(b"cookie", cookie)]).status_code == 401


def test_without_a_password_there_is_nothing_to_log_in_to(index: Path) -> None:
    with server(index) as address:
        assert httpx.get(f"{address}/login").headers["location"] == "./"
        assert status(address, authorization="Bearer none") == 200


# ---------------------------------------------------------------- how often, how much


def test_a_client_asks_so_often_and_then_waits(index: Path) -> None:
    key = AccessFile(index).add_key("often")
    with server(index, questions_a_minute=2) as address:

        def ask(**headers: str) -> httpx.Response:
            body = {"question": LETTUCES}
            return httpx.post(f"{address}/api/ask", json=body, headers=headers)

        assert [ask().status_code for _ in range(3)] == [200, 200, 429]
        said = ask()
        assert set(said.json()) == {"problem", "hint"}
        assert 0 < int(said.headers["retry-after"]) <= 60
        # Another key, and another address behind a proxy, are other clients.
        assert ask(authorization=f"Bearer {key}").status_code == 200
        assert ask(**{"x-forwarded-for": "203.0.113.7"}).status_code == 200
        page = httpx.post(f"{address}/gradio_api/queue/join", json={})
        assert page.status_code == 429
        assert status(address) == 200
    AccessFile(index).revoke("often")


def test_requests_of_any_kind_have_an_end(index: Path) -> None:
    with server(index, questions_a_minute=1) as address, httpx.Client() as client:
        said = [client.get(f"{address}/nothing").status_code for _ in range(41)]
        data = client.get(f"{address}/nothing")
        page = client.get(address, headers={"accept": "text/html,*/*;q=0.8"})
    assert said == [200] * 40 + [429]
    assert data.json()["problem"] == "Too many requests from you."
    wait = int(page.headers["retry-after"])
    assert (page.status_code, page.headers["content-type"]) == (429, "text/html; charset=utf-8")
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    told = load_texts().count("door_too_often", wait)
    assert f'<p role="alert">{told}</p>' in page.text


def test_addresses_of_one_household_are_one_client() -> None:
    assert client_of("2001:db8:1:2:3:4:5:6") == client_of("2001:db8:1:2::1")
    assert client_of("2001:db8:1:3::1") != client_of("2001:db8:1:2::1")
    assert client_of("::ffff:203.0.113.7") == client_of("203.0.113.7") == "203.0.113.7"
    assert client_of("testclient") == "testclient"


def test_nothing_is_counted_where_there_is_no_limit_but_wrong_passwords() -> None:
    rates = Rates(0)
    assert [rates.count(What.QUESTION, "a") for _ in range(1000)] == [0] * 1000
    assert all(rates.count(What.TRY, "a") == 0 for _ in range(10))
    assert 0 < rates.count(What.TRY, "a") <= 60
    assert rates.wait(What.TRY, "b") == 0


def test_a_body_has_an_end_whether_its_length_is_told_or_not(index: Path) -> None:
    body = json.dumps({"question": "x", "history": [{"question": "y" * 3000}]}).encode()
    headers = {"content-type": "application/json"}
    with server(index, request_bytes=2000) as address:
        told = httpx.post(f"{address}/api/ask", content=body, headers=headers)
        assert (told.status_code, set(told.json())) == (413, {"problem", "hint"})
        pieces = (body[at : at + 500] for at in range(0, len(body), 500))
        untold = httpx.post(f"{address}/api/ask", content=pieces, headers=headers)
        assert untold.status_code == 413
        assert httpx.post(f"{address}/api/ask", json={"question": LETTUCES}).status_code == 200


# ---------------------------------------------------------------- where it listens


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "blog.example.org"])
def test_other_machines_are_let_in_only_in_so_many_words(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(ConfigError, match="Other machines") as caught:
        require_lock(load_settings(host=host), everyone=False)
    assert "--password" in caught.value.hint
    assert "--open" in caught.value.hint
    require_lock(load_settings(host=host), everyone=True)
    require_lock(load_settings(host=host, password=PASSWORD), everyone=False)
    with pytest.raises(ConfigError, match="A password is set"):
        require_lock(load_settings(host=host, password=PASSWORD), everyone=True)


STRANGERS = [
    "evil.example",
    "evil.example:7860",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
]


@pytest.mark.parametrize("host", STRANGERS)
def test_a_name_of_a_stranger_that_leads_here_is_refused(index: Path, host: str) -> None:
    with server(index) as address:
        for path in ("/", "/api/docs", "/api/posts/garden.example/1"):
            said = httpx.get(address + path, headers={"host": host})
            assert (said.status_code, set(said.json())) == (421, {"problem", "hint"})
            assert "lettuce" not in said.text
        asked = httpx.post(
            f"{address}/api/ask", json={"question": LETTUCES}, headers={"host": host}
        )
        assert asked.status_code == 421


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:9000", "blog.localhost:7860", "127.0.0.1", "[::1]:7860", "[::1]"],
)
def test_every_name_of_the_own_machine_is_answered_to(index: Path, host: str) -> None:
    with server(index) as address:
        assert status(address, host=host) == 200


def test_a_proxy_may_use_its_name_where_others_are_let_in(closed: str, index: Path) -> None:
    assert status(closed, host="ask.example.org", authorization=f"Bearer {PASSWORD}") == 200
    with (
        FakeAssistant(index) as assistant,
        open_doors(assistant, everyone=True) as (address, _),
    ):
        assert status(address, host="ask.example.org") == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_the_own_machine_needs_no_password(host: str) -> None:
    require_lock(load_settings(host=host), everyone=False)


def test_a_password_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert PASSWORD not in repr(load_settings(password=PASSWORD))
    monkeypatch.setenv("PULLQUOTE_PASSWORD", "short!")
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert "short!" not in str(caught.value)


def test_serve_refuses_a_public_address_before_it_loads_anything() -> None:
    said = CliRunner().invoke(app, ["serve", "--host", "0.0.0.0"])
    assert said.exit_code == 1
    assert "Other machines could read the posts" in said.output
    typed = CliRunner().invoke(app, ["serve", "--password"])
    assert (typed.exit_code, "Set PULLQUOTE_PASSWORD." in typed.output) == (1, True)


def test_the_key_command_makes_lists_and_takes_back(index: Path) -> None:
    def run(*words: str) -> str:
        said = CliRunner().invoke(app, ["key", *words, "--index", str(index)])
        return said.output if said.exit_code == 0 else f"{said.exit_code}: {said.output}"

    made = run("reader").strip()
    assert made.startswith("pq_")
    assert run("--list").startswith("reader  made 20")
    assert run("reader").startswith("1: ")
    assert run("--revoke", "reader") == "The key reader opens nothing any more.\n"
    assert run("--list") == ""
    assert run().startswith("2: ")
    nowhere = CliRunner().invoke(app, ["key", "x", "--index", "nowhere"])
    assert (nowhere.exit_code, Path("nowhere").exists()) == (1, False)
