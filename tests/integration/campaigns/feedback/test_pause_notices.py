"""Whoever launched a campaign is told that it has paused itself, and nobody once it goes on."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from leadflow.accounts.people import add_person
from leadflow.accounts.permissions import Role
from leadflow.campaigns.feedback.answers import have_told
from leadflow.campaigns.store import service
from leadflow.campaigns.tables import CampaignState
from leadflow.database.engine import unit_of_work
from leadflow.integrations.notifications.mailbox import folder_of, serve
from leadflow.outbox.consumer import drain
from leadflow.outbox.tables import OutboxRow
from leadflow.settings import get_settings
from tests.integration.campaigns.feedback.noting import happened, sent, tell
from tests.integration.campaigns.running import NAME, mails_into


def perform(store: Engine, act: str = "notify_of_paused_campaign") -> dict[str, str]:
    """What became of the notices."""
    for minutes in (1, 2):
        moment = timedelta(minutes=minutes)
        drain(store, get_settings(), lambda moment=moment: datetime.now(UTC) + moment)  # type: ignore[misc]
    with unit_of_work() as session:
        rows = select(OutboxRow).where(OutboxRow.act == act)
        return {row.key: row.status for row in session.scalars(rows)}


def test_whoever_launched_it_is_told_with_how_many_complained(
    store: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails_into(tmp_path, monkeypatch)
    messages = sent(3)
    with unit_of_work() as session:
        for name in ("vera", "otto"):
            person = add_person(session, name, name.title(), [Role.ADMIN], "test")
            person.email = f"{name}@example.com"
        launched = update(CampaignState).values(launched_by=person.id)
        session.execute(launched)
    tell(*(happened("complained", one) for one in messages))
    server = serve(get_settings())
    try:
        assert set(perform(store).values()) == {"done"}
    finally:
        server.stop()
    [mail] = folder_of(get_settings()).glob("*.eml")
    message = message_from_bytes(mail.read_bytes(), policy=policy.default)
    said = " ".join(str(message.get_content()).split())
    assert message["to"] == "otto@example.com"
    assert "3 people of 3 marked its mails as spam" in said
    assert f"leadflow campaigns resume {NAME}" in said


def test_whoever_looks_after_it_is_told_of_answers_to_read(
    store: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails_into(tmp_path, monkeypatch)
    sent(1)
    with unit_of_work() as session:
        person = add_person(session, "vera", "Vera", [Role.ADMIN], "test")
        person.email = "vera@example.com"
        have_told(session, [NAME], datetime.now(UTC))
    server = serve(get_settings())
    try:
        assert set(perform(store, "notify_of_answers_to_read").values()) == {"done"}
    finally:
        server.stop()
    [mail] = folder_of(get_settings()).glob("*.eml")
    assert b"leadflow campaigns unread" in mail.read_bytes()


def test_answers_of_which_the_campaign_is_not_known_are_told_to_admins(
    store: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails_into(tmp_path, monkeypatch)
    with unit_of_work() as session:
        person = add_person(session, "vera", "Vera", [Role.ADMIN], "test")
        person.email = "vera@example.com"
        have_told(session, [None], datetime.now(UTC))
    server = serve(get_settings())
    try:
        assert set(perform(store, "notify_of_answers_to_read").values()) == {"done"}
    finally:
        server.stop()
    assert len(list(folder_of(get_settings()).glob("*.eml"))) == 1


def test_nobody_is_told_of_a_campaign_that_goes_on_already(store: Engine) -> None:
    messages = sent(3)
    tell(*(happened("complained", one) for one in messages))
    with unit_of_work() as session:
        service.resume(session, NAME, "test", datetime.now(UTC))
    assert set(perform(store).values()) == {"nothing_done"}
