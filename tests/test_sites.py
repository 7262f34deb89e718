"""Several indexes in one server, each below a path of its own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from door_server import until
from owner_site import entry
from small_site import garden, post, put, same_path, section

from rag.embedding.embedder import HashEmbedder
from rag.errors import ConfigError
from rag.index.index import write_index
from ui.commands.serving import named_sites, sources_of_sites

LETTUCES = "How many lettuces did the bed with wool mulch lose?"
BEES = "What draws bees to the garden?"


@contextmanager
def serving(folder: Path, *options: str, **settings: str) -> Iterator[str]:
    """The address of a server with the sites `garden` and `bees`."""
    garden(folder / "one")
    with write_index(folder / "two", HashEmbedder().id) as writer:
        text = section("0", (), "Lavender draws bees to the garden. Nothing else does.")
        put(writer, post(9, "Bees", text), HashEmbedder())
        writer.finish()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    own = {"embedding_model": "hash", "min_answerable": "0", **settings}
    sites = ("--site", f"garden={folder / 'one'}", "--site", f"bees={folder / 'two'}")
    with subprocess.Popen(
        [sys.executable, "-m", "ui.cli", "serve", "--port", str(port), *sites, *options],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**same_path(), **{f"PULLQUOTE_{name.upper()}": value for name, value in own.items()}},
    ) as process:  # fmt: skip
        assert process.stdout
        said = ""
        try:
            for line in process.stdout:
                said += line
                if line.startswith("Ctrl-C"):
                    break
            else:
                pytest.fail(said)
            assert f"bees is at http://127.0.0.1:{port}/bees/." in said
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("sites")) as opened:
        yield opened


def asked(address: str, site: str, question: str) -> str:
    answer = httpx.post(f"{address}/{site}/api/ask", json={"question": question}, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_each_site_answers_from_its_own_posts(address: str) -> None:
    assert "lost three of forty lettuces" in asked(address, "garden", LETTUCES)
    assert "Lavender draws bees" in asked(address, "bees", BEES)
    assert "Lavender" not in asked(address, "garden", BEES)
    for site, number, there in (("garden", 2, 200), ("garden", 9, 404), ("bees", 9, 200)):
        post = httpx.get(f"{address}/{site}/api/posts/garden.example/{number}")
        assert post.status_code == there


def test_pages_lie_below_their_paths(address: str) -> None:
    home = httpx.get(f"{address}/")
    assert home.status_code == 200
    assert 'href="garden/"' in home.text
    assert 'href="bees/"' in home.text
    assert "default-src 'none'" in home.headers["content-security-policy"]
    for site in ("garden", "bees"):
        moved = httpx.get(f"{address}/{site}")
        assert (moved.status_code, moved.headers["location"]) == (307, f"{site}/")
        page = httpx.get(f"{address}/{site}/")
        assert page.status_code == 200
        assert "gradio" in page.text
        assert page.headers.get_list("x-content-type-options") == ["nosniff"]
        assert httpx.get(f"{address}/{site}/gradio_api/openapi.json").status_code == 404
    for nobody in ("none", "none/", "gardens/", "api/ask", "garden/../none/"):
        assert httpx.get(f"{address}/{nobody}").status_code == 404


def test_who_comes_through_a_proxy_is_the_owner_of_none(address: str) -> None:
    through = {"x-forwarded-for": "203.0.113.7"}
    for site in ("garden", "bees"):
        assert httpx.get(f"{address}/{site}/owner").status_code == 200
        assert httpx.get(f"{address}/{site}/owner", headers=through).status_code == 404


def test_health_is_told_for_each_and_for_all(address: str) -> None:
    assert httpx.get(f"{address}/healthz").json() == {"status": "ok"}
    assert httpx.get(f"{address}/bees/healthz").json() == {"status": "ok"}
    asked(address, "garden", LETTUCES)
    asked(address, "bees", BEES)
    ready = httpx.get(f"{address}/readyz")
    assert (ready.status_code, ready.json()) == (
        200, {"ready": True, "sites": {"garden": True, "bees": True}},
    )  # fmt: skip
    assert 'pullquote_answers_total{door="ask"' in httpx.get(f"{address}/bees/metrics").text


def test_a_log_in_opens_one_site_alone(tmp_path: Path) -> None:
    with (
        serving(tmp_path, password="word-of-the-house") as address,
        httpx.Client(base_url=address, follow_redirects=False) as browser,
    ):
        assert browser.get("/").status_code == 200  # no more than names
        assert browser.post("/garden/api/ask", json={"question": LETTUCES}).status_code == 401
        entered = browser.post("/garden/login", data={"password": "word-of-the-house"})
        assert entered.status_code == 303
        assert "Path=/garden" in entered.headers["set-cookie"]
        assert browser.get("/garden/").status_code == 200
        assert browser.post("/bees/api/ask", json={"question": BEES}).status_code == 401


@pytest.mark.parametrize(
    "given", [("garden",), ("=x",), ("Ä=x",), ("a=",), ("a=x", "a=y"), ("readyz=x",), ("a/b=x",)]
)
def test_what_names_no_site_is_told(given: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match="names no site"):
        named_sites(given)
    assert named_sites(["a=x", "b-2=/y=z"]) == {"a": "x", "b-2": "/y=z"}


def test_each_site_has_its_widget(tmp_path: Path) -> None:
    origin = "https://blog.example.org"
    with serving(tmp_path, widget_origins=origin) as address:
        for site in ("garden", "bees"):
            assert "garden.example" in httpx.get(f"{address}/{site}/widget.js").text
            wanted = {"origin": origin, "access-control-request-method": "POST"}
            allowed = httpx.options(f"{address}/{site}/api/ask", headers=wanted)
            assert allowed.headers["access-control-allow-origin"] == origin
            about = httpx.get(f"{address}/{site}/api/widget", headers={"origin": origin})
            assert about.headers["access-control-allow-origin"] == origin
            assert about.json()["posts"] == {"garden": 3, "bees": 1}[site]
            assert httpx.post(f"{address}/{site}/api/sync").status_code == 404
        assert httpx.get(f"{address}/widget.js").status_code == 404


def saved(file: Path, *numbers: int) -> str:
    """The file, with posts of those numbers."""
    file.write_text(json.dumps([entry(one, f"Post {one}") for one in numbers]), encoding="utf-8")
    return str(file)


def test_each_site_is_synced_with_its_own_sources(tmp_path: Path) -> None:
    options = ("--sync", f"garden={saved(tmp_path / 'a=1.json', 21)}",
               "--sync", f"garden={saved(tmp_path / 'b.json', 22)}",
               "--sync", f"bees={saved(tmp_path / 'c.json', 23)}")  # fmt: skip
    with serving(tmp_path, *options) as address:

        def has(site: str, number: int) -> bool:
            there = httpx.get(f"{address}/{site}/api/posts/garden.example/{number}")
            return there.status_code == 200

        def begin(site: str) -> None:
            begun = httpx.post(f"{address}/{site}/owner/sync", json={})
            assert begun.status_code == 200, begun.text

        def is_done(site: str) -> bool:
            state = httpx.get(f"{address}/{site}/owner/work").json()["sync"]
            assert state["problem"] == ""
            return not state["running"] and state["ended"] is not None

        named = httpx.get(f"{address}/garden/owner/overview").json()["sources"]
        assert named == [str(tmp_path / "a=1.json"), str(tmp_path / "b.json")]
        begin("garden")
        until(lambda: is_done("garden"), 120)
        until(lambda: has("garden", 21) and has("garden", 22), 30)
        assert not has("garden", 23)
        assert not has("bees", 21)
        begin("bees")
        until(lambda: is_done("bees"), 120)
        until(lambda: has("bees", 23), 30)
        assert not has("bees", 21)
        for site in ("garden", "bees"):  # the door for programs is open, and asks for a key
            assert httpx.post(f"{address}/{site}/api/sync").status_code == 401


def test_a_site_without_a_source_is_not_synced(tmp_path: Path) -> None:
    source = saved(tmp_path / "posts.json", 21)
    with serving(tmp_path, sync_sources=f"bees={source}") as address:
        assert httpx.post(f"{address}/garden/api/sync").status_code == 404
        assert httpx.post(f"{address}/bees/api/sync").status_code == 401
        told = httpx.post(f"{address}/garden/owner/sync", json={})
        assert told.status_code == 409
        assert httpx.get(f"{address}/bees/owner/overview").json()["sources"] == [source]


@pytest.mark.parametrize("given", ["https://a.example", "posts.json", "c=x", "a=", "=x"])
def test_a_source_that_names_no_site_is_told(given: str) -> None:
    assert sources_of_sites(["a=x", "a=y=z"], ["a", "b"]) == {"a": ("x", "y=z"), "b": ()}
    with pytest.raises(ConfigError, match="which site") as caught:
        sources_of_sites(["a=x", given], ["a", "b"])
    assert "NAME is one of a, b" in caught.value.hint


@pytest.mark.parametrize(
    ("beside", "code", "told"),
    [("--index", 2, "leave out --index"), ("--sync", 1, "does not say which site")],
)
def test_an_index_or_a_source_of_no_site_beside_sites_is_a_mistake(
    tmp_path: Path, beside: str, code: int, told: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ui.cli", "serve", "--site", "a=x", beside, "y"],
        env=same_path(), capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == code
    assert told in " ".join(done.stderr.split())
