"""New leads of the simulated market as a company's own file: its column names, its mistakes."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

COLUMNS = {
    "external_id": "Record ID",
    "created_at": "Created",
    "first_name": "First name",
    "last_name": "Last name",
    "email": "Work e-mail",
    "phone": "Phone",
    "company_name": "Company",
    "company_size": "Employees",
    "industry": "Sector",
    "job_title": "Role",
    "location": "City",
    "budget": "Budget (USD)",
    "timeline": "Wants to start",
    "service_requirements": "Interested in",
    "website_visits": "Visits",
    "email_opens": "Mails opened",
    "content_downloads": "Downloads",
}
FILE, MAPPING = "new-leads.csv", "new-leads.mapping.yaml"


def write_new_leads(folder: Path, seed: int, count: int, now: datetime) -> tuple[Path, Path]:
    """Write leads of the last week as CSV, five of them with a mistake, and the mapping to read it.

    Returns:
        The paths of the file and of its mapping.
    """
    from leadflow.simulation.market import generate

    block = next(generate(seed + 1, count, 7 / 30.4, now))
    frame = block.leads.copy()
    frame["external_id"] = [f"R-{number:05d}" for number in range(1, count + 1)]
    frame["created_at"] = frame["created_at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    frame["service_requirements"] = frame["service_requirements"].map("; ".join)
    frame = frame[list(COLUMNS)].rename(columns=COLUMNS).astype(object)
    _make_mistakes(frame, now)
    folder.mkdir(parents=True, exist_ok=True)
    file, mapping = folder / FILE, folder / MAPPING
    frame.to_csv(file, index=False)
    mapping.write_text(yaml.safe_dump(mapping_content(seed), sort_keys=False))
    return file, mapping


def mapping_content(seed: int) -> dict[str, Any]:
    """The mapping of that file."""
    fields = {
        name: column
        for name, column in COLUMNS.items()
        if name not in ("external_id", "created_at")
    }
    return {
        "source": f"new leads {seed}",
        "key": COLUMNS["external_id"],
        "created_at": COLUMNS["created_at"],
        "fields": fields,
    }


def _make_mistakes(frame: Any, now: datetime) -> None:
    """Five of the mistakes that real files have."""
    for row, name, value in (
        (3, "email", "grace.evans(at)bluesoft"),
        (7, "company_size", "-40"),
        (11, "created_at", f"{now + timedelta(days=400):%Y-%m-%dT%H:%M:%SZ}"),
        (15, "budget", "a lot"),
        (19, "website_visits", "-3"),
    ):
        if row < len(frame):
            frame.loc[row, COLUMNS[name]] = value
