"""A notebook's outputs are left out before anything else is looked at, whatever they hold and however large they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.grading import submission
from autograder.grading.submission import (
    MAX_BRACKETS,
    MAX_BYTES,
    MAX_FILE,
    MAX_VALUES,
    SubmissionError,
    parse,
    without_outputs,
)
from autograder.grading.submitted import Submitted, read_or_reason

CELL = {"cell_type": "code", "metadata": {}, "source": ["x = {'a': [1]}\n", '"outputs": [1, 2]']}


def notebook(outputs: str, *more: object) -> bytes:
    """Return a notebook with this text for the outputs of its first cell, and after it other cells."""
    first = json.dumps(CELL)[:-1] + f', "outputs": [{outputs}]}}'
    rest = "".join(f", {json.dumps(one)}" for one in more)
    return f'{{"cells": [{first}{rest}], "metadata": {{}}, "nbformat": 4}}'.encode()


EMPTY = notebook("", CELL)


@pytest.mark.parametrize(
    "outputs",
    [
        "",
        '{"text": ["a\\n", "]}"], "data": {"x": [[1, 2], {"y": []}]}}',
        '"\\\\", "\\"]", "\\\\\\"}"',
        '"not UTF-8 \\u00e9"',
        "not, JSON:",
    ],
)
def test_outputs_are_left_out(outputs: str) -> None:
    assert without_outputs(notebook(outputs, CELL)) == EMPTY
    assert parse(notebook(outputs, CELL))["cells"][1] == CELL


values = st.recursive(
    st.none() | st.integers() | st.text(max_size=9),
    lambda one: st.lists(one) | st.dictionaries(st.text(max_size=9), one),
)


@settings(derandomize=True, deadline=None, database=None)
@given(st.lists(values), st.booleans())
def test_whatever_stands_in_outputs_the_rest_is_as_it_was(outputs: list[object], plain: bool) -> None:
    text = json.dumps(outputs, ensure_ascii=plain, indent=1)[1:-1]
    assert without_outputs(notebook(text, CELL)) == EMPTY


@pytest.mark.parametrize(
    "harmed", [b'{"outputs": [', b'{"outputs": ["', b'{"outputs": [[]', b'"outputs": [ "\\', b"\xff\xfe"]
)
def test_what_never_ends_stays_as_it_is(harmed: bytes) -> None:
    assert without_outputs(harmed) == harmed


def test_a_text_that_shows_outputs_is_no_output() -> None:
    cells = [new_code_cell('x = {"outputs": [1]}'), new_markdown_cell('"outputs": ["a"]')]
    raw = json.dumps(new_notebook(cells=cells)).encode()
    assert [cell["source"] for cell in parse(raw)["cells"]] == [cell.source for cell in cells]


def test_many_values_and_many_bytes_of_outputs_are_no_reason(tmp_path: Path) -> None:
    many = ",".join(["[0.5]"] * (MAX_VALUES // 2))
    raw = notebook(f'"{"a" * MAX_BYTES}",{many},{"1," * MAX_VALUES}1', CELL)
    assert len(raw) > MAX_BYTES
    assert parse(raw)["cells"][1] == CELL
    path = tmp_path / "submitted" / "ada" / "l" / "l.ipynb"
    path.parent.mkdir(parents=True)
    path.write_bytes(raw)
    assert read_or_reason(path) == (EMPTY, "")
    handed_in = Submitted(tmp_path / "submitted", tmp_path / "solutions")
    assert handed_in.read(handed_in.submissions({"l": ["l"]})[0]) == EMPTY


def test_what_is_large_elsewhere_is_refused() -> None:
    with pytest.raises(SubmissionError, match="larger than 50 MB without its outputs"):
        parse(notebook("", {**CELL, "source": "a" * MAX_BYTES}))
    with pytest.raises(SubmissionError, match="values"):
        parse(notebook("", {**CELL, "metadata": {"a": [[]] * (MAX_VALUES + 1)}}))


def test_a_file_without_an_end_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "l.ipynb"
    with path.open("wb") as file:
        file.truncate(MAX_FILE + 1)
    assert read_or_reason(path) == (b"", "the file is larger than 200 MB")


def test_too_many_brackets_come_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_BRACKETS >= MAX_VALUES
    monkeypatch.setattr(submission, "MAX_BRACKETS", 10)
    assert without_outputs(notebook("[[[]]]", CELL)) == EMPTY
    assert without_outputs(notebook("[[[[[]]]]]", CELL)) != EMPTY
