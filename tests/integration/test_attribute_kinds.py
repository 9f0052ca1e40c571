"""What an attribute is: guessed from what is sent, said by a mapping, kept through both ways in."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from features.moments import all_leads, these_leads
from leadflow.intake.files import import_file
from leadflow.leads import attributes as registering
from leadflow.leads.files import mapped_attributes
from leadflow.leads.files.formats.reading import open_table
from leadflow.leads.files.mapped_attributes import register_mapped
from leadflow.leads.files.mapping import MappingError, parse_mapping
from leadflow.leads.files.mapping_parts import CsvOptions
from leadflow.leads.files.proposing.proposal import propose
from leadflow.leads.schemas import LeadIn
from leadflow.leads.tables import AttributeDefinition, Lead
from leadflow.leads.upsert import upsert_lead
from leadflow.scoring.serving.feature_frames import custom_definitions, read_features
from leadflow.scoring.serving.score import score_lead
from leadflow.settings import get_settings
from models.rubric import Rubric

pytestmark = pytest.mark.uncounted

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SENT: dict[str, tuple[Any, str]] = {
    "seats": (12, "numeric"),
    "trial": (True, "boolean"),
    "plan": ("pro", "categorical"),
    "size": ("12", "categorical"),
    "renewal": ("2026-04-10", "date"),
    "seen": ("2026-02-27T10:00:00+02:00", "date"),
    "month": ("2026-04", "categorical"),
    "message": ("Could you call me back about the price of ten more seats?", "text"),
    "long": ("x" * 61, "text"),
}


def send(session: Session, number: int = 0, **attributes: Any) -> Lead:
    lead = LeadIn(email=f"p{number}@firm.example.com", attributes=attributes)
    return upsert_lead(session, lead, NOW)[0]


def known(session: Session) -> dict[str, str]:
    columns = AttributeDefinition
    return dict(session.execute(select(columns.name, columns.kind)).tuples().all())


def values(session: Session, lead: Lead) -> dict[str, Any]:
    frame = read_features(session, these_leads(NOW, [lead.id]), custom_definitions(session))
    [row] = frame.to_dict("records")
    return {
        str(name).removeprefix("attributes."): value
        for name, value in row.items()
        if str(name).startswith("attributes.")
    }


def test_the_first_value_sent_says_what_an_attribute_is(session: Session) -> None:
    lead = send(session, **{name: value for name, (value, _) in SENT.items()})
    assert known(session) == {name: kind for name, (_, kind) in SENT.items()}
    assert lead.attributes["renewal"] == "2026-04-10"
    read = values(session, lead)
    assert read == {
        "seats": 12.0,
        "trial": 1.0,
        "plan": "pro",
        "size": "12",
        "renewal": -40.0,
        "seen": 2.0,
        "month": "2026-04",
    }


@pytest.mark.parametrize(
    "other",
    [
        7,
        -(2.0**53) + 1,
        True,
        "",
        "pro",
        "12",
        "yes",
        "2026-02-30",
        "2026-01-01",
        "x" * 5000,
        "Ünï ' %s {}",
    ],
)
def test_a_later_value_of_another_type_never_breaks_scoring(session: Session, other: Any) -> None:
    first = {name: value for name, (value, _) in SENT.items()}
    send(session, **first)
    lead = send(session, 1, **dict.fromkeys(first, other))
    score = score_lead(session, Rubric.load(), lead.id, NOW, get_settings())
    assert score.points == pytest.approx(50.0 + sum(score.contributions.values()))
    assert known(session) == {name: kind for name, (_, kind) in SENT.items()}


def test_names_beyond_a_thousand_stay_on_the_lead_and_are_no_features(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (registering, mapped_attributes):
        monkeypatch.setattr(module, "MOST_ATTRIBUTES", 2)
    send(session, a=1, b=2)
    lead = send(session, 1, a=3, c=4)
    assert known(session).keys() == {"a", "b"}
    assert lead.attributes == {"a": 3, "c": 4}
    mapping = {"source": "x", "key": "row", "attributes": {"d": {"column": "d", "kind": "numeric"}}}
    with pytest.raises(MappingError, match="There may be 2 attributes"):
        register_mapped(session, parse_mapping(mapping))


def test_a_mapping_corrects_a_guess_but_not_another_mapping(session: Session) -> None:
    def mapped(**attribute: str) -> None:
        content = {
            "source": "x",
            "key": "row",
            "attributes": {"size": {"column": "s", **attribute}},
        }
        register_mapped(session, parse_mapping(content))

    lead = send(session, size="12")
    mapped(kind="numeric", label="Company size")
    session.flush()
    assert values(session, lead) == {"size": 12.0}
    with pytest.raises(MappingError, match=r"attributes\.size is date here and numeric"):
        mapped(kind="date")
    send(session, 1, size="unknown")
    assert known(session) == {"size": "numeric"}


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def read_in(store: Engine, tmp_path: Path) -> Callable[..., Any]:
    """Import rows with these attributes; the summary, and what is stored, in the rows' order."""

    def _read_in(rows: list[dict[str, Any]], attributes: dict[str, Any]) -> Any:
        mapping = parse_mapping({"source": "x", "key": "row", "attributes": attributes})
        path = write(tmp_path / "leads.csv", rows)
        summary = import_file(path, mapping, get_settings(), store, NOW)
        with Session(store) as session:
            stored = session.scalars(select(Lead)).all()
            in_order = sorted(stored, key=lambda lead: int((lead.external_id or "").split("-")[-1]))
            return summary, [lead.attributes for lead in in_order]

    return _read_in


