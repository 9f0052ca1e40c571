"""People and programs: who may come in, until when, and in whose name they act."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from leadflow.accounts import delegation, keys, people, signing_in
from leadflow.accounts.actors import Actor
from leadflow.accounts.passwords import PasswordRefused
from leadflow.accounts.people import PersonInvalid, actor_of
from leadflow.accounts.permissions import OF_PEOPLE, PERMISSIONS, SCOPES, Reach, Role, reach
from leadflow.accounts.tables import Person
from leadflow.assignment.team.schemas import TeamIn
from leadflow.assignment.team.versions import store_team
from leadflow.assignment.work.handover import find_rep
from leadflow.audit.tables import AuditEntry
from leadflow.database.engine import unit_of_work
from leadflow.gateway.http.permissions import UndeclaredRoute, declare
from leadflow.gateway.http.security import forget_keys

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
PASSWORD = "correct horse battery"


def add(session: Session, username: str, *roles: str) -> Person:
    return people.add_person(
        session, username, username, roles or ["sales_rep"], "test", password=PASSWORD
    )


def try_password(
    session: Session, login: str, password: str, now: datetime = NOW, source: str = "192.0.2.1"
) -> str | None:
    return signing_in.sign_in(session, login, password, now, hours=12, source=source)[0]


def test_somebody_signs_in_by_name_or_address_until_the_sign_in_ends(session: Session) -> None:
    person = people.add_person(
        session, "Ana", "Ana", ["analyst"], "test", "Ana@Example.com", password=PASSWORD
    )
    for login in ("ana", "ANA", "ana@example.com", person.id):
        token = try_password(session, login, PASSWORD)
        assert token is not None
        assert signing_in.signed_in(session, token, NOW + timedelta(hours=11)) is person
        assert signing_in.signed_in(session, token, NOW + timedelta(hours=12)) is None
    assert token is not None
    signing_in.sign_out(session, token, NOW)
    session.flush()
    assert signing_in.signed_in(session, token, NOW) is None


def test_who_is_no_longer_active_is_out_at_once(session: Session) -> None:
    person = add(session, "ana")
    token = try_password(session, "ana", PASSWORD)
    assert token is not None
    people.change_person(session, person, "test", active=False)
    session.flush()
    assert signing_in.signed_in(session, token, NOW) is None
    assert try_password(session, "ana", PASSWORD) is None


def test_a_new_password_ends_every_sign_in(session: Session) -> None:
    person = add(session, "ana")
    token = try_password(session, "ana", PASSWORD)
    assert token is not None
    made = people.set_password(session, person, None, "test")
    assert signing_in.signed_in(session, token, NOW) is None
    assert try_password(session, "ana", made) is not None


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "a" * 201])
def test_a_password_that_is_easily_guessed_is_refused(session: Session, password: str) -> None:
    with pytest.raises(PasswordRefused):
        people.add_person(session, "ana", "Ana", ["admin"], "test", password=password)


@pytest.mark.parametrize("roles", [[], ["boss"]])
def test_a_role_that_does_not_exist_is_refused(session: Session, roles: list[str]) -> None:
    with pytest.raises(PersonInvalid, match="Roles: sales_rep"):
        people.add_person(session, "ana", "Ana", roles, "test")


def test_names_addresses_passwords_and_keys_are_nowhere_in_plain_text(session: Session) -> None:
    people.add_person(
        session, "ana", "Ana Nass", ["admin"], "test", "ana@example.com", password=PASSWORD
    )
    token, key = try_password(session, "ana", PASSWORD), keys.create_key(session, "crm")
    assert token is not None
    stored = "".join(
        str(row)
        for table in ("people", "sessions", "api_keys", "audit_log", "sign_in_failures")
        for row in session.execute(text(f"SELECT t::text FROM {table} t")).scalars()  # noqa: S608
    )
    for secret in ("Nass", "ana@example", PASSWORD, token, key):
        assert secret not in stored


def test_a_rotated_key_goes_on_working_for_the_overlap_only(session: Session) -> None:
    old = keys.create_key(session, "crm", ["lead.read"])
    new = keys.rotate_key(session, "crm", NOW, timedelta(hours=24))
    session.flush()
    for hours, works in ((0, True), (23, True), (24, False)):
        found = keys.verify_key(session, old, NOW + timedelta(hours=hours))
        assert (found is not None) is works
    again = keys.verify_key(session, new, NOW + timedelta(days=400))
    assert again is not None
    assert again.scopes == {"lead.read"}
    keys.revoke_keys(session, "crm")
    assert keys.verify_key(session, new, NOW) is None


def test_a_key_has_its_scopes_and_never_what_only_people_have(session: Session) -> None:
    actor = keys.verify_key(session, keys.create_key(session, "crm", SCOPES), NOW)
    assert actor is not None
    assert {name for name in PERMISSIONS if actor.reach(name)} == SCOPES
    for permission in OF_PEOPLE:
        with pytest.raises(keys.ScopeUnknown):
            keys.create_key(session, "crm", [permission])


def test_one_acts_in_ones_own_name_or_for_whom_one_stands_in(session: Session) -> None:
    ana, ben = add(session, "ana"), add(session, "ben")
    me = actor_of(ana)
    for said in (None, "ana", ana.id):
        assert delegation.in_whose_name(session, me, said, NOW) == ana.id
    for said in ("ben", "somebody else"):
        with pytest.raises(delegation.NotYourName):
            delegation.in_whose_name(session, me, said, NOW)
    made = delegation.delegate(session, ben, ana, NOW, NOW + timedelta(days=7), "test")
    assert delegation.in_whose_name(session, me, "ben", NOW) == ben.id
    for later in (NOW - timedelta(seconds=1), NOW + timedelta(days=7)):
        with pytest.raises(delegation.NotYourName):
            delegation.in_whose_name(session, me, "ben", later)
    delegation.take_back(session, made, NOW, "test")
    session.flush()
    with pytest.raises(delegation.NotYourName):
        delegation.in_whose_name(session, me, "ben", NOW)


def test_a_program_speaks_for_those_it_was_given_only(session: Session) -> None:
    ana, ben = add(session, "ana"), add(session, "ben")
    for people_given, allowed in (([ana.id], {"ana"}), (["*"], {"ana", "ben"}), ([], set())):
        crm = Actor(kind="key", id="key:crm", called="crm", acts_for=frozenset(people_given))
        for person in (ana, ben):
            if person.username in allowed:
                assert delegation.in_whose_name(session, crm, person.username, NOW) == person.id
            else:
                with pytest.raises(delegation.NotYourName):
                    delegation.in_whose_name(session, crm, person.username, NOW)


@given(st.frozensets(st.sampled_from(list(Role))), st.sampled_from(sorted(PERMISSIONS)))
def test_what_is_not_declared_is_refused(roles: frozenset[Role], permission: str) -> None:
    granted = [PERMISSIONS[permission][role] for role in roles if role in PERMISSIONS[permission]]
    found = reach(permission, frozenset(role.value for role in roles))
    if Role.ADMIN in roles:
        assert found is Reach.ALL
    elif not granted:
        assert found is None
    else:
        assert found in granted


def test_a_route_without_a_permission_stops_the_gateway() -> None:
    app = FastAPI()
    app.get("/open")(lambda: "anybody")
    with pytest.raises(UndeclaredRoute, match="/open"):
        declare(app)


def test_who_signs_in_over_the_api_gets_a_token_and_a_cookie_that_needs_its_form_token(
    anonymous: TestClient,
) -> None:
    with unit_of_work() as session:
        person_id = add(session, "ana", "sales_manager").id
    wrong = anonymous.post("/session", json={"username": "ana", "password": "no"})
    assert (wrong.status_code, wrong.json()["type"]) == (401, "/problems/sign-in-refused")
    signed = anonymous.post("/session", json={"username": "ana", "password": PASSWORD}).json()
    assert anonymous.get("/me").json()["id"] == person_id
    assert (
        "HttpOnly"
        in anonymous.post("/session", json={"username": "ana", "password": PASSWORD}).headers[
            "set-cookie"
        ]
    )
    foreign = anonymous.delete("/session")
    assert (foreign.status_code, foreign.json()["type"]) == (403, "/problems/form-expired")
    anonymous.cookies.clear()
    bearer = {"Authorization": f"Bearer {signed['token']}"}
    me = anonymous.get("/me", headers=bearer).json()
    assert (me["roles"], me["permissions"]["lead.read"]) == (["sales_manager"], "team")
    assert anonymous.delete("/session", headers=bearer).status_code == 204
    assert anonymous.get("/me", headers=bearer).status_code == 401


def test_every_sign_in_and_refusal_is_audited_by_ids(store: Engine) -> None:
    with unit_of_work() as session:
        person_id = add(session, "ana").id
        try_password(session, "ana", "wrong")
        try_password(session, "ana", PASSWORD)
    with unit_of_work() as session:
        found = session.execute(select(AuditEntry.action, AuditEntry.subject)).tuples().all()
    assert found == [
        ("person.added", person_id),
        ("sign_in.refused", person_id),
        ("person.signed_in", person_id),
    ]


def test_the_last_admin_cannot_be_taken_away(session: Session) -> None:
    root = add(session, "root", "admin")
    with pytest.raises(people.LastAdmin):
        people.change_person(session, root, "test", active=False)
    with pytest.raises(people.LastAdmin):
        people.change_person(session, root, "test", roles=["analyst"])
    add(session, "other", "admin")
    people.change_person(session, root, "test", active=False)
    assert not root.active


def test_one_changes_ones_own_password_by_the_present_one_only(anonymous: TestClient) -> None:
    with unit_of_work() as session:
        add(session, "ana", "analyst")
    signed = anonymous.post("/session", json={"username": "ana", "password": PASSWORD}).json()
    anonymous.cookies.clear()
    bearer = {"Authorization": f"Bearer {signed['token']}"}
    new = "another horse battery"
    wrong = anonymous.put("/me/password", json={"present": "no", "wanted": new}, headers=bearer)
    assert (wrong.status_code, wrong.json()["type"]) == (403, "/problems/wrong-password")
    said = {"present": PASSWORD, "wanted": new}
    assert anonymous.put("/me/password", json=said, headers=bearer).status_code == 204
    assert anonymous.get("/me", headers=bearer).status_code == 401
    again = anonymous.post("/session", json={"username": "ana", "password": new})
    assert again.status_code == 201


@pytest.fixture
def admin(anonymous: TestClient) -> TestClient:
    """Olga, who manages accounts."""
    with unit_of_work() as session:
        add(session, "olga", "admin")
    signed = anonymous.post("/session", json={"username": "olga", "password": PASSWORD}).json()
    anonymous.cookies.clear()
    anonymous.headers["Authorization"] = f"Bearer {signed['token']}"
    return anonymous


def test_an_admin_adds_somebody_who_signs_in_with_the_password_of_the_answer(
    admin: TestClient,
) -> None:
    said = {"username": "ann", "email": "ann@example.com", "roles": ["sales_rep"]}
    answer = admin.post("/people", json=said)
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    made = answer.json()
    assert (made["person"]["username"], made["person"]["roles"]) == ("ann", ["sales_rep"])
    sign_in = {"username": "ann", "password": made["password"]}
    token = admin.post("/session", json=sign_in).json()["token"]
    again = admin.post("/people", json=said)
    assert (again.status_code, again.json()["type"]) == (422, "/problems/person-invalid")
    assert [one["username"] for one in admin.get("/people").json()["items"]] == ["ann", "olga"]
    other = admin.post("/people/ann/password").json()["password"]
    assert other != made["password"]
    ann = {"Authorization": f"Bearer {token}"}
    assert admin.get("/me", headers=ann).status_code == 401
    assert admin.post("/session", json=sign_in).status_code == 401
    changed = admin.patch("/people/ann", json={"roles": ["analyst"], "active": False}).json()
    assert (changed["roles"], changed["active"]) == (["analyst"], False)
    late = admin.post("/session", json={"username": "ann", "password": other})
    assert late.status_code == 401


@pytest.mark.few(4)
@pytest.mark.parametrize(
    ("method", "path", "body", "kind"),
    [
        ("POST", "/people", {"username": "A B", "roles": ["analyst"]}, "person-invalid"),
        ("POST", "/people", {"username": "ann", "roles": ["boss"]}, "invalid-input"),
        ("POST", "/people", {"username": "ann", "roles": []}, "invalid-input"),
        ("POST", "/people", {"username": "x1", "roles": ["analyst"], "rep": "n"}, "rep-not-found"),
        ("PATCH", "/people/nobody", {"active": False}, "person-not-found"),
        ("PATCH", "/people/olga", {"active": False}, "last-admin"),
        ("POST", "/people/nobody/password", None, "person-not-found"),
        ("POST", "/keys", {"name": "crm", "scopes": ["account.manage"]}, "scope-unknown"),
        ("POST", "/keys", {"name": "crm", "acts_for": ["nobody"]}, "person-not-found"),
        ("POST", "/keys", {"name": "crm", "expires_at": "2020-01-01T00:00:00Z"}, "key-ends-before"),
        ("POST", "/keys", {"name": "web/shop"}, "key-name-refused"),
        ("POST", "/keys", {"name": ".."}, "key-name-refused"),
        ("POST", "/keys", {"name": " "}, "key-name-refused"),
        ("POST", "/keys/crm/rotate", {}, "key-not-found"),
        ("DELETE", "/keys/crm", None, "key-not-found"),
    ],
)
def test_what_no_account_can_be_is_refused_in_words(
    admin: TestClient, method: str, path: str, body: dict[str, object] | None, kind: str
) -> None:
    answer = admin.request(method, path, json=body)
    assert answer.json()["type"] == f"/problems/{kind}"
    assert answer.json()["detail"]
    assert len(admin.get("/people").json()["items"]) == 1
    assert admin.get("/keys").json()["items"] == []


def test_a_name_has_one_key_in_use_and_a_rotation_keeps_its_permissions(admin: TestClient) -> None:
    wanted = {"name": "web shop@1", "scopes": ["lead.create"], "acts_for": ["olga"]}
    assert admin.post("/keys", json=wanted).status_code == 201
    again = admin.post("/keys", json=wanted | {"scopes": ["lead.read"]})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/key-there")
    assert "POST /keys/web shop@1/rotate" in again.json()["detail"]
    assert admin.post("/keys/web shop@1/rotate", json={"hours": 1}).status_code == 200
    listed = admin.get("/keys").json()["items"]
    assert [one["scopes"] for one in listed] == [["lead.create"]] * 2
    assert listed[0]["acts_for"] == listed[1]["acts_for"]
    assert admin.delete("/keys/web shop@1").status_code == 204
    assert admin.post("/keys", json=wanted).status_code == 201


def test_a_key_made_over_the_api_works_until_it_is_revoked(admin: TestClient) -> None:
    made = admin.post("/keys", json={"name": "crm", "acts_for": ["olga"]}).json()
    (listed,) = admin.get("/keys").json()["items"]
    assert made["key"].startswith(listed["prefix"])
    assert made["key"] not in str(listed)
    renewed = admin.post("/keys/crm/rotate", json={"hours": 1}).json()["key"]
    lead = {"email": "a@example.com"}

    def status(key: str) -> int:
        headers = {"X-API-Key": key, "Authorization": ""}
        return admin.post("/leads", json=lead, headers=headers).status_code

    assert [status(made["key"]), status(renewed)] == [201, 200]
    assert admin.delete("/keys/crm").status_code == 204
    forget_keys()
    assert [status(made["key"]), status(renewed)] == [401, 401]
    olga = admin.get("/me").json()["id"]
    with unit_of_work() as session:
        acts = session.scalars(
            select(AuditEntry).where(AuditEntry.action.startswith("api_key."))
        ).all()
        said = {entry.action: entry.actor for entry in acts}
        stored = str([list(vars(entry).values()) for entry in acts])
    assert said == dict.fromkeys(("api_key.created", "api_key.rotated", "api_key.revoked"), olga)
    assert made["key"] not in stored


@pytest.mark.parametrize("email", ["notmail", "Ana <ana@example.com>", "a@", ""])
def test_an_address_that_is_none_is_refused(session: Session, email: str) -> None:
    with pytest.raises(PersonInvalid, match=r"such as ada@example\.com"):
        people.add_person(session, "ana", "Ana", ["admin"], "test", email)
    person = add(session, "ana")
    with pytest.raises(PersonInvalid, match=r"such as ada@example\.com"):
        people.change_person(session, person, "test", email=email)


def test_an_account_gets_an_address_and_another_one(session: Session) -> None:
    person = add(session, "ana")
    add(session, "bob")
    for email in ("ana@example.com", "Ana.New@example.com", "Ana.New@example.com"):
        people.change_person(session, person, "test", email=email)
        assert people.find_person(session, email) is person
    other = people.find_person(session, "bob")
    with pytest.raises(PersonInvalid, match="has this address"):
        people.change_person(session, other, "test", email="ana.new@example.com")


def test_a_salesperson_has_one_account(session: Session) -> None:
    store_team(session, TeamIn.model_validate({"reps": [{"id": "r3", "name": "R", "capacity": 9}]}))
    rep_id = find_rep(session, "r3").id
    people.add_person(session, "ann", "Ann", ["sales_rep"], "test", rep_id=rep_id)
    with pytest.raises(PersonInvalid, match="leadflow people change ann"):
        people.add_person(session, "ann2", "Ann", ["sales_rep"], "test", rep_id=rep_id)
    with pytest.raises(PersonInvalid, match="leadflow people change ann"):
        people.change_person(session, add(session, "bob"), "test", rep_id=rep_id)
