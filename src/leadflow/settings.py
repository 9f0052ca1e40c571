"""Every setting of Leadflow, read from ``LEADFLOW_*`` variables or a ``.env`` file."""

import os
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AliasChoices,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from leadflow import installation
from leadflow.setting_groups.ai import AISettings
from leadflow.setting_groups.assignment import AssignmentSettings
from leadflow.setting_groups.operating import OperatingSettings
from leadflow.setting_groups.scaling import ScalingSettings
from leadflow.setting_groups.sending import SendingSettings
from leadflow.setting_groups.webhook import WebhookSettings

Port = Annotated[int, Field(ge=1, le=65535)]


class Settings(
    AISettings,
    AssignmentSettings,
    OperatingSettings,
    ScalingSettings,
    SendingSettings,
    WebhookSettings,
    BaseSettings,
):
    """The settings of one installation.

    Defaults suit a laptop: an embedded PostgreSQL and generated keys, all kept in ``home``.
    """

    model_config = SettingsConfigDict(
        env_prefix="LEADFLOW_",
        env_ignore_empty=True,
        extra="ignore",
        populate_by_name=True,
    )

    home: Path = Field(
        default=Path(installation.HOME),
        description="Folder for the database, keys, logs and models.",
    )
    database_url: str | None = Field(
        default=None,
        description="postgresql://… of a PostgreSQL 15 or newer. Unset: an embedded one in home.",
    )
    prefect_database_url: str | None = Field(
        default=None, description="Unset: the database NAME_prefect beside Leadflow's own."
    )
    mlflow_database_url: str | None = Field(
        default=None, description="Unset: the database NAME_mlflow beside Leadflow's own."
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description="32 bytes in base64 that all keys derive from, or the line that "
        "`leadflow keys rotate-master` says. Unset: generated into home.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least important line that is logged: DEBUG to ERROR."
    )
    log_format: Literal["auto", "json", "console"] = Field(
        default="auto",
        description="json: a JSON object a line; console: for people; auto: console at a terminal.",
    )
    otlp_endpoint: str | None = Field(
        default=None,
        validation_alias=AliasChoices("LEADFLOW_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
        description="Address that traces go to over OTLP/HTTP, such as http://localhost:4318; the "
        "standard OTEL_EXPORTER_OTLP_ENDPOINT works too. Unset: none are kept.",
    )
    host: str = Field(default="127.0.0.1", description="Address the servers listen on.")
    gateway_port: Port = Field(default=8000, description="Port of the HTTP API.")
    gateway_processes: int = Field(
        default=1, gt=0, description="Processes of the HTTP API; each holds the champion in memory."
    )
    requests_per_key: int = Field(
        default=300_000,
        ge=0,
        description="Requests a minute that a program may send with one key; 0: any number.",
    )
    requests_per_address: int = Field(
        default=6_000,
        ge=0,
        description="Requests a minute without a program's key, such as people's, that may come "
        "from one address; 0: any number.",
    )
    deliveries_per_source: int = Field(
        default=300_000,
        ge=0,
        description="Deliveries a minute by webhook that a source may send from one address; 0: "
        "any number.",
    )
    background_processes: int = Field(
        default=1, gt=0, description="Processes for the outbox and other work beside requests."
    )
    marketing_without_consent: str = Field(
        default="",
        pattern="^([A-Z]{2}(, *[A-Z]{2})*)?$",
        description="Countries, such as US,CA, to which marketing goes without a consent.",
    )
    outbox_kept_days: int = Field(
        default=90,
        gt=0,
        description="How long acts of the outbox that are done stay in its list.",
    )
    domain_events_kept_days: int = Field(
        default=30, ge=1, description="Days that what happened, for workflow rules, is kept."
    )
    deliveries_kept_days: int = Field(
        default=30,
        gt=0,
        description="How long the bodies of deliveries by webhook stay once they are taken in, or "
        "let go.",
    )
    outbox_lease_seconds: float = Field(
        default=120,
        gt=0,
        description="How long a claim on an act of the outbox holds; longer than any act takes.",
    )
    prefect_port: int = Field(
        default=4200, ge=1, le=65535, description="Port of the Prefect server and UI."
    )
    mlflow_port: Port = Field(default=5000, description="Port of the MLflow UI.")
    smtp_port: int = Field(
        default=8025, ge=1, le=65535, description="Port of the local mail server."
    )
    notify_url: str | None = Field(
        default=None,
        description="Apprise address that notifications go through, with {email} or {username} "
        "where the person's goes. Unset: the local mail server, which delivers nothing.",
    )
    public_url: str | None = Field(
        default=None,
        description="Address under which people reach the gateway. Unset: http://HOST:GATEWAY_PORT.",
    )
    session_hours: float = Field(
        default=12, gt=0, le=720, description="How long a person stays signed in."
    )
    model_name: str = Field(default="lead-conversion", description="Registered model in MLflow.")
    horizon_days: int = Field(
        default=90, gt=0, description="A lead counts as converted if it does so within this time."
    )
    minimum_outcomes: int = Field(
        default=40, gt=1, description="Fewest converted, and fewest lost, leads to learn from."
    )
    suspicious_auc: float = Field(
        default=0.95,
        gt=0.5,
        le=1,
        description="An AUC from here on is too good to be approved unasked.",
    )
    hot_from: float = Field(default=70.0, description="Lowest score of a hot lead.")
    warm_from: float = Field(default=50.0, description="Lowest score of a warm lead.")
    cold_from: float = Field(default=30.0, description="Lowest score of a cold lead.")
    create_may_change: Literal["empty", "nothing", "all"] = Field(
        default="empty",
        description="What of a known lead a program changes that may create leads and not edit "
        "them: empty fields, nothing or all.",
    )
    default_currency: str = Field(
        default="USD", pattern="^[A-Z]{3}$", description="Currency where none is given."
    )
    import_batch: int = Field(default=20000, gt=0, description="Rows checked and stored at a time.")
    override_days: int = Field(
        default=30, gt=0, le=365, description="How long a score override counts unless it says."
    )
    export_hours: float = Field(
        default=24, gt=0, le=720, description="How long the file of an export of leads is kept."
    )
    upload_megabytes: int = Field(
        default=200,
        gt=0,
        le=10_000,
        description="How large a file to import may be that is sent over the API.",
    )
    upload_days: int = Field(
        default=7,
        gt=0,
        le=90,
        description="How long a file that was sent over the API is kept until it is imported.",
    )
    approval_code_minutes: float = Field(
        default=30, gt=0, le=1440, description="How long a one-time code for a decision works."
    )
    monitor_days: int = Field(
        default=30, gt=0, description="Recent leads that monitoring looks at came within this time."
    )
    drift_bound: float = Field(
        default=0.25,
        gt=0,
        description="Train anew where a feature's population stability index is above this.",
    )
    calibration_bound: float = Field(
        default=1.25,
        gt=1,
        description="Train anew where this many times more, or fewer, leads convert than expected.",
    )
    new_outcomes_share: float = Field(
        default=0.5,
        gt=0,
        description="Train anew once this share of new outcomes has joined those learned from.",
    )
    quality_daily_scores: int = Field(
        default=20, ge=0, le=1000, description="Scores of a day that people judge."
    )
    quality_daily_assignments: int = Field(
        default=20, ge=0, le=1000, description="Assignments of a day that people judge."
    )
    quality_second_share: float = Field(
        default=0.2, ge=0, le=1, description="Share of them that two people judge."
    )
    quality_review_hours: int = Field(
        default=72, gt=0, description="Time given to judge what was drawn."
    )
    quality_seed: str = Field(
        default="leadflow", description="With the day it decides what is drawn; any words."
    )
    audit_folder: Path | None = Field(
        default=None,
        description="Folder the head of the audit log is exported to. Unset: audit in home.",
    )
    real_data: Path = Field(
        default=Path("../shared/data"), description="Folder of real data for tests and benchmarks."
    )

    @model_validator(mode="after")
    def _levels_in_order(self) -> Self:
        if not 0 <= self.cold_from <= self.warm_from <= self.hot_from <= 100:
            raise ValueError(
                "LEADFLOW_COLD_FROM, LEADFLOW_WARM_FROM and LEADFLOW_HOT_FROM must rise, from 0 to "
                "100"
            )
        return self

    @field_validator("home", "audit_folder", "dkim_key", mode="after")
    @classmethod
    def _absolute(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        """A variable says a path from where we are; a file, from where the file is."""
        if value is None:
            return None
        said_here = f"LEADFLOW_{info.field_name}".upper() in os.environ
        base = Path.cwd() if said_here else installation.folder()
        return (base / value.expanduser()).resolve()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is passed, then variables, then the file ``.env`` of the installation."""
        file: Any = DotEnvSettingsSource(settings_cls, installation.folder() / installation.ENV)
        return init_settings, env_settings, file

    @property
    def gateway_url(self) -> str:
        return f"http://{self.host}:{self.gateway_port}"

    @property
    def address(self) -> str:
        """What links to the gateway begin with."""
        return (self.public_url or self.gateway_url).rstrip("/")

    @property
    def prefect_url(self) -> str:
        return f"http://{self.host}:{self.prefect_port}"

    @property
    def mlflow_url(self) -> str:
        return f"http://{self.host}:{self.mlflow_port}"


@lru_cache
def get_settings() -> Settings:
    """The settings of this process; read once."""
    return Settings()
