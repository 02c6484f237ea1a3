"""What no source settles about governance in Graph: how this sandbox tenant answers, either way."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknowns:
    """The open questions as switches; each stands for a probe that only a live tenant can answer.

    ``sponsors_review``: sponsors can be named as reviewers. ``apps_decide``: an app that is no reviewer may
    record decisions. ``stop_applies``: stopping a review carries its decisions out although nobody asked for
    that.
    """

    sponsors_review: bool = False
    apps_decide: bool = True
    stop_applies: bool = True


AS_ASSUMED = Unknowns()
"""The answers the product counts on."""
