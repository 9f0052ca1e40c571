"""Chromium, and a gateway of the tests' own for its pages."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from sqlalchemy import Engine

from leadflow.accounts.people import add_person
from leadflow.database.engine import unit_of_work
from tests.gateways import application
from tests.servers import free_port

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
]
PASSWORD = "correct horse battery"
PEOPLE = {
    "mary": ["sales_manager"],
    "mike": ["sales_manager"],
    "dana": ["data_scientist"],
    "mark": ["marketing_manager"],
    "root": ["admin"],
}


# Not for the whole run: as long as it is there an event loop runs in this thread, and tests that
# come later in it would find themselves within one.
@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium. Where continuous integration runs, it must be there."""
    if CHROMIUM is None:
        assert not os.environ.get("CI"), "scripts/install-browser.sh has not been run"
        pytest.skip("Chromium is not installed; scripts/install-browser.sh installs it")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page of a new visitor."""
    context = browser.new_context(viewport={"width": 1300, "height": 900})
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


@pytest.fixture
def people(store: Engine) -> dict[str, str]:
    """Ids of people who can sign in, by username."""
    with unit_of_work() as session:
        return {
            name: add_person(session, name, name.title(), roles, "test", password=PASSWORD).id
            for name, roles in PEOPLE.items()
        }


@pytest.fixture
def console(background: None) -> Iterator[str]:
    """The address of a gateway that runs in this process, with the background beside it."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(application(), port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    # It would wait for pages that are still open, and they for what changes.
    application().state.live.stop()
    thread.join(30)


def sign_in(page: Any, address: str, username: str) -> None:
    """Through the form, by the keyboard alone."""
    page.goto(f"{address}/")
    page.wait_for_url("**/console/sign-in**")
    page.wait_for_function("document.activeElement.id === 'username'")
    page.keyboard.type(username)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Waits for you").wait_for()
    # Keys are heard once scripts have come.
    page.wait_for_load_state("load")


def choose_file(page: Any, file: Path, press: Callable[[], None]) -> None:
    """In the chooser that ``press`` opens."""
    with page.expect_file_chooser() as chooser:
        # Keys reach Chromium by another way than the wish to be told of the chooser, and overtook
        # it: the chooser opened, and nobody was told. What is asked after the wish, by its own way,
        # is answered after it.
        page.evaluate("document.activeElement.id")
        press()
    chooser.value.set_files(file)
