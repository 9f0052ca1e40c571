"""Rules: reading those that count, storing new ones, and going back to earlier ones."""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, Field

from leadflow.assignment.insight.rule_trial import MOST_LEADS, try_rules
from leadflow.assignment.routing.rulebook import KIND as ASSIGNMENT
from leadflow.conditions.problems import Problem, RuleSetInvalid
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.submitting import WAITS, submit, waits
from leadflow.gateway.http.callers import ReadsRules, WritesRules
from leadflow.gateway.http.idempotency import Keyed
from leadflow.gateway.http.limits import REPORTS, limited
from leadflow.gateway.http.pages import Paged, PageOut
from leadflow.gateway.http.security import named_by
from leadflow.gateway.http.versions import IfMatch, say_version
from leadflow.rules import service
from leadflow.rules.service import NoRules, StoredRules
from leadflow.rules.tables import RuleSetRow
from leadflow.rules.text_format import LARGEST, read_json
from leadflow.scoring.overrides.schemas import Words
from leadflow.settings import get_settings

router = APIRouter(tags=["rules"], route_class=Keyed)
EXAMPLE = {
    "rules": [
        {
            "rule_id": "auto_assign_high_score",
            "name": "Auto-assign high-scoring leads",
            "conditions": {"total_score": {"operator": "greater_than", "value": 80}},
            "actions": {"assign_lead": True, "notify_manager": True},
            "priority": 10,
        }
    ]
}


def described(example: dict[str, Any]) -> dict[str, Any]:
    """How a body that is a rule set is described."""
    body = {"schema": {"type": "object"}, "example": example}
    return {"requestBody": {"required": True, "content": {"application/json": body}}}


RuleKindPath = Annotated[
    str, Path(description="What the rules are for: assignment, reopening, workflow.")
]
Version = Annotated[int, Path(ge=1, le=2**31 - 1)]
By = Annotated[
    Words | None, Query(max_length=200, description="Who does it, by username; else you.")
]


class VersionOut(BaseModel):
    """A version of the rules of a kind; the active one counts."""

    kind: str
    version: int
    active: bool
    note: str | None
    created_by: str
    created_at: datetime

    @classmethod
    def of(cls, row: RuleSetRow | StoredRules) -> Self:
        """From the stored row."""
        return cls(**{name: getattr(row, name) for name in VersionOut.model_fields})


class RulesOut(VersionOut):
    """A version with its content, as it was sent."""

    content: dict[str, Any] = Field(description="`rules` and, where it was given, `default`.")

    @classmethod
    def of_rules(cls, stored: StoredRules) -> Self:
        """From what was read."""
        return cls(**VersionOut.of(stored).model_dump(), content=stored.rules.content)


class WouldOut(BaseModel):
    """What would have become of a lead."""

    rule_id: str | None
    strategy: str | None
    rep_id: str | None
    reason: str


class RuleTrialOut(BaseModel):
    """One lead by the rules in use, and by those that are tried."""

    lead_id: str
    now: WouldOut
    then: WouldOut
    differs: bool


class TrialOut(BaseModel):
    """Who would have got what; counts are [now, then]."""

    changed: int
    per_rule: dict[str, tuple[int, int]]
    per_rep: dict[str, tuple[int, int]]
    leads: list[RuleTrialOut]


async def content_of(request: Request) -> Any:
    """The body as JSON of which no key is lost."""
    text = bytearray()
    async for part in request.stream():
        text += part
        if len(text) > 4 * LARGEST:
            said = f"A rule set may have at most {LARGEST:,} characters."
            raise RuleSetInvalid([Problem("rules", said)])
    try:
        return read_json(text.decode())
    except UnicodeDecodeError as error:
        raise RuleSetInvalid([Problem("rules", "The body is not UTF-8 text.")]) from error


@router.get("/rules/{kind}", response_model=RulesOut, summary="Read the rules that count")
def read_rules(kind: RuleKindPath, request: Request, caller: ReadsRules) -> RulesOut:
    """The active rules of a kind. 404 where none are active."""
    with unit_of_work() as session:
        stored = service.active_rules(session, kind)
        if stored is None:
            raise NoRules(kind, None)
        say_version(request, stored.version)
        return RulesOut.of_rules(stored)


