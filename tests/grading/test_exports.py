"""`nbgrader export` into files as Canvas and Moodle give them out; all names are made up."""

from __future__ import annotations

import csv
import io
import logging
import shutil
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin, ExportPlugin

from autograder.grading.lms.exports import CanvasExport, CsvExport, MoodleExport
from autograder.grading.lms.tables import DELIMITERS, TableError, defused, read_table, written

from .conftest import LESSON, Course, run

# id, first name, last name, address, number in the LMS, points of 20, penalty
STUDENTS = [
    ("ada", "Ada", "Lovelace", "ada@example.org", "12345", 20.0, None),
    ("s0042", "José", "Núñez, Jr.", "jose@example.org", None, 17.5, 5.25),
    ("müllerzoë_777", None, None, None, None, 3.0, 4.0),
    ("nobody", "No", "Body", None, None, 11.0, None),
    ("idle", "Idle", "Ida", "idle@example.org", None, None, None),
    ("excused", "Ex", "Cused", None, None, 9.0, None),
    ("Lars Åberg_31", None, None, None, None, 6.0, None),
]


FLAG = "The values are right, but the way could not be seen. A person should look at it."


@pytest.fixture(scope="module")
def graded(class_of_eight: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Return a course with these students' scores in its gradebook."""
    root = tmp_path_factory.mktemp("graded") / "course"
    shutil.copytree(class_of_eight.root, root)
    with Gradebook(f"sqlite:///{root}/gradebook.db", "autograd") as gradebook:
        for id_, first, last, email, number, points, penalty in STUDENTS:
            gradebook.add_student(id_, first_name=first, last_name=last, email=email, lms_user_id=number)
            if points is None:
                continue
            notebook = gradebook.add_submission(LESSON.folder, id_).notebooks[0]
            left = points
            for grade in notebook.grades:
                grade.auto_score = min(left, grade.max_score)
                left -= grade.auto_score
            notebook.late_submission_penalty = penalty
            if id_ == "ada":
                for comment in notebook.comments:
                    comment.auto_comment = FLAG if comment.name == "d_square" else "No response."
        gradebook.db.commit()
    return Course(root)


def export(course: Course, plugin: type[ExportPlugin], caplog: pytest.LogCaptureFixture, **options: Any) -> bytes:
    """Export as `nbgrader export` does; what it tells is in `caplog`."""
    caplog.clear()
    log = logging.getLogger("export")
    log.setLevel(logging.INFO)
    if "template" in options:
        options["template"] = str(course.root / options["template"])
    exporter = plugin(to=str(course.root / "out.csv"), **options)
    exporter.log = log
    with Gradebook(f"sqlite:///{course.root}/gradebook.db", "autograd") as gradebook:
        exporter.export(gradebook)
    return (course.root / "out.csv").read_bytes()


def command(course: Course, *options: str) -> str:
    done = run(course.root, "nbgrader", "export", *options)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Quiz 1 (900),"
    f"{LESSON.folder} (901),Final Score,Unposted Final Score\r\n"
    ",,,,,,Manual Posting,,\r\n"
    "    Points Possible,,,,,5.00,20.00,(read only),(read only)\r\n"
    '"Cused, Ex",21,u21,excused,Section A,1.00,EX,1,1\r\n'
    '"Lovelace, Ada",12345,u1,al815,"Section A and ""B""",3.00,,60.00,60.00\r\n'
    '"Müller, Zoë",777,u2,zm,Section A,-1.00,12.00,40.00,\r\n'
    '"Núñez, Jr., José",31,S0042,jn,Section A,N/A,"",10,10\r\n'
    '"=HYPERLINK(""http://x""), =Eve",666,u6,eve,Section A,,7.00,,\r\n'
    '"Ida, Idle",44,u7,idle,Section A,2.00,8.00,,\r\n'
    '"Student, Test",55,,abcdef0123,Section A,,,0.0,0.0\r\n'
)


def test_canvas_gets_its_own_file_back_with_the_scores(graded: Course) -> None:
    """By the command, as an instructor gives it."""
    canvas = graded.root / "canvas.csv"
    canvas.write_bytes(b"\xef\xbb\xbf" + CANVAS.encode())
    options = (
        "--exporter=autograder.grading.lms.CanvasExport",
        "--CanvasExport.template=canvas.csv",
        "--to=out.csv",
    )
    told = command(graded, *options)
    expected = (
        CANVAS.replace('"",3.00,,60', '"",3.00,20,60')
        .replace("-1.00,12.00,", "-1.00,0,")
        .replace('N/A,"",', 'N/A,"12.25",')
        .replace('"=HYPERLINK', "\"'=HYPERLINK")
    )
    assert expected.count("\r\n") == CANVAS.count("\r\n")
    assert (graded.root / "out.csv").read_bytes() == b"\xef\xbb\xbf" + expected.encode()
    for says in (
        "nobody has no scores in the file",
        "Lars Åberg_31 has no scores in the file",
        "excused has 'EX'",
        "3 scores filled in; 3 rows have no submission",
        "1 cells in canvas.csv would be formulas",
    ):
        assert says in told


