"""Roles, and what each may do to whose things. Whatever is not said here is refused."""

from enum import StrEnum


class Reach(StrEnum):
    """Whose things: everybody's; those of one's team and nobody's; one's own and nobody's."""

    ALL = "all"
    TEAM = "team"
    OWN = "own"


class Role(StrEnum):
    """What somebody is here."""

    SALES_REP = "sales_rep"
    SALES_MANAGER = "sales_manager"
    MARKETING_MANAGER = "marketing_manager"
    DATA_SCIENTIST = "data_scientist"
    ANALYST = "analyst"
    OPERATOR = "operator"
    ADMIN = "admin"


class UnknownPermission(LookupError):
    """A permission that is declared nowhere."""


_REP, _MANAGER, _MARKETING = Role.SALES_REP, Role.SALES_MANAGER, Role.MARKETING_MANAGER
_SCIENTIST, _ANALYST, _OPERATOR = Role.DATA_SCIENTIST, Role.ANALYST, Role.OPERATOR
_OF_A_LEAD = {_REP: Reach.OWN, _MANAGER: Reach.TEAM}
_EVERYBODY = dict.fromkeys(Role, Reach.ALL)


def _all(*roles: Role) -> dict[Role, Reach]:
    return dict.fromkeys(roles, Reach.ALL)


# An admin may do all of it.
PERMISSIONS: dict[str, dict[Role, Reach]] = {
    "lead.create": _all(_MARKETING),
    "lead.read": _OF_A_LEAD | _all(_MARKETING),
    "lead.edit": _OF_A_LEAD | _all(_MARKETING),
    "lead.export": {_MANAGER: Reach.TEAM} | _all(_MARKETING),
    "lead.delete": {_MANAGER: Reach.TEAM} | _all(_MARKETING),
    "lead.fact": _OF_A_LEAD | _all(_MARKETING),
    "lead.work": _OF_A_LEAD,
    "note.manage": {_MANAGER: Reach.TEAM} | _all(_MARKETING),
    "tag.manage": _all(_MANAGER, _MARKETING),
    "event_type.read": _EVERYBODY,
    "event_type.write": _all(_MARKETING, _OPERATOR),
    "source.read": _all(_MARKETING, _OPERATOR),
    "source.write": _all(_MARKETING, _OPERATOR),
    "delivery.read": _all(_MARKETING, _OPERATOR),
    "endpoint.read": _all(_MARKETING, _OPERATOR),
    "endpoint.write": _all(_MARKETING, _OPERATOR),
    "suppression.read": _all(_MARKETING, _OPERATOR),
    "suppression.write": _all(_MARKETING, _OPERATOR),
    "lead.reassign": _OF_A_LEAD,
    "score.override": _OF_A_LEAD | _all(_MARKETING),
    "team.read": _all(_REP, _MANAGER, _MARKETING, _ANALYST, _OPERATOR),
    "team.write": _all(_MANAGER, _OPERATOR),
    "rules.read": _all(_MANAGER, _MARKETING, _ANALYST, _OPERATOR),
    "rules.write": _all(_MANAGER, _MARKETING),
    "campaign.read": _all(_REP, _MANAGER, _MARKETING, _ANALYST, _OPERATOR),
    "campaign.write": _all(_MARKETING),
    "campaign.enroll": _OF_A_LEAD | _all(_MARKETING),
    "analytics.read": _all(_MANAGER, _MARKETING, _SCIENTIST, _ANALYST),
    "quality.review": _all(_MANAGER),
    "quality.manage": _all(_MANAGER, _SCIENTIST),
    "model.propose": _all(_SCIENTIST),
    "data_check.read": _all(_SCIENTIST, _OPERATOR),
    "data_check.accept": _all(_SCIENTIST, _OPERATOR),
    "approval.read": _EVERYBODY,
    "approval.decide": _EVERYBODY,
    "approval.all": _all(_OPERATOR),
    "policy.read": _EVERYBODY,
    "policy.write": {},
    "configuration.read": _all(_MARKETING, _OPERATOR),
    "configuration.write": _all(_MARKETING, _OPERATOR),
    "delegation.write": _EVERYBODY,
    "outbox.read": _all(_OPERATOR),
    "outbox.settle": _all(_OPERATOR),
    "audit.read": _OF_A_LEAD | _all(_OPERATOR),
    "audit.resume": {},
    "store.backup": _all(_OPERATOR),
    "store.restore": {},
    "import.read": _all(_MARKETING, _OPERATOR),
    "import.write": _all(_MARKETING, _OPERATOR),
    "metrics.read": _all(_OPERATOR),
    "data.erase": _all(_MANAGER, _MARKETING, _OPERATOR),
    "account.own": _EVERYBODY,
    "account.manage": {},
    "mail.read": {},
}
# What only somebody who signs in can do; a program is never the one who decides.
OF_PEOPLE = frozenset(
    {
        "approval.decide",
        "quality.review",
        "model.propose",
        "data_check.accept",
        "audit.resume",
        "store.backup",
        "store.restore",
        "outbox.settle",
        "data.erase",
        "delegation.write",
        "account.own",
        "account.manage",
        "mail.read",
    }
)
SCOPES = frozenset(PERMISSIONS) - OF_PEOPLE
# What a program gets that only brings leads and facts in and reads what became of them.
INTEGRATION = (
    "event_type.read",
    "lead.create",
    "lead.edit",
    "lead.fact",
    "lead.read",
    "lead.work",
    "score.override",
)
_ORDER = (Reach.OWN, Reach.TEAM, Reach.ALL)


def reach(permission: str, roles: frozenset[str]) -> Reach | None:
    """How far these roles reach with a permission, the furthest of them; None: not at all.

    Raises:
        UnknownPermission: it is declared nowhere.
    """
    if permission not in PERMISSIONS:
        raise UnknownPermission(f"The permission {permission} is declared nowhere.")
    if Role.ADMIN in roles:
        return Reach.ALL
    granted = PERMISSIONS[permission]
    found = [granted[role] for role in map(Role, roles) if role in granted]
    return max(found, key=_ORDER.index, default=None)


def roles_with(permission: str) -> list[str]:
    """Every role that has a permission at all, to say whom to ask."""
    others = PERMISSIONS[permission].keys() - {Role.ADMIN}
    return [*sorted(role.value for role in others), Role.ADMIN.value]
