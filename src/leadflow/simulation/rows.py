"""Leads, events and outcomes of a simulated market as rows of the store."""

from typing import Any

from leadflow.database.ids import new_id
from leadflow.leads.columns import PROFILE
from leadflow.leads.derive import email_kind, normalise_email, timeline_months
from leadflow.leads.places import place
from leadflow.leads.readers.job_titles import seniority
from leadflow.privacy.cipher_in_use import get_cipher
from leadflow.privacy.name_index import name_index

SOURCE = "simulation"
LEAD_COLUMNS = (
    "id",
    "source",
    "external_id",
    "email",
    "email_index",
    "email_kind",
    "phone",
    "has_phone",
    "first_name",
    "last_name",
    "first_name_index",
    "last_name_index",
    *PROFILE,
    "country",
    "region",
    "budget_minor",
    "budget_currency",
    "timeline",
    "timeline_months",
    "service_requirements",
    "website_visits",
    "email_opens",
    "content_downloads",
    "counted_at",
    "created_at",
    "known_from",
    "updated_at",
)
EVENT_COLUMNS = ("lead_id", "type", "occurred_at", "known_at", "source")
OUTCOME_COLUMNS = (
    "id",
    "lead_id",
    "outcome",
    "occurred_at",
    "known_at",
    "value_minor",
    "value_currency",
    "source",
)


def lead_row(lead_id: str, row: dict[Any, Any]) -> tuple[Any, ...]:
    """A lead of a market in the order of ``LEAD_COLUMNS``."""
    cipher = get_cipher()
    email = normalise_email(row["email"])
    country, region = place(row["location"], None)
    budget = row["budget"]
    created = row["created_at"].to_pydatetime()

    def sealed(field: str, value: str | None) -> bytes | None:
        return None if value is None else cipher.encrypt(value, field)

    return (
        lead_id,
        SOURCE,
        row["external_id"],
        sealed("email", email),
        cipher.blind_index(email, "email"),
        email_kind(email),
        sealed("phone", row["phone"]),
        row["phone"] is not None,
        sealed("first_name", row["first_name"]),
        sealed("last_name", row["last_name"]),
        name_index(row["first_name"]),
        name_index(row["last_name"]),
        row["company_name"],
        row["company_size"],
        row["industry"],
        row["job_title"],
        seniority(row["job_title"]),
        row["location"],
        country,
        region,
        None if budget is None else round(budget * 100),
        None if budget is None else "USD",
        row["timeline"],
        timeline_months(row["timeline"]),
        row["service_requirements"],
        row["website_visits"],
        row["email_opens"],
        row["content_downloads"],
        created,
        created,
        created,
        created,
    )


def outcome_row(lead_id: str, row: dict[Any, Any]) -> tuple[Any, ...]:
    """What became of a lead in the order of ``OUTCOME_COLUMNS``."""
    at = row["occurred_at"].to_pydatetime()
    won = row["outcome"] == "converted"
    return (
        new_id("outcome"),
        lead_id,
        row["outcome"],
        at,
        at,
        round(row["value"] * 100) if won else None,
        "USD" if won else None,
        SOURCE,
    )
