"""Every command, typed in a process of its own: what it says of itself, and of the likeliest
mistake. The commands are listed from the parser, so that none is forgotten."""

import shlex
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from leadflow.accounts.people import add_person
from leadflow.cli.main import app
from leadflow.database.engine import unit_of_work
from tests.integration.likely_mistakes import FILES, MISTAKES
from tests.parser import parser
from tests.typed import Terminal, terminal

pytestmark = [pytest.mark.uncounted]
NOBODY_LISTENS = {f"LEADFLOW_{name}_PORT": "9" for name in ("GATEWAY", "PREFECT", "MLFLOW")}
# One of each kind: a word that is no command's, no server, nothing of that name, no file, a file
# that is empty, a value that cannot be, nobody signed in, no terminal.
SOME = (
    "approvals decide",
    "score",
    "people password",
    "rules check",
    "policies store",
    "keys revoke",
    "assignments accept",
    "sign-in",
)


def commands(found: Any = None, words: tuple[str, ...] = ()) -> Iterator[str]:
    """Every command that does something, by its words."""
    found = found or parser()
    inner = getattr(found, "commands", {})
    if not inner or getattr(found, "invoke_without_command", False):
        yield " ".join(words)
    for name in inner:
        yield from commands(inner[name], (*words, name))


def groups() -> list[str]:
    """Every word that stands before commands."""
    return sorted({name.rpartition(" ")[0] for name in commands()})


