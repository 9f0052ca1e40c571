"""What Resend tells of messages is noted, in whatever order and however often it comes."""

from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import Engine

from leadflow.campaigns.feedback.figures import figures_of
from leadflow.composition import compose
from leadflow.database.engine import unit_of_work
from leadflow.sources.definitions import SourcesInvalid, parse_sources
from tests.integration.campaigns.feedback.noting import sent, state_of, suppressed
from tests.integration.campaigns.running import NAME
from tests.integration.sources.arriving import arrive, process, shown, write_down

RESEND = {"scheme": "resend", "feedback": "resend"}


@pytest.fixture
def messages(store: Engine) -> list[str]:
    compose()
    write_down(parse_sources({"sources": {"crm": RESEND}})["crm"])
    return sent(6)


def told(kind: str, message: str, key: bool = True, **data: Any) -> dict[str, Any]:
    said = {"email_id": f"re_{message}", "to": ["lead0@example.com"], "subject": "Hello"} | data
    tags = {"tags": {"leadflow_message": message}} if key else {}
    return {
        "type": f"email.{kind}",
        "created_at": "2026-11-02T09:30:00.126Z",
        "data": said | tags,
    }


def bounce(kind: str, sub: str) -> dict[str, Any]:
    return {"bounce": {"type": kind, "subType": sub, "message": "ada@example.org does not exist"}}


def test_what_comes_in_any_order_and_twice_ends_in_the_same(messages: list[str]) -> None:
    steps = ("sent", "delivered", "opened")
    for message, order in zip(messages, permutations(steps), strict=True):
        for number, kind in enumerate((*order, *order)):
            arrive(told(kind, message, key=bool(number % 2)), f"{message}{number}")
    assert process().dead == 0
    assert {state_of(one) for one in messages} == {("delivered", None)}
    with unit_of_work() as session:
        found = figures_of(session, NAME)
    assert (found["delivered"], found["opened_by_machine"]) == (6, 6)


@pytest.mark.parametrize(
    ("kind", "data", "state", "reasons"),
    [
        ("bounced", bounce("Permanent", "General"), ("bounced", "recipient"), ["hard_bounce"]),
        ("bounced", bounce("Transient", "MailboxFull"), ("bounced", "mailbox_full"), []),
        ("bounced", bounce("Transient", "MessageTooLarge"), ("bounced", "content"), []),
        ("bounced", bounce("Transient", "General"), ("bounced", "expired"), []),
        ("failed", {"failed": {"reason": "quota"}}, ("bounced", "policy"), []),
        ("suppressed", {}, ("bounced", "recipient"), ["hard_bounce"]),
        ("complained", {}, ("accepted", None), ["complaint", "opted_out"]),
        ("delivery_delayed", {}, ("accepted", None), []),
    ],
)
def test_what_came_back_has_its_class_and_what_follows(
    messages: list[str], kind: str, data: dict[str, Any], state: tuple[str, str], reasons: list[str]
) -> None:
    arrive(told(kind, messages[0], **data))
    assert (process().dead, state_of(messages[0]), suppressed()) == (0, state, reasons)


def test_what_cannot_be_read_is_dead_and_what_is_of_others_is_left_alone(
    messages: list[str],
) -> None:
    arrive(told("bounced", messages[0], **bounce("Permanent", "Strange")), "1")
    arrive(told("delivered", messages[0]) | {"created_at": "yesterday"}, "2")
    arrive(told("delivered", "msg_of_another"), "3")
    arrive({"type": "contact.created", "data": {}}, "4")
    arrive(b"[1]", "5")
    process()
    found = {one.delivery_id: (one.status, one.reasons[0]["field"]) for one in shown()}
    assert found == {
        "1": ("dead", "data.bounce"),
        "2": ("dead", "created_at"),
        "3": ("processed", "data.email_id"),
        "4": ("processed", "type"),
        "5": ("dead", "body"),
    }
    assert state_of(messages[0]) == ("accepted", None)


def test_a_source_tells_either_of_leads_or_of_messages() -> None:
    for wrong, why in (
        (RESEND | {"mapping": {"key": "id"}}, "mapping has no place beside feedback"),
        (RESEND | {"scheme": "svix"}, "scheme"),
        ({"scheme": "standard_webhooks", "feedback": "resend"}, "proved by the scheme"),
        ({"scheme": "resend"}, r"mapping: This is required"),
    ):
        with pytest.raises(SourcesInvalid, match=why):
            parse_sources({"sources": {"crm": wrong}})
