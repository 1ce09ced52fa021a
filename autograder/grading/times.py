"""Times as people and programs write them: read for certain, or refused, and never taken for another time.

nbgrader's own `parse_utc` reads `19:30 CEST` as 19:30 UTC, `19:30:00.5 +0200` as an offset of 200 seconds, and 03/10 as a
day of March.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

# In bytes: a timestamp is one line.
MAX_TIMESTAMP = 4096

_TIME = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)(?:T|\s+)(?P<time>\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)\s*(?P<zone>\S.*)?", re.ASCII
)
_OFFSET = re.compile(r"(?:UTC|GMT)?\s*(?P<sign>[+-])(?P<hours>\d\d?)(?::?(?P<minutes>[0-5]\d))?", re.ASCII)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}", re.ASCII)
_MOST = timedelta(hours=14)


class TimeError(ValueError):
    """A text that is no certain time; the text of this says why, and how to write it."""


def utc(text: str, local: tzinfo | None = None) -> datetime:
    """Return the time that a text says, in UTC, as nbgrader's gradebook has it: without a zone.

    Parameters
    ----------
    text
        A date and a time as ISO 8601 has them, then an offset, the name of a zone, or nothing, which is UTC as in nbgrader.
    local
        The zone in which the course writes times. Its own names for its time, as `CEST`, are understood.

    Raises
    ------
    TimeError
        When it is no such time, or a zone's name stands for several.
    """
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise TimeError(f"expected a time as 2025-10-03 18:00 +02:00, and got {_quoted(text)}")
    time = found["time"].replace(",", ".")
    try:
        naive = datetime.fromisoformat(f"{found['date']}T{time[:15]}")
        return (naive - _offset((found["zone"] or "UTC").strip(), naive, local)).replace(tzinfo=None)
    except TimeError:
        raise
    except (ValueError, OverflowError):
        raise TimeError(f"there is no such time: {_quoted(text)}") from None


def _quoted(text: str) -> str:
    return repr(text.strip()[:60])


def _offset(zone: str, naive: datetime, local: tzinfo | None) -> timedelta:
    """Return how far a zone is ahead of UTC at a time."""
    if zone in ("UTC", "GMT", "Z", "z"):
        return timedelta()
    if (found := _OFFSET.fullmatch(zone)) is not None:
        ahead = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"] or 0))
        if ahead <= _MOST:
            return -ahead if found["sign"] == "-" else ahead
    elif _NAME.fullmatch(zone) and len(zone) <= 40:
        if local is not None and (own := {ahead for name, ahead in _both(local, naive) if name == zone}):
            return _only(own, zone)
        ahead_at = {ahead for _, ahead in _both(_zones()[zone], naive)} if zone in _zones() else set()
        if "/" not in zone:
            # `CET` is the name of a place's time all year, and what clocks there show in winter.
            ahead_at |= {ahead for known in _zones().values() for name, ahead in _both(known, naive) if name == zone}
        return _only(ahead_at, zone)
    raise TimeError(f"the time zone {zone[:40]!r} is not known: write an offset, as +02:00")


def _both(zone: tzinfo, naive: datetime) -> list[tuple[str, timedelta]]:
    """Return a zone's name and offset at a time, both where clocks are set back and the time comes twice."""
    both = [naive.replace(tzinfo=zone, fold=fold) for fold in (0, 1)]
    return [(at.tzname() or "", at.utcoffset() or timedelta()) for at in both]


def _only(offsets: set[timedelta], zone: str) -> timedelta:
    if len(offsets) != 1:
        why = "stands for several" if offsets else "is not known"
        raise TimeError(f"the time zone {zone!r} {why} at that time: write an offset, as +02:00")
    return offsets.pop()


@cache
def _zones() -> Mapping[str, ZoneInfo]:
    """Return all zones by name. Held here: `zoneinfo` itself would read most of them again each time."""
    # `localtime` is this machine's, and `Factory` is nobody's.
    return {name: ZoneInfo(name) for name in available_timezones() - {"localtime", "Factory"}}


def zone_of(name: str) -> tzinfo | None:
    """Return the time zone of a place, as `Europe/Berlin`; None where there is none of this name."""
    return _zones().get(name)


def use_in_nbgrader(zone: str) -> None:
    """Let nbgrader's commands read due dates and timestamps so too.

    Parameters
    ----------
    zone
        The course's own, as in `c.Exchange.timezone`.
    """
    from nbgrader import coursedir, utils

    def parse_utc(time: datetime | str | None) -> datetime | None:
        return utc(time, zone_of(zone)) if isinstance(time, str) else before(time)

    before = getattr(utils.parse_utc, "before", utils.parse_utc)
    parse_utc.before = before  # type: ignore[attr-defined]
    utils.parse_utc = coursedir.parse_utc = parse_utc
