"""What a class's verdicts add up to, and that whatever a student is called stays text in the pages."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner
from markupsafe import escape
from nbgrader.api import Gradebook
from nbgrader.plugins import LateSubmissionPlugin

from autograder import cli, diagnosis, finding, misconceptions, mistakes
from autograder.exercise import Lesson
from autograder.grading.course import Change, Course
from autograder.grading.gradebook import Graded, Provenance, Recorder, ReplacedWork, by_lesson, prepare, replaced
from autograder.grading.job import JobResult
from autograder.grading.report import html, terminal
from autograder.grading.report.rows import ClassReport, Scores, Week
from autograder.grading.report.summary import made_by, needs_a_look, summarise
from autograder.grading.report.tables import csv_files
from autograder.lessons import all_lessons, find
from autograder.sketch import Sketch
from autograder.verdict import Outcome, Verdict

from .conftest import run
from .graded_class import graded, make_class, submission, unreadable, verdict

FIRST, SECOND = all_lessons()[0], all_lessons()[1]
SQUARE, POLY = find("scalar_gradients.d_square"), find("scalar_gradients.d_poly")
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "../../index",
    "/etc/passwd",
    "a" * 255,
    "",
    ".",
    "..",
    "index",
    "Ada",
    "ada",
    "ADA",
    "a b",
    "a-b",
    "a\nb",
    "\u202eada",
    "名前",
    "{{ 7 * 7 }}",
    "javascript:alert(1)",
    "\udcff",
    "#x?y&z%41",
)


def report_on(made: Sequence[Graded], *lessons: Lesson) -> ClassReport:
    return summarise(made, [one.folder for one in lessons or (FIRST,)], all_lessons(), [one.submission for one in made])


def class_of(**answers: Sequence[Verdict]) -> list[Graded]:
    return [graded(student, FIRST, verdicts) for student, verdicts in answers.items()]


def mistaken(slug: str, exercise_id: str = SQUARE.id, message: str = "") -> Verdict:
    return verdict(find(exercise_id), Outcome.KNOWN_MISTAKE, slug, message)


# The mistakes


def test_a_mistake_is_counted_among_those_who_attempted_the_exercise() -> None:
    made = class_of(
        ada=[mistaken("forgot-factor")],
        chen=[mistaken("forgot-factor")],
        emeka=[verdict(SQUARE)],
        fatou=[verdict(SQUARE, Outcome.NOT_ATTEMPTED)],
        goran=[verdict(SQUARE, Outcome.UNREADABLE)],
    )
    (row,) = report_on([*made, unreadable("hana", FIRST)]).misconceptions
    assert (row.students, row.of) == (("ada", "chen"), 3)
    assert row.sentence == "2 of 3 students lost the factor that the exponent becomes"
    assert made_by(made) == [(f"{SQUARE.id}.forgot-factor", ["ada", "chen"], 3)]


def test_mistakes_of_one_kind_are_one_misconception() -> None:
    made = class_of(
        ada=[mistaken("forgot-factor"), mistaken("forgot-factor", POLY.id)],
        chen=[mistaken("forgot-factor"), verdict(POLY)],
        emeka=[verdict(SQUARE, Outcome.NOT_ATTEMPTED), verdict(POLY)],
        fatou=[mistaken("kept-power"), mistaken("kept-constant", POLY.id)],
    )
    first, *others = report_on(made).misconceptions
    assert (first.slug, first.students, first.of) == ("forgot-factor", ("ada", "chen"), 4)
    assert [(row.place.id, row.students, row.of) for row in first.rows] == [
        (SQUARE.id, ("ada", "chen"), 3),
        (POLY.id, ("ada",), 4),
    ]
    assert [one.slug for one in others] == ["kept-constant", "kept-power"]
    assert first.lessons == (FIRST.folder,)


def test_a_mistake_is_told_as_the_check_tells_it_without_what_one_student_wrote() -> None:
    shown = next(one for one in mistakes.SHOWN if one.slug == "untracked")
    made = class_of(
        ada=[verdict(SQUARE, Outcome.RAISED, "untracked", f"{shown.message} The call raised RuntimeError: ada's own.")],
        chen=[verdict(SQUARE, Outcome.TELLING_RATIO, "factor-n", "Your answer is exactly 3 times the right one.")],
        emeka=[verdict(SQUARE, Outcome.TELLING_RATIO, "factor-n", "Your answer is exactly 2 times the right one.")],
        fatou=[verdict(SQUARE, Outcome.TELLING_RATIO, "factor-n", "Your answer is exactly 2 times the right one.")],
    )
    told = {one.slug: one.rows[0].told for one in report_on(made).misconceptions}
    assert told == {"untracked": shown.message, "factor-n": "Your answer is exactly 2 times the right one."}


def test_what_to_show_is_a_step_on_another_function_and_the_section_of_the_lesson() -> None:
    (one,) = report_on(class_of(ada=[mistaken("kept-constant", POLY.id)])).misconceptions
    assert one.rows[0].board == POLY.hints[2]
    assert one.rows[0].place.sections == ("Term by term",)
    assert one.sentence == "1 of 1 students made the mistake “kept constant”"


def test_what_to_show_of_a_mistake_that_any_exercise_may_see_is_a_text_of_its_own() -> None:
    (one,) = report_on(class_of(ada=[mistaken("still-tracked", POLY.id)])).misconceptions
    assert one.rows[0].board == misconceptions.BOARDS["still-tracked"]
    assert one.rows[0].place.sections == ("Term by term",)
    (one,) = report_on(class_of(ada=[mistaken("interrupted", POLY.id)])).misconceptions
    assert one.rows[0].board == ""


def found(kind: str, exercise_id: str = SQUARE.id, code: str = "", slug: str = "") -> Verdict:
    place = finding.Place("x", "f", 2, code, code.find("x")) if code else finding.Place()
    outcome = Outcome.KNOWN_MISTAKE if slug else Outcome.WRONG
    return replace(verdict(find(exercise_id), outcome, slug), finding=finding.Finding(kind, "Look.", place))


def test_findings_are_counted_by_kind_over_all_exercises() -> None:
    made = class_of(
        ada=[found("slip.sign", code="return 3 * x"), found("slip.sign", POLY.id, code="return -x")],
        chen=[found("slip.sign", code="return 3 * x", slug="forgot-factor"), found("evidence.slope", POLY.id)],
        emeka=[found("behaviour.constant"), verdict(POLY)],
        fatou=[verdict(SQUARE, Outcome.NOT_ATTEMPTED)],
    )
    first, second = report_on(made).findings
    assert (first.kind, first.students, first.of) == ("slip.sign", ("ada", "chen"), 3)
    assert [(place.id, n) for place, n in first.places] == [(SQUARE.id, 2), (POLY.id, 1)]
    assert first.example is not None
    assert (first.example[0].code, first.example[1].id) == ("return 3 * x", SQUARE.id)
    assert (second.kind, second.example) == ("behaviour.constant", None)
    page = html.class_page(report_on(made), html.file_names(["ada", "chen", "emeka", "fatou"]))
    assert "<code>return 3 * <mark>x</mark></code>" in page
    assert str(escape(first.board)) in page


def test_every_kind_of_finding_has_words_for_the_board() -> None:
    package = Path(diagnosis.__file__).parent
    kinds = {
        one
        for path in package.rglob("*.py")
        for one in re.findall(r'"((?:slip|behaviour|none)\.[a-z-]+)"', path.read_text())
    }
    assert len(kinds) > 40
    assert kinds == set(misconceptions.KINDS)
    for kind in misconceptions.KINDS.values():
        assert kind.board.endswith((".", "?"))
        assert not kind.phrase.endswith(".")
    assert misconceptions.BOARDS.keys() <= misconceptions.PHRASES.keys()
    assert all(board.endswith((".", "?")) for board in misconceptions.BOARDS.values())


def test_a_student_s_line_is_text_in_the_pages() -> None:
    for name in HOSTILE:
        code = f"return x + {name!r}{name}"
        made = [graded("ada", FIRST, [replace(found("slip.sign", code=code), sketch=Sketch(alt=name, labels=(name,)))])]
        report = report_on(made)
        for page in (html.class_page(report, html.file_names(["ada"])), html.student_page(report.students[0], report)):
            assert "<script>alert" not in page
            assert "<img" not in page


def test_the_lecture_is_about_what_several_made() -> None:
    made = class_of(
        ada=[mistaken("forgot-factor")], chen=[mistaken("forgot-factor")], emeka=[mistaken("kept-constant", POLY.id)]
    )
    assert [one.slug for one in html.lecture(report_on(made))] == ["forgot-factor"]
    many = report_on(make_class([f"s{i}" for i in range(60)], [FIRST]))
    counts = [len(one.students) for one in many.misconceptions]
    assert counts == sorted(counts, reverse=True)
    assert html.lecture(many) == many.misconceptions[:3]


def test_every_phrase_belongs_to_a_mistake_that_can_be_made() -> None:
    package = Path(mistakes.__file__).parent
    judged = "".join((package / f"{name}.py").read_text() for name in ("judge", "means", "comparing", "reading"))
    slugs = {one.slug for lesson in all_lessons() for exercise in lesson.exercises for one in exercise.mistakes}
    slugs |= {
        one.slug for one in (*mistakes.general(POLY), *mistakes.SHOWN, mistakes.STALE_ACCUMULATION, mistakes.KEPT_SUM)
    }
    # The judge makes these two names of what it measures.
    slugs |= {"factor-n", "factor-1n"}
    assert [slug for slug in misconceptions.PHRASES if slug not in slugs and f'"{slug}"' not in judged] == []
    assert [one.slug for one in mistakes.SHOWN if one.slug not in misconceptions.PHRASES] == []


# The exercises and the scores


def test_an_exercise_comes_out_as_its_answers_did() -> None:
    made = class_of(
        ada=[verdict(SQUARE)],
        chen=[mistaken("forgot-factor")],
        emeka=[verdict(SQUARE, Outcome.WRONG)],
        fatou=[verdict(SQUARE, Outcome.RAISED)],
        goran=[verdict(SQUARE, Outcome.RAISED, "untracked")],
        hana=[verdict(SQUARE, Outcome.NOT_ATTEMPTED)],
        ines=[verdict(SQUARE, Outcome.UNREADABLE)],
    )
    rows = {row.place.id: row for row in report_on(made).exercises}
    row = rows[SQUARE.id]
    assert (row.right, row.named, row.unnamed, row.open, row.unchecked, row.total) == (1, 2, 2, 1, 1, 7)
    assert (row.attempted, row.success) == (5, 0.2)
    assert row.ways_wrong == ((Outcome.RAISED, 2), (Outcome.KNOWN_MISTAKE, 1), (Outcome.WRONG, 1))
    assert list(rows) == [one.id for one in FIRST.exercises]
    assert (rows[POLY.id].total, rows[POLY.id].success) == (0, None)


def test_an_exercise_that_is_no_longer_there_is_shown_all_the_same() -> None:
    gone = Verdict("scalar_gradients.gone", Outcome.WRONG, 0, 1, "scalar_gradients.gone.some-slip", "Some slip.")
    report = report_on(class_of(ada=[gone]))
    assert report.exercises[-1].place.title == "gone"
    assert report.misconceptions[0].rows[0].told == "Some slip."
    assert "some-slip" in index(report)


@pytest.mark.parametrize(
    ("shares", "bins"),
    [
        ((), (0,) * 10),
        ((0.0,), (1, *(0,) * 9)),
        ((1.0, 0.9, 0.95), (*(0,) * 9, 3)),
        ((0.3, 0.6, 0.7), (0, 0, 0, 1, 0, 0, 1, 1, 0, 0)),
        ((1.2, -0.1), (1, *(0,) * 8, 1)),
    ],
)
def test_scores_fall_into_tenths(shares: tuple[float, ...], bins: tuple[int, ...]) -> None:
    scores = Scores(shares, 20)
    assert scores.bins == bins
    assert (scores.median is None) == (scores.mean is None) == (not shares)


def test_what_could_not_be_read_is_no_score_of_the_lesson_and_counts_nothing_in_the_total() -> None:
    full = [verdict(one) for one in FIRST.exercises]
    made = [
        graded("ada", FIRST, full),
        graded("ada", SECOND, [verdict(one) for one in SECOND.exercises]),
        graded("chen", FIRST, full),
        unreadable("chen", SECOND),
    ]
    report = report_on(made, FIRST, SECOND)
    assert [one.scores.shares for one in report.lessons] == [(1.0, 1.0), (1.0,)]
    assert report.scores.shares == (1.0, 0.5)
    assert report.scores.median == 30
    assert (report.lessons[1].handed_in, report.lessons[1].unreadable, report.graded, report.unreadable) == (2, 1, 3, 1)


def test_lessons_that_are_not_asked_for_are_left_out() -> None:
    made = make_class(["ada", "chen"], [FIRST, SECOND], seed=1)
    report = report_on(made, SECOND)
    assert [one.folder for one in report.lessons] == [SECOND.folder]
    assert {row.place.lesson for row in report.exercises} == {SECOND.folder}
    assert [one.student for one in report.students] == ["ada", "chen"]


def test_a_student_s_page_says_what_to_practise_next_tried_exercises_first() -> None:
    first, second, third, *others = FIRST.exercises
    answers = [
        verdict(first, Outcome.NOT_ATTEMPTED),
        verdict(second),
        verdict(third, Outcome.KNOWN_MISTAKE, "opposite-sign"),
        *(verdict(one, Outcome.UNREADABLE) for one in others),
    ]
    report = report_on([graded("ada", FIRST, answers)], FIRST)
    assert [one.exercise for one in report.students[0].to_practise] == [third.id, first.id]
    page = html.student_page(report.students[0], report)
    shown = page[page.index('id="next"') :]
    assert shown.index(f'href="#v-{third.id}"') < shown.index(f'href="#v-{first.id}"')
    assert f'id="v-{third.id}"' in page
    assert f"{third.id}.opposite" not in page
    done = report_on([graded("ada", FIRST, [verdict(one) for one in FIRST.exercises])], FIRST)
    assert "Practise next" not in html.student_page(done.students[0], done)


# Who needs help, and what needs a look


def reasons(report: ClassReport) -> dict[str, tuple[str, ...]]:
    return {one.student: one.reasons for one in report.needing_help}


def test_who_needs_help_and_why() -> None:
    full = [verdict(one) for one in FIRST.exercises]
    names = [one.id for one in FIRST.exercises]
    made = [graded(student, FIRST, full) for student in ("ada", "chen", "emeka", "fatou")]
    made += [
        graded("goran", FIRST, [verdict(one, Outcome.NOT_ATTEMPTED) for one in FIRST.exercises]),
        graded("hana", FIRST, [*full[:1], *(verdict(one, Outcome.NOT_ATTEMPTED) for one in FIRST.exercises[1:])]),
        graded("ines", FIRST, [*(mistaken("value-for-derivative", one) for one in names[:3]), *full[3:]]),
        unreadable("jonas", FIRST),
    ]
    elsewhere = [submission("kavya", SECOND)]
    report = summarise(made, [FIRST.folder], all_lessons(), [*(one.submission for one in made), *elsewhere])
    n = len(full)
    share = round(100 * full[0].points / 20)
    assert reasons(report) == {
        "goran": ("Attempted nothing in lesson 1.", "Has 0% of the points, the middle of the class has 100%."),
        "jonas": ("The submission for lesson 1 can't be read.",),
        "kavya": ("Did not hand in lesson 1, as 8 others did.",),
        "hana": (
            f"Has {share}% of the points, the middle of the class has 100%.",
            f"Left {n - 1} of {n} exercises open.",
        ),
        "ines": ("Gave the value where the slope is asked, in 3 exercises.",),
    }
    assert list(reasons(report))[-1] == "ines"


def test_what_was_not_handed_in_is_one_reason() -> None:
    made = [graded(student, one, [verdict(one.exercises[0])]) for student in ("ada", "bo") for one in (FIRST, SECOND)]
    third = [submission("chen", all_lessons()[2])]
    report = summarise(made, [FIRST.folder, SECOND.folder], all_lessons(), [*(one.submission for one in made), *third])
    assert reasons(report) == {"chen": ("Did not hand in lesson 1, lesson 2, as at least 2 others did.",)}


def test_nobody_is_blamed_for_what_hardly_anybody_did_or_what_waits_for_its_grade() -> None:
    full = [verdict(one) for one in FIRST.exercises]
    made = [graded(student, FIRST, full) for student in ("ada", "chen", "emeka")]
    waiting = [submission("fatou", FIRST), submission("ada", SECOND)]
    report = summarise(
        made, [FIRST.folder, SECOND.folder], all_lessons(), [*(one.submission for one in made), *waiting]
    )
    assert reasons(report) == {}
    assert report.waiting == 2
    assert [one.waiting for one in report.lessons] == [1, 1]
    assert "not graded yet" in pages(report)["fatou"]


def test_what_needs_a_look_comes_with_its_reason_the_gravest_first() -> None:
    whole = graded("ada", FIRST, [verdict(SQUARE)])
    mended = replace(graded("bo", FIRST, [verdict(SQUARE)]), notes=("the check cell 'check-d_square' was missing",))
    empty = graded("chen", FIRST, [verdict(SQUARE, Outcome.NOT_ATTEMPTED)])
    stopped = replace(
        graded("emeka", FIRST, [verdict(SQUARE)]), notes=("the cell did not come to an end",), stopped=True
    )
    report = report_on([whole, mended, empty, stopped, unreadable("fatou", FIRST)])
    assert [(one.student, one.status, one.sentences) for one in report.to_look_at] == [
        ("fatou", "unreadable", ("Not graded: the file is not valid JSON.",)),
        ("emeka", "stopped", ("The cell did not come to an end.",)),
        ("bo", "graded", ("The check cell 'check-d_square' was missing.",)),
        ("chen", "graded", ("Nothing was attempted.",)),
    ]
    assert needs_a_look(whole) == []


def test_a_flagged_answer_is_told_in_report_and_data_and_keeps_its_points() -> None:
    look = "The way could not be read. Look at <b>."
    flagged = graded("bo", FIRST, [replace(verdict(SQUARE), flag=look), verdict(POLY)])
    report = report_on([graded("ada", FIRST, [verdict(SQUARE)]), flagged])
    assert [(one.student, one.place.id, one.why) for one in report.flagged] == [("bo", SQUARE.id, look)]
    page = index(report)
    assert "Answers that a person should look at: 1" in page
    assert "Look at &lt;b&gt;." in page
    assert "a person should look at" not in index(report_on([graded("ada", FIRST, [verdict(SQUARE)])]))
    told = flagged.to_dict()["verdicts"]
    assert [(one["flag"], one["points"]) for one in told] == [(look, SQUARE.points), ("", POLY.points)]


def test_grading_without_walls_stands_out() -> None:
    made = [graded("ada", FIRST, [verdict(SQUARE)], sandbox="none"), graded("chen", FIRST, [verdict(SQUARE)])]
    report = report_on([*made, unreadable("emeka", FIRST)])
    assert (report.walls, report.without_walls) == ((("bubblewrap", 1), ("none", 1)), 1)
    assert "Graded without walls" in index(report)
    assert "Graded without walls" in pages(report)["ada"]
    assert "Graded without walls" not in index(report_on(made[1:]))


# The pages


class Page(HTMLParser):
    """The tags and links of a page, and its text; fails where tags do not close in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in ("meta", "img", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.text += data


def index(report: ClassReport) -> str:
    return html.class_page(report, html.file_names(one.student for one in report.students))


def pages(report: ClassReport) -> dict[str, str]:
    return {one.student: html.student_page(one, report) for one in report.students}


def all_pages(report: ClassReport) -> list[str]:
    return [index(report), *pages(report).values()]


@pytest.mark.parametrize(
    "made",
    [
        [],
        [unreadable("ada", FIRST)],
        [graded("ada", FIRST, [])],
        class_of(ada=[verdict(SQUARE)]),
        class_of(ada=[verdict(SQUARE, Outcome.NOT_ATTEMPTED)]),
        class_of(ada=[mistaken("forgot-factor")], chen=[mistaken("forgot-factor")]),
        [replace(graded("ada", FIRST, []), max_score=0)],
    ],
    ids=["nobody", "unreadable", "nothing checked", "one right", "untouched", "one mistake", "no points"],
)
def test_a_tiny_class_has_pages_too(made: list[Graded]) -> None:
    for page in all_pages(report_on(made)):
        tree = Page(page)
        assert len(tree.ids) == len(set(tree.ids))
        assert [link for link in tree.links if link.startswith("#") and link[1:] not in tree.ids] == []


def test_all_links_lead_somewhere(tmp_path: Path) -> None:
    report = report_on(make_class([f"s{i}" for i in range(30)], [FIRST, SECOND]), FIRST, SECOND)
    written = html.write(report, tmp_path)
    trees = {path: Page(path.read_text()) for path in written}
    assert len(trees) == 31
    for path, tree in trees.items():
        for link in tree.links:
            file, _, anchor = link.partition("#")
            target = (path.parent / file).resolve() if file else path
            if target.suffix == ".csv":
                assert target.is_file()
                continue
            assert target in trees
            assert not anchor or anchor in trees[target].ids


def test_whatever_a_student_is_called_is_text() -> None:
    plain = report_on([_everything(f"s{i}") for i in range(len(HOSTILE))])
    hostile = report_on([_everything(name) for name in HOSTILE])
    told, named = Page(index(plain)), Page(index(hostile))
    assert (sorted(told.tags), told.attributes) == (sorted(named.tags), named.attributes)
    assert all((name.strip() or "(no name)") in named.text for name in HOSTILE)
    for name, page in pages(hostile).items():
        assert Page(page).tags.count("script") == 1, name
        assert (name.strip() or "(no name)") in Page(page).text


def test_whatever_a_student_wrote_is_text() -> None:
    script = "<script>alert(1)</script>"
    wrong = replace(
        mistaken("own-slip", message=f"The call raised {script} at `{script}`."),
        answer=script,
        call=script,
        printed=script,
    )
    one = replace(graded("ada", FIRST, [wrong]), notes=(f"the cell {script} was there twice",), stopped=True)
    for page in all_pages(report_on([one])):
        tree = Page(page)
        assert tree.tags.count("script") == 1
        assert script in tree.text


def _everything(student: str) -> Graded:
    return replace(
        graded(student, FIRST, [mistaken("forgot-factor"), verdict(POLY, Outcome.NOT_ATTEMPTED)]), notes=("mended",)
    )


def test_pages_have_names_that_are_safe_and_unlike() -> None:
    names = html.file_names(HOSTILE)
    assert names["ada"] == "ada.html"
    assert len({name.casefold() for name in names.values()}) == len(HOSTILE)
    for name in names.values():
        assert name.endswith(".html")
        assert not name.startswith(".")
        assert len(name) < 100
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.")
    # Nobody can take the name of the page that another one has.
    stolen = names["Ada"].removesuffix(".html")
    assert html.file_names([stolen])[stolen] != names["Ada"]


def test_pages_of_whoever_left_are_removed_and_no_other_file(tmp_path: Path) -> None:
    made = make_class(["ada", "chen", *HOSTILE], [FIRST])
    written = html.write(report_on(made), tmp_path)
    assert set(tmp_path.rglob("*.html")) == set(written)
    notes = tmp_path / "students" / "notes.html"
    notes.write_text("my own notes")
    before = (tmp_path / "students" / "chen.html").read_bytes()
    again = html.write(report_on([one for one in made if one.submission.student == "chen"]), tmp_path)
    assert set(tmp_path.rglob("*.html")) == {*again, notes}
    assert len(again) == 2
    assert before != again[1].read_bytes()
    assert html.write(report_on([one for one in made if one.submission.student == "chen"]), tmp_path) == again


def test_each_table_is_a_file_for_a_spreadsheet_without_formulas() -> None:
    made = class_of(**{"=ada": [mistaken("forgot-factor")], "\udcff": [verdict(SQUARE)]})
    report = report_on(made)
    tables = {name: content.decode().splitlines() for name, content in csv_files(report).items()}
    assert tables["everyone"][1] == "'=ada,0,0,0,0"
    assert tables["mistakes"][1] == f"forgot-factor,{SQUARE.id},1,2,'=ada"
    links = [one for one in Page(index(report)).links if one.endswith(".csv")]
    assert {f"{name}.csv" for name in tables} >= set(links)


def test_a_week_tells_who_caught_up_and_which_mistakes_went_away() -> None:
    made = class_of(ada=[verdict(SQUARE)], chen=[mistaken("forgot-factor")], emeka=[verdict(SQUARE)])
    had = frozenset([f"{SQUARE.id}.forgot-factor"])
    was = [ReplacedWork(one, FIRST.folder, 0, had) for one in ("ada", "chen", "gone")]
    report = summarise(made, [FIRST.folder], all_lessons(), [one.submission for one in made], replaced=was)
    assert report.week == Week(("ada", "chen"), ("ada",), (("forgot-factor", 1),))
    assert "2 students handed in again. 1 of them has more points now." in Page(index(report)).text
    assert "1 of them lost the factor that the exponent becomes" in Page(index(report)).text
    assert "handed in again" not in index(report_on(made))


def test_a_week_compares_all_notebooks_of_a_lesson_before_with_all_of_them_after(tmp_path: Path) -> None:
    def hand_in(work: str, **points: float) -> list[Graded]:
        return [
            recorder.record(
                JobResult(
                    submission=replace(submission("ada", FIRST), named=name),
                    verdicts=(verdict(SQUARE) if scored else mistaken("forgot-factor"),),
                    scores=((f"check-{name}", scored),),
                ),
                Provenance("", f"{work} {name}"),
            )
            for name, scored in points.items()
        ]

    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db", "autograd") as gradebook:
        prepare(gradebook)
        gradebook.add_assignment(FIRST.folder)
        for name in ("a", "b"):
            gradebook.add_notebook(name, FIRST.folder)
            gradebook.add_grade_cell(f"check-{name}", name, FIRST.folder, max_score=2, cell_type="code")
        recorder = Recorder(gradebook, LateSubmissionPlugin())
        hand_in("first", a=1, b=2)
        # The other notebook stays as it was.
        now = hand_in("second", a=0) + hand_in("first", b=2)
        (was,) = replaced(gradebook, datetime.min)
        assert was == ReplacedWork("ada", FIRST.folder, 3, frozenset())
        assert summarise(by_lesson(now), [FIRST.folder], all_lessons(), replaced=[was]).week.caught_up == ()
        now = hand_in("third", a=2, b=2)
        assert replaced(gradebook, datetime.min) == [was]
        assert summarise(by_lesson(now), [FIRST.folder], all_lessons(), replaced=[was]).week.caught_up == ("ada",)


def test_two_notebooks_of_a_lesson_are_told_apart() -> None:
    of = submission("ada", FIRST)
    both = [replace(one, submission=replace(of, named=name)) for one in class_of(ada=[]) for name in ("", "b")]
    assert [one.line for one in both] == [f"ada {FIRST.folder} 0 of 20", f"ada {FIRST.folder}/b 0 of 20"]
    changes = [Change(one.submission, 0, 1) for one in both]
    told = list(terminal.changes_table(changes).columns[1].cells)
    assert told == [FIRST.folder, f"{FIRST.folder}/b"]


def test_the_same_class_gives_the_same_pages() -> None:
    made = make_class(["ada", "chen", "emeka"], [FIRST, SECOND])
    assert all_pages(report_on(made, FIRST, SECOND)) == all_pages(report_on(made[::-1], FIRST, SECOND))


def test_what_was_changed_after_it_was_graded_is_told_at_the_top_and_at_the_student() -> None:
    made = class_of(ada=[verdict(SQUARE)], chen=[verdict(SQUARE)])
    left = submission("emeka", FIRST)
    report = summarise(
        made, [FIRST.folder], all_lessons(), [one.submission for one in made], [made[0].submission, left]
    )
    assert [(one.student, one.changed) for one in report.students] == [
        ("ada", frozenset([FIRST.folder])),
        ("chen", frozenset()),
    ]
    assert [(one.student, one.sentences) for one in report.to_look_at] == [
        ("ada", ("It changed after it was graded. Run autograder grade.",))
    ]
    index, ada, chen = (Page(page).text for page in all_pages(report))
    assert "Changed: 1 submission changed after grading." in index
    assert "Changed: the submission changed after grading. Run autograder grade" in ada
    assert "Changed:" not in chen
    assert not [page for page in all_pages(report_on(made)) if "Changed:" in page]


# The command


def test_the_command_writes_pages_about_what_was_graded(course: Course) -> None:
    for student in ("nadia", "rosa", "sven", "uma", "wanjiru"):
        shutil.rmtree(course.root / "submitted" / student)
    empty = run(course.root, "autograder", "report")
    assert (empty.returncode, "autograder grade" in empty.stderr) == (2, True)
    assert not (course.root / "report").exists()
    run(course.root, "autograder", "grade", "--workers", "1")
    done = run(course.root, "autograder", "report")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "report/index.html, and a page for each of 3 students\n"
    page = Page((course.root / "report" / "index.html").read_text())
    assert "The class in 1 · Scalar gradients" in page.text
    assert "Not graded: the file is not valid JSON." in page.text
    assert "Changed:" not in page.text
    # One hands in again.
    work = {one: course.root / "submitted" / one / FIRST.folder / f"{FIRST.folder}.ipynb" for one in ("ada", "emeka")}
    shutil.copy(work["ada"], work["emeka"])
    run(course.root, "autograder", "grade", "--workers", "1")
    run(course.root, "autograder", "report")
    assert "1 student handed in again." in Page((course.root / "report" / "index.html").read_text()).text
    # One is mended, the other is changed for the worse.
    for student, text in (("xiomara", "{}"), ("emeka", "")):
        (course.root / "submitted" / student / FIRST.folder / f"{FIRST.folder}.ipynb").write_text(text)
    run(course.root, "autograder", "report")
    assert (
        "Changed: 2 submissions changed after grading."
        in Page((course.root / "report" / "index.html").read_text()).text
    )
    elsewhere = run(course.root, "autograder", "report", FIRST.name, "--to", "pages")
    assert (elsewhere.returncode, len(list((course.root / "pages" / "students").iterdir()))) == (0, 3)


def test_the_command_says_what_keeps_it_from_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli.main, ["report"])
    assert (done.exit_code, "nbgrader_config.py" in done.output) == (2, True)
