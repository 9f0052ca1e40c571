"""Settings of the flows that Prefect runs, and of what is told of them."""

from pydantic import BaseModel, Field


class OperatingSettings(BaseModel):
    """Where flows run, what is checked, and who is told where something fails."""

    start_seconds: float = Field(
        default=120,
        gt=0,
        description="Seconds that `leadflow up` waits for Prefect, and for the gateway, to answer.",
    )
    work_pool: str = Field(
        default="leadflow", description="Prefect work pool of long runs, each in its own process."
    )
    warm_pool: str = Field(
        default="leadflow-warm", description="Prefect work pool of short runs, inside its worker."
    )
    flow_packages: str = Field(
        default="flows",
        pattern=r"^[A-Za-z_][\w.]*(, *[A-Za-z_][\w.]*)*$",
        description="Installed packages whose flows the workers run, with commas between.",
    )
    checked_rows: int = Field(
        default=100_000,
        gt=0,
        description="Most rows, the newest, that a suite of expectations looks at in one run.",
    )
    on_duty: str = Field(
        default="",
        description="Usernames, with commas between, of who is told that a run of a flow failed. "
        "Unset: operators, or admins where there are none.",
    )
    runs_kept_days: int = Field(
        default=60, ge=1, description="Days that Prefect keeps runs of flows that have ended."
    )
    run_events_kept_days: int = Field(
        default=14, ge=1, description="Days that Prefect keeps events."
    )
