"""One JSON file to a checked model, with its mistakes told."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from eval.cases.jsonl import unreadable
from rag.errors import SourceError

Model = TypeVar("Model", bound=BaseModel)
_SHOWN = 3


def read_json(file: Path, model: type[Model]) -> Model:
    """The whole file.

    Raises:
        SourceError: It cannot be read, or does not have the form.
    """
    try:
        return model.model_validate_json(file.read_bytes())
    except ValidationError as error:
        told = [
            f"{'.'.join(map(str, one['loc'])) or 'the file'}: {one['msg']}"
            for one in error.errors()[:_SHOWN]
        ]
        raise SourceError(
            f"{file} does not have the published form: {'; '.join(told)}.",
            hint="Take the file as it was published.",
        ) from error
    except OSError as error:
        raise unreadable(file, error) from error
