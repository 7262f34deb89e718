"""Questions with marked answers, as the reader is trained on them.

* SQuAD 2.0 (Rajpurkar et al., 2018, https://arxiv.org/abs/1806.03822), questions of XQuAD
  (Artetxe et al., 2020, https://arxiv.org/abs/1910.11856) on the same paragraphs added: the
  sentence with the answer is right, and the answer's words are the short one. Every ninth article
  is kept for grading.
* Half of CLAPNQ's development part (Rosenthal et al., 2024, https://arxiv.org/abs/2404.02103), by
  a hash of the question's id: the sentences that people chose are right. The other half is kept
  for grading.
* Questions of our own on other SQuAD articles, `eval/data/reading.jsonl.gz`, in other words than
  the paragraph's. Every seventh article is kept for grading.

Beside each question stand passages that share its words and do not hold its short answer, as a
search finds them. Of those whose answer is no short phrase a few may answer it all the same.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from eval.cases.gold import sentence_hash
from eval.seen import is_graded
from rag.text.sentences import split_sentences

_HELD_OUT = slice(5, None, 9)  # articles of SQuAD, in the order of their titles
_FOUND = 40  # passages that a search by words looks at …
_OTHERS = 20  # … and the most that are kept beside a question
_KEPT = 7  # one article in so many is kept for grading


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage."""

    title: str
    sentences: tuple[str, ...]
    is_kept: bool = False
    """Whether it is kept for grading, and is not to be met in training."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and the passage that it was written for."""

    question: str
    passage: int
    right: tuple[int, ...] = ()
    """Sentences that answer; none: the passage does not."""
    unsure: tuple[int, ...] = ()
    """Sentences with the same words, of which nobody has said whether they answer."""
    answer: tuple[int, int] | None = None
    """Where the short answer stands, in characters of the sentences joined by spaces."""
    others: tuple[int, ...] = ()
    """Passages that share its words and do not hold its short answer, the nearest first."""
    is_graded: bool = False
    """Whether it is kept for grading."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Passages, and questions about them."""

    passages: tuple[Passage, ...]
    questions: tuple[Question, ...]


def bundled_reading() -> Path:
    """Over forty thousand questions of our own; their paragraphs are not part of the package."""
    return Path(str(files("eval.data") / "reading.jsonl.gz"))


