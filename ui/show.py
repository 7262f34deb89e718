"""What the terminal shows: answers, reports, status, checks, and how far a long job is.

Results go to standard output, progress to standard error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from rag.place import Where, place_of
from rag.text.record_words import day
from rag.types import Answer, CheckedSentence, Citation
from ui.context import contexts
from ui.numbers import numbered
from ui.parts import more, parts, row_words
from ui.render import (
    BASES,
    REFUSED,
    left_out,
    limits,
    notes_first,
    otherwise,
    place,
    record_field,
    searched_for,
)

if TYPE_CHECKING:  # each of these imports more than an answer needs
    from ingest.report import Progress as SyncProgress
    from rag.catalog.catalog import IndexStatus
    from rag.catalog.sources import Quarantined
    from ui.doctor import Check
    from ui.feedback import Feedback, Unanswered

# Posts come from outside, and a terminal obeys what it is sent.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_MARKER = re.compile(r"\[\^?\d{1,3}\]")


def say(text: str, *, style: str = "") -> None:
    """A line to standard output, without the power to command a terminal."""
    _say(Text(_CONTROLS.sub("", text), style=style))


def _say(text: Text) -> None:
    # Made anew each time: standard output may have been redirected since.
    Console(soft_wrap=True).print(text)


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """A moving sign while something takes seconds; nothing where no one watches."""
    with Console(stderr=True).status(f"{what} …"):
        yield


# ---------------------------------------------------------------- an answer


def print_answer(answer: Answer) -> None:
    """Sentences with their numbers, then where each number leads; or what is nearest."""
    if answer.query.recognised:
        say(f"{limits(answer)} (--as-asked looks everywhere)\n", style="dim")
    if answer.answered:
        if notes_first(answer):
            for warning in answer.warnings:
                say(f"Note: {warning}\n")
        _print_sentences(answer)
    else:
        say(REFUSED)
        say(f"Searched for: {searched_for(answer)}.", style="dim")
        _print_notes(answer)  # why
        if answer.nearest:
            say("\nThe nearest sections, and what they say:")
        for citation in answer.nearest:
            say(f"\n  {_place(citation)}")
            say(f"    “{citation.quote}”")
            _print_link(citation)
    if answer.rejected:
        say(f"\n{left_out(answer.rejected)}", style="dim")
    for one in answer.disagreements:
        say(f"\nNote: {otherwise(one)}")
        say(f"  {_place(one.other)}")
        _print_link(one.other)
    if answer.answered and not notes_first(answer):
        _print_notes(answer)


def _print_notes(answer: Answer) -> None:
    for warning in answer.warnings:
        say(f"\nNote: {warning}")


def _print_sentences(answer: Answer) -> None:
    places, marks = numbered(answer)
    around = contexts(answer)
    for part in parts(answer):
        for line in part.lines:
            texts = [_line(answer.sentences[i], marks[i]) for i in line]
            _say(Text("  • " if part.listed else "") + Text(" ").join(texts))
            for told in filter(None, (around[i] for i in line)):
                say(f"    {told}", style="dim")
        if part.left:
            say(f"  ({more(part.left)})", style="dim")
    shown = {one.text for one in answer.sentences if not row_words(one.citations[0])}
    # Fields of one post's record have its link in common, and a place in it each quote.
    for _, group in groupby(
        enumerate(places, 1), lambda one: one[1].post.id if one[1].field else one[0]
    ):
        numbers, citations = zip(*group, strict=True)
        say(f"\n{''.join(f'[{n}]' for n in numbers)} {_place(citations[0])}")
        for citation in citations:
            if citation.quote and citation.quote not in shown:
                say(f"    “{citation.quote}”")
            if citation.field:
                say(f"    {record_field(citation)}")
        _print_link(citations[0])


def _line(sentence: CheckedSentence, marks: Sequence[int]) -> Text:
    """A sentence with its numbers, its short answer in bold."""
    text = row_words(sentence.citations[0]) or _apart(sentence.text)
    short = sentence.short
    if short and text == sentence.text:
        ends = (text[: short.start], text[short.end :])
        said = Text.assemble(ends[0], (text[short.start : short.end], "bold"), ends[1])
    else:
        said = Text(text)
    return said + f" {''.join(f'[{n}]' for n in marks)} · {BASES[sentence.basis]}"


def _apart(text: str) -> str:
    """A sentence; in quotation marks where it brings a marker of its own, such as a footnote's."""
    return f"“{text}”" if _MARKER.search(text) else text