@pytest.fixture
def typed(store: Engine, tmp_path: Path) -> Iterator[Terminal]:
    """A terminal at the tests' installation, in a folder with some files."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    with unit_of_work() as session:
        add_person(session, "olga", "Olga", ["admin"], "test")
    with terminal(tmp_path, **NOBODY_LISTENS) as there:
        yield there


def test_every_command_has_a_mistake_that_is_tried() -> None:
    assert set(MISTAKES) == set(commands())


def test_every_command_and_group_says_what_it_does(engine: Engine) -> None:
    for words in sorted({*commands(), *groups()}):
        told = CliRunner().invoke(app, [*words.split(), "--help"])
        assert (told.exit_code, told.stderr) == (0, ""), words
        assert len(told.stdout.splitlines()) > 5, words


@pytest.mark.parametrize("which", [groups, pytest.param(commands, marks=pytest.mark.long)])
def test_what_a_command_does_is_said_where_there_is_no_installation(
    tmp_path: Path, which: Callable[[], Iterable[str]]
) -> None:
    with terminal(tmp_path, LEADFLOW_HOME=str(tmp_path / "none")) as there:
        for words in which():
            told = there.type(*words.split(), "--help")
            assert (told.code, told.err) == (0, ""), words
            assert len(told.out.splitlines()) > 5, words
    assert not (tmp_path / "none").exists()


def holds(typed: Terminal, name: str) -> None:
    words, said = MISTAKES[name]
    told = typed.type(*shlex.split(words))
    plain = " ".join(told.all.replace("│", " ").split())
    assert told.code in (1, 2), (words, plain)
    assert said in plain, (words, plain)
    assert "Traceback" not in plain, words
    # No class of ours is anybody's word.
    assert "instance of" not in plain, (words, plain)


def test_the_likeliest_mistakes_are_told_in_a_sentence(typed: Terminal) -> None:
    for name in SOME:
        holds(typed, name)


@pytest.mark.long
def test_the_likeliest_mistake_with_each_command_is_told_in_a_sentence(typed: Terminal) -> None:
    for name in MISTAKES:
        holds(typed, name)


def test_a_command_typed_where_there_is_no_installation_makes_none_and_says_so(
    tmp_path: Path,
) -> None:
    nowhere = {"LEADFLOW_HOME": str(tmp_path / "none")}
    with terminal(tmp_path, **nowhere, **NOBODY_LISTENS) as there:
        for words in ("status", "import leads.csv", "sign-in olga"):
            told = there.type(*words.split())
            assert told.code == 1, words
            assert "There is no Leadflow in" in told.err, words
            assert "leadflow up" in told.err, words
        assert there.type("down").out == "Nothing is running.\n"
        # Of a file of campaigns what it says itself is checked.
        examples = Path(__file__).parents[2] / "examples" / "campaigns"
        told = there.type("campaigns", "check", str(examples / "trial_nurture.yaml"))
        assert (told.code, "were not checked" in told.out) == (0, True), told.all
        # A backup is looked at, and restored, where nothing is yet.
        (tmp_path / "some.backup").write_text("no backup")
        for words in ("backup some.backup --check", "restore some.backup --why fire"):
            told = there.type(*words.split())
            assert told.code == 1, words
            assert "some.backup is not a whole backup" in told.err, words
    assert not (tmp_path / "none").exists()


@pytest.mark.long
def test_a_home_that_cannot_be_written_is_told_with_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with terminal(
        tmp_path, LEADFLOW_HOME=str(tmp_path / "file" / "home"), **NOBODY_LISTENS
    ) as there:
        for words in (["up"], ["up", "--detach"]):
            told = there.type(*words)
            assert told.code == 1
            assert "set LEADFLOW_HOME" in told.err
            assert "Traceback" not in told.err


def test_the_database_away_is_told_in_a_sentence(tmp_path: Path) -> None:
    for address, said in (
        ("postgresql://u:hidden@127.0.0.1:9/none", "The database does not answer"),
        ("not-an-address", "LEADFLOW_DATABASE_URL is no address of a database"),
        ("mysql://u@127.0.0.1/none", "must be a postgresql:// URL"),
    ):
        key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
        with terminal(tmp_path, LEADFLOW_DATABASE_URL=address, LEADFLOW_SECRET_KEY=key) as there:
            told = there.type("status")
            assert told.code == 1
            assert said in told.err
            assert "Traceback" not in told.err
            assert "hidden" not in told.err


@pytest.mark.long
def test_an_installation_that_was_never_set_up_says_to_start_it(typed: Terminal) -> None:
    told = typed.type("status", LEADFLOW_DATABASE_URL=_database("never_set_up"))
    assert told.code == 1
    assert "has not been set up" in told.err
    assert "leadflow up" in told.err


def test_a_misspelt_setting_is_named_with_the_nearest(typed: Terminal) -> None:
    told = typed.type("people", "list", LEADFLOW_GATEWAY_PRT="8001")
    assert told.code == 0
    assert "LEADFLOW_GATEWAY_PRT (in the environment) is no setting" in told.err
    assert "did you mean LEADFLOW_GATEWAY_PORT?" in told.err
    wrong = typed.type("people", "list", LEADFLOW_GATEWAY_PORT="eighty")
    assert wrong.code == 1
    assert "Setting LEADFLOW_GATEWAY_PORT: " in wrong.err


@pytest.mark.long
def test_a_number_beyond_the_database_or_the_calendar_is_told_in_a_sentence(
    typed: Terminal,
) -> None:
    large = "99999999999999999999"
    for words, said in (
        (f"rules activate {large}", "a number is too large"),
        (f"assignments overdue --limit {large}", "a number is too large"),
        ("performance report --days 99999999", "A number is too large"),
        ("keys create web --days 1e300", "A number is too large"),
        ("keys create web --days nan", "Invalid value for '--days'"),
        ("keys rotate web --hours inf", "Invalid value for '--hours'"),
    ):
        told = typed.type(*words.split())
        plain = " ".join(told.all.split())
        assert (told.code in (1, 2), said in plain) == (True, True), (words, plain)
        assert "Traceback" not in plain, words


def test_a_password_can_be_piped_in(typed: Terminal) -> None:
    word = "correct horse battery"
    told = typed.type("people", "password", "olga", "--ask", typed=f"{word}\n{word}\n")
    assert (told.code, "olga has a new password." in told.out) == (0, True)
    assert "warning" not in told.all.lower()
    assert typed.type("sign-in", "olga", typed=f"{word}\n").code == 0
    assert typed.type("sign-out").out == "Signed out.\n"
    made = typed.type("people", "password", "olga")
    assert (made.code, "(shown once)" in made.out) == (0, True)


def _database(name: str) -> str:
    from leadflow.database import cluster
    from leadflow.settings import get_settings

    found = cluster.locate(get_settings()).leadflow
    return found.set(drivername="postgresql", database=name).render_as_string(False)
