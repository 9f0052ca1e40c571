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
from leadflow.scoring.tables import LeadScore
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
        ("taken", {}, "Accepted"),
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
    assert (answer.status_code, "may work leads. Ask one of them." in answer.text) == (409, True)
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


def scored(lead_id: str, level: str) -> None:
    parts = dict.fromkeys(("demographic", "behavioural", "engagement", "fit", "ai"), 50.0)
    chance = dict.fromkeys(("probability", "probability_low", "probability_high"), 0.1)
    with unit_of_work() as session:
        session.add(
            LeadScore(
                **parts,
                **chance,
                lead_id=lead_id,
                as_of=datetime.now(UTC),
                scorecard_id=1,
                total_score=50,
                points=50,
                confidence="low",
                level=level,
                regime="rubric",
                model_version="1",
                contribution_points=[0.0],
                reason_places=[],
                reason_texts=[],
                is_current=True,
            )
        )


def test_a_board_by_level_shows_open_leads_and_moves_none_of_them(
    made: Made, seen_by: Callable[[str], Browser]
) -> None:
    scored(made("Ada", "Stone", "ann"), "hot")
    scored(made("Ben", "Brick", "ann"), "cold")
    ann = seen_by("ann")
    page = ann.get(f"{BOARD}?by=levels").text
    parts = dict(zip(*[iter(re.split(r'data-level="(\w+)"', page)[1:])] * 2, strict=True))
    assert list(parts) == ["hot", "warm", "cold", "unqualified"]
    shown = {level: re.findall(r'draggable="false">([^<]+)</a>', parts[level]) for level in parts}
    assert shown == {"hot": ["Ada Stone"], "warm": [], "cold": ["Ben Brick"], "unqualified": []}
    assert "A level is what the score says" in page
    assert "Move it" not in page


def test_a_move_leads_back_to_the_board_that_it_was_made_on(
    made: Made, seen_by: Callable[[str], Browser]
) -> None:
    lead = made("Ada", "Stone", "ann", industry="retail")
    made("Ben", "Brick", "ann", industry="media")
    ann = seen_by("ann")
    where = {"field": "industry", "operator": "equals", "value": "retail", "act": "show"}
    listed = ann.get(ann.post("/console/leads", **where).headers["location"]).text
    address = html.unescape(re.findall(r'href="([^"]+)">As a board by how far', listed)[0])
    assert board(ann, address)["given"] == ["Ada Stone"]
    q = re.findall(r'id="board">.*?name="q" value="([^"]+)"', ann.get(address).text, re.DOTALL)[0]
    ahead = ann.post(BOARD, lead=lead, to="taken", q=q).headers["location"]
    page = ann.get(ahead)
    kept = re.findall(r'name="q" value="([^"]+)"', page.text)[0]
    done = ann.post(ahead.partition("?")[0], **hidden(page), q=kept)
    shown = board(ann, done.headers["location"])
    assert (shown["given"], shown["taken"]) == ([], ["Ada Stone"])


def test_a_board_is_saved_as_a_view_and_opens_as_it_was(
    made: Made, seen_by: Callable[[str], Browser]
) -> None:
    scored(made("Ada", "Stone", "ann"), "hot")
    ann = seen_by("ann")
    page = ann.get(f"{BOARD}?by=levels").text
    sealed = re.findall(r'name="q" value="([^"]+)"', page)[-1]
    saved = ann.post("/console/leads/views", q=sealed, act="save", called="By heat")
    address = saved.headers["location"]
    assert address.startswith(f"{BOARD}?view=")
    shown = ann.get(address)
    assert ann.told(shown) == ("good", "Saved as “By heat”.")
    assert "<h1>By heat</h1>" in shown.text
    assert 'data-level="hot"' in shown.text
    named = ann.post("/console/leads/views", q=sealed, act="save", called="")
    assert (named.status_code, 'data-level="hot"' in named.text) == (422, True)
