"""An answer as Markdown with footnotes, to take along: what *Copy* and the export of a chat give.

It speaks the page's language as far as the page's catalog has words for it. Posts and chat models
are strangers: every word of theirs is escaped, and only http(s) addresses become links.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from rag.text.record_words import day
from rag.types import Answer, Basis, Citation, Disagreement, Filters
from ui.context import contexts
from ui.markdown import marked, plain_markdown
from ui.numbers import numbered
from ui.parts import parts
from ui.render import place, record_field, web
from ui.texts import Texts, load_texts

_BASES = {
    Basis.QUOTED: "is_quoted",
    Basis.SUPPORTED: "is_supported",
    Basis.RECORD: "from_record",
}


def markdown(answer: Answer, texts: Texts | None = None) -> str:
    """A complete answer as Markdown; its footnotes are the quotes, with their addresses.

    Args:
        answer: Complete.
        texts: The page's words; None takes the English ones.
    """
    return "\n\n".join(_Copy(answer, texts or load_texts()).told())


class _Copy:
    """One answer in the words of one language."""

    def __init__(self, answer: Answer, texts: Texts) -> None:
        self._answer = answer
        self._texts = texts

    def told(self) -> Iterator[str]:
        """The paragraphs, and the footnotes below them."""
        answer, texts = self._answer, self._texts
        if answer.answered and answer.query.recognised:
            yield _aside(self._searched())
        yield from self._sentences()
        if not answer.answered:
            refused = texts.say("refused")
            yield f"**{refused}**"
            yield _aside(self._searched())
            yield from self._notes()  # why
            if answer.nearest:
                yield texts.say("nearest_hint")
                yield "\n".join(f"- {self._source(citation)}" for citation in answer.nearest)
        if answer.rejected:
            yield _aside(texts.count("copy_left_out", len(answer.rejected)))
        yield from map(self._otherwise, answer.disagreements)
        if answer.answered:
            yield from self._notes()
        places, _ = numbered(answer)
        for number, one in enumerate(places, 1):
            yield f"[^{number}]: {self._source(one)}"

    def _sentences(self) -> Iterator[str]:
        """Each sentence as a paragraph, and each list as one."""
        answer, texts = self._answer, self._texts
        _, marks = numbered(answer)
        around = contexts(answer)

        def said(number: int) -> str:
            sentence = answer.sentences[number]
            notes = "".join(f"[^{n}]" for n in marks[number])
            context = f"  \n*{plain_markdown(around[number])}*" if around[number] else ""
            basis = _capital(texts.say(_BASES[sentence.basis]))
            return f"{marked(sentence)}{notes} *{basis}*{context}"

        for part in parts(answer):
            lines = [" ".join(said(number) for number in line) for line in part.lines]
            if not part.listed:
                yield from lines
                continue
            yield "\n".join(f"- {line}" for line in lines)
            if part.left:
                left = texts.say("left_in_list", n=part.left)
                yield f"*({left})*"

    def _notes(self) -> Iterator[str]:
        for warning in self._answer.warnings:
            yield _aside(self._texts.say("note", text=warning))

    def _otherwise(self, one: Disagreement) -> str:
        which = self._texts.say("an_older" if one.is_older else "a_newer")
        said = self._texts.say("note", text=f"{which} “{one.other.quote}”")
        return f"{_aside(said)} {self._source(one.other)}"

    def _source(self, citation: Citation) -> str:
        """Where a quote stands, with its date, and the quote."""
        name = plain_markdown(place(citation))
        url = web(citation.url)
        linked = f"[{name}](<{url}>)" if url else name
        published = citation.post.published
        when = f", {plain_markdown(self._day(published))}" if published else ""
        quote = f"“{citation.quote}”" if citation.quote else record_field(citation)
        return f"{linked}{when}: {plain_markdown(quote)}"

    def _searched(self) -> str:
        """What was searched for, and what the search was limited to."""
        query, texts = self._answer.query, self._texts
        quoted = ", ".join(f"“{text}”" for text in query.searches)
        searched = texts.say("searched_for", texts=quoted)
        return " · ".join((searched, *self._limits(query.filters)))

    def _limits(self, filters: Filters) -> Iterator[str]:
        """As the page names them."""
        say = self._texts.say
        for kind, names in (
            ("author", filters.authors), ("category", filters.categories), ("tag", filters.tags),
            ("title", filters.titles),
        ):  # fmt: skip
            for name in names:
                yield say(f"limit_{kind}", value=name)
        first = self._day(filters.since) if filters.since else ""
        # Until the beginning of a day is until the end of the one before.
        last = self._day(filters.until - timedelta(microseconds=1)) if filters.until else ""
        if first and last:
            yield say("limit_between", value=f"{first} – {last}")
        elif first or last:
            yield say("limit_since" if first else "limit_until", value=first or last)

    def _day(self, moment: datetime) -> str:
        """In English, or as ISO 8601 has it, which is nobody's language."""
        is_english = self._texts.language.partition("-")[0].lower() == "en"
        return day(moment) if is_english else moment.date().isoformat()


def _aside(text: str) -> str:
    return f"*{plain_markdown(text)}*"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
