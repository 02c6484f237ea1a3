"""Named situations of the sandbox tenant: who is there, how long we watch, and how each sponsor behaves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from sandbox.people import People, Population
from sandbox.people_cast import Cast, GroupSpec, GuestSpec, MemberSpec
from sandbox.people_guests import GuestKind, Home
from sandbox.people_making import FULL, draws, key_of
from sandbox.stories_access import well_connected

STARTS_AT: Final = datetime(2026, 9, 1, tzinfo=UTC)
"""When every story starts, unless told otherwise: nothing in a record is later."""
MEMBERS_PER_GUEST: Final = 1 / 8


class Style(StrEnum):
    """How a sponsor deals with the mail that asks about guests."""

    PROMPT = "answers within a day or two"
    NEVER_ANSWERS = "never answers"
    LEAVES = "leaves during the round"
    OVERLOADED = "overloaded: answers a few at a time"
    DISAGREES = "keeps what is proposed for removal, then changes their mind in My Access"


@dataclass(frozen=True, slots=True, kw_only=True)
class Temper:
    """How one sponsor behaves in the demo.

    ``answers_after``: from the mail to the first sitting, None: never. ``per_sitting``: how many guests get
    an answer at a time, None: all; the next sitting comes as long after. ``leaves_after``: from the mail to
    the day the account is disabled. ``follows`` (0 to 1): the share of suggestions followed.
    ``recants_after``: from the answer to the opposite one in My Access.
    """

    style: Style
    answers_after: timedelta | None = None
    per_sitting: int | None = None
    leaves_after: timedelta | None = None
    follows: float = 0.0
    recants_after: timedelta | None = None


SCRIPT: Final[Mapping[int, Temper]] = MappingProxyType(
    {
        0: Temper(style=Style.OVERLOADED, answers_after=timedelta(days=3), per_sitting=8, follows=1.0),
        1: Temper(style=Style.LEAVES, leaves_after=timedelta(days=2)),
        2: Temper(style=Style.NEVER_ANSWERS),
        3: Temper(
            style=Style.DISAGREES,
            answers_after=timedelta(days=1),
            follows=0.0,
            recants_after=timedelta(days=4),
        ),
    }
)
"""The sponsors with a part to play, by member index; member 0 of a population has far the most guests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One situation: its people, how long it is worth watching, and who plays a part.

    ``script`` is by member index. Whoever is not in it is prompt.
    """

    name: str
    says: str
    population: People
    lasts: timedelta = timedelta(days=1)
    script: Mapping[int, Temper] = field(default_factory=lambda: MappingProxyType({}))

    def temper(self, member_id: str) -> Temper:
        """Return how a sponsor of this story behaves, always the same; KeyError for who is no member."""
        return temper(self.population, member_id, self.script)


def temper(population: People, member_id: str, script: Mapping[int, Temper] = SCRIPT) -> Temper:
    """Return how a sponsor behaves, always the same; KeyError when the id is not of a member."""
    found = population.find(member_id)
    if found is None or found[0] != "member":
        raise KeyError(member_id)
    if found[1] in script:
        return script[found[1]]
    hours = 2 + draws(key_of(0, "tempers"), found[1])[0] % 46
    return Temper(style=Style.PROMPT, answers_after=timedelta(hours=hours), follows=0.9)


def follows(how: Temper, member_id: str, guest_id: str) -> bool:
    """Say whether this sponsor follows the suggestion about this guest; the same pair, the same answer."""
    luck = draws(key_of(0, f"{member_id} about {guest_id}"), 0)[0] / FULL
    return luck < how.follows


def a_population(
    guests: int,
    *,
    seed: int = 1,
    as_of: datetime = STARTS_AT,
    hostile: float = 0.0,
    members: int | None = None,
) -> Population:
    """Make a tenant of so many guests; by default with one colleague for every eight of them (at least 8)."""
    return Population(
        seed=seed,
        guest_count=guests,
        member_count=members or max(8, int(guests * MEMBERS_PER_GUEST)),
        as_of=as_of,
        hostile_share=hostile,
    )


def a_quiet_quarter() -> Story:
    """Return the demo: 2,000 guests, three months, four sponsors with a part to play."""
    return Story(
        name="a_quiet_quarter",
        says="2,000 guests over a quarter of a year; one sponsor never answers, one leaves, one has far too"
        " many guests, one disagrees.",
        population=a_population(2_000, members=48),
        lasts=timedelta(days=91),
        script=SCRIPT,
    )


def a_million() -> Story:
    """Return a tenant of a million guests, none of whom exists until asked for."""
    return Story(
        name="a_million",
        says="A million guests, for speed and memory.",
        population=a_population(1_000_000),
        script=SCRIPT,
    )


def hostile_names() -> Story:
    """Return 200 guests of whom every second tries to break a mail, a page, a log or a spreadsheet."""
    return Story(
        name="hostile_names",
        says="200 guests, half of them with display names that try to break whatever shows them.",
        population=a_population(200, hostile=0.5),
    )


def _days(count: float) -> timedelta:
    return timedelta(days=count)


_COLLEAGUES: Final = (
    MemberSpec(name="sara", shown_as="Sara Sponsor", language="en-GB"),
    MemberSpec(name="joost", shown_as="Joost de Vries", language="nl-NL"),
    MemberSpec(name="mieke", shown_as="Mieke Peeters", language="nl-BE"),
    MemberSpec(name="lukasz", shown_as="Łukasz Wójcik", language=None),
    MemberSpec(name="dora", shown_as="Dora Departed", standing="departed"),
    MemberSpec(name="dirk", shown_as="Dirk Deleted", standing="deleted"),
    MemberSpec(name="nora", shown_as="Nora Nomail", standing="no-mailbox"),
    MemberSpec(name="fay", shown_as="Fay Fallback"),
)
_OFFICES: Final = (
    GroupSpec(name="Vendor office", members=("joost", "mieke")),
    GroupSpec(name="Empty committee", members=()),
)

_DOZEN: Final = (
    GuestSpec(name="ada", shown_as="Ada Lovelace", silent_for=_days(120), sponsors=("sara",)),
    GuestSpec(name="pim", kind=GuestKind.PENDING, aged=_days(95), sponsors=("sara",)),
    GuestSpec(name="alan", silent_for=_days(2), sponsors=("sara",)),
    GuestSpec(name="nina", silent_for=_days(1), aged=_days(5), sponsors=("joost",)),
    GuestSpec(name="grace", silent_for=_days(200), sponsors=("dora",)),
    GuestSpec(name="karel", silent_for=_days(150)),
    GuestSpec(name="edsger", silent_for=_days(130), sponsors=("Vendor office",)),
    GuestSpec(name="irma", silent_for=_days(300), kind=GuestKind.INTERNAL, sponsors=("joost",)),
    GuestSpec(name="sven", silent_for=_days(300), kind=GuestKind.SYNCED, sponsors=("joost",)),
    GuestSpec(name="petra", silent_for=_days(180), privileged=True, sponsors=("joost",)),
    GuestSpec(name="boris", silent_for=_days(220), blocked=True, sponsors=("joost",)),
    GuestSpec(name="nadia", kind=GuestKind.NEVER_SEEN, aged=_days(210), sponsors=("mieke",)),
)

_THE_REST: Final = (
    # Mieke has six guests in all, so her digest has more than one page of a phone.
    GuestSpec(name="mo", silent_for=_days(100), sponsors=("mieke",)),
    GuestSpec(name="mia", silent_for=_days(110), sponsors=("mieke",), language="nl-NL"),
    GuestSpec(name="max", silent_for=_days(140), sponsors=("mieke",)),
    GuestSpec(name="may", silent_for=_days(160), sponsors=("mieke",)),
    GuestSpec(name="mats", silent_for=_days(190), sponsors=("mieke",)),
    # On both sides of ninety days.
    GuestSpec(name="just-under", silent_for=_days(89.9), sponsors=("sara",)),
    GuestSpec(name="on-the-day", silent_for=_days(90), sponsors=("sara",)),
    GuestSpec(name="just-over", silent_for=_days(90.1), sponsors=("sara",)),
    # Sponsors of every kind.
    GuestSpec(name="two-sponsors", silent_for=_days(105), sponsors=("joost", "mieke")),
    GuestSpec(name="one-of-two-left", silent_for=_days(115), sponsors=("dora", "joost")),
    GuestSpec(name="three-sponsors", silent_for=_days(125), sponsors=("sara", "joost", "lukasz")),
    GuestSpec(name="sponsor-deleted", silent_for=_days(135), sponsors=("dirk",)),
    GuestSpec(name="sponsor-without-mail", silent_for=_days(145), sponsors=("nora",)),
    GuestSpec(name="sponsored-by-nobody-in", silent_for=_days(155), sponsors=("Empty committee",)),
    GuestSpec(name="sponsored-by-a-guest", silent_for=_days(165), sponsors=("alan",)),
    GuestSpec(name="orphan-active", silent_for=_days(3)),
    GuestSpec(name="sponsor-left-active", silent_for=_days(4), sponsors=("dora",)),
    # Invitations.
    GuestSpec(name="invited-today", kind=GuestKind.PENDING, aged=_days(0.5), sponsors=("lukasz",)),
    GuestSpec(name="invited-last-month", kind=GuestKind.PENDING, aged=_days(29), sponsors=("lukasz",)),
    GuestSpec(name="invited-last-year", kind=GuestKind.PENDING, aged=_days(380), sponsors=("lukasz",)),
    GuestSpec(name="invited-by-nobody", kind=GuestKind.PENDING, aged=_days(400)),
    GuestSpec(name="accepted-lately", kind=GuestKind.NEVER_SEEN, aged=_days(6), sponsors=("lukasz",)),
    GuestSpec(name="accepted-unowned", kind=GuestKind.NEVER_SEEN, aged=_days(500)),
    # Sign-ins that are hard to read.
    GuestSpec(
        name="attempts-only", kind=GuestKind.ATTEMPTS_ONLY, attempted_ago=_days(9), sponsors=("lukasz",)
    ),
    GuestSpec(name="failed-since", silent_for=_days(170), attempted_ago=_days(12), sponsors=("lukasz",)),
    GuestSpec(name="before-the-record", silent_for=_days(1100), aged=_days(1500), sponsors=("lukasz",)),
    # Homes of every kind.
    GuestSpec(
        name="by-code",
        silent_for=_days(175),
        home=Home.ONE_TIME_CODE,
        address_domain="inbox.example",
        company=None,
        sponsors=("lukasz",),
    ),
    GuestSpec(
        name="by-google",
        silent_for=_days(3),
        home=Home.GOOGLE,
        address_domain="brightmail.example",
        company=None,
        sponsors=("lukasz",),
    ),
    GuestSpec(
        name="by-microsoft",
        silent_for=_days(185),
        home=Home.MICROSOFT_ACCOUNT,
        address_domain="postbox.example",
        company=None,
        sponsors=("joost",),
    ),
    GuestSpec(name="internal-active", silent_for=_days(2), kind=GuestKind.INTERNAL, sponsors=("sara",)),
    GuestSpec(name="blocked-orphan", silent_for=_days(400), aged=_days(700), blocked=True),
    GuestSpec(name="privileged-active", silent_for=_days(1), privileged=True, sponsors=("joost",)),
    # They come back: one before anything happens, one between warning and block.
    GuestSpec(name="back-soon", silent_for=_days(95), returns_after=_days(2), sponsors=("joost",)),
    GuestSpec(name="back-in-grace", silent_for=_days(98), returns_after=_days(20), sponsors=("joost",)),
    GuestSpec(
        name="hostile",
        shown_as="<img src=x onerror=alert(1)> \u202egnp",
        silent_for=_days(111),
        sponsors=("sara",),
    ),
    GuestSpec(name="silent-for-years", silent_for=_days(900), aged=_days(1300), sponsors=("joost",)),
    GuestSpec(
        name="other-partner", silent_for=_days(5), address_domain="litware.example", sponsors=("sara",)
    ),
    GuestSpec(name="no-company", silent_for=_days(6), company=None, sponsors=("sara",)),
)


def a_handful(as_of: datetime = STARTS_AT) -> Story:
    """Return twelve guests, one for each branch of the path."""
    return Story(
        name="a_handful",
        says="Twelve guests by name: stale, pending, active, new, sponsor left, no sponsor, group sponsor,"
        " internal, synced, privileged, blocked, never seen.",
        population=Cast(guests=_DOZEN, members=_COLLEAGUES, group_specs=_OFFICES, as_of=as_of),
        lasts=_days(60),
    )


def fifty_guests(as_of: datetime = STARTS_AT) -> Story:
    """Return fifty guests by name: every branch of the path, both sides of every boundary."""
    return Story(
        name="fifty_guests",
        says="Fifty guests by name, so that every branch of the path occurs at least once.",
        population=Cast(guests=_DOZEN + _THE_REST, members=_COLLEAGUES, group_specs=_OFFICES, as_of=as_of),
        lasts=_days(60),
    )


def access_of_every_kind(as_of: datetime = STARTS_AT) -> Story:
    """Return a guest for everything that can be reached, owned or held, each by name."""
    return Story(
        name="access_of_every_kind",
        says="Guests by name: one for every sort of group, app, role, owner, manager, sponsor and inviter.",
        population=well_connected(as_of),
        lasts=_days(60),
    )


STORIES: Final[Mapping[str, Callable[[], Story]]] = MappingProxyType(
    {
        "a_quiet_quarter": a_quiet_quarter,
        "fifty_guests": fifty_guests,
        "a_handful": a_handful,
        "access_of_every_kind": access_of_every_kind,
        "a_million": a_million,
        "hostile_names": hostile_names,
    }
)
"""Every story by name."""
