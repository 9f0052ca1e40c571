"""What doctor says of the gateway: asked over HTTP, as whoever uses it would."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from leadflow.settings import Settings
from leadflow.supervisor import doctor, of_the_store, state
from leadflow.supervisor.findings import Finding
from leadflow.supervisor.service import Supervisor
from tests.servers import free_port


@contextmanager
def answering(status: int) -> Iterator[int]:
    """A server that answers everything with this status; its port."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A supervisor runs."""
    monkeypatch.setattr(state, "running", lambda settings: object())


def said_of(port: int, home: Path) -> tuple[str, str]:
    found = doctor._gateway(Settings(home=home, gateway_port=port))
    return found.mark, found.what


@pytest.mark.parametrize(("status", "mark"), [(200, "ok"), (503, "bad"), (404, "bad")])
def test_the_gateway_s_own_word_is_read(up: None, tmp_path: Path, status: int, mark: str) -> None:
    with answering(status) as port:
        assert said_of(port, tmp_path)[0] == mark


def test_a_gateway_that_does_not_answer_is_bad(up: None, tmp_path: Path) -> None:
    mark, what = said_of(free_port(), tmp_path)
    assert mark == "bad"
    assert what.startswith("does not answer at ")


def test_without_a_supervisor_it_is_not_running(tmp_path: Path) -> None:
    assert said_of(free_port(), tmp_path) == ("note", "not running")


UNUSABLE = (
    "mailto",
    "smtp.example.com",
    "mailtoo://user:password@smtp.example.com",
    " ",
    "{email}",
)


@pytest.mark.parametrize("address", UNUSABLE)
def test_an_address_through_which_no_notice_leaves_is_told_by_doctor_and_at_the_start(
    tmp_path: Path, address: str
) -> None:
    settings, said = Settings(home=tmp_path, notify_url=address), list[str]()
    found = doctor._notices_leave(settings)
    assert (found.mark, found.what) == ("bad", "no notice leaves")
    assert "LEADFLOW_NOTIFY_URL" in found.mend
    Supervisor(settings, said.append)._look_at_notices()
    assert [line.partition(":")[0] for line in said] == ["No notice will leave"]
    # It may hold a password.
    assert "password" not in found.mend + "".join(said)


@pytest.mark.parametrize("address", [None, "mailtos://user:secret@smtp.example.com?to={email}"])
def test_an_address_through_which_notices_leave_is_well(
    tmp_path: Path, address: str | None
) -> None:
    settings, said = Settings(home=tmp_path, notify_url=address), list[str]()
    assert doctor._notices_leave(settings).mark == "ok"
    Supervisor(settings, said.append)._look_at_notices()
    assert said == []


OF_THE_STORE = [of_the_store.background, of_the_store.journals, of_the_store.told]


@pytest.mark.parametrize("check", OF_THE_STORE, ids=lambda check: check.__name__)
def test_what_is_asked_of_the_store_starts_no_server_and_says_what_to_do_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: Callable[[Settings], Finding]
) -> None:
    asleep = check(Settings(home=tmp_path, database_url=None))
    assert (asleep.mark, asleep.what) == ("note", "PostgreSQL is not running")
    assert "leadflow up" in asleep.mend

    def silent() -> None:
        raise OSError

    monkeypatch.setattr(of_the_store, "unit_of_work", silent)
    gone = check(Settings(home=tmp_path, database_url="postgresql://127.0.0.1:1/none"))
    assert (gone.mark, gone.what) == ("note", "PostgreSQL does not answer")
