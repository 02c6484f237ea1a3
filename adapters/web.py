"""The reviewers' door: a page that shows what is asked, and takes answers from the one person it is asked of.

Opening it never decides anything; only a form that our own page made, sent by the reviewer, does. This role
reads one batch and appends answers, or the wish to undo one, to it. It has no rights in Graph and sees
nothing else of the record.
"""

import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from adapters.answer_form import LARGEST, Answers, Form, check, read_form
from adapters.id_token import HEADER as TOKEN
from adapters.id_token import SecondProof
from adapters.principal import HEADER, Principal, read_principal
from notifications.composing import Setting
from notifications.pages import (
    Attempt,
    Standing,
    WayBack,
    answer_page,
    message_page,
    standing,
    undo_page,
    way_back,
)
from notifications.words import Words, choose
from reviews.errors import Transient
from reviews.messages import Undo, WeighAnswers
from reviews.model import Batch, BatchId, Card, GuestId, Submission, UndoRequest
from reviews.policy import Policy
from reviews.ports import Clock, Ledger, Policies, Queue

log = logging.getLogger("gatehouse.web")

_BATCH: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_PAGE: Final = re.compile(r"/r/[0-9a-f]{32}|/u/[0-9a-f]{32}/[0-9a-f]{32}", re.ASCII)
"""The addresses our mails name: where a visitor may come back to after signing in anew."""
_MOST_OTHERS: Final = 20
"""Other batches of a reviewer that are looked at for links."""
_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Not no-referrer: browsers then send "Origin: null" with our own form.
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}


def make_web(
    *,
    ledger: Ledger,
    queue: Queue,
    clock: Clock,
    policies: Policies,
    second_proof: SecondProof,
    tenant_id: str,
    auth_enabled: bool,
    public_url: str,
) -> Starlette:
    """Make the web application. Without App Service Authentication every page but /health answers 503."""
    web = _Web(
        ledger=ledger,
        queue=queue,
        clock=clock,
        policies=policies,
        second_proof=second_proof,
        tenant_id=tenant_id.lower(),
        auth_enabled=auth_enabled,
        public_url=public_url.rstrip("/"),
    )
    app = Starlette(
        routes=[
            Route("/health", web.health, methods=["GET"]),
            Route("/r/{batch}", web.show, methods=["GET"]),
            Route("/r/{batch}", web.decide, methods=["POST"]),
            Route("/u/{batch}/{case}", web.show_way_back, methods=["GET"]),
            Route("/u/{batch}/{case}", web.take_back, methods=["POST"]),
        ],
        exception_handlers={404: web.missing, 405: web.unheard},
    )
    app.router.redirect_slashes = False
    return app


