"""Declarations of consent: the event by which other systems tell of it."""

from leadflow.consent.from_events import TYPE

__all__ = ["EVENT_TYPES"]

EVENT_TYPES = (TYPE,)
