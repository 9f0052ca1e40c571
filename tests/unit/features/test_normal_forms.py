"""What is spelled alike is alike: one normal form for each kind of text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.normal_forms import address, company, compared, plain_text
from leadflow.assignment.routing.open_leads import LANGUAGE, POSTAL_CODE, lead_snapshot
from leadflow.assignment.snapshots import LeadSnapshot
from leadflow.assignment.territory.territories import TerritoryFacts
from leadflow.assignment.territory.tree import TerritoryTree
from leadflow.conditions.operators import OPERATORS
from leadflow.conditions.values import ValueKind, read
from leadflow.leads.places import place
from leadflow.leads.schemas import LeadIn
from models.categories import folded


def test_letters_quotes_and_spaces_have_one_form() -> None:
    assert plain_text("  Mu\u0308ller\u00a0\u2009&  So\u0308hne ") == "Müller & Söhne"
    assert plain_text("L\u2019Ore\u0301al") == "L'Oréal"
    assert plain_text("\u201eHaus\u201c") == '"Haus"'
    assert plain_text("Ac\u200bme\ufeff \u00ad") == "Acme"
    assert plain_text("VP – Sales") == "VP – Sales"


@given(st.text())
def test_a_normal_form_is_its_own_normal_form(text: str) -> None:
    assert plain_text(plain_text(text)) == plain_text(text)
    decomposed = unicodedata.normalize("NFD", text)
    assert plain_text(decomposed) == plain_text(text)
    assert compared(decomposed) == compared(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller GmbH", "MU\u0308LLER  gmbh"),
        ("Müller GmbH & Co. KG", "Müller"),
        ("L’Oréal S.A.", "L'Oréal SA"),
        ("Acme, Inc.", "ACME"),
        ("Straße AG", "STRASSE"),
        ("Data Works Ltd", "DataWorks Limited"),
        ("Smith & Sons Corp.", "Smith & Sons"),
    ],
)
def test_a_company_is_the_same_however_it_is_spelled(one: str, other: str) -> None:
    assert company(one) == company(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("SAP SE", "SAS SE"), ("AG", "KG"), ("Alpha One", "Alpha Two"), ("Co-op", "Op")],
)
def test_different_companies_stay_different(one: str, other: str) -> None:
    assert company(one) != company(other)


def test_an_address_is_the_same_at_every_door() -> None:
    assert address(" Jo\u0308rg@XN--mller-kva.de ") == "jörg@müller.de"
    assert address("A@Example.com\u200b") == "a@example.com"
    sent = LeadIn.model_validate({"email": "jo\u0308rg@xn--mller-kva.de"})
    assert address(sent.email) == "jörg@müller.de"


def test_what_is_sent_is_stored_in_its_normal_form() -> None:
    sent = {
        "email": "a@example.com",
        "company_name": "L\u2019Ore\u0301al",
        "external_id": "n\u0303-1",
        "service_requirements": ["Beratung\u00a0 fu\u0308r alle"],
        "attributes": {"plan": "Gro\u0308\u00dfe"},
    }
    lead = LeadIn.model_validate(sent)
    assert (lead.company_name, lead.external_id) == ("L'Oréal", "ñ-1")
    assert lead.service_requirements == ["Beratung für alle"]
    assert lead.attributes == {"plan": "Größe"}


def test_a_named_account_is_found_however_its_name_is_spelled() -> None:
    accounts = frozenset({"Mu\u0308ller\u2019s GmbH"})
    tree = TerritoryTree([TerritoryFacts("named", accounts=accounts)])
    for spelled in ("Müller's", "MÜLLER’S GMBH", "mu\u0308ller's Gmbh & Co. KG"):
        assert tree.winning(LeadSnapshot("lead", company_name=spelled)) == "named"
    assert tree.winning(LeadSnapshot("lead", company_name="Muller")) is None


def test_a_rule_names_a_value_however_it_is_written() -> None:
    for written in ("ÉCOLE D\u2019ART", "e\u0301cole d'art"):
        operand = OPERATORS["equals"].operand(ValueKind.TEXT, written)
        assert operand == read(ValueKind.TEXT, "École d'Art")


def test_categories_and_places_are_one_however_they_are_written() -> None:
    assert folded("L\u2019Ore\u0301al ") == folded("l'oréal")
    assert place("Mu\u0308nchen, O\u0308sterreich")[0] == "AT"
    assert place(None, "Co\u0302te d\u2019Ivoire")[0] == "CI"


def test_a_skill_is_found_however_a_lead_asks_for_it() -> None:
    columns = dict.fromkeys(
        (
            *("id", "country", "region", "industry", "company_size", "company_name", "level"),
            *("total_score", "probability", "budget_minor", POSTAL_CODE, LANGUAGE),
        )
    )
    asked = columns | {"service_requirements": ["crm INTEGRATION", "Größe", "other"]}
    known = frozenset({"CRM integration", "Gro\u0308\u00dfe"})
    assert lead_snapshot(asked, known, 1.0).wants == known
