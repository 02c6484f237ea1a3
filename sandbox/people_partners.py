"""Where the made-up guests come from: some big partners, a tail of small firms, private mailboxes."""

from bisect import bisect_right
from itertools import accumulate
from typing import Final, NamedTuple

from sandbox.people_guests import Home
from sandbox.people_names import FIRM_WORDS


class Partner(NamedTuple):
    """A place guests come from. ``company`` is None for private mailboxes."""

    domain: str
    company: str | None
    home: Home


# Weights in parts of a thousand; what is left over is the tail of small firms.
_WEIGHED: Final = (
    (260, Partner("fabrikam.example", "Fabrikam", Home.ENTRA)),
    (160, Partner("northwind.example", "Northwind Traders", Home.ENTRA)),
    (120, Partner("litware.example", "Litware", Home.ENTRA)),
    (90, Partner("wingtip.example", "Wingtip Toys", Home.ENTRA)),
    (70, Partner("adatum.example", "A. Datum", Home.ENTRA)),
    (40, Partner("tailspin.example", "Tailspin", Home.ENTRA)),
    (25, Partner("uni-noord.example", "Universiteit Noord", Home.ENTRA)),
    (15, Partner("gemeente-zuid.example", "Gemeente Zuid", Home.ENTRA)),
    (14, Partner("brightmail.example", None, Home.GOOGLE)),
    (13, Partner("postbox.example", None, Home.MICROSOFT_ACCOUNT)),
    (8, Partner("inbox.example", None, Home.ONE_TIME_CODE)),
)
_UPTO: Final = tuple(accumulate(weight for weight, _ in _WEIGHED))
PARTNERS: Final = tuple(partner for _, partner in _WEIGHED)
"""The big partners and the mailbox providers."""


def _tail() -> tuple[Partner, ...]:
    return tuple(
        Partner(
            f"{first}{second}.example",
            f"{first.title()} {second.title()}",
            # One small firm in ten has no directory of its own.
            Home.ONE_TIME_CODE if (i + j) % 10 == 0 else Home.ENTRA,
        )
        for i, first in enumerate(FIRM_WORDS[0])
        for j, second in enumerate(FIRM_WORDS[1])
    )


TAIL: Final = _tail()
"""The small firms."""


def partner_of(draw: int) -> Partner:
    """Return the partner that a 32-bit draw picks, by weight."""
    part = draw & 0xFFFF
    at = bisect_right(_UPTO, part * 1000 >> 16)
    return PARTNERS[at] if at < len(PARTNERS) else TAIL[(draw >> 16) % len(TAIL)]
