"""Broken but honest: what became of a notebook on its way is mended, or told in a sentence, and stops nobody else's grade."""

from __future__ import annotations

import copy
import functools
import importlib
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from traitlets.config import PyFileConfigLoader

from autograder.grading.preprocessors import skeleton as skeleton_of
from autograder.grading.rebuild import grade_id_of, rebuild, source_of
from autograder.grading.submission import SubmissionError, parse
from autograder.grading.submitted import notebook_among, plain, read
from autograder.lessons import all_lessons
from tests.grading.conftest import run
from tests.notebooks.conftest import new_course

from .saved import PROGRAMS

ROOT = Path(__file__).parents[2]
LESSONS = all_lessons()
FIRST, SECOND = LESSONS[:2]

Notebook = dict[str, Any]
Harm = Callable[[Notebook], None]

# The same cases in every run.
thousands = settings(derandomize=True, deadline=None, database=None, max_examples=2000)
hundreds = settings(derandomize=True, deadline=None, database=None, max_examples=600)


@functools.cache
def skeleton(folder: str) -> NotebookNode:
    config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    return skeleton_of(ROOT / "solutions" / folder / f"{folder}.ipynb", config, {})


@functools.cache
def _answered(folder: str) -> str:
    notebook = json.loads((ROOT / "notebooks" / folder / f"{folder}.ipynb").read_text(encoding="utf-8"))
    name = folder.partition("_")[2]
    right = importlib.import_module(f"tests.answers.{name}").RIGHT
    for cell in notebook["cells"]:
        exercise_id = f"{name}.{grade_id_of(cell)}"
        if exercise_id in right:
            cell["source"] = next(iter(right[exercise_id].values())).strip()
        if grade_id_of(cell) == "reflection":
            cell["source"] = ["The chain rule multiplies.\n", "Nothing else."]
    return json.dumps(notebook)


def answered(lesson: str) -> Notebook:
    """Return a lesson's notebook as a student hands it in who has everything right."""
    notebook: Notebook = json.loads(_answered(lesson))
    return notebook


def is_answer(cell: Mapping[str, Any]) -> bool:
    return bool(cell.get("metadata", {}).get("nbgrader", {}).get("solution"))


def assert_is_whole(lesson: str, submitted: Mapping[str, Any]) -> None:
    """Assert what holds of each notebook that is rebuilt: it is the instructor's, with all of the student's work in it."""
    own = skeleton(lesson)
    known = {cell["id"] for cell in own["cells"] if not is_answer(cell)}
    rebuilt = rebuild(own, submitted)
    cells = rebuilt.notebook["cells"]
    # The instructor's cells, all of them, as they were and in their order, but for checks that were asked again below.
    asked_again = {
        match[1] for repair in rebuilt.repairs if (match := re.match(r"the check of '(.+)' was asked", repair))
    }

    def in_order(cells: list[NotebookNode]) -> list[NotebookNode]:
        moved = [cell for cell in cells if any(f'check("{exercise}")' == cell["source"] for exercise in asked_again)]
        return [*(cell for cell in cells if cell not in moved), *sorted(moved, key=grade_id_of)]

    kept = [cell for cell in cells if cell["id"] in known]
    assert in_order(kept) == in_order([cell for cell in own["cells"] if not is_answer(cell)])
    graded = [grade_id_of(cell) for cell in in_order(cells) if grade_id_of(cell)]
    assert graded == [grade_id_of(cell) for cell in in_order(own["cells"]) if grade_id_of(cell)]
    # Each answer that has its name is in its place.
    handed_in = [cell for cell in submitted["cells"] if isinstance(cell, dict)]
    answers = {grade_id_of(cell): cell for cell in cells if is_answer(cell)}
    for cell in reversed(handed_in):
        if grade_id_of(cell) in answers:
            answers[grade_id_of(cell)] = {**answers[grade_id_of(cell)], "source": source_of(cell)}
    assert [cell for cell in cells if is_answer(cell)] == list(answers.values())
    # No word of the student's is lost.
    mine = Counter(source_of(cell).strip() for cell in handed_in)
    there = Counter(cell["source"].strip() for cell in cells)
    theirs = {cell["source"].strip() for cell in own["cells"]}
    assert {text for text in (mine - there) if text not in theirs} <= {""}
    # It can be written, and whoever reads what was mended understands it.
    fresh = [cell for cell in cells if cell["id"] not in known]
    nbformat.validate(nbformat.v4.new_notebook(cells=fresh))
    msgspec.json.encode(rebuilt.notebook)
    for repair in rebuilt.repairs:
        assert_is_a_sentence(repair)


