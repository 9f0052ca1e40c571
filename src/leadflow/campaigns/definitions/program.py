"""A campaign ready to be run: its steps as numbered nodes, each way on as an edge. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from leadflow.campaigns.definitions.schemas import Campaign
from leadflow.campaigns.definitions.steps import END, Listen, Step, UntilThen
from leadflow.conditions.tree import Group

# How it ends for a lead that has gone through all of it.
FINISHED = "finished"
OPTED_OUT = "lead.did.unsubscribe"


@dataclass(frozen=True)
class Watch:
    """Something that is looked out for: any of these events, with conditions on the lead and what
    has happened. Without events, whatever happens."""

    on: frozenset[str]
    when: Group | None


@dataclass(frozen=True)
class Exit:
    """A watch under the name by which it ends the campaign for a lead."""

    name: str
    watch: Watch


@dataclass(frozen=True)
class Node:
    """A step. ``ways`` has the number of the next node by the name of each way on; the number of
    nodes stands for the end. ``cases`` are the conditions of a switch in their order, None the
    last; ``watch`` is what a ``listen`` waits for."""

    name: str
    kind: str
    step: Step
    ways: Mapping[str, int] = field(hash=False)
    cases: tuple[Group | None, ...] = ()
    watch: Watch | None = None


@dataclass(frozen=True)
class Edge:
    """A way from a step to another; what takes leads out from anywhere begins at ``*``."""

    step: str
    way: str
    to: str

    def __str__(self) -> str:
        return f"{self.step} --{self.way}--> {self.to}"


@dataclass(frozen=True)
class Program:
    """``exits`` are tried in this order, the goal among them."""

    name: str
    campaign: Campaign = field(hash=False)
    nodes: tuple[Node, ...]
    exits: tuple[Exit, ...]
    enter: Watch | None

    @property
    def end(self) -> int:
        """The number that stands for the end."""
        return len(self.nodes)

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The number of each step by its name."""
        return {node.name: number for number, node in enumerate(self.nodes)}

    def end_of(self, node: Node) -> str:
        """What the end is called that is reached from a node."""
        return node.step.end or FINISHED

    @cached_property
    def ends(self) -> frozenset[str]:
        """Every name under which it may end."""
        of_steps = (self.end_of(node) for node in self.nodes if self.end in node.ways.values())
        return frozenset((*of_steps, *(one.name for one in self.exits)))

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Every way on, in the order of the steps; then what takes leads out."""
        found = [
            Edge(node.name, way, self.end_of(node) if to == self.end else self.nodes[to].name)
            for node in self.nodes
            for way, to in node.ways.items()
        ]
        return (*found, *(Edge("*", one.name, one.name) for one in self.exits))


def ways_on(step: Step) -> Iterator[tuple[str, str | None, str]]:
    """Each way on from a step: its name, the step that is named (None: the one below), and where
    that name stands in the step."""
    if step.kind == "end":
        yield "end", END, "end"
    elif isinstance(step.listen, Listen):
        yield "then", step.listen.then, "listen.then"
        yield "otherwise", step.listen.otherwise, "listen.otherwise"
    elif step.switch is not None:
        for number, case in enumerate(step.switch):
            yield way_of_case(number), case.then, f"switch[{number}].then"
    else:
        yield "then", step.then, "then"
        if isinstance(step.wait, UntilThen) and step.wait.otherwise is not None:
            yield "otherwise", step.wait.otherwise, "wait.otherwise"


def way_of_case(number: int) -> str:
    """The name of the way of a case of a switch, by its place from 0."""
    return f"case_{number + 1}"


def unreachable(nodes: tuple[Node, ...]) -> list[int]:
    """The numbers of nodes that no lead comes to. Ways lead forward, so one look is enough."""
    reached = {0}
    for number, node in enumerate(nodes):
        if number in reached:
            reached.update(node.ways.values())
    return [number for number in range(len(nodes)) if number not in reached]
