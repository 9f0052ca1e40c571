"""Reading campaigns from what a person wrote: everything that is wrong, each with its place."""

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pydantic import BaseModel, ValidationError

from leadflow.campaigns.definitions.contents import wrong_contents
from leadflow.campaigns.definitions.explaining import BESIDE, explained
from leadflow.campaigns.definitions.plain_faults import plainly
from leadflow.campaigns.definitions.program import (
    OPTED_OUT,
    Exit,
    Node,
    Program,
    Watch,
    unreachable,
    ways_on,
)
from leadflow.campaigns.definitions.schemas import OWN_ENDS, Campaign, CampaignFile
from leadflow.campaigns.definitions.sending_hours import hours_of
from leadflow.campaigns.definitions.steps import END, Step, UntilThen
from leadflow.conditions.problems import Problem, RuleSetInvalid, nearest, shown
from leadflow.conditions.storable import unstorable
from leadflow.conditions.tree import Group, Reader
from leadflow.conditions.values import ValueKind
from leadflow.domain_events.types import DID, SILENT, TYPES
from leadflow.rules.field_catalogue import Known, kinds_of, values_of

# The family of names of types of events, as the catalogue of fields knows them.
EVENTS = "events."
_TAKEN = "{} is what an end is called that every campaign has; name it otherwise."


class CampaignsInvalid(RuleSetInvalid):
    """Campaigns that cannot be used; ``problems`` has everything that is wrong with them."""

    heading = "The campaigns cannot be used:"


def read_campaigns(
    content: Any, actions: type[BaseModel], known: Known | None = None
) -> dict[str, Program]:
    """The campaigns that this content, JSON values, describes, by name.

    Args:
        actions: what ``do`` may say (``workflow.catalogue.model_of``).
        known: the names of attributes and types of events there are, to hold conditions against;
            None where any is taken.

    Raises:
        CampaignsInvalid: everything that is wrong.
    """
    if found := unstorable(content):
        raise CampaignsInvalid(found)
    try:
        file = CampaignFile.model_validate(content)
    except ValidationError as error:
        raise CampaignsInvalid(explained(error, CampaignFile, BESIDE)) from None
    reader = _reader(known)
    programs = {
        name: _Reading(name, campaign, reader, actions, known).program()
        for name, campaign in file.campaigns.items()
    }
    if reader.problems:
        raise CampaignsInvalid(reader.problems)
    return programs


def _reader(known: Known | None) -> Reader:
    kinds = partial(kinds_of, known=known, of_events=True)
    allowed: Callable[[str], Any] = (
        (lambda _: None) if known is None else partial(values_of, known=known)
    )
    return Reader(kinds, values_of=allowed)