def assert_is_a_sentence(reason: str) -> None:
    """Assert that the author of a notebook understands this: plain words, of one line, and no word of Python's."""
    assert re.fullmatch(r"(expected|the|a|it|there|its) [^\n]{10,400}[^.\s]", reason), reason
    assert not re.search(r"Error|Exception|Traceback|NoneType|<class|object at 0x", reason), reason


# What happens to a notebook's cells


def _delete(nb: Notebook, i: int, j: int) -> None:
    del nb["cells"][i]


def _double(nb: Notebook, i: int, j: int) -> None:
    twin = copy.deepcopy(nb["cells"][i])
    if isinstance(twin, dict) and j % 3:
        twin["id"] = f"twin-{i}-{j}"
    nb["cells"].insert(j, twin)


def _split(nb: Notebook, i: int, j: int) -> None:
    cell = nb["cells"][i]
    if not isinstance(cell, dict):
        return
    lines = source_of(cell).splitlines(keepends=True)
    second = {**copy.deepcopy(cell), "id": f"split-{i}-{j}", "source": lines[j % (len(lines) + 1) :]}
    cell["source"] = lines[: j % (len(lines) + 1)]
    nb["cells"].insert(i + 1, second)


def _merge(nb: Notebook, i: int, j: int) -> None:
    below = nb["cells"].pop(i)
    above = nb["cells"][max(0, i - 1)] if nb["cells"] else None
    if isinstance(above, dict) and isinstance(below, dict):
        above["source"] = f"{source_of(above)}\n{source_of(below)}"


def _retype(nb: Notebook, i: int, j: int) -> None:
    if isinstance(nb["cells"][i], dict):
        nb["cells"][i]["cell_type"] = ("code", "markdown", "raw", "heading", None, 7)[j % 6]


def _move(nb: Notebook, i: int, j: int) -> None:
    nb["cells"].insert(j, nb["cells"].pop(i))


def _edit(nb: Notebook, i: int, j: int) -> None:
    if isinstance(nb["cells"][i], dict):
        nb["cells"][i]["source"] = [source_of(nb["cells"][i]), f"\n# edit {j}"]


def _add(nb: Notebook, i: int, j: int) -> None:
    texts = (
        f"helper_{j} = {j}",
        "import torch",
        "",
        "x.grad",
        'check("scalar_gradients.d_square")',
        "\ud800",
        "a\r\nb\r",
    )
    kind = ("code", "markdown", "raw")[j % 3]
    cell = {"cell_type": kind, "metadata": {}, "source": texts[j % len(texts)], "outputs": [], "execution_count": None}
    nb["cells"].insert(i, cell)


def _forget(nb: Notebook, i: int, j: int) -> None:
    if isinstance(nb["cells"][i], dict):
        for key in (("id",), ("metadata",), ("id", "metadata"), ("cell_type",), ("outputs",))[j % 5]:
            nb["cells"][i].pop(key, None)


def _garble(nb: Notebook, i: int, j: int) -> None:
    junk = (None, 7, [], "x", {"a": {}}, -1e308, True)[j % 7]
    cell = nb["cells"][i]
    key = ("cell_type", "id", "source", "metadata", "outputs", "attachments", "")[i % 7]
    if isinstance(cell, dict) and key and key != "source":
        cell[key] = junk
    elif not isinstance(cell, dict) or "check" in grade_id_of(cell):
        nb["cells"][i] = junk


