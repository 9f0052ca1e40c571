"""The pages that stand at the top of every page, as far as somebody may see them."""

from dataclasses import dataclass

from leadflow.accounts.actors import Actor

# So many links stand in a row on a desk; where there are more, those of ``GROUPS`` fold.
MOST = 8


@dataclass(frozen=True)
class Link:
    """A page: where it is, what it is called, and what somebody needs to see it."""

    address: str
    called: str
    permission: str


@dataclass(frozen=True)
class Group:
    """Links for one kind of work; without ``called`` they stand in the row themselves."""

    called: str
    links: tuple[Link, ...]

    def holds(self, path: str) -> bool:
        """Whether one of them is the page that is shown, or lies above it."""
        return any(path == one.address or path.startswith(f"{one.address}/") for one in self.links)


# What people use every day, each one click away.
DAILY = (
    Link("/console", "Waits for you", "approval.read"),
    Link("/console/leads", "Leads", "lead.read"),
    Link("/console/campaigns", "Campaigns", "campaign.read"),
    Link("/console/team", "Team", "team.read"),
    Link("/console/imports", "Imports", "import.read"),
    Link("/console/models", "Models", "analytics.read"),
)
GROUPS = (
    Group(
        "Check",
        (
            Link("/console/waiting", "Everything that waits", "approval.all"),
            Link("/console/quality", "Quality review", "quality.review"),
            Link("/console/quarantine", "Rows set aside", "import.read"),
        ),
    ),
    Group(
        "Run it",
        (
            Link("/console/configuration", "Set up", "rules.read"),
            Link("/console/mail", "Mail", "mail.read"),
            Link("/console/system", "System", "source.read"),
        ),
    ),
)


def navigation(actor: Actor) -> list[Group]:
    """What the actor may see, in order; folded only where the row would be too long, and nothing
    that would be alone."""
    groups = [
        Group(one.called, tuple(link for link in one.links if actor.reach(link.permission)))
        for one in (Group("", DAILY), *GROUPS)
    ]
    folds = sum(len(one.links) for one in groups) > MOST
    return [
        one if folds and len(one.links) > 1 else Group("", one.links) for one in groups if one.links
    ]
