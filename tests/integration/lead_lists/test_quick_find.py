"""Finding a lead as one types: by parts of a name or a company, by an address or id whole."""

import re
from collections.abc import Callable

import pytest

from leadflow.gateway.console import search
from leadflow.leads.service import email_index_of
from tests.integration.lead_lists.conftest import Made
from tests.integration.test_forms import Browser

QUICK = "/console/find/quick"


def found(browser: Browser, said: str) -> list[str]:
    answer = browser.post(QUICK, lead=said)
    assert answer.status_code == 200, answer.text
    assert "<html" not in answer.text
    return re.findall(r'<a href="/console/leads/[^"]+">([^<]+)</a>', answer.text)


def test_leads_are_found_by_parts_and_what_cannot_be_is_said(
    made: Made, seen_by: Callable[[str], Browser]
) -> None:
    own = {"email": "zoe@kohler.example", "email_index": email_index_of("zoe@kohler.example")}
    zoe = made("Zoë", "Müller", "ann", company_name="Köhler & Söhne", **own)
    made("Bo", "Li", company_name="Techcorp")
    mark = seen_by("mark")
    for said in ("zoe mü", "MULL", "öhler", "& söh", "ZOE@kohler.example", zoe):
        assert found(mark, said) == ["Zoë Müller, Köhler &amp; Söhne"], said
    assert found(mark, "Li") == ["Bo Li, Techcorp"]
    for said, words in (
        ("hl", "Three letters"),
        ("oe@kohler.example", "write the whole of it"),
        (zoe[:-2], "Write the whole of it"),
        ("nobody", "by any part of its name"),
    ):
        assert found(mark, said) == []
        assert words in mark.post(QUICK, lead=said).text
    assert found(mark, " ") == []
    assert mark.get(QUICK).headers["location"] == "/console/find"


def test_they_are_found_as_far_as_one_sees_open_ones_first_and_a_few(
    made: Made, seen_by: Callable[[str], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    for rep in ("ann", "bob", None):
        made("Same", str(rep).title(), rep)
    assert found(seen_by("ann"), "same") == ["Same Ann", "Same None"]
    assert set(found(seen_by("mary"), "same")) == {"Same Ann", "Same Bob", "Same None"}
    monkeypatch.setattr(search, "A_FEW", 2)
    mark = seen_by("mark")
    assert len(found(mark, "same")) == 2
    assert "Enter shows more" in mark.post(QUICK, lead="same").text
    assert seen_by("olga").post(QUICK, lead="same").status_code == 403