@router.get("/rules/{kind}/versions", response_model=PageOut[VersionOut], summary="List versions")
def list_rule_versions(kind: RuleKindPath, caller: ReadsRules, paged: Paged) -> PageOut[VersionOut]:
    """Every version that was ever stored, newest first."""
    with unit_of_work() as session:
        return PageOut.of(service.page_of_versions(session, kind, paged).of(VersionOut.of))


@router.get("/rules/{kind}/versions/{version}", response_model=RulesOut, summary="Read one version")
def read_version(kind: RuleKindPath, version: Version, caller: ReadsRules) -> RulesOut:
    """One version with its rules, active or not."""
    with unit_of_work() as session:
        return RulesOut.of_rules(service.read_version(session, kind, version))


@router.put(
    "/rules/{kind}",
    response_model=RulesOut,
    status_code=201,
    summary="Store rules",
    responses=WAITS
    | {200: {"model": RulesOut, "description": "They are stored already; no version was added"}},
    openapi_extra=described(EXAMPLE),
)
def put_rules(
    kind: RuleKindPath,
    seen: IfMatch,
    caller: WritesRules,
    content: Annotated[Any, Depends(content_of)],
    response: Response,
    activate: Annotated[bool, Query(description="false stores without switching on.")] = True,
    note: Annotated[Words | None, Query(description="What is new, for people.")] = None,
    by: By = None,
) -> RulesOut | Response:
    """Check a whole rule set, add it as a new version and switch it on. A rule set that cannot be
    used is refused as a whole: `errors` has every `place` and `problem`. 200 where the content is
    that of the active version, or of the newest. 202 where a policy asks somebody first."""
    with unit_of_work() as session:
        rules = service.read_rules(session, kind, content)
        service.take_turns(session)
        seen.check(service.active_version(session, kind))
        known = {row.version for row in service.versions(session, kind)}
        who = named_by(session, caller, by)
        do = partial(service.store_rules, session, kind, rules, who, note, activate)
        submitted = submit(session, [f"rules/{kind}"], do, caller, datetime.now(UTC), note)
        if (answer := waits(submitted)) is not None:
            return answer
        version = submitted.done
        response.status_code = 200 if version in known else 201
        return RulesOut.of_rules(service.read_version(session, kind, version))


@router.post(
    "/rules/assignment/dry-run",
    response_model=TrialOut,
    summary="Try assignment rules on past leads",
    openapi_extra=described(EXAMPLE),
)
@limited(REPORTS)
def try_assignment_rules(
    caller: ReadsRules,
    content: Annotated[Any, Depends(content_of)],
    last: Annotated[int, Query(ge=1, le=MOST_LEADS, description="Newest leads to try.")] = 500,
) -> TrialOut:
    """Hand the newest leads out twice, by the rules in use and by these, among the team as it is
    with room for all of them. Nothing is stored."""
    with unit_of_work() as session:
        rules = service.read_rules(session, ASSIGNMENT, content)
        service.check_rules(session, ASSIGNMENT, rules)
        trial = try_rules(session, get_settings(), rules, datetime.now(UTC), last)
    return TrialOut(
        changed=trial.changed,
        per_rule=trial.per_rule,
        per_rep=trial.per_rep,
        leads=[
            RuleTrialOut(
                lead_id=lead.lead_id,
                now=WouldOut(**vars(lead.now)),
                then=WouldOut(**vars(lead.then)),
                differs=lead.differs,
            )
            for lead in trial.leads
        ],
    )


@router.post(
    "/rules/{kind}/versions/{version}/activate",
    response_model=RulesOut,
    summary="Switch a version on",
    responses=WAITS,
)
def activate_version(
    kind: RuleKindPath, version: Version, caller: WritesRules, by: By = None
) -> RulesOut | Response:
    """Let this version count, and not the one before; going back to an earlier one likewise. 202
    where a policy asks somebody first."""
    with unit_of_work() as session:
        do = partial(service.activate, session, kind, version, named_by(session, caller, by))
        submitted = submit(session, [f"rules/{kind}"], do, caller, datetime.now(UTC))
        if (answer := waits(submitted)) is not None:
            return answer
        return RulesOut.of_rules(service.read_version(session, kind, version))
