"""What a student sees: the words of the outcome, and nothing of their own that is taken for markup."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from autograder import view
from autograder.exercise import TOOLS, Lesson
from autograder.finding import Finding, Place
from autograder.grading.pages import clean_html
from autograder.overview import summarise
from autograder.sketch import Sketch
from autograder.verdict import MIME_TYPE, Outcome, Verdict
from tests.answering import exercise_of

SCRIPT = "<script>alert('x')</script>"
WRONG = Verdict(
    exercise="lesson.answer",
    outcome=Outcome.KNOWN_MISTAKE,
    points=0.5,
    max_points=2,
    mistake="lesson.answer.kept-power",
    message="The exponent of `x**2` should be one less.",
    call="answer(1.5)",
    answer="2.25",
    printed="on the way\nto the answer",
    hints=("Look at the type.", "Look at `x`.", "Look at another.", "Look it up."),
    finding=Finding("slip.operator", "Look.", Place("x**2", "answer", 2, "return x**2 + 1", 7)),
    evidence="A step changes it by 3.",
)
CURVE = Sketch(
    "Your curve & the slope",
    ("x", "-1", "2"),
    0.5,
    (((0.0, 0.1), (1.0, 0.9)),),
    (((0.0, 0.2), (0.4, 0.3)), ((0.6, 0.3), (1.0, 0.5))),
    ((0.2, 0.3, False), (0.8, 0.7, True)),
)
BARS = Sketch(
    "Bars", (), 0.25, (((0.25, 0.9),), ((0.75, 0.0),)), (), ((0.25, 0.9, True), (0.75, 0.0, False)), ("[0]", "[1]")
)


class Tree(HTMLParser):
    """The tags of a page with how deep each stands, and its text; fails where tags do not close in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, int]] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, self.open.count(tag)))
        self.attributes += attrs
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += f"{data} " if self.open and self.open[-1] in ("td", "th") else data


def words(html: str) -> str:
    return " ".join(Tree(html).text.split())


# Nothing of a student's is markup


@pytest.mark.parametrize("field", ["exercise", "message", "call", "answer", "printed", "mistake"])
@pytest.mark.parametrize(
    "text", [SCRIPT, f"`{SCRIPT}`", f'" onload={SCRIPT}', "</pre></details></section>" + SCRIPT, "&lt;b&gt;"]
)
def test_text_of_a_student_is_escaped(field: str, text: str) -> None:
    html = view.panel(replace(WRONG, **{field: text}))
    plain = Tree(view.panel(WRONG))
    tree = Tree(html)
    assert [tag for tag, _ in tree.tags if tag != "code"] == [tag for tag, _ in plain.tags if tag != "code"]
    assert {name for name, _ in tree.attributes} == {name for name, _ in plain.attributes}
    assert "<script" not in html
    if field != "mistake":
        assert text.replace("`", "") in tree.text


@pytest.mark.parametrize("field", ["text", "function", "code", "entry"])
def test_words_of_a_finding_are_escaped(field: str) -> None:
    assert WRONG.finding is not None
    for text in (SCRIPT, "</code></mark>" + SCRIPT, f'" onload={SCRIPT}'):
        place = replace(WRONG.finding.place, **{field: text})
        html = view.panel(replace(WRONG, finding=replace(WRONG.finding, place=place)))
        assert "<script" not in html
        assert Tree(html).tags == Tree(view.panel(WRONG)).tags
    sketch = replace(CURVE, alt=SCRIPT, ends=(SCRIPT, SCRIPT, SCRIPT))
    assert "<script" not in view.panel(replace(WRONG, sketch=sketch))
    assert "<script" not in view.panel(replace(WRONG, sketch=replace(BARS, labels=(SCRIPT, SCRIPT))))


@pytest.mark.parametrize("sketch", [CURVE, BARS])
def test_picture_is_a_drawing_with_words_and_no_script(sketch: Sketch) -> None:
    tree = Tree(view.panel(replace(WRONG, sketch=sketch)))
    assert ("aria-label", sketch.alt) in tree.attributes
    assert {tag for tag, depth in tree.tags} & {"script", "style", "image", "a", "use"} == set()
    # Right and wrong differ in form too.
    marks = [tag for tag, _ in tree.tags if tag in ("circle", "path", "rect")]
    assert len(marks) == (
        len(sketch.marks) if sketch.labels else len(sketch.marks) + len(sketch.yours) + len(sketch.measured)
    )
    assert clean_html(view.panel(replace(WRONG, sketch=sketch))).count("<svg") == 1
    numbers = [float(x) for value in tree.attributes for x in re.findall(r"^-?[\d.]+$", value[1] or "")]
    assert all(-10 <= x <= 400 for x in numbers)


