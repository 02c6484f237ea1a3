"""Arbitrary tenants for property tests: any guest the types allow, at moments close to every boundary."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from reviews.model import (
    AskedAs,
    Case,
    Guest,
    GuestId,
    Identity,
    Kind,
    Nameless,
    Person,
    PersonId,
    Redemption,
    SignIns,
    SponsorGroup,
    Step,
    Unreadable,
)
from reviews.policy import (
    Actions,
    Backfill,
    Caps,
    Exemption,
    Mode,
    NoAnswer,
    Policy,
    Quiet,
    Reviewers,
    Scope,
    Sponsors,
    Tenant,
)
from tests.builders import FALLBACK, NOW, SARA, a_case, a_guest, guid

NUMBERS = range(1, 7)
_LIVE = [
    *(step for step in Step if step is not Step.CLOSED),
    *(Step.KEPT, Step.DENIED, Step.LAPSED, Step.NOTICED, Step.NOTICED, Step.QUARANTINED, Step.QUARANTINED),
]
World = tuple[list[Guest], dict[GuestId, Case]]
"""Guests as the census shows them, and open cases by guest."""
_MOMENTS = ("notice_at", "blocked_at", "deleted_at")

_DAYS = st.one_of(
    st.sampled_from([0, 6, 7, 29, 30, 31, 60, 61, 90, 91, 120, 1080, 1100]), st.integers(-2, 3000)
)
MOMENTS = st.builds(
    lambda days, seconds: NOW - timedelta(days=days, seconds=seconds), _DAYS, st.integers(-1, 1)
)
MAYBE_MOMENTS = st.none() | MOMENTS
UNREADABLE = st.sampled_from([Unreadable(why=why) for why in ("no-licence", "no-permission", "not-asked")])

SIGN_INS = st.one_of(
    UNREADABLE,
    st.builds(
        SignIns, successful_at=MAYBE_MOMENTS, interactive_at=MAYBE_MOMENTS, non_interactive_at=MAYBE_MOMENTS
    ),
)
_PEOPLE = st.builds(
    Person,
    id=st.sampled_from([SARA, FALLBACK, *(PersonId(guid(n)) for n in NUMBERS)]),
    name=st.just("Sara"),
    mail=st.sampled_from([None, "", "sara@contoso.example"]),
    enabled=st.booleans(),
    user_type=st.sampled_from(["Member", "Guest", ""]),
)
SPONSORS = st.one_of(
    UNREADABLE,
    st.lists(
        st.one_of(
            _PEOPLE,
            st.just(Nameless(id=PersonId(guid(9005)))),
            st.just(SponsorGroup(id=PersonId(guid(9006)), name="Vendor office")),
        ),
        max_size=3,
    ).map(tuple),
)
_IDENTITIES = st.lists(
    st.builds(
        Identity,
        sign_in_type=st.sampled_from(["federated", "userPrincipalName", "mail", "emailAddress"]),
        issuer=st.sampled_from(["ExternalAzureAD", "contoso.example", "mail", "google.com", ""]),
    ),
    max_size=2,
).map(tuple)


_ODD = {
    "mail": st.none(),
    "user_principal_name": st.sampled_from(["ada@contoso.example", ""]),
    "user_type": st.sampled_from(["Member", "", "guest"]),
    "enabled": st.booleans(),
    "created_at": MAYBE_MOMENTS,
    "creation_type": st.sampled_from([None, "Invitation", "LocalAccount", "SelfServiceSignUp"]),
    "redemption": st.sampled_from([None, *Redemption]),
    "redemption_changed_at": MAYBE_MOMENTS,
    "identities": _IDENTITIES,
    "synced": st.booleans(),
    "tenant_synced": st.sampled_from([False, True, Unreadable(why="no-permission")]),
    "sign_ins": SIGN_INS,
    "sponsors": SPONSORS,
}
"""What may be out of the ordinary about a guest."""


@st.composite
def guests(draw: st.DrawFn, number: int = 1) -> Guest:
    """A stale guest with a healthy sponsor, anything up to everything about it out of the ordinary."""
    odd = draw(st.sets(st.sampled_from(sorted(_ODD)), max_size=draw(st.sampled_from([0, 1, 2, len(_ODD)]))))
    asleep = {
        "sign_ins": draw(st.sampled_from([SignIns(successful_at=NOW - timedelta(days=200)), SignIns()]))
    }
    return a_guest(number, **(asleep | {name: draw(_ODD[name]) for name in sorted(odd)}))


@st.composite
def cases(draw: st.DrawFn, number: int = 1) -> Case:
    """An open case at any live step, its waiting times mostly over."""
    case = a_case(draw(st.sampled_from(_LIVE)), number, escalated=draw(st.booleans()))
    case = replace(case, asked_as=draw(st.sampled_from([AskedAs.CANDIDATE, AskedAs.SPONSOR])))
    if case.answer is not None:
        case = replace(case, answer=replace(case.answer, id=f"answer-{number}"))
    if draw(st.sampled_from([False, False, True])):
        moments: dict[str, Any] = {
            name: draw(MOMENTS) for name in _MOMENTS if getattr(case, name) is not None
        }
        case = replace(case, **moments)
    return case


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A handful of guests, and open cases of some of them and of one who is not there."""
    tenant: list[Guest] = []
    known: dict[GuestId, Case] = {}
    for number in sorted(draw(st.sets(st.sampled_from(NUMBERS), min_size=1))):
        guest = draw(guests(number))
        if draw(st.booleans()):
            case = known[guest.id] = draw(cases(number))
            if case.blocked_at is not None and draw(st.sampled_from([True, True, False])):
                guest = replace(guest, enabled=False)
            if case.asked_as is AskedAs.CANDIDATE:
                # Somebody who is no sponsor was asked because there is none.
                guest = replace(guest, sponsors=())
        tenant.append(guest)
    if draw(st.sampled_from([False, False, True])):
        absent = draw(cases(NUMBERS.stop))
        known[absent.guest_id] = absent
    return tenant, known


POLICIES = st.builds(
    Policy,
    mode=st.sampled_from([*Mode, Mode.ENFORCE, Mode.REPORT]),
    tenant=st.just(Tenant(home_domains=("contoso.example",), zone="UTC")),
    quiet=st.sampled_from([Quiet(weekends=False)] * 6 + [Quiet(days=(NOW.date(),))]),
    scope=st.sampled_from([Scope(), Scope(kinds=tuple(Kind))]),
    reviewers=st.builds(
        Reviewers, fallback=st.sampled_from([(), (FALLBACK,)]), max_open_items=st.sampled_from([1, 3, 40])
    ),
    sponsors=st.builds(Sponsors, backfill=st.sampled_from([Backfill.APPLY, Backfill.APPLY, *Backfill])),
    actions=st.builds(
        Actions,
        on_no_answer=st.sampled_from([*NoAnswer, NoAnswer.ESCALATE]),
        soft_delete=st.sampled_from([True, True, False]),
    ),
    caps=st.builds(
        Caps,
        asks_per_run=st.sampled_from([0, 1, 500, 500]),
        harmful_per_run=st.sampled_from([0, 1, 25, 25]),
        harmful_share=st.sampled_from([0.3, 1.0, 1.0]),
    ),
    exemptions=st.lists(
        st.builds(
            Exemption,
            guest=st.sampled_from([guid(n) for n in NUMBERS]),
            reason=st.just("board"),
            until=st.sampled_from([NOW.date(), NOW.date() - timedelta(days=1)]),
        ),
        max_size=2,
    ).map(tuple),
)
