"""Stored campaigns as programs, with every segment that they name written out."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from pydantic import BaseModel
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from leadflow.campaigns.definitions.program import Node, Program, Watch
from leadflow.campaigns.definitions.reading import read_campaigns
from leadflow.campaigns.definitions.steps import UntilThen
from leadflow.campaigns.tables import CampaignVersion
from leadflow.conditions.tree import Condition, Group, fields_of
from leadflow.rules.field_catalogue import SEGMENTS
from leadflow.rules.segments.expanding import expanded
from leadflow.rules.segments.service import conditions_now
from leadflow.workflow.catalogue import ACTIONS, model_of

UPDATED, ANY = "lead.updated", "*"


def program_of(name: str, content: Mapping[str, Any]) -> Program:
    """What is stored of a campaign, as a program; segments are left as they are named.

    Raises:
        CampaignsInvalid: it is no longer understood, because an action is no longer there.
    """
    return _taken_apart(name, json.dumps(content), model_of(ACTIONS.values()))


@lru_cache(maxsize=256)
def _taken_apart(name: str, written: str, actions: type[BaseModel]) -> Program:
    return read_campaigns({"campaigns": {name: json.loads(written)}}, actions)[name]


def programs(
    session: Session, versions: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], Program]:
    """These versions of campaigns, ready to be run, by name and number.

    Raises:
        SegmentsInvalid: one names a segment that is not there any more.
    """
    asked = tuple_(CampaignVersion.campaign, CampaignVersion.version).in_(list(versions))
    found = {
        (row.campaign, row.version): program_of(row.campaign, row.content)
        for row in session.scalars(select(CampaignVersion).where(asked))
    }
    if not any(SEGMENTS in fields_asked(each) for each in found.values()):
        return found
    said = conditions_now(session)
    return {key: _with(each, lambda one: expanded(one, said)) for key, each in found.items()}


def types_of(program: Program) -> tuple[frozenset[str], frozenset[str]]:
    """The types of events by which leads come in, and those by which enrolments go on or end;
    ``ANY`` where that may be any."""
    watches = [one.watch for one in program.exits]
    watches += [node.watch for node in program.nodes if node.watch is not None]
    going_on = {one for watch in watches for one in watch.on or (ANY,)}
    if any(_waits_for_a_date(node) for node in program.nodes):
        going_on.add(UPDATED)
    enter = program.enter.on if program.enter is not None else frozenset()
    return frozenset(enter), frozenset(going_on)


def _waits_for_a_date(node: Node) -> bool:
    return isinstance(node.step.wait, UntilThen) and node.step.wait.until.field is not None


def conditions_of(program: Program) -> Iterable[Condition]:
    """Every condition that a campaign goes by."""
    for node in program.nodes:
        yield from (one for one in node.cases if one is not None)
    watches = [node.watch for node in program.nodes] + [one.watch for one in program.exits]
    yield from (one.when for one in (*watches, program.enter) if one and one.when)


def fields_asked(program: Program) -> frozenset[str]:
    """The names of all fields that a campaign goes by."""
    return frozenset().union(*(fields_of(one) for one in conditions_of(program)))


def _with(program: Program, change: Callable[[Condition], Condition]) -> Program:
    """The same program with each of its conditions changed."""

    def group(given: Group | None) -> Group | None:
        if given is None:
            return None
        made = change(given)
        return made if isinstance(made, Group) else Group("all", (made,))

    def watch(given: Watch | None) -> Watch | None:
        return None if given is None else replace(given, when=group(given.when))

    nodes = tuple(
        replace(node, cases=tuple(group(one) for one in node.cases), watch=watch(node.watch))
        for node in program.nodes
    )
    exits = tuple(
        replace(one, watch=replace(one.watch, when=group(one.watch.when))) for one in program.exits
    )
    return replace(program, nodes=nodes, exits=exits, enter=watch(program.enter))
