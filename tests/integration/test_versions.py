"""An edit is made of exactly what was seen, where its caller says so; what is known already is not
sent again."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from leadflow.accounts.people import add_person
from leadflow.approvals.policies import shipped
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api import routers as api
from leadflow.gateway.http.permissions import every_route
from leadflow.leads.tables import Lead
from leadflow.sources.tables import Delivery
from leadflow.uploads.tables import Upload
from tests.deciders import signed_in_already

# What is put and not read by itself: there is no tag of it to have seen.
WITHOUT = {
    "/leads/{lead_id}/notes/{note_id}": "It says the `revision` that it is of.",
    "/leads/{lead_id}/tasks/{task_id}": "It says the `revision` that it is of.",
    "/tags/{name}": "The name in the address is all that changes.",
    "/me/password": "It takes the present password, which is a better proof.",
    "/leads/{lead_id}/training-flag": "It is set or not, and setting it again is 409.",
}
TEAM: dict[str, Any] = {
    "reps": [
        {"id": "west", "name": "Wanda West", "capacity": 5},
        {"id": "east", "name": "Erik East", "capacity": 5},
    ],
    "territories": [{"name": "west", "countries": ["US"]}],
}
CALENDAR = {"time_zone": "UTC"}
Ask = Callable[..., Any]


def rules(name: str) -> dict[str, Any]:
    condition = {"total_score": {"operator": "greater_than", "value": 80}}
    rule = {"rule_id": "hot", "name": name, "conditions": condition, "actions": {}}
    return {"rules": [rule]}


def segments(size: int) -> dict[str, Any]:
    condition = {"company_size": {"operator": "greater_than", "value": size}}
    return {"segments": {"large": {"conditions": condition}}}


def sources(field: str) -> dict[str, Any]:
    mapping = {"key": "id", "fields": {"email": field}}
    return {"sources": {"website": {"scheme": "standard_webhooks", "mapping": mapping}}}


@pytest.fixture
def admin(anonymous: TestClient) -> TestClient:
    with unit_of_work() as session:
        person = add_person(session, "olga", "Olga", ["admin"], "test")
        add_person(session, "rita", "Rita", ["sales_rep"], "test", email="rita@example.com")
        anonymous.headers["X-API-Key"] = signed_in_already(session, person)
    assert anonymous.put("/team", json=TEAM).status_code == 200
    assert anonymous.put("/rules/assignment", json=rules("Hot")).status_code == 201
    assert anonymous.put("/sources", json=sources("email")).status_code == 200
    endpoint = {"name": "shop", "url": "https://shop.example.com/x", "types": ["lead.created"]}
    assert anonymous.post("/webhook-endpoints", json=endpoint).status_code == 201
    file = b"id,mail,name\n1,ada@example.com,Ada\n"
    of_csv = {"Content-Type": "text/csv"}
    assert anonymous.post("/imports?name=fair.csv", content=file, headers=of_csv).is_success
    anonymous.post("/leads", json={"email": "ada@example.com", "external_id": "1", "source": "crm"})
    with unit_of_work() as session:
        session.add(
            Delivery(
                id="delivery_1",
                source="website",
                delivery_id="1",
                body_hash="x",
                body=b"{}",
                status="dead",
            )
        )
    return anonymous


def policies(hours: int) -> dict[str, Any]:
    content = {**shipped().content}
    return content | {"priorities": {**content.get("priorities", {}), "normal": hours}}


# Address, method, two edits of it.
EDITS: dict[str, tuple[str, str, Any, Any]] = {
    "/leads/{lead_id}": ("/leads/LEAD", "PATCH", {"budget": 1}, {"budget": 2}),
    "/team": ("/team", "PUT", TEAM | {"territories": []}, TEAM | {"reps": TEAM["reps"][:1]}),
    "/reps/{rep_id}": ("/reps/west", "PATCH", {"capacity": 7}, {"capacity": 9}),
    "/territories/{name:path}": (
        "/territories/west",
        "PUT",
        {"countries": ["CA"]},
        {"countries": ["MX"]},
    ),
    "/policies": ("/policies", "PUT", policies(30), policies(40)),
    "/rules/{kind}": ("/rules/assignment", "PUT", rules("Hotter"), rules("Hottest")),
    "/segments": ("/segments", "PUT", segments(10), segments(20)),
    "/configuration": (
        "/configuration",
        "PUT",
        {"configuration": {"segments": segments(30)}},
        {"configuration": {"segments": segments(50)}},
    ),
    "/imports/{import_id}/mapping": (
        "/imports/IMPORT/mapping",
        "PUT",
        {"source": "fair", "key": "id", "fields": {"email": "mail"}},
        {"source": "fair", "key": "id", "fields": {"email": "mail", "first_name": "name"}},
    ),
    "/sources": ("/sources", "PUT", sources("mail"), sources("address")),
    "/webhook-endpoints/{name}": (
        "/webhook-endpoints/shop",
        "PATCH",
        {"description": "The shop"},
        {"types": ["lead.lost"]},
    ),
    "/event-types": (
        "/event-types",
        "PUT",
        {"event_types": {"brochure": {"label": "Brochure", "counts_as": "content_download"}}},
        {"event_types": {"brochure": {"label": "Leaflet", "counts_as": "content_download"}}},
    ),
    "/people/{who}": ("/people/rita", "PATCH", {"email": "r@example.com"}, {"roles": ["admin"]}),
    "/deliveries/{delivery}/body": (
        "/deliveries/delivery_1",
        "PUT",
        {"body": "[1]"},
        {"body": "[2]"},
    ),
}


def test_whatever_is_edited_is_edited_here(client: TestClient) -> None:
    ours = {id(route) for router in api.ROUTERS for route in router.routes}
    routes = [one for one in every_route(client.app) if id(one) in ours]  # type: ignore[arg-type]
    edits = {one.path for one in routes if (one.methods or set()) & {"PUT", "PATCH"}}
    assert edits == EDITS.keys() | WITHOUT.keys()
    described = client.get("/openapi.json").json()["paths"]
    for path, (_, method, *_) in EDITS.items():
        said = described[path.replace(":path", "")][method.lower()]["parameters"]
        assert "If-Match" in {one["name"].title() for one in said}, path


def address(client: TestClient, of: str) -> str:
    with unit_of_work() as session:
        lead_id = session.scalar(select(Lead.id))
        import_id = session.scalar(select(Upload.id))
    return of.replace("LEAD", str(lead_id)).replace("IMPORT", str(import_id))


def version(answer: Any) -> str:
    return str(answer.headers["ETag"]).partition("-")[0]


@pytest.mark.few(3)
@pytest.mark.parametrize("path", EDITS)
def test_an_edit_of_what_has_changed_since_is_refused_and_changes_nothing(
    admin: TestClient, path: str
) -> None:
    read, method, first, second = EDITS[path]
    read = address(admin, read)
    write = f"{read}/body" if path.endswith("/body") else read
    seen = {"If-Match": admin.get(read).headers["ETag"]}
    made = admin.request(method, write, json=first, headers=seen)
    assert made.status_code in (200, 201), made.text
    between = admin.get(read).headers["ETag"]
    refused = admin.request(method, write, json=second, headers=seen)
    assert (refused.status_code, refused.json()["type"]) == (412, "/problems/changed-meanwhile")
    assert version(admin.get(read)) == between.partition("-")[0]
    if not path.endswith("/body"):
        again = admin.request(method, write, json=second, headers={"If-Match": between})
        assert again.status_code in (200, 201), again.text
        assert version(admin.get(read)) != between.partition("-")[0]
        assert admin.request(method, write, json=first).status_code in (200, 201)


@pytest.mark.few(3)
@pytest.mark.parametrize("path", EDITS)
def test_of_many_who_edit_the_same_at_once_one_does(admin: TestClient, path: str) -> None:
    read, method, first, second = EDITS[path]
    read = address(admin, read)
    write = f"{read}/body" if path.endswith("/body") else read
    seen = {"If-Match": admin.get(read).headers["ETag"]}
    with ThreadPoolExecutor(8) as pool:
        asked = [
            pool.submit(admin.request, method, write, json=body, headers=seen)
            for body in (first, second) * 4
        ]
    statuses = sorted(one.result().status_code for one in asked)
    assert statuses[0] in (200, 201)
    assert statuses[1:] == [412] * 7


def test_what_is_known_already_is_not_sent_again(admin: TestClient) -> None:
    # A salesperson at work is shown with the present moment: each answer is another one.
    for read in {read for read, *_ in EDITS.values()} - {"/reps/west"}:
        where = address(admin, read)
        first = admin.get(where)
        again = admin.get(where, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
        assert admin.get(where, headers={"If-None-Match": '"other"'}).content == first.content


def test_a_score_that_has_changed_is_sent_again_and_stands_in_no_edits_way(
    admin: TestClient,
) -> None:
    where = address(admin, "/leads/LEAD")
    before = admin.get(where).headers["ETag"]
    assert admin.post(f"{where}/outcomes", json={"outcome": "lost"}).status_code == 201
    after = admin.get(where, headers={"If-None-Match": before})
    assert after.status_code == 200
    assert after.json()["outcome"] == "lost"
    assert admin.patch(where, json={"budget": 5}, headers={"If-Match": before}).status_code == 200


def test_what_is_only_to_be_made_replaces_nothing(admin: TestClient) -> None:
    new, only = {"countries": ["NZ"]}, {"If-None-Match": "*"}
    assert admin.put("/territories/Far", json=new, headers=only).status_code == 201
    again = admin.put("/territories/Far", json={"countries": ["AU"]}, headers=only)
    assert (again.status_code, again.json()["type"]) == (412, "/problems/changed-meanwhile")
    assert admin.get("/territories/Far").json()["countries"] == ["NZ"]
    lead = admin.post("/leads", json={"email": "ada@example.com"}).json()["lead"]["id"]
    assert admin.patch(f"/leads/{lead}", json={"budget": 5}, headers=only).status_code == 412
    assert admin.put("/territories/Far", json={"countries": ["AU"]}).status_code == 200


@pytest.mark.parametrize("tag", ['W/"1"', '"other-thing"', ""])
def test_a_tag_of_nothing_that_is_there_edits_nothing(admin: TestClient, tag: str) -> None:
    where = address(admin, "/leads/LEAD")
    assert admin.patch(where, json={"budget": 5}, headers={"If-Match": tag}).status_code == 412
    assert admin.patch(where, json={"budget": 5}, headers={"If-Match": "*"}).status_code == 200
    new = admin.put("/territories/new", json={"countries": ["FR"]}, headers={"If-Match": "*"})
    assert new.status_code == 412
