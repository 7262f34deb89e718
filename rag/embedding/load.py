"""Finding and loading a sentence-transformers model. With `with_torch`, the home of torch."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from sentence_transformers import SentenceTransformer

from rag.errors import ModelUnavailable


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
