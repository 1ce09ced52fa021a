"""The rows of a class report: plain counts, and the students behind them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from ... import finding, misconceptions
from ...verdict import Outcome, Verdict
from ..gradebook import Graded

BINS = 10

# How many exercises a student is told to practise next.
PRACTISE = 5

# Answers that say nothing about their exercise.
SILENT = (Outcome.NOT_ATTEMPTED, Outcome.UNREADABLE)


@dataclass(frozen=True)
class ExercisePlace:
    """The place of an exercise in the course, and the sections to read again.

    Attributes
    ----------
    lesson
        The folder of its lesson.
    sections
        The sections of the lesson to go back to.
    """

    id: str
    number: str
    title: str
    lesson: str
    difficulty: int = 0
    sections: tuple[str, ...] = ()


@dataclass(frozen=True)
class MistakeRow:
    """One named mistake in one exercise.

    Attributes
    ----------
    told
        The message of the check to a student who makes it.
    students
        Who made it.
    of
        How many attempted the exercise.
    board
        A step on another function; "" for a mistake that every exercise can have.
    """

    id: str
    place: ExercisePlace
    told: str
    students: tuple[str, ...]
    of: int
    board: str

    @property
    def slug(self) -> str:
        """The last part of its id, which mistakes of one kind share."""
        return self.id.rpartition(".")[2]


@dataclass(frozen=True)
class Misconception:
    """The mistakes of one kind, in all exercises in which somebody made one.

    Attributes
    ----------
    rows
        One row for each exercise, the one with the most students first.
    students
        Who made the mistake anywhere.
    of
        How many attempted at least one of these exercises.
    """

    slug: str
    rows: tuple[MistakeRow, ...]
    students: tuple[str, ...]
    of: int

    @property
    def title(self) -> str:
        """What it is, as a heading."""
        return misconceptions.title(self.slug)

    @property
    def sentence(self) -> str:
        """How many students did what."""
        return f"{len(self.students)} of {self.of} students {misconceptions.phrase(self.slug)}"

    @property
    def lessons(self) -> tuple[str, ...]:
        """The folders of the lessons in which it was made."""
        return tuple(sorted({row.place.lesson for row in self.rows}))


@dataclass(frozen=True)
class FindingRow:
    """One kind of finding, in all exercises of all lessons.

    Attributes
    ----------
    places
        The exercises, with how many students it was found of, the most first.
    students
        Who it was found of anywhere.
    of
        How many attempted anything.
    example
        A student's line, verbatim, and the exercise that it answers; None where no line tells it.
    """

    kind: str
    places: tuple[tuple[ExercisePlace, int], ...]
    students: tuple[str, ...]
    of: int
    example: tuple[finding.Place, ExercisePlace] | None

    @property
    def sentence(self) -> str:
        """How many students did what."""
        return f"{len(self.students)} of {self.of} students {misconceptions.KINDS[self.kind].phrase}"

    @property
    def title(self) -> str:
        """What they did, as a heading."""
        words = misconceptions.KINDS[self.kind].phrase
        return words[:1].upper() + words[1:]

    @property
    def board(self) -> str:
        """What to put on the board."""
        return misconceptions.KINDS[self.kind].board


@dataclass(frozen=True)
class ExerciseRow:
    """The results of one exercise.

    Attributes
    ----------
    outcomes
        The number of answers with each outcome, in the order in which the judge looks.
    named
        How many wrong answers have a name.
    mistakes
        The most frequent first.
    """

    place: ExercisePlace
    outcomes: tuple[tuple[Outcome, int], ...]
    named: int
    mistakes: tuple[MistakeRow, ...]

    def _count(self, *outcomes: Outcome) -> int:
        return sum(n for outcome, n in self.outcomes if outcome in outcomes)

    @property
    def total(self) -> int:
        """How many submissions have this exercise."""
        return sum(n for _, n in self.outcomes)

    @property
    def right(self) -> int:
        """How many answers are right."""
        return self._count(Outcome.RIGHT)

    @property
    def open(self) -> int:
        """How many did not attempt it."""
        return self._count(Outcome.NOT_ATTEMPTED)

    @property
    def unchecked(self) -> int:
        """How many answers could not be checked."""
        return self._count(Outcome.UNREADABLE)

    @property
    def unnamed(self) -> int:
        """How many answers are wrong in a way that has no name yet."""
        return self.total - self.right - self.named - self.open - self.unchecked

    @property
    def attempted(self) -> int:
        """How many answers say something about the exercise."""
        return self.total - self.open - self.unchecked

    @property
    def success(self) -> float | None:
        """The share of right answers among those attempted; None where nobody tried."""
        return self.right / self.attempted if self.attempted else None

    @property
    def ways_wrong(self) -> tuple[tuple[str, int], ...]:
        """How many answers are wrong in which way, in the words of the panel, the most frequent first."""
        wrong: Counter[str] = Counter()
        for outcome, n in self.outcomes:
            if outcome not in (Outcome.RIGHT, *SILENT):
                wrong[outcome.headline] += n
        return tuple(wrong.most_common())


@dataclass(frozen=True)
class Scores:
    """The scores of some students, each as a share of `max_score`."""

    shares: tuple[float, ...]
    max_score: float

    @property
    def bins(self) -> tuple[int, ...]:
        """The number of scores in each tenth; full marks are in the last."""
        counts = Counter(min(max(int(share * BINS + 1e-9), 0), BINS - 1) for share in self.shares)
        return tuple(counts[i] for i in range(BINS))

    # Each student's page asks for it.
    @cached_property
    def median(self) -> float | None:
        """The median in points; None where there is no score."""
        return median(self.shares) * self.max_score if self.shares else None

    @property
    def mean(self) -> float | None:
        """The mean in points; None where there is no score."""
        return sum(self.shares) / len(self.shares) * self.max_score if self.shares else None


@dataclass(frozen=True)
class LessonRow:
    """One lesson: its scores, and how many submissions could not be read, were not graded yet, or were changed since.

    Attributes
    ----------
    common
        Its most frequent mistake, if one was made.
    """

    folder: str
    number: int
    title: str
    scores: Scores
    handed_in: int
    unreadable: int
    waiting: int
    changed: int
    common: MistakeRow | None


@dataclass(frozen=True)
class StudentRow:
    """One student.

    Attributes
    ----------
    by_lesson
        The results of the submissions, in the order of the lessons; None where there is none, or it was not graded yet.
    max_score
        The points of all lessons together.
    waiting
        The folders of the lessons whose submission was not graded yet.
    changed
        The folders of the lessons whose submission changed after it was graded.
    reasons
        The reasons why this student may need help, in sentences.
    """

    student: str
    by_lesson: tuple[Graded | None, ...]
    max_score: float
    waiting: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    reasons: tuple[str, ...] = ()

    @property
    def graded(self) -> tuple[Graded, ...]:
        """The results that have a grade."""
        return tuple(one for one in self.by_lesson if one is not None and not one.reason)

    @property
    def score(self) -> float:
        """The points of all lessons together; what is missing counts 0."""
        return sum(one.score for one in self.graded)

    @property
    def share(self) -> float:
        """The score as a share of all points."""
        return self.score / self.max_score if self.max_score else 0.0

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The verdicts of all lessons."""
        return tuple(verdict for one in self.graded for verdict in one.verdicts)

    def count(self, *outcomes: Outcome) -> int:
        """Return how many answers came out so."""
        return sum(verdict.outcome in outcomes for verdict in self.verdicts)

    @property
    def to_practise(self) -> tuple[Verdict, ...]:
        """The exercises to practise next, in the order of the course: first those that were tried, then the open ones."""
        tried = [one for one in self.verdicts if one.outcome not in (Outcome.RIGHT, *SILENT)]
        left = [one for one in self.verdicts if one.outcome is Outcome.NOT_ATTEMPTED]
        return tuple([*tried, *left][:PRACTISE])


