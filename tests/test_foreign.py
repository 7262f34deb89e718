from __future__ import annotations

import time

import pytest

from rag.checking.foreign import has_foreign, without_foreign


@pytest.mark.parametrize(
    "said",
    [
        "https://evil.example/a?b=c", "HTTP://EVIL.EXAMPLE", "//evil.example/x", "www.evil.example",
        "evil.co", "bit.ly/abc", "evil.example:8080/x", "пример.рф", "10.0.0.1/x",
        "me@evil.example",
        "ｈｔｔｐｓ：／／ｅｖｉｌ．ｅｘａｍｐｌｅ",
        "javascript:alert(1)", "JavaScript : alert(1)", "vbscript:x",
        "data:text/html,x", "mailto:a@b.example", "tel:+1234", "file:///etc/passwd", "blob:x",
        "[here](x)", "![](//e.example/x.png)", "[here]: x", "<b>", "</p>", "<img src=x",
        "<!-- x -->",
        "&lt;", "&ltb;", "&#106;", "```html", "~~~",
    ],
)  # fmt: skip
def test_what_no_quote_has_is_foreign_and_can_be_cut_out(said: str) -> None:
    text = f"The bed lost {said} lettuces"
    assert has_foreign(text, ["The bed lost twenty-two lettuces."])
    assert without_foreign(text) in ("The bed lost (…) lettuces", "The bed lost (…)")
    assert not has_foreign(text, [text])


@pytest.mark.parametrize(
    "said",
    [
        "At 3.5 m, i.e. by 4 p.m., the U.S. team had 1,200.5 of them.", "The data: three of forty.",
        "Use a < b and c & d.", "Version 1.10.2 is out.", "他们说3.5万。然后呢？",
        "Ph.D. and No. 7",
        "AT&T; and R&D;", "Open setup.html, node.js or Report.PDF.",
        "A file: it was open.", "He said: //", "a/b and either/or", "“Yes”… and then… no.",
    ],
)  # fmt: skip
def test_what_people_write_is_not_foreign(said: str) -> None:
    assert not has_foreign(said, [])
    assert without_foreign(said) == said


def test_part_of_an_address_that_a_quote_has_is_another_address() -> None:
    quotes = ["Read https://good.example/login/now, and good.example.net too."]
    assert not has_foreign("It is at https://good.example/login/now.", quotes)
    assert has_foreign("It is at https://good.example/login.", quotes)
    assert has_foreign("It is at good.example.", quotes)


def test_two_sentences_of_a_quote_make_no_host() -> None:
    assert has_foreign("Go to bank.it now.", ["We went to the bank. It was closed."])
    assert not has_foreign("Go to bank.it now.", ["Go to Bank.it."])


@pytest.mark.parametrize(
    ("said", "quote"),
    [
        ("Read readme.md first.", "First, read README.md!"),
        ("It is in St.Louis.", "The museum is in St. Louis, Missouri."),
        ("It is in St.Louis.", "The museum is in ST.LOUIS."),
    ],
)
def test_words_with_a_dot_may_be_spelled_otherwise(said: str, quote: str) -> None:
    assert has_foreign(said, ["The museum."])
    assert not has_foreign(said, [quote])


@pytest.mark.parametrize(
    ("said", "quote"),
    [
        ("It is at good.example/A.", "Read good.example/a."),
        ("Ask Me@good.example.", "Ask me@good.example."),
        ("It is at good.example.", "It is in the good; example of old.Good. Example-net"),
        ("It is at evil.html/x.", "An evil. Html is a language."),
        ("It is at good.example.", "Read https://good.example/now or x-good.example."),
        ("It is R&amp;D.", "It is R&AMP;D."),
    ],
)
def test_an_address_may_not(said: str, quote: str) -> None:
    assert has_foreign(said, [quote])


@pytest.mark.parametrize(
    "piece", ["a-", "a.", "[", "<a", "a", "a@", "http:", "&a", "1.", "[](", "//a", "data", "a. "]
)
def test_a_claim_made_to_stall_is_looked_at_in_time(piece: str) -> None:
    started = time.monotonic()
    without_foreign(piece * 40_000)
    assert time.monotonic() - started < 10
