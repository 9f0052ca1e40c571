"""The environment of every process Leadflow starts: its own settings, and those of its tools."""

from pathlib import Path

from pydantic import SecretStr

from leadflow import observability
from leadflow.database import cluster
from leadflow.observability.metrics import FOLDER
from leadflow.secret import server_sign_in
from leadflow.settings import Settings

# How often Prefect's server looks for what is rare, in seconds. As it comes, it looks every few
# seconds, and that is most of what an idle installation does.
LOOPS = {
    "SCHEDULER_RECENT_DEPLOYMENTS": 20,
    "LATE_RUNS": 30,
    "PAUSE_EXPIRATIONS": 60,
    "REPOSSESSOR": 30,
    "CLEANUP_RECONCILER": 120,
    "CANCELLATION_CLEANUP": 60,
    "FOREMAN": 60,
}
DAY = 86_400  # seconds
# What only whoever sends to people has to know.
OF_SENDING = frozenset({"mail_password", "resend_api_key"})
# Settings that open something; addresses may hold a password.
SECRETS = OF_SENDING | frozenset(
    {
        "secret_key",
        "ai_api_key",
        "database_url",
        "prefect_database_url",
        "mlflow_database_url",
        "notify_url",
    }
)
LOGGING = Path(observability.__file__).parent


def environment(settings: Settings) -> dict[str, str]:
    """Variables that make a process one of ours: it knows every setting, secret ones too but those
    of sending, and how to sign in to Prefect."""
    return tool_environment(settings) | {
        **_named(settings, SECRETS - OF_SENDING),
        "PREFECT_API_AUTH_STRING": server_sign_in(settings, "prefect"),
    }


def sending_environment(settings: Settings) -> dict[str, str]:
    """``environment``, and the secrets of sending: for the process that hands messages over."""
    return environment(settings) | _named(settings, OF_SENDING)


def tool_environment(settings: Settings) -> dict[str, str]:
    """Variables that make a process part of this installation without any of its secrets.

    Telemetry of every tool is off; Prefect keeps its files in Leadflow's home.
    """
    return _named(settings, frozenset(Settings.model_fields) - SECRETS) | {
        "PREFECT_API_URL": f"{settings.prefect_url}/api",
        "PREFECT_HOME": str(settings.home / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_LOGGING_SETTINGS_PATH": str(LOGGING / "prefect.yaml"),
        # A server has no sign-in of its own, and need not be told so before its log is set up.
        "PYTHONWARNINGS": "ignore:XDG_RUNTIME_DIR is not set",
        # Threads of one calculation that wait for each other let others have the processor: where
        # they do not, learning beside a busy gateway takes three times as long.
        "OMP_WAIT_POLICY": "PASSIVE",
        "DO_NOT_TRACK": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        # Its lines go where all others do.
        "MLFLOW_CONFIGURE_LOGGING": "false",
        "GX_ANALYTICS_ENABLED": "false",
        "CREWAI_DISABLE_TELEMETRY": "true",
        "CREWAI_DISABLE_TRACKING": "true",
        "CREWAI_TRACING_ENABLED": "false",
        "CREWAI_DISABLE_VERSION_CHECK": "true",
        **_tracing(settings),
    }


def _tracing(settings: Settings) -> dict[str, str]:
    """Prefect makes spans of runs and tasks where it is told to; they join the trace that a run was
    started in."""
    if settings.otlp_endpoint is None:
        return {"OTEL_SDK_DISABLED": "true"}
    return {"OTEL_SDK_DISABLED": "false", "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "true"}


def counting(settings: Settings) -> dict[str, str]:
    """What lets the processes of a server count into one folder, so that whichever is asked for
    ``/metrics`` answers for all."""
    return {FOLDER: str(metrics_folder(settings))}


def metrics_folder(settings: Settings) -> Path:
    """Where they count; emptied as the supervisor starts."""
    return settings.home / "run" / "metrics"


def _named(settings: Settings, names: frozenset[str]) -> dict[str, str]:
    return {
        variable(name): _text(value)
        for name in names
        if (value := getattr(settings, name)) is not None
    }


def variable(setting: str) -> str:
    """The environment variable of a setting."""
    return f"LEADFLOW_{setting.upper()}"


def _text(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def server_environment(settings: Settings) -> dict[str, str]:
    """What the Prefect server needs besides: its database, and where its pages find the API."""
    url = cluster.locate(settings).prefect
    return {
        "PREFECT_SERVER_API_AUTH_STRING": server_sign_in(settings, "prefect"),
        # No other site's pages may call it from somebody's browser.
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": ",".join(
            (settings.prefect_url, f"http://localhost:{settings.prefect_port}")
        ),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": url.render_as_string(hide_password=False),
        "PREFECT_UI_API_URL": f"{settings.prefect_url}/api",
        "PREFECT_UI_URL": settings.prefect_url,
        # The first UI is the one whose form can answer a run that waits for a person.
        "PREFECT_SERVER_UI_V2_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_EVENTS_PROACTIVE_GRANULARITY": "PT60S",
        # Prefect's own clean-up, of runs that have ended too; as it comes, only of events.
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(settings.runs_kept_days * DAY),
        "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": f"P{settings.run_events_kept_days}D",
        **{f"PREFECT_SERVER_SERVICES_{name}_LOOP_SECONDS": str(s) for name, s in LOOPS.items()},
    }
