"""Addresses of the databases (Leadflow's, Prefect's, MLflow's), which share one cluster."""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from leadflow.database import embedded
from leadflow.settings import Settings

MINIMUM_VERSION = 150000
LONGEST = 50
EXISTS = "SELECT 1 FROM pg_database WHERE datname = %s"
MLFLOW_SETTING = "LEADFLOW_MLFLOW_DATABASE_URL"


class DatabaseUnavailable(RuntimeError):
    """PostgreSQL could not be reached or is too old; the message says what to do."""


@dataclass(frozen=True)
class Cluster:
    """The URLs of the three databases, each in the form its reader wants."""

    leadflow: URL
    prefect: URL
    mlflow: URL


def _named(url: URL, name: str, driver: str) -> URL:
    return url.set(drivername=driver, database=name)


def locate(settings: Settings) -> Cluster:
    """Find the cluster, starting the embedded server where no URL is set.

    Raises:
        DatabaseUnavailable: the URL is not one of PostgreSQL.
        EmbeddedPostgresError: the embedded server did not start.
    """
    if settings.database_url is None:
        main = make_url(embedded.start(settings.home)).set(database="leadflow")
    else:
        main = make_url(settings.database_url)
        if main.get_backend_name() not in ("postgresql", "postgres"):
            raise DatabaseUnavailable(
                "LEADFLOW_DATABASE_URL must be a postgresql:// URL: Leadflow runs on PostgreSQL 15 "
                "or newer. Unset it to use the embedded server."
            )
    name = main.database or "leadflow"
    prefect = make_url(settings.prefect_database_url or _named(main, f"{name}_prefect", "x"))
    mlflow = make_url(settings.mlflow_database_url or _named(main, f"{name}_mlflow", "x"))
    return Cluster(
        leadflow=_named(main, name, "postgresql+psycopg"),
        prefect=prefect.set(drivername="postgresql+asyncpg"),
        mlflow=mlflow.set(drivername="postgresql+psycopg"),
    )


def ensure_databases(cluster: Cluster) -> list[str]:
    """Create those of the three databases that are missing.

    Returns:
        What is wrong with MLflow's, without which leads are taken in all the same.

    Raises:
        DatabaseUnavailable: no connection, no right to create a database, or a server before 15.
    """
    _ensure_database(cluster.leadflow, "LEADFLOW_DATABASE_URL")
    _ensure_database(cluster.prefect, "LEADFLOW_PREFECT_DATABASE_URL")
    try:
        _ensure_database(cluster.mlflow, MLFLOW_SETTING)
    except DatabaseUnavailable as error:
        return [str(error)]
    return []


def _ensure_database(url: URL, setting: str) -> None:
    target = url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        with psycopg.connect(target, connect_timeout=10) as connection:
            version = connection.info.server_version
            if version < MINIMUM_VERSION:
                raise DatabaseUnavailable(
                    f"PostgreSQL {version // 10000} is too old: Leadflow needs 15 or newer."
                )
        return
    except psycopg.OperationalError as error:
        if "does not exist" not in str(error):
            raise DatabaseUnavailable(unreachable(url, setting, error)) from error
    maintenance = url.set(drivername="postgresql", database="postgres")
    try:
        with psycopg.connect(
            maintenance.render_as_string(hide_password=False), autocommit=True, connect_timeout=10
        ) as connection:
            if not put_back_if_broken_off(connection, url):
                connection.execute(
                    sql.SQL("CREATE DATABASE {}").format(sql.Identifier(url.database or "leadflow"))
                )
    except psycopg.errors.DuplicateDatabase:
        return
    except psycopg.Error as error:
        raise DatabaseUnavailable(
            f"The database {url.database} is missing and could not be created ({error}). "
            f"Create it by hand: CREATE DATABASE {url.database};"
        ) from error


def replaced(url: URL) -> str:
    """What a database is called while a backup takes its place."""
    return f"{(url.database or 'leadflow')[:LONGEST]}_replaced"


def put_back_if_broken_off(connection: psycopg.Connection[Any], url: URL) -> bool:
    """Give a database its name back where a restore was killed between two renames; whether it was
    so. An empty one in its place would look as if everything was gone."""
    here = connection.execute(EXISTS, [url.database]).fetchone()
    if here or not connection.execute(EXISTS, [replaced(url)]).fetchone():
        return False
    names = (sql.Identifier(replaced(url)), sql.Identifier(url.database or "leadflow"))
    connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*names))
    return True


def unreachable(url: URL, setting: str, error: Exception) -> str:
    """That a database does not answer, and which setting says where it is."""
    where = url.render_as_string(hide_password=True)
    return (
        f"PostgreSQL at {where} does not answer ({str(error).strip()}). "
        f"Start it, or correct {setting}."
    )
