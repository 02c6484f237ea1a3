"""Which guests a night looks at closely: the longest silent of all that might be asked about."""

from heapq import heappush, heapreplace

from reviews.model import Activity, Candidate, CaseId, Confidence, Verdict

Rank = tuple[bool, int, int, str]


class Shortlist:
    """Keeps at most ``room`` candidates, whatever the number and order of those it is shown.

    A closer look costs requests to Graph, so it is taken at no more guests than a night can afford.
    """

    __slots__ = ("_kept", "_room", "left_out")

    def __init__(self, room: int) -> None:
        self._room = room
        self._kept: list[tuple[Rank, Candidate]] = []
        self.left_out = 0
        """How many did not find room."""

    def consider(self, candidate: Candidate, case_id: CaseId) -> None:
        """Take a candidate in, when there is room or one that matters less makes room."""
        entry = _rank(candidate, case_id), candidate
        if len(self._kept) < self._room:
            heappush(self._kept, entry)
            return
        self.left_out += 1
        if self._kept and entry[0] > self._kept[0][0]:
            heapreplace(self._kept, entry)

    def candidates(self) -> tuple[Candidate, ...]:
        """Return who was kept, the most urgent first."""
        return tuple(
            candidate for _, candidate in sorted(self._kept, key=lambda entry: entry[0], reverse=True)
        )


def _rank(candidate: Candidate, case_id: CaseId) -> Rank:
    """Order candidates, the greatest first: asked before, sure of, long silent; then by lot."""
    verdict = candidate.verdict
    days = verdict.because.params.get("days", 0)
    return candidate.case is not None, _is_sure(verdict), int(days), case_id


def _is_sure(verdict: Verdict) -> int:
    silent = verdict.activity in {Activity.STALE, Activity.UNREDEEMED}
    return int(silent and verdict.confidence is Confidence.HIGH)
