"""``leadflow rules``: conditions and actions, in versions."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from features.how_many import how_many
from leadflow.cli.access.identity import who_acts
from leadflow.cli.access.submitting import WithoutApproval, submit, waits
from leadflow.cli.console import console, fields_of, print_text, told
from leadflow.cli.tables import print_table, whole

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from leadflow.rules.schemas import RuleSet


app = typer.Typer(no_args_is_help=True, help="Rules: which leads, and what is done with them.")
File = Annotated[Path, typer.Argument(help="A .yaml or .json file; see docs/rules.md.")]
WORKFLOW = "workflow"
# Of a version, for programs.
KEPT = "kind version active note created_by created_at"
RuleKindOption = Annotated[str, typer.Option(help="What the rules are for.")]


@app.command()
def check(file: File, kind: RuleKindOption = "assignment") -> None:
    """Say everything that is wrong with a file of rules, or how many leads each rule fits."""
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        rules = _load(session, file, kind)
        if kind != WORKFLOW:
            _show_matches(session, rules)
    of_kind = "" if kind == "assignment" else f" --kind {kind}"
    console.print(f"The rules are in order. Store them: leadflow rules import FILE{of_kind}")


@app.command("import")
def import_rules(
    file: File,
    kind: RuleKindOption = "assignment",
    note: Annotated[str | None, typer.Option(help="What is new, for people.")] = None,
    dry: Annotated[bool, typer.Option("--dry", help="Only check, and count leads.")] = False,
    activate: Annotated[bool, typer.Option(help="Switch them on at once.")] = True,
    without_approval: WithoutApproval = None,
) -> None:
    """Store the rules of a file as a new version and switch it on."""
    if dry:
        check(file, kind)
        return
    from leadflow.database.engine import unit_of_work
    from leadflow.rules import service

    with unit_of_work() as session:
        rules = _load(session, file, kind)
        known = {row.version for row in service.versions(session, kind)}
        by = who_acts(session, "rules.write")
        do = partial(service.store_rules, session, kind, rules, by, note, activate)
        submitted = submit(
            session, [f"rules/{kind}"], do, datetime.now(UTC), note, without_approval
        )
        version, active = submitted.done, False
        if submitted.approval is None:
            active = service.read_version(session, kind, version).active
    if waits(submitted):
        return
    told(kind=kind, version=version, active=active)
    said = "is stored already" if version in known else "is stored"
    console.print(f"Version [bold]{version}[/bold] {said} and {_state(active)}.")
    if not active:
        console.print(f"Switch it on: leadflow rules activate {version}")


@app.command("try")
def try_out(
    file: File,
    last: Annotated[int, typer.Option(min=1, max=5000, help="Newest leads to try.")] = 500,
    show: Annotated[int, typer.Option(min=0, help="Leads to show that would change.")] = 10,
    kind: RuleKindOption = "assignment",
) -> None:
    """Try rules on what there is, and store nothing: assignment rules on the newest leads, who
    would have got what; workflow rules on the newest events of the types they act on."""
    if kind == WORKFLOW:
        _try_on_events(file, last, show)
        return
    from leadflow.assignment.insight.rule_trial import try_rules
    from leadflow.assignment.team.store import rep_names
    from leadflow.database.engine import unit_of_work
    from leadflow.settings import get_settings

    with unit_of_work() as session, console.status("Handing leads out by these rules …"):
        rules = _load(session, file, "assignment")
        trial = try_rules(session, get_settings(), rules, datetime.now(UTC), last)
        names = rep_names(session) | {"nobody": "[dim]nobody[/dim]"}
    told(leads=len(trial.leads), changed=trial.changed)
    for heading, counts in (("Rule", trial.per_rule), ("Salesperson", trial.per_rep)):
        table = Table(heading, "Leads now", "Leads then", box=None)
        for name, (before, after) in counts.items():
            table.add_row(names.get(name, name), f"{before:,}", f"{after:,}")
        print_table(table)
    lead_id = whole("Lead")
    table = Table(lead_id, "Now", "Then", "Why", title="Some that would change", box=None)
    for lead in [lead for lead in trial.leads if lead.differs][:show]:
        now, then = (names.get(would.rep_id or "nobody", "?") for would in (lead.now, lead.then))
        table.add_row(lead.lead_id, now, then, lead.then.reason)
    if table.rows:
        print_table(table)
    console.print(
        f"[bold]{trial.changed:,}[/bold] of {how_many(len(trial.leads), 'lead')} would go "
        "another way. Nothing was stored; everybody had room for all of them."
    )


def _try_on_events(file: Path, last: int, show: int) -> None:
    from leadflow.database.engine import unit_of_work
    from leadflow.workflow.trying import try_on_past

    with unit_of_work() as session:
        trial = try_on_past(session, _load(session, file, WORKFLOW), datetime.now(UTC), last)
    told(events=trial.events, per_rule=trial.per_rule)
    table = Table("Rule", "Would have acted", "Held back by its limits", box=None)
    for rule_id, often in trial.per_rule.items():
        held = often.get("limited", 0) + often.get("capped", 0)
        table.add_row(rule_id, f"{often.get('fired', 0):,}", f"{held:,}")
    print_table(table)
    if trial.fired and show:
        newest = Table(whole("Lead"), "Rule", "What happened", whole("At (UTC)"), box=None)
        for one in trial.fired[:show]:
            at = f"{one.event.at:%Y-%m-%d %H:%M}"
            newest.add_row(one.event.lead_id, one.rule.rule_id, one.event.type, at)
        print_table(newest)
    console.print(f"{how_many(trial.events, 'event')} tried. Nothing was stored or done.")
    for name in trial.unseen:
        console.print(f"Of {name} there is nothing yet: it is written once rules act on it.")


@app.command()
def why(
    lead_id: Annotated[str, typer.Argument(help="The lead's id.")],
    last: Annotated[int, typer.Option(min=1, max=500, help="Newest firings to show.")] = 20,
) -> None:
    """Which workflow rules acted on a lead, why, and what came of it."""
    from leadflow.database.engine import unit_of_work
    from leadflow.leads.service import get_lead
    from leadflow.paging.keyset import Wanted
    from leadflow.workflow import service

    with unit_of_work() as session:
        get_lead(session, lead_id)
        found = service.why(session, lead_id, Wanted(last)).items
    if not found:
        console.print("No workflow rule has fitted this lead as something happened.")
        return
    for one in found:
        firing = one.firing
        version = "built in" if firing.version is None else f"version {firing.version}"
        console.print(
            f"[bold]{escape(firing.rule_id)}[/bold] ({version}) on {firing.type}, "
            f"{firing.at:%Y-%m-%d %H:%M} UTC: {firing.status}",
            soft_wrap=True,
        )
        for name, value in firing.matched.items():
            console.print(f"  {name}: {value}", markup=False, soft_wrap=True)
        for done in one.carried:
            run = f", flow run {done.result['flow_run_id']}" if "flow_run_id" in done.result else ""
            said = f": {done.why}" if done.why else ""
            line = f"  → {done.action}, {done.status.replace('_', ' ')}{run}{said}"
            console.print(line, markup=False, soft_wrap=True)


@app.command("list")
def list_versions(kind: RuleKindOption = "assignment") -> None:
    """Every version, newest first."""
    from leadflow.database.engine import unit_of_work
    from leadflow.rules.service import versions

    with unit_of_work() as session:
        rows = versions(session, kind)
    told(items=[fields_of(row, KEPT) for row in rows])
    if not rows:
        console.print(_none_stored(kind), soft_wrap=True)
        return
    table = Table("Version", "State", "Rules", "By", whole("At (UTC)"), "Note", box=None)
    for row in rows:
        table.add_row(
            str(row.version),
            _state(row.active),
            str(len(row.content["rules"])),
            escape(row.created_by),
            f"{row.created_at:%Y-%m-%d %H:%M}",
            escape(row.note or ""),
        )
    print_table(table)


@app.command()
def show(
    version: Annotated[int | None, typer.Argument(help="Unset: the one that counts.")] = None,
    kind: RuleKindOption = "assignment",
) -> None:
    """A version as YAML that can be edited and imported."""
    from leadflow.database.engine import unit_of_work
    from leadflow.rules import service
    from leadflow.rules.rule_kinds import kind_of
    from leadflow.rules.text_format import write_yaml

    with unit_of_work() as session:
        stored = (
            service.active_rules(session, kind)
            if version is None
            else service.read_version(session, kind, version)
        )
    if stored is None:
        built_in = kind_of(kind).built_in
        if built_in is None:
            raise service.NoRules(kind, None)
        told(kind=kind, version=None, content=built_in)
        console.print("# They came with Leadflow, and count until others are stored", markup=False)
        print_text(write_yaml(built_in))
        return
    told(**fields_of(stored, KEPT), content=stored.rules.content)
    console.print(f"# Version {stored.version}, {_state(stored.active)}", markup=False)
    print_text(write_yaml(stored.rules.content))


@app.command()
def activate(
    version: Annotated[int, typer.Argument(help="As `list` shows it.")],
    kind: RuleKindOption = "assignment",
    without_approval: WithoutApproval = None,
) -> None:
    """Let a version count, and not the one before."""
    from leadflow.database.engine import unit_of_work
    from leadflow.rules import service

    with unit_of_work() as session:
        do = partial(service.activate, session, kind, version, who_acts(session, "rules.write"))
        submitted = submit(
            session,
            [f"rules/{kind}"],
            do,
            datetime.now(UTC),
            without_approval=without_approval,
        )
    if waits(submitted):
        return
    told(kind=kind, version=version, active=True)
    console.print(f"Version [bold]{version}[/bold] is active.")


def _load(session: "Session", file: Path, kind: str) -> "RuleSet":
    from leadflow.rules.service import check_rules, read_rules
    from leadflow.rules.text_format import load_rules

    rules = read_rules(session, kind, load_rules(file))
    check_rules(session, kind, rules)
    return rules


def _show_matches(session: "Session", rules: "RuleSet") -> None:
    """How many of the leads there are each rule would get, in the order they are tried."""
    from leadflow.rules.service import matches

    counts = matches(session, rules, datetime.now(UTC))
    table = Table("Rule", "Priority", "Leads it would get", box=None)
    for rule in rules.in_order:
        table.add_row(rule.rule_id, str(rule.priority), f"{counts.get(rule.rule_id, 0):,}")
    table.add_row("(no rule)", "", f"{counts.get(None, 0):,}")
    print_table(table)


def _none_stored(kind: str) -> str:
    from leadflow.rules.rule_kinds import kind_of

    built_in, shown = kind_of(kind).built_in, escape(kind)
    said = f"No rules for {shown} are stored. Add some: leadflow rules import FILE --kind {shown}"
    if built_in is None:
        return said
    names = ", ".join(rule["rule_id"] for rule in built_in["rules"])
    return (
        f"{said}\nUntil then those count that came with Leadflow: {names}. "
        f"See them: leadflow rules show --kind {shown}"
    )


def _state(active: bool) -> str:
    return "active" if active else "not active"
