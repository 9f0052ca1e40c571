"""Charts that are drawn as they are looked at: pictures beside their page, which waits for none."""

import asyncio

from fastapi import HTTPException, Response

from leadflow.charts.drawing import draw
from leadflow.charts.figures import Figure
from leadflow.gateway.console.rendering import STATIC

# The colours of the page, in the light and in the dark; a picture does not know its style sheet.
COLOURS = (STATIC / "style.css").read_text("utf-8").partition("* {")[0]
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, max-age=60",
}


async def picture(figure: Figure | None) -> Response:
    """The chart by itself; 404 where there is nothing to draw, 503 where it could not be drawn: its
    table on the page says it all. Drawing holds none of the threads that answer requests."""
    if figure is None:
        raise HTTPException(404, "There is nothing to draw.")
    svg = (await asyncio.to_thread(draw, figure)).svg
    if svg is None:
        raise HTTPException(503, "The chart could not be drawn; its table says the same.")
    start, _, rest = svg.partition(">")
    whole = f"{start}><style>{COLOURS}</style>{rest}"
    return Response(whole, 200, HEADERS, media_type="image/svg+xml")
