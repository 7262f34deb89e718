"""Vectors of texts, kept in a file: another system's texts are not embedded in every run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from rag.types import Vectors

Embed = Callable[[Sequence[str]], Vectors]
_PART = 512  # texts that are embedded before what is there is put on the disk


class TextVectors:
    """Embeds what its file does not hold."""

    def __init__(self, embed: Embed, file: Path) -> None:
        """Read what was embedded before.

        Args:
            embed: Texts to vectors, a row for each.
            file: Belongs to one model; is written as an `.npz` where there is none yet.
        """
        self._embed, self._file = embed, file
        self._known: dict[str, np.ndarray[tuple[int], np.dtype[np.float32]]] = {}
        if file.is_file():
            with np.load(file) as kept:
                self._known = dict(zip(kept["texts"].tolist(), kept["vectors"], strict=True))

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """A row for each text, in order."""
        names = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in texts]
        new = {n: text for n, text in zip(names, texts, strict=True) if n not in self._known}
        for start in range(0, len(new), _PART):
            part = list(new.items())[start : start + _PART]
            vectors = np.asarray(self._embed([text for _, text in part]), dtype=np.float32)
            self._known |= zip((name for name, _ in part), vectors, strict=True)
            self._save()
        return np.stack([self._known[name] for name in names])

    def _save(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        beside = self._file.with_suffix(".part.npz")
        np.savez(
            beside,
            texts=np.asarray(list(self._known)),
            vectors=np.stack(list(self._known.values())),
        )
        beside.replace(self._file)
