"""Tables of the sales team for the terminal."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from leadflow.assignment.team.roster import RosterEntry, TerritoryNode
from leadflow.assignment.team.schemas import TeamIn, TerritoryIn
from leadflow.assignment.team.versions import VersionOfTeam
from leadflow.cli.tables import whole


def reps_table(standings: Sequence[RosterEntry], now: datetime) -> Table:
    """Everyone, a line each; days off that are over are left out."""
    table = Table(
        whole("Id"),
        "Salesperson",
        "Now",
        "Leads in work",
        "Skills",
        "Territories",
        "Days off",
        box=None,
        caption="Leads in work of the most that are given at once; * gets what nobody can take.",
    )
    for one in standings:
        days = [days for days in one.given.days_off if days.last >= now.date()]
        table.add_row(
            escape(one.given.id),
            escape(one.given.name) + (" *" if one.facts.is_fallback else ""),
            _state(one),
            _load(one),
            _skills(one),
            escape(", ".join(one.given.territories)) or "everywhere",
            ", ".join(_span(days.first, days.last) for days in days),
            style=None if one.facts.active else "dim",
        )
    return table


def rep_table(one: RosterEntry) -> Table:
    """One salesperson, a line a fact."""
    given, facts = one.given, one.facts
    hours = [f"{day} {' '.join(spans)}" for day, spans in given.working_hours.hours.items()]
    until = f" until {given.ramp_until}" if given.ramp_until else ""
    table = Table(box=None, show_header=False)
    for name, value in (
        ("Id", f"{given.id} ({facts.rep_id})"),
        ("Name", given.name),
        ("E-mail", given.email or "none"),
        ("Team", given.team or "none"),
        ("Now", _state(one)),
        ("Leads in work", _load(one)),
        ("Capacity", "no limit" if given.capacity is None else str(given.capacity)),
        ("Share now", f"{facts.ramp_share:.0%} (new: {given.ramp_share:.0%}{until})"),
        ("Turns", f"weight {given.weight:g}"),
        ("Languages", ", ".join(given.languages) or "any"),
        ("Skills", _skills(one) or "none"),
        ("Territories", ", ".join(given.territories) or "everywhere"),
        ("Working hours", "; ".join(hours) or "always"),
        ("Time zone", given.time_zone),
        ("Days off", ", ".join(_span(off.first, off.last) for off in given.days_off) or "none"),
        ("Fallback owner", "yes: gets what nobody else can take" if facts.is_fallback else "no"),
    ):
        table.add_row(f"[dim]{name}[/dim]", escape(value))
    return table


def versions_table(known: Iterable[VersionOfTeam]) -> Table:
    """Every version, a line each."""
    table = Table("Version", whole("Since (UTC)"), "By", "Content", box=None)
    for one in known:
        since = f"{one.created_at:%Y-%m-%d %H:%M}"
        table.add_row(str(one.version), since, escape(one.created_by), one.content_hash)
    return table


def territory_view(forest: Sequence[TerritoryNode], team: TeamIn) -> Tree:
    """The tree, with what each asks for and who has it."""
    names = {rep.id: rep.name for rep in team.reps}
    tree = Tree("Territories")
    for node in forest:
        _grow(tree, node, names)
    return tree


def _grow(tree: Tree, node: TerritoryNode, names: dict[str, str]) -> None:
    territory = node.territory
    words = [f"[bold]{escape(territory.name)}[/bold]"]
    if territory.overlay:
        words.append("(overlay)")
    words.append(escape(_conditions(territory)))
    people = ", ".join(names[rep] for rep in node.reps)
    words.append(f"[green]{escape(people)}[/green]" if people else "[dim]nobody[/dim]")
    branch = tree.add("  ".join(word for word in words if word))
    for child in node.children:
        _grow(branch, child, names)


def _conditions(territory: TerritoryIn) -> str:
    low, high = territory.smallest_company, territory.largest_company
    kinds = [
        territory.accounts,
        territory.postal_ranges,
        territory.industries,
        territory.regions,
        territory.countries,
    ]
    said = ["/".join(kind) for kind in kinds if kind]
    if low is not None or high is not None:
        said.append(f"{low or 0}+ people" if high is None else f"{low or 0} to {high} people")
    return ", ".join(said) or "everything"


def _state(one: RosterEntry) -> str:
    if not one.facts.active:
        return "not active"
    if one.working:
        return "working"
    return f"from {one.opens_at:%Y-%m-%d %H:%M} UTC" if one.opens_at else "never works"


def _load(one: RosterEntry) -> str:
    limit = one.facts.limit
    return f"{one.facts.load} of {'any number' if limit is None else limit}"


def _skills(one: RosterEntry) -> str:
    return ", ".join(f"{name} {level}" for name, level in sorted(one.given.skills.items()))


def _span(first: object, last: object) -> str:
    return str(first) if first == last else f"{first} to {last}"
