"""The list of leads: as far as one sees, filtered in words, page by page."""

import re
from collections.abc import Callable
from typing import Any, get_args

import pytest

from leadflow.gateway.console.leads import pages
from leadflow.gateway.console.leads.cells import SORTS, columns_of
from leadflow.search import estimates
from leadflow.search.schemas import LeadListed, Sort
from tests.integration.lead_lists.conftest import Made
from tests.integration.test_forms import Browser

ROW = re.compile(r'<tr><td>.*?<a href="/console/leads/[^"]+">([^<]+)</a>', re.DOTALL)
ASK = "/console/leads"


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text[-2000:]
    return ROW.findall(answer.text)


def asked(browser: Browser, **form: Any) -> Any:
    """The page that a filter leads to."""
    answer = browser.post(ASK, **form)
    assert answer.status_code == 303, answer.text[-3000:]
    return browser.get(answer.headers["location"])


def link(answer: Any, words: str) -> str:
    found = re.search(rf'<a href="([^"]+)"[^>]*>{words}</a>', answer.text)
    assert found is not None, answer.text[-3000:]
    return found[1]


def test_everybody_begins_with_their_own_view_and_sees_as_far_as_they_reach(
    made: Made, seen_by: Callable[[str], Browser]
) -> None:
    for first, rep in (("Anns", "ann"), ("Bobs", "bob"), ("Maxs", "max"), ("Nobodys", None)):
        made(first, "Lead", rep)
    assert names(seen_by("ann").get(ASK)) == ["Anns Lead"]
    assert "My open leads: 1<" in seen_by("ann").get(ASK).text
    assert names(seen_by("mary").get(ASK)) == ["Bobs Lead", "Anns Lead"]
    assert "You have no open lead." in seen_by("mary").get(f"{ASK}?view=mine").text
    assert len(names(seen_by("mark").get(ASK))) == 4
    assert names(seen_by("ann").get(f"{ASK}?view=nobodys")) == ["Nobodys Lead"]
    assert seen_by("olga").get(ASK).status_code == 403


def test_conditions_are_chosen_in_words_taken_off_and_shown_as_rules(
    made: Made, seen_by: Callable[[str], Browser]
) -> None:
    made("Retail", "Small", industry="retail", company_size=5)
    made("Retail", "Large", industry="retail", company_size=500)
    made("Mining", "Large", industry="mining", company_size=700)
    mark = seen_by("mark")
    page = asked(mark, field="industry", operator="in", value="Retail, finance")
    assert set(names(page)) == {"Retail Small", "Retail Large"}
    assert "industry is one of Retail, finance" in page.text
    q = re.search(r'name="q" value="([^"]+)"', page.text)
    assert q is not None
    both = asked(mark, q=q[1], field="company_size", operator="between", value="10 to 600")
    assert names(both) == ["Retail Large"]
    assert "company size is between 10 and 600" in both.text
    assert "operator: between" in both.text
    assert "&#34;operator&#34;: &#34;between&#34;" in both.text
    q = re.search(r'name="q" value="([^"]+)"', both.text)
    assert q is not None
    assert set(names(asked(mark, q=q[1], act="take:0"))) == {"Retail Large"}
    rules = """any:
- industry: {operator: equals, value: mining}
- company_size: {operator: less_than, value: 9}
"""
    written = asked(mark, act="rules", rules=rules)
    assert set(names(written)) == {"Mining Large", "Retail Small"}
    assert "either industry is mining or company size is less than 9" in written.text


