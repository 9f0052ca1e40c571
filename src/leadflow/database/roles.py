"""The role the application works as: it may read and write, but owns nothing, so it can neither
rewrite the logs of acts and of consent nor switch off what protects it.

Migrations run as the user of ``LEADFLOW_DATABASE_URL``, who owns the tables and makes the role.
"""

import base64
import logging
from collections.abc import Sequence
from typing import Any, LiteralString

import psycopg
from psycopg import Connection, sql
from sqlalchemy import URL, Engine, event

from leadflow.secret import derive_key, load_secret
from leadflow.settings import Settings, get_settings

APPEND_ONLY = "audit_log"
ROLE_USABLE = "SELECT rolcanlogin FROM pg_roles WHERE rolname = %s"
MAY_MAKE_ROLES = "SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user"
OWNS_TABLES = (
    "SELECT pg_get_userbyid(relowner) = current_user FROM pg_class WHERE oid = %s::regclass"
)
OWN_RELATIONS = """
SELECT relname FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind::text = ANY(%s)
    AND pg_get_userbyid(relowner) = current_user
"""
RIGHTS: dict[str, LiteralString] = {
    "rp": "SELECT, INSERT, UPDATE, DELETE",
    "S": "USAGE, SELECT, UPDATE",
}
NARROWED: dict[str, LiteralString] = {
    "audit_log": "SELECT, INSERT",
    "audit_head": "SELECT, INSERT, UPDATE",
    "audit_reasons": "SELECT, INSERT, DELETE",
    "consent_events": "SELECT, INSERT",
    "alembic_version": "SELECT",
}
logger = logging.getLogger(__name__)


def app_role(database: str) -> str:
    """The role's name: one a database, because roles belong to the whole server."""
    return f"{database[:59]}_app"


def ensure_app_role(connection: Connection[Any], settings: Settings) -> bool:
    """Make the role where it is missing, and give it what it needs; in the caller's transaction.

    Returns:
        Whether it is there now: a user who may not make roles works as before, and the audit log
        is then append-only by trigger alone.
    """
    role = app_role(connection.info.dbname)
    if not _asked(connection, OWNS_TABLES, APPEND_ONLY):
        return False
    may_make = _asked(connection, MAY_MAKE_ROLES)
    if _asked(connection, ROLE_USABLE, role) is None:
        if not may_make:
            logger.warning(
                "The database user may not make the role %s: the audit log is append-only by "
                "trigger alone. docs/audit.md says how to make it by hand.",
                role,
            )
            return False
        connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
    if may_make:
        _let_log_in(connection, role, settings)
    _grant(connection, role)
    return True


def work_as_app(engine: Engine) -> None:
    """Have the engine's connections log in as the role, where it is there.

    The first connection looks as the user of the URL; where there is no role yet, it goes on as
    that user, and the next one looks again.
    """
    found: list[tuple[str, str]] = []

    def connect(dialect: Any, _: Any, args: Any, parameters: dict[str, Any]) -> Any:
        if not found:
            owners = dialect.connect(*args, **parameters)
            role = app_role(owners.info.dbname)
            if not _asked(owners, ROLE_USABLE, role):
                owners.rollback()
                return owners
            owners.close()
            found.append((role, password(get_settings(), role)))
        user, secret = found[0]
        return dialect.connect(*args, **parameters | {"user": user, "password": secret})

    event.listen(engine, "do_connect", connect)


def role_in_use(url: URL) -> str | None:
    """The role the application works as, None where it works as the user of the URL.

    Raises:
        psycopg.Error: the server does not answer.
    """
    owner = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(owner, connect_timeout=10) as connection:
        role = app_role(connection.info.dbname)
        return role if _asked(connection, ROLE_USABLE, role) else None


def refuse_unreachable(url: URL, settings: Settings) -> None:
    """Try to log in as the role. Where the server's own rules forbid it (``pg_hba.conf``), the role
    is marked so that nobody tries again, and the application works as the user of the URL."""
    owner = url.set(drivername="postgresql")
    role = app_role(url.database or "")
    own = owner.set(username=role, password=password(settings, role))
    with psycopg.connect(owner.render_as_string(hide_password=False)) as connection:
        if not _asked(connection, ROLE_USABLE, role):
            return
        try:
            psycopg.connect(own.render_as_string(hide_password=False)).close()
        except psycopg.OperationalError:
            connection.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(sql.Identifier(role)))
            logger.warning(
                "The server does not let the role %s log in: the audit log is append-only by "
                "trigger alone. Allow it in pg_hba.conf and start Leadflow again.",
                role,
            )


def password(settings: Settings, role: str) -> str:
    """The role's password, derived from the secret key: it is stored nowhere."""
    key = derive_key(load_secret(settings), f"database role {role}")
    return base64.urlsafe_b64encode(key).decode()


def _let_log_in(connection: Connection[Any], role: str, settings: Settings) -> None:
    # Only its verifier goes to the server: a statement may end up in the server's log.
    verifier = connection.pgconn.encrypt_password(
        password(settings, role).encode(), role.encode(), b"scram-sha-256"
    ).decode()
    statement = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}")
    connection.execute(statement.format(sql.Identifier(role), sql.Literal(verifier)))


def _grant(connection: Connection[Any], role: str) -> None:
    """All there is to read and write; of logs nothing but to read and to append."""
    for kinds, rights in RIGHTS.items():
        rows = connection.execute(OWN_RELATIONS, [list(kinds)]).fetchall()
        _narrow(connection, role, rights, [name for (name,) in rows], of_sequences=kinds == "S")
    for table, rights in NARROWED.items():
        _narrow(connection, role, rights, [table])


def _narrow(
    connection: Connection[Any],
    role: str,
    rights: LiteralString,
    names: Sequence[str],
    of_sequences: bool = False,
) -> None:
    """Give the role these rights on what has these names, and no others."""
    if not names:
        return
    kind = sql.SQL("SEQUENCE" if of_sequences else "TABLE")
    what = sql.SQL(", ").join(map(sql.Identifier, names))
    who = sql.Identifier(role)
    connection.execute(sql.SQL("REVOKE ALL ON {} {} FROM {}").format(kind, what, who))
    given = sql.SQL("GRANT {} ON {} {} TO {}")
    connection.execute(given.format(sql.SQL(rights), kind, what, who))


def _asked(connection: Connection[Any], question: str, *values: str) -> Any:
    row = connection.execute(question, values).fetchone()
    return None if row is None else row[0]