def _tag(nb: Notebook, i: int, j: int) -> None:
    if isinstance(nb["cells"][i], dict):
        nb["cells"][i]["metadata"] = {"tags": ["skip-execution"], "nbgrader": {"grade_id": f"check-{j}", "grade": True}}


CELLS: dict[str, Callable[[Notebook, int, int], None]] = {
    "delete": _delete,
    "double": _double,
    "split": _split,
    "merge": _merge,
    "retype": _retype,
    "move": _move,
    "edit": _edit,
    "add": _add,
    "forget": _forget,
    "garble": _garble,
    "tag": _tag,
}

# What happens to a notebook as a whole


def _no_ids(nb: Notebook) -> None:
    nb["nbformat_minor"] = 4
    for cell in nb["cells"]:
        if isinstance(cell, dict):
            cell.pop("id", None)


def _no_metadata(nb: Notebook) -> None:
    nb.pop("metadata", None)
    for cell in nb["cells"]:
        if isinstance(cell, dict):
            cell["metadata"] = {}


def _odd_version(nb: Notebook) -> None:
    nb["nbformat_minor"] = 99


WHOLE: dict[str, Harm] = {
    "as it is": lambda nb: None,
    "no ids": _no_ids,
    "no metadata": _no_metadata,
    "odd version": _odd_version,
    **PROGRAMS,
}

# What happens to a file

ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "UTF-8": str.encode,
    "BOM": lambda text: text.encode("utf-8-sig"),
    "CRLF": lambda text: json.dumps(json.loads(text), separators=(",\r\n", ": ")).encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "real characters": lambda text: json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8", "replace"),
}

places = st.integers(0, 10**6)


@dataclass(frozen=True)
class Story:
    """What a student's notebook of a lesson has been through, in numbers that say where."""

    lesson: str
    harms: tuple[tuple[str, int, int], ...]
    whole: str
    encoding: str

    def file(self) -> bytes:
        """Return what is handed in at its end."""
        notebook = answered(self.lesson)
        for name, i, j in self.harms:
            size = len(notebook["cells"])
            if size:
                CELLS[name](notebook, i % size, j % size)
        WHOLE[self.whole](notebook)
        return ENCODINGS[self.encoding](json.dumps(notebook))


def stories(most: int) -> st.SearchStrategy[Story]:
    harm = st.tuples(st.sampled_from(list(CELLS)), places, places)
    return st.builds(
        Story,
        st.sampled_from([lesson.folder for lesson in LESSONS]),
        st.lists(harm, max_size=most).map(tuple),
        st.sampled_from(list(WHOLE)),
        st.sampled_from(list(ENCODINGS)),
    )


@thousands
@given(stories(8))
def test_what_became_of_a_notebook_is_mended(story: Story) -> None:
    # A handful of changes leaves something to grade.
    assert_is_whole(story.lesson, parse(story.file()))


@hundreds
@given(
    st.sampled_from([lesson.folder for lesson in LESSONS]),
    st.lists(st.tuples(st.sampled_from(["add", "split"]), places, places), max_size=8),
    st.lists(places, max_size=8),
)
def test_what_a_student_adds_stays_where_it_is(lesson: str, added: list[tuple[str, int, int]], lost: list[int]) -> None:
    notebook = answered(lesson)
    for name, i, j in added:
        CELLS[name](notebook, i % len(notebook["cells"]), j)
    written = [source_of(cell) for cell in notebook["cells"]]
    for i in lost:
        cell = notebook["cells"][i % len(notebook["cells"])]
        # Its name, or its id: either is enough to know it by.
        cell.pop("id", None) if grade_id_of(cell) and i % 2 else cell.update(metadata={})
    rebuilt = rebuild(skeleton(lesson), notebook)
    own = {"", *(cell["source"] for cell in skeleton(lesson)["cells"])}
    theirs = [cell["source"] for cell in rebuilt.notebook["cells"] if cell["source"] not in own]
    assert theirs == [text for text in written if text not in own]


