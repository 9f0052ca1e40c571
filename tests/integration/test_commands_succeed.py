"""Every command succeeds, typed in a process of its own: one story on one store. The commands are
listed from the parser, so that none is forgotten."""

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text

from leadflow.accounts.delegation import Requester
from leadflow.accounts.people import add_person
from leadflow.assignment.tables import Rep
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.leads.tables import Lead
from leadflow.scoring.learning.challenger import Learned
from leadflow.scoring.overrides.schemas import OverrideIn
from leadflow.scoring.overrides.service import override
from leadflow.settings import Settings, get_settings
from leadflow.sources.accepting import Arrival, accept
from leadflow.sources.definitions import Source
from leadflow.sources.processing import process_some
from leadflow.sources.service import apply
from models.registry import Registry
from tests.integration.likely_successes import (
    ELSEWHERE,
    FILES,
    MODELS,
    PASSWORD,
    PEOPLE,
    STORY,
    Step,
)
from tests.integration.registered_models import NOW, approve
from tests.integration.test_commands import NOBODY_LISTENS, commands
from tests.integration.test_performance import put_past, put_team
from tests.integration.test_quality import hand_out
from tests.typed import Terminal, terminal

pytestmark = [pytest.mark.uncounted]
NARROW = 80
# The last words of commands that show what there is.
LISTS = re.compile(
    r"(list|status|overdue|unroutable|channels|overrides|exports|versions|territories|waiting"
    r"|messages|message|types|report|log|unread|campaigns audit)$"
)
SHOP = {"scheme": "token", "mapping": {"key": "id", "fields": {"email": "mail"}}}
PROJECT = Path(__file__).parents[2]


@pytest.fixture
def typed(store: Engine, tmp_path: Path) -> Iterator[Terminal]:
    """A terminal at the tests' installation, where the story begins."""
    with terminal(tmp_path, **begin(tmp_path)) as there:
        yield there


def begin(folder: Path) -> dict[str, str]:
    """Put the store and the folder to where the story begins; what is set in the environment."""
    with unit_of_work() as session:
        hand_out(session, folder, 4)
        ann = session.scalars(select(Rep.id).where(Rep.external_id == "ann")).one()
        for name, role, rep in (
            ("olga", "admin", None),
            ("mary", "sales_manager", None),
            ("ben", "sales_manager", None),
            ("ann", "sales_rep", ann),
        ):
            person = add_person(session, name, name, [role], "test", rep_id=rep, password=PASSWORD)
        by = Requester(person.id, frozenset(person.roles), person.id)
        lead_id = session.scalars(select(Lead.id).order_by(Lead.id).limit(1)).one()
        said = OverrideIn(new_score=85, reason="Met them", override_by=person.id)
        override(session, lead_id, said, by, datetime.now(UTC), get_settings())
    deliver()
    for name, content in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)
    more = {"LEADFLOW_AUDIT_FOLDER": str(folder), "LEADFLOW_QUALITY_SECOND_SHARE": "1"}
    return NOBODY_LISTENS | more


def deliver() -> None:
    """Have a source, and two deliveries of it that say no address."""
    now, source = datetime.now(UTC), Source.model_validate(SHOP)
    with unit_of_work() as session:
        apply(session, {"shop": source}, "test", now)
        bodies = [b'{"id": "1", "mail": "no address"}', b'{"id": "2", "mail": "no address"}']
        accept(session, [Arrival("shop", None, body) for body in bodies], now)
    process_some(get_engine(), None, get_settings(), now)


def test_every_command_has_a_success_that_is_tried() -> None:
    told = {command_of(step.words) for step in (*STORY, *MODELS)}
    assert not told & set(ELSEWHERE)
    assert told | set(ELSEWHERE) == set(commands())


@pytest.mark.parametrize(("command", "test"), ELSEWHERE.items(), ids=ELSEWHERE)
def test_what_succeeds_elsewhere_is_typed_there_in_a_process_of_its_own(
    command: str, test: str
) -> None:
    file, _, name = test.partition("::")
    source = (PROJECT / file).read_text()
    assert f"def {name}(" in source
    assert "leadflow.cli.main" in source or "tests.typed" in source
    at_once = re.search(rf'"{command}\b', source)
    assert at_once or all(re.search(rf'"{word}\b', source) for word in command.split())


