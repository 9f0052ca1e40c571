"""A company's own number of a lead is found in many languages; rows that repeat a lead are said."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from leadflow.leads.files.formats.tables_of_text import Row, Table
from leadflow.leads.files.proposing.proposal import Proposal, propose
from leadflow.leads.files.proposing.proposed_file import propose_for
from leadflow.leads.files.repeated_rows import leads_in

NOW = datetime(2026, 9, 1, tzinfo=UTC)


def proposal(rows: list[Row]) -> Proposal:
    return propose(Table(list(rows[0]), iter(rows)), "shop", NOW)


def row(number: int, name: str, key: str) -> Row:
    return {"E-Mail": f"p{number}@x.example", name: key, "Plan": "ab"[number % 2]}


@pytest.mark.few(6)
@pytest.mark.parametrize(
    "name",
    [
        *("Kundennr", "Kunden-Nr.", "Kundennummer", "Kd.-Nr.", "KundenID", "Debitorennummer"),
        *("N° client", "Numéro de client", "Code client", "Réf. client", "Identifiant"),
        *("Cliente ID", "Nº de cliente", "Código de cliente", "Codice cliente", "Cod. cliente"),
        *("Klantnummer", "Klant-ID", "Relatienummer", "Código do cliente", "ID do cliente"),
        *("Customer no.", "Customer Number", "Client code", "Lead No", "LeadID"),
        *("Müşteri No", "Numer klienta", "Číslo zákazníka", "Ügyfélszám", "Cod client"),
        *("Kundnummer", "Kundenummer", "Asiakasnumero", "ID pelanggan", "Mã khách hàng"),
        *("Номер клиента", "Код клієнта", "Κωδικός πελάτη", "رقم العميل", "מספר לקוח"),
        *("客户编号", "顧客番号", "고객번호", "ग्राहक संख्या", "รหัสลูกค้า"),
    ],
)
def test_a_number_of_its_own_of_each_customer_is_the_id(name: str) -> None:
    rows = [row(n, name, f"{n * 7919 % 9973:05}") for n in range(60)]
    assert proposal(rows).content["key"] == name


def test_a_customers_number_is_taken_before_another_id() -> None:
    rows = [row(n, "Kundennr", f"K{n}") for n in range(60)]
    rows = [{"session id": f"s{n * 31}", **one} for n, one in enumerate(rows)]
    assert proposal(rows).content["key"] == "Kundennr"


@pytest.mark.parametrize("gap", ["", "K7"], ids=["not filled", "not all different"])
def test_a_customers_number_that_does_not_tell_leads_apart_is_no_id(gap: str) -> None:
    rows = [row(n, "Kundennr", gap if n % 5 == 0 else f"K{n}") for n in range(60)]
    assert "key" not in proposal(rows).content


def test_an_id_that_is_the_same_in_all_rows_of_a_lead_is_its_id() -> None:
    rows = [row(n % 3, "Kundennr", f"K{n % 3}") for n in range(7)]
    assert proposal(rows).content["key"] == "Kundennr"


TORN = {
    "more values": "4,Dan,d@x.example,Berlin, Germany\n",
    "fewer values": "4,Dan\n",
    "a line below": "Total\n",
    "an open quote": '4,"Dan,d@x.example,Rome\n',
}


@pytest.mark.parametrize("torn", TORN.values(), ids=TORN)
def test_an_id_is_found_in_a_file_with_torn_rows(tmp_path: Path, torn: str) -> None:
    file = tmp_path / "leads.csv"
    rows = "".join(f"{n},N{n},n{n}@x.example,Rome\n" for n in (1, 2, 3, 5, 6))
    file.write_text("id,name,email,city\n" + rows + torn)
    made = propose_for(file, "shop", NOW)
    assert made.content["key"] == "id"
    assert made.rows == 6


def test_rows_of_the_same_lead_are_counted_and_it_is_said_what_becomes_of_them() -> None:
    made = proposal([row(n % 3, "Plan", "ab"[n % 2]) for n in range(7)])
    assert made.repeats is not None
    assert made.repeats.startswith("7 rows are of 3 leads: 4 rows have the e-mail address")
    assert "what a later row says counts" in made.repeats
    assert proposal([row(n, "Plan", "a") for n in range(7)]).repeats is None


def test_rows_are_of_one_lead_by_their_id_or_by_their_address() -> None:
    rows = [("1", "a@x.example"), ("1", None), (None, "A@x.example "), ("2", "b@x.example")]
    assert leads_in(rows) == 2
    assert leads_in([("1", "a@x"), ("2", "b@x"), ("1", "b@x")]) == 1
    assert leads_in([(None, None), ("", "")]) == 2
