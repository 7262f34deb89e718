"""The plugin in a real WordPress: the widget on its pages, and a sync when its posts change."""

from __future__ import annotations

import json
import re
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import test_browser
from door_server import open_doors, until
from playwright.sync_api import Browser, expect
from wordpress_lab import Lab, lab, missing_parts

from ingest.sync import sync
from rag.assistant import Assistant
from rag.embedding.embedder import HashEmbedder
from rag.settings import load_settings
from ui.doors.access import AccessFile
from ui.doors.metrics import Metrics
from ui.page.desk import Desk
from ui.page.widget import widget
from ui.pings import Pings
from ui.texts import load_texts

browser = test_browser.browser
pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(bool(missing_parts()), reason=missing_parts() or "there is a lab"),
    pytest.mark.timeout(600),
]
PLUGIN = Path(__file__).resolve().parents[1] / "wordpress" / "pullquote.php"
SECONDS = 120  # a process starts and reads a site, on a machine that may be busy


@dataclass
class Server:
    """What answers on the site, and is told of its posts."""

    address: str
    key: str
    pings: Pings
    assistant: Assistant
    metrics: Metrics

    @property
    def heard(self) -> int:
        """How often it was asked to sync by whoever may."""
        figures = self.metrics.text().decode()
        line = r'^pullquote_requests_total{door="sync",status="202"} (\d+)'
        told = re.search(line, figures, re.MULTILINE)
        return int(told[1]) if told else 0

    def titles(self) -> set[str]:
        return {post.title for post in self.assistant.index.posts(10_000)}

    def settle(self) -> None:
        until(lambda: not (self.pings.is_waiting or self.pings.syncing.state.running), SECONDS)


@pytest.fixture(scope="module")
def site() -> Iterator[Lab]:
    with lab() as running:
        shutil.copy(PLUGIN, running.root / "wp-content" / "plugins")
        running.play("activate_plugin('pullquote.php');")
        yield running


@pytest.fixture(scope="module")
def server(site: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = load_settings(
        index=tmp_path_factory.mktemp("plugin") / "index", embedding_model="hash",
        allow_private_network=True, fetch_sample=0, min_answerable=0.0, questions_a_minute=0,
        widget_origins=site.address, sync_sources=site.address, site_name="The lab",
    )  # fmt: skip
    sync([site.address], settings)
    with Assistant(settings, embedder=HashEmbedder()) as assistant:
        desk = Desk(assistant, load_texts(), ("What is a body?",))
        shown = widget(desk, settings, settings.site_name)
        with open_doors(assistant, widget=shown, wait=1.0) as (address, doors):
            assert doors.pings
            key = AccessFile(settings.index).add_key("wordpress")
            yield Server(address, key, doors.pings, assistant, doors.asker.metrics)


@pytest.fixture(autouse=True)
def connected(site: Lab, server: Server) -> None:
    """The plugin knows the server, as its owner has set it."""
    told = f"['server'=>'{server.address}','key'=>'{server.key}','widget'=>true]"
    site.play(f"update_option('pullquote', {told});")


def said(site: Lab) -> Any:
    """What the plugin keeps of the server's last answer."""
    return json.loads(site.play("echo json_encode(get_option('pullquote_said'));"))


# ---------------------------------------------------------------- the widget


@pytest.mark.parametrize("path", ["/", "/block-headings-anchors/", "/?s=nothing", "/nowhere/"])
def test_its_script_stands_on_every_page_of_the_site_once(
    site: Lab, server: Server, path: str
) -> None:
    page = httpx.get(site.address + path).text
    tags = re.findall(r"<script[^>]*widget\.js[^>]*>", page)
    assert len(tags) == 1
    assert re.search(rf"src=['\"]{re.escape(server.address)}/widget\.js['\"]", tags[0])
    assert " defer " in tags[0]


@pytest.mark.parametrize("path", ["/wp-login.php", "/feed/", "/wp-json/wp/v2/posts?per_page=2"])
def test_it_stands_nowhere_else(site: Lab, path: str) -> None:
    assert "widget.js" not in httpx.get(site.address + path).text


def test_it_can_be_left_out(site: Lab, server: Server) -> None:
    for told in (f"['server'=>'{server.address}','widget'=>false]", "['server'=>'']", "'broken'"):
        site.play(f"update_option('pullquote', {told});")
        assert "widget.js" not in httpx.get(site.address).text


@pytest.mark.skipif(not shutil.which("chromium"), reason="there is no chromium")
def test_a_reader_asks_on_a_page_and_is_shown_the_words_there(
    site: Lab, browser: Browser, tmp_path: Path
) -> None:
    page = browser.new_page(viewport={"width": 1200, "height": 800}, reduced_motion="reduce")
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"{site.address}/block-headings-anchors/")
    page.locator("#pq-launch").click()
    page.fill("#pq-box", "What is the body of getting started with an em dash and quotes?")
    page.press("#pq-box", "Enter")
    expect(page.locator(".pq-card").first).to_be_visible(timeout=30_000)
    card = page.locator(".pq-quote", has_text="with an em dash").first
    expect(card.locator("a.pq-link")).to_contain_text("Show on this page")
    card.locator("a.pq-link").click()
    words = page.locator("p", has_text="Body of getting started").first
    expect(words).to_be_in_viewport()
    marked = page.evaluate("[...CSS.highlights.get('pullquote-words')].map(String)")
    assert marked == ["Body of getting started — with an em dash and “quotes”."]
    assert page.url == f"{site.address}/block-headings-anchors/"
    assert wrong == []
    page.close()


