"""Lanes: acts of one lane never wait for those of another, whose receiver is slow or down."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Lane:
    """``consumers``: acts performed at a time in one process. ``batch``: claimed at a time by one
    consumer."""

    name: str
    consumers: int = 1
    batch: int = 20


DECISIONS = Lane("decisions")
FLOW_STARTS = Lane("flow_starts", batch=10)
NOTICES = Lane("notices", consumers=2)
# One act is a turn of one receiver: whoever waits for a slow one has claimed no other's.
WEBHOOKS = Lane("webhooks", consumers=6, batch=1)
RULES = Lane("rules", batch=50)
LANES = {lane.name: lane for lane in (DECISIONS, FLOW_STARTS, NOTICES, WEBHOOKS, RULES)}
