"""Policies over the API, and who stands in for whom."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Self

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from leadflow.accounts import delegation
from leadflow.accounts.people import find_person, usernames
from leadflow.accounts.tables import Delegation, Person
from leadflow.approvals.policies import parse_policies
from leadflow.approvals.policy_store import (
    current_policies,
    policy_versions,
    store_policies,
    take_turns,
    try_policies,
)
from leadflow.database.engine import unit_of_work
from leadflow.exact import Moment
from leadflow.gateway.api.submitting import WAITS, submit, waits
from leadflow.gateway.http.callers import Delegates, ReadsPolicies, WritesPolicies
from leadflow.gateway.http.idempotency import Keyed
from leadflow.gateway.http.limits import REPORTS, limited
from leadflow.gateway.http.pages import Paged, PageOut
from leadflow.gateway.http.problem import Problem
from leadflow.gateway.http.versions import IfMatch, say_version
from leadflow.scoring.overrides.schemas import Words

router = APIRouter(tags=["approvals"], route_class=Keyed)
Content = Annotated[dict[str, Any], Body(description="calendar, priorities and policies.")]


class PoliciesOut(BaseModel):
    """The policies that count."""

    version: int | None = Field(description="Empty: those Leadflow begins with.")
    content: dict[str, Any]


class PolicyVersionOut(BaseModel):
    """A stored version."""

    version: int
    note: str | None
    created_by: str
    created_at: datetime


class PolicyTrialOut(BaseModel):
    """What other policies would have asked for a past decision."""

    approval_id: str
    kind: str
    before: str
    then: str
    levels: list[list[str]]
    hours: float


class DelegationIn(BaseModel):
    """Somebody stands in for you."""

    model_config = ConfigDict(extra="forbid")

    to: str = Field(max_length=320, description="Username of whoever stands in.")
    starts_at: Moment | None = Field(default=None, description="Unset: now.")
    ends_at: Moment


class DelegationOut(BaseModel):
    """Who stands in for whom, and until when."""

    id: str
    person: str
    stand_in: str
    starts_at: datetime
    ends_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, made: Delegation, names: Mapping[str, str]) -> Self:
        """From the stored row, with what people are called."""
        return cls(
            id=made.id,
            person=names[made.person_id],
            stand_in=names[made.delegate_id],
            starts_at=made.starts_at,
            ends_at=made.ends_at,
            ended_at=made.ended_at,
        )


@router.get("/policies", response_model=PoliciesOut, summary="Which decisions need whom?")
def read_policies(request: Request, caller: ReadsPolicies) -> PoliciesOut:
    """The policies that count."""
    with unit_of_work() as session:
        version, policies = current_policies(session)
        say_version(request, version or 0)
        return PoliciesOut(version=version, content=policies.content)


@router.get(
    "/policies/versions", response_model=PageOut[PolicyVersionOut], summary="Versions of policies"
)
def list_policy_versions(caller: ReadsPolicies, paged: Paged) -> PageOut[PolicyVersionOut]:
    """Every stored version, the newest first; it is the one that counts."""
    names = PolicyVersionOut.model_fields
    with unit_of_work() as session:
        found = policy_versions(session, paged)
        return PageOut.of(
            found.of(lambda row: PolicyVersionOut(**{name: getattr(row, name) for name in names}))
        )


@router.put(
    "/policies",
    response_model=PoliciesOut,
    status_code=201,
    summary="Store policies",
    responses=WAITS,
)
def put_policies(
    body: Content,
    seen: IfMatch,
    caller: WritesPolicies,
    note: Annotated[Words | None, Query(description="What is new, for people.")] = None,
) -> PoliciesOut | Response:
    """Check them and let them count for whatever is asked from now on; what waits already goes on
    by the policy it was asked under. 202 where a policy asks somebody about it first."""
    with unit_of_work() as session:
        policies = parse_policies(body)
        take_turns(session)
        seen.check(current_policies(session)[0] or 0)
        do = partial(store_policies, session, policies, caller.id, note)
        submitted = submit(session, ["policies"], do, caller, datetime.now(UTC), note)
        stored = PoliciesOut(version=submitted.done, content=policies.content)
        return waits(submitted) or stored


@router.post("/policies/dry-run", response_model=list[PolicyTrialOut], summary="Try policies")
@limited(REPORTS)
def try_some(
    body: Content, caller: ReadsPolicies, last: Annotated[int, Query(ge=1, le=1000)] = 100
) -> list[PolicyTrialOut]:
    """Whom these policies would have asked for the newest decisions. Nothing is stored."""
    with unit_of_work() as session:
        tried = try_policies(session, parse_policies(body), datetime.now(UTC), last)
    return [
        PolicyTrialOut(
            approval_id=one.approval_id,
            kind=one.kind,
            before=one.before,
            then=one.then.policy,
            levels=[[role.value for role in level.roles] for level in one.then.levels],
            hours=one.then.hours,
        )
        for one in tried
    ]


@router.get("/delegations", response_model=PageOut[DelegationOut], summary="Who stands in?")
def list_delegations(caller: Delegates, paged: Paged) -> PageOut[DelegationOut]:
    """Those that concern you and have not ended."""
    with unit_of_work() as session:
        found = delegation.concerning(session, caller.id, datetime.now(UTC), paged)
        names = _names(session, *found.items)
        return PageOut.of(found.of(lambda made: DelegationOut.of(made, names)))


@router.post(
    "/delegations", response_model=DelegationOut, status_code=201, summary="Have somebody stand in"
)
def add_delegation(body: DelegationIn, caller: Delegates) -> DelegationOut:
    """While it lasts, they decide and act in your place; nobody counts twice by it."""
    with unit_of_work() as session:
        made = delegation.delegate(
            session,
            session.get_one(Person, caller.id),
            find_person(session, body.to),
            body.starts_at or datetime.now(UTC),
            body.ends_at,
            caller.id,
        )
        return DelegationOut.of(made, _names(session, made))


@router.delete("/delegations/{delegation_id}", response_model=DelegationOut, summary="Take it back")
def end_delegation(delegation_id: str, caller: Delegates) -> DelegationOut:
    """End it before its time; it must be yours."""
    with unit_of_work() as session:
        made = session.get(Delegation, delegation_id, with_for_update=True)
        if made is None or made.person_id != caller.id:
            raise Problem(
                404, "delegation-not-found", "There is no such delegation", "None of yours."
            )
        delegation.take_back(session, made, datetime.now(UTC), caller.id)
        return DelegationOut.of(made, _names(session, made))


def _names(session: Session, *made: Delegation) -> dict[str, str]:
    return usernames(session, [one for each in made for one in (each.person_id, each.delegate_id)])