# ---------------------------------------------------------------- what has changed

NEW = (
    "wp_insert_post(['post_title'=>'Fresh','post_name'=>'fresh','post_status'=>'publish',"
    "'post_content'=>'<p>Fresh text.</p>']);"
)


def test_a_post_that_is_published_changed_and_trashed_is_told_of_at_once(
    site: Lab, server: Server
) -> None:
    server.settle()
    assert "Fresh" not in server.titles()
    before = server.heard
    site.play(NEW)
    assert server.heard == before + 1
    assert said(site)["problem"] == ""
    until(lambda: "Fresh" in server.titles(), SECONDS)
    site.play("wp_update_post(['ID'=>id('fresh'),'post_title'=>'Fresher']);")
    until(lambda: "Fresher" in server.titles(), SECONDS)
    site.play("wp_trash_post(id('fresh'));")
    assert server.heard == before + 3
    until(lambda: not {"Fresh", "Fresher"} & server.titles(), SECONDS)


TOLD = {
    "unpublished": "wp_update_post(['ID'=>id('bulk-001'),'post_status'=>'draft']);",
    "private": "wp_update_post(['ID'=>id('bulk-002'),'post_status'=>'private']);",
    "deleted without the trash": "wp_delete_post(id('bulk-003'), true);",
    "many at once": "foreach (['bulk-004','bulk-005','bulk-006'] as $one) wp_trash_post(id($one));",
    "a page": "wp_insert_post(['post_type'=>'page','post_status'=>'publish','post_title'=>'P']);",
}
UNTOLD = {
    "a draft": "wp_insert_post(['post_title'=>'D','post_name'=>'d','post_status'=>'draft']);",
    "a draft in the trash": "wp_trash_post(id('d'));",
    "a reusable block": "wp_insert_post(['post_type'=>'wp_block','post_status'=>'publish',"
    "'post_title'=>'B']);",
    "an upload": "wp_insert_attachment(['post_title'=>'A','post_mime_type'=>'image/png']);",
    "a comment": "wp_insert_comment(['comment_post_ID'=>id('lists'),'comment_content'=>'C']);",
}


@pytest.mark.parametrize("change", TOLD, ids=str)
def test_what_readers_may_see_is_told_once_for_each_request(
    site: Lab, server: Server, change: str
) -> None:
    before = server.heard
    site.play(TOLD[change])
    assert server.heard == before + 1


@pytest.mark.parametrize("change", UNTOLD, ids=str)
def test_what_readers_never_see_is_not_told(site: Lab, server: Server, change: str) -> None:
    before = server.heard
    site.play(UNTOLD[change])
    assert server.heard == before


def test_without_a_key_nothing_is_told(site: Lab, server: Server) -> None:
    site.play(f"update_option('pullquote', ['server'=>'{server.address}','widget'=>true]);")
    before = server.heard
    site.play("wp_update_post(['ID'=>id('lists'),'post_title'=>'Lists!']);")
    assert server.heard == before