@hundreds
@given(stories(2), places, places, st.binary(max_size=4))
def test_what_became_of_a_file_is_mended_or_told(story: Story, at: int, to: int, junk: bytes) -> None:
    raw = story.file()
    at, to = sorted((at % (len(raw) + 1), to % (len(raw) + 1)))
    for harmed in (raw[:at], raw[:at] + raw[to:], raw[:at] + junk + raw[at:], raw.replace(b"e", b"\xe9", 1)):
        try:
            assert_is_whole(story.lesson, parse(harmed))
        except SubmissionError as error:
            assert_is_a_sentence(str(error))


@settings(derandomize=True, deadline=None, database=None, max_examples=500)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["nbformat", "nbformat_minor", "metadata", "cells", "worksheets", "cell_type", "source", "x"]
                ),
                inner | st.sampled_from([1, 2, 3, 4, 5]),
                max_size=4,
            )
        ),
    )
)
def test_any_json_is_mended_or_told(content: object) -> None:
    with pytest.raises(SubmissionError) as raised:
        rebuild(skeleton(FIRST.folder), parse(json.dumps(content).encode()))
    assert_is_a_sentence(str(raised.value))


def _version_3(notebook: Notebook) -> str:
    read_again = nbformat.reads(json.dumps(notebook), as_version=4)
    text: str = nbformat.writes(nbformat.convert(read_again, 3), version=3)
    return text


@pytest.mark.parametrize("lesson", [lesson.folder for lesson in LESSONS])
@pytest.mark.parametrize("way", ["version 3", *map(str, range(6)), *WHOLE])
def test_whatever_it_was_saved_with_nothing_is_lost(lesson: str, way: str) -> None:
    notebook = answered(lesson)
    if way == "version 3":
        notebook = json.loads(_version_3(notebook))
    elif way in WHOLE:
        WHOLE[way](notebook)
    else:
        notebook["nbformat_minor"] = int(way)
        if way < "5":
            _no_ids(notebook)
    rebuilt = rebuild(skeleton(lesson), parse(json.dumps(notebook).encode()))
    assert rebuilt.notebook == rebuild(skeleton(lesson), answered(lesson)).notebook
    # What has neither names nor ids is known by its place, and that is told.
    assert {repair.partition(" had ")[2] for repair in rebuilt.repairs} <= {
        "lost its name: what stood in its place was taken"
    }
    assert bool(rebuilt.repairs) == ("without names" in way)


# Files that are none, and names


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "lesson.ipynb"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("{}")
    made: dict[str, Callable[[], object]] = {
        "a folder": path.mkdir,
        "a link": lambda: path.symlink_to(elsewhere),
        "a link that leads nowhere": lambda: path.symlink_to("nowhere"),
        "a link to itself": lambda: path.symlink_to(path),
        "a pipe": lambda: os.mkfifo(path),
    }
    for what, make in made.items():
        make()
        with pytest.raises(SubmissionError) as raised:
            read(path)
        assert_is_a_sentence(str(raised.value))
        assert " ".join(what.split()[:2]) in str(raised.value) or "no ordinary file" in str(raised.value)
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


def test_a_notebook_under_another_name_is_found_and_of_two_none_is_guessed(tmp_path: Path) -> None:
    assert notebook_among(["Lesson (1).ipynb", "notes.txt"], "lesson") == "Lesson (1).ipynb"
    assert notebook_among(["notes.txt", "lesson.ipynb.txt"], "lesson") == "lesson.ipynb.txt"
    assert notebook_among(["lesson.ipynb (1).json"], "lesson") == "lesson.ipynb (1).json"
    assert notebook_among(["Other.IPYNB", "lesson.ipynb"], "lesson") == "lesson.ipynb"
    for names in ([], ["notes.txt"], ["Lesson (1).ipynb", "Lesson (2).IPYNB"], ["a.json", "b.json"]):
        assert notebook_among(names, "lesson") == "lesson.ipynb"
        for name in names:
            (tmp_path / name).touch()
        with pytest.raises(SubmissionError) as told:
            read(tmp_path / "lesson.ipynb")
        assert str(told.value).endswith(f"lesson.ipynb; got {', '.join(names) or 'an empty folder'}")
        assert_is_a_sentence(str(told.value))
        for name in names:
            (tmp_path / name).unlink()


