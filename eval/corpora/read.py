"""CLAPNQ, XQuAD and MTRAG-UN, in the files in which their authors publish them."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, ValidationError

from eval.cases.cases import Case
from eval.cases.gold import Gold
from eval.cases.jsonl import Text, read_lines
from eval.corpora.corpus import Corpus, hashed, plain_post
from eval.seen import XQUAD, clapnq_seen, is_graded
from eval.small_index import post_id
from rag.errors import SourceError
from rag.text.sentences import split_sentences
from rag.types import Turn

_ASKABLE = {"ANSWERABLE", "PARTIAL"}
_NOT = "UNANSWERABLE"
# How Natural Questions parts marks from words, and how they were written.
_JOINED = [
    (re.compile(r"`` ?| ?''"), '"'),
    (re.compile(r" (?=[,.;:?!%)\]])|(?<=[(\[$]) | (?='(?:s|m|d|ll|re|ve)\b)| (?=n't\b)"), ""),
    (re.compile(r"(?<=\w) - (?=\w)"), "-"),
    (re.compile(r"(?<![^ ])-- "), "– "),
]

# ---------------------------------------------------------------- CLAPNQ


class _ClapPassage(BaseModel):
    title: str
    sentences: tuple[str, ...]


class _ClapOutput(BaseModel):
    answer: str = ""
    selected_sentences: tuple[str, ...] = ()


class _ClapLine(BaseModel):
    id: str
    question: Text = Field(alias="input")
    passages: tuple[_ClapPassage, ...]
    output: tuple[_ClapOutput, ...]


def clapnq(folder: Path, *, every: bool = False) -> Corpus:
    """Every passage of the development part a post; any sentence that somebody chose is right.

    Args:
        folder: Of its files.
        every: Also the questions that the reader was trained on.
    """
    files = [folder / f"clapnq_dev_{kind}.jsonl" for kind in ("answerable", "unanswerable")]
    # Some passages stand under two questions; a site has each once.
    numbers: dict[tuple[str, tuple[str, ...]], int] = {}
    cases = []
    for line in (line for file in files for _, line in read_lines(file, _ClapLine)):
        own = [
            numbers.setdefault((one.title, one.sentences), len(numbers) + 1)
            for one in line.passages
        ]
        if not (every or is_graded(line.id)):
            continue
        chosen = [sentence for one in line.output for sentence in one.selected_sentences]
        quotes = dict.fromkeys(untokenised(sentence) for sentence in chosen if sentence.strip())
        gold = tuple(Gold(post_id(number), "", quote) for number in own for quote in quotes)
        answer = next((one.answer for one in line.output if one.answer), "") if gold else ""
        cases.append(
            Case(
                id=line.id,
                kind="explain",
                question=line.question,
                answerable=bool(gold),
                answer=answer,
                gold=gold,
            )
        )
    return Corpus(
        name="CLAPNQ, development part" + ("" if every else ", the half that is kept aside"),
        licence="Apache-2.0",
        origin="https://github.com/primeqa/clapnq",
        files=hashed(files),
        posts=tuple(
            plain_post(title, untokenised(" ".join(sentences))) for title, sentences in numbers
        ),
        cases=tuple(cases),
        seen=clapnq_seen(every=every),
    )


def untokenised(text: str) -> str:
    """The text as it is written: "one - year" is "one-year", and no space stands before a comma."""
    text = " ".join(text.split())
    for pattern, written in _JOINED:
        text = pattern.sub(written, text)
    return text


# ---------------------------------------------------------------- XQuAD in all of SQuAD


class _Answer(BaseModel):
    text: str
    answer_start: int


class _Question(BaseModel):
    id: str
    question: Text
    answers: tuple[_Answer, ...] = Field(min_length=1)


class _Paragraph(BaseModel):
    context: str
    qas: tuple[_Question, ...]


class _Article(BaseModel):
    title: str
    paragraphs: tuple[_Paragraph, ...]


class _Squad(BaseModel):
    data: tuple[_Article, ...]


def xquad(folder: Path) -> Corpus:
    """Every article of SQuAD a post; right is the sentence in which the marked answer stands."""
    files = folder / "xquad.en.json", folder / "squad_articles.tar.gz"
    texts = dict(_articles(files[1]))
    places = {title: number for number, title in enumerate(sorted(texts), 1)}
    asked = _squad(files[0])
    if missing := sorted({article.title for article in asked.data} - set(places)):
        raise SourceError(
            f"{files[1]} has no article {missing[0]!r}.", hint="Take all 490 articles of SQuAD."
        )
    return Corpus(
        name="XQuAD's English questions in all articles of SQuAD",
        licence="CC BY-SA 4.0",
        origin="https://github.com/google-deepmind/xquad",
        files=hashed(files),
        posts=tuple(plain_post(title.replace("_", " "), texts[title]) for title in places),
        cases=tuple(
            Case(
                id=one.id,
                kind="fact",
                question=one.question,
                answer=one.answers[0].text,
                must_include=(tuple(dict.fromkeys(answer.text for answer in one.answers)),),
                gold=_gold(places[article.title], paragraph, one),
            )
            for article in asked.data
            for paragraph in article.paragraphs
            for one in paragraph.qas
        ),
        seen=XQUAD,
    )


def _gold(number: int, paragraph: _Paragraph, question: _Question) -> tuple[Gold, ...]:
    quotes = dict.fromkeys(
        sentence_of(paragraph.context, one.answer_start, one.answer_start + len(one.text))
        for one in question.answers
    )
    return tuple(Gold(post_id(number), "", quote) for quote in quotes)


def sentence_of(text: str, start: int, end: int) -> str:
    """The sentence, or the sentences, in which `text[start:end]` stands."""
    own = [one for one in split_sentences(text) if one.start < end and one.end > start]
    return text[own[0].start : own[-1].end] if own else text[start:end]


def _squad(file: Path) -> _Squad:
    try:
        return _Squad.model_validate_json(file.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise SourceError(
            f"{file} is not in the form of SQuAD: {place}: {first['msg']}.",
            hint="Take the file as its authors publish it.",
        ) from error
    except OSError as error:
        raise _unread(file, error) from error


def _articles(packed: Path) -> Iterator[tuple[str, str]]:
    """Title and text of each article; a line is a paragraph."""
    try:
        with tarfile.open(packed) as archive:
            for member in archive:
                stream = archive.extractfile(member)
                if stream and member.name.endswith(".txt"):
                    yield Path(member.name).stem, stream.read().decode("utf-8")
    except (OSError, tarfile.TarError, UnicodeDecodeError) as error:
        raise _unread(packed, error) from error


def _unread(file: Path, error: Exception) -> SourceError:
    return SourceError(f"{file} cannot be read: {error}.", hint="Look at the path.")


# ---------------------------------------------------------------- MTRAG-UN


class _Context(BaseModel):
    document_id: str
    title: str = ""
    text: str


class _Said(BaseModel):
    speaker: Literal["user", "agent"]
    text: str


class _Task(BaseModel):
    task_id: str
    contexts: tuple[_Context, ...]
    said: tuple[_Said, ...] = Field(alias="input")
    answerability: tuple[str, ...]


def mtrag(folder: Path) -> Corpus:
    """The documents of all conversations; the last thing said is the question.

    A question that nobody called answerable or unanswerable, because it says too little, is left
    out, and so is an answerable one without a document.
    """
    file = folder / "mtragun_dev.jsonl"
    tasks = [task for _, task in read_lines(file, _Task)]
    documents = {one.document_id: one for task in tasks for one in task.contexts}
    places = {id_: number for number, id_ in enumerate(documents, 1)}
    return Corpus(
        name="MTRAG-UN, development part, with the documents named in it alone",
        licence="Apache-2.0",
        origin="https://github.com/IBM/mt-rag-benchmark",
        files=hashed([file]),
        posts=tuple(
            plain_post(one.title, one.text.removeprefix(one.title)) for one in documents.values()
        ),
        cases=tuple(
            Case(
                id=task.task_id,
                kind="multi",
                question=task.said[-1].text,
                history=_turns(task.said[:-1]),
                answerable=bool(gold),
                gold=gold,
            )
            for task in tasks
            for gold in [_documents(task, places)]
            if gold or _NOT in task.answerability
        ),
        whole_posts=True,
    )


def _documents(task: _Task, places: dict[str, int]) -> tuple[Gold, ...]:
    if not _ASKABLE.intersection(task.answerability):
        return ()
    own = dict.fromkeys(one.document_id for one in task.contexts)
    return tuple(Gold(post_id(places[id_]), "", "") for id_ in own)


def _turns(said: Sequence[_Said]) -> tuple[Turn, ...]:
    turns: list[Turn] = []
    for one in said:
        if one.speaker == "user":
            turns.append(Turn(one.text))
        elif turns:
            turns[-1] = Turn(turns[-1].question, one.text)
    return tuple(turns)
