"""Arbitrary tenants for property tests: any guest the types allow, at moments close to every boundary."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st

from reviews.model import (
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
from reviews.policy import Actions, Caps, Exemption, Mode, NoAnswer, Policy, Quiet, Reviewers, Scope, Tenant
from reviews.steps import FOLLOWS
from tests.builders import FALLBACK, NOW, SARA, a_case, a_guest, an_answer, guid

NUMBERS = range(1, 7)

_DAYS = st.one_of(
    st.sampled_from([0, 6, 7, 29, 30, 31, 60, 61, 90, 91, 120, 1080, 1100]), st.integers(-2, 3000)
)
MOMENTS = st.builds(
    lambda days, seconds: NOW - timedelta(days=days, seconds=seconds), _DAYS, st.integers(-1, 1)
)
MAYBE_MOMENTS = st.none() | MOMENTS
UNREADABLE = st.sampled_from([Unreadable(why="no-licence"), Unreadable(why="not-asked")])

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
        Kind,
        sign_in_type=st.sampled_from(["federated", "userPrincipalName", "mail", "emailAddress"]),
        issuer=st.sampled_from(["ExternalAzureAD", "contoso.example", "mail", "google.com", ""]),
    ),
    max_size=2,
).map(tuple)


def guests() -> st.SearchStrategy[Guest]:
    """Any guest the types allow."""
    return st.builds(
        a_guest,
        st.sampled_from(NUMBERS),
        mail=st.sampled_from([None, "ada@partner.example"]),
        user_principal_name=st.sampled_from(["ada@contoso.example", "a_p#EXT#@contoso.example", ""]),
        user_type=st.sampled_from(["Guest", "Guest", "Guest", "Member", "", "guest"]),
        enabled=st.booleans(),
        created_at=MAYBE_MOMENTS,
        creation_type=st.sampled_from([None, "Invitation", "LocalAccount", "SelfServiceSignUp"]),
        redemption=st.sampled_from([None, *Redemption]),
        redemption_changed_at=MAYBE_MOMENTS,
        identities=_IDENTITIES,
        synced=st.booleans(),
        sign_ins=SIGN_INS,
        sponsors=SPONSORS,
    )


def tenants() -> st.SearchStrategy[list[Guest]]:
    """A handful of guests, each once."""
    return st.lists(guests(), max_size=6, unique_by=lambda guest: guest.id)


@st.composite
def cases(draw: st.DrawFn) -> dict[GuestId, Case]:
    """Open cases of some of the guests, at any live step."""
    chosen: dict[GuestId, Case] = {}
    for number in draw(st.sets(st.sampled_from(NUMBERS), max_size=4)):
        step = draw(st.sampled_from(sorted(FOLLOWS.keys() - {Step.CLOSED})))
        case = a_case(step, number)
        if case.answer is not None:
            case = replace(case, answer=an_answer(id=f"answer-{number}", at=case.answer.at))
        chosen[case.guest_id] = replace(
            case,
            escalated=draw(st.booleans()),
            notice_at=None if case.notice_at is None else draw(MOMENTS),
            blocked_at=None if case.blocked_at is None else draw(MOMENTS),
            deleted_at=None if case.deleted_at is None else draw(MOMENTS),
        )
    return chosen


POLICIES = st.builds(
    Policy,
    mode=st.sampled_from(Mode),
    tenant=st.just(Tenant(home_domains=("contoso.example",), zone="UTC")),
    quiet=st.sampled_from([Quiet(weekends=False), Quiet(days=(NOW.date(),))]),
    scope=st.sampled_from([Scope(), Scope(kinds=tuple(Kind))]),
    reviewers=st.builds(
        Reviewers, fallback=st.sampled_from([(), (FALLBACK,)]), max_open_items=st.integers(1, 3)
    ),
    actions=st.builds(Actions, on_no_answer=st.sampled_from(NoAnswer), soft_delete=st.booleans()),
    caps=st.builds(
        Caps,
        asks_per_run=st.integers(0, 6),
        harmful_per_run=st.integers(0, 6),
        harmful_share=st.sampled_from([0.05, 0.5, 1.0]),
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
