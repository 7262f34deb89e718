"""Sentences and words-only search in scripts of every kind, on short texts of our own."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from ingest.html.sections import sections
from ingest.sync import sync
from rag.catalog import read as catalog_read
from rag.index.index import Index
from rag.settings import load_settings
from rag.text.sentences import question_words, split_sentences

# Language, what parts them, and the sentences; as a post of that language and as one of a site that
# does not say its language, where the two agree.
SENTENCES = {
    "en": ("en", " ", [
        "Dr. Moreau opened the garden in 1998.", "“Who planted the limes?” she asked.",
        "We planted e.g. limes, No. 5 and St. Ives roses at 5 p.m. on Jan. 3.",
        '"Come in!"', "He went in.",
    ]),
    "fr": ("fr", " ", [
        "M. Moreau et Mme Blanc arrivent à 10 h.", "« Il pleut. »", "Qui a planté les tilleuls ?",
        "J.-P. Leroi les a plantés, cf. p. 3.",
    ]),
    "de": ("de", " ", [
        "Am 3. Mai kam Dr. med. Weiß, d. h. der Arzt.", "„Es regnet.“", "Wer pflanzte Nr. 5?",
        "Er ging z. B. nach Hause.",
    ]),
    "es": ("es", " ", [
        "¿Quién plantó los tilos?", "El Sr. Ruiz vive en la Av. Sol 3.", "¡Qué bien!", "“Llueve.”",
    ]),
    "cyrillic": ("ru", " ", [
        "Сад открыли в 1998 г. в Москве.", "Кто посадил липы?", "А. С. Иванов живёт на ул. Мира.",
        "«Пора идти!»", "Все встали.",
    ]),
    "ukrainian": ("uk", " ", [
        "Проф. Іваненко приїхав.", "Хто посадив липи?", "Він, на вул. Садовій.",
    ]),
    "arabic": ("ar", " ", [
        "افتتح د. أحمد الحديقة في الربيع.", "من زرع الأشجار؟", "زرعها أ.د. سالم، انظر ص. 5.",
        "ما أجملها!", "قال: «وصلنا.»", "ثم جلس.",
    ]),
    "persian": ("fa", " ", ["باغ در بهار باز شد.", "چه کسی درختان را کاشت؟", "باغبان."]),
    "urdu": ("ur", " ", ["باغ بہار میں کھلا۔", "درخت کس نے لگائے؟", "مالی نے۔"]),
    "hebrew": ("he", " ", [
        "הגן נפתח ב-1998.", "מי נטע את העצים?",
        'ד"ר כהן נטע אותם, ר\' עמ\' 5.', '"הגענו."', "הם נחו.",
    ]),
    "chinese": ("zh", "", [
        "花园在春天开放。", "谁种了这些椴树？", "真漂亮！", "他说：“我们到了。”",
        "“真的吗？”", "她点点头。",
        "3.5公斤的苹果……都是A.B.公司的。",
    ]),
    "japanese": ("ja", "", [
        "庭は春に開きます。", "誰が木を植えましたか？", "とてもきれい！",
        "彼は「着いた。」と言った。",
        "「雨だ。」", "彼は（まだ雨だ。）傘を開いた。",
    ]),
    "korean": ("ko", " ", [
        "정원은 봄에 문을 엽니다.", "누가 나무를 심었습니까?", "정말 예쁘네요!", '"3.5kg입니다."',
        "그가 쉬었다.",
    ]),
    "hindi": ("hi", " ", [
        "बगीचा वसंत में खुलता है।", "पेड़ किसने लगाए?", "डॉ. शर्मा ने रु. ५०० में १.५ किलो बीज लिए।",
        '"हम पहुँच गए।"', "वे बैठ गए॥",
    ]),
}  # fmt: skip


def found(text: str, language: str | None) -> list[str]:
    return [sentence.text for sentence in split_sentences(text, language=language)]


@pytest.mark.parametrize("name", SENTENCES)
def test_sentences_end_where_a_reader_ends_them(name: str) -> None:
    language, space, sentences = SENTENCES[name]
    assert found(space.join(sentences), language) == sentences


@pytest.mark.parametrize("name", ["arabic", "hebrew", "chinese", "japanese", "korean", "hindi"])
def test_a_site_need_not_say_its_language(name: str) -> None:
    _, space, sentences = SENTENCES[name]
    assert found(space.join(sentences), None) == sentences
    assert found(space.join(sentences), "en-US") == sentences


@pytest.mark.parametrize(("language", "name"), [("zh-CN", "chinese"), ("ja_JP", "japanese")])
def test_a_country_behind_the_language_changes_nothing(language: str, name: str) -> None:
    _, space, sentences = SENTENCES[name]
    assert found(space.join(sentences), language) == sentences


PHRASES = ["สวนเปิดในฤดูใบไม้ผลิ", "คุณสมชายปลูกต้นไม้ไว้เมื่อปี พ.ศ. 2541", "ดร. วิภาเขียนหนังสือเล่มนี้"]


def test_thai_without_full_stops_is_cut_at_its_spaces() -> None:
    short = " ".join(PHRASES)
    assert found(short, "th") == [short]  # abbreviations end nothing
    parts = found(" ".join(PHRASES * 8), "th")
    assert len(parts) > 2
    assert all(len(part) <= 200 for part in parts)
    assert " ".join(parts) == " ".join(PHRASES * 8)


def test_a_bold_question_or_statement_of_any_script_is_no_heading() -> None:
    for text in ("真漂亮！", "椴树？", "باغ کھلا۔", "من؟", "बगीचा है।", "Stop!"):
        assert sections(f"<p><b>{text}</b></p><p>x</p>")[0].headings == ()
    assert sections("<p><b>椴树</b></p><p>x</p>")[0].headings == ("椴树",)


# ---------------------------------------------------------------- search by words

# What a post says, and words and questions that have to find it among all others.
SEARCHES = {
    "latin": ("The gardener's lime trees stand behind the café.", ["lime tree", "cafe", "LIMES"]),
    "german": ("Die Linden blühen hinter dem Gewächshaus.", ["Gewächshaus", "gewachshaus"]),
    "cyrillic": ("Старые яблони растут за теплицей у реки.", ["теплицей", "Яблони", "Где яблони?"]),
    "arabic": (
        "زرع أحمد أشجار الزيتون خلف المدرسة القديمة.",
        ["المدرسة", "مدرسة", "والمدرسة", "احمد", "أَحْمَد", "أين أشجار الزيتون؟", "مدرسه"],
    ),
    "persian": ("کتابی درباره باغ‌های شیراز نوشتم.", ["كتابي", "شیراز", "باغهای"]),
    "hebrew": (
        'עצי הזית של צה"ל גדלים מאחורי הספרייה.',
        ["הספרייה", "צה״ל", "צהל", "הַזַּיִת", "איפה עצי הזית?"],
    ),
    "chinese": ("老师在图书馆后面种了三棵椴树和茶。", ["图书馆", "椴树", "椴树在哪里？", "茶"]),
    "japanese": (
        "先生は図書館の裏に桜の木を植え、コーヒーを飲んだ。",
        ["図書館", "桜", "コーヒー", "ｺｰﾋｰ", "図書館の裏には何がありますか？"],
    ),
    "korean": (
        "선생님은 도서관 뒤에 은행나무를 심었다.", ["도서관", "은행나무", "은행나무는 어디에?"],
    ),
    "thai": (
        "ครูปลูกต้นมะม่วงไว้หลังห้องสมุดของโรงเรียน", ["ห้องสมุด", "มะม่วง", "ต้นมะม่วงอยู่ที่ไหน"],
    ),
    "hindi": ("शिक्षक ने पुस्तकालय के पीछे आम के पेड़ लगाए।", ["पुस्तकालय", "आम", "पेड़ कहाँ हैं?"]),
}  # fmt: skip


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of a post in each language; the words stand in its text alone."""
    folder = tmp_path_factory.mktemp("library")
    posts = [
        {
            "id": number,
            "link": f"https://garden.example/{name}/",
            "title": {"rendered": f"Post {number}"},
            "content": {"rendered": f"<p>{text}</p>", "protected": False},
        }
        for number, (name, (text, _)) in enumerate(SEARCHES.items(), 1)
    ]
    (folder / "posts.json").write_text(json.dumps(posts))
    sync(
        [str(folder / "posts.json")], load_settings(index=folder / "index", embedding_model="hash")
    )
    return folder / "index"


@pytest.mark.parametrize(
    ("name", "asked"), [(name, asked) for name, (_, all_) in SEARCHES.items() for asked in all_]
)
def test_a_word_inside_a_sentence_is_found_by_words_alone(
    library: Path, name: str, asked: str
) -> None:
    with closing(Index(library)) as index:
        ranked = catalog_read.by_words(index.catalog, question_words(asked), 10)
        passages = catalog_read.passages(index.catalog, list(ranked))
    assert ranked, question_words(asked)
    assert passages[next(iter(ranked))].text == SEARCHES[name][0]


@pytest.mark.parametrize(
    "asked", ["窗户", "まど", "창문", "หน้าต่าง", "نافذة", "חלון", "खिड़की", "окно"]
)
def test_a_word_that_stands_nowhere_finds_nothing(library: Path, asked: str) -> None:
    with closing(Index(library)) as index:
        assert catalog_read.by_words(index.catalog, question_words(asked), 10) == {}
