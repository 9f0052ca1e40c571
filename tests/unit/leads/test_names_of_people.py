"""Names of people are no attributes, in whatever language a file is."""

from datetime import UTC, datetime
from typing import Any

import pytest

from leadflow.leads.files.formats.tables_of_text import Row, Table
from leadflow.leads.files.proposing.proposal import Proposal, propose

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PEOPLE = {
    "Turkish": "Ayşe Mehmet Mustafa Emine Şahin Yılmaz Zeynep",
    "Polish": "Kowalski Nowak Wiśniewska Agnieszka Małgorzata Wójcik",
    "Russian": "Иванов Смирнова Сергей Ольга Достоевский Кузнецов",
    "Greek": "Παπαδόπουλος Γιώργος Μαρία Ελένη Νικολαΐδης",
    "Arabic": "محمد أحمد فاطمة علي خالد زينب",
    "Hebrew": "כהן לוי משה דוד שרה",
    "Chinese": "王伟 李娜 张敏 刘洋 陈静 杨磊",
    "Korean": "김민수 이지훈 박서연 최수진 정하은",
    "Japanese": "佐藤健 鈴木美咲 高橋翔太 田中花子 渡辺誠",
    "Czech": "Novák Dvořák Černý Svobodová Jiří",
    "Vietnamese": "Nguyễn Trần Lê Phạm Hoàng",
}
THINGS = {
    "cities": "Berlin Hamburg München Köln Frankfurt Stuttgart",
    "Russian cities": "Москва Самара Казань Омск Пермь Тула",
    "colours": "黄色 白色 红色 蓝色 绿色",
    "Korean trades": "제조 유통 금융 서비스 교육",
    "Japanese places": "東京 大阪 京都 名古屋 福岡 神戸",
    "cars": "Audi BMW Ford Toyota Volvo",
}


def proposed(values: list[str], name: str = "x", **more: list[str]) -> Proposal:
    columns = {"id": [str(n) for n in range(200)], name: values, "plan": ["a", "b"], **more}
    rows: list[Row] = [
        {column: cells[n % len(cells)] for column, cells in columns.items()} for n in range(200)
    ]
    return propose(Table(list(rows[0]), iter(rows)), "shop", NOW)


@pytest.mark.parametrize("language", PEOPLE)
def test_a_column_of_names_is_left_out_whatever_it_is_called(language: str) -> None:
    made = proposed(PEOPLE[language].split())
    assert made.content["ignore"]["x"] == "May name a person."
    assert list(made.content["attributes"]) == ["plan"]


@pytest.mark.parametrize("things", THINGS)
def test_names_of_other_things_are_attributes(things: str) -> None:
    made = proposed(THINGS[things].split())
    assert made.content["attributes"]["x"]["kind"] == "categorical"
    assert made.questions == []


@pytest.mark.parametrize(
    ("names", "addresses"),
    [
        (["Ilse", "Otto", "Egon", "Wanda"], ["ilse.k", "otto", "egon_b", "w.wanda"]),
        (["خديجة", "طارق", "سلمان"], ["khadija", "tariq.m", "salman"]),
        (["贾宝", "薛钗", "尹平"], ["jiabao", "xue.chai", "yin.ping"]),
    ],
)
def test_what_stands_in_the_address_beside_it_is_a_name(
    names: list[str], addresses: list[str]
) -> None:
    rows = [f"{address}{n}@firm{n}.example" for n in range(50) for address in addresses]
    assert proposed(names, mail=rows).content["ignore"]["x"] == "May name a person."


def test_many_different_words_that_could_be_names_are_asked_about() -> None:
    made = proposed([f"{a}{b}en" for a in "BDFGHKLM" for b in "aeiou"])
    assert made.content["ignore"]["x"] == "Perhaps names of people."
    [question] = made.questions
    assert question.startswith("x: are these names of people")


HEADED = {
    "first_name": "Ad İsim 名 이름 Имя Imię Jméno Förnamn Etunimi Keresztnév Prenume Όνομα Tên",
    "last_name": "Soyad Soyadı 姓 성 Фамилия Nazwisko Příjmení Efternamn Επώνυμο Họ 氏名 ФИО",
    "company_name": "Şirket 会社名 회사 Компания Εταιρεία 公司 Cég Yritys Företag الشركة",
    "country": "Ülke 国 국가 Страна Χώρα Ország Maa",
    "location": "Şehir 城市 도시 Город Πόλη Miasto Kaupunki",
}


@pytest.mark.parametrize(
    ("heading", "field"),
    [(heading, field) for field, all_of_them in HEADED.items() for heading in all_of_them.split()],
)
def test_headings_are_known_in_the_languages_of_business(heading: str, field: str) -> None:
    content = proposed(PEOPLE["Turkish"].split(), heading).content
    assert content["fields"] == {field: heading}


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("メール", ["a1@x.example", "b@y.example"], {"fields": {"email": "メール"}}),
        ("Bütçe", ["100", "250", "300"], {"fields": {"budget": "Bütçe"}}),
        ("予算", ["100", "250", "300"], {"fields": {"budget": "予算"}}),
        ("Дата создания", ["2025-01-02", "2025-03-04"], {"created_at": "Дата создания"}),
        ("作成日", ["2025-01-02", "2025-03-04"], {"created_at": "作成日"}),
    ],
)
def test_so_are_those_of_numbers_and_dates(
    name: str, values: list[str], expected: dict[str, Any]
) -> None:
    content = proposed(values, name).content
    assert {key: content[key] for key in expected} == expected


def test_an_advertisement_is_no_first_name() -> None:
    content = proposed(["spring", "summer", "sale"], "Ad").content
    assert content["attributes"]["ad"]["kind"] == "categorical"
