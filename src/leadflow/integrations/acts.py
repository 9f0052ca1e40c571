"""What each outbox act does: the one place where acts written by earlier rooms find their doers."""

import logging
from datetime import UTC, datetime
from typing import Any

from leadflow.approvals.forgetting import FORGET, carry_out_forgetting
from leadflow.approvals.progress import NOTIFY
from leadflow.approvals.tables import Approval
from leadflow.assignment.work.reassignment import REASSIGN, carry_out_reassignment
from leadflow.database.engine import unit_of_work
from leadflow.database.outbox import Act
from leadflow.integrations.notifications.sending import notify_person
from leadflow.integrations.prefect import PrefectClient
from leadflow.scoring.learning.promotion import PROMOTE, promote
from leadflow.scoring.overrides.service import APPLY_OVERRIDE, apply_override
from leadflow.settings import Settings

logger = logging.getLogger(__name__)


def registered_acts(settings: Settings) -> dict[str, Act]:
    """Every act by its name."""

    def start_flow_run(payload: dict[str, Any]) -> dict[str, Any]:
        return _start_flow_run(PrefectClient(settings), payload)

    def promote_model(payload: dict[str, Any]) -> dict[str, Any]:
        with unit_of_work() as session:
            return promote(session, settings, payload, datetime.now(UTC))

    def settle_gate(payload: dict[str, Any]) -> dict[str, Any]:
        return _settle_gate(PrefectClient(settings), payload)

    def put_override_in_force(payload: dict[str, Any]) -> dict[str, Any]:
        with unit_of_work() as session:
            return apply_override(session, payload, datetime.now(UTC))

    def tell(payload: dict[str, Any]) -> dict[str, Any]:
        return notify_person(settings, payload)

    def reassign_lead(payload: dict[str, Any]) -> dict[str, Any]:
        with unit_of_work() as session:
            return carry_out_reassignment(session, settings, payload, datetime.now(UTC))

    def forget_reasons(payload: dict[str, Any]) -> dict[str, Any]:
        with unit_of_work() as session:
            return carry_out_forgetting(session, payload, datetime.now(UTC))

    return {
        FORGET: forget_reasons,
        REASSIGN: reassign_lead,
        "start_flow_run": start_flow_run,
        "settle_gate": settle_gate,
        "notify": _notify,
        NOTIFY: tell,
        PROMOTE: promote_model,
        APPLY_OVERRIDE: put_override_in_force,
    }


def _start_flow_run(client: PrefectClient, payload: dict[str, Any]) -> dict[str, Any]:
    """``key`` is what Prefect knows the run by: the same one starts one run. A gate goes by its
    approval, which remembers the run that waits for it."""
    parameters = payload["parameters"]
    approval_id = parameters.get("approval_id")
    key = payload.get("key", f"{payload['deployment']}:{approval_id}")
    run_id = client.start_run(payload["deployment"], parameters, key)
    if approval_id is not None:
        with unit_of_work() as session:
            approval = session.get(Approval, approval_id)
            if approval is not None:
                approval.flow_run_id = run_id
    return {"flow_run_id": run_id}


def _notify(payload: dict[str, Any]) -> dict[str, Any]:
    """Written to the log, by ids only."""
    said = " ".join(
        f"{name}={len(value) if isinstance(value, list) else value}"
        for name, value in sorted(payload.items())
    )
    logger.info("notify %s", said)
    return {"told": "log"}


def _settle_gate(client: PrefectClient, payload: dict[str, Any]) -> dict[str, Any]:
    with unit_of_work() as session:
        approval = session.get_one(Approval, payload["approval_id"])
        run_id, status = approval.flow_run_id, approval.status
    # A run that has not started yet finds the decision made; one that took it is not waiting.
    if run_id is None or client.state(run_id) not in ("Suspended", "Paused"):
        return {"ended": None}
    client.end(run_id, f"Settled elsewhere: {status}")
    return {"ended": run_id}