def command_of(words: str) -> str:
    """The command that is typed with these words."""
    typed = [name for name in commands() if f"{words} ".startswith(f"{name} ")]
    return max(typed, key=len)


class Store:
    """What is asked of the store between commands, by its owner."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def damage(self, sql: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(text(sql))

    def ask(self, sql: str) -> object:
        with self.engine.connect() as connection:
            return connection.execute(text(sql)).scalar()


def tell(typed: Terminal, store: Store, step: Step, kept: dict[str, list[str]]) -> str:
    """Type one step, and see that it says and does what it should; the words of it."""
    if step.before:
        store.damage(step.before)
    words = step.words.format(**kept)
    told = typed.type(*shlex.split(words), typed=step.typed)
    plain = " ".join(told.all.split())
    assert told.code == 0, (words, plain)
    assert step.said.format(**kept) in plain, (words, plain)
    assert "Traceback" not in plain, words
    if step.keeps is not None:
        name, pattern = step.keeps
        kept[name] = re.findall(pattern, told.out, re.MULTILINE)
        assert kept[name], (words, told.out)
    if step.into:
        (typed.folder / step.into).write_text(told.out)
    if step.left is not None:
        sql, answer = step.left
        assert store.ask(sql.format(**kept)) == answer, words
    return words


def is_list(words: str) -> bool:
    """Whether a table is what is asked for."""
    # Acts of the outbox are no table: their keys stand whole in lines as long as they are.
    if words.startswith("outbox") or "--stop" in words:
        return False
    return LISTS.search(command_of(words)) is not None


def fits(typed: Terminal, words: str) -> None:
    """A list is read in a terminal of eighty columns: no line is longer, but for a sentence that
    the terminal breaks itself; each id is whole, to be copied; no heading stands over nothing."""
    narrow = typed.type(*shlex.split(words), COLUMNS=str(NARROW))
    tables = json.loads(typed.type(*shlex.split(words), "--json").out)["tables"]
    assert narrow.code == 0, (words, narrow.all)
    lines = narrow.out.splitlines()
    for table in tables:
        for row in (row for row in table["rows"] if isinstance(row, dict)):
            for name, value in row.items():
                ids = re.findall(r"\b[a-z]+_[0-9a-f]{20,}\b", value)
                assert all(any(one in line for line in lines) for one in ids), (words, name, value)
        empty = {} if not table["rows"] or isinstance(table["rows"][0], list) else table["rows"][0]
        for name in (one for one in empty if not any(row[one].strip() for row in table["rows"])):
            assert not any(name in line.split("  ") for line in lines), (words, name)
    wide = [line for line in lines if len(line) > NARROW]
    assert all(line.strip() and "  " not in line.strip() for line in wide), (words, wide)


def all_do(typed: Terminal, store: Engine, story: Sequence[Step], narrow: bool = True) -> None:
    """Tell a story; ``narrow``: each list also in a narrow terminal, and for programs."""
    kept: dict[str, list[str]] = {}
    for step in story:
        words = tell(typed, Store(store), step, kept)
        if narrow and is_list(words):
            fits(typed, words)


@pytest.mark.long
def test_commands_about_people_do_what_they_say(typed: Terminal, store: Engine) -> None:
    all_do(typed, store, PEOPLE)


@pytest.mark.long
def test_each_command_does_what_it_says(typed: Terminal, store: Engine) -> None:
    all_do(typed, store, STORY)


@pytest.mark.long
def test_each_command_about_models_does_what_it_says(
    typed: Terminal, store: Engine, models: Registry, learned: list[Learned], settings: Settings
) -> None:
    for number, version in enumerate(learned[:2]):
        approve(version, settings, NOW + timedelta(days=number))
    with unit_of_work() as session:
        reps = put_team(session, typed.folder)
        for number in range(120):
            put_past(session, reps["ann"], number % 2 == 0)
    typed.environment["LEADFLOW_MODEL_NAME"] = models.name
    all_do(typed, store, MODELS)
    serves = models.champion()
    assert serves is not None
    assert serves.version == learned[0].version
