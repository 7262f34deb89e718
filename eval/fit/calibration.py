r"""Fits every weight and threshold of retrieval, quoting, refusing and judging on labelled data.

    python -m eval.fit --index INDEX --cases CASES.jsonl --claims WICE_CLAIMS.jsonl \
        --clapnq FOLDER [--keep-support]

Weights come from regularised logistic models with few features; every figure that is written
beside them is of questions that the fold's weights had not seen (five folds, by question). The
file is kept under the model's revision in `rag/models/` and goes into the wheel.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eval.cases.cases import load_cases
from eval.claim_pairs import bundled_fit_pairs, bundled_pairs
from eval.fit.models import (
    CRITERIA,
    FOLDS,
    SEED,
    Fitted,
    fit,
    fold_numbers,
)
from eval.fit.observe import Observation, observe
from eval.fit.shares import observe_clapnq
from eval.fit.support import fit_support, read_pairs, read_wice
from eval.fit.unseen import evaluate, evaluate_near
from eval.hashes import file_sha256
from rag.backends import load_embedder
from rag.checking.as_numbers import WEIGHTS as JUDGE_WEIGHTS
from rag.checking.with_torch import ClaimReader
from rag.embedding.embedder import Embedder, ModelId
from rag.index.index import Index
from rag.reading.as_numbers import WEIGHTS
from rag.reading.with_torch import ModelReader
from rag.settings import load_settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--cases", type=Path, required=True, nargs="+")
    parser.add_argument("--claims", type=Path, required=True, help="WiCE claims to fit support on")
    parser.add_argument("--clapnq", type=Path, help="its folder, for sentences of one section")
    parser.add_argument(
        "--keep-support", action="store_true", help="as shipped: after a change to reading alone"
    )
    parser.add_argument("--output", type=Path, default=Path("rag/models"))
    arguments = parser.parse_args()
    settings = load_settings(index=arguments.index)
    index = Index(settings.place)
    embedder = load_embedder(settings)
    index.check_model(embedder.id)
    cases = [case for file in arguments.cases for case in load_cases(file, needs_gold=True)]
    reader = ModelReader() if settings.read_passages and WEIGHTS.is_file() else None
    read = settings.read_passages if reader else 0
    observations = observe(cases, index, embedder, settings, reader)
    near = observe_clapnq(arguments.clapnq, settings, reader) if read and arguments.clapnq else []
    values = fit(observations, read=read, near=near).values()
    figures = cross_validate(observations, read=read, near=near)
    name = f"calibration-{embedder.id.revision}.json"
    shipped = Path("rag/models") / name if arguments.keep_support else None
    support = _support(arguments.claims, embedder, index, shipped)
    values["thresholds"] |= support.pop("thresholds")
    values["figures"] = {**figures, **support.pop("figures")}
    values |= support
    data = [*arguments.cases, arguments.claims, bundled_pairs(), bundled_fit_pairs()]
    if near:
        data.append(arguments.clapnq / "clapnq_dev_answerable.jsonl")
    values["made_from"] = _made_from(data, embedder.id, reader.id if reader else "")
    file = arguments.output / name
    file.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(values["figures"], indent=1))


def _support(
    claims: Path, embedder: Embedder, index: Index, shipped: Path | None
) -> dict[str, Any]:
    """Weights, thresholds and figures of judging claims; `shipped`: those of that file."""
    if shipped:
        kept = json.loads(shipped.read_text(encoding="utf-8"))
        names = {"support", "read_support"} & kept.keys()
        return {
            **{name: kept[name] for name in names},
            "thresholds": {"min_support": kept["thresholds"]["min_support"]},
            "figures": {name: kept["figures"][name] for name in names},
        }
    every = [*read_wice(claims), *read_pairs(bundled_pairs()), *read_pairs(bundled_fit_pairs())]
    found = fit_support(every, embedder, index.token_weights)
    found["figures"] = {"support": found["figures"]}
    if JUDGE_WEIGHTS.is_file():
        own = fit_support(every, embedder, index.token_weights, ClaimReader())
        found["figures"]["read_support"] = own.pop("figures")
        found["read_support"] = own
    return found


def cross_validate(
    observations: Sequence[Observation], *, read: int = 0, near: Sequence[Observation] = ()
) -> dict[str, Any]:
    """Figures on questions that the weights had not seen, with their intervals."""
    folds = fold_numbers(len(observations))
    near_folds = fold_numbers(len(near))
    near_parts: list[list[Observation]] = []
    results: list[Fitted] = []
    parts: list[list[Observation]] = []
    for fold in range(FOLDS):
        train = [o for o, f in zip(observations, folds, strict=True) if f != fold]
        parts.append([o for o, f in zip(observations, folds, strict=True) if f == fold])
        near_parts.append([o for o, f in zip(near, near_folds, strict=True) if f == fold])
        others = [o for o, f in zip(near, near_folds, strict=True) if f != fold]
        results.append(fit(train, read=read, near=others))
    figures: dict[str, Any] = {**evaluate(results, parts)}
    if read:
        figures["read"] = evaluate(results, parts, read=read)
    if near:
        figures["read_near"] = evaluate_near(results, near_parts, read=read)
    return figures


def _made_from(files: Sequence[Path], model: ModelId, reader: str) -> dict[str, object]:
    return {
        "model": str(model),
        **({"reader": reader} if reader else {}),
        "made": datetime.now(UTC).date().isoformat(),
        "by": "python -m eval.fit",
        "criteria": CRITERIA,
        "folds": FOLDS,
        "seed": SEED,
        "data": {f.name: file_sha256(f) for f in files},
    }


if __name__ == "__main__":
    main()
