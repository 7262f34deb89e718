"""Keeps the hashes of questions that weights were fitted on and that are not part of the package.

    python -m eval.fit.known --cases questions_dev.jsonl --clapnq FOLDER --squad DEV.json

Run it after a fit on other files, so that `eval.fitted` knows their questions wherever they stand.
Of CLAPNQ only the half counts that is not kept for grading; of SQuAD 2.0 all of its development
part, on which late interaction was fitted.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterable
from pathlib import Path

from eval.fitted import STORED, question_hash, questions_in
from eval.hashes import file_sha256
from eval.seen import is_graded


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=Path, nargs="+", required=True)
    parser.add_argument("--clapnq", type=Path, required=True)
    parser.add_argument("--squad", type=Path, required=True)
    parser.add_argument("--output", type=Path, default=STORED)
    given = parser.parse_args()
    lines = [_line(file, questions_in(file)) for file in given.cases]
    for file in sorted(given.clapnq.glob("clapnq_dev_*.jsonl")):
        entries = map(json.loads, file.read_text(encoding="utf-8").splitlines())
        asked = (one["input"] for one in entries if not is_graded(str(one["id"])))
        lines.append(_line(file, map(question_hash, asked)))
    squad = json.loads(given.squad.read_text(encoding="utf-8"))["qs"]
    lines.append(_line(given.squad, (question_hash(one["q"]) for one in squad)))
    # Without a time in it, so that the same hashes make the same file.
    given.output.write_bytes(gzip.compress("".join(lines).encode(), mtime=0))


def _line(file: Path, hashes: Iterable[str]) -> str:
    known = "".join(sorted(set(hashes) - {""}))
    entry = {"file": file.name, "sha256": file_sha256(file), "questions": known}
    return json.dumps(entry) + "\n"


if __name__ == "__main__":
    main()
