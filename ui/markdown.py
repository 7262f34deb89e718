"""Text of posts and answers as Markdown that shows it as it is."""

from __future__ import annotations

import re

from rag.types import CheckedSentence
from ui.parts import row_words

_MARKDOWN = re.compile(r"([!-/:-@\[-`{-~])")  # all of ASCII that may mean something


def plain_markdown(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    # An entity where a backslash would do: the sanitiser behind the Markdown sees tags too.
    flat = _MARKDOWN.sub(r"\\\1", " ".join(text.split()))
    return flat.replace("\\&", "&amp;").replace("\\<", "&lt;").replace("\\>", "&gt;")


def marked(sentence: CheckedSentence) -> str:
    """A sentence, its short answer in bold; a table's row with the heads of its columns."""
    text, short = sentence.text, sentence.short
    row = row_words(sentence.citations[0])
    if row or short is None:
        return plain_markdown(row or text)
    cuts = (text[: short.start], text[short.start : short.end], text[short.end :])
    before, words, behind = (plain_markdown(one) for one in cuts)
    left = " " if cuts[0][-1:].isspace() else ""
    right = " " if cuts[2][:1].isspace() else ""
    return f"{before}{left}**{words}**{right}{behind}"
