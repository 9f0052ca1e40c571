"""The board: leads in columns by how far they are, moved by the edits there are, or refused."""

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from leadflow.assignment.tables import Assignment
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.leads.moves import COLUMNS, DONE, PERMISSIONS, WHAT, Refused, move
from leadflow.leads.tables import Outcome
from leadflow.search.stages import STAGES
from tests.integration.lead_lists.conftest import Made
from tests.integration.test_forms import Browser

BOARD = "/console/leads/board"


def board(browser: Browser, address: str = BOARD) -> dict[str, list[str]]:
    """The names in each column, by stage."""
    answer = browser.get(address)
    assert answer.status_code == 200, answer.text[-2000:]
    columns = re.findall(r'<section data-stage="(\w+)".*?</section>', answer.text, re.DOTALL)
    parts = re.split(r'<section data-stage="\w+"', answer.text)[1:]
    found = (re.findall(r'aria-label="Choose ([^"]+)"', part) for part in parts)
    return dict(zip(columns, found, strict=True))


def hidden(page: Any) -> dict[str, str]:
    return dict(re.findall(r'name="(at|has_it)" value="([^"]*)"', page.text))


def moved(browser: Browser, lead_id: str, to: str, **said: str) -> Any:
    """What is answered to the form of the page that the board leads to."""
    address = browser.post(BOARD, lead=lead_id, to=to).headers["location"]
    page = browser.get(address)
    return browser.post(address, **hidden(page), **said) if hidden(page) else page


def current(lead_id: str) -> Assignment | None:
    with unit_of_work() as session:
        active = (Assignment.lead_id == lead_id) & Assignment.ended_at.is_(None)
        return session.scalars(select(Assignment).where(active)).first()


def test_a_lead_goes_from_nobodys_to_won_and_is_opened_again(
    made: Made, seen_by: Callable[[str], Browser], team: dict[str, str]
) -> None:
    lead = made("Ada", "Stone", "ann")
    made("Maxs", "Lead", "max")
    ann = seen_by("ann")
    assert board(ann) == {stage: [] for stage in STAGES} | {"given": ["Ada Stone"]}
    for to, said, words in (
        ("taken", {}, "Taken on"),
        ("in_touch", {"kind": "meeting"}, "got in touch"),
        ("converted", {}, "It is won"),
    ):
        answer = moved(ann, lead, to, **said)
        assert answer.status_code == 303, answer.text[-3000:]
        shown = ann.get(answer.headers["location"])
        assert words in ann.told(shown)[1]
        assert board(ann)[to] == ["Ada Stone"]
    with unit_of_work() as session:
        assert session.scalars(select(Outcome.outcome)).one() == "converted"
    assert moved(ann, lead, "unassigned").status_code == 303
    assert current(lead) is None
    assert board(ann)["unassigned"] == ["Ada Stone"]
    assert set(board(seen_by("mary"))["unassigned"]) == {"Ada Stone"}
    assert board(seen_by("mark"))["given"] == ["Maxs Lead"]


def test_what_is_missing_is_asked_and_what_cannot_be_is_refused_with_the_reason(
    made: Made, seen_by: Callable[[str], Browser]
) -> None:
    theirs, nobodys = made("Anns", "Lead", "ann"), made("Nobodys", "Lead")
    ann = seen_by("ann")
    answer = moved(ann, theirs, "unassigned")
    assert (answer.status_code, ann.told(answer)[1]) == (422, "Say why.")
    assert moved(ann, nobodys, "given", why="Mine").status_code == 422
    for lead, to, words in (
        (nobodys, "in_touch", "Nobody has it. Move it to"),
        (theirs, "given", "there already"),
    ):
        answer = moved(ann, lead, to)
        assert (answer.status_code, words in answer.text) == (409, True), to
    # Marketing tells facts, and works no leads.
    mark = seen_by("mark")
    answer = moved(mark, theirs, "taken")
    assert (answer.status_code, "may not do this" in answer.text) == (409, True)
    assert "Choose a lead" in html.unescape(mark.get(mark.post(BOARD).headers["location"]).text)
    foreign = made("Maxs", "Lead", "max")
    assert seen_by("ann").get(f"/console/leads/{foreign}/move/taken").status_code == 403
    assert current(theirs) is not None


def test_what_was_moved_meanwhile_is_not_moved_again(
    made: Made, seen_by: Callable[[str], Browser]
) -> None:
    lead = made("Ada", "Stone", "ann")
    ann = seen_by("ann")
    address = f"/console/leads/{lead}/move/taken"
    form = hidden(ann.get(address))
    with unit_of_work() as session:
        held = session.get_one(Assignment, (current(lead) or pytest.fail("nobody")).id)
        held.first_touch_at = held.accepted_at = datetime.now(UTC)
    answer = ann.post(address, **form)
    assert (answer.status_code, "moved meanwhile" in answer.text) == (409, True)


def test_every_move_is_an_edit_with_words_or_is_refused() -> None:
    assert tuple(COLUMNS) == STAGES
    assert WHAT.keys() == DONE.keys() == PERMISSIONS.keys()
    for at in STAGES:
        for to in STAGES:
            does = move(at, to)
            assert isinstance(does, Refused) is (does not in WHAT)
        assert any(not isinstance(move(at, to), Refused) for to in STAGES)
