"""A store of one's own for a benchmark: embedded, empty, gone afterwards."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from leadflow.settings import Settings


@contextmanager
def own_store() -> "Iterator[tuple[Engine, Settings]]":
    """A PostgreSQL in a temporary folder with the newest schema; settings of this process are
    those of this store until the end. The engine is the owner's, who may empty tables."""
    from leadflow.database import cluster, embedded
    from leadflow.database.engine import get_engine, get_owner_engine
    from leadflow.database.migrate import upgrade
    from leadflow.settings import get_settings
    from tests.servers import free_port

    before = dict(os.environ)
    # No setting of this installation goes along: made-up leads belong in no real store.
    for name in [name for name in os.environ if name.startswith("LEADFLOW_")]:
        del os.environ[name]
    with tempfile.TemporaryDirectory(prefix="lf-", ignore_cleanup_errors=True) as folder:
        # The embedded PostgreSQL runs as a user of its own, who must be able to reach its data.
        Path(folder).chmod(0o755)
        os.environ["LEADFLOW_HOME"] = folder
        # Its mails go to a mail server of its own, where a benchmark starts one.
        os.environ["LEADFLOW_SMTP_PORT"] = str(free_port())
        _forget()
        try:
            settings = get_settings()
            cluster.ensure_databases(cluster.locate(settings))
            upgrade(get_owner_engine())
            yield get_owner_engine(), settings
        finally:
            for engine in (get_engine(), get_owner_engine()):
                engine.dispose()
            embedded.stop(Path(folder))
            os.environ.clear()
            os.environ.update(before)
            _forget()


def _forget() -> None:
    from leadflow.audit.chain import chain_key
    from leadflow.database.engine import get_engine, get_owner_engine
    from leadflow.settings import get_settings

    for cached in (get_settings, get_engine, get_owner_engine, chain_key):
        cached.cache_clear()
