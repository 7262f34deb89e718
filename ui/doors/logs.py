"""The log as one line of JSON for each thing that happens, on standard error."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any

from ui.doors.requests import here

_SERVERS = ("uvicorn", "uvicorn.error", "uvicorn.access")


class JsonLines(logging.Formatter):
    """Time, level, logger, message, request id, and what the record itself tells."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _public(record.getMessage()),
        }
        if at := here.get():
            line["request_id"] = at.request_id
        line |= getattr(record, "told", {})
        if record.exc_info:
            line["exception"] = _public(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def _public(text: str) -> str:
    """Without the question, which an exception or a chat model's provider may say again."""
    at = here.get()
    question = at.question.strip() if at else ""
    if not question:
        return text
    forms = {question, repr(question)[1:-1], json.dumps(question)[1:-1]}
    said = "|".join(re.escape(one) for one in sorted(forms, key=len, reverse=True))
    return re.sub(rf"(?<!\w)(?:{said})(?!\w)", "[question]", text)


def log_as_json() -> None:
    """From now on; requests are told as well."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    logging.getLogger("pullquote").setLevel(logging.INFO)
    for name in _SERVERS:  # which bring handlers of their own
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
