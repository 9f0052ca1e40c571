"""Where a decision is on its way, in words: outbox, Prefect's queue, a run, the act."""

from sqlalchemy import select

from leadflow.cli.demo.waiting import Stage
from leadflow.database.engine import unit_of_work
from leadflow.integrations.prefect import PrefectClient, PrefectUnavailable
from leadflow.outbox.tables import OPEN, OutboxRow
from leadflow.settings import get_settings
from leadflow.supervisor import state

WAITS = ("Suspended", "Paused")
ENDED = ("Completed", "Failed", "Crashed", "Cancelled", "TimedOut")
IN_WORDS = {
    "Scheduled": "Prefect has the gate's run, its worker takes it next",
    "Late": "Prefect has the gate's run, its worker is still busy starting others",
    "Pending": "The worker starts the process of the gate's run",
    "Submitting": "The worker starts the process of the gate's run",
    "Running": "The gate's run is at work",
    "Resuming": "The gate's run has the answer, its process starts again",
}


def servers_coming_up() -> Stage:
    """Servers that cannot be used yet: the last that the supervisor said of them."""
    log = get_settings().home / "logs" / "up.log"
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    if state.running(get_settings()) is None:
        told = "\n".join(lines[-30:])
        return Stage(f"The servers did not start; see {_logs()}:\n{told}", over=True)
    begun = [line.rstrip(" …") for line in lines if line.endswith("…")]
    return Stage(begun[-1] if begun else "Starting the servers")


def gate_opening(approval_id: str) -> Stage:
    """A question whose form is not there yet."""
    return _unless_ended(approval_id) or _outbox(approval_id) or _run(approval_id, "opens")


def gate_has_ended(approval_id: str) -> bool:
    """Whether the run that shows its form waits for nobody any more."""
    return _state_of_run(approval_id) in ENDED


def deciding(approval_id: str) -> Stage:
    """An answer that has been given in the form and is not counted yet."""
    stage = _unless_ended(approval_id) or _run(approval_id, "takes the answer")
    name = _state_of_run(approval_id)
    if name in ENDED:
        return Stage(
            f"The gate's run ended as {name.lower()} and took no answer; see {_logs()}.", over=True
        )
    if name in WAITS:
        return Stage(
            "The answer was not taken: the form of the gate's run in Prefect says why.", over=True
        )
    return stage


def carrying_out(approval_id: str) -> Stage:
    """A question that has been approved and whose act is not carried out yet."""
    row = _row(f"approval:{approval_id}")
    if row is None or row.status in OPEN:
        return servers_ended() or Stage("The background process carries the decision out")
    why = row.error or row.why or row.status
    return Stage(f"The decision was not carried out: {why}", over=True)


def _unless_ended(approval_id: str) -> Stage | None:
    from leadflow.approvals.service import get

    with unit_of_work() as session:
        status = get(session, approval_id).status
    if status == "waiting":
        return servers_ended()
    return Stage(f"The question waits no more, it is {status}.", over=True)


def servers_ended() -> Stage | None:
    """Servers that run no more, which nothing is to be expected of; None while they run."""
    if state.running(get_settings()) is None:
        return Stage(f"The servers have ended; see {_logs()}.", over=True)
    return None


def _outbox(approval_id: str) -> Stage | None:
    if _run_id(approval_id) is not None:
        return None
    # One that was lost is asked for again, under a key that begins the same.
    row = _row(f"gate:{approval_id}")
    if row is None or row.status in OPEN or row.status == "done":
        return Stage("The background process asks Prefect for the gate's run")
    return Stage(f"Prefect could not be asked for the gate's run: {row.error}", over=True)


def _run(approval_id: str, does: str) -> Stage:
    name = _state_of_run(approval_id)
    if name is None:
        return Stage("Prefect does not answer at the moment")
    if name in ENDED:
        return Stage(
            f"The gate's run in Prefect has ended as {name.lower()}; escalate_waiting, which comes "
            "every five minutes, has another one started"
        )
    if name in WAITS:
        return Stage(f"The gate {does}")
    return Stage(IN_WORDS.get(name, f"The gate's run in Prefect is {name}"))


def _state_of_run(approval_id: str) -> str | None:
    run_id = _run_id(approval_id)
    try:
        return None if run_id is None else PrefectClient(get_settings()).state(run_id)
    except PrefectUnavailable:
        return None


def _run_id(approval_id: str) -> str | None:
    from leadflow.approvals.service import get

    with unit_of_work() as session:
        return get(session, approval_id).flow_run_id


def _row(key: str) -> OutboxRow | None:
    """The newest act whose key begins so."""
    wanted = select(OutboxRow).where(OutboxRow.key.startswith(key, autoescape=True))
    with unit_of_work() as session:
        row = session.scalars(wanted.order_by(OutboxRow.created_at.desc())).first()
        if row is not None:
            session.expunge(row)
        return row


def _logs() -> str:
    return str(get_settings().home / "logs")