def test_dates_of_a_file_are_stored_as_iso_in_utc(read_in: Callable[..., Any]) -> None:
    rows = [
        {"end": "31.12.2026", "seen": "2026-01-31T10:00:00+02:00"},
        {"end": "TBD", "seen": "2026-01-31"},
        {"end": "", "seen": "9999-12-31"},
        {"end": "30.02.2026", "seen": ""},
    ]
    attributes = {
        "end": {"column": "end", "kind": "date", "format": "%d.%m.%Y", "missing": ["TBD"]},
        "seen": {"column": "seen", "kind": "date"},
    }
    summary, stored = read_in(rows, attributes)
    assert stored == [
        {"end": "2026-12-31", "seen": "2026-01-31T08:00:00Z"},
        {"seen": "2026-01-31"},
        {"seen": "9999-12-31"},
    ]
    assert summary.reasons == {"attributes.end is not a date of the form %d.%m.%Y": 1}


def test_free_text_is_kept_and_learned_from_only_where_asked(
    store: Engine, read_in: Callable[..., Any]
) -> None:
    rows = [{"a": "word " * 1000, "b": "three little words"}, {"a": "", "b": ""}]
    attributes = {
        "a": {"column": "a", "kind": "text"},
        "b": {"column": "b", "kind": "text", "use": "words", "label": "Message"},
    }
    summary, stored = read_in(rows, attributes)
    assert (summary.set_aside, len(stored[0]["a"])) == (0, 4999)
    with Session(store) as session:
        definitions = custom_definitions(session)
        assert [definition.feature.name for definition in definitions] == ["attributes.b"]
        frame = read_features(session, all_leads(NOW), definitions)
        assert sorted(frame["attributes.b"], key=str) == [
            3.0,
            pytest.approx(float("nan"), nan_ok=True),
        ]


def test_endless_numbers_are_missing_and_huge_ones_are_kept(read_in: Callable[..., Any]) -> None:
    rows = [{"n": value} for value in ("inf", "-Infinity", "1e308", "-1e308", "nan", "4", "1e999")]
    summary, stored = read_in(rows, {"n": {"column": "n", "kind": "numeric"}})
    numbers = [float(row["n"]) if row else None for row in stored]
    assert numbers == [None, None, 1e308, -1e308, None, 4.0]
    assert summary.reasons == {"attributes.n is not a number": 1}


def test_a_number_with_more_digits_than_are_kept_is_set_aside_and_never_another(
    read_in: Callable[..., Any],
) -> None:
    whole = ("9007199254740993", "9,007,199,254,740,993", "9007199254740994", "9007199254740991")
    summary, stored = read_in([{"n": n} for n in whole], {"n": {"column": "n", "kind": "numeric"}})
    assert [row["n"] for row in stored] == [9007199254740994, 9007199254740991]
    [(reason, rows)] = summary.reasons.items()
    assert (rows, "map its column as categorical" in reason) == (2, True)


@pytest.mark.long
def test_two_hundred_columns_with_odd_names_come_in_as_proposed(
    store: Engine, tmp_path: Path
) -> None:
    signs = ("%", "'", '"', "{0}", ":x", "é", "ж", "学", "$1", "--", "\\", " ", "Ω", "😀", "a.b")
    rows = [
        {
            f"{signs[column % len(signs)]} column {column}": (
                str((number + column) % 17 / 4),
                f"value {(number + column) % 9}",
                ("yes", "no")[(number + column) % 2],
                f"2026-0{(number + column) % 9 + 1}-15",
                "the same",
            )[column % 5]
            for column in range(200)
        }
        for number in range(60)
    ]
    path = write(tmp_path / "wide.csv", rows)
    content = propose(open_table(path, CsvOptions(), ()), "wide", NOW).content
    assert len(content["attributes"]) == 160  # a fifth is constant
    summary = import_file(path, parse_mapping(content), get_settings(), store, NOW)
    assert (summary.stored.new, summary.set_aside) == (60, 0)
    with Session(store) as session:
        definitions = custom_definitions(session)
        frame = read_features(session, all_leads(NOW), definitions)
        assert frame[[definition.feature.name for definition in definitions]].notna().all(axis=None)
        words = [definition.feature.sentence(1.0) for definition in definitions]
        assert len(set(words)) == 160


def test_a_text_is_a_number_only_where_it_can_be_read_in_one_way(session: Session) -> None:
    send(session, seats=12)
    said = {"12": 12.0, "12.5": 12.5, "5.0000": 5.0, "0.125": 0.125}
    said |= dict.fromkeys(("5.000", "-1.234", "01067", "00.5"), float("nan"))
    sent = {send(session, n, seats=words).id: words for n, words in enumerate(said, start=1)}
    frame = read_features(session, all_leads(NOW), custom_definitions(session))
    read = {words: frame.loc[lead_id, "attributes.seats"] for lead_id, words in sent.items()}
    assert read == pytest.approx(said, nan_ok=True)
