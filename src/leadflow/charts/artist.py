"""The process that draws: a figure in JSON a line in, its SVG in JSON a line out, until its input
ends. What it cannot draw is answered with nothing, and the next line is read."""

import json
import os
import sys

from leadflow.charts.altair_charts import svg_of
from leadflow.charts.figures import Figure, Table

# Whoever waits for an answer of the gateway comes first.
POLITE = 5


def main() -> None:
    """Draw what is asked for."""
    if hasattr(os, "nice"):
        os.nice(POLITE)
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            drawn = svg_of(Figure(**asked | {"table": Table((), ())}))
        except Exception as error:
            answer = {"svg": None, "why": type(error).__name__}
        else:
            answer = {"svg": drawn, "why": ""}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