@pytest.mark.parametrize(
    ("server_address", "key", "problem"),
    [
        ("", "pq_wrong", "A sync is for those who have a key"),
        ("nobody", "pq_x", "onnect"),
        ("site", "pq_x", "status 404, and not as Pullquote does"),
    ],
)
def test_what_goes_wrong_is_kept_for_the_owner_and_the_post_is_saved(
    site: Lab, server: Server, server_address: str, key: str, problem: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
    address = {"": server.address, "nobody": nobody, "site": site.address}[server_address]
    site.play(f"update_option('pullquote', ['server'=>'{address}','key'=>'{key}']);")
    assert problem in said(site)["problem"]
    site.play("update_option('pullquote_said', 'nothing'); $id = id('lists');"
              " wp_update_post(['ID'=>$id,'post_title'=>'Saved all the same']);")  # fmt: skip
    assert problem in said(site)["problem"]
    assert site.play("echo get_the_title(id('lists'));") == "Saved all the same"


# ---------------------------------------------------------------- its settings


@pytest.fixture
def admin(site: Lab) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.address, follow_redirects=True, timeout=60) as client:
        client.get("/wp-login.php")
        form = {"log": "admin", "pwd": "lab-only-pw", "testcookie": "1"}
        client.post("/wp-login.php", data=form)
        yield client


PAGE = "/wp-admin/options-general.php?page=pullquote"


def test_the_owner_sets_address_and_key_and_sees_whether_they_are_right(
    site: Lab, server: Server, admin: httpx.Client
) -> None:
    site.play("delete_option('pullquote'); delete_option('pullquote_said');")

    def save(**typed: str) -> str:
        form = admin.get(PAGE).text
        names = "option_page|action|_wpnonce|_wp_http_referer"
        hidden = rf"""name=['"]({names})['"] value=['"]([^'"]*)['"]"""
        fields = dict(re.findall(hidden, form))
        fields |= {f"pullquote[{name}]": value for name, value in typed.items()}
        return admin.post("/wp-admin/options.php", data=fields).text

    page = save(server=f" {server.address}/ ", key=server.key, widget="1")
    assert f'value="{server.address}"' in page
    assert "The server was told, and will sync." in page
    assert server.key not in page
    kept = json.loads(site.play("echo json_encode(get_option('pullquote'));"))
    assert kept == {"server": server.address, "key": server.key, "widget": True}

    page = save(server=server.address)  # without typing the key again
    kept = json.loads(site.play("echo json_encode(get_option('pullquote'));"))
    assert kept == {"server": server.address, "key": server.key, "widget": False}

    save(server='javascript:alert(1)"><b>', key="pq_<b>")
    kept = json.loads(site.play("echo json_encode(get_option('pullquote'));"))
    assert kept == {"server": "", "key": "pq_b", "widget": False}
    save(server="http://127.0.0.1:1/<b>", key="")
    page = admin.get(PAGE).text
    assert "<b>" not in page.partition('<div class="wrap">')[2].partition("</form>")[0]
    kept = json.loads(site.play("echo json_encode(get_option('pullquote'));"))
    assert kept["key"] == "", "a key goes to no other server than the one it was typed for"


def test_nobody_else_sees_or_changes_the_settings(site: Lab) -> None:
    with httpx.Client(base_url=site.address, follow_redirects=True, timeout=60) as author:
        author.get("/wp-login.php")
        form = {"log": "ansel", "pwd": "lab-only-pw2", "testcookie": "1"}
        author.post("/wp-login.php", data=form)
        assert "Address of the server" not in author.get(PAGE).text
        forged = {"option_page": "pullquote", "action": "update", "pullquote[server]": "http://e.x"}
        author.post("/wp-admin/options.php", data=forged)
    assert "e.x" not in site.play("echo json_encode(get_option('pullquote'));")


def test_a_key_of_the_configuration_is_not_kept_with_the_posts(site: Lab, server: Server) -> None:
    configured = site.root / "wp-content" / "mu-plugins" / "key.php"
    configured.write_text(f"<?php define('PULLQUOTE_KEY', '{server.key}');")
    try:
        site.play(f"update_option('pullquote', ['server'=>'{server.address}','widget'=>true]);")
        assert said(site)["problem"] == ""
        assert site.play("echo get_option('pullquote')['key'] ?? 'none';") in ("", "none")
    finally:
        configured.unlink()


def test_uninstalled_it_leaves_nothing_behind(site: Lab) -> None:
    site.play("deactivate_plugins('pullquote.php'); uninstall_plugin('pullquote.php');")
    assert site.play("echo json_encode([get_option('pullquote'), get_option('pullquote_said')]);") \
        == "[false,false]"  # fmt: skip
    assert "widget.js" not in httpx.get(site.address).text
