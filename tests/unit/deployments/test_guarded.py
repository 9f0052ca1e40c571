"""What stands before MLflow's pages: a sign-in, no other site's pages, no uploads."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from deployments.guarded import Guarded

WHO = ("leadflow", "pässword")


def answered(request: Request) -> PlainTextResponse:
    return PlainTextResponse("let in")


@pytest.fixture
def page() -> TestClient:
    every = Route("/{path:path}", answered, methods=["GET", "POST", "PUT", "DELETE"])
    return TestClient(Guarded(Starlette(routes=[every]), ":".join(WHO), ["/health"]))


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_nobody_gets_in_without_signing_in(page: TestClient, method: str) -> None:
    assert page.request(method, "/api/anything").status_code == 401
    for auth in (("leadflow", ""), ("", WHO[1]), ("leadflow", "password")):
        answer = page.request(method, "/api/anything", auth=auth)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic ")
        assert "let in" not in answer.text
    assert page.request(method, "/api/anything", auth=WHO).text == "let in"


def test_only_the_look_whether_it_is_up_is_open(page: TestClient) -> None:
    assert page.get("/health").text == "let in"
    assert page.post("/health").status_code == 401
    assert page.get("/health/").status_code == 401


def test_pages_of_another_site_change_nothing(page: TestClient) -> None:
    for origin in ("http://evil.example", "http://testserver.evil.example", "null", ""):
        answer = page.post("/api/anything", auth=WHO, headers={"Origin": origin})
        assert answer.status_code == 403, origin
    own = page.post("/api/anything", auth=WHO, headers={"Origin": "http://testserver"})
    assert own.text == "let in"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/api/2.0/mlflow-artifacts/artifacts/some"),
        ("DELETE", "/ajax-api/2.0/mlflow-artifacts/artifacts/some"),
        ("POST", "/api/2.0/mlflow-artifacts/mpu/create/some"),
        ("POST", "/ajax-api/2.0/mlflow/upload-artifact"),
        ("POST", "/api/2.0/mlflow/artifacts/presigned-upload-url"),
    ],
)
def test_files_are_not_taken(page: TestClient, method: str, path: str) -> None:
    assert page.request(method, path, auth=WHO).status_code == 403


def test_no_socket_is_opened(page: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), page.websocket_connect("/anything"):
        pass
