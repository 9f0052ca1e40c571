"""What Resend tells of mails by webhook (https://resend.com/docs/webhooks/event-types)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from leadflow.channels.email.bounce_classes import BounceClass
from leadflow.channels.email.resend import TAG

Kind = Literal["delivered", "bounced", "deferred", "complained", "opened", "clicked"]
_KINDS: dict[str, Kind] = {
    "email.delivered": "delivered",
    "email.delivery_delayed": "deferred",
    "email.bounced": "bounced",
    "email.complained": "complained",
    "email.opened": "opened",
    "email.clicked": "clicked",
    # Neither reached anybody: the one for a fault of ours, the other because Resend knows the
    # address as one that came back or complained.
    "email.failed": "bounced",
    "email.suppressed": "bounced",
}
_CLASSES: dict[tuple[str, str], BounceClass] = {
    ("permanent", "general"): "recipient",
    ("permanent", "noemail"): "recipient",
    ("permanent", "suppressed"): "recipient",
    ("permanent", "onaccountsuppressionlist"): "recipient",
    ("transient", "general"): "expired",
    ("transient", "mailboxfull"): "mailbox_full",
    ("transient", "messagetoolarge"): "content",
    ("transient", "contentrejected"): "content",
    ("transient", "attachmentrejected"): "content",
    ("undetermined", "undetermined"): "expired",
}


class NotUnderstood(ValueError):
    """A delivery of Resend that cannot be read for certain. ``field`` is where, in its body."""

    def __init__(self, field: str, rule: str) -> None:
        self.field, self.rule = field, rule
        super().__init__(f"{field} {rule}")


@dataclass(frozen=True)
class ResendEvent:
    """What happened to a mail: by Resend's own id of it, and by our key where that came along.
    ``agent`` is what opened it or followed a link, and is not kept."""

    kind: Kind
    at: datetime
    provider_id: str
    key: str | None
    bounce_class: BounceClass | None = None
    to: str | None = field(default=None, repr=False)
    agent: str = field(default="", repr=False)


def resend_event(body: bytes) -> ResendEvent | None:
    """What a delivery says; None where it tells nothing that anything follows from.

    Raises:
        NotUnderstood: it cannot be read for certain.
    """
    said = _object(body)
    kind = _KINDS.get(str(said.get("type")))
    if kind is None:
        return None
    data = said.get("data")
    if not isinstance(data, dict) or not isinstance(data.get("email_id"), str):
        raise NotUnderstood("data.email_id", "is required")
    to = data.get("to")
    click = data.get(kind.removesuffix("ed") if kind == "clicked" else "open")
    agent = click.get("userAgent") if isinstance(click, dict) else None
    return ResendEvent(
        kind,
        _moment(said.get("created_at")),
        data["email_id"],
        _key(data.get("tags")),
        _class(str(said["type"]), data) if kind == "bounced" else None,
        to[0] if isinstance(to, list) and len(to) == 1 and isinstance(to[0], str) else None,
        agent if isinstance(agent, str) else "",
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        raise NotUnderstood("body", "is no JSON") from None
    if not isinstance(said, dict):
        raise NotUnderstood("body", "is no object")
    return said


def _moment(said: object) -> datetime:
    try:
        at = datetime.fromisoformat(str(said))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise NotUnderstood("created_at", "is no moment with its zone, such as 2026-11-02T09:00Z")
    return at


def _class(kind: str, data: Mapping[str, Any]) -> BounceClass:
    if kind == "email.failed":
        return "policy"
    if kind == "email.suppressed":
        return "recipient"
    bounce = data.get("bounce")
    said = bounce if isinstance(bounce, dict) else {}
    names = (str(said.get(name, "")).lower() for name in ("type", "subType"))
    found = _CLASSES.get((next(names), next(names)))
    if found is None:
        raise NotUnderstood("data.bounce", "has a type and subType that are not known")
    return found


def _key(tags: object) -> str | None:
    """Our key among the tags, which Resend tells as an object, and once told as a list."""
    if isinstance(tags, list):
        tags = {one.get("name"): one.get("value") for one in tags if isinstance(one, dict)}
    key = tags.get(TAG) if isinstance(tags, dict) else None
    return key if isinstance(key, str) else None
