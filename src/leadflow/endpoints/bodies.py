"""The body of a message, made when it is sent: what happened, which lead, and where the endpoint
was made so, whose."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.leads.tables import Lead
from leadflow.privacy.columns import json_text

PERSONAL = ("email", "phone", "first_name", "last_name", "job_title", "company_name")


def leads_told(
    session: Session, lead_ids: Sequence[str], include_personal: bool
) -> dict[str, dict[str, Any]]:
    """What is said of these leads, by id. One that is gone is only named."""
    told: dict[str, dict[str, Any]] = {lead_id: {"id": lead_id} for lead_id in lead_ids}
    names = ("source", "external_id", "merged_into", *(PERSONAL if include_personal else ()))
    columns = [getattr(Lead, name) for name in names]
    for lead_id, *values in session.execute(select(Lead.id, *columns).where(Lead.id.in_(lead_ids))):
        told[lead_id] |= dict(zip(names, values, strict=True))
    return told


def body_of(
    type_: str, happened_at: datetime, facts: Mapping[str, Any], lead: Mapping[str, Any] | None
) -> str:
    """As Standard Webhooks writes it: ``type``, ``timestamp``, ``data``."""
    data = {**({} if lead is None else {"lead": dict(lead)}), **facts}
    moment = happened_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return json_text({"type": type_, "timestamp": moment, "data": data})
