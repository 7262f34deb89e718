"""Cases with quotes to cases that name their gold sentences by hashes.

    python -m eval.publish CASES.jsonl PUBLISHED.jsonl --index INDEX

What comes out says which sentences answer without holding any of the posts' text, so that it can
be published on its own; an index of the posts finds the sentences again. A quote is a whole
sentence as the index splits it: those that it does not find are named, and nothing is written.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from eval.cases.cases import Case, load_cases, missing_gold, resolve_gold
from eval.cases.gold import Gold, sentence_hash
from rag.errors import PullquoteError
from rag.index.index import Index


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", type=Path, help="cases with quotes")
    parser.add_argument("published", type=Path, help="the file to write")
    parser.add_argument("--index", type=Path, required=True, help="an index of the posts")
    asked = parser.parse_args(arguments)
    try:
        cases = [_hashed(case) for case in load_cases(asked.cases)]
        index = Index(asked.index)
        missing = missing_gold(resolve_gold(cases, index), index)
        index.close()
    except PullquoteError as error:
        sys.exit(f"{error.problem}\n{error.hint}")
    if missing:
        sys.exit(
            f"{asked.index} has not every gold sentence as the cases quote it.\n"
            f"Quote whole sentences, as it splits them, in {', '.join(missing)}."
        )
    asked.published.write_text(published(asked.cases.read_text("utf-8-sig")), encoding="utf-8")


def published(lines: str) -> str:
    """Valid cases, one a line, with hashes in the place of quotes; all else as it was."""
    written = (json.loads(line) for line in lines.split("\n") if line.strip())
    return "".join(json.dumps(_without_quotes(one), ensure_ascii=False) + "\n" for one in written)


def _without_quotes(case: dict[str, Any]) -> dict[str, Any]:
    gold = {"gold": [_without_quote(one) for one in case["gold"]]} if "gold" in case else {}
    return case | gold


def _without_quote(gold: dict[str, Any]) -> dict[str, Any]:
    named = {key: value for key, value in gold.items() if key != "quote"}
    return named | ({"sentence": sentence_hash(gold["quote"])} if "quote" in gold else {})


def _hashed(case: Case) -> Case:
    return replace(case, gold=tuple(_named(gold) for gold in case.gold))


def _named(gold: Gold) -> Gold:
    return replace(gold, quote="", sentence=gold.sentence or sentence_hash(gold.quote))


if __name__ == "__main__":
    main()
