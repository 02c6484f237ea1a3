"""What is taken out of the record when it is old: names and addresses. Decisions and their chain stay."""

from dataclasses import replace

from reviews.model import Batch, BatchStep, Person


def nameless(batch: Batch) -> Batch:
    """Return a batch that names nobody: people stay in it by their ids."""
    handed_over = tuple(
        one if one.to is None else replace(one, to=_nameless(one.to)) for one in batch.handed_over
    )
    reviewer = None if batch.reviewer is None else _nameless(batch.reviewer)
    return replace(batch, reviewer=reviewer, handed_over=handed_over)


def is_to_be_forgotten(batch: Batch) -> bool:
    """Say whether a batch is over and still names somebody."""
    return batch.step is BatchStep.CLOSED and nameless(batch) != batch


def _nameless(person: Person) -> Person:
    return replace(person, name="", mail=None, user_principal_name="", department=None)
