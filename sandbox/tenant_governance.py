"""The governance of the sandbox tenant: entitlement management and access reviews, on one agenda.

They meet here: a policy opens reviews, a review's decisions end assignments, and what falls due happens in
the order of its moments, whoever owns it.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from sandbox.tenant_agenda import Agenda, Due
from sandbox.tenant_directory import Directory, Json
from sandbox.tenant_licence import Meter
from sandbox.tenant_outsiders import Outsiders
from sandbox.tenant_package_records import Policy
from sandbox.tenant_packages import Packages
from sandbox.tenant_unknowns import Unknowns


class Governance:
    """Packages, reviews, the meter, and the native rivals that this tenant has switched on.

    ``lifecycle_policies`` are guest lifecycle policies as Graph shows them; None is a tenant that has no such
    feature, as most.
    """

    def __init__(
        self,
        directory: Directory,
        ids: Callable[[], str],
        unknowns: Unknowns,
        lifecycle_policies: Iterable[Json] | None,
    ) -> None:
        self.unknowns = unknowns
        self.lifecycle_policies = None if lifecycle_policies is None else list(lifecycle_policies)
        self.meter = Meter()
        self.agenda = Agenda()
        self.outsiders = Outsiders(directory, self.agenda)
        self.packages = Packages(directory, self.agenda, self.outsiders, self.meter, ids)

    def settle(self, now: datetime) -> None:
        """Let everything happen that fell due by ``now``."""
        for at, what, key in self.agenda.take(now):
            match what:
                case Due.WORK:
                    self.packages.work(key)
                case Due.DELIVER:
                    self.packages.deliver(key, at)
                case Due.EXPIRE:
                    self.packages.expire(key, at)
                case Due.LEAVE:
                    self.outsiders.delete(key, at)

    def add_policy(self, package_id: str, body: Json, now: datetime) -> Policy:
        """Keep a new policy of a package."""
        return self.packages.add_policy(package_id, body, now)

    def replace_policy(self, policy: Policy, body: Json, now: datetime) -> None:
        """Put another document in a policy's place."""
        self.packages.replace_policy(policy, body, now)

    def remove_policy(self, policy: Policy) -> None:
        """Forget a policy."""
        del self.packages.policies[policy.id]
