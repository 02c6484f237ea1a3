"""The sandbox tenant: people, groups, reviews and mailboxes that live on a clock moved by hand.

``sandbox.graph_api`` shows it as Microsoft Graph; the methods here are what happens in the world outside
our program: people sign in, reviewers answer in My Access, somebody leaves.
"""

import copy
import hashlib
import uuid
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import RLock
from typing import Any, Literal

from reviews.model import GuestRole
from reviews.ports import Clock
from sandbox.people_access import Inviter, PartnerSettings
from sandbox.people_organisations import usual_settings
from sandbox.tenant_directory import Directory, Json, Population, graph_time
from sandbox.tenant_governance import Governance
from sandbox.tenant_licence import Cause, Licence
from sandbox.tenant_logs import AuditLog, SignIns
from sandbox.tenant_mail import Mailroom, SentMail
from sandbox.tenant_reach import Reach
from sandbox.tenant_review_records import CHOICES, IN_PROGRESS, Review
from sandbox.tenant_throttle import Throttle
from sandbox.tenant_unknowns import AS_ASSUMED, Unknowns

DEFAULT_GRANTED = frozenset(
    {
        "AccessReview.ReadWrite.All",
        "AuditLog.Read.All",
        "CrossTenantInformation.ReadBasic.All",
        "Directory.Read.All",
        "EntitlementManagement.ReadWrite.All",
        "Group.ReadWrite.All",
        "LifecyclePolicies-Guests.Read.All",
        "Policy.Read.All",
        "RoleManagement.Read.Directory",
        "Team.ReadBasic.All",
        "TeamMember.Read.All",
        "User.DeleteRestore.All",
        "User.EnableDisableAccount.All",
        "User.Read.All",
        "User.RevokeSessions.All",
    }
)
"""The least set of application permissions for every operation the sandbox knows, two apart: mail is granted
per mailbox, by Exchange (``mailboxes``), and who writes sponsors needs ``WRITES_SPONSORS`` as well."""
WRITES_SPONSORS = "User.ReadWrite.All"
"""No narrower permission writes sponsors; it would open every other change of an account too."""

TOKEN = "sandbox"  # noqa: S105 - the sandbox's bearer opens nothing else
NATIVE_SENDER = "access-reviews@entra.example"