def test_the_words_are_marked_in_their_line() -> None:
    html = view.panel(WRONG)
    assert "return <mark>x**2</mark> + 1" in html
    # The sentence of the known mistake says nothing of the line: it is where one change is enough.
    assert "one change is enough in line 2 of answer:" in words(html)
    assert WRONG.finding is not None
    assert "enough" not in words(view.panel(replace(WRONG, message=f"{WRONG.message} {WRONG.finding.sentence}")))
    other = replace(WRONG.finding, kind="evidence.slope")
    assert "enough" not in words(view.panel(replace(WRONG, finding=other)))
    several = Finding("slip.order", "Look.", Place("for i in x: …", "answer", 2, "for i in x:", 0))
    assert "<mark>for i in x:</mark>" in view.panel(replace(WRONG, finding=several))


def test_the_hint_that_fits_comes_first() -> None:
    def order(verdict: Verdict) -> list[str]:
        return re.findall(r"Hint (\d)", Tree(view.panel(verdict)).text)

    assert order(WRONG) == ["2", "3", "4", "1"]
    assert order(replace(WRONG, outcome=Outcome.WRONG_TYPE)) == ["1", "2", "3", "4"]
    assert order(replace(WRONG, mistake="", finding=None)) == ["1", "2", "3", "4"]


def test_hint_is_escaped() -> None:
    assert "<script" not in view.panel(replace(WRONG, hints=(SCRIPT,)))
    assert "<script" not in view.ladder((SCRIPT, "b"), 1)


def test_comparison_is_escaped() -> None:
    html = view.comparison([("name", SCRIPT), (SCRIPT, "1")])
    assert "<script" not in html
    assert words(html) == f"name {SCRIPT} {SCRIPT} 1"


# What the panel and the text say


@pytest.mark.parametrize("outcome", Outcome)
def test_words_of_the_outcome_are_there(outcome: Outcome) -> None:
    verdict = replace(WRONG, outcome=outcome)
    assert f"{outcome.headline.capitalize()} · 0.5 of 2 points · lesson.answer" in words(view.panel(verdict))
    assert view.text(verdict).startswith(f"lesson.answer: {outcome.headline}, 0.5 of 2 points\n")


def test_how_the_judge_saw_it_is_no_headline() -> None:
    told = {outcome.headline for outcome in Outcome}
    assert {"right", "wrong", "raised", "known mistake"} < told
    assert not told & {"wrong state", "telling ratio"}


def test_panel_says_what_was_called_and_what_came_of_it() -> None:
    html = view.panel(WRONG)
    assert "answer(1.5) gave 2.25" in words(html)
    assert "on the way\nto the answer" in Tree(html).text
    assert "<code>x**2</code> should be" in html
    assert "gave" not in words(view.panel(replace(WRONG, answer="")))
    assert "What it printed" not in words(view.panel(replace(WRONG, printed="")))


def test_outcomes_are_told_apart_by_mark_and_word() -> None:
    marks = {outcome: words(view.panel(replace(WRONG, outcome=outcome)))[0] for outcome in Outcome}
    assert (marks[Outcome.RIGHT], marks[Outcome.NOT_ATTEMPTED], marks[Outcome.WRONG]) == ("✓", "○", "✗")
    assert set(marks.values()) == {"✓", "○", "✗"}
    assert ("aria-hidden", "true") in Tree(view.panel(WRONG)).attributes
    assert ("aria-label", "Check of lesson.answer") in Tree(view.panel(WRONG)).attributes


def test_a_right_answer_opens_what_it_means() -> None:
    right = Verdict("lesson.answer", Outcome.RIGHT, 2, 2)
    page = view.panel(replace(right, after=f"It is the slope of `x`. {SCRIPT}"))
    assert "What this meansIt is the slope of x." in words(page)
    assert "<script" not in page
    assert "What this means" not in view.panel(right)


def test_hints_open_one_within_the_other() -> None:
    tree = Tree(view.panel(replace(WRONG, printed="")))
    assert [depth for tag, depth in tree.tags if tag == "details"] == [0, 1, 2, 3]
    assert [tag for tag, _ in tree.tags].count("summary") == 4
    assert all(f"Hint {i} of 4" in tree.text for i in (1, 2, 3, 4))
    assert "open" not in {name for name, _ in tree.attributes}
    assert "Hint" not in words(view.panel(replace(WRONG, hints=())))


