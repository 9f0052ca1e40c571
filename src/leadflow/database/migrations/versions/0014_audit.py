"""Why, before, after and from where in the audit log, and the head of its chain beside it"""

import hmac
from hashlib import sha256

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from leadflow.secret import derive_key, load_secret
from leadflow.settings import get_settings

revision = "0014"
down_revision = "0013"

HEAD_GOES_FORWARD = """
CREATE FUNCTION audit_head_goes_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.number <= OLD.number THEN
        RAISE EXCEPTION 'audit_head only goes forward: % after % refused', NEW.number, OLD.number
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_head_goes_forward BEFORE UPDATE ON audit_head
    FOR EACH ROW EXECUTE FUNCTION audit_head_goes_forward();
CREATE TRIGGER audit_head_stays BEFORE DELETE OR TRUNCATE ON audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    """New columns, the head, and what protects it."""
    op.add_column("audit_log", sa.Column("why", sa.Text(), nullable=True))
    op.add_column("audit_log", sa.Column("before", JSONB(), nullable=True))
    op.add_column("audit_log", sa.Column("after", JSONB(), nullable=True))
    op.add_column(
        "audit_log",
        sa.Column(
            "origin",
            sa.Text(),
            nullable=True,
            comment="The door, and a keyed hash of the address.",
        ),
    )
    op.add_column("audit_log", sa.Column("request_id", sa.Text(), nullable=True))
    op.create_index("ix_audit_log_subject", "audit_log", ["subject", "number"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("is_head", sa.Boolean(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("entry_hash", sa.Text(), nullable=False),
        sa.Column("mac", sa.Text(), nullable=False),
        sa.CheckConstraint("is_head", name=op.f("ck_audit_head_one_row")),
        sa.PrimaryKeyConstraint("is_head", name=op.f("pk_audit_head")),
    )
    _seal_what_is_there()
    op.execute(HEAD_GOES_FORWARD)


def _seal_what_is_there() -> None:
    """Entries written before there was a head get one; without any, the first entry makes it."""
    connection = op.get_bind()
    last = connection.execute(
        sa.text("SELECT number, entry_hash FROM audit_log ORDER BY number DESC LIMIT 1")
    ).one_or_none()
    if last is None:
        return
    key = derive_key(load_secret(get_settings()), "audit chain")
    mac = hmac.new(key, f"head {last.number} {last.entry_hash}".encode(), sha256).hexdigest()
    connection.execute(
        sa.text("INSERT INTO audit_head VALUES (true, :number, :entry_hash, :mac)"),
        {"number": last.number, "entry_hash": last.entry_hash, "mac": mac},
    )


def downgrade() -> None:
    """Entries keep their hashes, but those with the new columns can no longer be verified."""
    op.drop_table("audit_head")
    op.execute("DROP FUNCTION audit_head_goes_forward")
    op.drop_index("ix_audit_log_subject", table_name="audit_log")
    for name in ("request_id", "origin", "after", "before", "why"):
        op.drop_column("audit_log", name)
