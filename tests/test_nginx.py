"""The server behind a real nginx, with the file of docs/deploy."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import test_browser
from behind_nginx import CURL, HOST, NGINX, OPENSSL, Proxy, nginx_before
from door_server import open_doors, until
from fake_assistant import LETTUCES, FakeAssistant, serving, site_index
from playwright.sync_api import Browser, expect
from prometheus_client.parser import text_string_to_metric_families

browser = test_browser.browser
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (NGINX and CURL and OPENSSL), reason="nginx, curl or openssl is not installed"
    ),
]
HELD = f"{LETTUCES} hold"
TABS = 8
JSON = ("-H", "Content-Type: application/json")

Server = tuple[str, subprocess.Popen[str]]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving("open") as server:
        yield server


@pytest.fixture(scope="module")
def proxy(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("nginx")
    with nginx_before(urlsplit(server[0]).port or 0, folder) as proxy:
        yield proxy


def head(text: str) -> tuple[str, dict[str, str]]:
    """The status line and the headers of `curl -i`."""
    first, *rest = text.partition("\n\n")[0].splitlines()
    return first.strip(), dict(line.lower().split(": ", 1) for line in rest)


def asked(question: str, *, stream: bool = False) -> tuple[str, ...]:
    return (*JSON, "-d", json.dumps({"question": question, "stream": stream}))


def figure(address: str, name: str, **labels: str) -> float:
    """One of the figures that the server itself tells; 0 where it does not."""
    for family in text_string_to_metric_families(httpx.get(f"{address}/metrics").text):
        for sample in family.samples:
            if (sample.name, sample.labels) == (name, labels):
                return sample.value
    return 0


# ---------------------------------------------------------------- the page


def test_the_page_comes_over_http_2_from_below_its_path(proxy: Proxy) -> None:
    page = proxy.said("-i", "--http2", proxy.page)
    status, headers = head(page)
    assert status == "HTTP/2 200"
    assert f'"root":"https://{HOST}:{proxy.https}/ask"' in page
    assert headers["content-security-policy"].startswith("default-src 'self'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "sameorigin"
    style = re.search(r'href="\./(assets/[^"]+\.css)"', page)
    assert style
    status, headers = head(proxy.said("-i", "--http2", proxy.page + style[1]))
    assert (status, headers["content-type"]) == ("HTTP/2 200", "text/css; charset=utf-8")


@pytest.mark.parametrize(
    ("path", "status"),
    [("ask", 301), ("ask/healthz", 200), ("ask/api/docs", 200), ("ask/metrics", 404),
     ("ask/gradio_api/upload", 404), ("ask/nothing", 404), ("ask/owner", 404)],
)  # fmt: skip
def test_what_is_there_and_what_is_closed(proxy: Proxy, path: str, status: int) -> None:
    address = f"https://{HOST}:{proxy.https}/{path}"
    said = proxy.said("-o", "/dev/null", "-w", "%{http_code} %{redirect_url}", address)
    assert said.split() == [str(status), *([f"{address}/"] if status == 301 else [])]


def test_an_address_without_tls_leads_to_the_one_with(proxy: Proxy) -> None:
    address = f"http://{HOST}:{proxy.http}/ask/"
    status, headers = head(proxy.said("-i", address))
    assert (status, headers["location"]) == (
        "HTTP/1.1 301 Moved Permanently",
        f"https://{HOST}/ask/",
    )


def test_more_pages_are_open_at_once_than_http_1_1_allows(browser: Browser, proxy: Proxy) -> None:
    wrong: list[str] = []
    context = browser.new_context(ignore_https_errors=True)
    context.on("response", lambda r: wrong.append(r.url) if r.status >= 400 else None)
    pages = []
    for _ in range(TABS):
        page = context.new_page()
        page.goto(f"https://127.0.0.1:{proxy.https}/ask/")
        expect(page.locator("#pq.pq-ready")).to_be_visible()
        pages.append(page)
    for page in pages:
        page.fill("#pq-box", LETTUCES)
        page.press("#pq-box", "Enter")
    for page in pages:
        expect(page.locator(".pq-mark[data-number='2']")).to_be_visible()
    hop = "performance.getEntriesByType('navigation')[0].nextHopProtocol"
    assert pages[0].evaluate(hop) == "h2"
    context.close()
    assert [url for url in wrong if not url.endswith("/favicon.ico")] == []


# ---------------------------------------------------------------- streams


def test_a_sentence_of_the_api_arrives_while_the_next_is_not_there_yet(
    proxy: Proxy, server: Server
) -> None:
    address, process = server
    with proxy.curl("--http2", f"{proxy.page}api/ask", *asked(HELD, stream=True)) as client:
        assert client.stdout
        first = [client.stdout.readline() for _ in range(3)]
        assert (first[0], first[2]) == ("event: sentence\n", "\n")
        assert figure(address, "pullquote_questions_running") == 1  # it waits for the signal
        process.send_signal(signal.SIGUSR1)
        rest = client.stdout.read()
    assert [line for line in rest.splitlines() if line.startswith("event")][-1] == "event: answer"
    assert "event: error" not in rest


def test_a_sentence_of_the_page_arrives_while_the_next_is_not_there_yet(
    proxy: Proxy, server: Server
) -> None:
    address, process = server
    queue = f"{proxy.page}gradio_api/queue"
    config = json.loads(proxy.said(f"{proxy.page}config"))
    (event,) = [one for one in config["dependencies"] if one["targets"][0][1] == "submit"]
    body = {"data": [], "fn_index": event["id"], "trigger_id": event["targets"][0][0]}
    body |= {"session_hash": "reader", "event_data": {"id": "q1", "question": f"{HELD} wait"}}
    assert "event_id" in proxy.said(f"{queue}/join", *JSON, "-d", json.dumps(body))
    with proxy.curl("--http2", f"{queue}/data?session_hash=reader") as client:
        assert client.stdout
        for sign in ('"reply":{"id":"q1"', '"answered":true'):
            while sign not in (line := client.stdout.readline()):
                assert line, f"the stream ended before {sign}"
            assert figure(address, "pullquote_questions_running") == 1
            process.send_signal(signal.SIGUSR1)
        rest = client.stdout.read()
    assert '"complete":true' in rest
    assert "Nobody let go" not in rest


def test_a_reader_who_leaves_nginx_leaves_the_server(proxy: Proxy, server: Server) -> None:
    def left() -> float:
        return figure(server[0], "pullquote_answers_total", door="ask", outcome="left")

    before, question = left(), asked(f"{LETTUCES} slow", stream=True)
    with proxy.curl("--http2", f"{proxy.page}api/ask", *question) as client:
        assert client.stdout
        assert client.stdout.readline() == "event: sentence\n"
        client.terminate()
    until(lambda: left() == before + 1)


# ---------------------------------------------------------------- clients


def test_readers_are_told_apart_by_the_address_that_nginx_sees(tmp_path: Path) -> None:
    assistant = FakeAssistant(site_index(tmp_path / "index"), questions_a_minute=1)
    with (
        assistant,
        open_doors(assistant, everyone=True) as (address, _),
        nginx_before(urlsplit(address).port or 0, tmp_path) as proxy,
    ):
        code = ("-o", "/dev/null", "-w", "%{http_code}", f"{proxy.page}api/ask")
        lie = ("-H", "X-Forwarded-For: 203.0.113.9", "-H", "X-Forwarded-Prefix: /elsewhere")
        first = proxy.said(*code, *asked(LETTUCES), address="127.0.0.2")
        again = proxy.said(*code, *asked(LETTUCES), *lie, address="127.0.0.2")
        other = proxy.said(*code, *asked(LETTUCES), *lie, address="127.0.0.3")
    assert [first, again, other] == ["200", "429", "200"]


def test_a_request_has_one_id_in_both_logs_and_no_question_in_nginx_s(proxy: Proxy) -> None:
    _, headers = head(proxy.said("-i", f"{proxy.page}?ask=who+stole+the+lettuces"))
    (line,) = [
        one for one in proxy.log.read_text().splitlines() if one.endswith(headers["x-request-id"])
    ]
    assert " GET /ask/ 200 " in line
    assert "lettuces" not in proxy.log.read_text()


# ---------------------------------------------------------------- the server goes and comes back


def test_while_the_server_is_away_readers_are_told_so(tmp_path: Path) -> None:
    with serving("open") as (address, _):
        port = urlsplit(address).port or 0
    with nginx_before(port, tmp_path) as proxy:
        status, headers = head(proxy.said("-i", "--http2", proxy.page))
        assert (status, headers["retry-after"]) == ("HTTP/2 503", "10")
        with serving("open", port=port):
            assert head(proxy.said("-i", "--http2", proxy.page))[0] == "HTTP/2 200"
