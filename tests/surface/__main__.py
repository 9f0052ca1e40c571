"""``make surface``: write the surface as it is now."""

from tests.surface import write

for name in write():
    print(f"written: {name}")  # noqa: T201
