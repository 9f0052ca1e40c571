"""The pages of the console in a real browser: the right figures in the right place."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from leadflow.accounts.keys import create_key
from leadflow.accounts.permissions import SCOPES
from leadflow.accounts.tables import Delegation
from leadflow.approvals import service as approvals
from leadflow.approvals.tables import Approval
from leadflow.database.engine import unit_of_work
from leadflow.quality.service import draw_sample
from leadflow.quality.tables import QualityItem, QualityReview
from leadflow.scoring.serving.score import current_score
from leadflow.scoring.tables import LeadScore, ScoreOverride
from leadflow.settings import get_settings
from tests.browser.conftest import PASSWORD, sign_in

pytestmark = [pytest.mark.browser]
CONTROLS = "main input:not([type=hidden]), main textarea, main select, main button"
# What is folded away has a text too, and no inner text.
NAME = "e => (e.labels && e.labels.length) || e.textContent.trim() || e.ariaLabel"
LEAD = {"email": "eve@example.com", "first_name": "Eve", "last_name": "Stone", "company_size": 400}


@pytest.fixture
def lead_id(console: str, people: dict[str, str]) -> str:
    """A scored lead that nobody has."""
    import httpx

    with unit_of_work() as session:
        key = create_key(session, "test", SCOPES)
    answer = httpx.post(f"{console}/leads", json=LEAD, headers={"X-API-Key": key}, timeout=60)
    return str(answer.json()["lead"]["id"])


def set_score(page: Any, console: str, lead_id: str, new_score: float) -> None:
    page.goto(f"{console}/console/leads/{lead_id}")
    page.get_by_text("Set the score yourself").click()
    page.get_by_label("Score, 0 to 100").fill(f"{new_score:.0f}")
    page.get_by_label("Why", exact=True).fill("Spoke to them at the fair")
    page.get_by_role("button", name="Set it").click()
    page.locator(".note").wait_for()


def far_from(lead_id: str) -> float:
    """A score more than thirty points from the model's."""
    with unit_of_work() as session:
        return 95 if current_score(session, lead_id).total_score < 60 else 5


@pytest.mark.long
def test_a_wrong_password_is_said_and_five_lock_the_name(
    page: Any, console: str, people: dict[str, str]
) -> None:
    for number in range(6):
        page.goto(f"{console}/console/sign-in")
        page.get_by_label("Username or e-mail address").fill("mary")
        page.get_by_label("Password").fill(PASSWORD if number == 5 else "wrong")
        page.get_by_role("button", name="Sign in").click()
        said = page.get_by_role("alert").inner_text()
    assert said.startswith("Too many wrong passwords. Try again in")


def test_a_lead_shows_its_score_as_a_sum_with_bars_reasons_and_what_is_next(
    page: Any, console: str, lead_id: str
) -> None:
    sign_in(page, console, "mark")
    page.get_by_label("Find a lead").fill(lead_id)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Eve Stone").wait_for()
    with unit_of_work() as session:
        score = session.scalars(select(LeadScore).where(LeadScore.is_current)).one()
        contributions, total = score.contributions, score.total_score
    assert page.locator("#total").inner_text() == f"{total:.0f}"
    page.get_by_text("All that counts").click()
    rows = page.locator("#contributions tr").all()
    shown = [float(row.locator("td").nth(1).inner_text()) for row in rows]
    expected = [points for points in contributions.values() if abs(points) >= 0.05]
    assert shown == pytest.approx(sorted(expected, key=abs, reverse=True), abs=0.051)
    # What speaks for it lies right of the average; what speaks against it ends where it stands.
    average, here = (page.locator(f".reasons .{part}").bounding_box() for part in ("axis", "here"))
    ends = [
        [bar.bounding_box() for bar in page.locator(f".reasons rect.{side}").all()]
        for side in ("for", "against")
    ]
    assert [len(bars) for bars in ends] == [
        sum(points > 0 for points in expected),
        sum(points < 0 for points in expected),
    ]
    assert all(bar["x"] >= average["x"] - 1 for bar in ends[0])
    assert min(bar["x"] for bar in ends[1] or [here]) == pytest.approx(here["x"], abs=2)
    for reason in score.reasons:
        page.locator("#answer li").get_by_text(reason["text"]).wait_for()