def entries_of(file: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file of JSON lines, packed with gzip or not."""
    packed = file.suffix == ".gz"
    with (
        gzip.open(file, "rt", encoding="utf-8") if packed else file.open(encoding="utf-8") as lines
    ):
        yield from map(json.loads, lines)


def squad(squad_file: Path, xquad_file: Path) -> Corpus:
    """Questions of SQuAD 2.0's development part and of XQuAD."""
    data = json.loads(squad_file.read_text(encoding="utf-8"))
    paragraphs: list[dict[str, str]] = data["paras"]
    texts = [paragraph["text"] for paragraph in paragraphs]
    held_out = set(sorted({paragraph["title"] for paragraph in paragraphs})[_HELD_OUT])
    searched = _Search(texts)
    found: list[Question] = []
    for question, place, answer in _questions(data, texts, xquad_file):
        is_graded = paragraphs[place]["title"] in held_out
        near = searched.best(question, _FOUND)
        if not is_graded:  # what is kept for grading is not to be met in training
            near = [i for i in near if paragraphs[i]["title"] not in held_out]
        others = _others(near, place, answer, texts)
        if answer is None:
            found.append(Question(question, place, others=others, is_graded=is_graded))
            continue
        marked = _marked(texts[place], answer)
        if marked:
            found.append(Question(question, place, *marked, others, is_graded))
    return Corpus(
        tuple(
            _passage(
                paragraph["title"].replace("_", " "),
                paragraph["text"],
                paragraph["title"] in held_out,
            )
            for paragraph in paragraphs
        ),
        tuple(found),
    )


def clapnq(folder: Path) -> Corpus:
    """Questions of CLAPNQ's development part."""
    passages: list[Passage] = []
    asked: list[tuple[str, tuple[int, ...]]] = []
    for part in ("answerable", "unanswerable"):
        file = folder / f"clapnq_dev_{part}.jsonl"
        for line in file.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            passage = entry["passages"][0]
            chosen = {s for output in entry["output"] for s in output.get("selected_sentences", ())}
            right = tuple(i for i, s in enumerate(passage["sentences"]) if s in chosen)
            sentences = tuple(untokenised(s) for s in passage["sentences"])
            passages.append(Passage(passage["title"], sentences, is_graded(str(entry["id"]))))
            asked.append((entry["input"], right))
    texts = [" ".join(one.sentences) for one in passages]
    searched = _Search(texts)
    return Corpus(
        tuple(passages),
        tuple(
            Question(
                question,
                place,
                right,
                others=_others(
                    [
                        i
                        for i in searched.best(question, _FOUND)
                        if passages[place].is_kept or not passages[i].is_kept
                    ],
                    place,
                    None,
                    texts,
                ),
                is_graded=passages[place].is_kept,
            )
            for place, (question, right) in enumerate(asked)
        ),
    )


def own(questions: Path, articles: Path) -> Corpus:
    """Questions of our own; the paragraphs are those of the archive, one on each line."""
    found = list({text: article for article, text in paragraphs_of(articles)}.items())
    texts = [text for text, _ in found]
    places = {hashlib.sha256(t.encode()).hexdigest()[:12]: i for i, t in enumerate(texts)}
    # What is kept for grading is not to be met in training, as an answer or as none.
    learnt = [i for i, (_, article) in enumerate(found) if not is_kept_article(article)]
    searched = _Search([texts[i] for i in learnt]), _Search(texts)
    passages = tuple(
        _passage(unquote(a).replace("_", " "), text, is_kept_article(a)) for text, a in found
    )
    asked: list[Question] = []
    for entry in entries_of(questions):
        place = places[entry["paragraph"]]
        kept = is_kept_article(entry["article"])
        near = searched[kept].best(entry["question"], _FOUND)
        near = near if kept else [learnt[i] for i in near]
        sentences = passages[place].sentences
        right = tuple(i for i, s in enumerate(sentences) if sentence_hash(s) in entry["right"])
        short = _short(entry, sentences, right)
        answer = " ".join(sentences)[slice(*short)] if short else None
        others = _others(near, place, answer, texts)
        asked.append(Question(entry["question"], place, right, (), short, others, kept))
    return Corpus(passages, tuple(asked))


def _short(
    entry: dict[str, Any], sentences: Sequence[str], right: Sequence[int]
) -> tuple[int, int] | None:
    if not entry["short"]:
        return None
    first = next(i for i in right if sentence_hash(sentences[i]) == entry["right"][0])
    before = sum(len(s) + 1 for s in sentences[:first])
    return before + entry["short"][0], before + entry["short"][1]


def is_kept_article(article: str) -> bool:
    return hashlib.sha256(article.encode()).digest()[0] % _KEPT == 0


def _passage(title: str, text: str, is_kept: bool = False) -> Passage:
    return Passage(title, tuple(one.text for one in split_sentences(text)), is_kept)


def _others(
    near: Sequence[int], place: int, answer: str | None, texts: Sequence[str]
) -> tuple[int, ...]:
    hides = answer.lower() if answer else None
    kept = [i for i in near if i != place and not (hides and hides in texts[i].lower())]
    return tuple(kept[:_OTHERS])


def paragraphs_of(archive: Path) -> Iterator[tuple[str, str]]:
    """Articles' names and their paragraphs."""
    with tarfile.open(archive) as packed:
        for member in packed.getmembers():
            opened = packed.extractfile(member) if member.isfile() else None
            if opened:
                for line in opened.read().decode("utf-8").splitlines():
                    yield PurePosixPath(member.name).stem, line


def untokenised(text: str) -> str:
    """Text of Natural Questions as it is written: without the spaces around its marks."""
    for pattern, plain in (
        (r"`` ?", '"'), (r" ?''", '"'), (r" ([.,;:!?%)\]])", r"\1"), (r"([(\[]) ", r"\1"),
        (r" ('s|n't|'re|'ve|'ll|'d|'m|')\b", r"\1"), (" -- ", " – "), (" - ", "-"),
    ):  # fmt: skip
        text = re.sub(pattern, plain, text)
    return text


class _Search:
    """By words, as a first search finds passages."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._terms = TfidfVectorizer(sublinear_tf=True, stop_words="english")
        # By term, so that a question's few terms meet only the texts that have them.
        self._columns = self._terms.fit_transform(texts).T.tocsr()

    def best(self, question: str, count: int) -> list[int]:
        scores = (self._terms.transform([question]) @ self._columns).toarray().ravel()
        found: list[int] = np.argsort(-scores, kind="stable")[:count].tolist()
        return found


def _questions(
    data: dict[str, Any], texts: Sequence[str], xquad_file: Path
) -> Iterator[tuple[str, int, str | None]]:
    """Question, paragraph and answer; None where the paragraph has none."""
    labelled = [one for one in data["qs"] if one["imp"] is not None]
    for one in labelled:
        yield one["q"], one["p"], None if one["imp"] else one["ans"]
    known = {one["q"] for one in labelled}
    places = {text: place for place, text in enumerate(texts)}
    for article in json.loads(xquad_file.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            for one in paragraph["qas"]:
                place = places.get(paragraph["context"])
                if place is not None and one["question"] not in known:
                    yield one["question"], place, one["answers"][0]["text"]


def _marked(
    text: str, answer: str
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, int]] | None:
    """Right and unsure sentences and where the answer stands; None where no sentence holds it."""
    found = split_sentences(text)
    start = text.find(answer)
    own = next((i for i, s in enumerate(found) if s.start <= start < s.end), None)
    if own is None or start + len(answer) > found[own].end:
        return None
    same = tuple(i for i, s in enumerate(found) if i != own and answer in s.text)
    before = sum(len(s.text) + 1 for s in found[:own]) + start - found[own].start
    return (own,), same, (before, before + len(answer))
