"""Settings of work on all leads: in what pieces it is done, where, and whether it only reads."""

from typing import Literal, Self

from pydantic import BaseModel, Field, model_validator


class ScalingSettings(BaseModel):
    """The part of the settings that is about scoring many leads and learning from them."""

    score_batch: int = Field(default=20000, gt=0, description="Leads scored and written at a time.")
    rescore_hours: int = Field(
        default=24, gt=0, description="A lead without news is scored again after this time."
    )
    task_runner: Literal["threads", "dask", "ray"] = Field(
        default="threads",
        description="Where all leads are scored and models are tried: threads of the run's own "
        "process, a Dask cluster or a Ray cluster.",
    )
    task_runner_address: str | None = Field(
        default=None,
        description="Address of the Dask scheduler (tcp://HOST:8786) or of Ray "
        "(ray://HOST:10001). Unset: each run starts processes of its own on its machine.",
    )
    task_runner_workers: int = Field(
        default=2,
        gt=0,
        description="How many threads, or processes of its own, a run works with.",
    )

    read_only: bool = Field(
        default=False,
        description="Connections of this process only read the store; `make notebooks` sets it.",
    )

    @model_validator(mode="after")
    def _address_of_something(self) -> Self:
        if self.task_runner_address is not None and self.task_runner == "threads":
            raise ValueError(
                "LEADFLOW_TASK_RUNNER_ADDRESS is the address of a cluster: set "
                "LEADFLOW_TASK_RUNNER to dask or ray with it, or take the address out"
            )
        return self
