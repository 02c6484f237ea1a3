"""Everybody's inbox in the sandbox tenant, as web pages: who got what, and a way to answer as them."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final
from urllib.parse import quote, urlencode

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.host_sign_in import LOGIN
from sandbox.tenant import Tenant
from sandbox.tenant_mail import SentMail

_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
}
_PAGE: Final = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1rem/1.5 "Segoe UI", system-ui, sans-serif; }}
body {{ max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; padding: .5rem .75rem .5rem 0; border-bottom: 1px solid #8886; }}
td {{ overflow-wrap: anywhere; }}
iframe {{ width: 100%; height: 60rem; border: 1px solid #8886; border-radius: 8px; background: #fff; }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere; }}
</style></head>
<body>
<nav><a href="/">Inboxes</a>{nav}</nav>
<main><h1>{title}</h1>
{content}
</main></body>
</html>
"""
_ANSWER_PAGE: Final = re.compile(r"/(?:r/|u/[0-9a-f]{32}/)[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Owner:
    """Whose inbox it is; ``object_id`` is None for an address outside the tenant."""

    name: str
    object_id: str | None


def make_mailbox(tenant: Tenant, site: str, *, nav: str = "") -> Starlette:
    """Make the inboxes of a tenant; ``site`` serves the answer pages, ``nav`` is more links (HTML)."""
    inboxes = _Inboxes(tenant, site.rstrip("/"), nav)
    return Starlette(
        routes=[
            Route("/", inboxes.people),
            Route("/inbox/{address}", inboxes.inbox),
            Route("/inbox/{address}/{number:int}", inboxes.mail),
        ],
        # A page of the open web must not read the sandbox by a name that it lets point here.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
    )


class _Inboxes:
    def __init__(self, tenant: Tenant, site: str, nav: str) -> None:
        self._tenant = tenant
        self._site = site
        self._nav = nav
        self._owners: dict[str, _Owner] = {}

    async def people(self, request: Request) -> Response:  # noqa: ARG002 - what a route is called with
        """List everybody who ever got mail, those with the newest first."""
        newest: dict[str, tuple[SentMail, int]] = {}
        for mail in self._tenant.sent():
            for address in mail.to:
                known = newest.pop(address.lower(), None)
                newest[address.lower()] = (mail, (known[1] if known else 0) + 1)
        rows = [
            f'<tr><td><a href="/inbox/{quote(address)}">{html.escape(self._owner(address).name)}</a></td>'
            f"<td>{html.escape(address)}</td><td>{count}</td><td>{html.escape(mail.subject)}</td></tr>"
            for address, (mail, count) in reversed(newest.items())
        ]
        return self._page("Inboxes", _table(("Who", "Address", "Mails", "Newest"), rows))

    async def inbox(self, request: Request) -> Response:
        """List the mails of one address, newest first."""
        address = request.path_params["address"]
        mails = self._tenant.inbox(address)
        if not mails:
            return self._page("No mail", "<p>Nothing has arrived here yet.</p>", 404)
        rows = [
            f"<tr><td>{mail.at:%Y-%m-%d %H:%M} UTC</td>"
            f'<td><a href="/inbox/{quote(address)}/{number}">{html.escape(mail.subject)}</a></td>'
            f"<td>{html.escape(mail.from_address)}</td></tr>"
            for number, mail in reversed([*enumerate(mails, start=1)])
        ]
        return self._page(f"Inbox of {self._owner(address).name}", _table(("When", "Subject", "From"), rows))

    async def mail(self, request: Request) -> Response:
        """Show one mail as its reader sees it. Its links lead on as that reader, signed in."""
        address, number = request.path_params["address"], request.path_params["number"]
        mails = self._tenant.inbox(address)
        if not 1 <= number <= len(mails):
            return self._page("No such mail", "<p>Nothing has arrived here under that number.</p>", 404)
        mail, owner = mails[number - 1], self._owner(address)
        about = (
            f"<p>To {html.escape(owner.name)} &lt;{html.escape(address)}&gt;, from "
            f"{html.escape(mail.from_address)}, {mail.at:%Y-%m-%d %H:%M} UTC</p>"
        )
        if mail.html is None:
            return self._page(mail.subject, f"{about}<pre>{html.escape(mail.body)}</pre>")
        frame = html.escape(self._as_reader(mail.html, owner))
        content = (
            f"{about}{self._way_in(mail.html, owner)}"
            '<iframe title="The mail" sandbox="allow-popups allow-popups-to-escape-sandbox" '
            f'srcdoc="{frame}"></iframe>'
            f"<details><summary>As text</summary><pre>{html.escape(text_of(mail.html))}</pre></details>"
        )
        return self._page(mail.subject, content)

    def _page(self, title: str, content: str, status: int = 200) -> Response:
        text = _PAGE.format(title=html.escape(title), nav=self._nav, content=content)
        return HTMLResponse(text, status, headers=_HEADERS)

    def _way_in(self, body: str, owner: _Owner) -> str:
        found = _ANSWER_PAGE.search(body)
        if found is None or owner.object_id is None:
            return ""
        door = html.escape(self._door(found[0], owner))
        return f'<p><a href="{door}">Answer as {html.escape(owner.name)}</a></p>'

    def _as_reader(self, body: str, owner: _Owner) -> str:
        """Let every answer link of a mail sign its reader in, and open links beside the inbox."""
        opened = body.replace("<head>", '<head><base target="_blank">', 1)
        if owner.object_id is None:
            return opened
        links = re.compile(rf'href="{re.escape(self._site)}({_ANSWER_PAGE.pattern})"')
        return links.sub(lambda link: f'href="{html.escape(self._door(link[1], owner))}"', opened)

    def _door(self, path: str, owner: _Owner) -> str:
        query = urlencode({"as": owner.object_id or "", "post_login_redirect_uri": path})
        return f"{self._site}{LOGIN}?{query}"

    def _owner(self, address: str) -> _Owner:
        wanted = address.lower()
        if wanted not in self._owners:
            self._owners.update(self._everybody())
        return self._owners.setdefault(wanted, _Owner(name=address, object_id=None))

    def _everybody(self) -> dict[str, _Owner]:
        accounts = (account for _, account in self._tenant.directory.scan(0, guests_only=False))
        return {
            str(account["mail"]).lower(): _Owner(name=str(account["displayName"]), object_id=account["id"])
            for account in accounts
            if account.get("mail")
        }


def _table(heads: tuple[str, ...], rows: list[str]) -> str:
    head = "".join(f'<th scope="col">{one}</th>' for one in heads)
    return f"<table><tr>{head}</tr>{''.join(rows)}</table>"


def text_of(body: str) -> str:
    """Return the words of an HTML mail, a line for each block, with links written out."""
    reader = _Reader()
    reader.feed(body)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


class _Reader(HTMLParser):
    _BLOCKS = frozenset({"p", "br", "tr", "h1", "h2", "caption", "div", "li", "table"})
    _UNSEEN = frozenset({"style", "title", "script"})

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._unseen = 0
        self._links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._UNSEEN:
            self._unseen += 1
        elif tag in self._BLOCKS:
            self.pieces.append("\n")
        elif tag == "a":
            self._links.append(dict(attrs).get("href") or "")
        elif tag in {"td", "th"}:
            self.pieces.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._UNSEEN:
            self._unseen -= 1
        elif tag == "a" and self._links:
            self.pieces.append(f" <{self._links.pop()}>")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(data)
