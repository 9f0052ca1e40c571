"""A form with one file in it, read as it comes: its fields first, then the file piece by piece, so
that no process holds a file whole. A page's form has its file last."""

from collections.abc import AsyncIterator

from fastapi import Request
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from leadflow.gateway.http.bounds.streams import MEGABYTE, pieces
from leadflow.gateway.http.problem import TITLES, Problem

KEPT = "leadflow.file_form"
# Of all fields before the file.
MOST_OF_FIELDS = 64 * 2**10
BROKEN = "The form ended within, or is not written as browsers write one. Send it again."


class FileForm:
    """What a form with a file says. ``file``: the name of the file; None: none has come so far."""

    def __init__(self, request: Request) -> None:
        _, said = parse_options_header(request.headers.get("content-type"))
        if b"boundary" not in said:
            raise Problem(400, *TITLES[400], BROKEN)
        self.file: str | None = None
        self._stream = pieces(request)
        self._fields: dict[str, bytearray] = {}
        self._content = bytearray()
        self._field: str | None = None
        self._header, self._value, self._disposition = b"", b"", b""
        self._in_file = self._over = False
        self._parser = MultipartParser(
            said[b"boundary"],
            {
                "on_part_begin": self._part_begins,
                "on_header_field": self._header_comes,
                "on_header_value": self._value_comes,
                "on_header_end": self._header_ends,
                "on_headers_finished": self._headers_end,
                "on_part_data": self._data_comes,
                "on_part_end": self._part_ends,
                "on_end": self._form_ends,
            },
        )

    async def fields(self) -> dict[str, str]:
        """The fields before the file, by name.

        Raises:
            Problem: it is no form, or too large, or comes too slowly.
        """
        while self.file is None and await self._more():
            pass
        return {name: value.decode(errors="replace") for name, value in self._fields.items()}

    async def content(self) -> AsyncIterator[bytes]:
        """The file, in pieces of a megabyte, the last one shorter.

        Raises:
            Problem: as ``fields``.
        """
        more = True
        while more:
            more = await self._more()
            while len(self._content) >= MEGABYTE:
                yield bytes(self._content[:MEGABYTE])
                del self._content[:MEGABYTE]
        if self._content:
            yield bytes(self._content)
            self._content.clear()

    async def _more(self) -> bool:
        """Read on; whether there was more."""
        piece = await anext(self._stream, None)
        try:
            if piece is None:
                if not self._over:
                    raise Problem(400, *TITLES[400], BROKEN)
                return False
            self._parser.write(piece)
        except FormParserError as error:
            raise Problem(400, *TITLES[400], BROKEN) from error
        return True

    def _part_begins(self) -> None:
        self._disposition, self._field, self._in_file = b"", None, False

    def _header_comes(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _value_comes(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_ends(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header, self._value = b"", b""

    def _headers_end(self) -> None:
        _, said = parse_options_header(self._disposition)
        if b"filename" in said:
            if self.file is not None:
                raise Problem(400, *TITLES[400], "One file is taken at a time.")
            self.file, self._in_file = said[b"filename"].decode(errors="replace"), True
        else:
            self._field = said.get(b"name", b"").decode(errors="replace")
            self._fields[self._field] = bytearray()

    def _data_comes(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._content += data[start:end]
        elif self._field is not None:
            self._fields[self._field] += data[start:end]
            if sum(map(len, self._fields.values())) > MOST_OF_FIELDS:
                raise Problem(413, *TITLES[413], "What stands beside the file is too long.")

    def _part_ends(self) -> None:
        self._in_file, self._field = False, None

    def _form_ends(self) -> None:
        self._over = True


def file_form(request: Request) -> FileForm:
    """The form that a request sends: the same one, wherever of the request it is asked for.

    Raises:
        Problem: it is none.
    """
    if KEPT not in request.scope:
        request.scope[KEPT] = FileForm(request)
    form: FileForm = request.scope[KEPT]
    return form
