"""What rooms declare is whole for whoever looks at it, or is not to be looked at; and a room has no
other way to hear of what another does in the same process."""

import sys
from pathlib import Path

import pytest
from sqlalchemy import ForeignKey, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from leadflow import catalogues
from leadflow.catalogues import Catalogue, NotComposed
from leadflow.database import engine as _listening  # noqa: F401
from leadflow.database.base import Base
from leadflow.database.referred_tables import MODULES, know_referred
from leadflow.tables import metadata

SOURCE = Path(__file__).parents[2] / "src" / "leadflow"


@pytest.fixture
def nobody_fills(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogues, "_fill", [])


@pytest.mark.usefixtures("nobody_fills")
def test_what_was_not_put_together_is_not_taken_for_empty() -> None:
    made = Catalogue[int]("shoes")
    for look in (len, list, dict, bool, lambda found: "x" in found, lambda found: found.get("x")):
        with pytest.raises(NotComposed, match="shoes"):
            look(made)


@pytest.mark.usefixtures("nobody_fills")
def test_the_first_look_at_any_has_all_of_them_put_together_once() -> None:
    shoes, hats = Catalogue[int]("shoes"), Catalogue[int]("hats")
    asked = list[str]()

    def fill() -> None:
        asked.append("fill")
        shoes.install({"boot": 1})
        hats.install({})

    catalogues.fill_when_needed(fill)
    assert not asked
    assert shoes["boot"] == 1
    assert not hats
    assert dict(shoes) == {"boot": 1}
    assert asked == ["fill"]


def test_composing_puts_every_catalogue_there_is_together() -> None:
    own = {
        one.what: one
        for name, module in list(sys.modules.items())
        if name.startswith("leadflow.")
        for one in vars(module).values()
        if isinstance(one, Catalogue)
    }
    assert {"acts of the outbox", "kinds of decision", "fields of leads"} < own.keys()
    assert [what for what, one in own.items() if one._given is None] == []


def test_nothing_but_the_composition_root_hands_a_catalogue_what_it_holds() -> None:
    """A room that listened from its import on would be deaf in a command that does not load it."""
    for path in SOURCE.rglob("*.py"):
        for said in path.read_text().splitlines():
            by_itself = said.startswith(("event.listen", "compose(", "@event.")) or (
                ".install(" in said and not said.startswith((" ", "#"))
            )
            assert not by_itself or "know_referred" in said, (path, said)


def test_whoever_has_loaded_one_room_can_write_into_its_tables() -> None:
    rooms = {one.class_.__tablename__: one.class_.__module__ for one in Base.registry.mappers}
    for name in rooms:
        table = metadata.tables[name]
        referred = {key.column.table.name for key in table.foreign_keys}
        for other in referred:
            assert rooms[other] in (rooms[name], MODULES.get(other)), (name, other)
    assert all(rooms[name] == room for name, room in MODULES.items())


def test_rows_of_another_program_are_written_as_it_knows_them() -> None:
    class Others(DeclarativeBase):
        """MLflow's tables, say, in a process of ours."""

    class Run(Others):
        __tablename__ = "runs"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Measured(Others):
        __tablename__ = "measured"
        id: Mapped[int] = mapped_column(primary_key=True)
        run: Mapped[int] = mapped_column(ForeignKey("runs.id"))

    engine = create_engine("sqlite://")
    assert event.contains(Session, "before_flush", know_referred)
    Others.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Run(id=1), Measured(id=1, run=1)])
        session.flush()
        assert session.get_one(Measured, 1).run == 1
