"""Texts of leads are composed, with straight quotes and single spaces, as new ones are stored"""

from alembic import op

revision = "0027"
down_revision = "0026"

TEXTS = ("company_name", "industry", "job_title", "location", "timeline")
QUOTES = "‘’‚‛′ʼ´`“”„‟″‐‑"
PLAIN = "''''''''\"\"\"\"\"--"
SPACES = "[\\s\u00a0\u2000-\u200a\u202f\u205f\u3000]+"
UNSEEN = "[\u200b-\u200f\u00ad\u2060\ufeff\u202a-\u202e]"


def upgrade() -> None:
    """Rewrite those that are spelled otherwise; no earlier version of a lead is made of it."""
    op.execute("SELECT set_config('leadflow.in_all_times', 'on', true)")
    for table in ("leads", "lead_history"):
        for column in TEXTS:
            marks = f"translate(normalize({column}, NFC), {_quoted(QUOTES)}, {_quoted(PLAIN)})"
            seen = f"regexp_replace({marks}, {_quoted(UNSEEN)}, '', 'g')"
            plain = f"nullif(btrim(regexp_replace({seen}, {_quoted(SPACES)}, ' ', 'g')), '')"
            op.execute(
                f"UPDATE {table} SET {column} = {plain} WHERE {column} IS DISTINCT FROM {plain}"
            )
    op.execute("SELECT set_config('leadflow.in_all_times', 'off', true)")


def downgrade() -> None:
    """What was spelled otherwise stays in its normal form."""


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
