"""Words in PostgreSQL: stems of our own making in a tsvector, ranked as SQLite ranks them.

PostgreSQL's own ranking knows nothing of how rare a word is, so BM25 is computed here, from how
often each passage holds a stem. `ts_rank` of a single stem with equal weights grows with just that
number and with nothing else, and costs a tenth of taking the vector apart; what it gives for 1, 2,
3, … is asked for once, and looked up backwards. Passages that only hold common words are not
looked at where these could not lift them among the best (Turtle and Flood, 1995,
https://doi.org/10.1016/0306-4573(95)00020-H).
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from rag.catalog.engine import Connection, in_parts
from rag.catalog.stems import Stemmer
from rag.text.sentences import is_one_sign

_K1, _B = 1.2, 0.75
_LEAST_IDF = 1e-6  # SQLite's, of a word in more than half of all passages
_OFTEN = 255  # how often a tsvector notes a stem, at most
_LAST_PLACE = 16_383  # of a tsvector
_LONGEST = 2046  # bytes of a stem that a tsvector holds
_ONES = "'{1,1,1,1}'"  # the weights of ts_rank
_RANKS: list[float] = []  # the same of every server


@dataclass(frozen=True, slots=True)
class _Asked:
    """A stem of a question, or all that begin so."""

    stem: str
    is_start: bool
    passages: int
    idf: float
    """Times the words that have the stem."""

    @property
    def most(self) -> float:
        """What it can add to a passage's score, at most."""
        return self.idf * (_K1 + 1)

    @property
    def query(self) -> str:
        return _quoted(self.stem) + (":*" if self.is_start else "")


@cache
def _stemmer() -> Stemmer:
    return Stemmer()


