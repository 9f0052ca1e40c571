"""The number of leads that a day's budget still pays for."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal

MICRO = 1_000_000
ANSWERS_A_LEAD = 3
# What one request holds at most besides an answer before it: instructions, schema and record are
# 12,000 bytes at most, and a token is two bytes or more.
REQUEST_TOKENS = 6000


@dataclass(frozen=True)
class Prices:
    """Of a million tokens sent and answered, in units of a currency."""

    tokens_in: Decimal
    tokens_out: Decimal

    def cost(self, tokens_in: int, tokens_out: int) -> int:
        """What these tokens cost, in millionths of the currency's unit, rounded up."""
        exact = tokens_in * self.tokens_in + tokens_out * self.tokens_out
        return int(exact.to_integral_value(ROUND_CEILING))


@dataclass(frozen=True)
class Spending:
    """Tokens, sent and answered together, and money in millionths of the currency's unit."""

    tokens: int
    cost_micro: int


def dearest_lead(prices: Prices, max_tokens: int) -> Spending:
    """The most that asking about one lead can come to: three requests, the later two carrying the
    answer before them, each answered with ``max_tokens``."""
    carried = (ANSWERS_A_LEAD - 1) * max_tokens
    sent, answered = ANSWERS_A_LEAD * REQUEST_TOKENS + carried, ANSWERS_A_LEAD * max_tokens
    return Spending(sent + answered, prices.cost(sent, answered))


def affordable(spent: Spending, budget: Spending, dearest: Spending) -> int:
    """How many leads may be asked about so that even the dearest ones stay within the budget."""
    tokens = max(0, budget.tokens - spent.tokens) // max(1, dearest.tokens)
    if dearest.cost_micro == 0:
        return tokens
    return min(tokens, max(0, budget.cost_micro - spent.cost_micro) // dearest.cost_micro)


def start_of_day(now: datetime) -> datetime:
    """Midnight (UTC) before ``now``, when a day's budget begins."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
