"""`nbgrader zip_collect` on downloads as Canvas and Moodle pack them, and on zips that somebody has packed."""

from __future__ import annotations

import io
import json
import os
import stat
import tarfile
import unicodedata
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.grading.lms.classlist import Person, names_of
from autograder.grading.lms.collect import Found, Plan, folder_name, plan, recognise
from autograder.grading.lms.unpack import Room, unpack
from tests.notebooks.conftest import ROOT

from .conftest import run

LESSON = "02_chain_rule"
LESSONS = ("01_scalar_gradients", LESSON)

NAMES = [
    ("lovelaceada_12345_67890_02_chain_rule.ipynb", Found("canvas", "lovelaceada", "12345", LESSON, (67890, 0))),
    ("x/lovelaceada_LATE_12345_67890_02_chain_rule-1.ipynb", Found("canvas", "lovelaceada", "12345", LESSON, (67890, 1), True)),
    ("nuñezjosé_12_34_02_chain_rule (2).ipynb", Found("canvas", "nuñezjosé", "12", LESSON, (34, 2))),
    ("o_brien_12_34_Ada 02_chain_rule.ipynb", Found("canvas", "o_brien", "12", LESSON, (34, -2))),
    ("li_12_99_02_chain_rule-1b4e28ba-2fa1-11d2-883f-0016d3cca427.ipynb", Found("canvas", "li", "12", LESSON, (99, 0))),
    ("LATE_anon_x1Y2z_34_02_chain_rule.ipynb", Found("canvas", "", "anon_x1Y2z", LESSON, (34, 0), True)),
    ("ada_1_2_my work/sub/02_chain_rule.ipynb", Found("canvas", "ada", "1", LESSON, (2, 0))),
    ("Ada Lovelace_77_assignsubmission_file_/02_chain_rule.ipynb", Found("moodle", "Ada Lovelace", "77", LESSON)),
    ("d/José Núñez_7_assignsubmission_file/a/02-chain-rule.ipynb", Found("moodle", "José Núñez", "7", LESSON)),
    ("Li Wei_7_assignsubmission_file_02_chain_rule.ipynb", Found("moodle", "Li Wei", "7", LESSON)),
    ("class/ada/02_chain_rule.ipynb", Found("plain", "ada", "", LESSON)),
    ("class/Ada B. Lovelace/02_chain_rule/02_chain_rule.ipynb", Found("plain", "Ada B. Lovelace", "", LESSON)),
    ("ada_02_chain_rule.ipynb", Found("plain", "ada", "", LESSON)),
    ("class/Ada Lovelace - 02_chain_rule-2.ipynb", Found("plain", "Ada Lovelace", "", LESSON, (0, 2))),
    ("ada/02_chain_rule-Copy1.ipynb", Found("plain", "ada", "", LESSON, (0, -1))),
    # Students whose name is digits, or ends in them.
    ("1234567_02_chain_rule.ipynb", Found("plain", "1234567", "", LESSON)),
    ("ada17_02_chain_rule-1.ipynb", Found("plain", "ada17", "", LESSON, (0, 1))),
    ("ada17_123_4567_02_chain_rule.ipynb", Found("canvas", "ada17", "123", LESSON, (4567, 0))),
    # An archive of the instructor's has numbers in its name too.
    ("2025_10_late/turingalan_LATE_12346_67891_02_chain_rule.ipynb", Found("canvas", "turingalan", "12346", LESSON, (67891, 0), True)),
    ("2025_10_late/ada/02_chain_rule.ipynb", Found("plain", "ada", "", LESSON)),
    # Blackboard, Brightspace, ILIAS, Sakai.
    ("lesson2_ada_attempt_2025-10-01-15-30-10_02_chain_rule.ipynb", Found("blackboard", "ada", "", LESSON, (20251001153010, 0))),
    ("1-2 - Ada Lovelace - Oct 3, 2025 1225 AM/02_chain_rule.ipynb", Found("brightspace", "Ada Lovelace", "1-2", LESSON, (202510030025, 0))),
    ("1-2 - Li Wei - Sept 30, 2025 105 PM - 02_chain_rule.ipynb", Found("brightspace", "Li Wei", "1-2", LESSON, (202509301305, 0))),
    ("x/Lovelace_Ada_ada_4711/20251003193000_02_chain_rule.ipynb", Found("plain", "Lovelace_Ada_ada_4711", "", LESSON, (20251003193000, 0))),
    ("L2/Lovelace, Ada(ada17)/Submission attachment(s)/02_chain_rule.ipynb", Found("plain", "ada17", "", LESSON)),
    # Folders below a student's.
    ("ada/autograd-course/notebooks/02_chain_rule/02_chain_rule.ipynb", Found("plain", "ada", "", LESSON)),
    ("ada/torch-course-main/notebooks/02_chain_rule.ipynb", Found("plain", "ada", "", LESSON)),
    ("class/ada/v2/02_chain_rule.ipynb", Found("plain", "ada", "", LESSON)),
]  # fmt: skip


