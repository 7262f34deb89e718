"""The widget on pages of another origin, in a real Chromium."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import test_browser
from axe_core_python.sync_playwright import Axe
from fake_assistant import CLEANED, EVIL, LETTUCES, SPECIAL
from playwright.sync_api import Browser, Page, Request, expect
from widget_site import NAME, widget_site

from ui.texts import load_texts
from ui.view import PageAnswer

browser = test_browser.browser
pytestmark = test_browser.pytestmark

SAY = load_texts().say
QUOTE = "The bare bed lost twenty-two lettuces."
SLUGS, TOMATOES = "/slugs-without-pellets/", "/tomatoes-from-seed/"
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True,
}  # fmt: skip
MARKED = "[...(CSS.highlights.get('pullquote-words') ?? [])].map((one) => one.toString())"
FOCUSED = "document.querySelector('pullquote-widget').shadowRoot.activeElement?.id"

Addresses = tuple[str, str]
OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    with widget_site(tmp_path_factory.mktemp("widget")) as addresses:
        yield addresses


@pytest.fixture
def open_page(browser: Browser, addresses: Addresses) -> Iterator[OpenPage]:
    """Opens a page of the site; no script of it may fail."""
    wrong: list[str] = []
    contexts = []

    def open_one(path: str = SLUGS, *, site: str = "", asked: list[Request] | None = None,
                 **options: Any) -> Page:  # fmt: skip
        chosen = {"viewport": {"width": 1100, "height": 760}, "reduced_motion": "reduce", **options}
        context = browser.new_context(**chosen)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        if asked is not None:
            page.on("request", lambda request: asked.append(request))
        page.goto((site or addresses[0]) + path)
        expect(page.locator("#pq-launch")).to_be_visible()
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not wrong


def opened(page: Page) -> Page:
    page.locator("#pq-launch").click()
    expect(page.locator("#pq-panel")).to_be_visible()
    return page


def ask(page: Page, question: str) -> str:
    """The text of the answer."""
    page.fill("#pq-box", question)
    page.press("#pq-box", "Enter")
    expect(page.locator(".pq-question").last).to_have_text(question)
    expect(page.locator("#pq-send")).to_be_visible(timeout=20_000)
    return page.locator(".pq-answer").last.inner_text()


def ground(page: Page, selector: str) -> str:
    return str(page.locator(selector).evaluate("(one) => getComputedStyle(one).backgroundColor"))


def serious(page: Page) -> list[str]:
    found = Axe().run(page, "pullquote-widget")["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]


@contextmanager
def place_page(browser: Browser, html: str, url: str) -> Iterator[Page]:
    """A page under an address, with what finds words in pages as `place`."""
    script = (files("ui.assets") / "widget_place.js").read_text(encoding="utf-8")
    page = browser.new_page()
    kind = "text/html; charset=utf-8"
    page.route("**/*", lambda route: route.fulfill(body=html, content_type=kind))
    page.goto(url)
    page.evaluate(
        f"((window) => {{ {script}; globalThis.place = window.pullquote; }})"
        "({ pullquote: { calm: () => true } })"
    )
    yield page
    page.close()


# ---------------------------------------------------------------- before it is opened


def test_before_it_is_opened_nothing_is_asked_and_nothing_is_kept(
    open_page: OpenPage, addresses: Addresses
) -> None:
    site, server = addresses
    asked: list[Request] = []
    page = open_page(asked=asked)
    page.mouse.wheel(0, 800)
    page.locator("#pq-launch").hover()
    page.wait_for_timeout(700)
    assert [one.url for one in asked] == [f"{site}{SLUGS}", f"{server}/widget.js"]
    assert page.context.cookies() == []
    opened(page)
    expect(page.locator("#pq-line")).to_contain_text("4 posts, as of ")
    ask(page, LETTUCES)
    later = [(one.method, one.url) for one in asked[2:]]
    assert [one for one in later if one[0] != "OPTIONS"] == [
        ("GET", f"{server}/api/widget"), ("POST", f"{server}/api/ask"),
    ]  # fmt: skip
    for request in asked[1:]:
        assert "cookie" not in request.headers
    assert not asked[-1].headers.get("referer")
    assert page.context.cookies() == []
    kept = "localStorage.length + sessionStorage.length + document.cookie.length"
    assert page.evaluate(kept) == 0


# ---------------------------------------------------------------- an answer


def test_an_answer_streams_with_markers_and_ends_with_its_sources(open_page: OpenPage) -> None:
    page = opened(open_page(TOMATOES))
    page.fill("#pq-box", f"{LETTUCES} slow invent")
    page.press("#pq-box", "Enter")
    expect(page.locator(".pq-going")).to_have_text(SAY("looking"))
    mark = page.locator(".pq-mark")
    expect(mark.first).to_have_text("1")
    expect(page.locator(".pq-going")).to_have_text(SAY("checking"))
    expect(page.locator("#pq-stop")).to_be_visible()
    expect(page.locator("#pq-status")).to_contain_text("three of forty lettuces")
    expect(page.locator(".pq-card")).to_have_count(0)
    expect(page.locator("#pq-send")).to_be_visible(timeout=20_000)
    expect(page.locator("#pq-status")).to_contain_text(SAY("answer_complete"))

    card = page.locator(".pq-card", has_text="Slugs without pellets").first
    expect(card.locator("h4")).to_have_text("Slugs without pellets› Results")
    expect(card.locator("mark").last).to_have_text(QUOTE)
    expect(card.locator("a.pq-link").last).to_contain_text(SAY("show_in_post"))
    expect(mark.nth(1)).to_have_attribute(
        "aria-label", "Source 2: Slugs without pellets › Results (opens a new tab)"
    )
    mark.nth(1).hover()
    expect(page.locator("#pq-source-0-2")).to_have_class(re.compile("pq-now"))
    told = page.locator("details.pq-checks")
    expect(told.locator("summary")).to_contain_text("3 left out")
    told.locator("summary").click()
    expect(told.locator("q").first).to_have_text(CLEANED)


def test_a_source_on_another_page_opens_there_with_its_words_marked(open_page: OpenPage) -> None:
    page = opened(open_page(TOMATOES))
    ask(page, LETTUCES)
    with page.context.expect_page() as opening:
        page.locator(".pq-mark").nth(1).click()
    post = opening.value
    test_browser.lands(post)
    assert urlsplit(post.url).path == SLUGS
    expect(post.locator("p", has_text="The bare bed")).to_be_in_viewport()
    assert post.evaluate("window.opener") is None
    assert urlsplit(page.url).path == TOMATOES


def test_a_refusal_names_the_nearest_sections(open_page: OpenPage) -> None:
    page = opened(open_page())
    page.get_by_role("button", name="Who won the world cup?").press("Enter")
    expect(page.locator("#pq-box")).to_be_focused()  # what was pressed is gone
    expect(page.locator(".pq-refused")).to_have_text(SAY("refused"), timeout=20_000)
    expect(page.locator("#pq-status")).to_contain_text(SAY("refused"))
    expect(page.locator(".pq-searched")).to_contain_text("“Who won the world cup?”")
    expect(page.locator(".pq-near a").first).to_be_visible()
    expect(page.locator(".pq-card")).to_have_count(0)


def test_who_reads_along_is_told_before_anything_is_asked(
    open_page: OpenPage, tmp_path: Path
) -> None:
    given: dict[str, Any] = {"chat_model": "openai:gpt-4o-mini", "keep_questions": True}
    with widget_site(tmp_path, **given, keep_days=30) as (site, _):
        page = opened(open_page(site=site))
        told = page.locator("#pq-notice")
        kept = SAY("foot_questions_many", n=30)
        expect(told).to_have_text(f"{SAY('foot_model', model='openai:gpt-4o-mini')} {kept}")
        expect(told).to_be_in_viewport()
        page.close()
    page = opened(open_page())
    expect(page.locator("#pq-line")).to_contain_text("4 posts")
    expect(page.locator("#pq-notice")).to_be_hidden()


def test_a_question_that_is_too_long_is_told_and_not_cut(open_page: OpenPage) -> None:
    page = opened(open_page())
    long = "x" * 2001
    page.fill("#pq-box", long)
    expect(page.locator("#pq-long")).to_have_text(SAY("question_long", most="2,000", n="2,001"))
    page.press("#pq-box", "Enter")
    page.locator("#pq-send").click()
    expect(page.locator(".pq-turn")).to_have_count(0)
    expect(page.locator("#pq-box")).to_have_value(long)
    assert QUOTE in ask(page, LETTUCES)
    expect(page.locator("#pq-long")).to_be_hidden()


def test_a_follow_up_takes_the_conversation_along(
    open_page: OpenPage, addresses: Addresses
) -> None:
    asked: list[Request] = []
    page = opened(open_page(asked=asked))
    ask(page, LETTUCES)
    ask(page, "How many posts by Tom Baker?")
    sent: Any = asked[-1].post_data_json
    assert [turn["question"] for turn in sent["history"]] == [LETTUCES]
    assert QUOTE in sent["history"][0]["answer"]
    expect(page.locator(".pq-chip")).to_have_text("Author: Tom Baker")
    page.get_by_role("button", name="Ask again without “Author: Tom Baker”").click()
    expect(page.locator(".pq-chip")).to_have_count(0)
    expect(page.locator(".pq-answer").last).to_contain_text("There are 4 posts.")
    expect(page.locator("#pq-send")).to_be_visible(timeout=20_000)
    expect(page.locator(".pq-question")).to_have_count(2)
    page.get_by_role("button", name=SAY("new_chat")).click()
    expect(page.locator(".pq-question")).to_have_count(0)
    expect(page.get_by_role("button", name=LETTUCES)).to_be_visible()


def test_stop_errors_and_a_lost_server_are_told(open_page: OpenPage) -> None:
    page = opened(open_page())
    page.fill("#pq-box", f"{LETTUCES} slow")
    page.press("#pq-box", "Enter")
    expect(page.locator(".pq-mark")).to_have_count(1)
    page.locator("#pq-stop").click()
    expect(page.locator(".pq-answer")).to_contain_text(SAY("stopped"))
    expect(page.locator(".pq-mark")).to_have_count(1)
    ask(page, "please fail")
    failure = page.locator(".pq-failure p")
    expect(failure).to_have_text(["The model <b>m</b> did not answer.", "Start its server."])
    page.context.set_offline(True)
    ask(page, LETTUCES)
    expect(failure).to_have_text(
        ["The model <b>m</b> did not answer.", "Start its server.", SAY("lost"), SAY("lost_hint")]
    )
    page.context.set_offline(False)
    page.get_by_role("button", name=SAY("ask_again")).click()
    expect(page.locator(".pq-card").first).to_be_visible(timeout=20_000)
    expect(failure).to_have_count(2)


GROWING = PageAnswer(question="q", complete=False, answered=False, text="").model_dump_json()


@pytest.mark.parametrize(
    ("status", "body"),
    [(502, "<h1>Bad gateway</h1>"), (403, '{"code": 7}'), (403, "null"), (200, ""),
     (200, f"event: view\ndata: {GROWING}\n\n"), (200, "event: view\ndata: {\n\n")],
)  # fmt: skip
def test_what_is_no_answer_of_the_server_is_a_lost_connection(
    open_page: OpenPage, status: int, body: str
) -> None:
    page = opened(open_page())
    shared = {"access-control-allow-origin": "*"}
    page.route("**/api/ask", lambda route: route.fulfill(status=status, body=body, headers=shared))
    ask(page, LETTUCES)
    expect(page.locator(".pq-failure p")).to_have_text([SAY("lost"), SAY("lost_hint")])
    page.unroute("**/api/ask")
    page.get_by_role("button", name=SAY("ask_again")).click()
    expect(page.locator(".pq-card").first).to_be_visible(timeout=20_000)


# ---------------------------------------------------------------- the page at hand


def test_a_citation_of_this_page_scrolls_to_its_words_and_marks_them(open_page: OpenPage) -> None:
    page = opened(open_page(f"{SLUGS}?utm_source=mail"))
    ask(page, LETTUCES)
    before = page.url
    mark = page.locator(".pq-mark").nth(1)
    expect(mark).to_have_attribute("aria-label", "Source 2: Slugs without pellets › Results")
    mark.click()
    words = page.locator("main p", has_text="The bare bed")
    expect(words).to_be_in_viewport()
    # In the page, line ends and an emphasised word stand between the words.
    assert [" ".join(one.split()) for one in page.evaluate(MARKED)] == [QUOTE]
    assert page.url == before
    assert len(page.context.pages) == 1
    expect(page.locator("#pq-status")).to_have_text(SAY("shown_here"))
    expect(page.locator("#pq-panel")).to_be_visible()
    expect(mark).to_be_focused()
    link = page.locator(".pq-card a.pq-link").first
    expect(link).to_contain_text(SAY("show_here"))
    link.click()
    assert [" ".join(one.split()) for one in page.evaluate(MARKED)] == [
        "The bed with wool mulch lost three of forty lettuces."
    ]


def test_words_that_have_left_the_page_lead_to_their_section_else_open_the_link(
    open_page: OpenPage,
) -> None:
    page = opened(open_page(TOMATOES))
    ask(page, "When to sow tomatoes?")
    page.locator("main").evaluate(
        "(main) => main.querySelectorAll('p').forEach((one) => { one.textContent = 'Rewritten.'; })"
    )
    page.locator(".pq-mark").first.click()
    expect(page.locator("#when-to-sow")).to_be_in_viewport()
    assert page.evaluate(MARKED) == ["When to sow"]
    page.locator("#when-to-sow").evaluate("(one) => one.remove()")
    with page.context.expect_page() as opening:
        page.locator(".pq-mark").first.click()
    assert urlsplit(opening.value.url).path == TOMATOES


def test_on_a_phone_the_panel_makes_way_for_the_words(open_page: OpenPage) -> None:
    page = open_page(**PHONE)
    page.locator("#pq-launch").tap()
    ask(page, LETTUCES)
    page.locator(".pq-mark").nth(1).tap()
    expect(page.locator("#pq-panel")).to_be_hidden()
    words = page.locator("main p", has_text="The bare bed")
    expect(words).to_be_in_viewport()
    expect(words).to_be_focused()
    page.locator("#pq-launch").tap()
    expect(page.locator(".pq-mark").nth(1)).to_be_visible()
    expect(words).not_to_have_attribute("tabindex", "-1")


@pytest.mark.parametrize(
    ("link", "page_url", "canonical", "here"),
    [
        ("https://a.example/x/#h:~:text=w", "https://a.example/x/?utm=1#top", None, True),
        ("http://www.a.example/x", "https://a.example/x/", None, True),
        ("https://a.example/%E6%A8%B9/", "https://a.example/樹/", None, True),
        ("https://a.example/?p=7", "https://a.example/?p=7&utm=1", None, True),
        ("https://a.example/?p=7", "https://a.example/?p=8", None, False),
        ("https://a.example/", "https://a.example/?p=8", None, False),
        ("https://a.example/x/2/", "https://a.example/x/", None, False),
        ("https://b.example/x/", "https://a.example/x/", None, False),
        ("https://a.example/x/", "https://a.example/?p=8", "https://a.example/x/", True),
        ("javascript:alert(1)", "https://a.example/x/", None, False),
        ("https://", "https://a.example/x/", None, False),
    ],
)
def test_whether_a_link_leads_into_the_page_at_hand(
    browser: Browser, link: str, page_url: str, canonical: str | None, here: bool
) -> None:
    head = f"<link rel='canonical' href='{canonical}'>" if canonical else ""
    with place_page(browser, f"<!DOCTYPE html>{head}", page_url) as page:
        assert page.evaluate("(link) => place.isHere(link)", link) is here


@pytest.mark.parametrize(
    ("body", "fragment", "found"),
    [
        ("<p>One two\n   three.</p>", "One%20two%20three.", "One two\n   three."),
        ("<p>It’s “so” – really.</p>", "it's%20%22so%22%20%2D%20really.", "It’s “so” – really."),
        ("<p>Caf\u0065\u0301 so\u00adft.</p>", "caf%C3%A9%20soft.", "Cafe\u0301 so\u00adft."),
        ("<p>cats</p><p>A cat.</p>", "cat", "cat"),
        ("<p>Be <b>bo</b>ld, be <i>it</i>.</p>", "Be%20bold%2C%20be%20it.", "Be bold, be it."),
        ("<p>a word here. x.</p><p>b word here.</p>", "b-,word%20here.", "word here."),
        ("<p>word one</p><p>word two</p>", "word,-two", "word"),
        ("<table><tr><td>Basic</td><td>5 euro</td></tr></table>", "Basic,5%20euro", "Basic5 euro"),
        ("<p>First line<br>second line</p>", "First%20line,second%20line", "First linesecond line"),
        ("<p hidden>No word</p><p>No words</p><p>No word!</p>", "No%20word", "No word"),
        ("<script>const a = 'Some text';</script><p>Some text</p>", "Some%20text", "Some text"),
        ("<details><summary>More</summary><p>A word</p></details>", "A%20word", "A word"),
        ("<p>Η ΟΔΟΣ ΕΔΩ</p>", "%CE%B7%20%CE%BF%CE%B4%CF%8C%CF%82", "Η ΟΔΟΣ"),
        ("<p>機械学習は学問です。</p>", "学習は学問", "学習は学問"),
        ("<p>Nothing of it.</p>", "Something%20else", None),
        ("<p>100% 5,-</p>", "100%25%205%2C%2D", "100% 5,-"),
        ("<p>Half of it</p>", "Half%ZZ", None),
    ],
)  # fmt: skip
def test_words_are_found_as_a_browser_would_or_more_leniently(
    browser: Browser, body: str, fragment: str, found: str | None
) -> None:
    url = "https://a.example/x/"
    with place_page(browser, f"<!DOCTYPE html><body>{body}", url) as page:
        landed = page.evaluate(
            "(link) => place.land(link) !== null", f"{url}#none:~:text={fragment}"
        )
        assert landed is (found is not None)
        assert page.evaluate(MARKED) == ([found] if found else [])
        assert page.locator("details:not([open])").count() == 0


# ---------------------------------------------------------------- pages that do harm


def test_a_page_with_hostile_styles_changes_nothing(open_page: OpenPage) -> None:
    calm, hostile = open_page(), open_page(f"{SLUGS}?style=hostile")
    looks = """(one) => {
      const style = getComputedStyle(one);
      const box = one.getBoundingClientRect();
      return ["color", "backgroundColor", "fontSize", "fontFamily", "letterSpacing", "lineHeight",
        "textTransform", "visibility", "opacity", "borderWidth", "transform", "display"]
        .map((name) => style[name]).concat([box.x, box.y, box.width, box.height].map(Math.round));
    }"""
    for page in (calm, hostile):
        assert page.locator("#pq-launch").is_visible()
    assert hostile.locator("#pq-launch").evaluate(looks) == calm.locator("#pq-launch").evaluate(
        looks
    )
    for page in (calm, hostile):
        ask(opened(page), LETTUCES)
    for name in ("#pq-panel", "#pq-box", ".pq-question", ".pq-answer p", ".pq-mark", "h4", "mark"):
        assert hostile.locator(name).first.evaluate(looks) == calm.locator(name).first.evaluate(
            looks
        )
    behind = "getComputedStyle(document.querySelector('pullquote-widget'), '::backdrop').display"
    assert hostile.evaluate(behind) == "none"
    hit = "document.elementFromPoint(300, 300).localName"
    assert hostile.evaluate(hit) != "pullquote-widget"  # the page stays in reach


def test_the_page_keeps_its_own_looks_and_sees_nothing_of_the_widget(open_page: OpenPage) -> None:
    page = open_page()
    looks = "JSON.stringify([...document.querySelectorAll('h1, h2, p, main, body')].map((one) =>"
    looks += " [getComputedStyle(one).cssText, one.getBoundingClientRect()]))"
    before = page.evaluate(looks)
    added = page.evaluate("[...document.body.children].map((one) => one.localName)")
    assert added == ["main", "pullquote-widget"]
    ask(opened(page), LETTUCES)
    assert page.evaluate(looks) == before
    assert page.evaluate("document.querySelectorAll('#pq, .pq-card, .pq-mark').length") == 0
    assert page.evaluate("typeof window.pullquote") == "undefined"


def test_a_hostile_post_is_only_text(open_page: OpenPage) -> None:
    asked: list[Request] = []
    page = opened(open_page(asked=asked))
    said = ask(page, "zebras stripes food <b>x</b> ${1}")
    assert f"Zebras wear stripes {EVIL} and {SPECIAL} in the wild." in said
    assert "![grass](http://evil.example/g)" in said
    expect(page.locator(".pq-card h4 > span").first).to_have_text(f"Zebras {EVIL} {SPECIAL}")
    expect(page.locator(".pq-card").get_by_text(SAY("no_address")).first).to_be_visible()
    assert page.title() == "A post"
    for strange in ("img", "script", "b", "code", "a[href^=javascript]"):
        expect(page.locator(f"#pq-panel {strange}")).to_have_count(0)
    assert {urlsplit(one.url).hostname for one in asked} == {"127.0.0.1"}


def test_the_pages_shortcuts_do_not_hear_what_is_typed(open_page: OpenPage) -> None:
    page = open_page()
    page.evaluate("addEventListener('keydown', (event) => { document.title += event.key; })")
    page.keyboard.press("j")
    assert page.title() == "A postj"
    opened(page).locator("#pq-box").press_sequentially("jk/")
    expect(page.locator("#pq-box")).to_have_value("jk/")
    assert page.title() == "A postj"


def test_twice_on_a_page_it_is_there_once(open_page: OpenPage, addresses: Addresses) -> None:
    page = open_page()
    page.add_script_tag(url=f"{addresses[1]}/widget.js?again")
    expect(page.locator("pullquote-widget")).to_have_count(1)


# ---------------------------------------------------------------- everybody


def test_the_keyboard_alone_is_enough(open_page: OpenPage) -> None:
    page = open_page()
    page.locator("#pq-launch").focus()
    expect(page.locator("#pq-launch")).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    expect(page.locator("#pq-box")).to_be_focused()
    expect(page.locator("#pq-launch")).to_have_attribute("aria-expanded", "true")
    page.keyboard.type(LETTUCES)
    page.keyboard.press("Enter")
    expect(page.locator(".pq-card").first).to_be_visible(timeout=20_000)
    page.locator("#pq-scroll").focus()
    page.keyboard.press("Tab")
    expect(page.locator(".pq-mark").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main p", has_text="wool mulch")).to_be_in_viewport()
    expect(page.locator(".pq-mark").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#pq-panel")).to_be_hidden()
    expect(page.locator("#pq-launch")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".pq-card").first).to_be_visible()  # the conversation is still there


def test_a_growing_answer_does_not_take_the_focus_away(open_page: OpenPage) -> None:
    page = opened(open_page())
    page.fill("#pq-box", f"{LETTUCES} slow")
    page.press("#pq-box", "Enter")
    expect(page.locator(".pq-mark")).to_have_count(1)
    page.locator(".pq-mark").first.focus()
    expect(page.locator("#pq-send")).to_be_visible(timeout=20_000)
    expect(page.locator(".pq-mark").first).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", [{}, PHONE], ids=["desk", "phone"])
def test_nothing_stands_in_the_way_of_assistive_software(
    open_page: OpenPage, scheme: str, screen: dict[str, Any]
) -> None:
    page = open_page(color_scheme=scheme, **screen)
    assert serious(page) == [], "closed"
    opened(page)
    expect(page.locator("#pq-line")).to_contain_text("4 posts")
    assert serious(page) == [], "open"
    for question in (f"{LETTUCES} invent", "Who won the world cup?", "please fail"):
        ask(page, question)
        assert serious(page) == [], question


def test_light_and_dark_differ_and_can_be_chosen(open_page: OpenPage) -> None:
    dark, light = open_page(color_scheme="dark"), open_page(color_scheme="light")
    chosen = open_page(f"{SLUGS}?theme=light", color_scheme="dark")
    for page in (dark, light, chosen):
        opened(page)
    assert ground(dark, "#pq-panel") != ground(light, "#pq-panel")
    assert ground(chosen, "#pq-panel") == ground(light, "#pq-panel")


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_is_wide_enough(open_page: OpenPage, width: int) -> None:
    phone = {**PHONE, "viewport": {"width": width, "height": 700}}
    page = open_page(**phone)
    page.locator("#pq-launch").tap()
    assert page.evaluate(FOCUSED) == "pq-panel"  # and not the box, whose keyboard covers it
    for question in (f"{LETTUCES} invent", "zebras stripes food", "Who won the world cup?"):
        ask(page, question)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        scroll = page.locator("#pq-scroll")
        assert scroll.evaluate("(one) => one.scrollWidth <= one.clientWidth")
        assert page.locator("#pq-panel").evaluate("(one) => one.scrollHeight <= one.clientHeight")
        question_box = page.locator(".pq-question").last.bounding_box()
        scroll_box = scroll.bounding_box()
        assert question_box
        assert scroll_box
        assert 0 <= question_box["y"] - scroll_box["y"] < 40  # at the top
    box = page.locator("#pq-panel").bounding_box()
    assert box
    assert (box["x"], box["width"]) == (0, width)
    small = page.locator("#pq-panel :is(button, a)").evaluate_all(
        "(all) => all.filter((one) => one.checkVisibility()"
        " && (one.offsetHeight < 24 || one.offsetWidth < 24)).map((one) => one.outerHTML)"
    )
    assert [one for one in small if "pq-near" not in one and "<span dir" not in one] == []
    page.locator("#pq-close").tap()
    expect(page.locator("#pq-launch")).to_be_focused()


def test_movement_is_left_out_where_it_is_not_wanted(open_page: OpenPage) -> None:
    for wanted, name in (("no-preference", "pq-rise"), ("reduce", "none")):
        page = opened(open_page(reduced_motion=wanted))
        style = "(one) => getComputedStyle(one).animationName"
        assert page.locator("#pq-panel").evaluate(style) == name


def test_the_button_can_be_named_and_moved(open_page: OpenPage) -> None:
    page = open_page()
    expect(page.locator("#pq-launch")).to_have_text(SAY("ask_site", name=NAME))
    right = page.locator("#pq-launch").bounding_box()
    other = open_page(f"{SLUGS}?label=%3Cb%3EFrag%20uns%3C/b%3E&position=left")
    expect(other.locator("#pq-launch")).to_have_text("<b>Frag uns</b>")
    left = other.locator("#pq-launch").bounding_box()
    assert left
    assert right
    assert (left["x"], right["x"] + right["width"]) == (20, 1080)


def test_another_language_turns_the_widget_around(open_page: OpenPage, tmp_path: Path) -> None:
    own = tmp_path / "he.json"
    own.write_text('{"ask_hint": "מה לשאול?"}', encoding="utf-8")
    folder = tmp_path / "site"
    with widget_site(folder, page_language="he", page_texts=own, site_colour="#ffcc00") as (
        site,
        _,
    ):
        page = opened(open_page(site=site))
        expect(page.locator("#pq-box")).to_have_attribute("placeholder", "מה לשאול?")
        panel = page.locator("#pq-panel").bounding_box()
        assert panel
        assert panel["x"] == 20
        ask(page, LETTUCES)
        assert page.evaluate("document.documentElement.dir") == ""
        assert serious(page) == []
        page.close()
