"""Leads that an import made: what stands on them, and taking them away where nothing does."""

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from leadflow.intake.deleting import delete_rows

# Handed out by a sweep is not worked on; a person's word, or a salesperson's step, is.
STANDS = text("""
SELECT l.id,
    EXISTS (SELECT FROM jsonb_each_text(l.said) AS s
        WHERE split_part(s.value, '|', 2) <> :import_id
            AND split_part(s.value, '|', 2) <> ALL(:undone)) AS "was edited or told of since",
    EXISTS (SELECT FROM lead_events WHERE lead_id = l.id) AS "has events",
    EXISTS (SELECT FROM assignments WHERE lead_id = l.id AND (source = 'person'
        OR accepted_at IS NOT NULL OR first_touch_at IS NOT NULL)) AS "is worked on",
    EXISTS (SELECT FROM lead_notes WHERE lead_id = l.id) AS "has notes",
    EXISTS (SELECT FROM lead_tasks WHERE lead_id = l.id
        AND (created_by LIKE 'person\\_%' OR closed_by LIKE 'person\\_%')) AS "has tasks",
    EXISTS (SELECT FROM lead_tags WHERE lead_id = l.id
        AND added_by LIKE 'person\\_%') AS "was tagged",
    EXISTS (SELECT FROM consent_events
        WHERE lead_id = l.id AND strength = 3) AS "said whether it may be written to",
    EXISTS (SELECT FROM campaign_messages WHERE lead_id = l.id
        AND status IN ('claimed', 'sent', 'uncertain', 'bounced')) AS "was written to",
    EXISTS (SELECT FROM score_overrides WHERE lead_id = l.id) AS "its score was overridden",
    EXISTS (SELECT FROM quality_items AS i JOIN quality_reviews AS r ON r.item_id = i.id
        WHERE i.lead_id = l.id) AS "was reviewed",
    l.merged_into IS NOT NULL OR EXISTS (SELECT FROM lead_merges
        WHERE survivor_id = l.id AND split_at IS NULL) AS "was merged with another",
    EXISTS (SELECT FROM quality_flags WHERE lead_id = l.id) AS "was flagged"
FROM leads AS l JOIN import_changes AS c ON c.lead_id = l.id
WHERE c.inbox_id = :import_id AND c.made ORDER BY l.id FOR UPDATE OF l
""")
MADE = text("""
SELECT DISTINCT lead_id FROM import_changes
WHERE inbox_id = :import_id AND made AND lead_id <> ALL(:stays) ORDER BY lead_id
""")
AT_A_TIME = 2000


def stand_on(session: Session, import_id: str, undone: Collection[str]) -> dict[str, list[str]]:
    """What stands on leads that the import made, in words, by lead; what imports said that were
    ``undone`` does not."""
    given = {"import_id": import_id, "undone": list(undone)}
    found: dict[str, list[str]] = {}
    for row in session.execute(STANDS, given).mappings():
        words = [name for name, stands in row.items() if stands is True]
        if words:
            found[row["id"]] = words
    return found


def delete_made(session: Session, import_id: str, stays: Sequence[str]) -> Iterator[int]:
    """Delete the leads that the import made, but for these, with all that is known of them, some at
    a time; yields how many each time."""
    made = session.scalars(MADE, {"import_id": import_id, "stays": list(stays)}).all()
    for first in range(0, len(made), AT_A_TIME):
        yield delete_rows(session, made[first : first + AT_A_TIME])
