"""Whoever pastes the requests of a guide, with the words that the README gives them, is answered as
the guide says."""

import os
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from leadflow.accounts.keys import ANYBODY, create_key
from leadflow.accounts.permissions import SCOPES
from leadflow.database.engine import unit_of_work
from leadflow.settings import get_settings
from leadflow.uploads.importing import Importer
from tests.gateways import listening
from tests.guides import PASTED, to_paste
from tests.integration.campaigns.running import launch

pytestmark = [pytest.mark.uncounted]
DOCS = Path(__file__).parents[2] / "docs"
GUIDES = ("analytics.md", "api.md", "campaigns.md", "events.md", "mappings.md")
LEAD = (
    '{"email": "ada@example.com", "source": "fair", "budget": 25000, "attributes": {"plan": "pro"}}'
)
# As the README begins, beside a file of leads; a lead, a page after the first, and what is missing
# on small machines.
BEGIN = """
cd $FOLDER
printf 'id,mail,plan\\n1,ada@one.example,pro\\n2,bo@two.example,basic\\n' > leads.csv
curl() { command curl --silent --show-error --fail-with-body "$@"; }
uuidgen() { cat /proc/sys/kernel/random/uuid; }
LEADS=$SERVER/leads
SEND="-H X-API-Key:$KEY -H Content-Type:application/json"
LEAD=$LEADS/$(curl $SEND $LEADS -d "$SENT" | grep -o 'lead_[0-9a-f]*' | head -1)
curl $SEND $LEADS -d '{"email": "grace@example.com"}' > /dev/null
NEXT=$(curl $SEND "$LEADS?limit=1" | grep -o '"next":"[^"]*"' | cut -d '"' -f 4)
"""


@pytest.fixture
def address(store: Engine) -> Iterator[str]:
    with listening() as there:
        yield there


@pytest.fixture
def importing(store: Engine) -> Iterator[None]:
    """What a background process does with files that are sent."""
    ended = threading.Event()
    importer = Importer(store, get_settings(), lambda: datetime.now(UTC), "pasted")

    def work() -> None:
        while not ended.wait(0.2):
            importer.work_next()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    ended.set()
    thread.join(60)


def test_every_guide_with_requests_is_tried() -> None:
    with_some = {
        path.name
        for path in DOCS.glob("*.md")
        if any(
            "curl " in block for language, block in PASTED.findall(path.read_text()) if not language
        )
    }
    assert with_some == set(GUIDES)


def requests_of(name: str) -> list[str]:
    return [line for line in to_paste((DOCS / name).read_text()) if "curl " in line]


@pytest.mark.parametrize("name", GUIDES)
def test_what_a_guide_requests_is_answered(
    address: str, importing: None, tmp_path: Path, name: str
) -> None:
    with unit_of_work() as session:
        key = create_key(session, "pasted", sorted(SCOPES), [ANYBODY])
    asked = requests_of(name)
    if name == "campaigns.md":
        launch(name="welcome_series_1")
    script = "\n".join(["set -e", BEGIN, *(f"{line}\necho" for line in asked)])
    done = subprocess.run(
        ["bash"],
        input=script,
        env=os.environ | {"SERVER": address, "KEY": key, "SENT": LEAD, "FOLDER": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert len(done.stdout.splitlines()) >= len(asked)
