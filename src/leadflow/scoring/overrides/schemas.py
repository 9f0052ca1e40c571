"""Schema of an override."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from leadflow.exact import Amount, Moment


def _printable(value: str) -> str:
    if "\x00" in value:
        raise ValueError("must not contain a NUL character")
    return value


Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2000),
    AfterValidator(_printable),
]


class OverrideIn(BaseModel):
    """A score set by a person, and why."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {
                    "new_score": 85,
                    "reason": "Strong interest shown in demo call",
                    "override_by": "sales_manager_1",
                }
            ]
        },
    )

    new_score: Amount = Field(
        ge=0,
        le=100,
        allow_inf_nan=False,
        strict=True,
        description="50 is the average lead; 10 points more are twice the odds.",
    )
    reason: Words = Field(description="For the salesperson, the manager and the report.")
    override_by: Annotated[Words | None, Field(max_length=200)] = Field(
        default=None,
        description="Who sets it, by username: you, or somebody you may act for. Unset: you.",
    )
    priority: Literal["urgent", "high", "normal", "low"] = Field(
        default="normal", description="How soon somebody should decide, where somebody must."
    )
    expires_at: Moment | None = Field(
        default=None, description="At most a year ahead. Unset: after LEADFLOW_OVERRIDE_DAYS."
    )
