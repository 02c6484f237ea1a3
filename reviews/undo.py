"""The way back as a rule: from which steps a removal can be undone, and what stands against it."""

from datetime import datetime

from reviews.model import Case, Outcome, Reason, Step, UndoRequest
from reviews.reasons import because
from reviews.remediation import FORGETS_AFTER

UNDOABLE = frozenset(
    {Step.DENIED, Step.LAPSED, Step.NOTICED, Step.BLOCKED, Step.QUARANTINED, Step.DELETED, Step.MANUAL}
)


def no_undo(case: Case | None, request: UndoRequest, now: datetime) -> Reason | None:
    """Say why a reviewer's wish to have a guest back cannot be granted; None when it can.

    Only the reviewer of that very case may wish it: not one before, not one after, not the guest.
    docs/sponsors.md holds the table.
    """
    if case is None or case.id != request.case_id or case.batch_id != request.batch_id:
        return because("case-replaced")
    if request.by != case.reviewer:
        return because("not-a-reviewer")
    if case.deleted_at is not None and now - case.deleted_at > FORGETS_AFTER:
        return because("forgotten", on=case.deleted_at.date().isoformat())
    if case.step is Step.CLOSED:
        return because("case-closed")
    return None if case.step in UNDOABLE else because("nothing-to-undo")


def is_back(case: Case | None, request: UndoRequest) -> bool:
    """Say whether the guest is back already: by an earlier try, or by an operator."""
    return (
        case is not None
        and case.id == request.case_id
        and (case.step is Step.RESTORED or case.outcome is Outcome.RESTORED)
    )
