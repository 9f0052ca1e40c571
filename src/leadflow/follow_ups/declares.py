"""Declarations of follow-ups: fields for conditions."""

from leadflow.follow_ups.fields import FIELDS

__all__ = ["FIELDS"]
