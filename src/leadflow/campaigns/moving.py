"""Moving leads that are in a campaign from the version in which they came in to the live one.

Whoever waits at a step goes on at the step of the same name, or at the one that is said for it,
reckoned anew by its rule from the moment at which they came there. Who would get a message again,
or has one on its way, stays: no lead is sent a step of a campaign twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self

from sqlalchemy import (
    ARRAY,
    Integer,
    Text,
    and_,
    any_,
    bindparam,
    case,
    column,
    func,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session, aliased

from leadflow.audit import service as audit
from leadflow.campaigns.definitions.program import Program
from leadflow.campaigns.definitions.steps import END
from leadflow.campaigns.store import service
from leadflow.campaigns.store.programs import programs
from leadflow.campaigns.tables import CampaignMessage, Enrolment
from leadflow.conditions.problems import nearest
from leadflow.consent.may_send import standing_of
from leadflow.leads.tables import Lead

MOVED_OUT = "migrated"
Fate = Literal[
    "moves", "leaves", "no_step", "has_one_on_its_way", "would_get_it_again", "opted_out"
]
IN_WORDS: Mapping[Fate, str] = {
    "moves": "go on in the other version",
    "leaves": "leave the campaign",
    "no_step": "stay: their step is not in the other version, and nothing is said for it",
    "has_one_on_its_way": "stay until the message is sent that waits for them",
    "would_get_it_again": "stay: they would get a message again that they have had",
    "opted_out": "leave as opted out: they want no more mail of this kind",
}
# Of each enrolment its fate; ``steps`` are those at which anybody may stand, by their number.
LOOK = """
WITH there AS (
    SELECT e.id, e.lead_id, e.node, m.step, m.node AS other_node, m.sends, m.leaves
    FROM enrolments e
    LEFT JOIN (
        SELECT * FROM unnest(:from_nodes, :steps, :to_nodes, :leave)
            AS m (from_node, step, node, leaves)
        LEFT JOIN (
            SELECT of_node, array_agg(sent) AS sends
            FROM unnest(:of_nodes, :sends) AS s (of_node, sent) GROUP BY of_node
        ) r ON r.of_node = m.node
    ) m ON m.from_node = e.node
    WHERE e.campaign = :of_campaign AND e.version = :from_version AND e.ended_at IS NULL
)
SELECT t.id, t.lead_id, t.node, t.other_node,
    CASE WHEN t.leaves THEN 'leaves'
        WHEN t.other_node IS NULL THEN 'no_step'
        WHEN EXISTS (SELECT FROM campaign_messages c WHERE c.enrolment_id = t.id
                AND (c.status IN ('planned', 'claimed') OR c.ask_at IS NOT NULL))
            THEN 'has_one_on_its_way'
        WHEN EXISTS (SELECT FROM campaign_message_keys k WHERE k.enrolment_id = t.id
            AND k.step = ANY (t.sends)) THEN 'would_get_it_again'
        ELSE 'moves' END AS fate
