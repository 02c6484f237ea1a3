"""A clock moved by hand whose hands several processes see: eight bytes of a file, mapped into each."""

import asyncio
import fcntl
import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.clock import HandClock

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HANDS = struct.Struct("<q")
_TICK = timedelta(microseconds=1)


class JointClock(HandClock):
    """The clock of the file; ``start`` makes the file and sets the hands, None joins those who share it."""

    def __init__(self, file: Path, start: datetime | None = None) -> None:
        if start is not None:
            file.write_bytes(_HANDS.pack((start.astimezone(UTC) - _EPOCH) // _TICK))
        self._file = file.open("r+b")
        self._hands = mmap.mmap(self._file.fileno(), _HANDS.size)
        super().__init__(self.now())

    def now(self) -> datetime:
        """Return the moment the hands point at."""
        ticks: int = _HANDS.unpack_from(self._hands)[0]
        return _EPOCH + ticks * _TICK

    def move(self, to: datetime) -> None:
        """Set the hands, for everybody. Time never runs backwards: an earlier moment is refused."""
        with self._alone():
            super().__init__(self.now())
            super().move(to)
            self._point_at(to)

    async def sleep(self, duration: timedelta) -> None:
        """Move the hands forward by ``duration``, for everybody, and give other tasks a turn."""
        with self._alone():
            self._point_at(self.now() + max(duration, timedelta()))
        await asyncio.sleep(0)

    def close(self) -> None:
        """Let go of the file."""
        self._hands.close()
        self._file.close()

    def _point_at(self, moment: datetime) -> None:
        _HANDS.pack_into(self._hands, 0, (moment.astimezone(UTC) - _EPOCH) // _TICK)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)
