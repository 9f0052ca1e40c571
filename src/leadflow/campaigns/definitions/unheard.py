"""What a campaign waits for and nobody tells of: opens and clicks that are not tracked. Pure."""

from collections.abc import Iterator

from leadflow.campaigns.definitions.program import Program

CLICK, OPENED = "lead.did.email_click", "lead.did.email_open"
_HEARD = {"off": frozenset[str](), "clicks": frozenset({CLICK}), "all": frozenset({CLICK, OPENED})}
_NAMES = {CLICK: "clicks", OPENED: "opens"}


def unheard(program: Program, tracking: str) -> str | None:
    """A sentence about what waits for opens or clicks that the setting LEADFLOW_TRACKING keeps from
    being heard of; None where nothing does. Another program may still report them."""
    heard = _HEARD[tracking] if program.campaign.purpose == "marketing" else _HEARD["off"]
    missed: dict[str, None] = {}
    places = []
    for place, on in _waited_for(program):
        silent = sorted(on & (_NAMES.keys() - heard))
        if silent:
            places.append(place)
            missed |= dict.fromkeys(_NAMES[one] for one in silent)
    if not places:
        return None
    why = (
        f"LEADFLOW_TRACKING is {tracking}"
        if program.campaign.purpose == "marketing"
        else f"mails of the purpose {program.campaign.purpose} are followed to nobody"
    )
    return (
        f"{program.name}: nobody tells of {' and '.join(missed)}, as {why}. What waits for them "
        f"goes on as if there were none, unless another program reports them: {', '.join(places)}."
    )


def _waited_for(program: Program) -> Iterator[tuple[str, frozenset[str]]]:
    for node in program.nodes:
        if node.watch is not None:
            yield f"the step {node.name}", node.watch.on
    for one in program.exits:
        yield f"the exit {one.name}", one.watch.on
    if program.enter is not None:
        yield "enter", program.enter.on
