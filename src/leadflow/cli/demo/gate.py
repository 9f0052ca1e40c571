"""The gate in the demo: two people answer as is proposed, by two doors."""

from collections.abc import Callable, Mapping
from typing import Literal

from leadflow.cli.demo.people import code_of
from leadflow.cli.demo.stages import carrying_out, deciding, gate_has_ended, gate_opening
from leadflow.cli.demo.waiting import wait
from leadflow.database.engine import unit_of_work
from leadflow.settings import get_settings

Answer = Literal["approve", "reject"]
DONE = {"approve": "approved", "reject": "rejected"}


def proposed(headline: str) -> Answer:
    """What a question proposes; the demo has no opinion of its own. Only what is proposed without
    any doubt is approved."""
    return "approve" if headline.startswith("Proposed: approve.") else "reject"


def open_anew(approval_id: str) -> None:
    """Where the run that showed the form has ended, as with servers that were killed, have another
    one started at once, as the schedule would within minutes."""
    if not gate_has_ended(approval_id):
        return
    from leadflow.cli.learning.flow_runs import recorded_by_prefect

    with recorded_by_prefect("Opening the form anew"):
        from flows.escalate_waiting import escalate_waiting

        escalate_waiting()


def answer_gate(approval_id: str, username: str) -> str:
    """Fill in the form of the suspended run as is proposed, as a person would in the Prefect UI.

    Raises:
        ServiceFailed: the gate cannot be opened any more, or the answer was not taken.
    """
    from leadflow.integrations.prefect import PrefectClient, PrefectUnavailable, ResumeRefused

    client, answer = PrefectClient(get_settings()), _answer(approval_id)
    form = answer | {"approver": username, "code": code_of(approval_id, username)}

    def resumed() -> bool | None:
        run_id = _run_of(approval_id)
        if run_id is None:
            return None
        try:
            client.resume(run_id, form)
        except (ResumeRefused, PrefectUnavailable):
            return None
        return True

    wait(resumed, lambda: gate_opening(approval_id))
    wait(_has_voted(approval_id, username), lambda: deciding(approval_id))
    return f"{username} has {DONE[answer['decision']]} it in Prefect, with a one-time code."


def answer_in_the_api(approval_id: str, username: str, password: str) -> str:
    """The same answer through the other door: signed in at the gateway."""
    answer = _answer(approval_id)
    _decide(approval_id, username, password, answer)
    return f"{username} has {DONE[answer['decision']]} it at the gateway, signed in."


def approve_in_the_api(approval_id: str, username: str, password: str) -> None:
    """Yes to what the demo itself asks for, signed in at the gateway."""
    reason = "Approved by the demo, without a person."
    _decide(approval_id, username, password, {"decision": "approve", "reason": reason})


def _decide(approval_id: str, username: str, password: str, answer: Mapping[str, str]) -> None:
    import httpx

    with httpx.Client(base_url=get_settings().gateway_url, timeout=60.0) as http:
        signed = http.post("/session", json={"username": username, "password": password})
        signed.raise_for_status()
        http.headers["Authorization"] = f"Bearer {signed.json()['token']}"
        decided = http.post(f"/approvals/{approval_id}/decision", json=dict(answer))
        decided.raise_for_status()


def status_of(approval_id: str) -> str:
    """``waiting``, or how the question ended."""
    from leadflow.approvals.service import get

    with unit_of_work() as session:
        return get(session, approval_id).status


def headline_of(approval_id: str) -> str:
    """The first line of what is asked: the finding of the training."""
    from leadflow.approvals.service import get

    with unit_of_work() as session:
        return get(session, approval_id).headline


def promoted(approval_id: str) -> str:
    """The version that serves, once the outbox has promoted it.

    Raises:
        ServiceFailed: it was not, and will not be.
    """
    from sqlalchemy import select

    from leadflow.outbox.tables import OutboxRow

    def champion() -> str | None:
        with unit_of_work() as session:
            row = session.scalars(
                select(OutboxRow).where(OutboxRow.key == f"approval:{approval_id}")
            ).first()
            return str(row.result["champion"]) if row is not None and row.result else None

    return wait(champion, lambda: carrying_out(approval_id))


def has_voted(approval_id: str, username: str) -> bool:
    """Whether the person has answered already, in a demo that was broken off."""
    return _has_voted(approval_id, username)() is True


def _answer(approval_id: str) -> dict[str, str]:
    headline = headline_of(approval_id)
    reason = f"Decided by the demo, without a person. {headline}"
    return {"decision": proposed(headline), "reason": reason}


def _run_of(approval_id: str) -> str | None:
    from leadflow.approvals.service import get

    with unit_of_work() as session:
        return get(session, approval_id).flow_run_id


def _has_voted(approval_id: str, username: str) -> Callable[[], bool | None]:
    from leadflow.accounts.people import find_person
    from leadflow.approvals.service import votes_of

    def voted() -> bool | None:
        with unit_of_work() as session:
            person = find_person(session, username)
            voters = {vote.person_id for vote in votes_of(session, approval_id)}
            return True if person.id in voters else None

    return voted
