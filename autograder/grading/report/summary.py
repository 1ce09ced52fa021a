"""Computes the class report: the mistakes and who made them, the results of each exercise, and who needs help.

Pure: the results of submissions go in, plain counts come out. "9 of 20" counts only students who attempted the exercise:
other answers, and answers that could not be checked, say nothing about a mistake.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING

from ... import finding, misconceptions
from ...verdict import Outcome, Verdict
from ..gradebook import Graded, ReplacedWork
from ..submission import Submission
from .rows import (
    SILENT,
    ClassReport,
    ExercisePlace,
    ExerciseRow,
    FindingRow,
    Flagged,
    LessonRow,
    Misconception,
    MistakeRow,
    Scores,
    StudentRow,
    ToLookAt,
    Week,
)

if TYPE_CHECKING:
    from ...exercise import Exercise, Lesson

# One student makes the same mistake in so many exercises, and in so large a share of the attempted ones: no accident.
REPEATED, REPEATED_SHARE = 3, 0.1

# With fewer students, scores are not compared with the middle of the class.
CLASS = 4


def summarise(
    graded: Iterable[Graded],
    folders: Sequence[str],
    lessons: Sequence[Lesson],
    handed_in: Iterable[Submission] = (),
    changed: Iterable[Submission] = (),
    replaced: Iterable[ReplacedWork] = (),
) -> ClassReport:
    """Return the report on a class.

    Parameters
    ----------
    graded
        The results of the submissions. Those of other lessons are left out.
    folders
        The folders of the lessons in the report.
    lessons
        All lessons, for the titles and hints of their exercises.
    handed_in
        All submissions, in other lessons too. A student with a submission belongs to the class. A submission that is not
        in `graded` waits for its grade.
    changed
        The submissions that changed after they were graded.
    replaced
        The earlier work of students who handed in again in the last seven days, with the score and mistakes of the whole lesson.
    """
    by_folder = {one.folder: one for one in lessons}
    handed_in = list(handed_in)
    own = {(one.submission.student, one.submission.lesson): one for one in graded if one.submission.lesson in folders}
    names = sorted({student for student, _ in own} | {one.student for one in handed_in})
    waits: defaultdict[str, set[str]] = defaultdict(set)
    for one in handed_in:
        if one.lesson in folders and (one.student, one.lesson) not in own:
            waits[one.student].add(one.lesson)
    waiting = Counter(lesson for missing in waits.values() for lesson in missing)
    differs = {(one.student, one.lesson) for one in changed} & own.keys()
    most = {folder: _max_score(folder, by_folder.get(folder), own.values()) for folder in folders}

    known = {exercise.id: (exercise, one.folder) for one in lessons for exercise in one.exercises}
    mistakes = _mistakes(own.values(), known)
    kinds = _kinds(mistakes, _who_attempted(own.values()), list(known))
    students = [
        StudentRow(
            name,
            tuple(own.get((name, folder)) for folder in folders),
            sum(most.values()),
            frozenset(waits[name]),
            frozenset(folder for folder in folders if (name, folder) in differs),
        )
        for name in names
    ]
    rows = tuple(
        _lesson_row(
            folder,
            by_folder.get(folder),
            most[folder],
            own.values(),
            waiting[folder],
            sum(lesson == folder for _, lesson in differs),
            mistakes,
        )
        for folder in folders
    )
    return ClassReport(
        lessons=rows,
        exercises=_exercises(own.values(), folders, known, mistakes),
        misconceptions=kinds,
        findings=_findings(own.values(), known),
        students=_with_reasons(students, rows),
        scores=Scores(tuple(one.share for one in students if one.graded), sum(most.values())),
        to_look_at=tuple(_to_look_at(own, differs)),
        flagged=tuple(
            Flagged(student, _place(verdict.exercise, known), verdict.flag)
            for (student, _), one in sorted(own.items())
            for verdict in one.verdicts
            if verdict.flag
        ),
        week=_week(replaced, own),
        walls=tuple(sorted(Counter(one.sandbox for one in own.values() if one.sandbox and not one.reason).items())),
    )


def attempted(verdict: Verdict) -> bool:
    """Return whether the student attempted the exercise and the answer could be checked."""
    return verdict.outcome not in SILENT


def made_by(graded: Iterable[Graded]) -> list[tuple[str, list[str], int]]:
    """Return each mistake, the students who made it, and the number who attempted the exercise; the most frequent first."""
    made: defaultdict[str, list[str]] = defaultdict(list)
    tried: Counter[str] = Counter()
    exercises: dict[str, str] = {}
    for one in graded:
        for verdict in filter(attempted, one.verdicts):
            tried[verdict.exercise] += 1
            if verdict.mistake:
                made[verdict.mistake].append(one.submission.student)
                exercises[verdict.mistake] = verdict.exercise
    ranked = sorted(made.items(), key=lambda item: (-len(item[1]), item[0]))
    return [(mistake, sorted(students), tried[exercises[mistake]]) for mistake, students in ranked]


def needs_a_look(one: Graded) -> list[str]:
    """Return sentences about a submission as a whole."""
    if one.reason:
        return [f"Not graded: {one.reason}."]
    sentences = [f"{note[0].upper()}{note[1:]}." for note in one.notes]
    return [*sentences, "Nothing was attempted."] if nothing_attempted(one) else sentences


def nothing_attempted(one: Graded) -> bool:
    """Return whether a submission has no answer."""
    return bool(one.verdicts) and all(verdict.outcome is Outcome.NOT_ATTEMPTED for verdict in one.verdicts)


def _max_score(folder: str, lesson: Lesson | None, graded: Iterable[Graded]) -> float:
    """Return the points of a lesson: from the gradebook, or from the lesson if no submission was graded."""
    most = [one.max_score for one in graded if one.submission.lesson == folder]
    return max(most) if most else sum(exercise.points for exercise in lesson.exercises) if lesson else 0.0


def _place(exercise_id: str, known: Mapping[str, tuple[Exercise, str]]) -> ExercisePlace:
    if exercise_id not in known:
        return ExercisePlace(exercise_id, "", exercise_id.partition(".")[2] or exercise_id, "")
    exercise, folder = known[exercise_id]
    return ExercisePlace(
        exercise.id,
        exercise.number,
        exercise.title,
        folder,
        exercise.difficulty,
        _sections(exercise.hints[-1]) if exercise.hints else (),
    )


def _sections(hint: str) -> tuple[str, ...]:
    """Return the sections that a hint names, as in "Read the section 'Term by term' again"."""
    return tuple(re.findall(r"(?<!\w)'([^']+)'(?!\w)", hint)) if "section" in hint else ()


def _mistakes(graded: Iterable[Graded], known: Mapping[str, tuple[Exercise, str]]) -> dict[str, MistakeRow]:
    # Imported here, because it imports torch: the tables on a terminal do not need torch.
    from ...mistakes import message_of

    graded = list(graded)
    said: defaultdict[str, Counter[str]] = defaultdict(Counter)
    exercises = {}
    for one in graded:
        for verdict in one.verdicts:
            if verdict.mistake:
                said[verdict.mistake][verdict.message] += 1
                exercises[verdict.mistake] = verdict.exercise
    rows = {}
    for mistake, students, of in made_by(graded):
        exercise_id, slug = exercises[mistake], mistake.rpartition(".")[2]
        exercise = known[exercise_id][0] if exercise_id in known else None
        told = message_of(exercise, slug) if exercise is not None else ""
        # Some messages contain a student's own number. The most frequent one stands for all.
        told = told or min(said[mistake].items(), key=lambda item: (-item[1], item[0]))[0]
        board = _board(exercise, slug) if exercise is not None else ""
        rows[mistake] = MistakeRow(mistake, _place(exercise_id, known), told, tuple(students), of, board)
    return rows


def _board(exercise: Exercise, slug: str) -> str:
    """Return the hint with a step on another function, or for a mistake of any exercise its own text; "" where there is none."""
    own = any(mistake.slug == slug for mistake in exercise.mistakes)
    return exercise.hints[2] if own and len(exercise.hints) > 2 else misconceptions.BOARDS.get(slug, "")


def _who_attempted(graded: Iterable[Graded]) -> dict[str, set[str]]:
    """Return who attempted an exercise, by its id."""
    who: defaultdict[str, set[str]] = defaultdict(set)
    for one in graded:
        for verdict in filter(attempted, one.verdicts):
            who[verdict.exercise].add(one.submission.student)
    return who


def _kinds(
    mistakes: Mapping[str, MistakeRow], who: Mapping[str, set[str]], course: Sequence[str]
) -> tuple[Misconception, ...]:
    """Return the mistakes by kind, that of the most students first; `course` are the exercises in their order."""
    at = {id_: i for i, id_ in enumerate(course)}
    kinds: defaultdict[str, list[MistakeRow]] = defaultdict(list)
    for row in mistakes.values():
        kinds[row.slug].append(row)
    found = [
        Misconception(
            slug,
            tuple(sorted(rows, key=lambda row: (-len(row.students), at.get(row.place.id, len(at))))),
            tuple(sorted({student for row in rows for student in row.students})),
            len(set().union(*(who.get(row.place.id, ()) for row in rows))),
        )
        for slug, rows in kinds.items()
    ]
    return tuple(sorted(found, key=lambda one: (-len(one.students), -len(one.rows), one.slug)))


def _findings(graded: Iterable[Graded], known: Mapping[str, tuple[Exercise, str]]) -> tuple[FindingRow, ...]:
    """Return the kinds of what was found in wrong answers, that of the most students first."""
    found: defaultdict[str, list[tuple[str, Verdict]]] = defaultdict(list)
    tried: set[str] = set()
    for one in graded:
        for verdict in filter(attempted, one.verdicts):
            tried.add(one.submission.student)
            # What is merely shown is no kind of mistake.
            if verdict.finding is not None and verdict.finding.kind in misconceptions.KINDS:
                found[verdict.finding.kind].append((one.submission.student, verdict))
    rows = []
    for kind, ones in found.items():
        by_exercise: defaultdict[str, set[str]] = defaultdict(set)
        for student, verdict in ones:
            by_exercise[verdict.exercise].add(student)
        ranked = sorted(by_exercise.items(), key=lambda item: (-len(item[1]), item[0]))
        students = {student for student, _ in ones}
        places = tuple((_place(id_, known), len(who)) for id_, who in ranked)
        rows.append(FindingRow(kind, places, tuple(sorted(students)), len(tried), _example(ones, known)))
    return tuple(sorted(rows, key=lambda row: (-len(row.students), row.kind)))


def _example(
    found: Iterable[tuple[str, Verdict]], known: Mapping[str, tuple[Exercise, str]]
) -> tuple[finding.Place, ExercisePlace] | None:
    """Return the line that most students wrote, of those the shortest: it is the easiest to read on a board."""
    lines = [(v.finding.place, v.exercise) for _, v in found if v.finding is not None and v.finding.place.code]
    if not lines:
        return None
    often = Counter(place.code for place, _ in lines)
    place, exercise = min(lines, key=lambda one: (-often[one[0].code], len(one[0].code), one[0].code))
    return place, _place(exercise, known)


def _exercises(
    graded: Iterable[Graded],
    folders: Sequence[str],
    known: Mapping[str, tuple[Exercise, str]],
    mistakes: Mapping[str, MistakeRow],
) -> tuple[ExerciseRow, ...]:
    """Return the exercises in the order of the course. Exercises that the course no longer has come last."""
    counts: defaultdict[str, Counter[Outcome]] = defaultdict(Counter)
    named: Counter[str] = Counter()
    for one in graded:
        for verdict in one.verdicts:
            counts[verdict.exercise][verdict.outcome] += 1
            named[verdict.exercise] += bool(verdict.mistake)
    made: defaultdict[str, list[MistakeRow]] = defaultdict(list)
    for row in mistakes.values():
        made[row.place.id].append(row)
    ids = [id_ for id_, (_, folder) in known.items() if folder in folders]
    ids += sorted(counts.keys() - set(ids))
    return tuple(
        ExerciseRow(
            _place(id_, known),
            tuple((outcome, counts[id_][outcome]) for outcome in Outcome if counts[id_][outcome]),
            named[id_],
            tuple(made[id_]),
        )
        for id_ in ids
    )


def _week(replaced: Iterable[ReplacedWork], graded: Mapping[tuple[str, str], Graded]) -> Week:
    """Return what became of earlier work. Work that could not be read this time shows nothing."""
    again: set[str] = set()
    caught_up: set[str] = set()
    gone: defaultdict[str, set[str]] = defaultdict(set)
    for was in replaced:
        now = graded.get((was.student, was.lesson))
        if now is None or now.reason:
            continue
        again.add(was.student)
        if now.score > was.score:
            caught_up.add(was.student)
        for mistake in was.mistakes - {verdict.mistake for verdict in now.verdicts}:
            gone[mistake.rpartition(".")[2]].add(was.student)
    ranked = sorted(((slug, len(who)) for slug, who in gone.items()), key=lambda one: (-one[1], one[0]))
    return Week(tuple(sorted(again)), tuple(sorted(caught_up)), tuple(ranked))


def _lesson_row(
    folder: str,
    lesson: Lesson | None,
    most: float,
    graded: Iterable[Graded],
    waiting: int,
    changed: int,
    mistakes: Mapping[str, MistakeRow],
) -> LessonRow:
    own = [one for one in graded if one.submission.lesson == folder]
    read = [one for one in own if not one.reason]
    return LessonRow(
        folder,
        lesson.number if lesson else 0,
        lesson.title if lesson else folder,
        # A submission that could not be read says nothing about its author's knowledge.
        Scores(tuple(one.score / most if most else 0.0 for one in read), most),
        handed_in=len(own) + waiting,
        unreadable=len(own) - len(read),
        waiting=waiting,
        changed=changed,
        common=next((row for row in mistakes.values() if row.place.lesson == folder), None),
    )


def _with_reasons(students: Sequence[StudentRow], lessons: Sequence[LessonRow]) -> tuple[StudentRow, ...]:
    shares = [one.share for one in students if one.graded]
    middle = median(shares) if len(shares) >= CLASS else None
    return tuple(replace(one, reasons=tuple(_reasons(one, lessons, len(students), middle))) for one in students)


def _reasons(one: StudentRow, lessons: Sequence[LessonRow], students: int, middle: float | None) -> Iterable[str]:
    """Return the reasons why a student may need help, the gravest first."""
    missing = [
        lesson
        for lesson, graded in zip(lessons, one.by_lesson, strict=True)
        if graded is None and lesson.folder not in one.waiting and 2 * lesson.handed_in >= students
    ]
    if missing:
        names, others = ", ".join(map(_name, missing)), min(lesson.handed_in for lesson in missing)
        yield f"Did not hand in {names}, as {'at least ' * (len(missing) > 1)}{others} others did."
    for lesson, graded in zip(lessons, one.by_lesson, strict=True):
        if graded is not None and graded.reason:
            yield f"The submission for {_name(lesson)} can't be read."
        elif graded is not None and nothing_attempted(graded):
            yield f"Attempted nothing in {_name(lesson)}."
    if middle is not None and one.graded and one.share < middle / 2:
        yield f"Has {one.share:.0%} of the points, the middle of the class has {middle:.0%}."
    left, asked = one.count(Outcome.NOT_ATTEMPTED), len(one.verdicts)
    if asked > 2 * (asked - left) > 0:
        yield f"Left {left} of {asked} exercises open."
    kinds: defaultdict[str, set[str]] = defaultdict(set)
    for verdict in one.verdicts:
        if verdict.mistake:
            kinds[verdict.mistake.rpartition(".")[2]].add(verdict.exercise)
    for slug, exercises in sorted(kinds.items(), key=lambda item: (-len(item[1]), item[0])):
        if len(exercises) >= max(REPEATED, REPEATED_SHARE * (asked - left)):
            yield f"{misconceptions.title(slug)}, in {len(exercises)} exercises."


def _name(lesson: LessonRow) -> str:
    return f"lesson {lesson.number}" if lesson.number else lesson.folder


def _to_look_at(graded: Mapping[tuple[str, str], Graded], changed: Container[tuple[str, str]]) -> Iterable[ToLookAt]:
    """Return the submissions that need a look: first those not graded, then those stopped, then repaired, empty or changed ones."""
    status = ("unreadable", "stopped", "graded")
    for (student, lesson), one in sorted(graded.items(), key=lambda item: (status.index(item[1].status), item[0])):
        sentences = needs_a_look(one)
        if (student, lesson) in changed:
            sentences.append("It changed after it was graded. Run autograder grade.")
        if sentences:
            yield ToLookAt(student, lesson, one.status, tuple(sentences))
