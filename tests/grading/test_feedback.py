"""Feedback pages, and formgrader's: what a student wrote is shown there, and never runs."""

from __future__ import annotations

import copy
import re
import shutil
from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from nbgrader.server_extensions.formgrader import handlers
from PIL import Image
from playwright.sync_api import Page
from traitlets.config import Config, PyFileConfigLoader

from autograder.figures.undrawn import Undrawn
from autograder.grading import from_solutions
from autograder.grading.formulas import mathml
from autograder.grading.inputs import course_secret, drawing, inputs_key
from autograder.grading.pages import (
    MAX_LINE,
    MAX_OUTPUTS,
    MAX_SOURCE,
    MAX_SOURCES,
    Shorten,
    clean_html,
    strip_files_prefix,
)
from autograder.grading.submission import Submission
from autograder.grading.summary_cell import summary
from autograder.lessons import find

from .conftest import LESSON, Course, run

# Each would call hit() if it ran. Some run by themselves, some on a click.
ATTACKS = [
    "<script>hit()</script>",
    "<img src=x onerror=hit()>",
    "<svg onload=hit()><circle r=9 onclick=hit() /></svg>",
    "[a link](javascript:hit())",
    '<a href="javascript:hit()">a link</a>',
    "<a href=' java\nscript:hit()'>a link</a>",
    '<a href="data:text/html,<script>hit()</script>">a link</a>',
    '<svg onload="hit()"><script>hit()</script><a href="javascript:hit()"><text>a link</text></a></svg>',
    '<svg><image href="https://example.org/x.png"/><use href="https://example.org/x.svg#a"/></svg>',
    '<svg><foreignObject><img src=x onerror="hit()"></foreignObject><animate onbegin="hit()" attributeName="x"/></svg>',
    '<svg></p><style><a id="</style><img src=1 onerror=hit()>"></svg>',
    "<iframe srcdoc='<script>parent.hit()</script>'></iframe>",
    "<details open ontoggle=hit()><summary>x</summary>y</details>",
    "<math><mtext><table><mglyph><style><img src=x onerror=hit()>",
    "<noscript><p title='</noscript><img src=x onerror=hit()>'>",
    '<p style="position: fixed; top: 0; left: 0; width: 9999px">over all</p><p style="margin-top: -900px">over</p>',
    '<form action=//example.org><input autofocus onfocus=hit()><button onclick=hit()>x</button></form>',
    "<link rel=stylesheet href=//example.org/x.css><style>body {display: none}</style>",
    '<base href="//example.org/"><meta http-equiv=refresh content="0; url=//example.org/">',
    '<img src="https://example.org/who-reads-this.png"><video src=//example.org/x onerror=hit()></video>',
    '<b id="check-d_square" class="btn full-credit score">click</b>',
    "![picture](attachment:x.svg)",
    "![lost](attachment:lost.png)",
    "<div>" * 3000 + "> " * 3000 + "[" * 3000,
    "`<script>hit()</script>` and $a<b$",
    r"$\text{<img src=x onerror=hit()>}$ $\href{javascript:hit()}{x}$ $\class{btn}{x}$ $\style{position:fixed}{x}$",
    "<p title='\n\n$x$ onclick=hit()\n\n'>in an attribute</p>",
    r"$\def\a{xx}\def\b{\a\a\a\a}\def\c{\b\b\b\b}\c\c\c\c$ " + "$" + "{" * 900 + "x" + "}" * 900 + "$",
]  # fmt: skip
CODE = """from IPython.display import HTML, Javascript, display
display(HTML("<script>hit()</script>"), Javascript("hit()"))
print("<script>hit()</script><img src=x onerror=hit()>")
HTML("<img src=x onerror=hit()>")"""
HANDED_IN = "2025-10-03 17:00 UTC"
SVG = "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIG9ubG9hZD0iaGl0KCkiLz4="


PNG = b64encode(b"\x89PNG\r\n\x1a\n a page by hand").decode()


