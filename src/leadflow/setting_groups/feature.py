"""Settings of feature sets: where they are kept, and how they are made."""

from pydantic import BaseModel, Field


class FeatureSettings(BaseModel):
    """The part of the settings that is about sets of features."""

    feature_store: str | None = Field(
        default=None,
        description="Where sets of features are kept: a folder, or an address such as "
        "s3://bucket/features whose fsspec package is installed. Unset: features in home.",
    )
    feature_batch: int = Field(
        default=50_000, gt=0, description="Leads of one file of a set of features."
    )
    feature_sets_kept: int = Field(
        default=30,
        gt=0,
        description="Sets of features that are kept for serving, and for monitoring. Those for "
        "training are all kept.",
    )
    feature_fresh_minutes: float = Field(
        default=0.0,
        ge=0,
        description="Training and monitoring take a set of features that is no older than this; "
        "0: they always make one.",
    )
