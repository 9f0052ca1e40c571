"""Pages that wait are told what changes for them, by one look for all, as long as they may."""

import asyncio
from collections.abc import Iterable, Mapping

import pytest

from leadflow.gateway.console.live import hub as hubs
from leadflow.gateway.console.live.hub import Hub, TooManyWait, Waiting


class Store:
    """What there is to be seen, who is signed in, and how often somebody looked."""

    def __init__(self) -> None:
        self.now: dict[str, str] = {}
        self.left: set[str] = set()
        self.looks = 0

    def look(self, wanted: Iterable[str]) -> Mapping[str, str]:
        self.looks += 1
        return {one: self.now.get(one, "") for one in wanted}

    def signed_in(self, tokens: Iterable[str]) -> set[str]:
        return set(tokens) - self.left


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "EVERY_SECONDS", 0.001)
    monkeypatch.setattr(hubs, "LOOKS", 2)


async def looked(store: Store, times: int = 3) -> None:
    """Until the store was looked at so many times more."""
    until = store.looks + times
    while store.looks < until:
        await asyncio.sleep(0.001)


async def told(hub: Hub, page: Waiting) -> list[str]:
    return [one async for one in hub.changes(page) if one]


def test_each_page_is_told_what_changes_for_it_in_its_own_words() -> None:
    store = Store()

    async def waits() -> tuple[list[str], list[str]]:
        hub = Hub(store.look, store.signed_in)
        mine = asyncio.create_task(told(hub, hub.join("a", {"hot-lead": "hot-lead:rep_1"})))
        other = asyncio.create_task(told(hub, hub.join("b", {"import:1": "import:1"})))
        await looked(store)
        store.now["hot-lead:rep_1"] = "10:00"
        await looked(store)
        hub.stop()
        return await mine, await other

    assert asyncio.run(waits()) == (["hot-lead"], [])


def test_a_sign_in_that_has_ended_ends_what_waits_by_it() -> None:
    store = Store()

    async def waits() -> list[str]:
        hub = Hub(store.look, store.signed_in)
        page = asyncio.create_task(told(hub, hub.join("a", {"import:1": "import:1"})))
        await looked(store)
        store.left.add("a")
        return await asyncio.wait_for(page, 30)

    assert asyncio.run(waits()) == []


def test_nobody_looks_while_nobody_waits_and_only_so_many_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hubs, "MOST_OPEN", 2)
    store = Store()

    async def waits() -> None:
        hub = Hub(store.look, store.signed_in)
        pages = [hub.join("a", {"import:1": "import:1"}) for _ in range(2)]
        with pytest.raises(TooManyWait):
            hub.join("a", {"import:1": "import:1"})
        hub.stop()
        for page in pages:
            assert await told(hub, page) == []
        await asyncio.sleep(0.05)
        looks = store.looks
        await asyncio.sleep(0.05)
        assert store.looks == looks
        hub.join("a", {"import:1": "import:1"})

    asyncio.run(waits())


def test_a_store_that_is_away_is_looked_at_again() -> None:
    store = Store()

    def failing(wanted: Iterable[str]) -> Mapping[str, str]:
        if store.looks < 2:
            store.looks += 1
            raise RuntimeError("away")
        return store.look(wanted)

    async def waits() -> list[str]:
        hub = Hub(failing, store.signed_in)
        page = asyncio.create_task(told(hub, hub.join("a", {"import:1": "import:1"})))
        await looked(store, 5)
        store.now["import:1"] = "done"
        await looked(store)
        hub.stop()
        return await page

    assert asyncio.run(waits()) == ["import:1"]
