"""What limits a question, as fields of JSON: refused in the words of whoever writes JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import PydanticCustomError


def _names(value: Any, take: ValidatorFunctionWrapHandler) -> Any:
    if isinstance(value, str | Mapping):
        raise _NO_NAMES
    try:
        return take(value)
    except ValidationError as error:
        if error.errors()[0]["loc"]:  # one of them is no text
            raise
        raise _NO_NAMES from error


def _moment(value: Any, take: ValidatorFunctionWrapHandler) -> Any:
    # Numbers would be taken for seconds since 1970, and whoever sends 2019 means a year.
    if isinstance(value, int | float) or (isinstance(value, str) and _NUMBER.fullmatch(value)):
        raise _NO_TIME
    try:
        return take(value)
    except ValidationError as error:
        raise _NO_TIME from error


_NUMBER = re.compile(r"\s*[-+]?\d+(\.\d*)?\s*")
_NO_NAMES = PydanticCustomError("names", 'takes a list of names, as in ["Ines Moreau"]')
_NO_TIME = PydanticCustomError(
    "time", 'takes a day or a time, as "2024-01-31" or "2024-01-31T12:00:00Z"'
)
Names = Annotated[tuple[str, ...], WrapValidator(_names)]
"""Authors, categories, tags or titles."""
Time = Annotated[datetime | None, WrapValidator(_moment)]
"""A day stands for its beginning."""
