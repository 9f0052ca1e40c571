"""Several rows of one lead in a file are merged in their order, however the file is cut."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from leadflow.database.engine import unit_of_work
from leadflow.intake.files import ImportSummary, import_file
from leadflow.intake.rows import take_rows
from leadflow.leads.files import quarantine
from leadflow.leads.files.mapping import parse_mapping
from leadflow.leads.files.parsing import Context, parse
from leadflow.leads.files.storing.staging import Stored, store_batch
from leadflow.leads.said import Origin
from leadflow.leads.schemas import LeadIn
from leadflow.leads.tables import Lead, LeadHistory
from leadflow.leads.upsert import upsert_leads
from leadflow.settings import get_settings
from tests.examples import examples

pytestmark = pytest.mark.uncounted

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FIELDS = {
    "email": "mail",
    "first_name": "first",
    "phone": "tel",
    "company_size": "staff",
    "location": "place",
    "budget": "budget",
    "job_title": "title",
    "website_visits": "visits",
}
ATTRIBUTES = {
    "plan": {"column": "plan", "kind": "categorical"},
    "seats": {"column": "seats", "kind": "numeric"},
}
MAPPING = parse_mapping(
    {
        "source": "shop",
        "key": "id",
        "created_at": "since",
        "fields": FIELDS,
        "attributes": ATTRIBUTES,
        "outcome": {"column": "state", "converted": ["won"], "lost": ["lost"], "at": "closed"},
    }
)
COLUMNS = ("id", *FIELDS.values(), "plan", "seats", "since", "state", "closed")
Row = dict[str, str | None]


def row(identity: str, mail: str | None = None, **values: str) -> Row:
    ended = {"closed": "2025-06-01"} if "state" in values else {}
    blank: Row = dict.fromkeys(COLUMNS)
    return blank | {"id": identity, "mail": mail, "since": "2025-01-01"} | values | ended


def run(engine: Engine, path: Path, batch: int, *rows: Row) -> ImportSummary:
    path.write_text("\n".join(json.dumps(one) for one in rows))
    few = get_settings().model_copy(update={"import_batch": batch})
    return import_file(path, MAPPING, few, engine, NOW)


def stored_leads(session: Session) -> list[Any]:
    """All that is known of each lead, its encrypted columns opened."""
    names = ("first_name", "phone", "email", "budget_minor", "company_size", "location", "country")
    more = ("job_title", "seniority", "website_visits", "counted_at", "external_id", "created_at")
    ended = session.execute(
        text(
            "SELECT lead_id, jsonb_agg(to_jsonb(o) - '{id,lead_id}'::text[] ORDER BY outcome)"
            " FROM outcomes o GROUP BY lead_id"
        )
    )
    outcomes = dict(ended.tuples().all())
    leads = session.scalars(select(Lead).execution_options(populate_existing=True))
    found = [
        [getattr(lead, name) for name in (*names, *more)]
        + [lead.attributes, lead.has_phone, lead.email_kind, outcomes.get(lead.id)]
        for lead in leads
    ]
    return sorted(found, key=repr)


PAIRED = parse_mapping(
    {
        "source": "shop",
        "key": "id",
        "fields": {"location": "place", "country": "land", "budget": "sum", "currency": "coin"},
    }
)


@pytest.mark.few(3)
@pytest.mark.parametrize(
    ("known", "said", "place", "budget"),
    [
        (["Austin, TX", "", "", ""], ["", "US", "", ""], ("US", "TX"), (None, None)),
        (["", "BE", "", ""], ["Floor 3", "", "", ""], ("BE", None), (None, None)),
        (["Austin, TX", "", "", ""], ["", "nowhere", "", ""], ("US", "TX"), (None, None)),
        (["Austin, TX", "", "", ""], ["Floor 3", "nowhere", "", ""], (None, None), (None, None)),
        (["Austin, TX", "US", "", ""], ["Floor 3", "nowhere", "", ""], ("US", "TX"), (None, None)),
        (["Austin, TX", "", "", ""], ["Paris, France", "", "", ""], ("FR", None), (None, None)),
        (["", "", "100", "EUR"], ["", "", "200", ""], (None, None), (20_000, "EUR")),
        (["", "", "100", "EUR"], ["", "", "£200", ""], (None, None), (20_000, "GBP")),
        (["", "", "100", ""], ["Floor 3", "", "", ""], (None, None), (10_000, "USD")),
    ],
)
def test_what_a_row_does_not_say_of_a_value_made_of_two_stays(
    store: Engine,
    tmp_path: Path,
    known: list[str],
    said: list[str],
    place: tuple[str | None, str | None],
    budget: tuple[int | None, str | None],
) -> None:
    path = tmp_path / "leads.jsonl"
    for values in (known, said):
        names = ("place", "land", "sum", "coin")
        path.write_text(json.dumps({"id": "1"} | dict(zip(names, values, strict=True))))
        assert import_file(path, PAIRED, get_settings(), store, NOW).set_aside == 0
    with unit_of_work(store) as session:
        lead = session.scalars(select(Lead)).one()
        assert (lead.country, lead.region) == place
        assert (lead.budget_minor, lead.budget_currency) == budget


@pytest.mark.parametrize("batch", [1, 2, pytest.param(100, marks=pytest.mark.long)])
def test_the_last_word_on_a_lead_counts_and_what_it_leaves_out_stays(
    store: Engine, tmp_path: Path, batch: int
) -> None:
    summary = run(
        store,
        tmp_path / "leads.jsonl",
        batch,
        row("1", "ada@example.com", staff="10", place="Austin, TX", plan="free", seats="2"),
        row("2", "bob@example.com", first="Bob"),
        row("1", "ada@example.com", staff="25", plan="pro", first="Ada"),
        row("9", "ada@example.com", budget="500"),  # another id, the same person
        row("1", None, first="Adele", state="won"),
    )
    assert (summary.rows, summary.set_aside) == (5, 0)
    assert (summary.stored.new, summary.stored.updated, summary.stored.outcomes) == (2, 3, 1)
    with unit_of_work(store) as session:
        lead = session.scalars(select(Lead).where(Lead.external_id == "1")).one()
        assert (lead.company_size, lead.country, lead.budget_minor) == (25, "US", 50_000)
        assert (lead.first_name, lead.attributes) == ("Adele", {"plan": "pro", "seats": 2.0})
        # What was known before each row stays in the lead's history.
        sizes = select(LeadHistory.company_size).where(LeadHistory.lead_id == lead.id)
        assert session.scalars(sizes.order_by(LeadHistory.known_from)).all() == [10, 25]


@pytest.mark.few(1)
@pytest.mark.parametrize("batch", [1, 100])
def test_a_value_that_changes_and_changes_back_ends_as_it_was_said_last(
    store: Engine, tmp_path: Path, batch: int
) -> None:
    path = tmp_path / "leads.jsonl"
    run(store, path, batch, row("1", "ada@example.com", first="Ada", tel="+44 20 7946 0001"))
    again = [row("1", None, first="Bea"), row("1", None, first="Ada")]
    assert run(store, path, batch, *again).stored.updated == 2
    with unit_of_work(store) as session:
        assert session.scalars(select(Lead.first_name)).all() == ["Ada"]


@pytest.mark.parametrize("batch", [1, 100])
def test_an_address_that_moves_from_lead_to_lead_is_followed_row_by_row(
    store: Engine, tmp_path: Path, batch: int
) -> None:
    path = tmp_path / "leads.jsonl"
    run(store, path, batch, row("1", "a@example.com"), row("2", "b@example.com"))
    moved = [
        row("1", "c@example.com", staff="1"),
        row("2", "c@example.com", staff="2"),  # by its address, lead 1
        row("3", "a@example.com", staff="3"),  # nobody's any more: a new lead
    ]
    summary = run(store, path, batch, *moved)
    assert (summary.stored.new, summary.stored.updated, summary.set_aside) == (1, 2, 0)
    with unit_of_work(store) as session:
        sizes = dict(session.execute(select(Lead.external_id, Lead.company_size)).tuples().all())
    assert sizes == {"1": 2, "2": None, "3": 3}


@pytest.mark.parametrize("mended", [False, pytest.param(True, marks=pytest.mark.long)])
def test_an_address_that_several_rows_share_is_one_lead_wherever_a_batch_ends(
    store: Engine, tmp_path: Path, mended: bool
) -> None:
    shared = [
        row("d-1", "desk@example.com", title="A", staff="few" if mended else "1"),
        row("d-2", "desk@example.com", title="B", state="won"),
        row("d-3", "other@example.com", title="C", staff="few" if mended else "3"),
        row("d-4", "desk@example.com", title="D", state="lost"),
        row("d-2", "other@example.com", title="E"),  # the address decides
    ]
    found = []
    for batch in (1, 2, 3, 100):
        with unit_of_work(store) as session:
            for table in ("leads", "inbox"):
                session.execute(text(f"DELETE FROM {table}"))  # noqa: S608
        summary = run(store, tmp_path / "leads.jsonl", batch, *shared)
        with unit_of_work(store) as session:
            for waiting in quarantine.waiting_rows(session):
                quarantine.mend(session, waiting.id, {"staff": "30"}, NOW, "USD", take_rows)
            said = select(Lead.job_title, Lead.company_size).order_by(Lead.job_title)
            found.append(
                (summary.counts(), stored_leads(session), session.execute(said).tuples().all())
            )
    assert all(one == found[0] for one in found)
    # Where d-1 and d-3 come late, d-2 has taken the other address with it before.
    assert found[0][2] == ([("A", 30), ("E", 30)] if mended else [("D", 1), ("E", 3)])


MAYBE = {
    "first": st.sampled_from(["Ada", "Bea"]),
    "tel": st.sampled_from(["+4420794600", "+4420794611"]),
    "staff": st.sampled_from(["10", "20", "few"]),  # the last sets the row aside
    "place": st.sampled_from(["Austin, TX", "Berlin, Germany"]),
    "budget": st.sampled_from(["500", "900"]),
    "title": st.sampled_from(["CEO", "Engineer"]),
    "visits": st.sampled_from(["3", "4"]),
    "plan": st.sampled_from(["free", "pro"]),
    "state": st.sampled_from(["won", "lost"]),
}
ADDRESSES = st.sampled_from(["a@example.com", "b@example.com", "c@example.com", "d@example.com"])
VALUES = st.fixed_dictionaries({}, optional=MAYBE)
ROWS = st.lists(
    st.builds(
        lambda identity, mail, values: row(identity, mail, **values),
        st.sampled_from("1234"),
        st.none() | ADDRESSES,
        VALUES,
    ),
    min_size=2,
    max_size=10,
)


@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=ROWS, cuts=st.sampled_from([2, 3, 100]))
def test_a_file_and_its_mended_rows_give_the_same_leads_however_it_is_cut(
    store: Engine, rows: list[Row], cuts: int
) -> None:
    def stored(size: int) -> tuple[Stored, list[Any], list[Any]]:
        counted = Stored()
        with Session(store) as session:
            for start in range(0, len(rows), size):
                counted.add(take(session, rows[start : start + size], start))
            at_first = stored_leads(session)
            for number, one in enumerate(rows):
                if one["staff"] == "few":
                    counted.add(take(session, [one | {"staff": "30"}], number))
            return counted, at_first, stored_leads(session)  # and nothing of it stays

    assert stored(cuts) == stored(1)


def take(session: Session, part: list[Row], start: int) -> Stored:
    """Store the rows that can be read, as an import does with those that pass its checks."""
    frame = parse(part, range(start, start + len(part)), MAPPING, Context("f", NOW, "USD"))
    flags = [name for name in frame.columns if "|" in str(name)]
    good = frame[~frame[flags].any(axis=1)] if flags else frame
    return store_batch(session, good, Origin("shop", "", NOW), NOW)


SENT = st.lists(
    st.builds(
        lambda identity, mail, size: LeadIn.model_validate(
            {"email": mail, "external_id": identity, "company_size": size, "source": "shop"}
        ),
        st.none() | st.sampled_from("1234"),
        ADDRESSES,
        st.integers(1, 9),
    ),
    min_size=2,
    max_size=10,
)


@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(sent=SENT, cuts=st.sampled_from([2, 3, 100]))
def test_leads_sent_at_once_are_what_they_are_one_after_another(
    store: Engine, sent: list[LeadIn], cuts: int
) -> None:
    def stored(size: int) -> list[Any]:
        columns = (Lead.email_index, Lead.external_id, Lead.company_size)
        with Session(store) as session:
            for start in range(0, len(sent), size):
                upsert_leads(session, sent[start : start + size], NOW)
            return sorted(session.execute(select(*columns)).tuples().all(), key=repr)

    assert stored(cuts) == stored(1)