class NotAllowed(Exception):
    """Somebody tried what the tenant does not let them do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request the tenant answered (or dropped: ``status`` None)."""

    operation: str
    path: str
    status: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A failure to play: an error ``status``, or a lost connection when None; before or after the effect."""

    when: Literal["before", "after"]
    status: int | None = 503
    code: str = "serviceNotAvailable"
    retry_after: timedelta | None = None


class Tenant:
    """A tenant of ``population``, as of ``clock``.

    ``granted``: the app's permissions. ``mailboxes``: addresses Exchange lets it use. ``lag``: how long a new
    object cannot be read. ``start_delay``: how late reviews begin. ``activity_lag``: how late the activity
    shows what the sign-in log shows at once. ``licence``: what was bought; without it ``premium`` says
    whether P1 and P2 are there. ``unknowns``: the answers to open questions about Graph.
    ``guest_role``: what guests may see of the directory. ``guest_lifecycle_policies``: the native rival's,
    None where that feature does not exist.
    """

    def __init__(
        self,
        population: Population,
        clock: Clock,
        *,
        granted: Iterable[str] = DEFAULT_GRANTED,
        mailboxes: Iterable[str] | None = None,
        throttle: bool = True,
        lag: timedelta = timedelta(seconds=5),
        start_delay: timedelta = timedelta(minutes=10),
        page_token_lifetime: timedelta = timedelta(hours=1),
        activity_lag: timedelta = timedelta(0),
        premium: bool = True,
        licence: Licence | None = None,
        guest_role: GuestRole = GuestRole.RESTRICTED,
        unknowns: Unknowns = AS_ASSUMED,
        guest_lifecycle_policies: Iterable[Json] | None = None,
        token: str = TOKEN,
    ) -> None:
        self.population, self.clock, self.token = population, clock, token
        self.granted = frozenset(granted)
        named = (f"guest-reviews@{population.domain}",) if mailboxes is None else mailboxes
        self.mailboxes = frozenset(address.lower() for address in named)
        self.lag, self.page_token_lifetime = lag, page_token_lifetime
        self.licence = (Licence.P2 if premium else Licence.NONE) if licence is None else licence
        self.app: Json = {"id": self.derived_id("app"), "displayName": "Gatehouse", "userPrincipalName": ""}
        self.directory = Directory(population)
        self.reach, self.sign_ins = Reach(self.directory), SignIns(activity_lag)
        self.audits = AuditLog(self.directory, self.new_id)
        self.partners: dict[str, PartnerSettings] = usual_settings()
        self.governance = Governance(
            self.reach, self.audits, self.new_id, self.notify, unknowns, guest_lifecycle_policies
        )
        self.packages, self.reviews = self.governance.packages, self.governance.reviews
        self.reviews.delay = start_delay
        self.mail, self.guest_role = Mailroom(), guest_role
        self.throttle = Throttle(on=throttle, users=population.guest_count + population.member_count)
        self.calls: deque[Call] = deque(maxlen=200_000)
        self.faults: Callable[[str, str], Fault | None] | None = None
        self.lock, self._made = RLock(), 0

    # --- time and identity ------------------------------------------------------------------------

    def now(self) -> datetime:
        """Return the tenant's present moment, after letting what fell due happen."""
        with self.lock:
            now = self.clock.now()
            self.governance.settle(now)
            for object_id, activity in self.sign_ins.due(now):
                self.directory.change(object_id, {"signInActivity": activity})
            return now

    @property
    def start_delay(self) -> timedelta:
        """How long after its start a review begins."""
        return self.reviews.delay

    def new_id(self) -> str:
        """Return the next object id; the same history gives the same ids."""
        self._made += 1
        return self.derived_id(str(self._made))

    def derived_id(self, name: str) -> str:
        """Return the id of something this tenant always has, by name."""
        digest = hashlib.blake2b(f"{self.population.tenant_id}:{name}".encode(), digest_size=16).digest()
        return str(uuid.UUID(bytes=digest, version=4))

    def __deepcopy__(self, memo: dict[int, Any]) -> "Tenant":
        """Copy the state; the population is shared, the fault hook stays behind, the clock is copied too."""
        memo[id(self.population)] = self.population
        twin = object.__new__(Tenant)
        memo[id(self)] = twin
        with self.lock:
            for name, value in vars(self).items():
                if name not in {"lock", "faults"}:
                    setattr(twin, name, copy.deepcopy(value, memo))
        twin.lock = RLock()
        twin.faults = None
        return twin

    @property
    def premium(self) -> bool:
        """Whether what needs Entra ID P1 is there; a story may say so, P2 comes and goes with it."""
        return self.licence >= Licence.P1

    @premium.setter
    def premium(self, there: bool) -> None:
        self.licence = Licence.P2 if there else Licence.NONE

    @property
    def billed_guests(self) -> dict[str, dict[Cause, set[str]]]:
        """The guests that Entra ID Governance bills, by month (``2026-09``) and cause."""
        return self.governance.meter.by_month

    # --- people -----------------------------------------------------------------------------------

    def user(self, object_id: str) -> Json | None:
        """Return a live account as it is, or None; Graph may not show it yet, this does."""
        return None if object_id in self.directory.deleted else self.directory.account(object_id)

    def sign_in(self, guest_id: str, at: datetime | None = None) -> bool:
        """Let somebody sign in; the first time redeems the invitation. False when sign-in is blocked."""
        with self.lock:
            record = self.user(guest_id)
            if record is None or not record.get("accountEnabled", True):
                self.attempt_sign_in(guest_id, at)
                return False
            moment = at or self.now()
            when = graph_time(moment)
            if record.get("externalUserState") == "PendingAcceptance":
                self.directory.change(
                    guest_id, {"externalUserState": "Accepted", "externalUserStateChangeDateTime": when}
                )
                self.audits.redeemed(record, moment)
            self._activity(guest_id, record, ("lastSignIn", "lastSuccessfulSignIn"), moment)
            return True

    def attempt_sign_in(self, guest_id: str, at: datetime | None = None) -> None:
        """Let somebody fail to sign in: Graph records the attempt, not a success."""
        with self.lock:
            record = self.user(guest_id)
            if record is not None:
                self._activity(guest_id, record, ("lastSignIn",), at or self.now())

    def _activity(self, guest_id: str, record: Json, kinds: tuple[str, ...], at: datetime) -> None:
        activity = self.sign_ins.activity(record)
        for kind in kinds:
            activity[f"{kind}DateTime"] = graph_time(at)
            activity[f"{kind}RequestId"] = self.new_id()
        if not self.sign_ins.put_off(guest_id, activity, self.clock.now()):
            self.directory.change(guest_id, {"signInActivity": activity})
        request_id = activity["lastSignInRequestId"]
        blocked = not record.get("accountEnabled", True)
        self.sign_ins.write(record, at, request_id, well=len(kinds) > 1, blocked=blocked)

    def change(self, object_id: str, **properties: Any) -> None:
        """Change an account behind our program's back."""
        with self.lock:
            self.now()
            if self.directory.account(object_id) is None:
                raise KeyError(object_id)
            self.directory.change(object_id, properties)

    def add(self, record: Json, sponsors: tuple[str, ...] = (), invited_by: Inviter | None = None) -> None:
        """Add an account (a guest invited today, by the first sponsor); Graph shows it after the lag."""
        with self.lock:
            now = self.now()
            self.directory.add(record, sponsors, now + self.lag)
            inviter = invited_by or (Inviter(sponsors[0]) if sponsors else None)
            if inviter is not None:
                self.audits.invited(record, inviter, now)

    def delete(self, object_id: str) -> None:
        """Soft-delete an account behind our program's back."""
        with self.lock:
            now = self.now()
            if self.user(object_id) is None:
                raise KeyError(object_id)
            self.directory.deleted[object_id] = now

    def deleted(self, object_id: str) -> bool:
        """Say whether an account lies in the recycle bin, restorable."""
        return self.directory.deleted_user(object_id, self.now()) is not None

    def audit(self, activity: str, record: Json) -> None:
        """Write a line of the audit log about something the app did to an account."""
        app = {"displayName": self.app["displayName"], "servicePrincipalId": self.app["id"]}
        self.audits.write(activity, record, {"user": None, "app": app}, self.now())

    # --- mail -------------------------------------------------------------------------------------

    def sent(self) -> tuple[SentMail, ...]:
        """Return every mail that left, Entra's own included, oldest first."""
        self.now()
        return tuple(self.mail.left)

    def inbox(self, address: str) -> tuple[SentMail, ...]:
        """Return the mails an address got, oldest first."""
        wanted = address.lower()
        return tuple(m for m in self.sent() if wanted in (a.lower() for a in m.to))

    def notify(self, people: Iterable[str], subject: str, about: Json, at: datetime) -> None:
        """Send Entra's own mail about a review to the people (ids) who are asked."""
        for person in people:
            record = self.user(person) or {}
            self.mail.left.append(
                SentMail(
                    message_id="",
                    internet_message_id=f"<{self.new_id()}@entra.example>",
                    from_address=NATIVE_SENDER,
                    to=(record.get("mail") or record.get("userPrincipalName") or person,),
                    subject=subject,
                    content_type="text",
                    body=str(about.get("descriptionForReviewers") or ""),
                    headers=(),
                    at=at,
                )
            )

    # --- reviews ----------------------------------------------------------------------------------

    def definitions(self) -> tuple[Review, ...]:
        """Return the reviews there are, oldest first."""
        self.now()
        return tuple(self.reviews.all.values())

    def decide(
        self,
        definition_id: str,
        instance_id: str,
        principal_id: str,
        decision: str,
        justification: str,
        reviewer_id: str,
    ) -> None:
        """Answer in My Access as a person.

        Raises:
            NotAllowed: not a reviewer of that guest, no running review, or a justification is missing.

        """
        with self.lock:
            now = self.now()
            instance = self.reviews.instances.get(instance_id)
            items = instance.items.values() if instance is not None else ()
            found = [item for item in items if item.principal["id"] == principal_id]
            if instance is None or instance.review_id != definition_id or not found:
                raise KeyError(principal_id)
            if instance.status != IN_PROGRESS or decision not in CHOICES:
                message = f"the review is {instance.status}, or {decision!r} is no decision"
                raise NotAllowed(message)
            asked = [item for item in found if reviewer_id in self.reviews.reviewers(instance, item, now)]
            if not asked:
                message = f"{reviewer_id} is not asked about {principal_id}"
                raise NotAllowed(message)
            required = instance.body["settings"].get("justificationRequiredOnApproval")
            if decision == "Approve" and required and not justification:
                message = "this review wants a justification for every approval"
                raise NotAllowed(message)
            person = self.user(reviewer_id) or {}
            by = {k: person.get(k) for k in ("id", "displayName", "userPrincipalName")}
            self.reviews.record(asked, decision, justification, by, now)

    # --- what became of it ------------------------------------------------------------------------

    def groups_created(self) -> tuple[Json, ...]:
        """Return the groups made through Graph that are still there, each with the ids of its ``members``."""
        directory = self.directory
        made = [directory.groups[g] for g in directory.groups if g in directory.created]
        return tuple({**g.record, "members": directory.members(g)} for g in made)

    def snapshot(self) -> Json:
        """Return the whole outcome without volatile ids and instants, to compare two histories."""
        return {
            "changed": {k: dict(sorted(v.items())) for k, v in sorted(self.directory.changes.items())},
            "deleted": sorted(self.directory.deleted),
            "groups": sorted((g["mailNickname"], sorted(g["members"])) for g in self.groups_created()),
            "members": self.directory.groups.changed_members(),
            "sponsors": {k: sorted(v) for k, v in sorted(self.directory.named_sponsors.items())},
            "reviews": self.reviews.snapshot(),
            "packages": self.packages.snapshot(),
            "mail": sorted((m.from_address, m.to, m.subject) for m in self.sent()),
            "drafts": sorted(
                str(m.properties.get("subject")) for m in self.mail.messages.values() if m.folder == "drafts"
            ),
        }
