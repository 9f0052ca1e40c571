"""Signing in to Prefect's pages, wherever somebody enters them.

Prefect's own pages ask for its password only on their front page, show "not found" to whoever
follows a link, and do not lead back to it. Here, each page that is opened first looks whether the
browser knows the password, and sends whoever does not have it to a form and back.
"""

from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SIGN_IN = "/sign-in"
# Where Prefect's pages look for it; and what answers only to those who know it.
KEPT, ASKED = "prefect-password", "/api/admin/version"
LOOK = f"""<script>
(async () => {{
  const known = localStorage.getItem("{KEPT}");
  const answer = known && await fetch("{ASKED}", {{headers: {{Authorization: "Basic " + known}}}});
  if (!known || answer.status === 401) {{
    localStorage.removeItem("{KEPT}");
    const here = location.pathname.startsWith("/login") ? "/" : location.pathname + location.search;
    location.replace("{SIGN_IN}?next=" + encodeURIComponent(here));
  }}
}})();
</script></head>""".encode()
PAGE = f"""<!doctype html><html lang="en"><head>
<meta charset="utf-8"><title>Sign in · Prefect</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
  body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 4rem auto;
         padding: 0 1rem; color-scheme: light dark }}
  input, button {{ font: inherit; padding: .5rem; width: 100%; box-sizing: border-box }}
  label, p {{ display: block; margin: .75rem 0 }}
</style></head><body><main>
<h1>Prefect of Leadflow</h1>
<form>
  <label>Password <input type="password" name="password" autocomplete="current-password" required
    autofocus></label>
  <button>Sign in</button>
  <p role="alert" id="said"></p>
</form>
<p>An operator sees it with <code>leadflow keys servers</code>. It is not that of the console.</p>
<noscript><p>Prefect's pages need JavaScript.</p></noscript>
</main><script>
const bytes = new TextEncoder();
document.querySelector("form").addEventListener("submit", async (event) => {{
  event.preventDefault();
  const typed = event.target.elements.password.value.trim();
  const known = btoa(String.fromCharCode(...bytes.encode(typed)));
  const answer = await fetch("{ASKED}", {{headers: {{Authorization: "Basic " + known}}}});
  if (!answer.ok) {{
    document.getElementById("said").textContent = answer.status === 401
      ? "That is not the password." : "Prefect's server does not answer. Try again in a moment.";
    return;
  }}
  localStorage.setItem("{KEPT}", known);
  const next = new URLSearchParams(location.search).get("next") || "/";
  const address = new URL(next, location.origin);
  location.replace(address.origin === location.origin ? address.href : "/");
}});
</script></body></html>"""


class SignIn:
    """Puts the look before every page, and has a page to sign in on."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, its pages with the look in them."""
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
        elif scope["path"] == SIGN_IN:
            await HTMLResponse(PAGE)(scope, receive, send)
        else:
            plain = [pair for pair in scope["headers"] if pair[0] not in NOT_ASKED]
            page = _Page(send)
            await self._app(dict(scope, headers=plain), receive, page.take)


# The page must come whole and as it is: not compressed, not "as you have it already".
NOT_ASKED = {b"accept-encoding", b"if-none-match", b"if-modified-since", b"range"}
OF_THE_OLD = {b"content-length", b"etag", b"last-modified", b"accept-ranges"}


class _Page:
    """Passes an answer on; where it is a page, with the look in its head."""

    def __init__(self, send: Send) -> None:
        self._send, self._body = send, b""
        self._start: Message | None = None

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = dict(message["headers"])
            if headers.get(b"content-type", b"").startswith(b"text/html"):
                self._start = message
                return
        elif self._start is not None:
            self._body += message.get("body", b"")
            if message.get("more_body", False):
                return
            await self._give(self._start)
            return
        await self._send(message)

    async def _give(self, start: Message) -> None:
        body = self._body.replace(b"</head>", LOOK, 1)
        kept = [pair for pair in start["headers"] if pair[0] not in OF_THE_OLD]
        kept += [(b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
        await self._send({**start, "headers": kept})
        await self._send({"type": "http.response.body", "body": body})
