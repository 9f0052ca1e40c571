"""Examination of an installation: what is well, what is missing, how to mend it."""

import os
import shutil
import sys
from collections.abc import Callable
from importlib import metadata

import httpx
import psycopg

from leadflow import installation
from leadflow.database import cluster, embedded, roles
from leadflow.database.cluster import DatabaseUnavailable
from leadflow.integrations.notifications.sending import UNUSABLE, is_usable
from leadflow.integrations.prefect import signed_in
from leadflow.private import is_private
from leadflow.secret import SecretKeyError, load_ring
from leadflow.setting_names import unknown_settings
from leadflow.settings import Settings
from leadflow.supervisor import of_the_store, ready_to_send, state
from leadflow.supervisor.child import answers
from leadflow.supervisor.deploying import not_deployed
from leadflow.supervisor.findings import START, Finding, embedded_is_down
from leadflow.supervisor.ports import holder, is_free

FEWEST_FREE_GIB = 3.0


def examine(settings: Settings) -> list[Finding]:
    """Look at every part. Changes nothing, starts nothing."""
    looks: tuple[Callable[[Settings], Finding], ...] = (
        _python,
        _pins,
        _home,
        _secret,
        _database,
        _audit,
        _ports,
        _gateway,
        _prefect,
        _workers,
        of_the_store.background,
        of_the_store.journals,
        _notices_leave,
        ready_to_send.sending,
        of_the_store.channels,
        of_the_store.checks,
        of_the_store.told,
        _setting_names,
        _mlflow,
        _browser,
    )
    return [look(settings) for look in looks]


def _python(settings: Settings) -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    fine = (3, 11) <= sys.version_info[:2] < (3, 13)
    return Finding(
        "Python", "ok" if fine else "bad", version, "" if fine else "Use Python 3.11 or 3.12."
    )


def _pins(settings: Settings) -> Finding:
    """The versions without which Prefect fails without a word."""
    found = {name: metadata.version(name) for name in ("prefect", "fastapi", "sqlalchemy")}
    numbers = {name: tuple(int(n) for n in v.split(".")[:2]) for name, v in found.items()}
    fine = numbers["fastapi"] < (0, 151) and numbers["sqlalchemy"] < (2, 1)
    return Finding(
        "Packages",
        "ok" if fine else "bad",
        ", ".join(f"{name} {version}" for name, version in found.items()),
        "" if fine else "Install from the lock file: .venv/bin/uv sync --locked",
    )


def _home(settings: Settings) -> Finding:
    parent = settings.home if settings.home.exists() else settings.home.parent
    free = shutil.disk_usage(parent).free / 2**30
    if free < FEWEST_FREE_GIB:
        return Finding("Disk", "bad", f"{free:.1f} GiB free", "Free some space, 3 GiB at least.")
    if settings.home.exists() and not is_private(settings.home):
        found = f"others on this machine can read {settings.home}"
        return Finding("Disk", "bad", found, f"chmod 700 {settings.home}; leadflow up does so too")
    return Finding("Disk", "ok", f"{settings.home}, {free:.0f} GiB free")


def _secret(settings: Settings) -> Finding:
    if settings.secret_key is None and not (settings.home / "secret.key").exists():
        return Finding("Secret key", "ok", "none yet: one is generated at the first start")
    try:
        ring = load_ring(settings)
    except (SecretKeyError, OSError) as error:
        return Finding("Secret key", "bad", "cannot be read", str(error))
    where = "from LEADFLOW_SECRET_KEY" if settings.secret_key else "in the home folder"
    if len(ring.keys) > 1:
        begun = f"{where}; the rotation to version {ring.newest} has not ended"
        return Finding("Secret key", "note", begun, "leadflow keys rotate-master")
    return Finding("Secret key", "ok", f"{where}; keep a copy, without it data cannot be read")


def _database(settings: Settings) -> Finding:
    if embedded_is_down(settings):
        return Finding("PostgreSQL", "note", "embedded, not running", START)
    try:
        wrong = cluster.ensure_databases(cluster.locate(settings))
    except (DatabaseUnavailable, embedded.EmbeddedPostgresError) as error:
        return Finding("PostgreSQL", "bad", "does not answer", str(error))
    if wrong:
        found = "MLflow's database does not answer; leads are scored by the rubric"
        return Finding("PostgreSQL", "bad", found, wrong[0])
    kind = "embedded" if settings.database_url is None else "your own server"
    return Finding("PostgreSQL", "ok", kind)


