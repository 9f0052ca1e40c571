"""What the claims rest on: ``make bench-NAME``. Each runs in a process that begins here."""

from leadflow.composition import compose

compose()