@pytest.mark.parametrize(("path", "found"), NAMES)
def test_names_of_files_are_told(path: str, found: Found) -> None:
    assert recognise(PurePosixPath(path), LESSONS) == found
    # A Mac writes accents as letters of their own.
    assert recognise(PurePosixPath(unicodedata.normalize("NFD", path)), LESSONS) == found


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("02_chain_rule.ipynb", "whose it is"),
        ("ada_1_2_homework.ipynb", "expected the name of a lesson"),
        ("Ada_1_assignsubmission_file_/homework.ipynb", "expected the name of a lesson"),
        ("class/ada/report.pdf", "not a notebook"),
        ("class/ada/other.ipynb", "expected the name of a lesson"),
        # No numbers of Canvas's, but a year and a month.
        ("homework_2025_10_02_chain_rule.ipynb", "which of the numbers"),
        ("homework_2025_10_late/02_chain_rule.ipynb", "which of the numbers"),
        ("eve_1_2_x/bob_99_3_02_chain_rule.ipynb", "both a folder and the file's name"),
        # What a system has written that is not known here.
        ("L2 - ada - attempt 2 - 02_chain_rule.ipynb", "begins and ends"),
        ("ada_2025-10-03_02_chain_rule.ipynb", "begins and ends"),
        ("12-34 - Ada - 3 oct. 2025/02_chain_rule.ipynb", "begins and ends"),
    ],
)
def test_what_fits_nothing_is_told_with_the_reason(path: str, says: str) -> None:
    told = recognise(PurePosixPath(path), LESSONS)
    assert isinstance(told, str)
    assert says in told


@pytest.mark.parametrize(
    "path",
    [
        # What Eve has named her file, her archive, a folder in it, and herself.
        "eve_1_2_99_3_02_chain_rule.ipynb",
        "eve_1_2_x/bob_99_3_02_chain_rule.ipynb",
        "eve_1_2_x/bob_99_3_y/02_chain_rule.ipynb",
        "eve_1_2_bob_99_3_02_chain_rule.ipynb",
        "eve_99_1_2_02_chain_rule.ipynb",
        "eve_99_1_2_x/02_chain_rule.ipynb",
        "Eve_1_assignsubmission_file_/Bob_99_assignsubmission_file_/02_chain_rule.ipynb",
        "Eve_1_assignsubmission_file_Bob_99_assignsubmission_file_02_chain_rule.ipynb",
        "Eve 99_1_assignsubmission_file_bob_99_3_02_chain_rule.ipynb",
    ],
)
def test_nobody_hands_in_for_another(path: str) -> None:
    found = recognise(PurePosixPath(path), LESSONS)
    assert isinstance(found, str) or found.number == "1"


@given(st.text(), st.text())
def test_folder_names_are_safe_and_no_two_names_get_the_same(one: str, other: str) -> None:
    name = folder_name(one)
    assert name
    assert not name.startswith((".", "-"))
    assert not set(name) & set('/\\+*?[]\0\n<>"&')
    assert len(name.encode()) < 250
    assert unicodedata.is_normalized("NFC", name)
    assert folder_name(name) == name
    same = unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)
    assert (folder_name(other) == name) == same or folder_name(other) in (one, other) or name in (one, other)


def test_folder_names_keep_what_can_stay() -> None:
    assert folder_name("Núñez Ångström, 李") == folder_name("Núñez Ångström, 李")
    assert folder_name("José O'Brien-Smith") == "José O'Brien-Smith"
    assert len({folder_name(one) for one in ("a+b", "a b", "a_b", "a/b", ".a", "a", "..", "")}) == 8
    names = [os.fsdecode(one) for one in (b"caf\xe9", b"caf\xe8")]
    assert [folder_name(one).rpartition("-")[0] for one in names] == ["caf_", "caf_"]
    assert len(set(map(folder_name, names))) == 2


