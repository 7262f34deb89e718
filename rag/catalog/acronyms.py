"""Which words capital letters stand for: what posts say of that, noted as they are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rag.catalog.engine import Connection, in_parts
from rag.text.spelling import spelled_in

_SECTIONS = 500  # at once


def note(connection: Connection, post_id: str, texts: Iterable[str]) -> None:
    """Note what a post's sections spell out, such as "Federal Election Commission (FEC)".

    Nothing may be noted of that post yet; what is leaves the catalog with the post.
    """
    found = Counter(pair for text in texts for pair in spelled_in(text))
    connection.executemany(
        "INSERT INTO acronyms (letters, words, post_id, folded, times) VALUES (?, ?, ?, ?, ?)",
        [
            (letters, words, post_id, words.lower(), times)
            for (letters, words), times in found.items()
        ],
    )


def note_all(connection: Connection) -> None:
    """The same of every post, in a catalog that has nothing of it yet."""
    texts: list[str] = []
    last = ("", -1)
    while rows := connection.execute(
        "SELECT post_id, ordinal, text FROM sections WHERE (post_id, ordinal) > (?, ?)"
        f" ORDER BY post_id, ordinal LIMIT {_SECTIONS}",
        last,
    ).fetchall():
        for post_id, ordinal, text in rows:
            if post_id != last[0]:
                note(connection, last[0], texts)
                texts = []
            if "(" in text:
                texts.append(text)
            last = (post_id, ordinal)
    note(connection, last[0], texts)


def words_of(connection: Connection, letters: str) -> str:
    """What most posts say that capital letters stand for; empty where none says."""
    row = connection.execute(
        "SELECT words FROM acronyms WHERE letters = ?"
        " GROUP BY words ORDER BY sum(times) DESC, words LIMIT 1",
        (letters,),
    ).fetchone()
    return str(row[0]) if row else ""


def letters_for(connection: Connection, phrases: Sequence[str]) -> set[str]:
    """The capital letters that any post says stand for one of some phrases, in lower case."""
    found = set[str]()
    for part in in_parts(phrases):
        rows = connection.execute(
            f"SELECT DISTINCT letters FROM acronyms WHERE folded IN ({','.join('?' * len(part))})",
            part,
        )
        found.update(row[0] for row in rows)
    return found
