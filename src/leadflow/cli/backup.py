"""``leadflow backup`` and ``leadflow restore``: all there is in one file, and back."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leadflow.cli.console import console, told

if TYPE_CHECKING:
    from leadflow.backup.manifest import Manifest


def backup(
    where: Annotated[
        Path | None,
        typer.Argument(help="New file, or folder. Left out: the folder backups in the home."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing: look whether WHERE is a whole backup.")
    ] = False,
) -> None:
    """Keep everything but the secret key in one file: databases, models, exported audit heads.

    Works while everything runs. Copy the file to another machine, and the key to a third place:
    without the key nobody can restore it, with both anybody can read it.
    """
    from leadflow.audit import service as audit
    from leadflow.backup.making import make_backup
    from leadflow.cli.access.identity import who_acts
    from leadflow.database.engine import unit_of_work
    from leadflow.settings import get_settings

    if check:
        _check(where)
        return
    with unit_of_work() as session:
        by = who_acts(session, "store.backup")
    with console.status("Writing the backup …"):
        made = make_backup(get_settings(), where, datetime.now(UTC))
    with unit_of_work() as session:
        detail = {"backup": made.manifest.backup_id, "audit_row": made.manifest.audit_row}
        audit.record(session, by, "store.backed_up", "store", detail)
    told(file=made.path, bytes=made.size)
    console.print(f"{made.path}  {made.size / 2**20:,.1f} MiB, whole", soft_wrap=True)
    _describe(made.manifest)
    console.print(
        "The key itself is not in it (leadflow doctor says where it is): keep a copy elsewhere."
    )


def restore(
    file: Annotated[Path, typer.Argument(help="A file that leadflow backup has made.")],
    why: Annotated[str, typer.Option(help="What happened; it is kept in the audit log.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Delete what is there now, and cannot be had back.")
    ] = False,
) -> None:
    """Put a backup in the place of what is here. The servers must have ended (leadflow down).

    What was pending in the backup and may have been done since waits for a person afterwards, all
    sign-ins end, and the audit log shows for ever that a backup was restored, by whom and why.
    """
    from leadflow.backup import restoring
    from leadflow.backup.refusals import RestoreRefused
    from leadflow.settings import get_settings
    from leadflow.supervisor import state

    settings = get_settings()
    if state.running(settings) is not None:
        raise RestoreRefused("Leadflow runs here. End it first: leadflow down")
    with console.status("Reading the backup …"):
        restoring.examine(settings, file)
    actor = _who(restoring.holds(settings), replace)
    done = restoring.restore(settings, file, actor, why, datetime.now(UTC), console.print)
    _describe(done.manifest)
    console.print(f"Row {done.row:,} of the audit log says so. From now on:")
    console.print(f"  leadflow audit verify --since {done.row}")
    _say_held(done.held)
    _say_what_serves()


def _check(where: Path | None) -> None:
    from leadflow.backup import manifest
    from leadflow.backup.checking import check
    from leadflow.backup.restoring import own_ring
    from leadflow.settings import get_settings

    if where is None:
        raise typer.BadParameter("say which file", param_hint="WHERE")
    ring = own_ring(get_settings())
    made = check(where, None if ring is None else ring.lasting)
    console.print(f"{where} is whole.", soft_wrap=True)
    _describe(made)
    same = (
        ring is not None
        and manifest.key_hint(ring.lasting) == made.key_hint
        and not manifest.lacking(made, ring)
    )
    console.print(
        "This installation has its key." if same else "This installation does not have its key."
    )


def _who(held: str | None, replace: bool) -> str:
    """Whoever restores. Over a store that people have accounts in, one who may; else the user of
    the machine, for there is nobody to sign in as."""
    from leadflow.backup.refusals import RestoreRefused
    from leadflow.cli.access.identity import who_acts
    from leadflow.database.engine import get_engine, unit_of_work
    from leadflow.secret import SecretKeyError

    if held is None:
        return f"terminal:{os.getuid()}"
    if not replace:
        raise RestoreRefused(
            f"There is something here already ({held}). To delete it: leadflow restore FILE "
            '--replace --why "what happened"; a backup of it first is: leadflow backup'
        )
    try:
        with unit_of_work() as session:
            return who_acts(session, "store.restore")
    except SecretKeyError:
        # The key is that of the backup and not of what is here, which therefore names nobody.
        return f"terminal:{os.getuid()}"
    finally:
        get_engine().dispose()
        get_engine.cache_clear()


def _describe(made: "Manifest") -> None:
    told(made_at=made.made_at, schema=made.schema, audit_row=made.audit_row)
    models = sum(name.endswith("MLmodel") for name in made.files)
    named = " and ".join(sorted(made.key_versions, key=int))
    versions = f"version {named}" if len(made.key_versions) == 1 else f"versions {named}"
    console.print(
        f"Made at {made.made_at}, schema {made.schema}, models: {models}, last row of the audit "
        f"log: {made.audit_row:,}, key {made.key_hint} with its "
        f"{versions}",
        soft_wrap=True,
    )


def _say_held(held: int) -> None:
    if held:
        console.print(
            f"{held:,} notices were pending in the backup and may have been sent since. None is "
            "sent again until a person says so: leadflow outbox list --state uncertain"
        )


def _say_what_serves() -> None:
    from leadflow.scoring.serving.champion import serving_scorer
    from leadflow.settings import get_settings

    try:
        with console.status("Loading what serves …"):
            scorer = serving_scorer(get_settings(), remember=False)
    except RuntimeError as error:
        console.print("All is restored, but what should serve does not load:")
        console.print(str(error), markup=False, soft_wrap=True)
        return
    console.print(f"Leads are scored with {scorer.regime} {scorer.version}. Start: leadflow up")