def _place(citation: Citation) -> str:
    published = citation.post.published
    return f"{place(citation)}, {day(published)}" if published else place(citation)


def _print_link(citation: Citation) -> None:
    say(f"    {citation.url or '(no address)'}", style="dim")
    damage = citation.post.damage
    if damage:
        cut = "" if damage.complete else "; text may be missing"
        say(f"    Recovered {damage.recovered}{cut}.", style="dim")


# ---------------------------------------------------------------- a sync


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f} a second" if speed else "")


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A bar with its rate and the time that is left; nothing where no one watches."""
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.fields[of]}"),
        _Rate(),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=console,
        disable=not console.is_terminal,
    ) as bar:
        yield bar


def counted(
    bar: Progress, told: str, *, of: str, done: int = 0, at_once: bool = True
) -> Callable[[int, int], None]:
    """A line of a bar; what is given back is called with how many are done, and how many there are.

    Args:
        bar: Where it stands.
        told: What is done.
        of: What is counted, as "cases".
        done: So many are done already.
        at_once: Shown now, else when it is first called.
    """
    task = bar.add_task(told, start=at_once, total=None, of="…", completed=done, visible=at_once)

    def show(done: int, total: int) -> None:
        bar.start_task(task)
        bar.update(task, completed=done, total=total, of=f"{total:,} {of}", visible=True)

    return show


@contextmanager
def sync_progress() -> Iterator[Callable[[SyncProgress], None]]:
    """What `ingest.sync.sync` may call to show how far it is."""
    with progress_bar() as bar:
        task = bar.add_task("Reading", total=None, of="…")

        def show(progress: SyncProgress) -> None:
            # The total grows while posts are read, so what is left is known only roughly.
            bar.update(
                task,
                description=f"{count(progress.posts, 'post', 'posts')} read",
                completed=progress.embedded,
                total=progress.passages or None,
                of=f"{progress.passages:,} passages embedded",
            )

        yield show


# ---------------------------------------------------------------- an index, an installation


def print_status(status: IndexStatus, place: Where, *, refusal: str = "as shipped") -> None:
    lines = {
        "Index": str(place),
        "Sites": ", ".join(status.hosts) or "none",
        "Posts": f"{status.posts:,}",
        "Sections": f"{status.sections:,}",
        "Passages": f"{status.passages:,}",
        "Newest post": day(status.newest) if status.newest else "none",
        "Last sync": f"{status.synced_at:%Y-%m-%d %H:%M} UTC" if status.synced_at else "none",
        "Model": status.embedder or "none yet",
        "Refusal": refusal,
    }
    server = place_of(place).chroma
    if server:
        lines["Chroma"] = server.url
    for name, value in lines.items():
        say(f"{name:<12} {value}")


def print_quarantine(entries: Sequence[Quarantined]) -> None:
    """What could not be read or must not be shown, by source."""
    say("")
    say(f"Quarantine: {count(len(entries), 'entry', 'entries')}")
    for one in entries:
        where = " ".join(filter(None, (one.origin, one.post_id and f"({one.post_id})")))
        since = f", since {day(one.seen_at)}" if one.seen_at else ""
        say(f"  {one.source}: {where}: {one.reason}{since}")


def print_feedback(votes: Sequence[Feedback]) -> None:
    """Each vote on a line, and how many there are of each kind."""
    for vote in votes:
        reason = f" ({vote.reason})" if vote.reason else ""
        say(f"{vote.day}  {'good' if vote.good else 'bad '}  {vote.question}{reason}")
    good = sum(vote.good for vote in votes)
    say(f"{count(len(votes), 'vote', 'votes')}: {good} good, {len(votes) - good} bad.")


def print_unanswered(questions: Sequence[Unanswered]) -> None:
    """Each question on a line, oldest first."""
    for one in questions:
        say(f"{one.day}  {one.question}")
    say(f"{count(len(questions), 'question', 'questions')} without an answer.")


def print_checks(checks: Iterable[Check]) -> bool:
    """Each check as soon as it is done; whether all were well."""
    well = True
    for check in checks:
        say(f"{'ok   ' if check.ok else 'WRONG'}  {check.what}")
        if not check.ok:
            say(f"       {check.hint}")
            well = False
    return well


def count(number: int, one: str, many: str) -> str:
    """A number with its noun."""
    return f"{number:,} {one if number == 1 else many}"
