"""Changes of what is set up, as every command that makes one submits them."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from leadflow.cli.access.identity import author_here
from leadflow.cli.console import console, told

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from leadflow.drafts.service import Submitted

T = TypeVar("T")


def submit(
    session: "Session",
    kinds: Collection[str],
    do: Callable[[], T],
    now: datetime,
    why: str | None = None,
) -> "Submitted[T]":
    """Do it, or where a policy asks somebody, ask for exactly that (``drafts.service.submit``)."""
    from leadflow.drafts.service import submit as submit_change

    return submit_change(session, kinds, do, author_here(session), now, why)


def waits(submitted: "Submitted[T]") -> bool:
    """Whether it waits, which is said."""
    approval = submitted.approval
    if approval is None:
        return False
    told(approval_id=approval.id, waits_for=list(approval.roles_now))
    console.print(
        f"Nothing counts yet: it waits until it is approved by {submitted.waits_for}. See how it "
        f"stands: leadflow approvals show {approval.id}",
        markup=False,
        soft_wrap=True,
    )
    return True