def planned(*paths: str, content: dict[str, bytes] | None = None, **people: list[Person]) -> Plan:
    files = [PurePosixPath(path) for path in paths]
    return plan(files, LESSON, LESSONS, lambda path: (content or {}).get(str(path), b""), **people)


def collected(made: Plan) -> dict[str, str]:
    return {one.student: str(one.path) for one in made.collected}


def test_the_latest_of_each_student_is_collected() -> None:
    made = planned(
        "new/lovelaceada_12345_70001_02_chain_rule-1.ipynb",
        "old/lovelaceada_12345_67890_02_chain_rule.ipynb",
        # Canvas gives out file ids in order; the suffix starts again when a student has deleted files.
        "old/lovelaceada_12345_65000_02_chain_rule-9.ipynb",
        "old/lovelaceada_999_60000_02_chain_rule.ipynb",
        "old/lovelaceada_12345_90000_01_scalar_gradients.ipynb",
    )
    assert collected(made) == {
        "lovelaceada_12345": "new/lovelaceada_12345_70001_02_chain_rule-1.ipynb",
        "lovelaceada_999": "old/lovelaceada_999_60000_02_chain_rule.ipynb",
    }
    told = ["it belongs to 01_scalar_gradients", *2 * ["another one of this student is taken"]]
    assert sorted(made.left.values()) == sorted(told)


def test_of_several_that_nothing_tells_apart_none_is_collected() -> None:
    paths = ("a/ada/02_chain_rule.ipynb", "b/ada/02_chain_rule.ipynb", "b/bob/02_chain_rule.ipynb")
    same = planned(*paths)
    assert collected(same) == {"ada": paths[0], "bob": paths[2]}
    assert list(same.left.values()) == [f"it is the same as {paths[0]}"]
    other = planned(*paths, content={paths[0]: b"x"})
    assert collected(other) == {"bob": paths[2]}
    assert set(other.left) == {PurePosixPath(path) for path in paths[:2]}


@pytest.mark.parametrize(
    ("paths", "students"),
    [
        (("ada/homework/02_chain_rule.ipynb", "bob/homework/02_chain_rule.ipynb"), {"ada", "bob"}),
        (("c/ada/hw/a/02_chain_rule.ipynb", "c/bob/hw/a/02_chain_rule.ipynb"), {"ada", "bob"}),
        (("class/ada/02_chain_rule.ipynb", "class/bob/notebooks/02_chain_rule.ipynb"), {"ada", "bob"}),
        # Whether it is a student called `homework`, nobody can tell.
        (
            ("c/ada/homework/02_chain_rule.ipynb", "c/eve/homework/02_chain_rule.ipynb", "c/bob/02_chain_rule.ipynb"),
            {"bob"},
        ),
    ],
)
def test_a_students_folder_is_where_paths_differ(paths: tuple[str, ...], students: set[str]) -> None:
    # The same content must not make two students one.
    assert set(collected(planned(*paths))) == students


def test_where_a_name_begins_is_not_guessed() -> None:
    def name(before: str, time: str = "2025-10-01-15-30-10") -> str:
        return f"{before}_attempt_{time}_02_chain_rule.ipynb"

    made = planned(name("lesson_2_ada"), name("lesson_2_ada", "2025-10-02-15-30-10"), name("lesson_2_eve_b"))
    assert set(collected(made)) == {"ada", "b"}
    made = planned(name("lesson_2_ada_b"), name("lesson_2_eve_b"))
    assert not made.collected
    assert set(made.left.values()) == {"it can't be told where the student's name begins in it"}


