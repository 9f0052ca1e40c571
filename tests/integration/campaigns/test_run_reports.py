"""What runs of the flows of campaigns say of what they did: figures, links, pictures, nobody."""

from base64 import b64decode
from collections import Counter

from sqlalchemy import Engine

from leadflow.campaigns.looking.run_report import MOST_ROWS, campaigns_with, report
from leadflow.database.engine import unit_of_work
from tests.integration.campaigns.running import NAME, enrol, hand_over, launch, sweep
from tests.integration.workflow import acting

AT = "https://leads.example.com"


def page(active: dict[str, int]) -> str:
    with unit_of_work() as session:
        return report(session, ["3 leads came in"], active, AT)


def test_a_run_says_how_its_campaigns_go_and_draws_them(store: Engine) -> None:
    launch(title="Spring | *sale*", purpose="marketing")
    launch(name="other")
    for number in range(3):
        lead = acting.take(email=f"n{number}@example.com")
        enrol(lead, NAME)
        enrol(lead, "other")
    done = sweep()
    assert (done.planned, done.withheld) == (3, Counter(no_consent=3))
    hand_over()
    found = page({NAME: 3, "other": 3})
    assert "- 3 leads came in" in found
    row = next(line for line in found.splitlines() if "Spring" in line)
    assert row.startswith(
        f"| [Spring ¦ ∗sale∗]({AT}/console/campaigns/{NAME}) `{NAME}` | 3 | 0 | 0 | "
        f"[3]({AT}/console/messages?campaign={NAME}&state=withheld): no consent 3 | 0 | 0 |"
    )
    [_, svg] = found.split("![other](data:image/svg+xml;base64,")
    assert "hello" in b64decode(svg.partition(")")[0]).decode()
    assert "example.com" not in found.replace(AT, "")
    assert "lead_" not in found


def test_a_report_has_a_few_campaigns_and_says_where_the_others_are(store: Engine) -> None:
    names = [f"c{number}" for number in range(MOST_ROWS + 2)]
    for name in names:
        launch(name=name)
    found = page(dict.fromkeys(names, 1))
    assert f"2 more are on [their page]({AT}/console/campaigns)" in found
    assert found.count("data:image") == 2


def test_a_campaign_of_very_many_steps_is_linked_and_not_drawn(store: Engine) -> None:
    steps = [{"step": f"s{number}", "wait": "P1D"} for number in range(200)]
    launch(steps, contents={})
    found = page({NAME: 1})
    assert "data:image" not in found
    assert f"It has many steps: see [its page]({AT}/console/campaigns/{NAME})" in found


def test_campaigns_with_messages_in_a_state_are_found(store: Engine) -> None:
    launch()
    enrol(acting.take(email="ada@example.com"))
    sweep()
    with unit_of_work() as session:
        assert campaigns_with(session, "planned") == {NAME: 1}
        assert campaigns_with(session, "uncertain") == {}
