"""``leadflow quality``: judging what the machine decided, before seeing what that was."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from leadflow.cli.access.identity import person_here
from leadflow.cli.console import console, fields_of, told
from leadflow.cli.review.quality_report import print_report
from leadflow.cli.tables import print_table, whole

if TYPE_CHECKING:
    from leadflow.quality.schemas import ItemOut

app = typer.Typer(
    no_args_is_help=True, help="Judge automated decisions, and see how good they are."
)
Item = Annotated[str, typer.Argument(help="The item's id.")]
Lead = Annotated[str, typer.Argument(help="The lead's id.")]
LEVELS = ("hot", "warm", "cold", "unqualified")


@app.command()
def sample(
    day: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Unset: yesterday (UTC) and missed days."),
    ] = None,
) -> None:
    """Draw from the decisions of yesterday, and of the days of the last week that were missed. A
    day is drawn once."""
    from leadflow.database.engine import unit_of_work
    from leadflow.quality.service import draw_missing, draw_sample
    from leadflow.settings import get_settings

    now, settings = datetime.now(UTC), get_settings()
    with unit_of_work() as session:
        if day is None:
            drawn = draw_missing(session, settings, now)
        else:
            drawn = draw_sample(session, day.date(), settings, now)
    kept = "decision_kind day population size new"
    told(samples=[fields_of(made, kept) for made in drawn])
    for made in drawn:
        said = "drawn" if made.new else "were drawn before"
        console.print(
            f"{made.decision_kind}: {made.size:,} of {made.population:,} of {made.day} {said}."
        )
    console.print("Judge them: leadflow quality waiting")


@app.command()
def waiting(limit: Annotated[int, typer.Option(min=1)] = 50) -> None:
    """What you can judge, oldest first, and what you can settle between others."""
    from leadflow.database.engine import unit_of_work
    from leadflow.paging.keyset import Wanted
    from leadflow.quality.reviews import disputed, waiting_for

    now = datetime.now(UTC)
    with unit_of_work() as session:
        who = person_here(session, "quality.review").id
        items = waiting_for(session, who, now, Wanted(limit)).items
        others = disputed(session, who, now, Wanted(limit)).items
    told(items=items, disputed=others)
    if not items and not others:
        console.print("Nothing waits for you.")
        return
    if items:
        print_table(_list(items))
        console.print("Look at one: leadflow quality show ITEM")
    for item in others:
        said = " and ".join(f"{escape(one.reviewer)}: {one.verdict}" for one in item.reviews)
        console.print(
            f"{item.id} is disputed ({said}): leadflow quality settle {item.id} --machine right "
            "(or wrong)"
        )


@app.command()
def show(item: Item) -> None:
    """The facts of an item as they were known at the decision."""
    from leadflow.database.engine import unit_of_work
    from leadflow.quality.reviews import waiting_one

    with unit_of_work() as session:
        who = person_here(session, "quality.review").id
        found = waiting_one(session, item, who, datetime.now(UTC))
    told(**found.model_dump())
    console.print(f"As of {found.decided_at:%Y-%m-%d %H:%M} UTC:")
    for fact in found.shown["facts"]:
        console.print(f"  {fact['says']}", markup=False)
    for name, value in found.shown.get("profile", {}).items():
        if value:
            said = ", ".join(value) if isinstance(value, list) else value
            console.print(f"  {name.replace('_', ' ').capitalize()}: {said}", markup=False)
    if found.decision_kind == "assignment":
        _show_people(found.shown)
        console.print(f"Judge it: leadflow quality judge {found.id} --right REP (or --nobody)")
    else:
        console.print(f"Judge it: leadflow quality judge {found.id} --level {'|'.join(LEVELS)}")


@app.command()
def judge(
    item: Item,
    level: Annotated[str | None, typer.Option(help="Of a score: " + ", ".join(LEVELS))] = None,
    right: Annotated[
        list[str] | None, typer.Option(help="Of an assignment: who is right; more than once.")
    ] = None,
    nobody: Annotated[bool, typer.Option(help="Of an assignment: nobody is right.")] = False,
    wrong_pool: Annotated[
        bool, typer.Option(help="Of an assignment: the choice was among the wrong people.")
    ] = False,
    comment: str = "",
) -> None:
    """Say what you would have decided; then see what the machine did."""
    from leadflow.database.engine import unit_of_work
    from leadflow.quality.reviews import judge as do

    said: dict[str, Any] = {}
    if level is not None:
        said["level"] = level
    if right or nobody or wrong_pool:
        said |= {"right": right or [], "pool": "wrong" if wrong_pool else "right"}
    with unit_of_work() as session:
        who = person_here(session, "quality.review").id
        made = do(session, item, who, said, comment, datetime.now(UTC))
    told(**made.model_dump())
    decided = made.answer.get("level") or made.answer.get("rep_id") or "nobody"
    console.print(f"The machine decided: [bold]{decided}[/bold]. You {made.verdict}.")
    reasons = made.answer.get("reasons") or []
    for reason in reasons:
        console.print(f"  {reason['points']:+.1f} {reason['text']}", markup=False)
    if "reason" in made.answer:
        console.print(f"  {made.answer['reason']}", markup=False)
    console.print(f"{made.next_step} The lead: {made.lead_id}")


@app.command()
def settle(
    item: Item,
    machine: Annotated[str, typer.Option(help="Was the machine right or wrong?")],
) -> None:
    """Settle what two others saw differently."""
    from leadflow.database.engine import unit_of_work
    from leadflow.quality.reviews import settle as do

    if machine not in ("right", "wrong"):
        raise typer.BadParameter("--machine is right or wrong")
    with unit_of_work() as session:
        who = person_here(session, "quality.manage").id
        do(session, item, who, "agree" if machine == "right" else "disagree", datetime.now(UTC))
    told(id=item)
    console.print(f"{item} is settled.")


@app.command()
def report(
    days: Annotated[int, typer.Option(min=1, help="Decisions of so many days.")] = 30,
) -> None:
    """How often people agree with the machine, and what came of the leads since."""
    from leadflow.database.engine import unit_of_work
    from leadflow.quality.report import quality_report
    from leadflow.settings import get_settings

    now = datetime.now(UTC)
    since = now.date() - timedelta(days=days)
    with unit_of_work() as session:
        made = quality_report(session, since, now.date(), get_settings(), now)
    told(**made.model_dump())
    print_report(made, now.date())


@app.command()
def flag(
    lead: Lead,
    why: Annotated[str, typer.Option(help="For instance: bad data, or wrong outcome.")],
) -> None:
    """Have no model learn from a lead."""
    from leadflow.database.engine import unit_of_work
    from leadflow.quality.flags import flag as do

    with unit_of_work() as session:
        do(session, lead, why, person_here(session, "quality.manage").id, datetime.now(UTC))
    told(lead_id=lead)
    console.print(f"No model learns from {lead} from now on.")


@app.command()
def unflag(lead: Lead) -> None:
    """Have models learn from a lead again."""
    from leadflow.database.engine import unit_of_work
    from leadflow.quality.flags import unflag as do

    with unit_of_work() as session:
        do(session, lead, person_here(session, "quality.manage").id, datetime.now(UTC))
    told(lead_id=lead)
    console.print(f"Models learn from {lead} again.")


def _list(items: "list[ItemOut]") -> Table:
    table = Table(whole("Item"), "Decision", whole("Decided (UTC)"), whole("Due (UTC)"), box=None)
    for item in items:
        due = f"{item.due_at:%Y-%m-%d %H:%M}"
        table.add_row(
            item.id,
            item.decision_kind,
            f"{item.decided_at:%Y-%m-%d %H:%M}",
            f"[red]{due}[/red]" if item.overdue else due,
        )
    return table


def _show_people(shown: dict[str, Any]) -> None:
    table = Table("Salesperson", "Team", "Skills", "Territories", "Could have it", box=None)
    for part in ("candidates", "excluded"):
        for person in shown[part]:
            skills = ", ".join(
                f"{name} {level}" for name, level in person.get("skills", {}).items()
            )
            table.add_row(
                person["rep_id"],
                escape(person.get("team") or ""),
                escape(skills),
                escape(", ".join(person.get("territories", []))),
                f"no: {person['why']}" if "why" in person else "yes",
            )
    print_table(table)
