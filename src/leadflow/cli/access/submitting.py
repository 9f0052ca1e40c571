"""Changes of what is set up, as every command that makes one submits them."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from features.how_many import how_many, of_number
from leadflow.cli.access.identity import author_here
from leadflow.cli.console import console, told

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from leadflow.drafts.service import Submitted

T = TypeVar("T")
OR_WITHOUT = (
    "Or, where that cannot be waited for, the same command with --without-approval WHY: for "
    "whoever has this machine, and admins; the audit log says so."
)
WithoutApproval = Annotated[
    str | None,
    typer.Option(
        metavar="WHY",
        help="Let it count at once, whatever policies ask: the audit log says why.",
    ),
]


class WhyMissing(ValueError):
    """Something was to count without approval, and it was not said why."""


def submit(
    session: "Session",
    kinds: Collection[str],
    do: Callable[[], T],
    now: datetime,
    why: str | None = None,
    without_approval: str | None = None,
) -> "Submitted[T]":
    """Do it, or where a policy asks somebody, ask for exactly that (``drafts.service.submit``);
    ``without_approval``, do it all the same.

    Raises:
        WhyMissing: ``without_approval`` says nothing.
    """
    from leadflow.drafts import service

    by = author_here(session)
    if without_approval is not None:
        said = _said(without_approval)
        done = service.without_approval(session, kinds, do, by, now, said)
        return service.Submitted(done, None)
    with _advising():
        return service.submit(session, kinds, do, by, now, why)


def at_once(
    session: "Session",
    kinds: Collection[str],
    do: Callable[[], T],
    now: datetime,
    without_approval: str | None = None,
) -> T:
    """Do what changes other things besides (``drafts.service.at_once``).

    Raises:
        WhyMissing: ``without_approval`` says nothing.
    """
    from leadflow.drafts import service

    by = author_here(session)
    if without_approval is not None:
        said = _said(without_approval)
        return service.without_approval(session, kinds, do, by, now, said)
    with _advising():
        return service.at_once(session, kinds, do, by, now)


def _said(why: str) -> str:
    if not why.strip():
        raise WhyMissing("Say why it is to count without approval: --without-approval WHY")
    return why.strip()


@contextmanager
def _advising() -> Iterator[None]:
    """A refusal says what else works at a terminal."""
    from leadflow.drafts.refusals import AskedByNobody, MustWait, NobodyToDecide, SeveralPolicies

    try:
        yield
    except (AskedByNobody, MustWait, NobodyToDecide, SeveralPolicies) as error:
        error.args = (f"{error}. {OR_WITHOUT}".replace("..", "."),)
        raise


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