@pytest.fixture(scope="module")
def graded(class_of_eight: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Return a course in which somebody with mistakes has handed in all of that, graded, with feedback."""
    root = tmp_path_factory.mktemp("feedback") / "course"
    shutil.copytree(class_of_eight.root, root)
    path = root / "submitted" / "nadia" / LESSON.folder / f"{LESSON.folder}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    extra = [new_markdown_cell(attack) for attack in ATTACKS]
    extra[ATTACKS.index("![picture](attachment:x.svg)")]["attachments"] = {"x.svg": {"image/svg+xml": SVG}}
    raw = new_raw_cell(ATTACKS[0], metadata={"raw_mimetype": "text/html"})
    notebook.cells[2:2] = [*extra, raw, new_code_cell(f"{CODE}  # </pre><script>hit()</script>")]
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "reflection":
            cell.source = f"{ATTACKS[0]}\n\n![page](attachment:page.png)"
            cell["attachments"] = {"page.png": {"image/png": PNG}, "x.svg": {"image/svg+xml": SVG}}
    nbformat.write(notebook, path)
    # A folder in the place of the page.
    path.with_suffix(".html").mkdir()
    (path.with_suffix(".html") / "file.txt").write_text("hers")
    path.with_name("timestamp.txt").write_text(HANDED_IN)
    done = run(root, "autograder", "grade", "--feedback", "--student", "nadia")
    assert done.returncode == 0, done.stderr
    return Course(root)


def submission_of(course: Course) -> Submission:
    return course.submissions(course.lessons(), "nadia")[0]


@pytest.fixture(scope="module")
def feedback(graded: Course) -> str:
    return graded.feedback(submission_of(graded)).read_text()


def formgraders_exporter(root: Path) -> HTMLExporter:
    """Return what makes formgrader's pages of a course, as its handler has it."""
    config: Config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    return HTMLExporter(config=config)


@pytest.fixture(scope="module")
def formgrader(graded: Course) -> str:
    """Return formgrader's page of the submission, made as its handler makes it, of a student with a name like that."""
    name = "<script>hit()</script>"
    resources = {
        "assignment_id": LESSON.folder, "notebook_id": LESSON.folder, "submission_id": "1", "index": 0, "total": 1,
        "base_url": "", "student": name, "last_name": name, "first_name": name, "notebook_path": '"><img onerror=hit()>',
    }  # fmt: skip
    path = graded.graded(submission_of(graded))
    html, _ = formgraders_exporter(graded.root).from_filename(str(path), resources=resources)
    return html


@pytest.mark.parametrize("student", ["[n]adia", "*", " nadia"])
def test_a_student_with_any_name_gets_a_page(course: Course, student: str) -> None:
    nadia = course.root / "submitted" / "nadia"
    nadia.rename(nadia.with_name(student))
    done = run(course.root, "autograder", "grade", "--feedback", "--student", student)
    assert done.returncode == 0, done.stderr
    assert (course.root / "feedback" / student / LESSON.folder / f"{LESSON.folder}.html").exists()


def harmful(page: str | BeautifulSoup) -> set[str]:
    """Return what in a page could run or call out, but for what nbgrader's own templates put into it."""
    soup = BeautifulSoup(page, "html.parser") if isinstance(page, str) else page
    found = set()
    for element in soup.select("#notebook-container *"):
        if element.name in (
            "script",
            "iframe",
            "object",
            "embed",
            "foreignobject",
            "image",
            "use",
            "animate",
            "set",
            "form",
            "link",
            "base",
            "style",
            "meta",
        ):
            found.add(str(element)[:100])
        if element.find_parent("math") and not re.fullmatch("m[a-z]+", element.name):
            found.add(str(element)[:100])
        for name, value in element.attrs.items():
            text = re.sub(r"\s", "", " ".join(value) if isinstance(value, list) else value).lower()
            if name.startswith("on") or text.startswith(("javascript:", "data:text")):
                found.add(f"{element.name} {name}={value}")
            if name == "src" and not text.startswith("data:image/"):
                found.add(f"{element.name} {name}={value}")
    return found


def test_beside_a_page_lies_what_the_exchange_reads_and_nothing_else_that_was_handed_in(graded: Course) -> None:
    page = graded.feedback(submission_of(graded))
    assert {path.name for path in page.parent.rglob("*")} == {page.name, "timestamp.txt"}
    assert page.with_name("timestamp.txt").read_text() == HANDED_IN


def test_nothing_that_a_student_wrote_can_run(feedback: str, formgrader: str) -> None:
    assert harmful(feedback) == set()
    assert harmful(formgrader) == set()
    # It is there, as text.
    assert "&lt;script&gt;hit()&lt;/script&gt;" in feedback
    assert "<mi>a</mi><mo>&lt;</mo><mi>b</mi>" in feedback
    assert "<mtext>&lt;img" in feedback
    assert r"$\def\a" in feedback
    assert 'class="btn full-credit' not in feedback.partition('id="notebook-container"')[2]
    assert "<script>hit()" not in formgrader
    assert not re.search(r'id="check-d_square"[^>]*>click', formgrader)


def test_a_page_begins_with_the_comments_and_the_exercises_wrong_ones_first(graded: Course, feedback: str) -> None:
    soup = BeautifulSoup(feedback, "html.parser")
    shown = soup.select("#notebook-container > .cell")[0]
    rows = [[" ".join(one.get_text().split()) for one in row.select("th, td")] for row in shown.select("tbody tr")]
    names = {f"{one.number} {one.title}" for one in LESSON.exercises}
    assert names <= {row[0].partition(" ")[2] for row in rows}
    marks = [row[0][0] for row in rows]
    assert marks == sorted(marks, key="✗✓".index)
    assert len(set(marks)) == 2
    assert all(row[2] for row in rows if row[0].partition(" ")[2] in names)
    places = {one["href"][1:] for one in shown.select("a")}
    assert {f"check-{one.name}" for one in LESSON.exercises} <= places
    assert places <= {one["name"] for one in soup.select("a[name]")}


def test_a_summary_holds_what_a_comment_and_an_answer_say_as_text() -> None:
    said = "<script>hit()</script>\n\n$$x$$ \\begin{a} *b*"
    own = {"grade_id": "why", "solution": True, "grade": True, "points": 2, "score": 1, "comment": said}
    cell = new_markdown_cell("", metadata={"nbgrader": own})
    page = {"notebook": "a", "score": 1, "max_score": 2, "late_penalty": 0.5}
    text = summary(new_notebook(cells=[cell]), page)
    assert "\n" not in text
    assert "$" not in text
    assert "\\" not in text
    soup = BeautifulSoup(text, "html.parser")
    assert soup.script is None
    assert soup.li.get_text() == "why: <script>hit()</script> $$x$$ \\begin{a} *b*"
    assert "lost 0.5 points" in soup.get_text()


def test_the_pictures_of_an_answer_by_hand_are_shown(graded: Course, feedback: str, formgrader: str) -> None:
    assert feedback.count(f'src="data:image/png;base64,{PNG}"') == 1
    assert formgrader.count(f'src="data:image/png;base64,{PNG}"') == 1
    assert SVG not in feedback + formgrader
    work = graded.graded(submission_of(graded)).read_text()
    assert PNG in work
    assert SVG not in work
    assert "the picture 'x.svg' was left out: it is no PNG, JPEG, GIF or WebP picture" in work


def test_the_pictures_of_the_lesson_are_drawn_from_the_instructors_notebook(
    graded: Course, feedback: str, formgrader: str
) -> None:
    cells = nbformat.read(graded.solution(LESSON.folder), as_version=4).cells
    outputs = [one for cell in cells if cell.cell_type == "code" for one in cell.outputs]
    texts = [one.data["text/plain"] for one in outputs if "<img" in one.get("data", {}).get("text/html", "")]
    assert len(texts) > 5
    for page in (feedback, formgrader):
        shown = [one for one in BeautifulSoup(page, "html.parser").select("img[src^=data]") if PNG not in one["src"]]
        assert [one["alt"] for one in shown] == [text.partition("Picture: ")[2] for text in texts]
        assert "it is not drawn" not in page
    for one in shown:
        with Image.open(BytesIO(b64decode(one["src"].partition(",")[2]))) as picture:
            assert picture.width > 500
    # A quarter of what the notebook keeps.
    assert sum(len(one["src"]) for one in shown) < 100_000


DRAWN = f'<img alt="x" src="data:image/png;base64,{PNG}">'


@pytest.mark.parametrize(
    ("before", "after", "drawn"),
    [
        ("", "", True),
        # The student's own names, or names that the lesson makes of them.
        ("def curve(): return 1", "", False),
        ("import numpy as points", "", False),
        ("def f():\n    global points\n    points = 1", "", False),
        ("%time points = 1", "", False),
        ("source = 1", "points = source", False),
        ("def slope(x): return x", "def points(): return slope(3)", False),
        ("points = 1", "points = 2", True),
        ("def mine():\n    points = 1", "", True),
    ],
)
def test_a_picture_is_drawn_where_it_is_the_same_for_every_student(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, after: str, drawn: bool
) -> None:
    # Where a picture comes from is another test's.
    monkeypatch.setattr(from_solutions, "_in_few_colours", lambda data: data)
    answer = new_code_cell("", id="answer", metadata={"nbgrader": {"grade_id": "a", "solution": True}})
    output = {"text/plain": "Picture: x", "text/html": DRAWN}
    shown = new_code_cell("draw(curve, points)", id="shown", outputs=[new_output("execute_result", output)])
    cells = [answer, new_code_cell(after, id="after"), shown]
    path = tmp_path / "source" / "hw" / "hw.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(new_notebook(cells=cells), path)
    cells = copy.deepcopy(cells)
    cells[0].source = before
    cells[2].outputs = [new_output("execute_result", {"text/plain": repr(Undrawn())})] * 2
    # A cell of the student's, and one of the instructor's that the student has edited.
    edited = copy.deepcopy(cells[2])
    edited.source += "  # mine"
    own = copy.deepcopy(cells[2])
    own.id = "own"
    config = Config({"CourseDirectory": {"root": str(tmp_path)}})
    names = {"nbgrader": {"assignment": "hw", "notebook": "hw"}}
    notebook = new_notebook()
    # nbformat would give one of two cells another id.
    notebook["cells"] = [*cells, own, edited]
    page, _ = from_solutions.ShowPictures(config=config).preprocess(notebook, names)
    pictures = [[one.data.get("image/png") for one in cell.outputs] for cell in page.cells[2:]]
    assert pictures == [[PNG if drawn else None, None], [None, None], [None, None]]


def own_lines(course: Course) -> tuple[list[str], list[str]]:
    """Return the instructor's answers as pages show them, and those of their lines that the students' notebook does not have."""
    cells = nbformat.read(course.solution(LESSON.folder), as_version=4).cells
    given = {line for cell in nbformat.read(course.released(LESSON.folder), as_version=4).cells for line in lines(cell)}
    answers = [cell for cell in cells if cell.metadata.get("nbgrader", {}).get("solution")]
    shown = ["\n".join(line for line in lines(cell) if " SOLUTION" not in line) for cell in answers]
    return shown, [line.strip() for text in shown for line in text.splitlines() if line not in given]


def lines(cell: nbformat.NotebookNode) -> list[str]:
    return str(cell.source).splitlines()


def test_a_page_shows_the_instructors_answers_where_that_is_switched_on_and_nowhere_else(
    graded: Course, feedback: str, formgrader: str, tmp_path: Path
) -> None:
    root = tmp_path / "course"
    shutil.copytree(graded.root, root)
    # Nobody has answered anything in this one, and its author's answers have markup.
    answers, hidden = own_lines(graded)
    assert len(hidden) > len(LESSON.exercises)
    blank = nbformat.read(graded.released(LESSON.folder), as_version=4)
    nbformat.write(blank, root / "submitted" / "nadia" / LESSON.folder / f"{LESSON.folder}.ipynb")
    path = root / "solutions" / LESSON.folder / f"{LESSON.folder}.ipynb"
    solution = nbformat.read(path, as_version=4)
    (reflection,) = [one for one in solution.cells if one.metadata.get("nbgrader", {}).get("grade_id") == "reflection"]
    reflection.source += f"\n\n{ATTACKS[0]}"
    nbformat.write(solution, path)
    config = root / "nbgrader_config.py"
    pages = []
    for line in ("", "c.ShowSolutions.enabled = True\n"):
        config.write_text(config.read_text() + line)
        done = run(root, "autograder", "grade", "--feedback", "--student", "nadia", "--yes")
        assert done.returncode == 0, done.stderr
        pages.append((root / "feedback" / "nadia" / LESSON.folder / f"{LESSON.folder}.html").read_text())
    without, with_ = (BeautifulSoup(page, "html.parser") for page in pages)
    assert without.select(".solution") == []
    assert [line for line in hidden if line in without.get_text()] == []
    assert "A solution" not in feedback + formgrader
    shown = [one.select_one("pre") for one in with_.select(".solution")]
    assert [one.get_text().strip() for one in shown if one] == [
        text for text in answers if text not in reflection.source
    ]
    assert len(shown) == len(answers)
    assert harmful(pages[1]) == set()
    assert "A solution" not in graded.graded(submission_of(graded)).read_text()


def test_panels_and_hints_are_whole(graded: Course, feedback: str, formgrader: str) -> None:
    for page in (feedback, formgrader):
        panels = BeautifulSoup(page, "html.parser").select("section[aria-label^='Check of']")
        assert [one["aria-label"] for one in panels] == [f"Check of {one.id}" for one in LESSON.exercises]
        assert all("border-left-width: 6px" in one["style"] for one in panels)
        assert all(one.select_one("strong") for one in panels)


def test_feedback_tells_at_which_of_the_drawn_inputs_an_answer_was_wrong(graded: Course, feedback: str) -> None:
    work = nbformat.read(graded.root / "autograded" / "nadia" / LESSON.folder / f"{LESSON.folder}.ipynb", as_version=4)
    draw = drawing(inputs_key(course_secret(graded.root), "nadia"), work)
    asked = [f"<code>d_poly({case.arguments[0]})</code> gave" for case in draw(find("scalar_gradients.d_poly"))]
    assert sum(one in feedback for one in asked) == 1


def test_a_page_calls_nobody(feedback: str, formgrader: str) -> None:
    elements = BeautifulSoup(feedback, "html.parser").select("[src], link[href]")
    assert {url for one in elements if not (url := one.get("src") or one["href"]).startswith("data:")} == set()
    assert not re.search(r"@import|url\(\s*['\"]?(?:https?:)?//", feedback)
    assert "default-src 'none'" in feedback
    scripts = BeautifulSoup(formgrader, "html.parser").select("script[src]")
    assert scripts
    assert all(one["src"].startswith("/formgrader/static/") for one in scripts)


@pytest.mark.parametrize(
    ("latex", "drawn"),
    [
        (r"\frac{1}{x}", "<mfrac><mrow><mn>1</mn></mrow><mrow><mi>x</mi></mrow></mfrac>"),
        (r"\text{<b>&}", "<mtext>&lt;b&gt;&amp;</mtext>"),
        (r"\begin{aligned}a&=b\end{aligned}", "<mtd columnalign="),
        (r"\href{javascript:hit()}{x}", "<mrow><mrow><mi>x</mi></mrow></mrow>"),
        (r"\frac{1}{", ""),
        (r"a & b", ""),
        ("{" * 900 + "x" + "}" * 900, ""),
        ("x" * 2_001, ""),
        (r"\newcommand{\a}{x}\a", ""),
    ],
)
def test_a_formula_is_drawn_from_what_is_known_to_be_safe_or_stays_text(latex: str, drawn: str) -> None:
    written = mathml(latex, "inline")
    assert drawn in written
    assert bool(written) == bool(drawn)
    assert "javascript" not in written


def test_nothing_runs_in_a_browser(browser_page: Page, feedback: str, formgrader: str, tmp_path: Path) -> None:
    page = browser_page
    hits, asked = [], []
    page.expose_function("hit", lambda: hits.append(1))
    page.on("request", lambda request: asked.append(request.url))
    page.route(re.compile("^https?:"), lambda route: route.abort())
    for name, html in (("feedback", feedback), ("formgrader", formgrader)):
        path = tmp_path / f"{name}.html"
        path.write_text(html)
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('#notebook-container *:not([href])').forEach(one => one.click?.())")
        assert page.url.partition("#")[0] == path.as_uri()
    assert hits == []
    assert [url for url in asked if not url.startswith(("file:", "data:image/"))] == []


def test_a_lesson_of_two_notebooks_has_a_page_for_each(course: Course) -> None:
    second = course.solution(LESSON.folder, "part two")
    shutil.copy(course.solution(LESSON.folder), second)
    course.generate_assignment(LESSON.folder)
    folder = course.root / "submitted" / "ada" / LESSON.folder
    shutil.copy(folder / f"{LESSON.folder}.ipynb", folder / second.name)
    (folder / "timestamp.txt").write_text(HANDED_IN)
    pages = [course.feedback(one) for one in course.submissions(course.lessons(), "ada")]
    assert len(pages) == 2
    for options in ([], ["--force"]):
        run(course.root, "autograder", "grade", "--feedback", "--student", "ada", "--workers", "2", *options)
        assert all(page.is_file() for page in pages)
        assert all(page.with_name("timestamp.txt").read_text() == HANDED_IN for page in pages)


def test_cleaning_keeps_what_lessons_use() -> None:
    kept = '<table><tbody><tr><th align="left">a</th></tr></tbody></table><div class="highlight"><pre><span class="mi">1</span></pre></div>'
    assert clean_html(kept) == kept
    drawing = '<svg viewBox="0 0 9 9" role="img" aria-label="x"><path d="M0 0L9 9" stroke="currentColor"></path><text x="1" y="2">0</text></svg>'
    assert clean_html(drawing) == drawing
    assert (
        clean_html('<svg><path fill="url(https://example.org/x)" d="M0 0"></path></svg>')
        == '<svg><path d="M0 0"></path></svg>'
    )
    assert clean_html(b"<b>x</b>") == "<b>x</b>"
    assert clean_html('<a href="https://example.org">x</a>') == '<a href="https://example.org">x</a>'
    assert clean_html('<img title="b" alt="a">') == '<img title="b" alt="a">'
    assert clean_html('<img title=" alt=">') == '<img alt="A picture without a description" title=" alt=">'
    assert clean_html("<!-- x -->a & b < c") == "a &amp; b &lt; c"


def test_what_is_too_long_for_a_page_is_cut_and_the_notebook_keeps_it() -> None:
    line, text = "x" * 3 * MAX_LINE, "word " * MAX_SOURCE
    output = new_output("stream", name="stdout", text="y" * MAX_OUTPUTS)
    cells = [new_code_cell(f"{line}\n1"), new_markdown_cell(text), new_code_cell("1", outputs=[output] * 3)]
    notebook = new_notebook(cells=[*cells, *(new_markdown_cell(text) for _ in range(50)), new_code_cell("2")])
    before = copy.deepcopy(notebook)
    shown = Shorten().preprocess(notebook, {})[0].cells
    assert notebook == before
    assert shown[0].source == f"{line[:MAX_LINE]} …\n1"
    assert shown[1].source == f"{text[:MAX_SOURCE]}\n\n[{len(text) - MAX_SOURCE:,} characters more are not shown]"
    assert [one.text for one in shown[2].outputs] == ["[more outputs are not shown]\n"]
    assert sum(len(cell.source) for cell in shown) < MAX_SOURCES + 100 * len(shown)
    assert shown[-1].source == "\n# [1 characters more are not shown]"


def test_many_brackets_take_no_time() -> None:
    brackets = "[" * 10**6
    assert strip_files_prefix(brackets) == brackets
