"""Why somebody may not do something, in words for people: what it is, who may, whom to ask."""

from leadflow.accounts.permissions import PERMISSIONS, Reach, Role, roles_with

# What each permission lets somebody do, after "may".
DOES: dict[str, str] = {
    "lead.create": "bring leads in",
    "lead.read": "see leads",
    "lead.edit": "change leads",
    "lead.export": "export leads",
    "lead.delete": "delete leads",
    "lead.fact": "tell what happened to leads",
    "lead.work": "work leads",
    "note.manage": "change other people's notes",
    "tag.manage": "change the tags that there are",
    "event_type.read": "see the types of events",
    "event_type.write": "change the types of events",
    "source.read": "see sources",
    "source.write": "change sources",
    "delivery.read": "see what sources delivered",
    "endpoint.read": "see endpoints of webhooks",
    "endpoint.write": "change endpoints of webhooks",
    "suppression.read": "see which addresses get no mail",
    "suppression.write": "say which addresses get no mail",
    "lead.reassign": "give leads to others",
    "score.override": "set scores",
    "team.read": "see the sales team",
    "team.write": "change the sales team",
    "rules.read": "see rules and what is set up",
    "rules.write": "change rules and segments",
    "campaign.read": "see campaigns",
    "campaign.write": "change campaigns",
    "campaign.enroll": "bring leads into campaigns",
    "analytics.read": "see analytics",
    "quality.review": "review the quality of decisions",
    "quality.manage": "settle and report on the quality of decisions",
    "model.propose": "propose models",
    "data_check.read": "see checks of data",
    "data_check.accept": "accept what checks of data found",
    "approval.read": "see approvals",
    "approval.decide": "decide approvals",
    "approval.all": "see everything that waits for a decision",
    "policy.read": "see policies",
    "policy.write": "change policies, or go round them",
    "configuration.read": "read the whole configuration",
    "configuration.write": "change the whole configuration",
    "delegation.write": "have somebody stand in",
    "outbox.read": "see the outbox",
    "outbox.settle": "settle what the outbox holds",
    "audit.read": "read the audit log",
    "audit.resume": "let the audit log go on",
    "store.backup": "make backups",
    "store.restore": "restore backups",
    "import.read": "see imports",
    "import.write": "import files",
    "metrics.read": "read metrics",
    "data.erase": "ask for the erasure of data",
    "account.own": "see their own account",
    "account.manage": "manage people, roles and keys",
    "mail.read": "read mail that is not delivered",
}
CALLED = {
    Role.SALES_REP: "salespeople",
    Role.SALES_MANAGER: "sales managers",
    Role.MARKETING_MANAGER: "marketing managers",
    Role.DATA_SCIENTIST: "data scientists",
    Role.ANALYST: "analysts",
    Role.OPERATOR: "operators",
    Role.ADMIN: "administrators",
}


def who_may(permission: str) -> str:
    """Who may do what a permission allows, and that they are to be asked."""
    roles = [Role(one) for one in roles_with(permission)]
    if len(roles) == len(Role):
        return f"Only people who sign in may {DOES[permission]}."
    whom = "an administrator" if roles == [Role.ADMIN] else "one of them"
    return f"Only {_listed(roles)} may {DOES[permission]}. Ask {whom}."


def not_in_reach(permission: str, reach: Reach) -> str:
    """Why somebody may not do it with what the address names, though with other things."""
    whose = "your own, or nobody's" if reach is Reach.OWN else "your team's, or nobody's"
    further = [one for one, far in PERMISSIONS[permission].items() if _further(far, reach)]
    roles = [*(one for one in further if one is not Role.ADMIN), Role.ADMIN]
    return (
        f"It is somebody else's: you may {DOES[permission]} where they are {whose}. Who may, too: "
        f"{_listed(roles)}."
    )


def _further(far: Reach, reach: Reach) -> bool:
    return far is Reach.ALL or (far is Reach.TEAM and reach is Reach.OWN)


def _listed(roles: list[Role]) -> str:
    *first, last = (CALLED[one] for one in roles)
    return f"{', '.join(first)} and {last}" if first else last
