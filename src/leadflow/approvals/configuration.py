"""Policies as configuration: ``policies.yaml``."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow import plain_yaml
from leadflow.approvals.policies import (
    PoliciesInvalid,
    Policy,
    as_json,
    parse_policies,
    shipped,
)
from leadflow.approvals.policy_store import current_policies, store_policies, take_turns
from leadflow.approvals.tables import PolicyVersion
from leadflow.configuration.kinds import Change, ConfigurationKind, ContentRefused, Stored
from leadflow.configuration.reading_order import in_order


def read(text: str) -> Any:
    """The JSON values of YAML; dates are texts.

    Raises:
        yaml.YAMLError: it is none, or a key stands twice.
    """
    return as_json(plain_yaml.load(text))


def store(session: Session, content: Any, by: str, _now: datetime) -> Stored:
    """Let these policies count, as a new version where they differ from those that do.

    Raises:
        ContentRefused: with everything that is wrong.
    """
    try:
        policies = parse_policies(content)
    except PoliciesInvalid as error:
        raise ContentRefused(error.problems) from error
    if policies.content_hash == current_policies(session)[1].content_hash:
        return Stored()
    return Stored(changed=(f"version {store_policies(session, policies, by, None)}",))


def in_force(session: Session, at: datetime | None) -> dict[str, Any]:
    """The policies that counted at a moment, None for now. Before any was stored, those that this
    version of Leadflow begins with."""
    newest = select(PolicyVersion.content).order_by(PolicyVersion.version.desc()).limit(1)
    if at is not None:
        newest = newest.where(PolicyVersion.created_at <= at)
    content = session.scalar(newest) or shipped().content
    ordered = [in_order(policy, Policy.model_fields) for policy in content["policies"]]
    return in_order({**content, "policies": ordered}, ("calendar", "priorities", "policies"))


def changes(session: Session, _name: str | None, most: int) -> list[Change]:
    """When each version was stored, the newest first."""
    stored = select(PolicyVersion.created_at, PolicyVersion.created_by)
    newest = stored.order_by(PolicyVersion.version.desc()).limit(most)
    return [Change(*row) for row in session.execute(newest)]


# They cannot be taken out: some version counts.
CONFIGURATION = ConfigurationKind(
    "policies", "policy.write", read, plain_yaml.dump, take_turns, store, in_force, changes
)
