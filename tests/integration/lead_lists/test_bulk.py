"""Several leads at once: shown first, done as shown, with what is left out and why."""

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from leadflow.assignment.tables import Assignment
from leadflow.bulk import planning
from leadflow.campaigns.tables import Enrolment
from leadflow.database.engine import unit_of_work
from leadflow.exports.tables import LeadExport
from leadflow.follow_ups.tables import LeadTag
from leadflow.follow_ups.tags import tag
from leadflow.leads.tables import Outcome
from tests.integration.campaigns import running
from tests.integration.lead_lists.conftest import Made
from tests.integration.lead_lists.test_list import ASK, asked
from tests.integration.lead_lists.test_saved_views import q_of
from tests.integration.test_forms import Browser

BULK = f"{ASK}/bulk"


def shown(browser: Browser, **form: Any) -> Any:
    """The page that shows what would be done."""
    answer = browser.post(BULK, **form)
    assert answer.status_code == 303, answer.text[-3000:]
    return browser.get(answer.headers["location"])


def done(browser: Browser, page: Any) -> str:
    """What is told after it is confirmed."""
    answer = confirmed(browser, page)
    assert answer.status_code == 303, answer.text[-3000:]
    return browser.told(browser.get(answer.headers["location"]))[1]


def confirmed(browser: Browser, page: Any) -> Any:
    said = {
        name: re.search(rf'name="{name}" value="([^"]+)"', page.text) for name in ("q", "shown")
    }
    assert all(said.values()), page.text[-3000:]
    return browser.post(f"{BULK}/do", **{name: one[1] for name, one in said.items() if one})


def left_out(page: Any) -> dict[str, int]:
    found = re.findall(r"<summary>(\d+) leads?: it ([^<]+)</summary>", html.unescape(page.text))
    return {why: int(count) for count, why in found}


def heading(page: Any) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page.text)
    assert found is not None
    return found[1]


def tags() -> set[tuple[str, str]]:
    with unit_of_work() as session:
        return set(session.execute(select(LeadTag.lead_id, LeadTag.tag)).tuples())


def test_tags_are_put_on_what_was_shown_and_what_is_not_within_reach_is_left_out(
    made: Made, seen_by: Callable[[str], Browser]
) -> None:
    first, second, others = made("A", "A", "ann"), made("B", "B", "ann"), made("C", "C", "max")
    with unit_of_work() as session:
        tag(session, [second], ["fair"], "t", datetime.now(UTC))
    ann = seen_by("ann")
    page = shown(ann, act="tag", tags="Fair", lead=[first, second, others])
    assert heading(page) == "Tag 1 lead with fair?"
    assert left_out(page) == {"has the tag already": 1, "is not within your reach": 1}
    assert "C C" not in page.text
    assert done(ann, page) == "1 lead is tagged."
    assert tags() == {(first, "fair"), (second, "fair")}
    # What was shown is not what would come of it now.
    again = confirmed(ann, page)
    assert (again.status_code, "once more" in ann.told(again)[1]) == (409, True)
    assert "There is nothing to do" in again.text


