"""The alias ``champion``, looked up in MLflow's database without loading MLflow.

Every process that scores looks every few seconds. MLflow's client takes 65 MB of memory and some
seconds to load, which a process needs only once there is a model to read.
"""

from functools import lru_cache

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from leadflow.database.cluster import MLFLOW_SETTING, locate, unreachable
from leadflow.settings import Settings

# MLflow goes on trying for a minute and a half, and whoever waits for a scorer would wait as long.
CONNECT_SECONDS = 3
NO_SUCH_TABLE = "42P01"
# Written by MLflow 3; a test compares what is read here with what its client says.
LOOK = text("SELECT version FROM registered_model_aliases WHERE name = :name AND alias = :alias")


class RegistryAway(RuntimeError):
    """MLflow's database, which models come from, does not answer; the message says what to do."""


def champion_version(settings: Settings) -> str | None:
    """The version that should serve, or None for the rubric.

    Raises:
        RegistryAway: MLflow's database does not answer.
    """
    url = locate(settings).mlflow
    try:
        with _engine(url.render_as_string(hide_password=False)).connect() as connection:
            found = connection.scalar(LOOK, {"name": settings.model_name, "alias": "champion"})
    except ProgrammingError as error:
        # MLflow makes its tables when it is first used, which is when something is learned.
        if getattr(error.orig, "sqlstate", None) == NO_SUCH_TABLE:
            return None
        raise
    except OperationalError as error:
        said = error.orig if isinstance(error.orig, Exception) else error
        raise RegistryAway(unreachable(url, MLFLOW_SETTING, said)) from error
    return None if found is None else str(found)


@lru_cache
def _engine(address: str) -> Engine:
    """One connection for the whole process, kept open: a look takes under a millisecond."""
    return create_engine(
        address,
        pool_size=1,
        max_overflow=1,
        pool_pre_ping=True,
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
        connect_args={"connect_timeout": CONNECT_SECONDS},
    )
