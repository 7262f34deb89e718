"""The owner's page, in a real Chromium."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import test_browser
from fake_assistant import PASSWORD, serving
from owner_site import EVIL, FORMULA, SLUGS, source_file
from playwright.sync_api import Browser, BrowserContext, Page, expect
from test_browser import serious

from eval.cases.cases import load_cases

browser = test_browser.browser
pytestmark = test_browser.pytestmark

OWNER = "the gardener's own key"
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True,
}  # fmt: skip
NARROW: dict[str, Any] = {**PHONE, "viewport": {"width": 320, "height": 640}}


SLOWLY = """(path) => {
  const real = window.fetch;
  window.fetch = async (...asked) => {
    const answer = await real(...asked);
    if (asked[0] === path) await new Promise((resolve) => { setTimeout(resolve, 1500); });
    return answer;
  };
}"""


class Opened:
    """A server with something to look at, and pages on it that must not fail."""

    def __init__(self, browser: Browser, address: str, folder: Path) -> None:
        self.address = address
        self.cases = folder / "cases.jsonl"
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.wrong: list[str] = []

    def page(self, path: str = "/owner", **options: Any) -> Page:
        chosen = {"viewport": {"width": 1280, "height": 800}, **options}
        context = self._browser.new_context(**chosen)
        self._contexts.append(context)
        context.on("request", lambda request: self._asked(request.url))
        page = context.new_page()
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", lambda m: self.wrong.append(m.text) if m.type == "error" else None)
        page.goto(self.address + path)
        return page

    def filled(self, **options: Any) -> Page:
        """A page on which all is there."""
        page = self.page(**options)
        expect(page.locator("#health .pill")).to_have_text(re.compile("Healthy"), timeout=60_000)
        expect(page.locator("#questions .asked")).to_have_count(4)
        expect(page.locator("#votes .asked")).to_have_count(3)
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme.startswith("http") and parts.hostname != "127.0.0.1":
            self.wrong.append(url)


@contextmanager
def opening(browser: Browser, folder: Path) -> Iterator[Opened]:
    kept = {"keep_questions": True, "keep_feedback": True}
    files: dict[str, Any] = {
        "sync_sources": source_file(folder),
        "owner_cases": folder / "cases.jsonl",
    }
    with serving("owner", **kept, **files) as (address, _):
        opened = Opened(browser, address, folder)
        yield opened
        wrong = list(opened.wrong)  # a request that ends with its page is no mistake
        opened.close()
        assert wrong == []


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opened]:
    """A server of the test's own."""
    with opening(browser, tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def seen(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """One for all tests that only look."""
    with opening(browser, tmp_path_factory.mktemp("owner")) as opened:
        yield opened


def row(page: Page, part: str, question: str) -> Any:
    return page.locator(f"#{part} > li", has_text=question).first


# ---------------------------------------------------------------- looking


def test_the_owner_finds_the_way_from_the_chat_and_sees_how_things_are(seen: Opened) -> None:
    page = seen.page("/")
    page.get_by_role("link", name="Owner").click()
    expect(page).to_have_url(f"{seen.address}/owner")
    expect(page.locator("#index .figure b")).to_have_text(["6", "10", "10", re.compile("kB|MB")])
    expect(page.locator("#facts")).to_contain_text("garden.example")
    expect(page.locator("#report .figure").first).to_have_text("2added")
    expect(page.locator("#report")).to_contain_text("All 8 words of 2 new or changed posts")
    expect(page.locator("#report")).to_contain_text("not public (status private)")
    page.get_by_text("Quarantine: 2 entries").click()
    expect(page.get_by_role("cell", name=f"not WordPress data {EVIL}")).to_be_visible()
    page.get_by_text("Recovered from damaged files: 1 post").click()
    expect(page.get_by_role("cell", name=re.compile("text may be missing"))).to_be_visible()
    expect(page.locator("#health .pill")).to_have_text(re.compile("Healthy: 2. checks"))
    page.get_by_text("Everything that was checked").click()
    expect(page.locator("#health li", has_text="Chroma holds")).to_be_visible()
    page.get_by_role("link", name="Ask").click()
    expect(page.locator("#pq.pq-ready")).to_be_visible()


def test_posts_that_are_not_listed_are_counted(seen: Opened) -> None:
    page = seen.page("/healthz")
    overview = page.request.get(f"{seen.address}/owner/overview").json()
    told = {**overview, "recovered_in_all": 203}
    page.route("**/owner/overview", lambda route: route.fulfill(json=told))
    page.goto(f"{seen.address}/owner")
    page.get_by_text("Recovered from damaged files: 203 posts").click()
    expect(page.get_by_text("202 more are not listed.")).to_be_visible()


def test_what_strangers_wrote_is_only_text(seen: Opened) -> None:
    page = seen.filled()
    expect(row(page, "questions", "Why").locator(".asked")).to_have_text(f"Why {EVIL}?")
    expect(row(page, "votes", "Is it").locator(".tag")).to_have_text(f"other {EVIL}")
    row(page, "questions", FORMULA).get_by_role("button", name="Choose").click()
    expect(page.locator("#choose legend").last).to_be_visible()
    expect(page.locator("#choose-question")).to_have_text(FORMULA)
    page.keyboard.press("Escape")
    assert page.title() == "Owner: garden.example"
    assert page.locator("main img, main script, dialog img, main a[href^=javascript]").count() == 0


def test_sync_now_brings_what_is_new(opened: Opened, tmp_path: Path) -> None:
    page = opened.filled()
    file = tmp_path / "posts.json"
    file.write_text(file.read_text(encoding="utf-8").replace("Beans is", "Runner beans are"))
    expect(page.get_by_role("button", name="Fetch everything again")).to_be_hidden()
    page.evaluate(SLOWLY, "owner/overview")
    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_role("button", name="Sync now")).to_be_disabled()
    expect(page.locator("#sync-state .pill")).to_have_text("✓ Synced", timeout=60_000)
    # Without waiting: what is said to be done is there.
    assert page.locator("#report .figure b").nth(1).inner_text() == "1"
    expect(page.get_by_role("button", name="Sync now")).to_be_enabled()
    file.write_text("nothing", encoding="utf-8")
    page.get_by_role("button", name="Sync now").click()
    expect(page.locator("#sync-state .banner")).to_be_visible(timeout=60_000)
    expect(page.locator("#report .banner")).to_contain_text("posts.json")
    assert serious(page) == []


# ---------------------------------------------------------------- doing


def test_a_click_makes_a_case(opened: Opened) -> None:
    page = opened.filled()
    expect(page.locator("#cases-file")).to_have_text(
        "Questions become cases of an evaluation here."
        f" The first one makes the file {opened.cases}."
    )
    row(page, "questions", SLUGS).get_by_role("button", name="Not in the posts").click()
    expect(row(page, "questions", SLUGS).locator(".done")).to_be_visible()
    expect(page.locator("#toast")).to_contain_text("Case added")
    good = row(page, "votes", "How many lettuces")
    good.get_by_role("button", name="Answered well").click()
    expect(good.locator(".done")).to_be_visible()
    row(page, "questions", "How much").get_by_role("button", name="Choose").click()
    expect(page.locator("#choose-save")).to_be_disabled()
    chosen = page.locator("#choose label").first
    quote = chosen.inner_text()
    chosen.click()
    page.get_by_role("button", name="Make the case").click()
    expect(page.locator("#cases .asked")).to_have_count(3)
    expect(page.locator("#cases-file")).to_contain_text(f"pullquote eval --cases {opened.cases} --")
    beer, lettuces, entry = load_cases(opened.cases)
    assert (beer.question, beer.answerable) == (SLUGS, False)
    assert lettuces.gold
    assert [one.quote for one in entry.gold] == [quote]
    row(page, "cases", SLUGS).get_by_role("button", name="Remove").click()
    expect(page.locator("#cases .asked")).to_have_count(2)
    expect(row(page, "questions", SLUGS).locator(".done")).to_have_count(0)
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download", exact=True).click()
    assert downloading.value.path().read_bytes() == opened.cases.read_bytes()


def test_a_case_that_cannot_be_made_is_told(opened: Opened) -> None:
    page = opened.filled()
    opened.cases.mkdir()
    with page.expect_console_message():
        row(page, "questions", SLUGS).get_by_role("button", name="Not in the posts").click()
    expect(page.locator("#toast")).to_contain_text("owner_cases")
    opened.wrong.clear()  # Chromium names the answer of 409 on the console


def test_questions_are_found_taken_along_and_deleted(opened: Opened) -> None:
    page = opened.filled()
    expect(page.locator("#questions-kept")).to_contain_text("180 days")
    page.get_by_role("searchbox").fill("SLUGS")
    expect(page.locator("#questions .asked")).to_have_text([SLUGS])
    page.get_by_role("searchbox").fill("")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download as CSV").first.click()
    text = downloading.value.path().read_bytes().decode("utf-8-sig")
    assert [cells[3] for cells in csv.reader(text.splitlines())][3] == f"'{FORMULA}"
    row(page, "questions", SLUGS).get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Delete this question?")).to_be_visible()
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.locator("#questions .asked")).to_have_count(4)
    row(page, "questions", SLUGS).get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator("#questions .asked")).to_have_count(3)
    page.locator("#questions-delete").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator("#questions")).to_have_text("None so far.")


