"""Messages of a campaign that are there to be sent, in blocks that become due when it is said."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from benchmarks.campaigns import BODY

if TYPE_CHECKING:
    from sqlalchemy import Engine

NAME = "due"
NEVER = timedelta(days=3650)
MESSAGES = text("""
WITH made AS (
    INSERT INTO enrolments (id, campaign, version, lead_id, enrolled_by, began_at, node, entered_at,
        places, ended_at, ended_as)
    SELECT replace(id, 'lead_', 'enr_'), :name, 1, id, 'bench', now(), 1, now(), '{}', now(),
        'finished'
    FROM leads WHERE source = 'bench'
    RETURNING id, lead_id
)
INSERT INTO campaign_messages (id, enrolment_id, campaign, version, step, lead_id, purpose, due_at)
SELECT replace(lead_id, 'lead_', 'msg_'), id, :name, 1, 'hello', lead_id, :purpose,
    CAST(:never AS timestamptz)
FROM made
""")
DUE = text("""
UPDATE campaign_messages SET due_at = now() WHERE id = ANY (:ids) AND status = 'planned'
""")
# Whatever waits for a moment to come, as if it had come.
HURRY = text("""
UPDATE campaign_messages SET claimed_until = now() - interval '1 s'
WHERE status = 'claimed'
""")
HURRY_MORE = (
    text("UPDATE campaign_messages SET ask_at = now() - interval '1 s' WHERE ask_at IS NOT NULL"),
    text("""
        UPDATE campaign_messages SET due_at = now() - interval '1 s'
        WHERE status = 'planned' AND due_at < now() + interval '1 day'
    """),
    text("UPDATE channel_circuits SET until = now() - interval '1 s' WHERE state = 'open'"),
)


def address(number: int) -> str:
    """The address of a lead, by its number."""
    return f"lead{number}@bench.example"


def prepare(engine: "Engine", count: int, purpose: str = "service") -> list[str]:
    """So many leads in a campaign that is live, each with a message that is not due yet; the ids of
    the messages, in the order of the leads' numbers."""
    from sqlalchemy import insert

    from leadflow.campaigns.definitions.reading import read_campaigns
    from leadflow.campaigns.store import service
    from leadflow.database.engine import unit_of_work
    from leadflow.leads.service import email_index_of
    from leadflow.leads.tables import Lead
    from leadflow.workflow.catalogue import ACTIONS, model_of

    now = datetime.now(UTC)
    written = {"campaigns": {NAME: _campaign(purpose)}}
    with unit_of_work() as session:
        service.apply(session, read_campaigns(written, model_of(ACTIONS.values())), "bench", now)
        service.launch(session, NAME, "bench", now)
    leads = [
        {
            "id": f"lead_{number:028x}",
            "source": "bench",
            "external_id": str(number),
            "email": address(number),
            "email_index": email_index_of(address(number)),
            "created_at": now,
            "known_from": now,
        }
        for number in range(count)
    ]
    with engine.begin() as connection:
        # Triggers tell of each lead that comes in, which is not measured here.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(insert(Lead.__table__), leads)  # type: ignore[arg-type]
        # Their ids say no month of today.
        connection.execute(text("SELECT campaign_messages_month('msg_000000000000')"))
        said = {"name": NAME, "purpose": purpose, "never": now + NEVER}
        connection.execute(MESSAGES, said)
    return [f"msg_{number:028x}" for number in range(count)]


def make_due(engine: "Engine", ids: list[str]) -> None:
    """Let these messages be due now."""
    with engine.begin() as connection:
        connection.execute(DUE, {"ids": ids})


def hurry(engine: "Engine", claims_alone: bool = False) -> None:
    """Let claims have ended, and what waits for a later attempt be due: as if hours had passed.
    Nobody may be at work."""
    with engine.begin() as connection:
        connection.execute(HURRY)
        for one in () if claims_alone else HURRY_MORE:
            connection.execute(one)


def _campaign(purpose: str) -> dict[str, Any]:
    link = '<a href="{{ unsubscribe_url }}">No more</a>'
    return {
        "name": "Due",
        "type": "educational",
        "purpose": purpose,
        "zone": "Europe/Berlin",
        "steps": [{"step": "hello", "send": "hello"}],
        "contents": {"hello": {"subject": "Hello", "body": BODY.format(f"Hello {link}")}},
    }
