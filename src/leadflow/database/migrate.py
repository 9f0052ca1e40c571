"""Bringing the schema to the newest migration."""

from pathlib import Path
from typing import Any, cast

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from leadflow.database import roles
from leadflow.database.engine import Use, engine_for
from leadflow.settings import get_settings

MIGRATION_LOCK = 7_240_000


def alembic_config() -> Config:
    """Alembic's configuration, pointing at the migrations of this package."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run what is missing, in one transaction; processes that start together take turns.

    Done as the user of the engine's URL, who owns the tables, whoever the engine works as; then the
    role the application works as is given its rights.
    """
    config, settings = alembic_config(), get_settings()
    owner = engine_for(engine.url, pool_size=1, use=Use.MIGRATION)
    try:
        with owner.begin() as connection:
            lock = {"lock": MIGRATION_LOCK}
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), lock)
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
            made = revision == "head" and roles.ensure_app_role(driver, settings)
    finally:
        owner.dispose()
    if made:
        roles.refuse_unreachable(engine.url, settings)
