"""What opens mails and follows links that is no person, by what it says of itself."""

import re

# Programs that fetch the pictures of every mail for their users, opened or not, and keep them.
_PREFETCH = re.compile(r"googleimageproxy|yahoomailproxy|^mozilla/5\.0$", re.IGNORECASE)
# Programs that look whether a link does harm, or what a page looks like; and those of programmers.
_SCANNER = re.compile(
    r"bot\b|crawl|spider|scan|preview|facebookexternalhit|slurp|barracuda|proofpoint|mimecast"
    r"|safelinks|symantec|trend ?micro|sophos|fireeye|headless|phantomjs|selenium|puppeteer"
    r"|playwright|python|curl|wget|java/|go-http|okhttp|libwww|httpclient|axios|node-fetch|ruby",
    re.IGNORECASE,
)


def machine_agent(agent: str) -> str | None:
    """Why whoever calls itself so is no person: ``prefetch`` or ``scanner``; None: it may be."""
    agent = agent.strip()
    if _PREFETCH.search(agent):
        return "prefetch"
    return "scanner" if not agent or _SCANNER.search(agent) else None
