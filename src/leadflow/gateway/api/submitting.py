"""Changes of what is set up, as every address that takes one submits them."""

from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from fastapi import Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.drafts.service import Author, Submitted
from leadflow.drafts.service import submit as submit_change
from leadflow.gateway.http.security import refused
from leadflow.settings import get_settings

T = TypeVar("T")


class ChangeWaitsOut(BaseModel):
    """A change that does not count yet: a policy asks somebody about it."""

    approval_id: str = Field(description="Of the decision; GET /approvals/{approval_id}.")
    waits_for: list[str] = Field(description="Roles that may approve it now.")
    link: str = Field(description="The page of the decision.")
    also_wait: list[str] = Field(
        description="Approvals of other changes of the same: the first that is approved counts, "
        "and the others are void then."
    )


WAITS: dict[int | str, dict[str, Any]] = {
    202: {
        "model": ChangeWaitsOut,
        "description": "It waits for approval, and nothing has changed yet",
    }
}


def author(caller: Actor) -> Author:
    """Whoever submits, by their own permissions and roles."""
    return Author(caller.id, partial(_must_have, caller), caller.roles)


def submit(
    session: Session,
    kinds: Collection[str],
    do: Callable[[], T],
    caller: Actor,
    now: datetime,
    why: str | None = None,
) -> Submitted[T]:
    """Do it, or where a policy asks somebody, ask for exactly that (``drafts.service.submit``)."""
    return submit_change(session, kinds, do, author(caller), now, why)


def waits(submitted: Submitted[Any]) -> Response | None:
    """The answer to a change that waits; None where it was done."""
    approval = submitted.approval
    if approval is None:
        return None
    link = f"{get_settings().address}/console/approvals/{approval.id}"
    said = ChangeWaitsOut(
        approval_id=approval.id,
        waits_for=list(approval.roles_now),
        link=link,
        also_wait=list(submitted.others),
    )
    return JSONResponse(said.model_dump(), 202)


def _must_have(caller: Actor, permission: str) -> None:
    if caller.reach(permission) is None:
        raise refused(caller, permission)
