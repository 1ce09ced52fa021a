"""Reads and fills in a table of an LMS. Every other byte of the file stays the same."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

DELIMITERS = (",", ";", "\t", ":")


class TableError(Exception):
    """A file is not a table. The text says why."""


@dataclass(frozen=True)
class Cell:
    """One cell of a table: its place in the text, and its value."""

    start: int
    end: int
    value: str


@dataclass(frozen=True)
class Table:
    """A table as text, with the place of each cell in it."""

    text: str
    delimiter: str
    encoding: str
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def header(self) -> tuple[str, ...]:
        """The headings of the columns."""
        return tuple(cell.value.strip() for cell in self.rows[0]) if self.rows else ()

    def row(self, index: int) -> dict[str, str]:
        """Return a row by its headings. If two columns have the same heading, the first counts."""
        pairs = zip(self.header, (cell.value for cell in self.rows[index]), strict=False)
        return dict(reversed(list(pairs)))

    def filled(self, changes: Mapping[tuple[int, int], str]) -> bytes:
        """Return the file with other values in some cells, by row and column."""
        text, cells = self.text, []
        for (row, column), value in changes.items():
            cells.append((self.rows[row][column], value))
        for cell, value in sorted(cells, key=lambda one: one[0].start, reverse=True):
            quote = text[cell.start : cell.end].startswith('"') or any(c in value for c in f'{self.delimiter}"\r\n')
            written = '"{}"'.format(value.replace('"', '""')) if quote else value
            text = text[: cell.start] + written + text[cell.end :]
        return text.encode(self.encoding)


def read_table(raw: bytes, headings: Sequence[str]) -> Table:
    """Return a file as a table.

    Parameters
    ----------
    raw
        The file, in UTF-8, in UTF-16 with a mark, or in Windows-1252, with commas, semicolons, tabs or colons.
    headings
        What the columns may be called that the caller looks for. The delimiter is the one that finds most of them.

    Raises
    ------
    TableError
        When none of them is there.
    """
    text, encoding = _decoded(raw)
    first = text.lstrip("\ufeff").splitlines()[0] if text.strip() else ""
    found = {d: len(set(headings) & {h.strip() for h in next(csv.reader([first], delimiter=d))}) for d in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda d: found[d])
    if not found[delimiter]:
        raise TableError(f"expected one of the columns {', '.join(headings)}; got none of them")
    return Table(text, delimiter, encoding, _cells(text, delimiter))


def _decoded(raw: bytes) -> tuple[str, str]:
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if raw.startswith(mark):
            return raw.decode(encoding), encoding
    try:
        return raw.decode(), "utf-8"
    except UnicodeDecodeError:
        # What spreadsheets write that know nothing of UTF-8. In Latin-1 no byte is wrong.
        try:
            return raw.decode("cp1252"), "cp1252"
        except UnicodeDecodeError:
            return raw.decode("latin-1"), "latin-1"


def _cells(text: str, delimiter: str) -> tuple[tuple[Cell, ...], ...]:
    rows: list[tuple[Cell, ...]] = []
    row: list[Cell] = []
    at = start = 1 if text.startswith("\ufeff") else 0
    while at < len(text):
        if text[at] == '"' and at == start:
            at = _after_quotes(text, at)
        elif text[at] == delimiter:
            row.append(_cell(text, start, at))
            at = start = at + 1
        elif text[at] in "\r\n":
            rows.append((*row, _cell(text, start, at)))
            row = []
            at += 2 if text[at : at + 2] == "\r\n" else 1
            start = at
        else:
            at += 1
    if row or start < at:
        rows.append((*row, _cell(text, start, at)))
    return tuple(rows)


def _after_quotes(text: str, at: int) -> int:
    while (at := text.find('"', at + 1)) >= 0:
        if text[at + 1 : at + 2] != '"':
            return at + 1
        at += 1
    return len(text)


def _cell(text: str, start: int, end: int) -> Cell:
    value = text[start:end]
    if value.startswith('"'):
        inside, _, after = value[1:].rpartition('"')
        value = inside.replace('""', '"') + after
    return Cell(start, end, value)


def defused(value: str) -> str:
    """Return a cell's text, with an apostrophe before it if a spreadsheet would take it for a formula."""
    first = unicodedata.normalize("NFKC", value.lstrip())[:1]
    if first not in ("=", "+", "-", "@") and value[:1] not in ("\t", "\r", "\n"):
        return value
    return value if value.strip() == "-" or _is_number(value) else f"'{value}"


def _is_number(value: str) -> bool:
    try:
        float(value.strip().rstrip("%").replace(",", "."))
    except ValueError:
        return False
    return True


def written(rows: Sequence[Sequence[str]]) -> bytes:
    """Return rows as a CSV file in UTF-8. No cell is a formula."""
    file = io.StringIO(newline="")
    csv.writer(file).writerows([defused(value) for value in row] for row in rows)
    return file.getvalue().encode()


def read(path: Path, headings: Sequence[str]) -> Table:
    """Read a file as a table. Raises TableError if that fails."""
    try:
        return read_table(path.read_bytes(), headings)
    except OSError as error:
        raise TableError(f"it can't be read: {error.strerror}") from None
