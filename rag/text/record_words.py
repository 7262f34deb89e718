"""What posts' records say, in words; and whether a claim says that and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import regex

from rag.text.names import listed
from rag.text.tally_words import stands_in, tally_objection
from rag.types import Claim, Filters, Found, Post, Query, Wanted

NO_AUTHOR, NO_DATE = "no author", "no date"
# All that a claim may be made of, beside what it takes from records and from the question.
_FRAME = frozenset(
    "a and are as at by first found has have in is it its last name named names newest no of "
    "oldest on order other post posts published record records that the them there these they this "
    "was were with written".split()
)
_SCOPED = 3  # names of a filter that are said in full
_LACKING = {"authors": "an author", "categories": "a category", "tags": "a tag",
            "topics": "a category or a tag", "years": "a date", "months": "a date"}  # fmt: skip
_EXAMPLES = 3  # posts cited for a number of posts


def day(moment: datetime | None) -> str:
    """A date for people, such as "3 May 2017"; empty without one."""
    return f"{moment.day} {moment:%B %Y}" if moment else ""


def said(post: Post, field: str) -> str:
    """A field of a post's record, as claims say it.

    Args:
        post: Whose.
        field: "title", "published" or "authors".

    Raises:
        ValueError: It is none of these.
    """
    if field == "title":
        return f"“{' '.join((post.title or post.id).split())}”"
    if field == "published":
        return day(post.published) or NO_DATE
    if field == "authors":
        return listed(post.authors) or NO_AUTHOR
    raise ValueError(f"claims name no {field!r}")


def scope(query: Query, found: Found) -> str:
    """What a question about posts is limited to, such as " about “wool” from 2016"."""
    topic = query.record.topic if query.record else ""
    return "".join(f" {part}" for part in (f"{found.relation} “{topic}”" if topic else "",
                                           filter_words(query.filters)) if part)  # fmt: skip


def filter_words(filters: Filters) -> str:
    """Filters for people: "by Ines Moreau tagged “spring” from 2016"; empty without any."""

    def some(names: tuple[str, ...], kind: str, quoted: bool) -> str:
        if not names:
            return ""
        shown = [f"“{name}”" if quoted else name for name in names[:_SCOPED]]
        more = [f"{len(names) - _SCOPED} more"] if len(names) > _SCOPED else []
        *before, last = *shown, *more
        return f"{kind} {' or '.join(filter(None, (', '.join(before), last)))}"

    parts = (
        some(filters.authors, "by", quoted=False),
        some(filters.categories, "in the category", quoted=True),
        some(filters.tags, "tagged", quoted=True),
        some(filters.titles, "titled", quoted=True),
        _time_words(filters),
    )
    return " ".join(part for part in parts if part)


def no_posts(filters: Filters) -> str:
    """That no post is within filters."""
    return f"There are no posts {filter_words(filters)}."


def about_content(query: Query, filters: Filters) -> Query:
    """The same as a question about what stands in posts, whatever was recognised in it.

    What it says is not meant is told in a warning; searched for, it would be found.
    """
    out = query.record.left_out if query.record else ""

    def meant(text: str) -> str:
        return text.replace(out, "").rstrip(" ,?.!") if out and out in text else text

    said = meant(query.standalone)
    searches = tuple(dict.fromkeys((said, meant(query.question), *query.searches)))
    return replace(
        query, standalone=said, searches=searches, filters=filters,
        recognised=(), shut_out=(), sections=(), record=None,
    )  # fmt: skip


def limit_warnings(
    filters: Filters, query: Query, looked: Query, *, none: bool, found: bool = True
) -> tuple[str, ...]:
    """What a reader should know of limits, and of names, that a question has and posts do not.

    Args:
        filters: The caller's; they hold.
        query: As it was understood.
        looked: As it was looked for in the end, maybe without what was recognised.
        none: Whether no post at all is within the filters of `query`.
        found: Whether anything was found in the end.
    """
    within = filter_words(filters)
    where = f" among posts {within}" if within else ""
    warnings: list[str] = []
    if query.shut_out:
        names = listed(f"“{one.words}”" for one in query.shut_out)
        warnings.append(f"Looked only in posts {within}: {names} in the question limits nothing.")
    if query.record and query.record.left_out:
        words = f"“{query.record.left_out}” in the question"
        warnings.append(f"{words} limits nothing: posts cannot be left out.")
    if query.record and query.record.by and not looked.record and not query.record.topic:
        warnings.append(f"No post{within and ' '}{within} has {_LACKING[query.record.by]}.")
    elif query.recognised and not looked.recognised:
        limits = filter_words(_together([one.filters for one in query.recognised]))
        topic = query.record.topic if query.record else ""
        missing = (
            f"There are no posts {limits}{where}" if none
            else f"No posts about “{topic}” were found {limits}{where}" if topic
            else f"No answer was found in posts {limits}{where}"
        )  # fmt: skip
        instead = "in all of these" if within else "without that limit"
        warnings.append(f"{missing}; looked {instead} instead.")
    titles = [title for one in looked.recognised for title in one.filters.titles]
    if titles and not found:
        named_ones = listed(f"“{title}”" for title in titles)
        warnings.append(f"No answer was found in {named_ones}; other posts were not looked at.")
    if query.unmentioned:
        quoted = [f"“{name}”" for name in query.unmentioned]
        told = " or ".join(filter(None, (", ".join(quoted[:-1]), quoted[-1])))
        warnings.append(f"No post mentions {told}.")
    return tuple(warnings)


def _together(filters: Sequence[Filters]) -> Filters:
    return Filters(
        authors=tuple(name for one in filters for name in one.authors),
        categories=tuple(name for one in filters for name in one.categories),
        tags=tuple(name for one in filters for name in one.tags),
        titles=tuple(name for one in filters for name in one.titles),
        since=max((one.since for one in filters if one.since), default=None),
        until=min((one.until for one in filters if one.until), default=None),
    )


def _time_words(filters: Filters) -> str:
    since, until = filters.since, filters.until
    if since is None or until is None:
        begin = "since" if since is None or _is_midnight(since) else "after"
        return f"{begin} {day(since)}" if since else f"before {day(until)}" if until else ""
    months = until.year * 12 + until.month - since.year * 12 - since.month
    if _is_midnight(since) and _is_midnight(until) and since.day == until.day == 1:
        if months == 12 and since.month == 1:
            return f"from {since.year}"
        if months == 1:
            return f"from {since:%B %Y}"
        if since.month == until.month == 1:
            return f"from {since.year} to {until.year - 1}"
    last = until - timedelta(microseconds=1)
    return f"on {day(since)}" if day(since) == day(last) else f"from {day(since)} to {day(last)}"


def _is_midnight(moment: datetime) -> bool:
    return (moment.hour, moment.minute, moment.second) == (0, 0, 0)


def named(query: Query, found: Found) -> tuple[Post, ...]:
    """Those of the posts that were found that an answer names: all of a list, else the first."""
    several = query.record is not None and query.record.wanted in (Wanted.LIST, Wanted.COUNT)
    return found.posts if several else found.posts[:1]


def lets_through(filters: Filters, post: Post) -> bool:
    """Whether a post is among those that the filters name."""

    def one_of(wanted: tuple[str, ...], own: tuple[str, ...]) -> bool:
        return not wanted or bool({w.casefold() for w in wanted} & {o.casefold() for o in own})

    at = post.published
    return (
        one_of(filters.authors, post.authors)
        and one_of(filters.categories, post.categories)
        and one_of(filters.tags, post.tags)
        and one_of(filters.titles, (post.title,))
        and (filters.since is None or (at is not None and at >= filters.since))
        and (filters.until is None or (at is not None and at < filters.until))
    )


def objection(claim: Claim, query: Query, found: Found) -> str | None:
    """Why a claim about records may not be shown; None where it may.

    Every title, date, author and number in it must be that of the record, the posts must be those
    that the question asks for, and nothing else may be said of them.
    """
    if query.record and query.record.by:
        return tally_objection(claim, query.record, found, scope(query, found))
    for fact in claim.facts:
        own = said(fact.post, fact.field)
        if fact.said != own:
            return f"It names {fact.said!r} where the post's record has {own!r}."
        if not lets_through(query.filters, fact.post):
            return f"The post {fact.post.id} is not one that the question asks for."
    wrong = _not_of_all(claim, found) if claim.of_all else None
    if wrong:
        return wrong
    limit = scope(query, found)
    more = _says_more(claim, claim.text, limit)
    if more is None or not limit:
        return more
    # The limit may be the same words as a title, and stand before it: then it goes first. The line
    # break keeps apart what stands around it.
    without = claim.text.replace(limit, "\n", 1)
    return more if _says_more(claim, without, "") else None


def places(claim: Claim, found: Found) -> list[tuple[Post, str]]:
    """Posts, and the field of each one's record that a claim rests on."""
    if claim.tallies:
        return [stands_in(tally) for tally in claim.tallies]
    # A title says which post is meant; it is cited where nothing else is said of the post.
    facts = [fact for fact in claim.facts if fact.field != "title"] or claim.facts
    of_all = [stands_in(tally) for tally in found.tallies] or [
        (post, "published" if post.published else "title") for post in found.posts
    ]
    return [(fact.post, fact.field) for fact in facts] or of_all[:_EXAMPLES]


def _says_more(claim: Claim, text: str, limit: str) -> str | None:
    """What a text says beside the facts of a claim, in their order, and one limit behind that."""
    rest, behind = "", text
    for fact in claim.facts:
        before, there, behind = behind.partition(fact.said)
        if not there:
            return f"It does not name {fact.said!r}, as it claims to."
        rest = f"{rest} {before}"
    rest = f"{rest} {behind}".replace(limit, " ", 1).replace(claim.of_all, " ", 1)
    more = [word for word in regex.findall(r"[\p{L}\p{N}]+", rest) if word.lower() not in _FRAME]
    return f"It says more than the records: {' '.join(more)!r}." if more else None


def _not_of_all(claim: Claim, found: Found) -> str | None:
    if claim.of_all not in ("newest", "oldest"):
        own = f"{found.total:,}"
        return None if claim.of_all == own else f"There are {own} such posts, not {claim.of_all}."
    dates = [post.published for post in found.posts if post.published]
    best = (max if claim.of_all == "newest" else min)(dates, default=None)
    named = {fact.post.published for fact in claim.facts}
    return None if named == {best} and best else f"It names a post that is not the {claim.of_all}."
