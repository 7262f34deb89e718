from __future__ import annotations

from collections import Counter
from functools import cache
from importlib.resources import files

from eval.cases.cases import load_cases
from eval.cases.gold import is_heading, is_post, normalise
from ingest.html.sections import sections
from ingest.posts.wordpress_post import RawPost, ReadPost, Skipped
from ingest.read import read_source
from ui.commands.sample import sample_cases


@cache
def site() -> tuple[ReadPost | Skipped, ...]:
    return tuple(read_source(str(files("ingest.sample") / "posts.json")))


def posts() -> list[RawPost]:
    return [found.raw for found in site() if isinstance(found, ReadPost)]


def test_the_site_has_what_real_ones_have() -> None:
    html = " ".join(raw.html for raw in posts())
    assert len(posts()) >= 14
    assert len({author for raw in posts() for author in raw.post.authors}) == 3
    years = [raw.post.published.year for raw in posts() if raw.post.published]
    assert max(years) - min(years) >= 5
    for tag, least in {
        "<table>": 3,
        "<blockquote>": 3,
        "<ul>": 5,
        "<details>": 1,
        "<figure>": 1,
    }.items():
        assert html.count(tag) >= least, tag
    assert "<!--nextpage-->" in html
    assert "wp-block-footnotes" in html
    assert any(len(sections(raw.html)) == 1 for raw in posts())


def test_every_post_is_long_enough_and_has_terms() -> None:
    for raw in posts():
        words = sum(len(section.text.split()) for section in sections(raw.html))
        assert words >= 500, raw.post.title
        assert raw.post.categories
        assert raw.post.tags


def test_what_is_not_public_stays_out() -> None:
    kept_out = [found for found in site() if isinstance(found, Skipped)]
    assert sorted(found.reason for found in kept_out) == [
        "not public (behind a password)",
        "not public (status draft)",
    ]


def test_two_posts_contradict_each_other_by_date() -> None:
    older, newer = (
        next(raw for raw in posts() if raw.post.title.startswith(start))
        for start in ("Pyongyang sets", "One time again")
    )
    assert older.post.published
    assert newer.post.published
    assert older.post.published < newer.post.published


def test_every_gold_sentence_stands_under_its_heading() -> None:
    for case in load_cases(sample_cases()):
        for gold in case.gold:
            (raw,) = (raw for raw in posts() if is_post(gold, raw.post.id))
            under = [
                s for s in sections(raw.html, title=raw.post.title) if is_heading(gold, s.headings)
            ]
            assert any(normalise(gold.quote) in normalise(s.text) for s in under), case.id


def test_the_questions_are_of_every_kind() -> None:
    cases = load_cases(sample_cases())
    kinds = Counter(case.kind for case in cases)
    assert len(cases) == 60
    assert sum(not case.answerable for case in cases) == 15
    assert kinds["followup"] == 8
    assert kinds["multi"] >= 6
    assert all(case.history for case in cases if case.kind == "followup")
    assert all(bool(case.gold) == case.answerable for case in cases)