def test_a_file_that_is_filled_in_stays_so(graded: Course, caplog: pytest.LogCaptureFixture) -> None:
    (graded.root / "canvas.csv").write_bytes(CANVAS.encode())
    once = export(graded, CanvasExport, caplog, template="canvas.csv")
    (graded.root / "canvas.csv").write_bytes(once)
    assert once != CANVAS.encode()
    assert export(graded, CanvasExport, caplog, template="canvas.csv") == once


def test_canvas_of_another_language_has_semicolons(graded: Course, caplog: pytest.LogCaptureFixture) -> None:
    text = CANVAS.replace('"Núñez, Jr., José"', '"Núñez; Jr., José"').replace(",", ";").replace("\r\n", "\n")
    (graded.root / "canvas.csv").write_bytes(text.encode())
    out = export(graded, CanvasExport, caplog, template="canvas.csv").decode()
    assert ";3.00;20;60.00;" in out
    assert out.count("\n") == text.count("\n")


def test_points_that_canvas_counts_otherwise_are_told(graded: Course, caplog: pytest.LogCaptureFixture) -> None:
    canvas = graded.root / "canvas.csv"
    canvas.write_text(CANVAS.replace("20.00,(read", "100.00,(read"))
    export(graded, CanvasExport, caplog, template="canvas.csv")
    assert f"{LESSON.folder} has 20 points here and 100.00 in Canvas" in caplog.text
    canvas.write_text(CANVAS.replace(LESSON.folder, "Week 1"))
    export(graded, CanvasExport, caplog, template="canvas.csv")
    assert f"no column for {LESSON.folder}" in caplog.text
    export(graded, CanvasExport, caplog, template="canvas.csv", columns={LESSON.folder: "Week 1 (901)"})
    assert "3 scores filled in" in caplog.text


def test_a_file_for_canvas_without_a_template(graded: Course, caplog: pytest.LogCaptureFixture) -> None:
    rows = list(csv.reader(io.StringIO(export(graded, CanvasExport, caplog).decode())))
    assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", LESSON.folder]
    assert rows[1] == ["    Points Possible", "", "", "", "", "20"]
    by_name = {row[0]: row[1:] for row in rows[2:]}
    assert by_name["Lovelace, Ada"] == ["12345", "ada", "ada", "", "20"]
    assert by_name["Núñez, Jr., José"] == ["", "s0042", "s0042", "", "12.25"]
    assert by_name["müllerzoë_777"] == ["777", "", "", "", "0"]
    assert by_name["Ida, Idle"] == ["", "idle", "idle", "", ""]


MOODLE = (
    '"First name";"Last name";"ID number";Institution;"Email address";"Assignment: Quiz (Real)";'
    f'"Assignment: {LESSON.folder} (Real)";"Assignment: {LESSON.folder} (Percentage)";'
    f'"Assignment: {LESSON.folder} (Feedback)";"Last downloaded from this course"\n'
    'Ada;Lovelace;;"U; of Ä";Ada@Example.org;3,00;-;-;;1759500000\n'
    'José;"Núñez, Jr.";S0042;"";j.n@example.org;-;12,00;60,00 %;"Good, ""José"" work";1759500000\n'
    "Zoë;Müller;;;zoe@example.org;-5,50;-;-;;1759500000\n"
    "+Eve;@Mallory;;;eve@example.org;-;4,00;20,00 %;;1759500000\n"
    'Ex;Cused;;"a\nb";ex@example.org;-;-;-;;1759500000'
)


ENCODINGS = [("utf-8", ";"), ("utf-8-sig", ";"), ("utf-16", "\t"), ("cp1252", ";")]


@pytest.mark.parametrize(("encoding", "delimiter"), ENCODINGS)
def test_moodle_gets_its_own_file_back_with_the_scores(
    graded: Course, caplog: pytest.LogCaptureFixture, encoding: str, delimiter: str
) -> None:
    d = delimiter
    text = MOODLE.replace("U; of", "U of").replace(";", d)
    (graded.root / "moodle.csv").write_bytes(text.encode(encoding))
    expected = (
        text.replace(f"{d}3,00{d}-{d}", f"{d}3,00{d}20{d}")
        .replace(f"{d}12,00{d}", f"{d}12.25{d}")
        .replace(f"{d}-5,50{d}-{d}", f"{d}-5,50{d}0{d}")
        .replace(f"+Eve{d}@Mal", f"'+Eve{d}'@Mal")
        .replace(f"ex@example.org{d}-{d}-", f"ex@example.org{d}-{d}9")
    )
    assert export(graded, MoodleExport, caplog, template="moodle.csv") == expected.encode(encoding)
    assert "nobody has no scores in the file" in caplog.text
    assert "4 scores filled in; 1 rows have no submission" in caplog.text


