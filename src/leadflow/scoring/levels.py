"""Qualification levels: what a score means for the next step."""

from leadflow.settings import Settings

NEXT_STEPS = {
    "hot": "A salesperson gets this lead at the next assignment sweep.",
    "warm": "A salesperson gets this lead at the next assignment sweep, after the hot ones.",
    "cold": "Not assigned yet: scored again as it shows more interest.",
    "unqualified": "Not assigned: it has too little in common with leads that buy.",
}


def level(total: float, settings: Settings) -> str:
    """hot, warm, cold or unqualified; the thresholds are settings."""
    for name, lowest in (
        ("hot", settings.hot_from),
        ("warm", settings.warm_from),
        ("cold", settings.cold_from),
    ):
        if total >= lowest:
            return name
    return "unqualified"
