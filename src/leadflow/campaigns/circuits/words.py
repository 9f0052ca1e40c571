"""How a channel is, in words for people."""

from collections.abc import Mapping

from leadflow.campaigns.circuits.circuit import Circuit


def how_it_is(circuit: Circuit, names: Mapping[str, str]) -> str:
    """``sending``, ``resting until …`` or ``stopped by …``; ``names``: of people, by their ids."""
    if circuit.state == "closed":
        return "sending"
    if circuit.state == "paused":
        return f"stopped by {names.get(circuit.why or '', circuit.why or 'somebody')}"
    return f"resting until {circuit.until:%Y-%m-%d %H:%M} UTC" if circuit.until else "resting"


def why_nothing_goes(name: str, circuit: Circuit, names: Mapping[str, str]) -> str:
    """A sentence that says which channel takes nothing, since when and why."""
    how = f"Nothing goes out by {name}: it is {how_it_is(circuit, names)}"
    if circuit.state == "paused":
        return f"{how}, since {circuit.since:%Y-%m-%d %H:%M} UTC."
    return f"{how}, for it has failed time and again. What was said last: {circuit.why}"
