"""What we hand to other programs is read by them as text."""

import re

from tests.house import ROOT

ROOMS = ("adapters", "admin", "notifications", "reviews")


def test_no_table_is_written_that_a_spreadsheet_would_calculate() -> None:
    """Nothing of ours writes CSV: whoever adds it meets this test, and then OWASP ASVS 5.0 item 1.2.10."""
    sources = [one.read_text(encoding="utf-8") for room in ROOMS for one in (ROOT / room).rglob("*.py")]
    assert sources
    assert not [one for one in sources if re.search(r"^\s*(import|from) csv\b|text/csv", one, re.MULTILINE)]
