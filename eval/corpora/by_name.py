"""Public collections as sites: every article a post, every question a case with gold.

Each is read in the form in which its authors publish it, from a folder that the user names; nothing
of it is part of this project. What counts as found depends on what its authors marked:

* A site, CLAPNQ, XQuAD: sentences. A retrieved text is right if it is of the gold post and holds at
  least 60 % of the words of a gold sentence (`eval.cases.gold.holds`). XQuAD marks a few words of a
  paragraph; its gold is the sentence in which they stand.
* MTRAG-UN, BEIR: documents. Any text of a gold post is right, and a post counts once, where it is
  found first. Every document that was judged relevant counts alike, so on the few sets of BEIR with
  several degrees of relevance nDCG is not the published one.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import BaseModel, Field

from eval.cases.cases import Case, load_cases
from eval.cases.gold import Gold
from eval.cases.jsonl import Text, mistaken, read_lines
from eval.corpora.corpus import Corpus, hashed, plain_post
from eval.corpora.read import clapnq, mtrag, xquad
from eval.seen import fitted_files
from eval.small_index import post_id
from rag.errors import ConfigError, SourceError

CORPORA = ("site", "clapnq", "xquad", "mtrag", "beir")


def open_corpus(
    name: str, data: Path, *, cases: Sequence[Path] = (), split: str = "test", every: bool = False
) -> Corpus:
    """A collection of `CORPORA`.

    Args:
        name: Which one.
        data: Its folder; for "site" a file or folder of WordPress data.
        cases: Of "site": files of cases, as `pullquote eval` takes them.
        split: Of "beir": the name of the file with judgments, without its ending.
        every: Of "clapnq": also the questions that the reader was trained on.

    Raises:
        ConfigError: There is no such collection, or a site without cases.
        SourceError: A file is missing or has mistakes.
    """
    if name == "site":
        return _site(data, cases)
    if name == "beir":
        return _beir(data, split)
    if name == "clapnq":
        return clapnq(data, every=every)
    readers = {"xquad": xquad, "mtrag": mtrag}
    if name not in readers:
        raise ConfigError(
            f"There is no collection {name!r}.", hint=f"Take one of {', '.join(CORPORA)}."
        )
    return readers[name](data)


def _site(source: Path, case_files: Sequence[Path]) -> Corpus:
    if not case_files:
        raise ConfigError("A site needs questions.", hint="Name them with --cases FILE.")
    inside = sorted(file for file in source.rglob("*") if file.is_file())
    return Corpus(
        name=f"the site of {source.name}",
        licence="as the site says",
        origin="your own file",
        seen=fitted_files(case_files),
        files=hashed([*(inside if source.is_dir() else [source]), *case_files]),
        posts=source,
        cases=tuple(case for file in case_files for case in load_cases(file, needs_gold=True)),
    )


class _Document(BaseModel):
    id: str = Field(alias="_id")
    title: str = ""
    text: str = ""


class _Query(BaseModel):
    id: str = Field(alias="_id")
    text: Text


def _beir(folder: Path, split: str) -> Corpus:
    """The form of BEIR (Thakur et al., 2021, https://arxiv.org/abs/2104.08663)."""
    files = folder / "corpus.jsonl", folder / "queries.jsonl", folder / "qrels" / f"{split}.tsv"
    documents = [one for _, one in read_lines(files[0], _Document)]
    places = {one.id: number for number, one in enumerate(documents, 1)}
    relevant: dict[str, list[Gold]] = {}
    for number, (query, document) in _judged(files[2]):
        if document not in places:
            raise mistaken(files[2], [f"line {number}: no document {document!r}"])
        relevant.setdefault(query, []).append(Gold(post_id(places[document]), "", ""))
    return Corpus(
        name=f"{folder.name}, part {split}",
        licence="as its authors say",
        origin="your own folder, in the form of https://github.com/beir-cellar/beir",
        files=hashed(files),
        posts=tuple(plain_post(one.title, one.text) for one in documents),
        cases=tuple(
            Case(one.id, "multi", one.text, gold=tuple(relevant[one.id]))
            for _, one in read_lines(files[1], _Query)
            if one.id in relevant
        ),
        whole_posts=True,
    )


def _judged(file: Path) -> Iterator[tuple[int, tuple[str, str]]]:
    """Line number, query and document of each judgment above 0."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{file} cannot be read: {error}.", hint="Name the --split.") from error
    for number, row in enumerate(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE), 1):
        if number == 1 and row[-1:] == ["score"]:
            continue
        if len(row) != 3 or not row[2].lstrip("-").isdigit():
            raise mistaken(file, [f"line {number}: {row} is not query, document and score"])
        if int(row[2]) > 0:
            yield number, (row[0], row[1])
