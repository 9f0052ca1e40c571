"""Who is on duty is told that a run failed: by name, else operators, else admins."""

from datetime import UTC, datetime

from sqlalchemy import Engine

from leadflow.accounts.people import add_person
from leadflow.database.engine import unit_of_work
from leadflow.integrations.notifications.duty_notices import DutyNotice, notify_on_duty
from leadflow.integrations.notifications.messages import run_failed
from leadflow.outbox.acts import Done, End, NothingDone, Order
from leadflow.settings import get_settings

NOTICE = DutyNotice(flow="score_leads", run_id="1", run="score_leads 09:05", state="Crashed")


def told(on_duty: str = "") -> End:
    settings = get_settings().model_copy(update={"on_duty": on_duty})
    return notify_on_duty(Order(settings, datetime.now(UTC), f"duty:{on_duty}"), NOTICE)


def test_it_is_who_is_named_else_operators_else_admins_else_nobody(store: Engine) -> None:
    assert isinstance(told(), NothingDone)
    ids = {}
    for name, role in (("ada", "admin"), ("otto", "operator"), ("rita", "sales_rep")):
        with unit_of_work() as session:
            ids[name] = add_person(session, name, name.title(), [role], "test").id
        expected = {"ada": "ada", "otto": "otto", "rita": "otto"}[name]
        assert told() == Done({"told": [ids[expected]]})
    assert told("rita, ada, nobody") == Done({"told": sorted([ids["rita"], ids["ada"]])})


def test_the_notice_says_what_failed_and_where_to_look() -> None:
    message = run_failed("score_leads", "score_leads 09:05", "Crashed", "http://prefect/1")
    assert message.subject == "score_leads: a run ended as Crashed"
    assert "score_leads 09:05" in message.text
    assert "http://prefect/1" in message.text
