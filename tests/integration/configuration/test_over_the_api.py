"""The whole configuration over the API: read with a tag, and written of what was read."""

from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi.testclient import TestClient

from leadflow.accounts.keys import ANYBODY, create_key
from leadflow.database.engine import unit_of_work

SHOPS = {"conditions": {"industry": {"operator": "equals", "value": "retail"}}}


def segments(**said: Any) -> dict[str, Any]:
    return {"configuration": {"segments": {"segments": said}}}


def kinds(answer: Any) -> dict[str, Any]:
    return {one["kind"]: one for one in answer.json()["kinds"]}


def test_what_is_read_is_written_of_what_was_read(client: TestClient) -> None:
    read = client.get("/configuration")
    assert set(read.json()["configuration"]) == {"policies", "campaigns", "rules/workflow"}
    seen = {"If-Match": read.headers["ETag"]}
    written = client.put("/configuration", json=segments(shops=SHOPS), headers=seen)
    assert written.status_code == 200, written.text
    assert kinds(written)["segments"]["new"] == ["shops"]
    assert kinds(written)["policies"]["left"] == ["policies"]
    late = client.put("/configuration", json=segments(other=SHOPS), headers=seen)
    assert late.status_code == 412
    whole = client.get("/configuration").json()
    again = client.put("/configuration", json=whole)
    assert all(one["new"] == one["changed"] == [] for one in again.json()["kinds"])
    taken = client.put("/configuration?take_out=true", json=segments(others=SHOPS))
    assert kinds(taken)["segments"]["taken_out"] == ["shops"]


def test_it_is_read_as_it_was(client: TestClient) -> None:
    before = datetime.now(UTC)
    client.put("/configuration", json=segments(shops=SHOPS))
    after = datetime.now(UTC)
    for at, there in ((before, False), (after, True)):
        read = client.get("/configuration", params={"at": at.isoformat()})
        assert ("segments" in read.json()["configuration"]) is there
    ahead = client.get("/configuration", params={"at": (after + timedelta(days=1)).isoformat()})
    assert ahead.json()["type"] == "/problems/moment-ahead"


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_stored(client: TestClient) -> None:
    wrong = segments(shops=SHOPS)
    wrong["configuration"] |= {
        "segmnts": {},
        "territories": {"territories": {}},
        "rules/workflow": {"rules": [{"rule_id": "a"}]},
    }
    answer = client.put("/configuration", json=wrong)
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/configuration-invalid"
    places = {one["place"] for one in answer.json()["errors"]}
    assert {"segmnts", "territories: territories", "rules/workflow: rules[0].name"} <= places
    assert set(client.get("/configuration").json()["configuration"]) == {
        "policies",
        "campaigns",
        "rules/workflow",
    }


def test_a_kind_that_changes_needs_its_own_permission(client: TestClient) -> None:
    with unit_of_work() as session:
        key = create_key(session, "git", ["configuration.write"], [ANYBODY])
    answer = client.put("/configuration", json=segments(shops=SHOPS), headers={"X-API-Key": key})
    assert answer.status_code == 403
    assert "rules.write" in answer.json()["detail"]
    assert client.get("/segments").json()["items"] == []
    assert client.get("/configuration", headers={"X-API-Key": key}).status_code == 403
