"""A form with a file says its fields before the file has come, and hands the file on in pieces,
however the network cuts it."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from fastapi import Request

from leadflow.gateway.http.bounds import file_forms, streams
from leadflow.gateway.http.bounds.file_forms import FileForm, file_form
from leadflow.gateway.http.problem import Problem
from leadflow.settings import get_settings

FILE = b"a,b\r\n1,2\r\n--not the boundary\r\n" * 40
FIELDS = {"form_token": "t", "source": "M\u00fcnchen"}


def body(content: bytes = FILE, files: Sequence[str] = ("leads.csv",)) -> bytes:
    parts = [
        f'--xyz\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{said}\r\n'.encode()
        for name, said in FIELDS.items()
    ]
    for name in files:
        head = f'--xyz\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        parts += [head.encode(), b"Content-Type: text/csv\r\n\r\n", content, b"\r\n"]
    return b"".join([*parts, b"--xyz--\r\n"])


def request(pieces: Sequence[bytes], kind: str = "multipart/form-data; boundary=xyz") -> Request:
    left = list(pieces)

    async def receive() -> dict[str, Any]:
        piece = left.pop(0) if left else b""
        return {"type": "http.request", "body": piece, "more_body": bool(left)}

    headers = [(b"content-type", kind.encode())]
    scope = {"type": "http", "method": "POST", "path": "/console/imports", "headers": headers}
    return Request(scope, receive)


async def read(form: FileForm) -> tuple[dict[str, str], str | None, list[bytes]]:
    fields = await form.fields()
    return fields, form.file, [piece async for piece in form.content()]


@pytest.mark.parametrize("size", [1, 2, 7, 64, 100_000])
def test_however_it_is_cut_the_same_is_read(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(get_settings(), "upload_megabytes", 10**9)
    monkeypatch.setattr(streams, "MEGABYTE", size)
    monkeypatch.setattr(file_forms, "MEGABYTE", 100)
    whole = body()
    cut = [whole[at : at + size] for at in range(0, len(whole), size)]
    fields, file, pieces = asyncio.run(read(FileForm(request(cut))))
    assert (fields, file, b"".join(pieces)) == (FIELDS, "leads.csv", FILE)
    assert {len(piece) for piece in pieces[:-1]} == {100}


def test_the_fields_are_there_before_the_file_is_read() -> None:
    async def first() -> None:
        whole = body()
        at = whole.index(b"a,b")
        form = FileForm(request([whole[:at], whole[at:]]))
        assert await form.fields() == FIELDS
        assert form.file == "leads.csv"

    asyncio.run(first())


def test_a_request_has_one_form_wherever_it_is_asked_for() -> None:
    asked = request([body()])
    assert file_form(asked) is file_form(asked)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"no form at all", 400),
        (body()[:-20], 400),
        (body(files=("a.csv", "b.csv")), 400),
        (body().replace(b"\r\n\r\nt\r\n", b"\r\n\r\n" + b"t" * 70_000 + b"\r\n"), 413),
    ],
)
def test_what_is_no_such_form_is_refused(sent: bytes, status: int) -> None:
    with pytest.raises(Problem) as refused:
        asyncio.run(read(FileForm(request([sent]))))
    assert refused.value.status == status


def test_a_body_of_another_kind_is_no_form() -> None:
    with pytest.raises(Problem):
        FileForm(request([body()], "text/csv"))