def test_a_large_override_goes_from_the_lead_through_anothers_inbox_into_force(
    page: Any, browser: Any, console: str, lead_id: str, people: dict[str, str]
) -> None:
    sign_in(page, console, "mark")
    new_score = far_from(lead_id)
    set_score(page, console, lead_id, new_score)
    assert "It waits until somebody who may has agreed" in page.locator(".note").inner_text()
    with unit_of_work() as session:
        approval_id = session.scalars(select(Approval.id)).one()
    # Whoever asked sees it, but has no form.
    page.goto(f"{console}/console/approvals/{approval_id}")
    assert page.get_by_role("button", name="Approve").count() == 0
    assert "Who asks for an approval cannot give it" in page.inner_text("main")

    other = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    sign_in(other, console, "mary")
    assert other.get_by_role("heading", level=1).inner_text() == "Waits for you (1)"
    row = other.locator("tbody tr").first
    assert "Mark" in row.inner_text()
    assert "in " in row.locator("[data-label=Due]").inner_text()
    # On a phone nothing is wider than the screen.
    assert other.evaluate("document.documentElement.scrollWidth") <= 390
    asks = f"Set the score of Eve Stone, example.com to {new_score:.0f}?"
    other.get_by_role("link", name=asks).click()
    other.get_by_role("heading", name=asks).wait_for()
    assert other.evaluate("document.documentElement.scrollWidth") <= 390
    assert "Spoke to them at the fair" in other.locator("#asked-why").inner_text()
    # Without a reason nothing is decided; then by the keyboard.
    other.get_by_label("Why, for those who read it later").focus()
    other.keyboard.type("Agreed with the team")
    other.keyboard.press("Tab")
    assert other.evaluate("document.activeElement.innerText") == "Approve"
    other.keyboard.press("Enter")
    other.locator(".note.good").wait_for()
    assert other.locator("#status").inner_text().startswith("approved")
    deadline = time.monotonic() + 20
    while True:
        with unit_of_work() as session:
            made = session.scalars(select(ScoreOverride)).one()
            if made.status == "active":
                break
        assert time.monotonic() < deadline, "nobody carried the decision out"
        time.sleep(0.1)
    page.goto(f"{console}/console/leads/{lead_id}")
    assert page.locator("#total").inner_text() == f"{new_score:.0f}"
    assert "Agreed with the team" not in page.locator("#timeline").inner_text()
    assert f"score set to {new_score:.0f} (active)" in page.locator("#timeline").inner_text()


@pytest.mark.long
def test_a_second_click_gets_a_clear_answer_and_changes_nothing(
    page: Any, console: str, lead_id: str, people: dict[str, str]
) -> None:
    sign_in(page, console, "mark")
    set_score(page, console, lead_id, far_from(lead_id))
    with unit_of_work() as session:
        approval_id = session.scalars(select(Approval.id)).one()
    page.context.clear_cookies()
    sign_in(page, console, "mary")
    page.goto(f"{console}/console/approvals/{approval_id}")
    with unit_of_work() as session:
        from leadflow.accounts.tables import Person

        mike, now = session.get_one(Person, people["mike"]), datetime.now(UTC)
        approvals.decide(session, approval_id, "reject", mike, "no", now, "api")
    page.get_by_label("Why, for those who read it later").fill("yes")
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("alert").wait_for()
    assert page.get_by_role("alert").inner_text().startswith("Already rejected at")
    assert page.locator("#status").inner_text().startswith("rejected")
    assert page.get_by_text("mike").first.is_visible()


@pytest.mark.long
def test_a_stand_in_is_named_on_the_page_of_a_decision(
    page: Any, console: str, lead_id: str, people: dict[str, str]
) -> None:
    sign_in(page, console, "mark")
    set_score(page, console, lead_id, far_from(lead_id))
    with unit_of_work() as session:
        approval_id = session.scalars(select(Approval.id)).one()
    page.context.clear_cookies()
    sign_in(page, console, "mary")
    page.goto(f"{console}/console/approvals/{approval_id}")
    page.get_by_text("Decide in Prefect, or let somebody stand in").click()
    page.get_by_label("Who stands in for you (username)").fill("dana")
    page.get_by_role("button", name="Delegate").click()
    page.locator(".note.good").wait_for()
    assert page.locator(".note.good").inner_text() == "Dana decides in your place for 7 days."
    with unit_of_work() as session:
        made = session.scalars(select(Delegation)).one()
        assert (made.person_id, made.delegate_id) == (people["mary"], people["dana"])
    page.context.clear_cookies()
    sign_in(page, console, "dana")
    assert page.get_by_role("heading", level=1).inner_text() == "Waits for you (1)"


