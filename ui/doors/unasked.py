"""What chat programs and assistants are told where nothing is asked: a message, and no error.

Whoever greets in a chat has made no mistake, and a program that shows an error there looks broken.
"""

from __future__ import annotations

from rag.assistant import Assistant
from rag.record import AnswerRecord, not_asked
from ui.doors.footnotes import NOTHING_ASKED, inert

_SAID = (
    f"{NOTHING_ASKED} "
    "Ask a question about the posts{of}: about what stands in them, or about "
    "the posts themselves, such as “How many posts are there?” or “What is the newest post about?”"
)


def unasked(turn: str, assistant: Assistant) -> tuple[str, AnswerRecord]:
    """The message as Markdown, and the record of a turn that asks nothing.

    Reads the catalog, which may be on another machine.
    """
    site = assistant.settings.site_name
    said = _SAID.format(of=f" of {site}" if site else "")
    return inert(said), not_asked(turn, said, assistant.provenance)