class TsWords:
    """Words through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, rows: Sequence[tuple[int, str, str, str]]) -> None:
        found = _stems([" ".join(texts) for _, *texts in rows])
        lengths = [sum(map(len, stems.values())) for stems in found]
        self._connection.executemany(
            "INSERT INTO words VALUES (?, ?, ?, ?, ?, ?::tsvector)",
            [
                (*row, length, _vector(stems))
                for row, length, stems in zip(rows, lengths, found, strict=True)
            ],
        )
        self._count(Counter(stem for stems in found for stem in stems))
        self._total(len(rows), sum(lengths))

    def remove(self, numbers: Sequence[int]) -> None:
        run = self._connection.execute
        for part in in_parts(numbers):
            gone = run(
                "SELECT lexeme, count(*) FROM words, unnest(stems) WHERE number = ANY(?)"
                " GROUP BY lexeme",
                (list(part),),
            )
            self._count(Counter({stem: -passages for stem, passages in gone}))
            rows, words = run(
                "SELECT count(*), coalesce(sum(length), 0)::bigint FROM words"
                " WHERE number = ANY(?)",
                (list(part),),
            ).fetchone()
            self._total(-rows, -words)
            run("DELETE FROM words WHERE number = ANY(?)", (list(part),))

    def _count(self, counts: Counter[str]) -> None:
        self._connection.execute(
            "INSERT INTO stems SELECT * FROM unnest(?::text[], ?::bigint[]) ON CONFLICT (stem)"
            " DO UPDATE SET passages = stems.passages + excluded.passages",
            (list(counts), list(counts.values())),
        )

    def _total(self, passages: int, words: int) -> None:
        self._connection.execute(
            "UPDATE word_totals SET passages = passages + ?, words = words + ?", (passages, words)
        )

    def best(self, words: Sequence[str], limit: int) -> dict[str, float]:
        passages, total = self._connection.execute(
            "SELECT passages, words FROM word_totals"
        ).fetchone()
        asked = self._asked(words, passages)
        if not asked or limit <= 0:
            return {}
        mean = total / passages
        looked_at = _enough(asked, limit)
        while True:
            found = self._scored(asked[:looked_at], asked, mean, limit)
            left = asked[looked_at:]
            least = min(found.values()) if len(found) == limit else 0.0
            if sum(one.most for one in left) <= least:
                return found
            # As many more as it takes for the rest to be of no account, if the least stays so.
            while sum(one.most for one in asked[looked_at:]) > least:
                looked_at += 1

    def _asked(self, words: Sequence[str], passages: int) -> list[_Asked]:
        """The stems of a question that some passage holds, the rarest first."""
        starts = {word for word in words if is_one_sign(word)}
        # A stem counts as often as words have it: "year" and "years" are two that are held.
        whole = [word for word in words if word not in starts]
        stems = Counter(stem for found in _stems(whole) for stem in found)
        held = dict(
            self._connection.execute(
                "SELECT stem, passages FROM stems WHERE stem = ANY(?) AND passages > 0",
                (sorted(stems),),
            ).fetchall()
        )
        asked = [
            _Asked(stem, False, held[stem], times * _idf(passages, held[stem]))
            for stem, times in stems.items()
            if stem in held
        ]
        for start in sorted(starts):
            row = self._connection.execute(
                "SELECT count(*) FROM words WHERE stems @@ ?::tsquery", (f"{_quoted(start)}:*",)
            ).fetchone()
            if row[0]:
                asked.append(_Asked(start, True, row[0], _idf(passages, row[0])))
        return sorted(asked, key=lambda one: (-one.idf, one.stem))

    def _scored(
        self, any_of: Sequence[_Asked], asked: Sequence[_Asked], mean: float, limit: int
    ) -> dict[str, float]:
        """The best of the passages that hold any of some stems, by all of them."""
        often, scores, values = [], [], list[object]()
        for i, one in enumerate(asked):
            if one.is_start:
                often.append(
                    "(SELECT coalesce(sum(cardinality(positions)), 0)::float8 FROM unnest(stems)"
                    f" WHERE lexeme ^@ ?) AS n{i}"
                )
                values.append(one.stem)
            else:
                often.append(
                    f"width_bucket(ts_rank({_ONES}, stems, ?::tsquery)::float8, ?::float8[])"
                    f" AS n{i}"
                )
                values += (one.query, self._ranks())
            part = f"n{i} / (n{i} + {_K1} * ({1 - _B} + {_B} * length / ?::float8))"
            scores.append(f"?::float8 * {_K1 + 1} * {part}")
        weights = [value for one in asked for value in (one.idf, mean)]
        rows = self._connection.execute(
            "SELECT passages.id, found.score FROM"
            f" (SELECT number, {' + '.join(scores)} AS score FROM"
            f"  (SELECT number, length, {', '.join(often)} FROM words"
            # OFFSET keeps the two apart: each number is made once.
            "   WHERE stems @@ ?::tsquery OFFSET 0) AS held"
            "  ORDER BY score DESC LIMIT ?) AS found JOIN passages USING (number)"
            " ORDER BY found.score DESC, passages.id",
            (*weights, *values, " | ".join(one.query for one in any_of), limit),
        )
        return {row[0]: float(row[1]) for row in rows}

    def _ranks(self) -> list[float]:
        """From which value of ts_rank on a passage holds a stem once, twice and so on."""
        if not _RANKS:
            _RANKS.extend(self._measured_ranks())
        return _RANKS

    def _measured_ranks(self) -> list[float]:
        rows = self._connection.execute(
            f"SELECT ts_rank({_ONES}, ('a:' || array_to_string("
            "ARRAY(SELECT generate_series(1, often)), ','))::tsvector, 'a'::tsquery)::float8"
            f" FROM generate_series(1, {_OFTEN}) AS often ORDER BY often"
        )
        exact = [row[0] for row in rows]
        return [(low + high) / 2 for low, high in zip([0.0, *exact], exact, strict=False)]

    def passages_with(self, word: str, most: int) -> int:
        (stems,) = _stems([word])
        row = self._connection.execute(
            "SELECT coalesce(min(passages), 0) FROM stems WHERE stem = ANY(?)", (sorted(stems),)
        ).fetchone()
        return min(int(row[0]), most)

    def stems(self, start: str, end: str, shortest: int, longest: int) -> list[tuple[str, int]]:
        found: list[tuple[str, int]] = self._connection.execute(
            "SELECT stem, passages FROM stems WHERE stem >= ? AND stem < ?"
            " AND length(stem) BETWEEN ? AND ? AND passages > 0 ORDER BY stem",
            (start, end, shortest, longest),
        ).fetchall()
        return found

    def written(self, stem: str, most: int) -> list[str]:
        rows = self._connection.execute(
            "SELECT title || ' ' || headings || ' ' || text FROM words WHERE stems @@ ?::tsquery"
            " ORDER BY number LIMIT ?",
            (_quoted(stem), most),
        )
        return [row[0] for row in rows]

    def sections_with(self, word: str, most: int) -> list[tuple[str, str, str]]:
        (stems,) = _stems([word])
        if not stems:
            return []
        found: list[tuple[str, str, str]] = self._connection.execute(
            "SELECT DISTINCT posts.title, sections.headings, sections.text FROM"
            " (SELECT number FROM words WHERE stems @@ ?::tsquery ORDER BY number LIMIT ?) AS held"
            " JOIN passages USING (number) JOIN posts ON posts.id = passages.post_id"
            " JOIN sections ON sections.post_id = passages.post_id"
            "  AND sections.ordinal = passages.section LIMIT ?",
            # A section of many passages counts once; few sections have more than ten.
            (" & ".join(map(_quoted, stems)), 10 * most, most),
        ).fetchall()
        return found

    def all(self) -> Iterator[tuple[int, str, str, str]]:
        last = 0
        while rows := self._connection.execute(
            "SELECT number, title, headings, text FROM words WHERE number > ?"
            " ORDER BY number LIMIT 500",
            (last,),
        ).fetchall():
            yield from rows
            last = rows[-1][0]

    def count(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM words").fetchone()[0])

    def noted(self) -> int:
        return int(self._connection.execute("SELECT passages FROM word_totals").fetchone()[0])


def _idf(passages: int, held: int) -> float:
    """As SQLite has it."""
    return max(math.log((passages - held + 0.5) / (held + 0.5)), _LEAST_IDF)


def _enough(asked: Sequence[_Asked], limit: int) -> int:
    """How many of the rarest stems it takes to have as many passages as are wanted, at least."""
    together = 0
    for i, one in enumerate(asked, start=1):
        together += one.passages
        if together >= limit:
            return i
    return len(asked)


def _stems(texts: Sequence[str]) -> list[dict[str, list[int]]]:
    """Of each text its stems and their places; one that is too long has a short one instead."""
    found = _stemmer().stems(texts)
    return [{_short(stem): places for stem, places in stems.items()} for stems in found]


def _short(stem: str) -> str:
    encoded = stem.encode()
    if len(encoded) <= _LONGEST:
        return stem
    return f"{stem[:100]}{hashlib.blake2b(encoded, digest_size=16).hexdigest()}"


def _quoted(stem: str) -> str:
    doubled = stem.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"


def _vector(stems: dict[str, list[int]]) -> str:
    return " ".join(
        f"{_quoted(stem)}:{','.join(str(min(place, _LAST_PLACE)) for place in places)}"
        for stem, places in stems.items()
    )
