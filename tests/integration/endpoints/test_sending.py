"""Messages reach their receiver, each until it is taken, in the order in which things happened."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text
from standardwebhooks import Webhook, WebhookVerificationError

from leadflow.accounts.people import add_person
from leadflow.audit.tables import AuditEntry
from leadflow.database.engine import unit_of_work
from leadflow.endpoints import messages as of_endpoints
from leadflow.endpoints import service
from leadflow.endpoints.definitions import EndpointChange
from leadflow.endpoints.settling import FAILING_FROM, WAITS
from leadflow.endpoints.tables import Message
from leadflow.endpoints.turns import give_turns
from leadflow.integrations.notifications.mailbox import read_mail, serve
from leadflow.outbox.lanes import NOTICES, WEBHOOKS
from leadflow.outbox.tables import OutboxRow
from tests.integration.endpoints.telling import (
    add,
    attempts,
    come_due,
    consume,
    endpoint,
    mend,
    messages,
    near,
    send,
)
from tests.receivers import Receiver, receiving
from tests.servers import free_port

pytestmark = pytest.mark.uncounted


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def happen(types: Sequence[str], lead_id: str = "lead_1", name: str = "crm") -> None:
    """These happened to a lead, in this order, as the triggers write it."""
    of = endpoint(name).id
    with unit_of_work() as session:
        for type_ in types:
            session.add(Message(endpoint_id=of, type=type_, lead_id=lead_id, facts={"n": type_}))
            session.flush()


def states(name: str = "crm") -> list[str]:
    return [one.status for one in messages(name)]


def test_who_is_told_can_tell_who_says_it_with_the_old_secret_and_the_new_one(
    store: Engine, receiver: Receiver
) -> None:
    first = add(f"{receiver.url}/hook")
    with unit_of_work() as session:
        second = service.rotate_secret(session, "crm", "test", datetime.now(UTC))
    happen(["lead.created"])
    send(store)
    [got] = receiver.got
    for secret in (first, second):
        said = Webhook(secret).verify(got.body, got.headers)
        assert said["type"] == "lead.created"
        assert said["data"] == {"lead": {"id": "lead_1"}, "n": "lead.created"}
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=").verify(got.body, got.headers)
    with unit_of_work() as session:
        third = service.rotate_secret(session, "crm", "test", datetime.now(UTC))
    happen(["lead.lost"])
    send(store)
    Webhook(third).verify(receiver.got[1].body, receiver.got[1].headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(first).verify(receiver.got[1].body, receiver.got[1].headers)


def test_what_is_not_taken_is_sent_again_under_the_same_id_and_every_attempt_is_on_record(
    store: Engine, receiver: Receiver
) -> None:
    add(receiver.url)
    receiver.answers = [500, 200]
    happen(["lead.created"])
    send(store)
    assert states() == ["waiting"]
    send(store)  # not due yet
    assert len(receiver.got) == 1
    come_due()
    send(store)
    assert states() == ["delivered"]
    assert len({one.id for one in receiver.got}) == 1
    assert receiver.got[0].body == receiver.got[1].body
    assert [one.answered for one in attempts()] == [500, 200]
    assert all(one.milliseconds is not None for one in attempts())


def test_of_a_lead_nothing_is_told_before_what_happened_earlier_and_of_others_it_is(
    store: Engine, receiver: Receiver
) -> None:
    add(receiver.url)
    receiver.answers = [503]
    happen(["lead.created"])
    send(store)
    happen(["lead.scored", "lead.assigned"])
    happen(["lead.created", "lead.scored"], "lead_2")
    send(store)
    assert [one.says["data"]["lead"]["id"] for one in receiver.got[1:]] == ["lead_2", "lead_2"]
    come_due()
    send(store)
    of_first = [one.says["type"] for one in receiver.got if "lead_1" in one.body]
    assert of_first == ["lead.created", "lead.created", "lead.scored", "lead.assigned"]


def test_after_the_last_attempt_it_is_given_up_and_the_next_goes_on(
    store: Engine, receiver: Receiver
) -> None:
    add(receiver.url)
    receiver.answers = [500]
    happen(["lead.created", "lead.scored"])
    with unit_of_work() as session:
        session.execute(
            text("UPDATE webhook_messages SET attempts = :n WHERE type = 'lead.created'"),
            {"n": len(WAITS)},
        )
    send(store)
    assert states() == ["failed", "delivered"]
    with unit_of_work() as session:
        of_endpoints.replay(session, "crm", messages()[0].id, "test", datetime.now(UTC))
    send(store)
    assert states() == ["delivered", "delivered"]
    assert receiver.got[0].id == receiver.got[2].id


def test_everything_since_a_moment_is_sent_again_in_its_order(
    store: Engine, receiver: Receiver
) -> None:
    add(receiver.url)
    happen(["lead.created", "lead.scored"])
    send(store)
    with unit_of_work() as session:
        now = datetime.now(UTC)
        count = of_endpoints.replay_since(session, "crm", now - timedelta(minutes=5), "test", now)
    assert count == 2
    send(store)
    assert receiver.types == ["lead.created", "lead.scored"] * 2


def test_one_that_is_gone_is_disabled_at_once_and_its_owner_and_admins_are_told(
    store: Engine, receiver: Receiver, tmp_path: Path
) -> None:
    with unit_of_work() as session:
        add_person(session, "olga", "Olga", ["admin"], "test", "olga@example.com")
    add(receiver.url)
    receiver.answers = [410]
    happen(["lead.created"])
    send(store)
    assert (endpoint().status, endpoint().disabled_why) == ("disabled", "gone")
    settings = near().model_copy(update={"smtp_port": free_port(), "home": tmp_path})
    server = serve(settings)
    consume(store, NOTICES, settings)
    server.stop()
    [mail] = read_mail(settings)
    assert mail.to == "olga@example.com"
    assert "crm" in mail.subject
    assert "410" in mail.text
    with unit_of_work() as session:
        found = select(AuditEntry).where(AuditEntry.action == "endpoint.disabled")
        assert session.scalars(found).one().why == "gone"
    come_due()
    send(store)  # what waits is held until somebody enables it
    assert len(receiver.got) == 1
    with unit_of_work() as session:
        service.enable(session, "crm", "test", datetime.now(UTC))
    send(store)
    assert states() == ["delivered"]


def test_after_days_of_nothing_but_failures_it_is_disabled(
    store: Engine, receiver: Receiver
) -> None:
    add(receiver.url)
    receiver.answers = [500] * 20
    for number in range(FAILING_FROM + 1):
        happen(["lead.created"], f"lead_{number}")
    send(store)
    assert endpoint().status == "enabled"
    assert endpoint().paused_until is not None
    sent = len(receiver.got)
    send(store)
    assert len(receiver.got) == sent  # it is left alone
    with unit_of_work() as session:
        days = text("UPDATE webhook_endpoints SET failing_since = now() - interval '3 days'")
        session.execute(days)
    come_due()
    send(store)
    assert len(receiver.got) == sent + 1  # one message finds out whether it is back
    assert (endpoint().status, endpoint().disabled_why) == ("disabled", "failing")


def test_one_that_is_slow_or_dead_holds_up_no_other(store: Engine, receiver: Receiver) -> None:
    with receiving() as slow:
        slow.seconds = 1.5
        add(slow.url, name="slow")
        add(f"http://127.0.0.1:{free_port()}", name="dead")
        add(receiver.url, name="quick")
        for number in range(40):
            for name in ("slow", "dead", "quick"):
                happen(["lead.created"], f"lead_{number}", name)
        with unit_of_work() as session:
            assert give_turns(session, datetime.now(UTC)) == 3
            assert give_turns(session, datetime.now(UTC)) == 0  # each has its turn already
        began = time.monotonic()
        threads = [threading.Thread(target=consume, args=(store, WEBHOOKS)) for _ in range(3)]
        for thread in threads:
            thread.start()
        while states("quick").count("delivered") < 40:
            time.sleep(0.02)
            assert time.monotonic() - began < 30
        assert states("slow").count("delivered") < 40
        for thread in threads:
            thread.join()
    assert set(states("dead")) == {"waiting"}
    assert endpoint("dead").paused_until is not None


def test_a_receiver_that_does_not_answer_in_time_is_asked_again(
    store: Engine, receiver: Receiver
) -> None:
    add(receiver.url)
    receiver.seconds = 4.0  # it is given three
    happen(["lead.created"])
    send(store)
    [attempt] = attempts()
    assert (attempt.answered, attempt.error) == (None, "No answer in time.")
    receiver.seconds = 0.0
    come_due()
    send(store)
    assert states() == ["delivered"]


def test_a_sender_that_is_killed_in_the_middle_loses_nothing(
    store: Engine, receiver: Receiver
) -> None:
    """Killed while the receiver has a message and has not answered: it comes again, by its id."""
    add(receiver.url)
    receiver.seconds = 30.0
    happen(["lead.created", "lead.scored"])
    with unit_of_work() as session:
        give_turns(session, datetime.now(UTC))
    command = [sys.executable, "-m", "tests.integration.endpoints.sending"]
    child = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": "."})
    began = time.monotonic()
    while not receiver.got:
        time.sleep(0.02)
        assert child.poll() is None
        assert time.monotonic() - began < 60
    child.kill()
    child.wait()
    receiver.seconds = 0.0
    assert states() == ["waiting", "waiting"]
    with unit_of_work() as session:  # the lease is over
        session.execute(text("UPDATE outbox SET lease_until = now() - interval '1 second'"))
    mend(store)
    send(store)
    assert states() == ["delivered", "delivered"]
    assert receiver.got[0].id == receiver.got[1].id
    assert receiver.types == ["lead.created", "lead.created", "lead.scored"]
    [cut_off, *_] = attempts()
    assert (cut_off.answered, cut_off.error) == (None, None)


def test_of_turns_that_are_over_only_the_last_is_kept(store: Engine, receiver: Receiver) -> None:
    add(receiver.url)
    for number in range(3):
        happen(["lead.created"], f"lead_{number}")
        send(store)
    with unit_of_work() as session:
        [row] = session.scalars(select(OutboxRow)).all()
    assert (row.status, row.result) == ("done", {"delivered": 1, "failed": 0})


def test_what_waits_goes_to_the_url_as_it_is_by_then(store: Engine, receiver: Receiver) -> None:
    add(f"{receiver.url}/old")
    happen(["lead.created"])
    with unit_of_work() as session:
        change = EndpointChange(url=f"{receiver.url}/new")
        service.change(session, "crm", change, "test", datetime.now(UTC), near(), True)
    send(store)
    assert [one.path for one in receiver.got] == ["/new"]


def test_what_ended_long_ago_is_forgotten_and_what_waits_is_not(
    store: Engine, receiver: Receiver
) -> None:
    add(receiver.url)
    happen(["lead.created"])
    send(store)
    happen(["lead.scored"])
    later = datetime.now(UTC) + timedelta(minutes=1)
    with unit_of_work() as session:
        assert of_endpoints.forget_old(session, later) == 1
    assert [one.type for one in messages()] == ["lead.scored"]
    assert attempts() == []
    with unit_of_work() as session:
        service.remove(session, "crm", "test", datetime.now(UTC))
    with unit_of_work() as session:
        assert of_endpoints.forget_old(session, later) == 1
