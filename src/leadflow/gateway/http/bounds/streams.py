"""Bodies that are read piece by piece, because they are files and no process holds them whole."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import Request, Response
from starlette.requests import ClientDisconnect
from starlette.types import Scope

from leadflow.gateway.http.problem import TITLES, Problem, problem
from leadflow.settings import get_settings

MEGABYTE = 2**20
FILES = "/imports"
# Where a page sends a file, which is a form.
FILE_FORM = "/console/imports"
# In which a megabyte must have come: 35 KB a second.
SECONDS = 30.0
FORMS = (b"multipart/form-data", b"application/x-www-form-urlencoded")
AS_IT_IS = (
    "Send the file itself as the body, not a form: curl --data-binary @FILE "
    "-H Content-Type:application/octet-stream"
)


def is_streamed(scope: Scope) -> bool:
    """Whether the route of this request reads its body by ``pieces``."""
    return (scope["path"] == FILES and scope["method"] == "POST") or is_file_form(scope)


def is_file_form(scope: Scope) -> bool:
    """Whether this request is a form with a file in it, which is read as it comes."""
    kinds = [value for name, value in scope["headers"] if name == b"content-type"]
    return (
        scope["method"] == "POST"
        and scope["path"] == FILE_FORM
        and any(kind.lower().startswith(b"multipart/form-data") for kind in kinds)
    )


def refused_file(scope: Scope, announced: int | None) -> Response | None:
    """What is answered before anything of a file is read; None: it may be read. ``announced``: how
    long it says it is; None where it does not say."""
    most = get_settings().upload_megabytes
    if scope["path"] == FILE_FORM:
        # Its route answers with a page.
        return None
    if announced is not None and announced > most * MEGABYTE:
        return problem(413, *TITLES[413], _too_large(most))
    kinds = [value for name, value in scope["headers"] if name == b"content-type"]
    if any(kind.lower().startswith(FORMS) for kind in kinds):
        return problem(415, "not-a-file", "The body is not the file itself", AS_IT_IS)
    return None


async def pieces(request: Request) -> AsyncIterator[bytes]:
    """The body in pieces of a megabyte, the last one shorter.

    Raises:
        Problem: 413, it is too large; 408, it comes too slowly; 400, the sender has gone.
    """
    stream, most = request.stream(), get_settings().upload_megabytes
    kept, size = bytearray(), 0
    came: bytes | None = b""
    while came is not None:
        try:
            async with asyncio.timeout(SECONDS):
                while came is not None and len(kept) < MEGABYTE:
                    came = await anext(stream, None)
                    kept += came or b""
                    size += len(came or b"")
        except TimeoutError as error:
            said = f"No megabyte of it arrived within {SECONDS:.0f} seconds. Send it again."
            raise Problem(408, *TITLES[408], said) from error
        except ClientDisconnect as error:
            raise Problem(400, *TITLES[400], "The connection ended within the file.") from error
        if size > most * MEGABYTE:
            raise Problem(413, *TITLES[413], _too_large(most))
        while len(kept) >= MEGABYTE:
            yield bytes(kept[:MEGABYTE])
            del kept[:MEGABYTE]
    if kept:
        yield bytes(kept)


def _too_large(megabytes: int) -> str:
    return (
        f"At most {megabytes:,} MB are taken. Pack the file with gzip, send it in parts, or have "
        "LEADFLOW_UPLOAD_MEGABYTES raised."
    )