@dataclass(frozen=True, slots=True, kw_only=True)
class _Door:
    """A request that may go on: its batch, who it is asked of, and how they are spoken to."""

    batch: Batch
    cards: tuple[Card, ...]
    latest: Mapping[GuestId, Submission]
    setting: Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class _Web:
    ledger: Ledger
    queue: Queue
    clock: Clock
    policies: Policies
    second_proof: SecondProof
    tenant_id: str
    auth_enabled: bool
    public_url: str

    async def health(self, request: Request) -> Response:  # noqa: ARG002 - what a route is called with
        """Say that the program runs. Open to anybody, and tells nothing else."""
        return JSONResponse({"status": "ok"}, headers=_HEADERS)

    async def missing(self, request: Request, error: Exception) -> Response:  # noqa: ARG002 - see health
        """Answer for an address there is no page at."""
        return await self._message(request, "missing", 404) if self.auth_enabled else _closed()

    async def unheard(self, request: Request, error: Exception) -> Response:  # noqa: ARG002 - see health
        """Answer for a method that a page does not have, with the headers of every other answer."""
        allowed = error.headers if isinstance(error, HTTPException) else None
        return Response(status_code=405, headers={**(allowed or {}), **_HEADERS})

    async def show(self, request: Request) -> Response:
        """Show a batch to its reviewer. Changes nothing, however often and by whatever it is opened."""
        return await self._guarded(request, self._show)

    async def decide(self, request: Request) -> Response:
        """Take a reviewer's answers: append those that are new, and have them weighed."""
        return await self._guarded(request, self._decide)

    async def show_way_back(self, request: Request) -> Response:
        """Show what became of a removal, and the way back if there is one. Changes nothing."""
        return await self._guarded(request, self._show_way_back)

    async def take_back(self, request: Request) -> Response:
        """Take a reviewer's wish to have a guest back, and have it granted."""
        return await self._guarded(request, self._take_back)

    async def _guarded(
        self, request: Request, page: Callable[[Request, _Door], Awaitable[Response]]
    ) -> Response:
        if not self.auth_enabled:
            return _closed()
        try:
            door = await self._door(request)
            return await page(request, door) if door else await self._message(request, "refused", 403)
        except Transient as error:
            log.warning("page not served: %s", type(error).__name__, extra={"event": "page.busy"})
            return await self._message(request, "busy", 503)

    async def _door(self, request: Request) -> _Door | None:
        """Let the batch's own reviewer through. Nobody else learns even whether there is such a batch."""
        who = await self._visitor(request)
        name = request.path_params["batch"]
        if who is None or not _BATCH.fullmatch(name):
            return None
        batch = await self.ledger.batch(BatchId(name))
        if batch is None or batch.reviewer_id.lower() != who.object_id:
            log.warning("page refused", extra={"event": "page.refused", "person": who.object_id})
            return None
        policy = await self.policies.current()
        return _Door(
            batch=batch,
            cards=tuple(card for card in await self.ledger.cards(batch.id) if card.guest_id in batch.guests),
            latest=_latest(await self.ledger.answers(batch.id)),
            setting=self._setting(batch, policy),
        )

    async def _visitor(self, request: Request) -> Principal | None:
        """Say which person of this tenant is at the door; None when it is nobody, or the proofs disagree."""
        who = read_principal(request.headers.getlist(HEADER))
        if who is None or who.tenant_id != self.tenant_id:
            log.warning("page refused: nobody of this tenant", extra={"event": "page.nobody"})
            return None
        why = await self.second_proof.objection(request.headers.getlist(TOKEN), who)
        if why is None:
            return who
        extra = {"event": "page.unproven", "person": who.object_id, "because": why}
        log.warning("page refused: the sign-in's token does not agree", extra=extra)
        return None

    def _setting(self, batch: Batch, policy: Policy) -> Setting:
        language = choose(batch.reviewer.language if batch.reviewer else None, policy.tenant)
        words = Words(language, policy.tenant.zone)
        return Setting(words=words, policy=policy, now=self.clock.now(), public_url=self.public_url)

    async def _show(self, request: Request, door: _Door) -> Response:  # noqa: ARG002 - one shape of page
        return _page(door, None, 200, await self._others(door))

    async def _others(self, door: _Door) -> tuple[Batch, ...]:
        """Return the reviewer's other batches that still take answers, the most urgent first."""
        ids = [one for one in await self.ledger.batches_of(door.batch.reviewer_id) if one != door.batch.id]
        found = [await self.ledger.batch(one) for one in ids[:_MOST_OTHERS]]
        theirs = [one for one in found if one is not None and one.reviewer_id == door.batch.reviewer_id]
        waiting = [one for one in theirs if standing(one, door.setting) is Standing.OPEN]
        return tuple(sorted(waiting, key=lambda one: (one.deadline, one.id)))

    async def _decide(self, request: Request, door: _Door) -> Response:
        if not self._is_our_page(request):
            return await self._refused_form(request, door)
        if standing(door.batch, door.setting) is not Standing.OPEN:
            return _page(door, None, 409)
        form = await _form(request, door)
        if form is None:
            return await self._refused_form(request, door)
        answers = check(form, door.batch, door.cards, door.latest, door.batch.reviewer_id, door.setting)
        if isinstance(answers, Attempt):
            return _page(door, answers, 422)
        return await self._take(door, answers)

    async def _take(self, door: _Door, answers: Answers) -> Response:
        taken = [await self.ledger.append_answer(one) for one in answers.fresh]
        # Also when nothing was new: the message of an earlier try may have been lost.
        await self.queue.put(WeighAnswers(batch_id=door.batch.id))
        extra = {"event": "answers.taken", "batch": door.batch.id, "count": sum(taken)}
        log.info("answers taken", extra=extra)
        if not all(taken):
            return await self._overtaken(door, answers)
        return RedirectResponse(f"/r/{door.batch.id}", 303, headers=_HEADERS)

    async def _overtaken(self, door: _Door, answers: Answers) -> Response:
        """Somebody answered at the same moment: fine when with the same words, else it is shown."""
        now = replace(door, latest=_latest(await self.ledger.answers(door.batch.id)))
        errors: dict[str, str] = {
            one.guest_id: "error.answered-meanwhile"
            for one in answers.fresh
            if now.latest[one.guest_id].answer.id != one.answer.id
        }
        if errors:
            return _page(now, Attempt(errors=errors), 409)
        return RedirectResponse(f"/r/{door.batch.id}", 303, headers=_HEADERS)

    async def _show_way_back(self, request: Request, door: _Door) -> Response:
        card = _card(request, door)
        if card is None:
            return await self._message(request, "refused", 403)
        return _undo_page(door, card, await self._way_back(door, card), 200)

    async def _take_back(self, request: Request, door: _Door) -> Response:
        card = _card(request, door)
        if card is None:
            return await self._message(request, "refused", 403)
        if not self._is_our_page(request) or await _form(request, door) is None:
            return await self._refused_form(request, door)
        state = await self._way_back(door, card)
        if state not in {WayBack.OPEN, WayBack.ASKED}:
            return _undo_page(door, card, state, 409)
        wish = UndoRequest(
            batch_id=door.batch.id,
            guest_id=card.guest_id,
            case_id=card.case_id,
            by=door.batch.reviewer_id,
            at=door.setting.now,
        )
        await self.ledger.ask_undo(wish)
        # Also when it was asked for before: the message of an earlier try may have been lost.
        await self.queue.put(Undo(batch_id=door.batch.id))
        extra = {"event": "undo.asked", "batch": door.batch.id, "case": card.case_id}
        log.info("way back asked for", extra=extra)
        return RedirectResponse(request.url.path, 303, headers=_HEADERS)

    async def _way_back(self, door: _Door, card: Card) -> WayBack:
        wishes = await self.ledger.undo_requests(door.batch.id)
        return way_back(door.batch, card, door.latest.get(card.guest_id), wishes, door.setting)

    def _is_our_page(self, request: Request) -> bool:
        """Say whether our own page sent the form (Fetch Metadata, else Origin; OWASP CSRF prevention)."""
        site = request.headers.get("sec-fetch-site")
        if site is not None:
            return site == "same-origin"
        origin, ours = request.headers.get("origin"), urlsplit(self.public_url)
        return bool(ours.netloc) and origin == f"{ours.scheme}://{ours.netloc}"

    async def _refused_form(self, request: Request, door: _Door) -> Response:
        log.warning("a form not of our page", extra={"event": "form.refused", "batch": door.batch.id})
        return await self._message(request, "refused-post", 403)

    async def _message(self, request: Request, key: str, status: int) -> Response:
        policy = await self.policies.current()
        language = choose(request.headers.get("accept-language", "")[:2], policy.tenant)
        path = request.url.path
        back = path if key == "refused" and _PAGE.fullmatch(path) else ""
        nonce = secrets.token_urlsafe(16)
        words = Words(language, policy.tenant.zone)
        return _html(message_page(key, words, style_nonce=nonce, switch_to=back), status, nonce)


