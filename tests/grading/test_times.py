"""Times are read for certain or refused."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.grading.times import TimeError, utc

EVENING = datetime(2025, 10, 3, 17, 30)


@pytest.mark.parametrize(
    "text",
    [
        *("2025-10-03 17:30 UTC", "2025-10-03 17:30", "2025-10-03T17:30:00Z", "2025-10-03 17:30:00.000000 GMT\n"),
        *(
            "2025-10-03 19:30:00 +0200",
            "2025-10-03 19:30:00 +02:00",
            "2025-10-03 19:30 +2",
            "2025-10-03T19:30:00+02:00",
        ),
        *("2025-10-03 19:30:00 CEST", "2025-10-03 19:30 Europe/Berlin", "2025-10-03 19:30 UTC+2"),
        *("2025-10-03 13:30 EDT", "2025-10-03 10:30 America/Los_Angeles", "2025-10-03 13:30 -0400"),
    ],
)
def test_what_is_certain_is_read(text: str) -> None:
    assert utc(text) == EVENING


@pytest.mark.parametrize(
    ("text", "says"),
    [
        *(
            (f"2025-10-03 19:30 {zone}", "is not known")
            for zone in ("MESZ", "CEST +0200", "Z" * 300, "../../etc", "PM")
        ),
        *((f"2025-10-03 19:30 {zone}", "is not known") for zone in ("+9959", "+20", "localtime", "Factory", "--2")),
        # India, Ireland, Israel; America, China; and a name for all year or for the winter alone.
        *((f"2025-10-03 19:30 {zone}", "stands for several") for zone in ("IST", "CST", "CET")),
        # Clocks are set back, and forward.
        *((f"{date} 02:30 Europe/Berlin", "stands for several") for date in ("2025-10-26", "2025-03-30")),
        ("2025-12-03 19:30 CEST", "is not known at that time"),
        *(
            (text, "expected a time as")
            for text in ("03/10/2025 19:30", "03.10.2025 19:30", "10-03-2025 19:30", "", "x")
        ),
        *(
            (text, "expected a time as")
            for text in ("2025-10-03", "7:30 PM", "1759512600", "2025-10-03 7:30 PM", "now")
        ),
        *((text, "there is no such time") for text in ("2025-13-03 19:30", "2025-02-29 19:30", "2025-10-03 25:00")),
        *((text, "there is no such time") for text in ("0001-01-01 00:00 +1400", "9999-12-31 23:59 -1400")),
    ],
)
def test_what_is_not_is_refused(text: str, says: str) -> None:
    with pytest.raises(TimeError, match=says):
        utc(text)


def test_the_courses_own_zone_says_what_its_names_mean() -> None:
    assert utc("2025-10-03 23:00 IST", ZoneInfo("Asia/Kolkata")) == EVENING
    assert utc("2025-10-03 20:30 IDT", ZoneInfo("Asia/Kolkata")) == EVENING


ZONES = st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))


@given(st.datetimes(datetime(1900, 1, 2), datetime(2100, 1, 1)), ZONES)
def test_whatever_a_program_writes_with_an_offset_is_that_time(time: datetime, zone: timezone) -> None:
    at = time.replace(tzinfo=UTC).astimezone(zone)
    for text in (at.isoformat(), at.strftime("%Y-%m-%d %H:%M:%S.%f %z")):
        assert utc(text) == time


@given(st.text(max_size=60))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    with suppress(TimeError):
        assert utc(text).tzinfo is None
