"""``leadflow campaigns``: what is sent to whom, written down, checked and tried out."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.how_many import how_many
from leadflow.cli.campaigns.hours import hours
from leadflow.cli.console import console, print_text, told

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from leadflow.campaigns.definitions.program import Program
    from leadflow.campaigns.files import Read
    from leadflow.campaigns.scenarios.coverage import Trial
    from leadflow.rules.field_catalogue import Known

app = typer.Typer(
    no_args_is_help=True, help="Campaigns: check them, and try them out before anybody gets a mail."
)
Paths = Annotated[
    list[Path], typer.Argument(metavar="PATH...", help="Files of campaigns, or folders of them.")
]

app.command()(hours)


@app.command()
def schema() -> None:
    """Print the JSON schema of files of campaigns, by which editors complete and check them."""
    from leadflow.campaigns.definitions.json_schema import json_schema

    made = json_schema()
    told(schema=made)
    print_text(json.dumps(made, indent=2) + "\n")


@app.command()
def check(paths: Paths) -> None:
    """Say everything that is wrong with campaigns, by file and line, held against the attributes,
    types of events and segments there are; store nothing. Where there is no installation, what the
    files alone can say."""
    from leadflow.campaigns.files import campaign_files, read_files
    from leadflow.cli.installed import is_one
    from leadflow.settings import get_settings

    files = campaign_files(paths)
    alone = not is_one(get_settings())
    found = read_files(files, reader(None) if alone else reader(_known_here()))
    every = [one for programs in found.values() for one in programs.values()]
    counts = [(one.name, len(one.nodes), len(one.edges)) for one in every]
    told(campaigns=[{"name": name, "steps": steps, "ways": n} for name, steps, n in counts])
    for programs in found.values():
        for program in programs.values():
            steps, ways = len(program.nodes), len(program.edges)
            say(f"{program.name}: {how_many(steps, 'step')}, {how_many(ways, 'way')}")
            say_unheard(program)
    if alone:
        say(
            "There is no installation here, so that the names of attributes, types of events and "
            "segments were not checked."
        )
    say(f"In order. Try them out: leadflow campaigns test {paths[0]}")


def _known_here() -> "Known":
    from leadflow.cli.installed import require
    from leadflow.database.engine import unit_of_work
    from leadflow.rules.field_catalogue import known_names
    from leadflow.settings import get_settings

    require(get_settings())
    with unit_of_work() as session:
        return known_names(session)


@app.command()
def test(paths: Paths) -> None:
    """Let the leads of scenarios go through campaigns by a clock of their own, in no time. Fails
    where something else happens than is expected, or a way is passed in no scenario."""
    from leadflow.campaigns.files import (
        campaign_files,
        read_files,
        read_scenario_files,
        scenarios_beside,
    )
    from leadflow.campaigns.scenarios.coverage import tried

    files = read_files(campaign_files(paths), reader(None))
    results = []
    for path, scenarios in read_scenario_files(files).items():
        results += [tried(program, scenarios) for program in files[path].values()]
        if not scenarios:
            beside = scenarios_beside(path).name
            say(f"There are no scenarios for {path}: write them into {beside} beside it.")
    told(campaigns=[_facts(one) for one in results])
    for result in results:
        _tell(result)
    if not all(result.passed for result in results):
        raise typer.Exit(1)


@app.command()
def draw(
    paths: Paths,
    to: Annotated[Path, typer.Option(help="The folder for the pictures.")] = Path(),
) -> None:
    """Draw campaigns as pictures (SVG): steps from top to bottom, and the ways between them."""
    from leadflow.campaigns.drawing import drawn
    from leadflow.campaigns.files import campaign_files, read_files

    for programs in read_files(campaign_files(paths), reader(None)).values():
        for program in programs.values():
            to.mkdir(parents=True, exist_ok=True)
            picture = to / f"{program.name}.svg"
            picture.write_text(drawn(program), encoding="utf-8")
            say(f"Drawn: {picture}")


def read_known(session: "Session") -> "Read":
    """What reads campaigns and holds them against the fields and types of events there are."""
    from leadflow.rules.field_catalogue import known_names

    return reader(known_names(session))


@app.command()
def mails(
    paths: Paths,
    to: Annotated[Path, typer.Option(help="The folder for the mails.")] = Path(),
) -> None:
    """Write each mail of campaigns for a lead made up, and for one of whom nothing is known: as a
    page (.html), as words (.txt) and as mail programs open it (.eml). Nobody gets any."""
    from leadflow.campaigns.files import campaign_files, read_files
    from leadflow.campaigns.sample_mails import sample_mails

    for programs in read_files(campaign_files(paths), reader(None)).values():
        for program in programs.values():
            to.mkdir(parents=True, exist_ok=True)
            for name, mail, message in sample_mails(program):
                (to / f"{name}.html").write_text(mail.html, encoding="utf-8")
                (to / f"{name}.txt").write_text(mail.text, encoding="utf-8")
                (to / f"{name}.eml").write_bytes(message)
            count = how_many(len(program.campaign.contents), "content")
            say(f"{program.name}: {count} written into {to}")


def reader(known: "Known | None") -> "Read":
    """What reads campaigns; without ``known`` any name is taken that an attribute, a type of event
    or a segment could have."""
    from functools import partial

    from leadflow.campaigns.definitions.reading import read_campaigns
    from leadflow.workflow.catalogue import ACTIONS, model_of

    return partial(read_campaigns, actions=model_of(ACTIONS.values()), known=known)


def _facts(result: "Trial") -> dict[str, Any]:
    failed = [one.scenario.name for one in result.ran if not one.as_expected]
    tried = {"scenarios": len(result.ran), "failed": failed, "covered": result.covered}
    return {"name": result.program.name, **tried}


def _tell(result: "Trial") -> None:
    """What the scenarios of one campaign came to."""
    name, failed = result.program.name, [one for one in result.ran if not one.as_expected]
    count = how_many(len(result.ran), "scenario")
    say(f"{name}: {count}, {len(failed)} failed; {result.covered:.0%} of its ways passed")
    for one in failed:
        say(f"  {one.scenario.name}: - was expected, + is what happened")
        for line in one.differences():
            say(f"    {line}")
    for edge in result.missing:
        say(f"  not passed: {edge}")


def say_unheard(program: "Program") -> None:
    """Say what it waits for and nobody tells of, where there is such a thing."""
    from leadflow.campaigns.definitions.unheard import unheard
    from leadflow.settings import get_settings

    missed = unheard(program, get_settings().tracking)
    if missed is not None:
        say(missed)


def say(words: str) -> None:
    """Print a line as it is."""
    console.print(words, markup=False, soft_wrap=True)