@given(st.binary(min_size=1), st.binary(min_size=1))
def test_names_are_plain_text_and_no_two_are_the_same(one: bytes, other: bytes) -> None:
    first, second = (plain(os.fsdecode(name)) for name in (one, other))
    first.encode()
    assert first.isprintable() or not any(c in first for c in "\n\r\t\x1b\x00\u202e\u2028")
    assert (first == second) == (one == other)


def test_names_are_kept_where_they_can_be() -> None:
    named = (
        b"Jos\xe9",
        "José".encode(),
        b"ada",
        "علی\u200cرضا".encode(),
        b"UNI\\ada",
        b"a\nb",
        "x\u202ey".encode(),
        rb"Jos\xe9",
    )
    assert [plain(os.fsdecode(name)) for name in named] == [
        "Jos\\xe9", "José", "ada", "علی\u200cرضا", "UNI\\ada", "a\\nb", "x\\u202ey", "Jos\\x5cxe9",
    ]  # fmt: skip


# For real: a class of them in one run


def _text(notebook: Notebook) -> bytes:
    return json.dumps(notebook).encode()


def _at(notebook: Notebook, grade_id: str) -> int:
    return next(i for i, cell in enumerate(notebook["cells"]) if grade_id_of(cell) == grade_id)


def _harmed(*harms: Harm) -> bytes:
    notebook = answered(FIRST.folder)
    for harm in harms:
        harm(notebook)
    return _text(notebook)


def _without(grade_id: str) -> Harm:
    def harm(nb: Notebook) -> None:
        del nb["cells"][_at(nb, grade_id)]

    return harm


def _reversed(nb: Notebook) -> None:
    nb["cells"].reverse()


def _all_doubled(nb: Notebook) -> None:
    nb["cells"] = [copy.deepcopy(cell) for cell in nb["cells"] for _ in range(2)]


def _all_raw(nb: Notebook) -> None:
    for cell in nb["cells"]:
        cell["cell_type"] = "raw"


def _only_answers(nb: Notebook) -> None:
    nb["cells"] = [cell for cell in nb["cells"] if is_answer(cell)]


def _merged_with_check(grade_id: str) -> Harm:
    def harm(nb: Notebook) -> None:
        _merge(nb, _at(nb, f"check-{grade_id}"), 0)

    return harm


def _split_answer(grade_id: str) -> Harm:
    return lambda nb: _split(nb, _at(nb, grade_id), 1)


def _typed_anew(nb: Notebook) -> None:
    """Take the texts alone over into a new notebook."""
    nb["cells"] = [
        {"cell_type": cell["cell_type"], "source": source_of(cell), "metadata": {}, "id": f"{i:08x}"}
        for i, cell in enumerate(nb["cells"])
    ]


ALL, REASON = "all", ""
LOST = FIRST.exercises[1]

