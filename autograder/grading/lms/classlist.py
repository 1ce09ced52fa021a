"""A student in the LMS: the names and numbers that match a row or a folder with a person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

# The headings by which Canvas and Moodle call what tells a student from others, in English.
NUMBER = ("ID", "Identifier")
IDS = ("SIS User ID", "SIS Login ID", "ID number", "Username", "Student ID")
EMAIL = ("Email address", "Email")
FULL_NAME = ("Student", "Full name")
FIRST_NAME = ("First name", "FirstName")
LAST_NAME = ("Last name", "Surname", "LastName")


def squashed(name: str) -> str:
    """Return the letters and digits of a name in lower case, as file names of the LMS have them."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in unicodedata.normalize("NFC", folded) if unicodedata.category(c)[0] in "LMN")


@dataclass(frozen=True)
class Person:
    """One student, as in a gradebook or a list.

    Attributes
    ----------
    id
        In nbgrader's gradebook; "" in a list of the LMS.
    number
        The LMS's own: Canvas's user id, or Moodle's number of the participant in one assignment.
    ids
        What else tells this student from all others: a login, a matriculation number.
    names
        The full name, squashed, in either order.
    """

    id: str = ""
    number: str = ""
    ids: tuple[str, ...] = ()
    email: str = ""
    names: frozenset[str] = field(default_factory=frozenset)

    @property
    def best_id(self) -> str:
        """The id for a student who is not in the gradebook yet: a login, a number, or the address."""
        return self.id or next((one for one in reversed(self.ids) if one), self.email)


def names_of(first: str, last: str) -> frozenset[str]:
    """Return a full name, squashed, in either order."""
    return frozenset(filter(None, (squashed(first + last), squashed(last + first))))


def person_of(row: dict[str, str]) -> Person:
    """Return the person in a row of a list, by its headings."""

    def first_of(headings: Iterable[str]) -> str:
        return next((row[one].strip() for one in headings if row.get(one, "").strip()), "")

    # Canvas writes `Last, First`; its name of a file has the letters in that order, and Moodle's the other way round.
    last, _, first = first_of(FULL_NAME).partition(",")
    names = names_of(first, last) | names_of(first_of(FIRST_NAME), first_of(LAST_NAME))
    number = re.search(r"\d+$", first_of(NUMBER))
    return Person(
        number=number[0] if number else "",
        ids=tuple(row[one].strip() for one in IDS if row.get(one, "").strip()),
        email=first_of(EMAIL),
        names=names,
    )