@dataclass(frozen=True)
class ToLookAt:
    """A submission that was repaired, stopped, could not be read, changed or is empty: its status, and sentences about it."""

    student: str
    lesson: str
    status: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Flagged:
    """A right answer at whose way a person should look: whose it is, to which exercise, and why."""

    student: str
    place: ExercisePlace
    why: str


@dataclass(frozen=True)
class Week:
    """What became of work that was handed in again in the last seven days.

    Attributes
    ----------
    students
        Who handed in again.
    caught_up
        Who has more points for it than before.
    gone
        The mistakes that are in the earlier work and not in the later, by slug: how many students had them. The most first.
    """

    students: tuple[str, ...]
    caught_up: tuple[str, ...]
    gone: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class ClassReport:
    """A class.

    Attributes
    ----------
    misconceptions, findings
        The one with the most students first.
    students
        By name.
    walls
        The number of submissions for each tier of the sandbox.
    week
        What the last seven days changed.
    """

    lessons: tuple[LessonRow, ...]
    exercises: tuple[ExerciseRow, ...]
    misconceptions: tuple[Misconception, ...]
    findings: tuple[FindingRow, ...]
    students: tuple[StudentRow, ...]
    scores: Scores
    to_look_at: tuple[ToLookAt, ...]
    flagged: tuple[Flagged, ...]
    walls: tuple[tuple[str, int], ...]
    week: Week = Week((), (), ())

    @cached_property
    def needing_help(self) -> tuple[StudentRow, ...]:
        """Those with a reason, the fewest points first."""
        return tuple(sorted((one for one in self.students if one.reasons), key=lambda one: (one.share, one.student)))

    @cached_property
    def mistakes(self) -> Mapping[str, MistakeRow]:
        """All mistakes that were made, by id."""
        return {row.id: row for one in self.misconceptions for row in one.rows}

    @cached_property
    def places(self) -> Mapping[str, ExercisePlace]:
        """Where the exercises stand, by id."""
        return {row.place.id: row.place for row in self.exercises}

    @property
    def graded(self) -> int:
        """How many submissions have a grade."""
        return sum(len(one.graded) for one in self.students)

    @property
    def unreadable(self) -> int:
        """How many submissions could not be read."""
        return sum(lesson.unreadable for lesson in self.lessons)

    @property
    def waiting(self) -> int:
        """How many submissions were not graded yet."""
        return sum(lesson.waiting for lesson in self.lessons)

    @property
    def changed(self) -> int:
        """How many submissions were changed after they were graded."""
        return sum(lesson.changed for lesson in self.lessons)

    @property
    def without_walls(self) -> int:
        """How many submissions ran without walls. Their scores prove nothing."""
        return dict(self.walls).get("none", 0)