def test_progress_in_a_lesson_without_exercises() -> None:
    lesson = Lesson(number=1, name="plain", title="Plain", teaches="Nothing", exercises=())
    assert "░  0 of 0 right" in view.progress_text(summarise([lesson], {}))


def test_points_are_counted_as_people_say_it() -> None:
    assert "1 of 1 point ·" in words(view.panel(replace(WRONG, points=1, max_points=1)))
    assert "0 of 1.5 points ·" in words(view.panel(replace(WRONG, points=0, max_points=1.5)))
    assert "1.3333 of 2 points" in view.text(replace(WRONG, points=1.3333))


def test_text_has_all_that_the_panel_shows() -> None:
    assert view.text(WRONG) == (
        "lesson.answer: known mistake, 0.5 of 2 points\n"
        "  The exponent of `x**2` should be one less.\n"
        "    one change is enough in line 2 of answer: return >>x**2<< + 1\n"
        "  answer(1.5) gave 2.25\n"
        "  A step changes it by 3."
    )
    assert (
        view.text(replace(WRONG, outcome=Outcome.RIGHT, message="", finding=None, evidence=""))
        == "lesson.answer: right, 0.5 of 2 points"
    )
    assert (
        view.text(replace(WRONG, answer="", message="", finding=None, evidence=""))
        == "lesson.answer: known mistake, 0.5 of 2 points\n  the call: answer(1.5)"
    )


def test_what_a_person_should_look_at_is_shown() -> None:
    flagged = replace(WRONG, flag="Look at <b>.")
    assert "For the instructor: Look at <b>." in view.text(flagged)
    assert "For the instructor: Look at <b>." in words(view.panel(flagged))
    assert "instructor" not in view.text(WRONG) + view.panel(WRONG)


def test_ladder_shows_the_hints_taken() -> None:
    assert words(view.ladder(WRONG.hints, 1)) == "Look at the type. 1 of 4 hints. Run the cell again for the next."
    second = view.ladder(WRONG.hints, 2)
    assert "<code>x</code>" in second
    assert words(second) == "Look at the type. Look at x. 2 of 4 hints. Run the cell again for the next."
    assert words(view.ladder(WRONG.hints, 4)).endswith("Look it up. That was the last of 4 hints.")


def test_card() -> None:
    exercise = exercise_of(number="2.3", title="A slope", way="hand", difficulty=2, importance=5, minutes=7, points=1.5)
    assert view.card(exercise) == (
        "**2.3 · A slope** · difficulty ●●○○○ · importance ●●●●● · 7 min · 1.5 points · " + TOOLS["hand"]
    )
    assert " · 1 point · " in view.card(exercise_of(points=1))


# The verdict as a notebook takes it


def test_verdict_shows_itself() -> None:
    bundle = view.bundle(WRONG)
    assert set(bundle) == {"text/plain", "text/html", "text/markdown", MIME_TYPE}
    assert bundle["text/plain"] == "0.5"
    assert bundle["text/html"] == view.panel(WRONG)
    assert bundle["text/markdown"] == f"```text\n{view.text(WRONG)}\n```"
    fenced = view.bundle(replace(WRONG, answer="```` <b>"))["text/markdown"]
    assert fenced.startswith("`````text\n")
    assert fenced.endswith("\n`````")
    assert bundle[MIME_TYPE] == WRONG.to_dict()


@pytest.mark.parametrize(
    ("points", "text"), [(0.0, "0"), (2, "2"), (2.0, "2"), (1.3333, "1.3333"), (0.5, "0.5"), (20, "20")]
)
def test_verdict_s_text_is_a_bare_number(points: float, text: str) -> None:
    assert repr(replace(WRONG, points=points)) == text
    assert float(text) == points


def test_verdict_as_plain_data() -> None:
    record = WRONG.to_dict()
    assert "hints" not in record
    assert Verdict.from_dict(record) == replace(WRONG, hints=())
    assert isinstance(Verdict.from_dict({**record, "outcome": "right"}).outcome, Outcome)
    with pytest.raises((TypeError, ValueError)):
        Verdict.from_dict({**record, "outcome": "perfect"})
    sketched = json.loads(json.dumps(replace(WRONG, sketch=CURVE).to_dict()))
    assert Verdict.from_dict(sketched) == replace(WRONG, hints=(), sketch=CURVE)
    for name, value in (("finding", 3), ("finding", {"kind": 3, "sentence": ""}), ("sketch", {"alt": ["x"]})):
        with pytest.raises((TypeError, ValueError)):
            Verdict.from_dict({**record, name: value})
    with pytest.raises(TypeError):
        Verdict.from_dict({**record, "reference": 3.0})
