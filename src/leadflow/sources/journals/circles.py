"""Whether the pages of a journal go in circles, so that they would never end."""

from leadflow.sources.journals.pages import Page

# A page may repeat the one before it where much was added meanwhile, and an empty one may come
# before others; but not so many in a row.
MOST_REPEATED, MOST_EMPTY = 3, 50


class Circles:
    """Pages as they come, one after the other. ``first``: what led to the first of them."""

    def __init__(self, first: str | None) -> None:
        self._led: set[str | None] = {first}
        self._items: set[int] = set()
        self._repeated = self._empty = 0

    def closed_by(self, page: Page) -> bool:
        """Whether this page, which names a next one, leads back: to a page that came, or once more
        to items that came, or to nothing at all for too long."""
        back = page.next in self._led
        items = {hash(item.id or item.body) for item in page.items}
        self._repeated = self._repeated + 1 if items and items <= self._items else 0
        self._empty = 0 if items else self._empty + 1
        self._led.add(page.next)
        self._items |= items
        return back or self._repeated >= MOST_REPEATED or self._empty >= MOST_EMPTY
