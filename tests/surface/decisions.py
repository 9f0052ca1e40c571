"""Every act that leaves a transaction, every kind of decision, and what rules may do."""

from pydantic.fields import FieldInfo

from leadflow.composition import ROOMS
from leadflow.outbox.acts import Act, Outside
from tests.surface.lines import lines, type_name

NOTHING = FieldInfo(annotation=type(None))


def acts() -> str:
    """One line an act: its room, its lane, whether it may be asked for twice, what it is given."""
    return lines(sorted(_act(room.name, act) for room in ROOMS for act in room.acts))


def decision_kinds() -> str:
    """One line a kind of decision: its room, what it is called, what policies may ask besides."""
    said = []
    for room in ROOMS:
        for kind in room.decision_kinds:
            about = ", about a lead" if kind.of_lead else ""
            facts = ", ".join(f"{name}: {of}" for name, of in sorted(kind.facts.items()))
            asks = f", policies may ask {facts}" if facts else ""
            said.append(f"{kind.name} ({kind.words}, {room.name}){about}{asks}")
    return lines(sorted(said))


def rule_actions() -> str:
    """One line an action that rules of a kind may name, with its type; of those on events, one for
    each thing that an action may be told."""
    of_kinds = [
        f"{kind.name}: {name}: {type_name(field.annotation)}"
        for room in ROOMS
        for kind in room.rule_kinds
        for name, field in sorted(kind.actions.model_fields.items())
    ]
    of_events = [
        f"workflow: {action.name} ({room.name}): {name}: {type_name(field.annotation)}"
        for room in ROOMS
        for action in room.rule_actions
        for name, field in sorted(action.params.model_fields.items()) or [("nothing", NOTHING)]
    ]
    return lines([*of_kinds, *of_events])


def _act(room: str, act: Act) -> str:
    again = "repeatable" if act.repeatable else "never silently repeated"
    if isinstance(act, Outside):
        where = "elsewhere, reconciled" if act.reconcile is not None else "elsewhere"
    else:
        where = "in our own database"
    given = ", ".join(sorted(act.payload.model_fields))
    return f"{act.name} ({room}): lane {act.lane.name}, {where}, {again}; given {given}"
