"""Notebooks against their readers: each of `readers/` is graded among honest ones, and its pages are opened."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter
from playwright.sync_api import Page

from autograder.grading.report.html import file_names
from autograder.grading.submitted import plain
from tests.grading.conftest import LESSON, run
from tests.grading.test_feedback import formgraders_exporter, harmful
from tests.notebooks.conftest import new_course

from .reader import Reader, all_readers
from .test_broken import answered, assert_is_a_sentence

HONEST = ("aaa", "mmm", "zzz")


READERS = all_readers()


@dataclass(frozen=True)
class Class:
    """A course in which all of that was handed in, and what came of it, by student."""

    root: Path
    graded: dict[str, dict[str, Any]]
    _pages: dict[str, str] = field(default_factory=dict)

    def feedback(self, student: str) -> Path:
        return self.root / "feedback" / student / LESSON.folder / f"{LESSON.folder}.html"

    @cached_property
    def _exporter(self) -> HTMLExporter:
        return formgraders_exporter(self.root)

    def formgrader(self, student: str) -> str:
        """Return formgrader's page of a submission, made as its handler makes it."""
        if student not in self._pages:
            names = ("student", "last_name", "first_name", "notebook_path")
            resources = {"assignment_id": "x", "notebook_id": "x", "submission_id": "1", "index": 0, "total": 1}
            path = self.root / "autograded" / student / LESSON.folder / f"{LESSON.folder}.ipynb"
            self._pages[student], _ = self._exporter.from_filename(
                str(path), resources={**resources, "base_url": "", **dict.fromkeys(names, student)}
            )
        return self._pages[student]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Class:
    course = new_course(tmp_path_factory.mktemp("course"), [LESSON])
    right = nbformat.reads(json.dumps(answered(LESSON.folder)), as_version=4)
    made = {reader.student: reader.notebook for reader in READERS}
    for student in (*HONEST, *made):
        path = course.root / "submitted" / student / LESSON.folder / f"{LESSON.folder}.ipynb"
        path.parent.mkdir(parents=True)
        write = made.get(student, lambda notebook: nbformat.writes(notebook).encode())
        path.write_bytes(write(copy.deepcopy(right)))
    done = run(course.root, "autograder", "grade", "--feedback", "--yes", "--json", "--cell-timeout", "3")
    assert done.returncode == 1, done.stderr
    assert "No feedback" not in done.stderr
    assert run(course.root, "autograder", "report").returncode == 0
    return Class(course.root, {one["student"]: one for one in json.loads(done.stdout)})


@pytest.mark.parametrize("student", HONEST)
def test_honest_neighbours_are_untouched(graded: Class, student: str) -> None:
    one = graded.graded[student]
    assert (one["status"], one["score"], one["reason"]) == ("graded", one["max_score"], "")
    assert graded.feedback(student).exists()


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_each_gets_its_grade_or_a_reason(graded: Class, reader: Reader) -> None:
    one = graded.graded[plain(reader.student)]
    assert graded.feedback(plain(reader.student)).exists() == (not reader.reason)
    if reader.reason:
        assert one["status"] == "unreadable"
        assert reader.reason in one["reason"]
        assert_is_a_sentence(one["reason"])
    else:
        wrong = [verdict["exercise"] for verdict in one["verdicts"] if verdict["outcome"] != "right"]
        assert wrong == ([f"{LESSON.name}.{reader.loses}"] if reader.loses else []), one


@pytest.mark.parametrize("reader", [one for one in READERS if not one.reason], ids=lambda reader: reader.name)
def test_nothing_of_it_is_alive_in_a_page(graded: Class, reader: Reader) -> None:
    feedback = graded.feedback(plain(reader.student)).read_text(encoding="utf-8")
    assert len(feedback) < 12_000_000
    soup = BeautifulSoup(feedback, "html.parser")
    assert harmful(soup) == set()
    assert harmful(graded.formgrader(plain(reader.student))) == set()
    assert soup.select("script") == []


def test_nothing_of_it_is_alive_in_the_report(graded: Class) -> None:
    pages = sorted((graded.root / "report").rglob("*.html"))
    assert len(pages) == 1 + len(READERS) + len(HONEST)
    for page in pages:
        soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
        assert len(soup.select("script")) <= 1
        assert not soup.select(
            "img, svg, iframe, object, embed, base, link[href], [onerror], [onload], [onmouseover], [action], [formaction]"
        )
        # The page has one of its own, which filters its tables.
        assert len(soup.select("form")) <= (page.name == "index.html")
        assert not [
            one for one in soup.select("[href]") if re.match(r"\s*(javascript|data|vbscript):", one["href"], re.I)
        ]


def test_nothing_runs_in_a_browser(browser_page: Page, graded: Class, tmp_path: Path) -> None:
    page = browser_page
    hits: list[str] = []
    asked: list[str] = []
    page.expose_function("hit", lambda *_: hits.append(page.url))
    page.on("dialog", lambda dialog: (hits.append(page.url), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url))
    page.route(re.compile("^https?:"), lambda route: route.abort())
    # The others are for parsers, and here only take time.
    readers = [one for one in READERS if one.name.startswith(("page", "name"))]
    pages = [graded.feedback(plain(one.student)) for one in readers]
    for reader in readers:
        formgrader = tmp_path / f"{reader.name}.html"
        formgrader.write_text(graded.formgrader(plain(reader.student)), encoding="utf-8", errors="replace")
        pages.append(formgrader)
    names = file_names(plain(one.student) for one in readers)
    pages += [graded.root / "report" / "index.html"]
    pages += [graded.root / "report" / "students" / name for name in names.values()]
    for path in pages:
        page.goto(path.as_uri(), wait_until="domcontentloaded")
        page.evaluate(
            "document.querySelectorAll('#notebook-container *, main *').forEach(one => {"
            " const link = one.closest('a[href]');"
            " if (!link || /^\\s*javascript:/i.test(link.href)) one.click?.();"
            " one.dispatchEvent(new MouseEvent('mouseover', {bubbles: true})); })"
        )
    page.wait_for_timeout(200)
    assert hits == []
    assert [url for url in asked if not url.startswith(("file:", "data:image/"))] == []


def test_each_says_in_a_sentence_what_it_tries() -> None:
    assert len(READERS) >= 30
    for reader in READERS:
        assert re.fullmatch(r"[A-Z][^\n]+\.", reader.tries), reader.name
