"""A process that looks at the inbox until it is killed; ``python -m`` it."""

import sys
import time
from datetime import UTC, datetime

from leadflow.composition import compose
from leadflow.database.engine import get_engine
from leadflow.settings import get_settings
from leadflow.sources.processing import process_some
from models.rubric import Rubric


def main() -> None:
    """Process a few deliveries at a time, for ever."""
    compose()
    rubric, settings = Rubric.load(), get_settings()
    sys.stdout.write("looking\n")
    sys.stdout.flush()
    while True:
        some = process_some(get_engine(), rubric, settings, datetime.now(UTC), 7)
        time.sleep(0 if some.deliveries else 0.05)


if __name__ == "__main__":
    main()
