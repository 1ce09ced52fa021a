"""The pages of a class report and of feedback, opened from the disk as their readers do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from playwright.sync_api import Browser, Locator, Page, Route, expect
from traitlets.config import Config

from autograder import view
from autograder.grading.configure import grade_behind_walls
from autograder.grading.pages import FeedbackExporter
from autograder.grading.report.html import file_names, write
from autograder.grading.report.summary import summarise
from autograder.grading.summary_cell import AddSummary
from autograder.lessons import all_lessons
from autograder.verdict import MIME_TYPE, Outcome
from tests.grading.graded_class import graded, make_class, unreadable, verdict

from .lab import browsing, chromium, new_context

LESSONS = all_lessons()[:3]
MARKUP = "<img src=x onerror='window.pwned = true'>"
# One pixel.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
STUDENTS = (*(f"student{i:02}" for i in range(17)), MARKUP)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a report on a class in which there is something of everything."""
    made = make_class(STUDENTS, LESSONS)
    square, *others = LESSONS[0].exercises
    unchecked = [verdict(one, Outcome.UNREADABLE) for one in others]
    made += [
        graded("without-walls", LESSONS[0], [verdict(square, Outcome.RAISED, "", MARKUP), *unchecked], sandbox="none"),
        unreadable("without-walls", LESSONS[1]),
    ]
    folder = tmp_path_factory.mktemp("report")
    handed_in = [one.submission for one in made]
    write(summarise(made, [one.folder for one in LESSONS], all_lessons(), handed_in, handed_in[:2]), folder)
    return folder


