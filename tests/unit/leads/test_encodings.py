"""No file is read in an encoding that is only guessed: what is not certain is asked."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from leadflow.leads.files.formats.reading import open_table
from leadflow.leads.files.formats.tables_of_text import BROKEN, UnreadableFile
from leadflow.leads.files.formats.western import is_western
from leadflow.leads.files.mapped_file import opened
from leadflow.leads.files.mapping import MappingError, parse_mapping
from leadflow.leads.files.mapping_parts import CsvOptions, Join
from leadflow.leads.files.proposing.proposal import propose

TURKISH = "Şahin Yılmaz Ayşe Kılıç Yıldız Doğan Şükrü İstanbul Müşteri Işık Çağlar Erdoğan"
RUSSIAN = "Иванов Анна Сергей Ольга Петров и в ООО Ян Москва о Ёлкин ул Москва"
GREEK = "Παπαδόπουλος Γιώργος Μαρία Αθήνα Νίκος η ο το και Έλενα"
CENTRAL = (
    "Kamiński Małgorzata Łukasz Zając Dvořák Čermák Kučera Hrdlička Petrović Szőke Erdős Szűcs "
    "Martinů Zdeněk Plzeň Pęk Dębski Węgrzyn Krejčí Němec"
)
JAPANESE = "佐藤 鈴木 田中 さくら メール 東京 一 ア ﾃｽﾄ 山田太郎 株式会社 A社"
CHINESE = "王伟 李 张 刘洋 北京 A座 陈 有限公司 林"
WESTERN = (
    "Müller Größe Straße Jürgen Österreich Übel Ärzte Groß MÜLLER Hélène François Éléonore Lefèvre "
    "père Noël Loïc Anaïs Benoît Château août sûr être créée García Núñez Muñoz Jesús Raúl Ángel "
    "Óscar España compañía Ibáñez José Úrsula João São Conceição Simões Gonçalves mãe Niccolò "
    "città caffè più venerdì Sørensen Jørgen Møller Håkan Åse Kjær Næss Pääkkönen België Zoë"
)
OTHERS = {
    "cp1254": TURKISH,
    "iso8859_9": TURKISH,
    "cp857": TURKISH,
    "cp1251": RUSSIAN,
    "koi8_r": RUSSIAN,
    "cp866": RUSSIAN,
    "iso8859_7": GREEK,
    "cp1253": GREEK,
    "cp1250": CENTRAL,
    "iso8859_2": CENTRAL,
    "mac_roman": WESTERN,
    "cp850": WESTERN,
    "cp932": JAPANESE,
    "euc_jp": JAPANESE,
    "gb18030": CHINESE,
    "big5": "王 李 北 A座 陳 有限公司 林",
    "euc_kr": "김민수 이 박지훈 서울 최 정 주식회사 강남 A동",
    "cp1255": "כהן לוי דוד את א",
    "cp1256": "محمد علي فاطمة و في",
    "cp1257": "Žukauskas Jonaitė Čekuolis Bērziņš Jānis Kļaviņš Ģirts Rūta",
}
MAPPING = parse_mapping({"source": "shop", "key": "id", "fields": {"last_name": "name"}})
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def written(path: Path, words: str, encoding: str) -> Path:
    rows = "".join(f"{n};{word}\n" for n, word in enumerate(words.split()))
    path.write_bytes(f"id;name\n{rows}".encode(encoding))
    return path


@pytest.mark.parametrize("encoding", OTHERS)
def test_no_word_of_another_encoding_is_taken_for_a_western_one(encoding: str) -> None:
    taken = [
        (word, read)
        for word in OTHERS[encoding].split()
        if not word.isascii()
        and (read := word.encode(encoding).decode("cp1252", "replace")) != word
        and is_western(read)
    ]
    assert taken == []


@pytest.mark.parametrize("word", [w for w in WESTERN.split() if not w.isascii()])
def test_western_words_are(word: str) -> None:
    assert is_western(word)


@pytest.mark.parametrize(
    "text",
    ["Budget (€)", "they’ll", "Müller – 50 €", "Müller: 20 m², n° 5", "l’été à Zürich", "“José”"],
)
def test_signs_of_western_texts_are_known(text: str) -> None:
    assert is_western(text)


@pytest.mark.parametrize("encoding", OTHERS)
def test_a_file_in_another_encoding_is_asked_about_and_not_imported(
    tmp_path: Path, encoding: str
) -> None:
    path = written(tmp_path / "leads.csv", OTHERS[encoding], encoding)
    [question, *_] = propose(open_table(path, CsvOptions()), "shop", NOW).questions
    assert "Which encoding" in question
    with pytest.raises(MappingError, match=r"csv: \{encoding: "):
        opened(path, MAPPING)
    said = MAPPING.model_copy(update={"csv": CsvOptions(encoding=encoding)})
    assert [row["name"] for row in opened(path, said).rows] == OTHERS[encoding].split()


@pytest.mark.parametrize("encoding", [e for e in OTHERS if e not in ("iso8859_9", "cp1257")])
def test_the_question_shows_how_words_read_in_the_right_one(tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path / "leads.csv", OTHERS[encoding], encoding)
    [question] = open_table(path, CsvOptions()).asked
    ways = question.split("values read: ")[1].split(". Say it")[0].split("; ")
    shown = [set(way.split(": ")[1].split(", ")) for way in ways]
    assert any(words <= set(OTHERS[encoding].split()) for words in shown)
    assert "\n" not in question


def test_a_western_file_is_read_as_before_and_said(tmp_path: Path) -> None:
    path = written(tmp_path / "leads.csv", WESTERN, "cp1252")
    table = open_table(path, CsvOptions())
    assert table.asked == ()
    assert "windows-1252: " in table.said[0]
    assert "Österreich" in table.said[0]
    assert [row["name"] for row in table.rows] == WESTERN.split()


@pytest.mark.parametrize("place", [0, 50, 9_900])
def test_of_a_file_in_utf_8_only_the_rows_with_other_bytes_are_set_aside(
    tmp_path: Path, place: int
) -> None:
    path = tmp_path / "leads.csv"
    rows = [f"{n};Müller\n".encode() for n in range(10_000)]
    rows[place] = "1;Böse\n".encode("cp1252")
    path.write_bytes(b"id;name\n" + b"".join(rows))
    table = open_table(path, CsvOptions())
    read = list(table.rows)
    broken = [number for number, row in enumerate(read) if BROKEN in row]
    assert (table.asked, broken) == ((), [place])
    assert {row["name"] for row in read if BROKEN not in row} == {"Müller"}
    assert place > 5000 or "1 line" in table.said[0]


def test_a_row_that_may_be_in_another_encoding_than_the_others_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    german = "id;name\n" + "1;Müller\n" * 20_000
    path.write_bytes(german.encode("cp1252") + "2;Yılmaz\n3;Böse\n".encode("cp1254"))
    rows = list(open_table(path, CsvOptions()).rows)
    assert [number for number, row in enumerate(rows) if BROKEN in row] == [20_000]
    assert "csv.encoding" in str(rows[-2][BROKEN])
    assert rows[-1]["name"] == "Böse"


def test_words_far_down_in_a_plain_file_tell_its_encoding(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    plain = b"id;name\n" + (b"1;" + b"Smith " * 40 + b"\n") * 10_000
    path.write_bytes(plain + "2;Müller\n3;José".encode("cp1252"))
    last = list(open_table(path, CsvOptions()).rows)[-2:]
    assert [row["name"] for row in last] == ["Müller", "José"]
    path.write_bytes(plain + "3;José".encode("cp1252"))
    assert list(open_table(path, CsvOptions()).rows)[-1]["name"] == "José"
    path.write_bytes(plain + "2;Иванов\n".encode("cp1251"))
    assert open_table(path, CsvOptions()).asked


def test_a_look_up_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "other.csv", RUSSIAN, "cp1251")
    (tmp_path / "leads.csv").write_text("id,who\n1,2\n")
    join = Join(file="other.csv", column="who", key="id", prefix="other")
    with pytest.raises(UnreadableFile, match=r"other\.csv.*UTF-8"):
        open_table(tmp_path / "leads.csv", CsvOptions(), [join])
