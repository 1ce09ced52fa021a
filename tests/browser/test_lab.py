"""What a student and an instructor do in JupyterLab, done in a real one."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from nbgrader.api import Gradebook
from playwright.sync_api import Locator, Page, expect

from autograder import mistakes
from autograder.lessons import scalar_gradients
from tests.grading.conftest import run

from .lab import LESSON, Notebook, Server

EXERCISES = scalar_gradients.LESSON.exercises
MARKUP = "<img src=x onerror='window.pwned = true'>"


def message_of(name: str, slug: str) -> str:
    """Return what a known mistake tells the student, as it reads in a panel."""
    exercise = next(exercise for exercise in EXERCISES if exercise.name == name)
    known = (*exercise.mistakes, *mistakes.general(exercise))
    return next(mistake.message for mistake in known if mistake.slug == slug).replace("`", "")


def outcome(panel: Locator) -> Locator:
    """Return a panel's first line."""
    return panel.locator("> div").first


def violations(notebook: Notebook, name: str) -> list[str]:
    """Return what axe-core finds in the panel of an exercise; fail where it could not decide."""
    panel = notebook.check(name).panel
    # axe-core skips the colours of what is scrolled away, and of what overflows a body that is 0 high, as JupyterLab's.
    panel.scroll_into_view_if_needed()
    notebook.page.add_style_tag(content="html, body { height: 100% }")
    results = Axe().run(notebook.page, f"section[aria-label='Check of scalar_gradients.{name}']", {}).response
    # A mark alone is no text; the words beside it say the same.
    unsure = [
        f"{rule['id']}: {node['html'][:120]}: {[check['message'] for check in node['any']]}"
        for rule in results["incomplete"]
        for node in rule["nodes"]
        if 'aria-hidden="true"' not in node["html"]
    ]
    assert unsure == []
    decided = [*results["passes"], *results["violations"]]
    colours = [node["html"] for rule in decided if rule["id"] == "color-contrast" for node in rule["nodes"]]
    assert any("<strong>" in html for html in colours)
    assert sum(html.startswith("<summary") for html in colours) == panel.locator("summary").count()
    return [
        f"{rule['id']}: {node['html'][:120]}: {node['failureSummary']}"
        for rule in results["violations"]
        for node in rule["nodes"]
    ]


# The first page


