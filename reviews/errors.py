"""What can go wrong, by who acts on it.

    GatehouseError
    |-- Transient            the queue tries again
    |   |-- Throttled        the service named a time to wait
    |   |-- Ambiguous        a write may or may not have happened: look before acting again
    |   `-- Conflict         somebody else moved the row first: read again, weigh again
    |-- Permanent            an operator acts; the message parks in the poison queue
    |   |-- Forbidden        a permission or licence is missing, named
    |   |-- Gone             the thing does not exist (any more)
    |   |-- Malformed        a message, row or answer from the world that cannot be understood
    |   |-- NotSupported     the service refuses this kind of request
    |   `-- BadSettings      settings or policy that cannot be used, every problem listed
    `-- CensusIncomplete     the directory was not read to its end: stop tonight

Refusals by our own rules are values (``reviews.decisions.Refused``), not errors.
"""

from collections.abc import Sequence
from datetime import timedelta


class GatehouseError(Exception):
    """Any failure this product raises on purpose."""


class Transient(GatehouseError):
    """A passing failure; the queue message that met it is tried again."""


class Throttled(Transient):
    """The service asked for a pause of ``retry_after`` (None when it named none)."""

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Ambiguous(Transient):
    """A write was sent and no usable reply came: it may have taken effect.

    Whoever catches this looks for the effect by its marker, and never repeats the write blindly.
    """


class Conflict(Transient):
    """The row is no longer at the version it was read at."""


class Permanent(GatehouseError):
    """A failure that trying again cannot cure; the message names the thing and the remedy."""


class Forbidden(Permanent):
    """The service refuses for want of a permission, a licence or a role.

    ``needs`` names what would allow the call, for ``admin doctor`` and docs/permissions.md.
    """

    def __init__(self, message: str, *, needs: str | None = None) -> None:
        super().__init__(message)
        self.needs = needs


class Gone(Permanent):
    """The object is not in the directory or store. When ending access this counts as done by someone else."""


class Malformed(Permanent):
    """Something from outside cannot be understood; the message names the field, never its content."""


class NotSupported(Permanent):
    """The service refuses this kind of request for this kind of object."""


class BadSettings(Permanent):
    """Settings or a policy that cannot be used; every problem of the document at once."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


class CensusIncomplete(GatehouseError):
    """The guests were not read to the last page, so nothing may be concluded tonight."""