FROM there t
"""
_INTEGERS, _TEXTS = ("from_nodes", "to_nodes", "of_nodes"), ("steps", "sends")
_OF_STEPS = (
    text(LOOK)
    .bindparams(
        *(bindparam(name, type_=ARRAY(Integer)) for name in _INTEGERS),
        *(bindparam(name, type_=ARRAY(Text)) for name in _TEXTS),
    )
    .columns(
        column("id", Text),
        column("lead_id", Text),
        column("node", Integer),
        column("other_node", Integer),
        column("fate", Text),
    )
    .cte("of_steps")
)
_LEAD = aliased(Lead)
_NO = (
    select(standing_of(_LEAD, bindparam("of_purpose", type_=Text), "email", func.now()))
    .where(_LEAD.id == _OF_STEPS.c.lead_id)
    .correlate(_OF_STEPS)
    .scalar_subquery()
)
# Whoever wants no more mail leaves by that as soon as the campaign is planned, and not by moving.
FATES = select(
    _OF_STEPS.c.id,
    _OF_STEPS.c.node,
    _OF_STEPS.c.other_node,
    case(
        (and_(_OF_STEPS.c.fate != "leaves", _NO == "withdrawn"), "opted_out"),
        else_=_OF_STEPS.c.fate,
    ).label("fate"),
).cte("fates")


class MoveInvalid(ValueError):
    """Leads cannot be moved so; the message says why and what to do."""


@dataclass(frozen=True)
class Wanted:
    """From which version to which, and the steps that go on at another one (``end``: leave)."""

    name: str
    before: int
    after: int
    steps: Mapping[str, str]

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Self:
        """From what an approval keeps."""
        return cls(payload["campaign"], payload["before"], payload["after"], payload["steps"])

    @property
    def payload(self) -> dict[str, Any]:
        """As an approval keeps it."""
        said = {"campaign": self.name, "before": self.before, "after": self.after}
        return said | {"steps": dict(sorted(self.steps.items()))}


@dataclass(frozen=True)
class Counted:
    """How many at a step have one fate, and at which step they go on."""

    step: str
    to: str | None
    fate: Fate
    leads: int


def look(session: Session, wanted: Wanted) -> list[Counted]:
    """What would become of everybody who is in the older version; it adds up to them.

    Raises:
        NoCampaign: there is none of this name.
        MoveInvalid: there is no such version, or no such step in one of them.
    """
    before, after, asked = _asked(session, wanted)
    kinds = FATES.c.node, FATES.c.other_node, FATES.c.fate
    rows = session.execute(select(*kinds, func.count()).group_by(*kinds), asked).tuples().all()
    return sorted(
        (
            Counted(
                before.nodes[node].name,
                None
                if other is None or fate in ("leaves", "opted_out")
                else after.nodes[other].name,
                fate,
                count,
            )
            for node, other, fate, count in rows
        ),
        key=lambda one: (before.numbers[one.step], one.fate),
    )


def move(session: Session, wanted: Wanted, by: str, now: datetime) -> dict[str, int]:
    """Move them; how many have which fate.

    Raises:
        NoCampaign: there is none of this name.
        MoveInvalid: there is no such version, or no such step in one of them.
    """
    service.take_turns(session)
    _, _, asked = _asked(session, wanted)
    there = (Enrolment.campaign == wanted.name) & (Enrolment.version == wanted.before)
    open_ = there & Enrolment.ended_at.is_(None)
    # Whoever plans at this moment comes before: their messages count.
    session.execute(select(Enrolment.id).where(open_).order_by(Enrolment.id).with_for_update())
    found: dict[str, int] = {}
    for one in look(session, wanted):
        found[one.fate] = found.get(one.fate, 0) + one.leads
    moment, mine = (
        f"{now:%Y-%m-%dT%H:%M:%SZ} *",
        update(Enrolment).where(Enrolment.id == FATES.c.id),
    )
    line = f"{moment} {MOVED_OUT} {by}\n"
    gone = {"ended_at": now, "ended_as": MOVED_OUT, "trail": Enrolment.trail + line}
    leaves = mine.where(FATES.c.fate == "leaves").values(**gone).returning(Enrolment.id)
    ended = list(session.scalars(leaves, asked))
    if ended:
        of_them = CampaignMessage.enrolment_id == any_(literal(ended, ARRAY(Text)))
        session.execute(service.nothing_more(of_them))
    line = f"{moment} moved from version {wanted.before} to {wanted.after}\n"
    goes_on = {"version": wanted.after, "node": FATES.c.other_node, "due_at": None}
    moves = mine.where(FATES.c.fate == "moves").values(**goes_on, trail=Enrolment.trail + line)
    session.execute(moves, asked)
    detail = {"from": wanted.before, "to": wanted.after, **found}
    audit.record(session, by, "campaign.migrated", f"campaign/{wanted.name}", detail)
    return found


def _asked(session: Session, wanted: Wanted) -> tuple[Program, Program, dict[str, Any]]:
    stored = service.read_campaign(session, wanted.name)
    if wanted.after != stored.live_version:
        live = "none is" if stored.live_version is None else f"that is {stored.live_version}"
        raise MoveInvalid(
            f"Leads are moved to the version that is live: {live}. Launch another: leadflow "
            f"campaigns launch {wanted.name}"
        )
    if not 0 < wanted.before < wanted.after:
        raise MoveInvalid(f"They are moved from an older version than {wanted.after}.")
    both = programs(session, [(wanted.name, one) for one in (wanted.before, wanted.after)])
    before, after = both[wanted.name, wanted.before], both[wanted.name, wanted.after]
    for old, new in wanted.steps.items():
        if old not in before.numbers:
            said = nearest(old, before.numbers)
            raise MoveInvalid(f"Version {wanted.before} has no step {old!r}. {said}")
        if new != END and new not in after.numbers:
            said = nearest(new, after.numbers)
            raise MoveInvalid(f"Version {wanted.after} has no step {new!r}. {said}")
    goes = {node.name: wanted.steps.get(node.name, node.name) for node in before.nodes}
    reached = {number: _sends_from(after, number) for number in range(after.end)}
    sends = [(number, one) for number, names in reached.items() for one in sorted(names)]
    return (
        before,
        after,
        {
            "of_campaign": wanted.name,
            "of_purpose": after.campaign.purpose,
            "from_version": wanted.before,
            "from_nodes": list(range(len(before.nodes))),
            "steps": [node.name for node in before.nodes],
            "to_nodes": [after.numbers.get(goes[node.name]) for node in before.nodes],
            "leave": [goes[node.name] == END for node in before.nodes],
            "of_nodes": [number for number, _ in sends],
            "sends": [name for _, name in sends],
        },
    )


def _sends_from(program: Program, start: int) -> set[str]:
    """The steps that send and may yet be come to from a step, itself too."""
    found, waiting = set(), [start]
    while waiting:
        number = waiting.pop()
        if number == program.end or program.nodes[number].name in found:
            continue
        found.add(program.nodes[number].name)
        waiting += program.nodes[number].ways.values()
    return {name for name in found if program.nodes[program.numbers[name]].kind == "send"}
