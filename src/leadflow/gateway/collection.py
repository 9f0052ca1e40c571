"""What Python's garbage collection looks through in a process that answers requests."""

import gc
from functools import lru_cache

# A thousand leads taken in together make more than 20,000 objects that all end with the batch by
# themselves; from the usual 700 on they were looked through seventy times before.
YOUNG = 50_000


@lru_cache
def spare() -> None:
    """Once a process, when all is loaded that lasts: that is left out, and what is new is looked
    through less often. Looking through half a million lasting objects held up all requests for a
    quarter of a second, every few seconds."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)
