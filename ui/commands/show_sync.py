"""What the terminal shows of a sync: what it did, what it left out and why, or what it would do."""

from __future__ import annotations

from collections import defaultdict

from ingest.html.coverage import TextKept
from ingest.live.spot_check import PageCheck
from ingest.report import Report
from rag.index.languages import MULTILINGUAL, in_words
from rag.place import Where
from ui.show import count, say

_NAMED = 3  # of what was skipped for one reason, so many are named
_SIGNS = {"added": "+", "changed": "~", "record_only": "~", "removed": "-"}


def print_report(report: Report, place: Where) -> None:
    """What a sync did, with every reason for what it left out."""
    if report.dry_run:
        _print_differences(report)
    say(
        ("Would be done, and was not. " if report.dry_run else "")
        + f"Posts: {report.added:,} added, {report.changed:,} changed, "
        f"{report.record_only:,} changed in their record only, {report.unchanged:,} unchanged, "
        f"{report.removed:,} removed, {len(report.skipped):,} skipped, "
        f"{len(report.recovered):,} recovered."
    )
    say(
        f"Index in {place}: {count(report.posts, 'post', 'posts')}, "
        f"{count(report.sections, 'section', 'sections')}, "
        f"{count(report.passages, 'passage', 'passages')}."
    )
    rate = report.embedded / report.encode_seconds if report.encode_seconds else 0
    if not report.dry_run:
        say(
            f"Embedded {count(report.embedded, 'passage', 'passages')}"
            + (f" at {rate:,.0f} a second" if rate else "")
            + f"; {report.seconds:.1f} seconds in all."
        )
    for one in report.languages:
        say(f"{in_words(one)}." + (f" {MULTILINGUAL}" if one.is_unread else ""))
    _print_text(report.text)
    _print_reasons(report)
    for post_id, damage in report.recovered:
        cut = "" if damage.complete else "; text may be missing"
        say(f"Recovered {post_id} {damage.recovered}{cut}.")
    _print_pages(report.pages)
    for warning in report.warnings:
        say(f"Note: {warning}")


def _print_text(text: TextKept) -> None:
    if not text.words:
        return
    kept = "all" if not text.lost else f"{text.words - text.lost:,}"
    rules = ", ".join(f"{rule} ({number:,})" for rule, number in text.left_out)
    say(
        f"Text of {count(text.posts, 'new or changed post', 'new or changed posts')}: "
        f"{count(text.words, 'word', 'words')}, {kept} of them in a section."
        + (f" Left out: {rules}." if rules else "")
    )
    if text.lost:
        more = ", …" if len(text.lost_from) > _NAMED else ""
        say(f"Words are missing of {', '.join(text.lost_from[:_NAMED])}{more}.")


def _print_differences(report: Report) -> None:
    for one in report.differences:
        record = " (only its record)" if one.what == "record_only" else ""
        say(f"{_SIGNS[one.what]} {one.post_id}{record}" + (f"  {one.title}" if one.title else ""))


def _print_reasons(report: Report) -> None:
    reasons: dict[str, list[str]] = defaultdict(list)
    for skipped in report.skipped:
        reasons[f"Skipped: {skipped.reason}"].append(skipped.origin)
    for post_id in report.forgotten:
        reasons["Forgotten, so left out; `pullquote forget --undo ID` lets it in"].append(post_id)
    for post_id in report.empty:
        reasons["Without text, so nothing of it can be found"].append(post_id)
    for post_id in report.missing:
        reasons["No longer named by the site; deleted if so next time"].append(post_id)
    for address in report.shown_elsewhere:
        reasons["Almost no text over REST, and much in the page (a page builder?)"].append(address)
    for reason, origins in reasons.items():
        more = ", …" if len(origins) > _NAMED else ""
        say(f"{reason}: {len(origins)} ({', '.join(origins[:_NAMED])}{more})")
    if report.as_thin:
        posts = count(report.as_thin, "more post has", "more posts have")
        say(f"{posts} as little text; their pages were not opened.")


def _print_pages(pages: PageCheck) -> None:
    if pages.opened or pages.failures:
        found = []
        if pages.quotes:
            found.append(f"the quoted words stand in {pages.quotes_found} of {pages.quotes}")
        if pages.anchors:
            found.append(f"the section's id in {pages.anchors_found} of {pages.anchors}")
        opened = f"Opened {count(pages.opened, 'page', 'pages')} of the site"
        say(f"{': '.join(filter(None, [opened, ', '.join(found)]))}.")
    for failure in pages.failures[:_NAMED]:
        say(f"  {failure}")