# What is handed in, and what has to come of it: all points, all but one exercise's, or a reason with these words.
CASES: dict[str, tuple[bytes, str]] = {
    "as-it-is": (_harmed(), ALL),
    **{f"saved-{name.replace(' ', '-')}": (_harmed(harm), ALL) for name, harm in PROGRAMS.items()},
    "no-ids": (_harmed(_no_ids), ALL),
    "no-metadata": (_harmed(_no_metadata), ALL),
    "typed-anew": (_harmed(_typed_anew), ALL),
    "reversed": (_harmed(_reversed), ALL),
    "doubled": (_harmed(_all_doubled), ALL),
    "raw": (_harmed(_all_raw), ALL),
    "only-answers": (_harmed(_only_answers), ALL),
    "no-check": (_harmed(_without(f"check-{LOST.name}")), ALL),
    "no-answer": (_harmed(_without(LOST.name)), LOST.id),
    "merged": (_harmed(_merged_with_check(LOST.name)), ALL),
    "split": (_harmed(_split_answer(LOST.name)), "any"),
    "crlf": (_harmed().replace(b"\\n", b"\\r\\n"), ALL),
    "bom": (b"\xef\xbb\xbf" + _harmed(), ALL),
    "utf-16": (_harmed().decode().encode("utf-16"), ALL),
    "version-3": (_version_3(answered(FIRST.folder)).encode(), ALL),
    "wrong-lesson": (_text(answered(SECOND.folder)), f"the notebook of another lesson, {SECOND.name}"),
    "latin-1": (_harmed().replace(b"chain", b"cha\xefne"), "not text in UTF-8"),
    "truncated": (_harmed()[:-100], "not valid JSON"),
    "nothing": (b"", "is empty"),
    "spaces": (b" \n\n ", "is empty"),
    "zeros": (bytes(1000), "not valid JSON"),
    "no-cells": (_harmed(lambda nb: nb["cells"].clear()), "has no cells"),
    "one-cell": (_harmed(lambda nb: nb["cells"].__delitem__(slice(1, None))), "no graded cell of this lesson"),
    "a-list": (b"[]", "not a notebook"),
    "a-page": (b"<!DOCTYPE html><html><body>Sign in</body></html>", "not valid JSON"),
    "version-9": (_harmed(lambda nb: nb.update(nbformat=9)), "a notebook of version 9"),
    "version-3-not": (_harmed(lambda nb: nb.update(nbformat=3)), "version 3"),
}
# Those in whose place there is no file.
PLACES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a-folder": (Path.mkdir, "got a folder"),
    "a-link": (lambda path: path.symlink_to("/etc/hostname"), "got a link"),
    "a-lost-link": (lambda path: path.symlink_to("nowhere"), "got a link"),
    "a-pipe": (os.mkfifo, "no ordinary file"),
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Return what came of them all in one run, by name."""
    course = new_course(tmp_path_factory.mktemp("course"), [FIRST])
    for name in (*CASES, *PLACES):
        path = course.root / "submitted" / name / FIRST.folder / f"{FIRST.folder}.ipynb"
        path.parent.mkdir(parents=True)
        if name in CASES:
            path.write_bytes(CASES[name][0])
        else:
            PLACES[name][0](path)
    done = run(course.root, "autograder", "grade", "--feedback", "--yes", "--json")
    assert done.returncode == 1, done.stderr
    with Gradebook(f"sqlite:///{course.root}/gradebook.db", "autograd") as gradebook:
        assert {one.student.id for one in gradebook.assignment_submissions(FIRST.folder)} == {*CASES, *PLACES}
    for one in json.loads(done.stdout):
        feedback = course.root / "feedback" / one["student"] / FIRST.folder / f"{FIRST.folder}.html"
        assert feedback.exists() == (one["status"] != "unreadable"), one
    return {one["student"]: one for one in json.loads(done.stdout)}


@pytest.mark.parametrize("name", [*CASES, *PLACES])
def test_a_class_of_broken_notebooks_is_graded(graded: dict[str, dict[str, Any]], name: str) -> None:
    one = graded[name]
    expected = (CASES.get(name) or PLACES[name])[1]
    if expected in (ALL, LOST.id, "any"):
        assert one["status"] == "graded", one
        wrong = {verdict["exercise"] for verdict in one["verdicts"] if verdict["outcome"] != "right"}
        assert len(one["verdicts"]) == len(FIRST.exercises)
        assert (
            wrong <= {LOST.id} if expected == "any" else wrong == ({LOST.id} - {ALL} if expected == LOST.id else set())
        )
    else:
        assert (one["status"], one["score"]) == ("unreadable", 0)
        assert expected in one["reason"]
        assert_is_a_sentence(one["reason"])