def test_what_cannot_be_asked_is_said_and_keeps_what_was_typed(
    made: Made, seen_by: Callable[[str], Browser]
) -> None:
    mark = seen_by("mark")
    for said, words in (
        ({"field": "company_size", "operator": "equals", "value": "many"}, "Write a number"),
        ({"field": "company_size", "operator": "contains", "value": "5"}, "does not fit"),
        ({"field": "shoe_size", "value": "9"}, "There is no field"),
        ({"field": "country", "value": "Atlantis"}, "No lead has the country"),
        ({"name": "-"}, "at least 3 letters"),
        ({"act": "rules", "rules": "industry: {operator: like, value: x}"}, "no operator"),
        ({"act": "rules", "rules": "- a list"}, "Write fields and groups"),
        ({"act": "rules", "rules": "any: [x]"}, "Write a list of conditions"),
        ({"act": "rules", "rules": "a: b: c"}, "No YAML"),
        ({"owner": "nobody-knows-them"}, "nobody-knows-them"),
    ):
        answer = mark.post(ASK, **said)
        assert answer.status_code == 422, said
        assert words in mark.told(answer)[1].replace("&#39;", "'"), said
        for value in (one for name, one in said.items() if name in ("value", "name")):
            assert f'value="{value}"' in answer.text
    assert mark.get(f"{ASK}?q=nonsense").status_code == 200
    assert "not whole any more" in mark.get(f"{ASK}?q=nonsense").text


def test_no_name_that_is_searched_for_is_in_an_address(
    made: Made, seen_by: Callable[[str], Browser]
) -> None:
    made("Zoë", "Müller", company_name="Köhler & Söhne")
    made("Bo", "Li", company_name="HP")
    mark = seen_by("mark")
    answer = mark.post(ASK, name="zoe mull", company="kohler")
    assert "zoe" not in answer.headers["location"].lower()
    assert names(mark.get(answer.headers["location"])) == ["Zoë Müller"]


def test_pages_go_on_and_back_and_say_how_far_they_are(
    made: Made, seen_by: Callable[[str], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "A_PAGE", 2)
    for number in range(5):
        made(f"Lead{number}", "X", company_size=number)
    mark = seen_by("mark")
    first = asked(mark, sort="company_size")
    assert names(first) == ["Lead0 X", "Lead1 X"]
    assert "1 to 2 of 5" in first.text
    second = mark.get(link(first, "Next page"))
    third = mark.get(link(second, "Next page"))
    assert (names(second), names(third)) == (["Lead2 X", "Lead3 X"], ["Lead4 X"])
    assert "5 to 5 of 5" in third.text
    assert "Next page" not in third.text
    back = mark.get(link(third, "Previous page"))
    assert names(back) == names(second)
    assert names(mark.get(link(back, "Previous page"))) == names(first)
    other_way = mark.get(
        link(asked(mark, sort="company_size", columns=["company_size"]), "People there ↑")
    )
    assert names(other_way) == ["Lead4 X", "Lead3 X"]


def test_how_many_there_are_is_guessed_where_they_are_not_quickly_counted(
    made: Made, seen_by: Callable[[str], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "A_PAGE", 2)
    for number in range(4):
        made(f"Lead{number}", "X")
    mark = seen_by("mark")
    for guess, words in ((12_345, "about 12,000"), (1, "more than 2")):
        monkeypatch.setattr(
            pages, "about_how_many", lambda *_, number=guess: estimates.Total(number, False)
        )
        assert f"1 to 2 of {words}<" in mark.get(ASK).text
    assert [estimates.rounded(one) for one in (7, 96, 12_345, 987_654)] == [7, 96, 12_000, 990_000]


def test_columns_are_chosen_and_each_can_be_shown(
    made: Made, seen_by: Callable[[str], Browser]
) -> None:
    made(
        "Ada", "Stone", "ann", job_title="Head of Sales", budget_minor=120000, budget_currency="EUR"
    )
    mark = seen_by("mark")
    page = asked(mark, columns=["job_title", "budget", "owner"])
    for said in ("Head of Sales", "1,200 EUR", "Ann Able", 'data-label="Budget"'):
        assert said in page.text
    assert 'data-label="Score"' not in page.text
    for name in columns_of({}):
        assert names(asked(mark, columns=[name])) == ["Ada Stone"]


def test_there_are_words_for_all_orders_and_columns_of_what_is_answered() -> None:
    assert set(SORTS) == set(get_args(Sort))
    needed = {one for column in columns_of({}).values() for one in column.needs}
    assert needed < LeadListed.model_fields.keys()


def test_empty_lists_say_why(made: Made, seen_by: Callable[[str], Browser]) -> None:
    mark = seen_by("mark")
    assert "No lead is here yet" in mark.get(f"{ASK}?view=newest").text
    assert "No lead fits all of that" in asked(mark, level="hot").text
