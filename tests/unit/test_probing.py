"""The probes of docs/reviews.md are the ones that ``admin doctor --probe`` runs or prints."""

from admin.probing import PROBES, ByHand
from tests.tables import DOCS, table


def test_the_probes_are_the_documented_ones() -> None:
    documented = {
        row["question"]: None if row["run by doctor"] == "yes" else row["probe"]
        for row in table("Probes", DOCS / "reviews.md")
    }
    built = {
        question: asked.steps.replace("`", "") if isinstance(asked, ByHand) else None
        for question, asked in PROBES.items()
    }
    assert built == documented
