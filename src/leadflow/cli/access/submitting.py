"""Changes of what is set up, as every command that makes one submits them."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from features.how_many import how_many, of_number
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
    others = submitted.others
    told(approval_id=approval.id, waits_for=list(approval.roles_now), also_wait=list(others))
    console.print(
        f"Nothing counts yet: it waits until it is approved by {submitted.waits_for}. See how it "
        f"stands: leadflow approvals show {approval.id}",
        markup=False,
        soft_wrap=True,
    )
    if others:
        wait = of_number(len(others), "waits", "wait")
        console.print(
            f"{how_many(len(others), 'other change')} of the same {wait}, too: "
            f"{', '.join(others)}. The first that is approved counts, the others are void then.",
            markup=False,
            soft_wrap=True,
        )
    return True
