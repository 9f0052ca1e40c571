"""The application works as a role that can append to the audit log and not rewrite it."""

import logging
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import URL, Engine, select, text
from sqlalchemy.exc import DBAPIError

from leadflow.audit import service as audit
from leadflow.audit.tables import AuditEntry, AuditHead
from leadflow.database import migrate, roles
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.settings import get_settings
from leadflow.supervisor.doctor import examine
from leadflow.tables import metadata

pytestmark = pytest.mark.uncounted

REFUSED = [
    "UPDATE audit_log SET actor = 'x'",
    "DELETE FROM audit_log",
    "TRUNCATE audit_log",
    "TRUNCATE audit_log, audit_head CASCADE",
    "ALTER TABLE audit_log DISABLE TRIGGER ALL",
    "ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only",
    "ALTER TABLE audit_head DISABLE TRIGGER USER",
    "DROP TRIGGER audit_log_append_only ON audit_log",
    "DROP TABLE audit_log",
    "ALTER TABLE audit_log RENAME TO other",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RETURN NULL; END $$",
    "CREATE RULE nothing AS ON INSERT TO audit_log DO INSTEAD NOTHING",
    "SET session_replication_role = replica",
    "GRANT UPDATE ON audit_log TO CURRENT_USER; UPDATE audit_log SET actor = 'x'",
    "SET ROLE {owner}",
    "SET SESSION AUTHORIZATION {owner}",
    "RESET ROLE; UPDATE audit_log SET actor = 'x'",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "GRANT {owner} TO CURRENT_USER",
    "DELETE FROM audit_head",
    "TRUNCATE audit_head",
    "UPDATE audit_head SET number = number - 1",
    "UPDATE audit_head SET mac = 'x'",
    "UPDATE audit_reasons SET words = 'x'",
    "TRUNCATE audit_reasons",
    "UPDATE alembic_version SET version_num = '0001'",
    "CREATE TABLE other (n int)",
]


@pytest.mark.parametrize("statement", REFUSED)
def test_the_application_can_neither_rewrite_the_log_nor_become_who_can(
    store: Engine, statement: str
) -> None:
    with unit_of_work() as session:
        audit.record(session, "ana", "did", "thing/1")
    owner = str(store.url.username)
    with get_engine().connect() as connection:
        assert connection.execute(text("SELECT session_user")).scalar_one() == "leadflow_app"
        before = connection.execute(select(AuditEntry.__table__)).all()
        head = connection.execute(select(AuditHead.__table__)).all()
        with pytest.raises(DBAPIError) as refused:
            connection.exec_driver_sql(statement.format(owner=owner))
        assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege)
        connection.rollback()
    with store.connect() as connection:
        assert connection.execute(select(AuditEntry.__table__)).all() == before
        assert connection.execute(select(AuditHead.__table__)).all() == head


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'x'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "DELETE FROM audit_head",
        "TRUNCATE audit_head",
        "UPDATE audit_head SET number = number - 1",
        "UPDATE audit_head SET mac = 'x'",
    ],
)
def test_the_triggers_refuse_the_owner_too(store: Engine, statement: str) -> None:
    with unit_of_work() as session:
        audit.record(session, "ana", "did", "thing/1")
    with (
        store.connect() as connection,
        pytest.raises(DBAPIError, match=r"append-only|goes forward"),
    ):
        connection.execute(text(statement))


def test_the_application_may_read_and_write_everything_else(engine: Engine) -> None:
    asked = text("SELECT has_table_privilege('leadflow_app', :table, :right)")
    with engine.connect() as connection:
        for table in metadata.tables:
            rights = {
                right
                for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER")
                if connection.execute(asked, {"table": table, "right": right}).scalar_one()
            }
            more: dict[str, set[str]] = {
                "audit_log": set(),
                "audit_head": {"UPDATE"},
                "audit_reasons": {"DELETE"},
                "consent_events": set(),
            }
            expected = {"SELECT", "INSERT"} | more.get(table, {"UPDATE", "DELETE"})
            assert rights == expected, table


def owned_by(engine: Engine, user: str, rights: str) -> URL:
    """A database of its own, owned by a user with these rights."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE ROLE {user} LOGIN {rights}"))
        connection.execute(text(f"CREATE DATABASE {user}_store OWNER {user}"))
    return engine.url.set(username=user, database=f"{user}_store")


@pytest.fixture
def own_user(
    engine: Engine, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[URL]:
    """The URL of a PostgreSQL of one's own, as a user with the rights of the test's parameter."""
    user, rights = request.param
    url = owned_by(engine, user, rights)
    get_settings.cache_clear()
    get_engine.cache_clear()
    monkeypatch.setenv("LEADFLOW_DATABASE_URL", url.render_as_string(hide_password=False))
    yield url
    get_engine().dispose()
    monkeypatch.undo()
    get_settings.cache_clear()
    get_engine.cache_clear()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP DATABASE {user}_store WITH (FORCE)"))
        connection.execute(text(f"DROP ROLE IF EXISTS {user}_store_app"))
        connection.execute(text(f"DROP ROLE {user}"))


def session_user() -> str:
    with unit_of_work() as session:
        audit.record(session, "ana", "did", "thing/1")
        assert audit.first_broken(session) is None
        return str(session.scalar(text("SELECT session_user")))


@pytest.mark.parametrize("own_user", [("maker", "CREATEROLE")], indirect=True)
def test_a_user_who_may_make_roles_makes_it(own_user: URL) -> None:
    migrate.upgrade(get_engine())
    assert session_user() == roles.role_in_use(own_user) == "maker_store_app"
    migrate.upgrade(get_engine())  # the next start
    assert session_user() == "maker_store_app"


@pytest.mark.parametrize("own_user", [("plain", "")], indirect=True)
def test_a_user_who_may_not_works_on_and_is_told(
    own_user: URL, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger=roles.__name__):
        migrate.upgrade(get_engine())
    assert "append-only by trigger alone" in caplog.text
    assert session_user() == "plain"
    assert roles.role_in_use(own_user) is None
    (finding,) = (found for found in examine(get_settings()) if found.part == "Audit log")
    assert (finding.mark, "by trigger alone" in finding.what) == ("note", True)


@pytest.mark.parametrize("own_user", [("shut", "CREATEROLE")], indirect=True)
def test_where_the_server_does_not_let_the_role_in_the_user_works_on(
    own_user: URL, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    migrate.upgrade(get_engine())
    limit = "ALTER ROLE shut_store_app CONNECTION LIMIT {}"
    with engine.begin() as connection:
        connection.exec_driver_sql(limit.format(0))
    with caplog.at_level(logging.WARNING, logger=roles.__name__):
        migrate.upgrade(get_engine())
    assert "append-only by trigger alone" in caplog.text
    assert session_user() == "shut"
    with engine.begin() as connection:
        connection.exec_driver_sql(limit.format(-1))
    migrate.upgrade(get_engine())
    get_engine().dispose()
    assert session_user() == "shut_store_app"


def test_the_password_is_derived_and_differs_from_role_to_role() -> None:
    found = get_settings()
    assert roles.password(found, "a_app") != roles.password(found, "b_app")
    assert roles.password(found, "a_app") == roles.password(found, "a_app")
