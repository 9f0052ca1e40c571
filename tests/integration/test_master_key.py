"""The master key is rotated while everything runs, whatever ends the rotation half way."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.orm import Session

from leadflow.accounts.people import add_person, find_person
from leadflow.audit.tables import AuditEntry
from leadflow.database.engine import unit_of_work
from leadflow.leads.service import email_index_of
from leadflow.leads.tables import Lead
from leadflow.privacy import master_key
from leadflow.privacy.cipher_in_use import get_cipher
from leadflow.privacy.master_key import OldKeyStillWritten, RotationElsewhere
from leadflow.privacy.rotation import encrypted_tables, values_by_version
from leadflow.secret import KeyRing, load_ring, parse_ring, replace_ring
from leadflow.settings import get_settings
from leadflow.supervisor.doctor import examine
from leadflow.tables import metadata

pytestmark = pytest.mark.uncounted

LEADS = 4000
TABLES = encrypted_tables(metadata)
VERSIONS = text("SELECT get_byte(email, 0), count(*) FROM leads GROUP BY 1")


def address(number: int) -> str:
    return f"lead{number}@company.example"


@pytest.fixture
def leads(store: Engine) -> Iterator[KeyRing]:
    """Leads, a person, and the secret they were written with, which is not rotated yet."""
    before = load_ring(get_settings())
    rows = [
        {
            "source": "test",
            "email": address(number),
            "email_index": email_index_of(address(number)),
            "first_name": f"First {number}",
            "last_name": "Last",
        }
        for number in range(LEADS)
    ]
    with unit_of_work() as session:
        session.execute(insert(Lead), rows)
        add_person(session, "ana", "Ana Arndt", ["admin"], "test", "ana@company.example")
    yield before
    # Whatever became of it: what other tests need opens, and is written with one key.
    replace_ring(get_settings(), load_ring(get_settings()).newest_only())


def versions(store: Engine) -> dict[int, int]:
    """How many addresses were written with each version."""
    with store.connect() as connection:
        return dict(connection.execute(VERSIONS).tuples().all())


def command(**more: str) -> "subprocess.Popen[str]":
    words = [sys.executable, "-m", "leadflow.cli.main", "keys", "rotate-master", "--yes"]
    said = subprocess.PIPE
    return subprocess.Popen(
        words, env=os.environ | more, stdout=said, stderr=subprocess.STDOUT, text=True
    )


def run(**more: str) -> str:
    running = command(**more)
    told, _ = running.communicate(timeout=300)
    assert running.returncode == 0, told
    return told


def run_beside(client: TestClient) -> str:
    """Run it to its end while leads come in and are read all the time."""
    running, made = command(), 0
    while running.poll() is None:
        answer = client.post("/leads", json={"email": f"beside{made}@company.example"})
        assert answer.status_code == 201, answer.text
        read = client.get(f"/leads/{answer.json()['lead']['id']}")
        assert f"beside{made}@company.example" in read.text
        made += 1
    told, _ = running.communicate(timeout=60)
    assert running.returncode == 0, told
    assert made > 0
    return told


def kill_half_way(store: Engine, new: int) -> None:
    """Have a rotation killed while some values are written with the new key, and some are not."""
    running = command()
    while running.poll() is None and new not in versions(store):
        time.sleep(0.002)
    running.send_signal(signal.SIGKILL)
    running.communicate(timeout=60)


def read_all(session: Session) -> list[tuple[str | None, str | None]]:
    return [tuple(row) for row in session.execute(select(Lead.email, Lead.first_name))]


def test_a_rotation_that_is_killed_is_gone_on_with_and_everything_is_read_and_found_meanwhile(
    store: Engine, leads: KeyRing, client: TestClient
) -> None:
    before, new = leads, leads.newest + 1
    get_cipher()  # this process has the old key, as one that runs has
    kill_half_way(store, new)
    between = versions(store)
    assert between.keys() == {before.current, new}, "killed too late"
    assert load_ring(get_settings()).versions == (new, before.current)
    # Every lead is read, whichever key it was written with, and found by its address.
    whole = {(address(number), f"First {number}") for number in range(LEADS)}
    with unit_of_work() as session:
        assert set(read_all(session)) == whole
        assert find_person(session, "ana@company.example").name == "Ana Arndt"
    for number in (0, LEADS - 1):
        answer = client.post("/leads", json={"email": address(number), "company_size": 5})
        assert answer.status_code == 200, answer.text
    assert client.post("/leads", json={"email": "new@company.example"}).status_code == 201
    assert sum(versions(store).values()) == LEADS + 1
    [found] = [one for one in examine(get_settings()) if one.part == "Secret key"]
    assert (found.mark, found.mend) == ("note", "leadflow keys rotate-master")
    told = run_beside(client)
    assert f"A rotation to version {new} was begun; it goes on." in told
    assert "Nothing has to be restarted." in told
    with store.connect() as connection:
        assert values_by_version(connection, TABLES).keys() == {new}
    assert load_ring(get_settings()).versions == (new,)
    assert load_ring(get_settings()).lasting == before.lasting
    with unit_of_work() as session:
        assert whole < set(read_all(session))
        assert session.scalars(
            select(AuditEntry.detail).where(AuditEntry.action == "master_key.rotated")
        ).all() == [{"earlier": [before.current], "now": new}]
    assert client.post("/leads", json={"email": address(7)}).status_code == 200


@pytest.mark.long
def test_a_key_from_the_environment_is_rotated_in_three_steps_that_are_said(
    store: Engine, leads: KeyRing
) -> None:
    said = leads.text()
    new = leads.newest + 1
    for step in (1, 2, 3):
        told = run(LEADFLOW_SECRET_KEY=said)
        assert f"{step} of 3." in told
        said = told[told.rindex("LEADFLOW_SECRET_KEY=") :].partition("=")[2].strip()
        ring = parse_ring(said)
        assert ring.lasting == leads.lasting
        # Read with before it is written with, so that no order of restarts loses anything.
        assert ring.versions == [(leads.current, new), (new, leads.current), (new,)][step - 1]
    # The file stands for what is set now.
    replace_ring(get_settings(), parse_ring(said))
    with store.connect() as connection:
        assert values_by_version(connection, TABLES).keys() == {new}
    with unit_of_work() as session:
        assert (address(1), "First 1") in read_all(session)


def test_an_old_key_stays_as_long_as_something_writes_with_it(
    store: Engine, leads: KeyRing
) -> None:
    ring = leads.with_new_key().newest_first()
    # Somebody who was not restarted writes with the old key again and again.
    with store.connect() as connection:
        kept = connection.execute(text("SELECT id, email FROM leads LIMIT 1")).one()

    def write_again(_: float) -> None:
        with store.begin() as connection:
            connection.execute(
                text("UPDATE leads SET email = :email WHERE id = :id"),
                {"id": kept.id, "email": kept.email},
            )

    with pytest.raises(OldKeyStillWritten, match=f"version {leads.current} of the master key"):
        master_key.rewrite_all(
            store, TABLES, ring, lambda *_: None, 5000, rounds=2, sleep=write_again
        )
    replace_ring(get_settings(), ring)
    assert versions(store) == {leads.current: 1, ring.current: LEADS - 1}


def test_of_files_few_parts_at_a_time_are_in_memory() -> None:
    large = {one.name for one in TABLES if one.most <= 20}
    assert {"upload_parts", "lead_export_parts"} <= large
    assert "leads" not in large


def test_two_do_not_rotate_at_once(store: Engine) -> None:
    with master_key.alone(store), pytest.raises(RotationElsewhere), master_key.alone(store):
        pass


def test_a_row_that_somebody_holds_is_done_when_they_let_go(store: Engine, leads: KeyRing) -> None:
    ring = leads.with_new_key().newest_first()
    replace_ring(get_settings(), ring)
    holder = store.connect()
    holder.execute(text("SELECT FROM leads LIMIT 3 FOR UPDATE"))
    seen: list[dict[int, int]] = []

    def let_go(_: float) -> None:
        seen.append(versions(store))
        holder.rollback()

    master_key.rewrite_all(store, TABLES, ring, lambda *_: None, 5000, sleep=let_go)
    holder.close()
    assert seen[0] == {leads.current: 3, ring.current: LEADS - 3}
    assert versions(store) == {ring.current: LEADS}


def test_writers_are_waited_for(store: Engine, leads: KeyRing) -> None:
    writer = store.connect()
    writer.execute(text("UPDATE leads SET source = 'x' WHERE email_index = 'nobody'"))
    writer.execute(text("SELECT pg_current_xact_id()"))
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 4:
            writer.rollback()

    master_key.wait_for_writers(store, nap)
    writer.close()
    assert len(naps) >= 4
