"""``leadflow keys rotate-master``: a new master key, without stopping anything."""

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from features.how_many import how_many
from leadflow.cli.access.identity import who_acts
from leadflow.cli.console import console

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from leadflow.secret import KeyRing
    from leadflow.settings import Settings

MANAGES = "account.manage"
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask whether there is a copy of the key.")]


def rotate_master(yes: Yes = False) -> None:
    """Make a new master key and encrypt everything with it; go on with it after a break.

    Everything may go on running. Where the key is in LEADFLOW_SECRET_KEY this says at each step
    what to set it to, and what to restart.
    """
    from leadflow.database import cluster
    from leadflow.database.engine import engine_for, unit_of_work
    from leadflow.privacy.master_key import alone
    from leadflow.settings import get_settings

    settings = get_settings()
    with unit_of_work() as session:
        by = who_acts(session, MANAGES)
    # As the owner of the tables: the application itself may not change what only ever is added.
    engine = engine_for(cluster.locate(settings).leadflow, pool_size=2)
    try:
        with alone(engine):
            if settings.secret_key is None:
                _in_home(engine, settings, by, yes)
            else:
                _from_environment(engine, settings, by)
    finally:
        engine.dispose()


def _in_home(engine: "Engine", settings: "Settings", by: str, yes: bool) -> None:
    from leadflow.privacy import master_key
    from leadflow.secret import key_file, load_ring

    ring, path = load_ring(settings), key_file(settings)
    if len(ring.keys) > 1:
        console.print(f"A rotation to version {ring.newest} was begun; it goes on.")
    elif not yes:
        console.print(
            f"Backups made until now open only with the key as it is in {path} now. "
            "Keep a copy of that file with them.",
            soft_wrap=True,
        )
        typer.confirm("Is there a copy, and shall a new key be made?", abort=True)
    ring = master_key.begin(settings)
    console.print(f"Version {ring.current} is written with from now on; encrypting what there is …")
    master_key.wait_for_writers(engine)
    _rewrite(engine, ring)
    _record(ring, by)
    master_key.finish(settings)
    console.print(
        f"Everything is encrypted with version {ring.current}, and {path} holds no other. "
        "Nothing has to be restarted. Copy the file to where its copies are kept.",
        soft_wrap=True,
    )


def _from_environment(engine: "Engine", settings: "Settings", by: str) -> None:
    from leadflow.privacy import master_key
    from leadflow.secret import load_ring

    ring = load_ring(settings)
    if len(ring.keys) == 1:
        new = ring.with_new_key()
        _say(
            f"1 of 3. The key comes from LEADFLOW_SECRET_KEY. Set it to this, which adds version "
            f"{new.newest}, wherever Leadflow runs. Keep the old one with your backups. Restart "
            "everything that has it, in any order (leadflow down, then leadflow up; or one machine "
            "after another). Then run this again.",
            new,
        )
    elif ring.current != ring.newest:
        _say(
            f"2 of 3. Once everything has been restarted with what is set now, set it to this, "
            f"which writes with version {ring.newest}. Restart everything again, in any order. "
            "Then run this again.",
            ring.newest_first(),
        )
    else:
        master_key.wait_for_writers(engine)
        _rewrite(engine, ring, rounds=20)
        _record(ring, by)
        _say(
            f"3 of 3. Everything is encrypted with version {ring.current}. Set it to this, which "
            "has no other key, and restart everything once more, in any order.",
            ring.newest_only(),
        )


def _rewrite(engine: "Engine", ring: "KeyRing", rounds: int | None = None) -> None:
    from leadflow.privacy.master_key import rewrite_all
    from leadflow.privacy.rotation import encrypted_tables
    from leadflow.tables import metadata

    done: Counter[str] = Counter()
    with console.status("Encrypting …") as status:

        def told(table: str, rows: int) -> None:
            done[table] += rows
            status.update(f"Encrypting {table}: up to {how_many(done[table], 'row')}")

        rewrite_all(engine, encrypted_tables(metadata), ring, told, rounds=rounds)


def _record(ring: "KeyRing", by: str) -> None:
    from leadflow.audit import service as audit
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        versions = {"earlier": sorted(set(ring.versions) - {ring.current}), "now": ring.current}
        audit.record(session, by, "master_key.rotated", "master_key", versions)


def _say(words: str, ring: "KeyRing") -> None:
    console.print(words, soft_wrap=True)
    console.print(f"LEADFLOW_SECRET_KEY={ring.text()}", soft_wrap=True, markup=False)