def test_the_course_opens_on_its_readme_whose_link_leads_to_the_first_lesson(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/?token={server.token}")
    door = page.locator(".jp-RenderedMarkdown:visible")
    expect(door.get_by_role("heading", level=1)).to_contain_text("Automatic differentiation")
    door.get_by_role("link", name="Scalar gradients").click()
    Notebook(page).await_kernel()
    expect(page.locator(".jp-Notebook").get_by_role("heading", level=1)).to_contain_text("Scalar gradients")
    expect(page.locator(".jp-Dialog, .Toastify__toast")).to_have_count(0)


# The untouched notebook


def test_run_all_reaches_the_last_cell_and_nothing_was_attempted(untouched: Notebook) -> None:
    expect(untouched.code_cells.locator(".jp-InputArea-prompt")).to_have_text(
        [re.compile(rf"^\[{i + 1}\]:") for i in range(untouched.code_cells.count())]
    )
    expect(untouched.panels).to_have_count(len(EXERCISES))
    for exercise in EXERCISES:
        said = outcome(untouched.check(exercise.name).panel)
        expect(said).to_contain_text(
            f"Not attempted · 0 of {exercise.points} {'point' if exercise.points == 1 else 'points'} · {exercise.id}"
        )
    expect(untouched.page.locator("[data-mime-type='application/vnd.jupyter.stderr']")).to_have_count(0)


def test_every_picture_has_a_text_for_those_who_cannot_see_it(untouched: Notebook) -> None:
    pictures = untouched.page.locator(".jp-OutputArea-output img")
    texts = pictures.evaluate_all("all => all.map(one => one.alt)")
    assert len(texts) >= 6
    assert [text for text in texts if len(text.split()) < 6] == []


def test_the_slider_moves_the_picture(untouched: Notebook) -> None:
    output = untouched.cell("explore_tangent()").here
    picture = output.locator("img")
    expect(picture).to_have_count(1)
    expect(picture).to_have_attribute("alt", re.compile("tangent at x = 1.5,"))
    drawn = picture.get_attribute("src")
    output.get_by_role("slider").press("ArrowRight")
    expect(picture).to_have_attribute("alt", re.compile("tangent at x = 1.6,"))
    expect(picture).not_to_have_attribute("src", str(drawn))


# Answers and their panels


@pytest.mark.parametrize(
    ("body", "first_line", "words"),
    [
        ("return 2 * x", "Right · 1 of 1 point", []),
        (
            "return x**2",
            "Known mistake · 0 of 1 point",
            ["d_square(-1.7) gave 2.89", message_of("d_square", "value-for-derivative")],
        ),
        (
            'raise ValueError("no idea")',
            "Raised · 0 of 1 point",
            ["d_square(-1.7)", 'The call raised ValueError: no idea at the line raise ValueError("no idea").'],
        ),
    ],
    ids=["right", "known mistake", "raised"],
)
def test_an_answer_gets_its_panel(lesson: Notebook, body: str, first_line: str, words: list[str]) -> None:
    panel = lesson.answer("d_square", f"def d_square(x):\n    {body}")
    expect(outcome(panel)).to_contain_text(f"{first_line} · scalar_gradients.d_square")
    for said in words:
        expect(panel).to_contain_text(said)
    expect(lesson.check("d_square").here.locator(".jp-OutputArea-child")).to_have_count(1)


def test_an_answer_cell_that_does_not_end_is_interrupted_by_hand(lesson: Notebook) -> None:
    answer, check = lesson.answer_to("grad_of"), lesson.check("grad_of")
    answer.write("while True: pass\ndef grad_of(f, x): return x")
    answer.start()
    lesson.choose("Kernel", "Interrupt Kernel")
    expect(answer.here.locator(".jp-OutputArea-output").first).to_contain_text("KeyboardInterrupt")
    check.run()
    expect(check.panel).to_contain_text(
        "took too long and was interrupted. Check that each loop stops. Then run the cell"
    )


def test_a_check_that_does_not_end_is_interrupted_by_hand(lesson: Notebook) -> None:
    answer, check = lesson.answer_to("d_square"), lesson.check("d_square")
    answer.write("def d_square(x):\n    while True: pass")
    answer.run()
    check.start()
    lesson.choose("Kernel", "Interrupt Kernel")
    expect(outcome(check.panel)).to_contain_text("Raised · 0 of 1 point")
    expect(check.panel).to_contain_text("The call took too long and was interrupted.")
    # The kernel is as it was.
    expect(outcome(lesson.answer("d_square", "def d_square(x):\n    return 2 * x"))).to_contain_text("Right")


def test_what_is_saved_lies_where_it_is_handed_in_from(lesson: Notebook, server: Server) -> None:
    lesson.answer("d_square", "def d_square(x):\n    return 2 * x  # saved")
    lesson.choose("File", "Save Notebook")
    expect(lesson.page.locator(".jp-mod-dirty")).to_have_count(0)
    saved = server.course.root / "work" / "lesson" / f"{LESSON}.ipynb"
    assert "return 2 * x  # saved" in saved.read_text(encoding="utf-8")
    (graded,) = json.loads(run(saved.parent, "autograder", "grade", "--json", str(saved)).stdout)
    right = [verdict["exercise"] for verdict in graded["verdicts"] if verdict["outcome"] == "right"]
    assert right == ["scalar_gradients.d_square"]


@pytest.mark.parametrize(
    "source",
    [
        f'def d_square(x):\n    return "{MARKUP}"',
        f'def d_square(x):\n    print("{MARKUP}")\n    return x',
        f'def d_square(x):\n    raise ValueError("{MARKUP}")',
    ],
    ids=["returned", "printed", "raised"],
)
def test_markup_of_a_students_is_shown_and_not_obeyed(lesson: Notebook, source: str) -> None:
    panel = lesson.answer("d_square", source)
    expect(panel).to_contain_text(MARKUP)
    expect(lesson.check("d_square").here.locator("img")).to_have_count(0)
    assert lesson.page.evaluate("window.pwned") is None


def test_the_hints_open_one_after_the_other_by_keyboard_alone(lesson: Notebook) -> None:
    panel = lesson.answer("d_poly", "def d_poly(x):\n    return 6 * x")
    hints = panel.locator("details")
    expect(hints).to_have_count(4)
    expect(panel.locator("summary:visible")).to_have_count(1)
    hints.first.locator("summary").first.focus()
    # The first is the one that fits the mistake.
    for i, number in enumerate((2, 3, 4, 1)):
        hint = hints.nth(i)
        expect(hint.locator("> summary")).to_be_focused()
        expect(hint.locator("> summary")).to_have_text(f"Hint {number} of 4")
        lesson.page.keyboard.press("Enter")
        expect(hint).to_have_attribute("open", "")
        expect(panel.locator("summary:visible")).to_have_count(min(i + 2, 4))
        lesson.page.keyboard.press("Tab")
    expect(hints.nth(0).locator("details")).to_have_count(3)


def test_panels_are_accessible_in_both_themes(lesson: Notebook) -> None:
    lesson.check("predictions").run()
    lesson.answer("d_square", "def d_square(x):\n    return 2 * x")
    lesson.answer("d_poly", 'def d_poly(x):\n    print("so far so good")\n    return 6 * x')
    shown = ("predictions", "d_square", "d_poly")
    for details in lesson.panels.locator("details").all():
        details.evaluate("one => { one.open = true }")
    found = {}
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        lesson.use_theme(theme)
        found |= {(theme, name): seen for name in shown if (seen := violations(lesson, name))}
    assert found == {}


# nbgrader


def test_the_validate_button_names_the_cells_whose_panels_lack_points(untouched: Notebook) -> None:
    results = validated(untouched)
    expect(results.locator(".validation-failed")).to_be_attached()
    failed = results.locator("pre", has_text=re.compile(r"^check\(")).all_inner_texts()
    assert [source.strip() for source in failed] == [f'check("{exercise.id}")' for exercise in EXERCISES]
    untouched.page.get_by_role("button", name="Ok", exact=True).click()
    expect(untouched.panels.filter(has_text="Not attempted · 0 of")).to_have_count(len(EXERCISES))


def test_the_validate_button_passes_the_solution_as_its_panels_do(page: Page, server: Server) -> None:
    notebook = Notebook.open(page, server, server.copy_of(server.course.solution(LESSON), "solved"))
    expect(validated(notebook)).to_contain_text("Success! Your notebook passes all the tests.")
    expect(notebook.panels).to_have_count(len(EXERCISES))
    expect(notebook.panels.filter(has_text=re.compile(r"Right · (\d) of \1 points?"))).to_have_count(len(EXERCISES))


def validated(notebook: Notebook) -> Locator:
    """Press nbgrader's Validate button, and return the dialog with the results."""
    notebook.page.get_by_role("button", name="Validate", exact=True).click()
    results = notebook.page.get_by_role("dialog").filter(has_text="Validation Results")
    expect(results).to_be_visible()
    return results


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed: make setup installs it")
def test_formgrader_grades_as_nbgrader_does(page: Page, server: Server) -> None:
    root = server.course.root
    submitted = root / "submitted" / "ada" / LESSON
    submitted.mkdir(parents=True)
    shutil.copy(server.course.solution(LESSON), submitted)
    page.goto(f"{server.url}/formgrader?token={server.token}")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=LESSON, exact=True))
    row.locator(".num-submissions a").click()
    row = page.get_by_role("row").filter(has_text="ada")
    expect(row).to_contain_text("needs autograding")
    row.locator(".autograde a").click()
    expect(page.get_by_role("dialog")).to_contain_text(f"Successfully autograded '{LESSON}' for student 'ada'")
    expect(row.locator(".score")).to_have_text("20 / 20")
    assert scores(root) == {"ada": 20}

    done = run(root, "nbgrader", "autograde", LESSON, "--student=ada", "--force")
    assert done.returncode == 0, done.stderr
    assert scores(root) == {"ada": 20}


