"""Sites in several languages: variants are posts of their own that know each other."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from answers import QUERY, hit
from nasty_blog import HEAD, TAIL, Blog, blog, entry, item
from small_site import post, section
from wordpress_server import FakeSite, serving

from rag.types import Found
from rag.writing.quotes import QuoteWriter

__all__ = ["blog"]

ENGLISH = "<p>Water the beans in the morning.</p>"
FRENCH = "<p>Arrosez les beans le morning.</p>"
GERMAN = "<p>Gieße die beans am morning.</p>"


def polylang() -> list[dict[str, Any]]:
    together = {"en": 12, "fr": 34, "de": 56}
    return [
        entry(html, number, lang=language, translations=together)
        for html, number, language in (
            (ENGLISH, 12, "en"), (FRENCH, 34, "fr"), (GERMAN, 56, "de"),
        )
    ]  # fmt: skip


def wpml() -> list[dict[str, Any]]:
    known = [(12, "en_US", ENGLISH), (34, "fr_FR", FRENCH), (56, "de_DE", GERMAN)]
    return [
        entry(
            html, number, wpml_current_locale=locale,
            wpml_translations=[
                {"locale": other, "id": id_, "slug": "beans", "post_title": "Beans",
                 "href": f"https://garden.example/{other[:2]}/beans/"}
                for id_, other, _ in known if id_ != number
            ],
        )
        for number, locale, html in known
    ]  # fmt: skip


def polylang_export() -> str:
    def term(kind: str, slug: str, said: str) -> str:
        return (
            f"<wp:term><wp:term_id>1</wp:term_id><wp:term_taxonomy><![CDATA[{kind}]]>"
            f"</wp:term_taxonomy><wp:term_slug><![CDATA[{slug}]]></wp:term_slug>"
            f"<wp:term_description><![CDATA[{said}]]></wp:term_description></wp:term>"
        )

    group = 'a:3:{s:2:"en";i:12;s:2:"fr";i:34;s:2:"de";i:56;}'
    xml = HEAD + term("post_translations", "pll_1", group) + term("category", "x", '"a";i:99;')
    for slug, locale in (("en", "en_US"), ("fr", "fr_FR"), ("de", "de_DE")):
        said = f'a:3:{{s:6:"locale";s:5:"{locale}";s:3:"rtl";i:0;s:9:"flag_code";s:2:"fr";}}'
        xml += term("language", slug, said)
    for number, slug, html in ((12, "en", ENGLISH), (34, "fr", FRENCH), (56, "de", GERMAN)):
        own = (
            f'<category domain="language" nicename="{slug}"><![CDATA[{slug}]]></category>'
            '<category domain="post_translations" nicename="pll_1"><![CDATA[pll_1]]></category>'
        )
        xml += item(html, number).replace("</item>", f"{own}</item>")
    return xml + TAIL


@pytest.mark.parametrize(
    ("data", "languages"),
    [
        (json.dumps(polylang()), ("en", "fr", "de")),
        (json.dumps(wpml()), ("en-US", "fr-FR", "de-DE")),
        (polylang_export(), ("en-US", "fr-FR", "de-DE")),
    ],
    ids=["polylang", "wpml", "polylang export"],
)
def test_variants_are_posts_of_their_own_that_know_each_other(
    blog: Blog, data: str, languages: tuple[str, ...]
) -> None:
    file = blog.save("posts", data)
    assert blog.sync(file).added == 3
    found = {post.id: post for post in blog.posts}
    ids = tuple(f"garden.example/{number}" for number in (12, 34, 56))
    assert tuple(found[id_].language for id_ in ids) == languages
    for id_ in ids:
        assert found[id_].translations == tuple(other for other in ids if other != id_)
    assert blog.sync(file).unchanged == 3


def test_a_new_translation_changes_only_the_record(blog: Blog) -> None:
    posts = polylang()
    for one in posts[:2]:
        one["translations"] = {"en": 12, "fr": 34}
    blog.sync(blog.save("posts.json", posts[:2]))
    report = blog.sync(blog.save("posts.json", polylang()))
    assert (report.record_only, report.added, report.changed) == (2, 1, 0)
    assert all(len(post.translations) == 2 for post in blog.posts)


def test_a_file_without_the_plugin_s_fields_takes_nothing_away(blog: Blog) -> None:
    blog.sync(blog.save("posts.json", polylang()))
    bare = [entry(ENGLISH, 12), entry(FRENCH, 34), entry(GERMAN, 56)]
    assert blog.sync(blog.save("bare.json", bare)).unchanged == 3
    assert all(post.language and len(post.translations) == 2 for post in blog.posts)


def test_a_live_site_s_variants_have_the_site_s_ids(blog: Blog) -> None:
    with serving(FakeSite()) as site:
        site.add(12, ENGLISH, lang="en", translations={"en": 12, "fr": 34})
        site.add(34, FRENCH, lang="fr", translations={"en": 12, "fr": 34})
        blog.sync(site.base)
    one, other = sorted(blog.posts, key=lambda post: post.id)
    assert (one.translations, other.translations) == ((other.id,), (one.id,))


@pytest.mark.parametrize(
    "value", [None, [], "x", 7, {"fr": None}, [{"id": "x"}], [[1]], {"fr": -1}]
)
def test_what_is_no_translation_is_none(blog: Blog, value: object) -> None:
    blog.sync(blog.save("post.json", entry(ENGLISH, translations=value, wpml_translations=value)))
    assert blog.posts[0].translations == ()


@pytest.mark.parametrize("knows", ["better", "worse"])
def test_an_answer_does_not_say_the_same_in_two_languages(knows: str) -> None:
    english = post(12, "Beans", section("0", (), "Water the beans in the morning."))
    french = post(34, "Haricots", section("0", (), "Arrosez les haricots le matin."))

    def said() -> list[str]:
        hits = (hit(english, english.sections[0], 0.9), hit(french, french.sections[0], 0.8))
        writer = QuoteWriter(0.3, most=3)
        return [claim.text for claim in writer.write(QUERY, Found(hits, 0.9)).claims]

    assert len(said()) == 2
    if knows == "better":
        english = replace(english, post=replace(english.post, translations=(french.post.id,)))
    else:
        french = replace(french, post=replace(french.post, translations=(english.post.id,)))
    assert said() == ["Water the beans in the morning."]
