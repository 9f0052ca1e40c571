"""Waiting for a lock no longer than one likes, without losing the transaction over it"""

from alembic import op

revision = "0023"
down_revision = "0022"

LOCK_WITHIN = """
CREATE FUNCTION advisory_lock_within(wanted bigint, most_ms integer) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    usual text := current_setting('lock_timeout');
BEGIN
    IF pg_try_advisory_xact_lock(wanted) THEN
        RETURN true;
    ELSIF most_ms <= 0 THEN
        RETURN false;
    END IF;
    BEGIN
        PERFORM set_config('lock_timeout', most_ms::text, true);
        PERFORM pg_advisory_xact_lock(wanted);
    EXCEPTION WHEN lock_not_available THEN
        RETURN false;  -- what was set is as before, for it was set within
    END;
    PERFORM set_config('lock_timeout', usual, true);
    RETURN true;
END $$
"""


def upgrade() -> None:
    """Add the function."""
    op.execute(LOCK_WITHIN)


def downgrade() -> None:
    """Take it away."""
    op.execute("DROP FUNCTION advisory_lock_within")