def test_formgrader_generates_previews_grades_by_hand_and_writes_feedback(page: Page, server: Server) -> None:
    root = server.course.root
    submitted = root / "submitted" / "bashir" / LESSON
    submitted.mkdir(parents=True)
    notebook = nbformat.read(server.course.solution(LESSON), as_version=4)
    reflection = next(
        cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == "reflection"
    )
    reflection.source = "A slope says how fast it goes."
    nbformat.write(notebook, submitted / f"{LESSON}.ipynb")

    page.goto(f"{server.url}/formgrader?token={server.token}")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=LESSON, exact=True))
    before = server.course.released(LESSON).read_bytes()
    row.locator(".assign a").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"Successfully created the student version of '{LESSON}'")
    assert server.course.released(LESSON).read_bytes() == before
    page.goto(f"{server.url}/formgrader?token={server.token}")
    expect(row.locator(".preview a")).to_have_attribute("href", re.compile(f"notebooks/{LESSON}"))

    page.goto(f"{server.url}/formgrader/manage_submissions/{LESSON}?token={server.token}")
    student = page.get_by_role("row").filter(has_text="bashir")
    student.locator(".autograde a").click()
    expect(dialog).to_contain_text("Successfully autograded")
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", "autograd") as gradebook:
        waits = gradebook.find_submission(LESSON, "bashir")
        assert waits.needs_manual_grade
        graded_id = waits.notebooks[0].id
    page.goto(f"{server.url}/formgrader/submissions/{graded_id}?token={server.token}")
    # What was handed in is shown, and the panels with it.
    expect(page.get_by_text("A slope says how fast it goes.")).to_be_visible()
    expect(page.locator("section").filter(has_text="scalar_gradients.d_square").first).to_be_visible()
    # Until the page has asked for grades and comments, it overwrites what is typed.
    page.wait_for_load_state("networkidle")
    for selector, text in (("#reflection-comment", "Well said."), ("input#reflection", "0")):
        page.locator(selector).fill(text)
        page.locator(selector).blur()
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", "autograd") as gradebook:
        expect_soon(lambda: comment_of(gradebook) == "Well said.", page)

    page.goto(f"{server.url}/formgrader/manage_submissions/{LESSON}?token={server.token}")
    student.locator(".generate-feedback a").click()
    expect(dialog).to_contain_text("Successfully generated feedback")
    written = (root / "feedback" / "bashir" / LESSON / f"{LESSON}.html").read_text(encoding="utf-8")
    assert "Well said." in written
    assert 'aria-label="Check of scalar_gradients.d_square"' in written


def comment_of(gradebook: Gradebook) -> str | None:
    gradebook.db.expire_all()
    return gradebook.find_comment("reflection", LESSON, LESSON, "bashir").manual_comment


def expect_soon(condition: Callable[[], bool], page: Page) -> None:
    """Wait until a condition holds outside the page."""
    for _ in range(200):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not come to be")


def scores(root: Path) -> dict[str, float]:
    """Return the scores in a course's gradebook, by student."""
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", "autograd") as gradebook:
        return {one.student.id: one.score for one in gradebook.assignment_submissions(LESSON)}
