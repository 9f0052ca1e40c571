"""A process that sends what is due, for a test that kills it."""

from leadflow.composition import compose
from leadflow.database.engine import get_engine
from leadflow.outbox.lanes import WEBHOOKS
from tests.integration.endpoints.telling import consume

if __name__ == "__main__":
    compose()
    consume(get_engine(), WEBHOOKS)