def _latest(submissions: tuple[Submission, ...]) -> Mapping[GuestId, Submission]:
    return {one.guest_id: one for one in sorted(submissions, key=lambda one: one.version)}


async def _body(request: Request) -> bytes | None:
    """Read the form; None when it is larger than any of ours or of another kind."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return None
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > LARGEST:
            return None
    return content


async def _form(request: Request, door: _Door) -> Form | None:
    """Read the form; None unless our own page of this very batch made it."""
    body = await _body(request)
    form = read_form(body, [card.guest_id for card in door.cards]) if body is not None else None
    if form is None or not secrets.compare_digest(form.nonce.encode(), door.batch.nonce.encode()):
        return None
    return form


def _card(request: Request, door: _Door) -> Card | None:
    wanted = request.path_params["case"]
    return next((card for card in door.cards if card.case_id == wanted), None)


def _page(door: _Door, attempt: Attempt | None, status: int, others: tuple[Batch, ...] = ()) -> Response:
    nonce = secrets.token_urlsafe(16)
    content = answer_page(
        door.batch,
        door.cards,
        door.latest,
        door.setting,
        style_nonce=nonce,
        attempt=attempt,
        others=others,
    )
    return _html(content, status, nonce)


def _undo_page(door: _Door, card: Card, state: WayBack, status: int) -> Response:
    nonce = secrets.token_urlsafe(16)
    return _html(undo_page(door.batch, card, state, door.setting, style_nonce=nonce), status, nonce)


def _html(content: str, status: int, nonce: str) -> Response:
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(content, status, headers={**_HEADERS, "Content-Security-Policy": policy})


def _closed() -> Response:
    """Nobody can be recognised: nothing is shown at all."""
    return Response(status_code=503, headers=_HEADERS)
