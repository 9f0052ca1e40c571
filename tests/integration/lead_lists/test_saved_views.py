"""Views of the list that people save: their own, their team's, everybody's."""

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from leadflow.database.engine import get_owner_engine, unit_of_work
from tests.integration.lead_lists.conftest import Made
from tests.integration.lead_lists.test_list import ASK, asked, names
from tests.integration.test_forms import Browser

SAVE = f"{ASK}/views"


def q_of(page: Any) -> str:
    found = re.search(r'name="q" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


def saved(browser: Browser, called: str, shared: str = "nobody", **question: Any) -> Any:
    """The page that shows a view that was saved just now."""
    page = asked(browser, **question)
    answer = browser.post(SAVE, q=q_of(page), called=called, shared=shared)
    assert answer.status_code == 303, answer.text[-3000:]
    shown = browser.get(answer.headers["location"])
    assert browser.told(shown) == ("good", f"Saved as “{called}”.")
    return shown


def view_of(page: Any) -> dict[str, str]:
    """What the form of a view says of it."""
    return {
        name: found[1]
        for name in ("view", "revision")
        if (found := re.search(rf'name="{name}" value="([^"]+)"', page.text))
    }


def test_a_view_is_kept_changed_and_deleted(made: Made, seen_by: Callable[[str], Browser]) -> None:
    made("Ada", "Stone", industry="retail", job_title="Head")
    made("Bo", "Li", industry="mining")
    mark = seen_by("mark")
    shown = saved(mark, "Müller’s shops", field="industry", value="retail", columns=["job_title"])
    assert names(shown) == ["Ada Stone"]
    assert 'data-label="Job title"' in shown.text
    assert "Müller’s shops: 1<" in shown.text
    with get_owner_engine().connect() as connection:
        row = connection.execute(text("SELECT name, question FROM saved_views")).one()
        assert b"shops" not in row[0] + row[1]
        log = connection.execute(
            text("SELECT detail FROM audit_waiting WHERE action LIKE 'saved_view%'")
        )
        assert all("retail" not in str(one) for one in log)
    wider = asked(mark, q=q_of(shown), act="clear")
    assert "Müller’s shops, filtered: 2<" in wider.text
    kept = {"q": q_of(wider), "act": "keep", "called": "All", "shared": "everybody"}
    answer = mark.post(SAVE, **kept, **view_of(wider))
    assert answer.status_code == 303, answer.text[-2000:]
    again = mark.get(answer.headers["location"])
    assert len(names(again)) == 2
    # As it was shown before it was changed.
    stale = mark.post(SAVE, **kept, **view_of(wider))
    assert (stale.status_code, "meanwhile" in mark.told(stale)[1]) == (409, True)
    assert 'value="All"' in stale.text
    gone = mark.post(SAVE, q=q_of(again), act="delete", **view_of(again))
    assert "“All” is deleted" in mark.told(mark.get(gone.headers["location"]))[1]
    assert mark.post(SAVE, q=q_of(again), act="delete", **view_of(again)).status_code == 409


def test_each_sees_what_is_shared_with_them_and_changes_what_is_theirs(
    made: Made, seen_by: Callable[[str], Browser]
) -> None:
    made("Anns", "Lead", "ann")
    made("Maxs", "Lead", "max")
    saved(seen_by("mary"), "Of the team", "team", status="open")
    of_all = saved(seen_by("mark"), "Of everybody", "everybody", status="open")
    saved(seen_by("ann"), "Anns own", status="open")
    for username, seen in (
        ("ann", {"Of the team", "Of everybody", "Anns own"}),
        ("mary", {"Of the team", "Of everybody"}),
        ("mark", {"Of everybody"}),
    ):
        found = set(re.findall(r">(Of [^<]+|Anns own)</a>", seen_by(username).get(ASK).text))
        assert found == seen, username
    ann = seen_by("ann")
    view = view_of(of_all)["view"]
    assert names(ann.get(f"{ASK}?view={view}")) == ["Anns Lead"]
    page = ann.get(f"{ASK}?view={view}")
    assert 'value="keep"' not in page.text
    theirs = ann.post(SAVE, q=q_of(page), act="keep", called="Mine", **view_of(of_all))
    assert (theirs.status_code, "Somebody else made" in ann.told(theirs)[1]) == (422, True)
    for shared in ("team", "everybody"):
        refused = ann.post(SAVE, q=q_of(page), called="Ours", shared=shared)
        assert (refused.status_code, "may not share" in ann.told(refused)[1]) == (422, True)
        assert 'value="Ours"' in refused.text
    assert ann.post(SAVE, q=q_of(page), called=" ").status_code == 422


def test_views_that_are_called_the_same_are_told_apart(
    made: Made, seen_by: Callable[[str], Browser]
) -> None:
    saved(seen_by("mark"), "Big budgets", "everybody", status="open")
    shown = saved(seen_by("mark"), "Big budgets", status="open")
    for words in ("Big budgets, of everybody", "Big budgets, yours alone"):
        assert f">{words}</a>" in shown.text


def test_a_view_that_names_what_is_gone_says_so(
    made: Made, seen_by: Callable[[str], Browser]
) -> None:
    mark = seen_by("mark")
    shown = saved(mark, "Of Ann", owner="ann")
    with unit_of_work() as session:
        session.execute(text("UPDATE reps SET external_id = 'anna' WHERE external_id = 'ann'"))
    page = mark.get(f"{ASK}?view={view_of(shown)['view']}")
    assert page.status_code == 200
    assert "ann" in page.text
    assert "Delete it" in page.text