def test_all_that_fit_are_meant_as_the_list_has_them(
    made: Made, seen_by: Callable[[str], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = {made(f"Lead{number}", "X", industry="retail") for number in range(12)}
    made("Other", "X")
    mark = seen_by("mark")
    q = q_of(asked(mark, field="industry", value="retail"))
    page = shown(mark, q=q, act="tag", tags="a, b", which="all")
    assert heading(page) == "Tag 12 leads with a, b?"
    assert page.text.count("<li><a href=") == 10
    assert done(mark, page) == "12 leads are tagged."
    assert {lead_id for lead_id, _ in tags()} == ids
    monkeypatch.setitem(planning.MOST, "tag", 11)
    answer = mark.get(mark.post(BULK, q=q, act="tag", tags="c", which="all").headers["location"])
    assert (answer.status_code, "more than 11 leads" in mark.told(answer)[1]) == (422, True)


def test_leads_are_given_as_far_as_there_is_room_and_ended_ones_stay(
    made: Made, seen_by: Callable[[str], Browser], team: dict[str, str]
) -> None:
    ids = [made(f"Lead{number}", "X", "ann") for number in range(5)]
    theirs, ended = made("Bobs", "X", "bob"), made("Lost", "X", "ann")
    with unit_of_work() as session:
        over = {"outcome": "lost", "occurred_at": datetime.now(UTC), "source": "t"}
        session.add(Outcome(lead_id=ended, **over))
    mary = seen_by("mary")
    page = shown(mary, act="assign", rep=team["bob"], why="Knows them", lead=[*ids, theirs, ended])
    assert heading(page) == "Give 2 leads to Bob Best?"
    assert left_out(page) == {
        "has ended": 1,
        "is with Bob Best already": 1,
        "is more than Bob Best has room for (2 more leads)": 3,
    }
    assert done(mary, page) == "2 leads are theirs now."
    with unit_of_work() as session:
        held = select(Assignment.lead_id).where(
            Assignment.rep_id == team["bob"], Assignment.ended_at.is_(None)
        )
        assert set(session.scalars(held)) == {*ids[:2], theirs}


def test_leads_that_somebody_else_was_given_meanwhile_are_not_taken_from_them(
    made: Made, seen_by: Callable[[str], Browser], team: dict[str, str]
) -> None:
    ids = [made(f"Lead{number}", "X", None) for number in range(2)]
    mary = seen_by("mary")
    first = shown(mary, act="assign", rep=team["bob"], why="Knows them", lead=ids)
    second = shown(mary, act="assign", rep=team["ann"], why="Has time", lead=ids)
    assert done(mary, first) == "2 leads are theirs now."
    late = confirmed(mary, second)
    assert (late.status_code, "Leads have changed" in mary.told(late)[1]) == (409, True)
    again = shown(mary, act="assign", rep=team["ann"], why="Has time", lead=ids)
    assert "They are taken from those who have them: Bob Best (2)." in again.text


def test_what_a_policy_has_somebody_agree_to_waits_for_that(
    made: Made, seen_by: Callable[[str], Browser], team: dict[str, str]
) -> None:
    lead = made("A", "A", "ann")
    ann = seen_by("ann")
    page = shown(ann, act="assign", rep=team["bob"], why="Knows them", lead=[lead])
    assert done(ann, page) == "1 lead waits for an approval."
    with unit_of_work() as session:
        assert session.scalars(select(Assignment.rep_id)).one() == team["ann"]


def test_leads_come_into_a_campaign_that_is_live_and_those_in_it_are_left_out(
    made: Made, seen_by: Callable[[str], Browser]
) -> None:
    running.launch()
    first, second = made("A", "A"), made("B", "B")
    running.enrol(first)
    mark = seen_by("mark")
    page = shown(mark, act="enrol", campaign=running.NAME, lead=[first, second])
    assert heading(page).startswith("Let 1 lead into ")
    assert left_out(page) == {"is in it already": 1}
    assert done(mark, page) == "1 lead is in it now."
    with unit_of_work() as session:
        assert set(session.scalars(select(Enrolment.lead_id))) == {first, second}


def test_a_file_is_asked_for_as_the_list_is_and_waits_for_whom_the_policies_name(
    made: Made, seen_by: Callable[[str], Browser]
) -> None:
    made("Ada", "Stone", industry="retail")
    made("Bo", "Li")
    mark = seen_by("mark")
    q = q_of(asked(mark, field="industry", value="retail", columns=["industry", "score"]))
    page = shown(mark, q=q, act="export", format="parquet", why="Fair")
    assert heading(page) == "Write 1 lead into a Parquet file?"
    assert "Ada Stone" in page.text
    assert done(mark, page) == "The file is being written."
    with unit_of_work() as session:
        made_file = session.scalars(select(LeadExport)).one()
        assert made_file.search["fields"][-2:] == ["industry", "score"]
        assert made_file.search["where"] == {"industry": {"operator": "equals", "value": "retail"}}
    assert "is written next" in mark.get(f"{ASK}/files").text
    assert seen_by("ann").get(f"{ASK}/files").status_code == 403


def test_what_is_missing_or_not_allowed_is_said(
    made: Made, seen_by: Callable[[str], Browser], team: dict[str, str]
) -> None:
    lead = made("A", "A", "ann")
    ann = seen_by("ann")
    for form, words in (
        ({"act": "tag", "tags": "x"}, "Tick some leads"),
        ({"act": "assign", "lead": [lead], "rep": team["bob"]}, "and why"),
        ({"act": "enrol", "lead": [lead]}, "Choose a campaign"),
    ):
        answer = ann.post(BULK, **form)
        assert (answer.status_code, words in ann.told(answer)[1]) == (422, True), form
    for form, words in (
        ({"act": "tag", "tags": "a/b", "lead": [lead]}, "without the characters"),
        ({"act": "enrol", "campaign": "none", "lead": [lead]}, "no campaign"),
        ({"act": "assign", "rep": "rep_x", "why": "w", "lead": [lead]}, "rep_x"),
        ({"act": "export"}, "You may not do this"),
    ):
        answer = ann.get(ann.post(BULK, **form).headers["location"])
        assert (answer.status_code, words in ann.told(answer)[1]) == (422, True), form
    assert 'value="export"' not in ann.get(ASK).text
    assert ann.get(f"{BULK}?q=x").headers["location"] == ASK
    assert ann.post(f"{BULK}/do", q="x").headers["location"] == ASK
    assert ann.get(f"{BULK}/do").headers["location"] == ASK