def _audit(settings: Settings) -> Finding:
    """Whether the audit log is protected from the application itself."""
    if embedded_is_down(settings):
        return Finding("Audit log", "note", "PostgreSQL is not running", START)
    try:
        role = roles.role_in_use(cluster.locate(settings).leadflow)
    except (psycopg.Error, DatabaseUnavailable, embedded.EmbeddedPostgresError):
        return Finding("Audit log", "note", "PostgreSQL does not answer", START)
    if role is None:
        return Finding(
            "Audit log",
            "note",
            "append-only by trigger alone: the application works as the tables' owner",
            "Let it have a role of its own: docs/audit.md says how.",
        )
    return Finding("Audit log", "ok", f"append-only by trigger and role ({role})")


def _ports(settings: Settings) -> Finding:
    if state.running(settings) is not None:
        return Finding("Ports", "ok", "in use by Leadflow")
    wanted = (
        settings.gateway_port,
        settings.prefect_port,
        settings.mlflow_port,
        settings.smtp_port,
    )
    busy = [port for port in wanted if not is_free(settings.host, port)]
    if not busy:
        return Finding("Ports", "ok", ", ".join(str(port) for port in wanted) + " are free")
    return Finding(
        "Ports",
        "bad",
        "; ".join(f"{port} is taken by {holder(port)}" for port in busy),
        "End that program, or set LEADFLOW_GATEWAY_PORT, _PREFECT_PORT, _MLFLOW_PORT or "
        "_SMTP_PORT.",
    )


def _gateway(settings: Settings) -> Finding:
    if state.running(settings) is None:
        return Finding("Gateway", "note", "not running", START)
    try:
        found = httpx.get(f"{settings.gateway_url}/health", timeout=5.0)
    except httpx.HTTPError:
        where = settings.home / "logs" / "gateway.log"
        mend = f"Start it again: leadflow down, then leadflow up. Read {where}"
        return Finding("Gateway", "bad", f"does not answer at {settings.gateway_url}", mend)
    if found.status_code != httpx.codes.OK:
        return Finding(
            "Gateway", "bad", "a part it needs is away", f"See {settings.gateway_url}/health"
        )
    return Finding("Gateway", "ok", settings.gateway_url)


def _prefect(settings: Settings) -> Finding:
    if not answers(f"{settings.prefect_url}/api/health"):
        return Finding("Prefect", "note", "not running", START)
    try:
        absent = not_deployed(settings)
    except httpx.HTTPError as error:
        found = f"does not say what is deployed ({type(error).__name__})"
        return Finding("Prefect", "bad", found, START)
    if absent:
        return Finding("Prefect", "bad", f"not deployed: {', '.join(absent)}", START)
    return Finding("Prefect", "ok", f"{settings.prefect_url}, all flows deployed")


def _workers(settings: Settings) -> Finding:
    pools = (settings.work_pool, settings.warm_pool)
    try:
        found = {pool: _online(settings, pool) for pool in pools}
    except (httpx.HTTPError, ValueError, AttributeError):
        return Finding("Workers", "note", "not running", START)
    without = [pool for pool, online in found.items() if not online]
    if without:
        return Finding("Workers", "bad", f"none on work pool {', '.join(without)}", START)
    counted = ", ".join(f"{online} on {pool}" for pool, online in found.items())
    return Finding("Workers", "ok", counted)


def _online(settings: Settings, pool: str) -> int:
    with signed_in(settings) as api:
        found = api.post(f"/work_pools/{pool}/workers/filter", json={}, timeout=5.0).json()
    return sum(item.get("status") == "ONLINE" for item in found)


def _notices_leave(settings: Settings) -> Finding:
    """Whether notices to people can go anywhere."""
    if settings.notify_url is None:
        found = "the local mail server takes them and delivers nothing"
        return Finding("Mail", "ok", found)
    if not is_usable(settings):
        return Finding("Mail", "bad", "no notice leaves", f"{UNUSABLE} docs/settings.md has one.")
    return Finding("Mail", "ok", "through LEADFLOW_NOTIFY_URL")


def _setting_names(settings: Settings) -> Finding:
    """Whether each variable that looks like a setting is one."""
    found = unknown_settings(os.environ, installation.folder() / installation.ENV)
    if not found:
        return Finding("Settings", "ok", "every LEADFLOW_ variable is one")
    mend = "Correct its name, or take it away; .env.example has them all."
    return Finding("Settings", "note", " ".join(found), mend)


def _mlflow(settings: Settings) -> Finding:
    if state.running(settings) is None:
        return Finding("MLflow", "note", "its pages are not up (models still load)", START)
    return Finding("MLflow", "ok", f"{settings.mlflow_url}, starts when it is first opened")


def _browser(settings: Settings) -> Finding:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path:
        return Finding("Chromium", "ok", path)
    return Finding(
        "Chromium",
        "note",
        "not found; only browser tests need it",
        "On Debian or Ubuntu: sudo scripts/install-browser.sh",
    )
