"""By Resend a mail goes out once, however often it has to be asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from leadflow.channels.email.message import Envelope, Mailbox
from leadflow.channels.email.outgoing import Outgoing
from leadflow.channels.email.rendering import Rendered
from leadflow.channels.email.resend import Resend
from leadflow.channels.port import Accepted, Refused, Uncertain
from tests.unit.channels import resend_stand_in
from tests.unit.channels.resend_stand_in import API_KEY

MAIL = Rendered("Grüße", "<p>Hello</p>", "Hello\n")


def to(name: str) -> Outgoing:
    envelope = Envelope(
        f"msg_{name}",
        Mailbox("ann@example.com", "Ann"),
        Mailbox(f"{name}@example.org", 'Zoë "Z"\r\n'),
        Mailbox("rep@example.com"),
        "https://example.com/u",
    )
    return Outgoing(envelope, MAIL, datetime(2026, 3, 2, 12, tzinfo=UTC))


@contextmanager
def sending(
    server: resend_stand_in.Resend, api_key: str = API_KEY
) -> Iterator[tuple[Resend, list[float]]]:
    slept: list[float] = []
    with resend_stand_in.serving(server) as address:
        resend = Resend(api_key, at_once=1, address=address, timeout=2, sleep=slept.append)
        try:
            yield resend, slept
        finally:
            resend.close()


def test_a_mail_is_taken_with_all_that_belongs_to_it() -> None:
    server = resend_stand_in.Resend()
    with sending(server) as (resend, _):
        assert resend.send_many([to("a"), to("b")]) == [Accepted("id_1"), Accepted("id_2")]
    assert server.sent[0] == {
        "from": '"Ann" <ann@example.com>',
        "to": ['"Zoë Z" <a@example.org>'],
        "reply_to": "rep@example.com",
        "subject": "Grüße",
        "html": "<p>Hello</p>",
        "text": "Hello\n",
        "headers": {
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": "<https://example.com/u>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Precedence": "bulk",
        },
        "tags": [{"name": "leadflow_message", "value": "msg_a"}],
    }


def test_a_mail_of_which_no_answer_came_is_asked_for_again_and_goes_out_once() -> None:
    server = resend_stand_in.Resend()
    server.script = ["drop"]
    with sending(server) as (resend, _):
        [first] = resend.send_many([to("a")])
        [second] = resend.send_many([to("a")])
        assert resend.resend_within == timedelta(hours=24)
    assert isinstance(first, Uncertain)
    assert second == Accepted("id_1")
    assert len(server.sent) == 1


@pytest.mark.parametrize(
    "said", [(429, "rate_limit_exceeded"), (409, "concurrent_idempotent_requests")]
)
def test_it_waits_as_long_as_it_is_asked_to(said: tuple[int, str]) -> None:
    server = resend_stand_in.Resend()
    server.script = [said]
    with sending(server) as (resend, slept):
        assert resend.send_many([to("a")]) == [Accepted("id_1")]
    assert slept == [2.0]


REFUSED = {
    (422, "validation_error"): "content",
    (403, "validation_error"): "credentials",
    (429, "daily_quota_exceeded"): "transient",
}


@pytest.mark.parametrize("said", REFUSED)
def test_a_refusal_says_whose_fault_it_is_and_repeats_no_address(said: tuple[int, str]) -> None:
    server = resend_stand_in.Resend()
    server.script = [said]
    with sending(server) as (resend, _):
        [result] = resend.send_many([to("a")])
    assert result == Refused(REFUSED[said], said[0], said[1])  # type: ignore[arg-type]
    assert server.sent == []


@pytest.mark.parametrize("said", [(500, "application_error"), (502, "")])
def test_a_server_that_fails_may_have_sent_it(said: tuple[int, str]) -> None:
    server = resend_stand_in.Resend()
    server.script = [said]
    with sending(server) as (resend, _):
        [result] = resend.send_many([to("a")])
    assert isinstance(result, Uncertain)


def test_under_a_key_of_another_mail_something_may_have_been_sent() -> None:
    server = resend_stand_in.Resend()
    with sending(server) as (resend, _):
        resend.send_many([to("a")])
        [result] = resend.send_many([replace(to("a"), mail=replace(MAIL, subject="Other"))])
    assert isinstance(result, Uncertain)
    assert len(server.sent) == 1


def test_a_wrong_api_key_is_asked_about_once() -> None:
    server = resend_stand_in.Resend()
    with sending(server, "re_wrong") as (resend, _):
        results = resend.send_many([to(str(number)) for number in range(20)])
    assert {one.fault for one in results if isinstance(one, Refused)} == {"credentials"}
    assert len(results) == 20
    assert server.asked == 1


def test_a_resend_that_is_away_has_surely_not_taken_it() -> None:
    resend = Resend(API_KEY, address="http://127.0.0.1:9", timeout=2)
    [result] = resend.send_many([to("a")])
    resend.close()
    assert isinstance(result, Refused)
    assert result.fault == "transient"
