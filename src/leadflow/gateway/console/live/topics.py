"""What a page may wait for, and who may wait for it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.analytics import watched
from leadflow.gateway.api.review.approval_access import seen
from leadflow.gateway.http.problem import Problem
from leadflow.gateway.http.security import refused

MOST = 20


@dataclass(frozen=True)
class Topic:
    """``permission``: what it takes to wait for it. ``states``: how each of these is now; what
    waits is told when that text is another."""

    permission: str
    states: Callable[[Session, Sequence[str], datetime], dict[str, str]]


TOPICS = {
    "approval": Topic("approval.read", watched.approvals),
    "import": Topic("import.read", watched.imports),
    "hot-lead": Topic("lead.read", watched.hot_leads),
}


def allowed(session: Session, caller: Actor, said: Iterable[str]) -> dict[str, str]:
    """What is watched for each thing that was asked for: ``approval:appr_…``, ``import:import_…``,
    and ``hot-lead``, which is of the caller's own leads.

    Raises:
        Problem: 422, there is no such thing; 403, it is not for the caller.
        ApprovalNotFound: there is no such approval.
    """
    return {one: _allowed(session, caller, one) for one in said}


def _allowed(session: Session, caller: Actor, said: str) -> str:
    name, _, key = said.partition(":")
    topic = TOPICS.get(name)
    if topic is None or (not key and name != "hot-lead"):
        known = ", ".join(TOPICS)
        raise Problem(422, "no-such-topic", "Nobody can wait for this", f"There is: {known}.")
    if caller.reach(topic.permission) is None:
        raise refused(caller, topic.permission)
    if name == "approval":
        seen(session, key, caller)
    return f"{name}:{caller.rep_id or ''}" if name == "hot-lead" else said


def states(session: Session, wanted: Iterable[str], now: datetime) -> dict[str, str]:
    """How each watched thing is now; what is not there any more is left out."""
    by_name: dict[str, list[str]] = defaultdict(list)
    for one in wanted:
        name, _, key = one.partition(":")
        by_name[name].append(key)
    return {
        f"{name}:{key}": state
        for name, keys in by_name.items()
        for key, state in TOPICS[name].states(session, keys, now).items()
    }
