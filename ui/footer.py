"""What stands below the chat page: how much there is, and what its words promise."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from rag.catalog import IndexStatus
from rag.record_words import day


def footer(status: IndexStatus, chat_model: str | None = None) -> str:
    """What the page answers from and what its words promise, as HTML.

    Args:
        status: Of the index.
        chat_model: Who is sent questions, where that is anybody.
    """
    return f"<p>{' '.join(_promises(status, chat_model))}</p>"


def _promises(status: IndexStatus, chat_model: str | None) -> Iterator[str]:
    posts = f"{status.posts:,} {'post' if status.posts == 1 else 'posts'}"
    sites = f" of {', '.join(status.hosts)}" if status.hosts else ""
    synced = f", as of {day(status.synced_at)}" if status.synced_at else ""
    # "maker/name@revision/dimension": the name says enough here.
    model = status.embedder.partition("@")[0].rpartition("/")[2]
    found = f", found with {model}" if model else ""
    yield escape(f"Answers come from {posts}{sites}{synced}{found}.")
    yield (
        "<b>Quoted</b> words stand in the post as they are shown; <b>Supported</b> is an estimate."
    )
    if chat_model:
        yield escape(f"Your questions and what is found are sent to {chat_model}.")
    yield "Whether the posts are right is for you to judge."
