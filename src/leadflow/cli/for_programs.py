"""A command for programs (``--json``): one document of what came of it on standard output, or what
went wrong as one problem on standard error, as the API answers with. It ends with the code that it
ends with for people."""

from typing import Any

import typer
from typer._click.exceptions import ClickException

from leadflow.cli.console import OUTPUT, print_document, print_problem
from leadflow.cli.failed import in_words

TYPED = ("command-not-understood", "The command was not typed so that it can be done")
ENDED = ("ended-early", "The command was ended before it was done")
# What has no type of its own in the API.
REFUSED = ("not-done", "It was not done")


def run(app: typer.Typer) -> int:
    """Run the command that was typed; the code to end with."""
    try:
        code = app(standalone_mode=False)
    except ClickException as error:
        print_problem(*TYPED, error.format_message())
        return error.exit_code
    except typer.Abort:
        print_problem(*ENDED, "Nothing more was done.")
        return 1
    ended = code if isinstance(code, int) else 0
    # A command may end with what it has found, and with a code that says that it is not well.
    if not ended or OUTPUT.facts or OUTPUT.tables:
        print_document()
    return ended


def tell_of(error: Exception) -> bool:
    """Print what went wrong; False for what is no mistake of whoever typed it."""
    said = in_words(error)
    if said is None:
        return False
    problems: Any = getattr(error, "problems", ())
    places = [{"place": one.place, "problem": one.problem} for one in problems]
    print_problem(*type_of(error), said, places)
    return True


def type_of(error: Exception) -> tuple[str, str]:
    """The stable type and the title that the API has for such an error."""
    from leadflow.cli.access.identity import MayNotHere, NotSignedIn, SignInRefused
    from leadflow.gateway.http.placed_problems import WRITTEN
    from leadflow.gateway.http.problem import TITLES
    from leadflow.gateway.http.stated_problems import STATED
    from leadflow.leads.service import LeadMerged, LeadNotFound

    known: dict[type[Exception], tuple[str, str]] = {
        LeadNotFound: ("lead-not-found", "There is no such lead"),
        LeadMerged: ("lead-merged", "The lead was merged into another"),
        NotSignedIn: TITLES[401],
        SignInRefused: TITLES[401],
        MayNotHere: TITLES[403],
        **{kind: said[1:] for kind, said in STATED.items()},
        **{kind: said[:2] for kind, said in WRITTEN.items()},
    }
    own = next((known[kind] for kind in type(error).__mro__ if kind in known), None)
    if own is not None:
        return own
    of_module = {"pydantic_core": 422, "pydantic": 422, "sqlalchemy": 503, "psycopg": 503}
    status = of_module.get(type(error).__module__.partition(".")[0])
    return REFUSED if status is None else TITLES[status]