def test_votes_are_filtered_by_their_reason(seen: Opened) -> None:
    page = seen.filled()
    for kind, questions in (("good", 1), ("bad", 2), ("out-of-date", 1), ("no-answer", 0)):
        page.get_by_label("Which votes").select_option(kind)
        expect(page.locator("#votes .asked")).to_have_count(questions)
    expect(page.locator("#votes")).to_have_text("No vote is of this kind.")


def test_the_keyboard_alone_is_enough(opened: Opened) -> None:
    page = opened.filled()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Check again")).to_be_focused()
    choose = row(page, "questions", SLUGS).get_by_role("button", name="Choose")
    choose.focus()
    page.keyboard.press("Enter")
    box = page.locator("#choose input").first
    expect(box).to_be_visible()
    box.focus()
    page.keyboard.press("Space")
    expect(page.locator("#choose-count")).to_have_text("1 sentence chosen")
    page.keyboard.press("Escape")
    expect(page.locator("#choose")).to_be_hidden()
    expect(choose).to_be_focused()
    assert not opened.cases.exists()
    absent = row(page, "questions", SLUGS).get_by_role("button", name="Not in the posts")
    absent.focus()
    page.keyboard.press("Enter")
    expect(row(page, "questions", SLUGS).locator(".done")).to_be_visible()
    expect(absent).to_be_focused()
    row(page, "questions", SLUGS).get_by_role("button", name="Delete").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#questions .asked")).to_have_count(3)
    expect(page.get_by_role("heading", name="Questions without an answer")).to_be_focused()
    page.get_by_role("button", name="Sync now").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Last sync")).to_be_focused()
    expect(page.locator("#sync-state .pill")).to_have_text("✓ Synced", timeout=60_000)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Sync now")).to_be_focused()