def test_a_score_is_judged_before_what_the_machine_said_is_shown(
    page: Any, console: str, lead_id: str, people: dict[str, str], store: Engine
) -> None:
    with unit_of_work(store) as session:
        # As if all of it had been yesterday: a day is drawn from once it is over.
        session.execute(text("SET LOCAL session_replication_role = replica"))
        for table, moment in (("leads", "known_from"), ("lead_scores", "as_of")):
            earlier = f"UPDATE {table} SET {moment} = {moment} - interval '1 day'"  # noqa: S608
            session.execute(text(earlier))
        score = session.scalars(select(LeadScore)).one()
        draw_sample(session, score.as_of.date(), get_settings(), datetime.now(UTC))
        level, total = score.level, score.total_score
        count = len(session.scalars(select(QualityItem)).all())
    assert count == 1
    sign_in(page, console, "mary")
    page.get_by_role("link", name="Review of a score").click()
    page.get_by_role("heading", name="Your judgement").wait_for()
    facts = page.inner_text("main")
    assert f"{total:.1f}" not in facts
    assert "eve@example.com" not in facts
    assert "Stone" not in facts
    page.get_by_label(level, exact=True).check()
    page.get_by_role("button", name="Judge").click()
    page.locator("#revealed").wait_for()
    assert "You agree." in page.locator("#revealed").inner_text()
    with unit_of_work() as session:
        review = session.scalars(select(QualityReview)).one()
        assert (review.reviewer, review.judgement) == (people["mary"], {"level": level})


@pytest.mark.long
def test_the_audit_of_a_lead_says_who_did_what(
    page: Any, console: str, lead_id: str, people: dict[str, str]
) -> None:
    sign_in(page, console, "mark")
    with unit_of_work() as session:
        near = current_score(session, lead_id).total_score + 5
    set_score(page, console, lead_id, near)
    page.context.clear_cookies()
    sign_in(page, console, "root")
    page.goto(f"{console}/console/audit/{lead_id}")
    rows = page.locator("tbody tr").all_inner_texts()
    assert any("Mark" in row and "override made" in row for row in rows)
    assert "Everything that was done to Eve Stone" in page.inner_text("h1")
    made = page.locator("tbody tr").filter(has_text="override made")
    assert f"→ {near:.4g}" in made.locator("td").nth(3).inner_text()
    made.locator("summary").click()
    assert "gateway address:" in made.inner_text()


def test_a_page_that_is_not_ones_own_says_so_in_words(
    page: Any, console: str, people: dict[str, str]
) -> None:
    sign_in(page, console, "dana")
    for path, words in (
        ("/console/waiting", "may see everything that waits for a decision"),
        ("/console/leads/lead_none", "may see leads"),
        ("/console/approvals/appr_none", "There is no approval"),
    ):
        page.goto(console + path)
        assert words in page.get_by_role("alert").inner_text()


def test_every_page_fits_a_phone_and_a_desk_and_each_control_has_a_name(
    page: Any, console: str, lead_id: str, people: dict[str, str]
) -> None:
    page.goto(f"{console}/console/sign-in")
    fits(page, "sign-in")
    sign_in(page, console, "mark")
    set_score(page, console, lead_id, far_from(lead_id))
    with unit_of_work() as session:
        approval_id = session.scalars(select(Approval.id)).one()
    page.context.clear_cookies()
    sign_in(page, console, "root")
    pages = ["", "/waiting", "/quality", "/mail", "/password"]
    pages += [f"/leads/{lead_id}", f"/approvals/{approval_id}", f"/audit/{lead_id}"]
    for path in pages:
        page.goto(f"{console}/console{path}")
        fits(page, path)
        assert page.get_by_role("heading", level=1).count() == 1, path
        for control in page.locator(CONTROLS).all():
            assert control.evaluate(NAME), path


def fits(page: Any, path: str) -> None:
    """Nothing of the page stands out to the side, on a phone or on a desk."""
    for width in (360, 1300):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
