"""How a step is tried again that met what passes: a database or a server that is away.

Waits grow, and each is a little longer or shorter than it would be, so that runs that failed
together do not all come back at the same moment.
"""

from prefect.tasks import exponential_backoff

# Two seconds after the first failure, four after the second, eight after the third.
GROWING = exponential_backoff(2)
JITTER = 0.5