# ---------------------------------------------------------------- who may


def test_an_owner_logs_in_and_out(browser: Browser) -> None:
    with serving("owner", "locked", owner_password=OWNER, keep_questions=True) as (address, _):
        context = browser.new_context()
        page = context.new_page()
        page.goto(address)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        expect(page.locator("#pq.pq-ready")).to_be_visible()
        expect(page.locator("#pq-line")).to_contain_text("6 posts")
        expect(page.get_by_role("link", name="Owner")).to_have_count(0)
        page.goto(f"{address}/owner")
        expect(page).to_have_url(f"{address}/owner/login")
        assert serious(page) == []
        page.get_by_label("Password").fill(OWNER)
        page.get_by_label("Password").press("Enter")
        expect(page).to_have_url(f"{address}/owner")
        expect(page.locator("#questions .asked")).to_have_count(4, timeout=30_000)
        expect(page.locator("#votes-kept")).to_contain_text("keep_feedback = true")
        assert page.evaluate("document.cookie") == ""
        page.get_by_role("link", name="Ask").click()
        page.get_by_role("link", name="Owner").click()
        page.get_by_role("button", name="Log out").click()
        expect(page).to_have_url(f"{address}/owner/login")
        page.goto(f"{address}/owner")
        expect(page).to_have_url(f"{address}/owner/login")
        context.close()


def test_a_session_that_has_ended_leads_to_the_log_in(browser: Browser) -> None:
    with serving("owner", owner_password=OWNER, keep_questions=True) as (address, _):
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{address}/owner")
        page.get_by_label("Password").fill(OWNER)
        page.get_by_label("Password").press("Enter")
        expect(page.locator("#questions .asked")).to_have_count(4, timeout=30_000)
        # Until then the page asks by itself every second.
        expect(page.locator("#health .pill")).to_be_visible(timeout=60_000)
        context.clear_cookies()
        row(page, "questions", SLUGS).get_by_role("button", name="Not in the posts").click()
        expect(page).to_have_url(f"{address}/owner/login")
        context.close()


# ---------------------------------------------------------------- everybody


@pytest.mark.parametrize(
    "options",
    [{}, {"color_scheme": "dark"}, PHONE, {**NARROW, "color_scheme": "dark"}],
    ids=["light", "dark", "phone", "narrow"],
)
def test_nothing_stands_in_the_way(seen: Opened, tmp_path: Path, options: Any) -> None:
    page = seen.filled(**options)
    width = page.viewport_size["width"] if page.viewport_size else 0
    for details in page.locator("summary").all():
        details.click()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert serious(page) == []
    small = page.evaluate(
        "[...document.querySelectorAll('button, a:not(.skip), input, select, summary')]"
        ".filter((one) => one.checkVisibility() && one.offsetHeight < 24)"
        ".map((one) => one.outerHTML)"
    )
    assert small == []
    page.screenshot(path=tmp_path / "page.png", full_page=True)
    row(page, "questions", SLUGS).get_by_role("button", name="Choose").click()
    expect(page.locator("#choose input").first).to_be_visible()
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.keyboard.press("Escape")
    page.locator("#votes-delete").click()
    assert serious(page) == []


def test_light_and_dark_are_those_of_the_chat(seen: Opened) -> None:
    page = seen.filled(color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Light or dark").click()
    dark = page.evaluate(ground)
    assert dark != light
    page.get_by_role("link", name="Ask").click()
    expect(page.locator("#pq.pq-ready")).to_be_visible()
    assert page.evaluate("document.documentElement.dataset.pq") == "dark"