def test_students_are_found_in_the_gradebook_and_in_lists() -> None:
    ada = Person("ada", "12345", (), "ada@example.org", names_of("Ada", "Lovelace"))
    canvas = "lovelaceada_12345_1_02_chain_rule.ipynb"
    moodle = "Lovelace Ada_7_assignsubmission_file_/02_chain_rule.ipynb"
    twin = "Ada Lovelace_8_assignsubmission_file_/02_chain_rule.ipynb"
    assert set(collected(planned(canvas))) == {"lovelaceada_12345"}
    assert set(collected(planned(canvas, known=[ada]))) == {"ada"}
    assert set(collected(planned(moodle, known=[ada]))) == {"ada"}
    # Two of one name, of whom the gradebook knows one: nobody can say which.
    assert set(collected(planned(moodle, twin, known=[ada]))) == {"Lovelace Ada_7", "Ada Lovelace_8"}
    # The grading worksheet says it.
    listed = [
        Person(number="7", email="ada@example.org", names=names_of("Ada", "Lovelace")),
        Person(number="8", email="ada.l@example.org", names=names_of("Ada", "Lovelace")),
    ]
    assert collected(planned(moodle, twin, known=[ada], lists=listed)) == {"ada": moodle, "ada.l@example.org": twin}


def packed(path: Path, files: dict[str, bytes], flags: dict[str, int] | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (flags or {}).get(name, stat.S_IFREG | 0o644) << 16
            file.writestr(info, content)
    return path


def test_an_archive_writes_only_files_and_only_in_its_folder(tmp_path: Path) -> None:
    files = {
        "ada/02.ipynb": b"1",
        "../up.ipynb": b"2",
        "/abs.ipynb": b"3",
        "a/../../up2.ipynb": b"4",
        "C:/x.ipynb": b"5",
        "a\\..\\b.ipynb": b"6",
        "link": b"/etc/passwd",
        "locked.ipynb": b"7",
        "ada": b"8",
        "ada/02.ipynb/x": b"9",
        f"{'n' * 250}.ipynb": b"0",
        "__MACOSX/._02.ipynb": b"0",
    }
    flags = {"link": stat.S_IFLNK | 0o777, "locked.ipynb": stat.S_IFREG | 0o4000}
    told: list[str] = []
    archive = packed(tmp_path / "in" / "a.zip", files, flags)
    unpack(archive, tmp_path / "out" / "a", Room(100, 1000), told.append)
    out = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert {path.relative_to(tmp_path / "out/a").as_posix() for path in out} == {"ada/02.ipynb", "locked.ipynb"}
    assert not any(path.is_symlink() or path.stat().st_mode & 0o7111 for path in out)
    assert (tmp_path / "out/a/ada/02.ipynb").read_bytes() == b"1"
    assert len(told) == len(files) - 3
    assert {path.name for path in tmp_path.iterdir()} == {"in", "out"}


def test_an_archive_of_tar_is_held_to_the_same(tmp_path: Path) -> None:
    archive = tmp_path / "a.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for name in ("ada/02.ipynb", "../up.ipynb"):
            info = tarfile.TarInfo(name)
            info.size = 2
            tar.addfile(info, io.BytesIO(b"{}"))
        link = tarfile.TarInfo("link.ipynb")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    told: list[str] = []
    assert unpack(archive, tmp_path / "out", Room(10, 100), told.append) == [tmp_path / "out/ada/02.ipynb"]
    assert len(told) == 2


def test_a_bomb_fills_nothing(tmp_path: Path) -> None:
    told: list[str] = []
    zeros = bytes(210_000_000)
    archive = packed(tmp_path / "bomb.zip", {"large.ipynb": zeros, "small.ipynb": b"{}", "a": zeros[:1000], "b": b""})
    written = unpack(archive, tmp_path / "out", Room(100, 300_000_000), told.append)
    assert {path.name for path in written} == {"small.ipynb", "a", "b"}
    assert "larger than 200 MB" in told[0]
    told.clear()
    assert len(unpack(archive, tmp_path / "few", Room(1, 300_000_000), told.append)) == 1
    assert "larger than the limit" in told[-1]
    assert [path.name for path in unpack(archive, tmp_path / "room", Room(9, 10), told.append)] == []
    assert unpack(packed(tmp_path / "x.zip", {}).with_name("y.zip"), tmp_path / "y", Room(9, 9), told.append) == []


def test_zip_collect_takes_what_canvas_and_moodle_pack(tmp_path: Path) -> None:
    """A real `nbgrader zip_collect`, with the course's own configuration."""
    root = tmp_path
    (root / "nbgrader_config.py").write_text((ROOT / "nbgrader_config.py").read_text())
    for lesson in LESSONS:
        (root / "notebooks" / lesson).mkdir(parents=True)
        (root / "notebooks" / lesson / f"{lesson}.ipynb").write_text("{}")
    added = run(root, "nbgrader", "db", "student", "add", "wei", "--first-name=Wei", "--last-name=Li")
    assert added.returncode == 0, added.stderr
    archive = root / "downloaded" / LESSON / "archive"
    bomb = packed(root / "b.zip", {f"{i}": bytes(9_000_000) for i in range(24)}).read_bytes()
    own = packed(
        root / "o.zip", {"02_chain_rule.ipynb": b'{"own": 1}', "bob_9_9_02_chain_rule.ipynb": b"{}"}
    ).read_bytes()
    packed(
        archive / "submissions.zip",
        {
            "lovelaceada_LATE_12345_67890_02_chain_rule-1.ipynb": b'{"ada": 2}',
            "lovelaceada_12345_60000_02_chain_rule.ipynb": b'{"ada": 1}',
            "núñezjosé_777_67891_02_chain_rule.ipynb": b'{"jose": 1}',
            "evilmallory_666_67892_work.zip": bomb,
            "packeröscar_88_67893_02_chain_rule.zip": own,
            "lostlars_99_67894_homework.ipynb": b"{}",
            "../../../../escaped.ipynb": b"{}",
        },
    )
    packed(
        archive / "Autograd-Lesson 2-4711.zip",
        {
            "Wei Li_1001_assignsubmission_file_/02_chain_rule.ipynb": b'{"wei": 1}',
            "Zoë Müller_1002_assignsubmission_file_/02_chain_rule.ipynb": b'{"zoe": 1}',
            "Zoë Müller_1002_assignsubmission_onlinetext_/onlinetext.html": b"<p>",
        },
    )
    worksheet = 'Identifier,"Full name","Email address",Grade\r\n"Participant 1002","Zoë Müller",zoe@example.org,\r\n'
    (archive / "Grades-Autograd-Lesson 2.csv").write_text(worksheet, encoding="utf-8-sig")
    packed(
        archive / "plain.zip",
        {"Grace Hopper/02_chain_rule.ipynb": b'{"grace": 1}', "Grace Hopper/timestamp.txt": b"2025-10-03 12:00:00 UTC"},
    )
    done = run(root, "nbgrader", "zip_collect", LESSON)
    assert done.returncode == 0, done.stderr
    submitted = {
        path.parent.parent.name: json.loads(path.read_text()) for path in root.glob(f"submitted/*/*/{LESSON}.ipynb")
    }
    assert submitted == {
        "lovelaceada_12345": {"ada": 2},
        "núñezjosé_777": {"jose": 1},
        "packeröscar_88": {"own": 1},
        "wei": {"wei": 1},
        "zoe@example.org": {"zoe": 1},
        "Grace Hopper": {"grace": 1},
    }
    times = [path.relative_to(root).as_posix() for path in root.glob("submitted/*/*/timestamp.txt")]
    assert times == [f"submitted/Grace Hopper/{LESSON}/timestamp.txt"]
    for told in (
        "lovelaceada_12345 is late. Canvas does not say by how much",
        "lostlars_99_67894_homework.ipynb: expected the name of a lesson; got 'lostlars_99_67894_homework'",
        "left out '../../../../escaped.ipynb'",
        "evilmallory_666_67892_work.zip: it is larger than the limit",
        "lovelaceada_12345_60000_02_chain_rule.ipynb: another one of this student is taken",
    ):
        assert told in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.rglob("escaped.ipynb"))
    # A list that comes later gives somebody another name, and the folder with the first one is told.
    (archive / "Grades-Autograd-Lesson 2.csv").rename(root / "later.csv")
    assert run(root, "nbgrader", "zip_collect", LESSON, "--force").returncode == 0
    (root / "later.csv").rename(archive / "Grades-Autograd-Lesson 2.csv")
    again = run(root, "nbgrader", "zip_collect", LESSON, "--force")
    assert "zoe@example.org was collected before as Zoë Müller_1002, and would be graded twice: remove" in again.stderr
    # A later download takes the earlier one's place.
    packed(archive / "later.zip", {"lovelaceada_LATE_12345_70000_02_chain_rule-2.ipynb": b'{"ada": 3}'})
    assert run(root, "nbgrader", "zip_collect", LESSON, "--force").returncode == 0
    assert json.loads((root / "submitted/lovelaceada_12345" / LESSON / f"{LESSON}.ipynb").read_text()) == {"ada": 3}