@pytest.fixture(scope="module")
def feedback(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a feedback page with something of everything, and with what a student wrote to break its width."""
    square = LESSONS[0].exercises[0]
    wrong = verdict(square, Outcome.KNOWN_MISTAKE, square.mistakes[0].slug, square.mistakes[0].message)
    panel = new_output(
        "execute_result", {"text/plain": "0", "text/html": view.panel(wrong), MIME_TYPE: wrong.to_dict()}
    )
    drawn = new_output("display_data", {"text/plain": "<Figure size 10x10>", "image/png": PNG})
    answer = {"grade_id": "a", "solution": True, "comment": "Look at *this* again."}
    check = {"grade_id": "check-a", "grade": True, "points": 2, "score": 0}
    code = "import math  # <b>\nfor x in range(10): print('x', 1.5, None)"
    cells = [
        new_markdown_cell("# A lesson\n\nA formula, $x^2$, and $$\\frac{1}{x}$$\n\n| a | b |\n|---|---|\n| 1 | 2 |"),
        new_markdown_cell(f"<div style='width: 9999px'>wide</div>\n\n{MARKUP}"),
        new_code_cell(code, metadata={"nbgrader": answer}, outputs=[drawn, new_output("stream", text="x" * 400)]),
        new_code_cell("check('a')", metadata={"nbgrader": check}, outputs=[panel]),
    ]
    config = Config()
    grade_behind_walls(config)
    exporter = FeedbackExporter(config=config)
    exporter.register_preprocessor(AddSummary, enabled=True)
    page = {"notebook": "a lesson", "score": 0, "max_score": 2, "late_penalty": 0}
    path = tmp_path_factory.mktemp("feedback") / "page.html"
    path.write_text(exporter.from_notebook_node(new_notebook(cells=cells), resources={"nbgrader": page})[0])
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if chromium() is None:
        pytest.skip("chromium is not installed: make setup installs it")
    with browsing() as running:
        yield running


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    with new_page(browser) as page:
        yield page


@contextmanager
def new_page(browser: Browser, **options: object) -> Iterator[Page]:
    """Open a page whose every request but for a file fails the test, as does anything it complains of."""
    context = new_context(browser, **options)
    page = context.new_page()
    complaints: list[str] = []

    def only_files(route: Route) -> None:
        if route.request.url.startswith("file:"):
            route.continue_()
        else:
            complaints.append(route.request.url)
            route.abort()

    context.route("**", only_files)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    pwned = page.evaluate("window.pwned")
    context.close()
    assert (complaints, pwned) == ([], None)


def table(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=f"Table: {name}").locator("table")


def column(shown: Locator, n: int) -> list[str]:
    return [text.split("\n")[0] for text in shown.locator(f"tbody tr > :nth-child({n})").all_inner_texts()]


def unfold(page: Page) -> None:
    """Show all rows of each table. A button goes when it was clicked."""
    buttons = page.get_by_role("button", name="Show all")
    while buttons.count():
        buttons.first.click()


def violations(page: Page) -> list[str]:
    """Return what axe-core finds on a page with all of it unfolded; fail where it could not decide."""
    unfold(page)
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    results = Axe().run(page).response
    assert any(rule["id"] == "color-contrast" for rule in results["passes"])
    # What axe-core can't decide: signs that say nothing, since the words beside them say the same.
    return [
        f"{rule['id']}: {node['html'][:120]}"
        for rule in [*results["violations"], *results["incomplete"]]
        for node in rule["nodes"]
        if 'aria-hidden="true"' not in node["html"]
    ]


@pytest.mark.parametrize("name", ["index.html", "students/student00.html", "students/without-walls.html"])
def test_a_page_is_accessible_in_the_light_and_in_the_dark(browser: Browser, folder: Path, name: str) -> None:
    for scheme in ("light", "dark"):
        with new_page(browser, color_scheme=scheme) as page:
            page.goto((folder / name).as_uri())
            assert violations(page) == []


def test_a_feedback_page_is_accessible_in_the_light_and_in_the_dark_and_fits(browser: Browser, feedback: Path) -> None:
    for scheme in ("light", "dark"):
        # Its policy lets nothing run, and so not axe either.
        with new_page(browser, color_scheme=scheme, bypass_csp=True) as page:
            page.set_viewport_size({"width": 800, "height": 900})
            page.goto(feedback.as_uri())
            assert violations(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") == 800
            expect(page.locator("math")).to_have_count(2)
            assert page.locator("img[src]").evaluate("one => one.naturalWidth") == 1
            page.get_by_role("link", name=LESSONS[0].exercises[0].title).click()
            expect(page.locator("[name=check-a]")).to_be_in_viewport()


def test_no_table_is_cut_off_in_a_narrow_window(page: Page, folder: Path) -> None:
    page.set_viewport_size({"width": 800, "height": 900})
    page.goto((folder / "index.html").as_uri())
    unfold(page)
    tables = page.locator(".wide")
    assert tables.count() > 3
    cut = "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => `${one.ariaLabel}: ${one.scrollWidth - one.clientWidth} pixels`)"
    assert tables.evaluate_all(cut) == []


def test_a_page_has_one_heading_and_says_what_stands_under_it(page: Page, folder: Path) -> None:
    page.goto((folder / "index.html").as_uri())
    expect(page.get_by_role("heading", level=1)).to_have_text("The class")
    expect(page.get_by_role("heading", level=2)).to_have_text(
        [
            "Say this in the lecture",
            "Scores",
            "Who needs help",
            "Mistakes",
            "Kinds of slips",
            "Exercises",
            "What needs a look",
            "Everyone",
            "How it was graded",
        ]
    )
    expect(page.locator(".lecture > li")).to_have_count(3)
    expect(page.get_by_role("note")).to_contain_text(
        ["Graded without walls. 1 submission ran", "Changed: 2 submissions changed after grading."]
    )


def test_a_table_is_sorted_by_a_click_on_its_heading(page: Page, folder: Path) -> None:
    page.goto((folder / "index.html").as_uri())
    shown = table(page, "everyone")
    points = shown.get_by_role("columnheader", name="Points")
    assert column(shown, 1) == sorted(column(shown, 1))
    points.get_by_role("button").click()
    expect(points).to_have_attribute("aria-sort", "descending")
    expect(shown.locator("[aria-sort]")).to_have_count(1)
    numbers = [float(text) for text in column(shown, 2 + len(LESSONS))]
    assert numbers == sorted(numbers, reverse=True)
    points.get_by_role("button").click()
    expect(points).to_have_attribute("aria-sort", "ascending")
    assert [float(text) for text in column(shown, 2 + len(LESSONS))] == sorted(numbers)


def test_tables_are_filtered_by_lesson_finding_and_name(page: Page, folder: Path) -> None:
    page.goto((folder / "index.html").as_uri())
    everyone, mistakes = (table(page, name).locator("tbody tr") for name in ("everyone", "mistakes"))
    form = page.get_by_role("search")
    first = mistakes.first
    title = str(first.locator("th").get_attribute("data-by"))
    students = int(str(first.locator("td").first.get_attribute("data-by")))
    form.get_by_label("Finding").select_option(label=title)
    expect(everyone.filter(visible=True)).to_have_count(students)
    expect(mistakes.filter(visible=True)).to_have_count(1)
    expect(form.get_by_role("status")).to_have_text(f"{students} of 19 students")
    form.get_by_label("Finding").select_option("")
    form.get_by_label("Lesson").select_option(index=2)
    expect(table(page, "exercises").locator("tbody tr").filter(visible=True)).to_have_count(len(LESSONS[1].exercises))
    form.get_by_label("Lesson").select_option("")
    form.get_by_label("Student").fill("STUDENT03")
    expect(everyone.filter(visible=True)).to_have_text([re.compile("student03")])


def test_a_table_is_sorted_by_keyboard(page: Page, folder: Path) -> None:
    page.goto((folder / "index.html").as_uri())
    shown = table(page, "exercises")
    rows = column(shown, 1)
    shown.get_by_role("columnheader", name="Exercise").get_by_role("button").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    difficulty = shown.get_by_role("columnheader", name="Difficulty")
    expect(difficulty).to_have_attribute("aria-sort", "descending")
    expect(difficulty.get_by_role("button")).to_be_focused()
    dots = [text.count("●") for text in column(shown, 2)]
    assert dots == sorted(dots, reverse=True)
    page.keyboard.press("Space")
    expect(difficulty).to_have_attribute("aria-sort", "ascending")
    # The exercises go back into the order of the course, and not of their letters.
    shown.get_by_role("columnheader", name="Exercise").get_by_role("button").press("Enter")
    assert column(shown, 1) == rows


def test_a_long_table_unfolds_and_a_link_into_it_unfolds_it(page: Page, folder: Path) -> None:
    page.goto((folder / "index.html").as_uri())
    mistakes = table(page, "mistakes")
    rows = mistakes.locator("tbody tr")
    expect(rows.filter(visible=True)).to_have_count(15)
    last = str(rows.last.get_attribute("id"))
    page.goto(f"{(folder / 'index.html').as_uri()}#{last}")
    expect(page.locator(f"[id='{last}']")).to_be_in_viewport()
    expect(page.locator(f"[id='{last}'] details")).to_have_attribute("open", "")
    expect(rows.filter(visible=True)).to_have_count(rows.count())

    page.goto("about:blank")
    page.goto((folder / "index.html").as_uri())
    unfold(page)
    expect(rows.filter(visible=True)).to_have_count(rows.count())


def test_a_student_s_page_is_one_link_away_and_leads_back(page: Page, folder: Path) -> None:
    page.goto((folder / "index.html").as_uri())
    table(page, "everyone").get_by_role("link", name=MARKUP).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(MARKUP)
    assert page.url.endswith(file_names([MARKUP])[MARKUP])
    page.locator("article.is-named a").first.click()
    expect(page.locator("tr:target details")).to_have_attribute("open", "")


def test_without_scripts_everything_is_there(browser: Browser, folder: Path) -> None:
    context = new_context(browser, java_script_enabled=False)
    page = context.new_page()
    page.goto((folder / "index.html").as_uri())
    expect(page.get_by_role("button")).to_have_count(0)
    rows = page.locator("tbody tr")
    assert rows.filter(visible=True).count() == rows.count() > 60
    context.close()


def test_nothing_is_cut_off_on_a_telephone(page: Page, tmp_path: Path) -> None:
    made = make_class(["a" * 255, "b", "c"], all_lessons())
    index, *students = write(summarise(made, [one.folder for one in all_lessons()], all_lessons()), tmp_path)
    page.set_viewport_size({"width": 360, "height": 740})
    for path in (index, students[0]):
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_on_paper_everything_is_unfolded_on_white(browser: Browser, folder: Path) -> None:
    with new_page(browser, color_scheme="dark") as page:
        page.set_viewport_size({"width": 720, "height": 1000})
        page.goto((folder / "index.html").as_uri())
        page.emulate_media(media="print")
        expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
        hidden = page.locator("tbody tr, details li, details p").filter(visible=False)
        expect(hidden).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth") == 720
        cut = page.locator(".wide").evaluate_all("all => all.filter((one) => one.scrollWidth > one.clientWidth).length")
        assert cut == 0
        assert page.pdf(format="A4").startswith(b"%PDF")
        expect(page.locator("details[open]")).to_have_count(0)