def test_moodle_s_grading_worksheet_is_of_one_lesson(graded: Course) -> None:
    """By the command, as an instructor gives it."""
    text = (
        "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,Last modified (grade)\n"
        '"Participant 31","Lars Åberg",lars@example.org,"Submitted for grading",,20.00,Yes,-\n'
        '"Participant 32","Lars Åberg",lars2@example.org,"Submitted for grading",,20.00,Yes,-\n'
    )
    (graded.root / "sheet.csv").write_text(text)
    options = ("--MoodleExport.template=sheet.csv", f"--assignment=['{LESSON.folder}']", "--to=out.csv")
    command(graded, "--exporter=autograder.grading.lms.MoodleExport", *options)
    assert (graded.root / "out.csv").read_text() == text.replace('grading",,', 'grading",6,', 1)


def test_a_file_for_moodle_without_a_template(graded: Course, caplog: pytest.LogCaptureFixture) -> None:
    out = export(graded, MoodleExport, caplog, student=["ada", "nobody"])
    rows = list(csv.reader(io.StringIO(out.decode())))
    assert rows[0] == ["First name", "Last name", "ID number", "Email address", LESSON.folder]
    assert sorted(rows[1:]) == [
        ["Ada", "Lovelace", "12345", "ada@example.org", "20"],
        ["No", "Body", "nobody", "", "11"],
    ]


def test_plain_csv_is_what_nbgrader_writes_but_quoted(graded: Course, caplog: pytest.LogCaptureFixture) -> None:
    command(graded)
    ours = (graded.root / "grades.csv").read_bytes()
    rows = {row["student_id"]: row for row in csv.DictReader(io.StringIO(ours.decode(), newline=""))}
    assert set(rows) == {one[0] for one in STUDENTS}
    columns = ("last_name", "raw_score", "late_submission_penalty", "score", "max_score")
    assert [rows["s0042"][column] for column in columns] == ["Núñez, Jr.", "17.5", "5.25", "12.25", "20.0"]
    assert ours == export(graded, CsvExport, caplog)
    theirs = export(graded, CsvExportPlugin, caplog).decode().replace("Núñez, Jr.", '"Núñez, Jr."')
    lines = ours.decode().replace(f',"d_square: {FLAG}"', ",").splitlines()
    assert theirs.splitlines() == [line.rpartition(",")[0] for line in lines]
    assert {id_: row["comment"] for id_, row in rows.items() if row["comment"]} == {"ada": f"d_square: {FLAG}"}


def test_a_file_that_is_no_grade_book_is_refused(graded: Course, caplog: pytest.LogCaptureFixture) -> None:
    (graded.root / "x.csv").write_text("a,b\n1,2\n")
    for template in ("x.csv", "missing.csv"):
        with pytest.raises(SystemExit):
            export(graded, CanvasExport, caplog, template=template)
        assert f"{template} can't be used" in caplog.text


@given(st.lists(st.lists(st.text(), min_size=2, max_size=4), min_size=1), st.sampled_from(DELIMITERS), st.booleans())
def test_a_table_that_is_not_changed_stays_to_the_byte(rows: list[list[str]], delimiter: str, quote: bool) -> None:
    file = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if quote else csv.QUOTE_MINIMAL
    writer = csv.writer(file, delimiter=delimiter, quoting=quoting)
    writer.writerows([["ID", "Student"], *rows])
    try:
        raw = file.getvalue().encode()
    except UnicodeEncodeError:
        return
    table = read_table(raw, ("ID", "Student"))
    assert [[cell.value for cell in row] for row in table.rows] == list(
        csv.reader(io.StringIO(file.getvalue(), newline=""), delimiter=delimiter)
    )
    assert table.filled({}) == raw
    changed = read_table(table.filled({(1, 1): 'x;,"\n'}), ("ID", "Student"))
    assert changed.rows[1][1].value == 'x;,"\n'
    assert [len(row) for row in changed.rows] == [len(row) for row in table.rows]


@pytest.mark.parametrize(
    "value", ["=1+1", "+cmd", "-x", "@SUM(A1)", "\t=1", " =1", "＝1", '="x"', "-", "-5", "+3.5 %", "Ada"]
)
def test_no_cell_is_a_formula(value: str) -> None:
    safe = value in ("-", "-5", "+3.5 %", "Ada")
    assert defused(value) == (value if safe else f"'{value}")
    assert next(csv.reader(io.StringIO(written([[value]]).decode(), newline=""))) == [defused(value)]


def test_what_is_no_table_is_told() -> None:
    for raw in (b"", b"\n\n", b"\x00\x01", "é".encode("latin-1")):
        with pytest.raises(TableError):
            read_table(raw, ("ID",))