class _Reading:
    """Reads one campaign; what is wrong goes to the reader's problems."""

    def __init__(
        self,
        name: str,
        campaign: Campaign,
        reader: Reader,
        actions: type[BaseModel],
        known: Known | None,
    ) -> None:
        self.name, self.campaign, self.reader = name, campaign, reader
        self.actions, self.known = actions, known
        self.place = f"campaigns.{name}"

    def program(self) -> Program:
        """The campaign, ready to be run where nothing is wrong with it."""
        campaign = self.campaign
        self._names_once()
        numbers = {step.step: number for number, step in enumerate(campaign.steps)}
        nodes = tuple(
            self._node(step, number, numbers) for number, step in enumerate(campaign.steps)
        )
        # Where a way is wrong, that nobody comes to a step may be for that alone.
        ways_are_right = not self.reader.problems
        for number in unreachable(nodes) if ways_are_right else ():
            said = "No way leads to this step. Name it in a `then` above, or take it out."
            self._refuse(f"steps[{number}]", said)
        if not hours_of(campaign).week_has_any:
            both = "With the quiet hours there" if campaign.quiet_hours else "There"
            said = f"{both} is no hour left in which something is sent."
            self._refuse("open_hours" if campaign.open_hours else "quiet_hours", said)
        for found in wrong_contents(campaign, self.known):
            self._refuse(found.place, found.problem)
        return Program(self.name, campaign, nodes, self._exits(), self._watch(campaign.enter))

    def _refuse(self, place: str, problem: str) -> None:
        self.reader.problems.append(Problem(f"{self.place}.{place}", problem))

    def _names_once(self) -> None:
        often = Counter(step.step for step in self.campaign.steps)
        for number, step in enumerate(self.campaign.steps):
            if step.step == END:
                self._refuse(
                    f"steps[{number}].step", "No step can be called `end`: name it finished."
                )
            elif step.step in OWN_ENDS:
                self._refuse(f"steps[{number}].step", _TAKEN.format(step.step))
            elif often[step.step] > 1:
                self._refuse(f"steps[{number}].step", "Another step has this name too.")
        names = Counter(one.name for one in self.campaign.exit)
        for number, one in enumerate(self.campaign.exit):
            if names[one.name] > 1:
                self._refuse(f"exit[{number}].name", "Another criterion has this name too.")

    def _node(self, step: Step, number: int, numbers: Mapping[str, int]) -> Node:
        place = f"steps[{number}]"
        ways = {
            way: self._leads_to(named, number, numbers, f"{place}.{at}")
            for way, named, at in ways_on(step)
        }
        cases = tuple(
            self._conditions(case.when, f"{place}.switch[{nth}].when")
            for nth, case in enumerate(step.switch or ())
        )
        watch = self._watch(step.listen, f"{place}.listen")
        self._wait_can_end(step, place)
        if step.end in OWN_ENDS:
            self._refuse(f"{place}.end", _TAKEN.format(step.end))
        if step.do is not None:
            self._do(step.do, f"{place}.do")
        return Node(step.step, step.kind, step, ways, cases, watch)

    def _leads_to(
        self, named: str | None, number: int, numbers: Mapping[str, int], place: str
    ) -> int:
        """The number of the node that a way leads to."""
        end = len(self.campaign.steps)
        if named is None:
            return number + 1
        if named == END:
            return end
        if named not in numbers:
            said = f"There is no step {shown(named)}. {nearest(named, [*numbers, END])}"
            self._refuse(place, said)
        elif numbers[named] <= number:
            where = "is this step itself" if numbers[named] == number else "stands above"
            said = (
                f"{named} {where}: ways lead forward only, so that a campaign ends for "
                "everybody. Name a step below, or end."
            )
            self._refuse(place, said)
        else:
            return numbers[named]
        return end

    def _wait_can_end(self, step: Step, place: str) -> None:
        field = step.wait.until.field if isinstance(step.wait, UntilThen) else None
        if field is None:
            return
        kinds = kinds_of(field, self.known)
        if isinstance(kinds, str):
            self._refuse(f"{place}.wait.until.field", kinds)
        elif ValueKind.MOMENT not in kinds:
            said = f"{field} is a {kinds[0]}, and no date to wait for."
            self._refuse(f"{place}.wait.until.field", said)

    def _do(self, said: Mapping[str, Any], place: str) -> None:
        try:
            self.actions.model_validate(said)
        except ValidationError as error:
            for item in error.errors(include_url=False, include_input=False):
                at = ".".join(str(part) for part in item["loc"])
                words = plainly(dict(item))
                if item["type"] == "extra_forbidden" and len(item["loc"]) == 1:
                    words = f"There is no such action. {nearest(at, self.actions.model_fields)}"
                self._refuse(f"{place}.{at}" if at else place, words)

    def _exits(self) -> tuple[Exit, ...]:
        campaign = self.campaign
        exits = []
        if campaign.purpose == "marketing":
            exits.append(Exit("opted_out", Watch(frozenset({OPTED_OUT}), None)))
        goal = self._watch(campaign.goal, "goal")
        if goal is not None:
            exits.append(Exit("goal", goal))
        for number, one in enumerate(campaign.exit):
            watch = self._watch(one, f"exit[{number}]")
            if watch is not None:
                exits.append(Exit(one.name, watch))
        return tuple(exits)

    def _watch(self, said: Any, place: str = "enter") -> Watch | None:
        """What a trigger or a ``listen`` looks out for; None where there is none."""
        if said is None:
            return None
        for number, name in enumerate(said.on):
            if unknown := self._unknown_event(name):
                self._refuse(f"{place}.on[{number}]", unknown)
        return Watch(frozenset(said.on), self._conditions(said.when, f"{place}.when"))

    def _unknown_event(self, name: str) -> str | None:
        if name in TYPES:
            return None
        if name.startswith(DID):
            did = None if self.known is None else self.known.get(EVENTS)
            own = name.removeprefix(DID)
            if did is None or own in did:
                return None
            return f"Nobody can do {shown(own)}. {nearest(own, did)}"
        if name in (self.known or {}).get(EVENTS, {}):
            return f"Write {DID}{name}, for what a lead did."
        waited = f"{name} is for rules. " if name == SILENT else ""
        return (
            f"{waited}Nothing of this name happens. {nearest(name, [*TYPES, f'{DID}demo_request'])}"
        )

    def _conditions(self, raw: dict[str, Any] | None, place: str) -> Group | None:
        return None if raw is None else self.reader.read(raw, f"{self.place}.{place}")
