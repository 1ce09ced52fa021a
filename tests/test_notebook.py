"""What a notebook calls: a check that never raises and writes to stdout only, and a ladder of hints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell

from autograder import check, compare, hint, lessons, notebook, view
from autograder.comparison import Comparison
from autograder.verdict import Outcome, Verdict
from tests.answering import namespace_of

EXERCISE = lessons.all_lessons()[0].exercises[1]
ID = EXERCISE.id


def checked(source: str, exercise_id: str = ID) -> Verdict:
    """Run an answer's cell and its check cell in one namespace, as a notebook does."""
    namespace = namespace_of(source, check=check)
    exec(f"verdict = check({exercise_id!r})", namespace)
    verdict = namespace["verdict"]
    assert isinstance(verdict, Verdict)
    return verdict


@pytest.fixture(autouse=True)
def _fresh_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebook, "_hints_taken", Counter())
    monkeypatch.setattr(notebook, "_verdicts", {})


def stub(body: str) -> str:
    return f"def {EXERCISE.name}(x):\n    {body}\n"


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        ("", Outcome.NOT_ATTEMPTED),
        (stub("raise NotImplementedError"), Outcome.NOT_ATTEMPTED),
        (stub("raise ValueError('no')"), Outcome.RAISED),
        (stub("raise KeyboardInterrupt"), Outcome.RAISED),
        (stub("import sys; sys.exit()"), Outcome.RAISED),
        (stub("return 'text'"), Outcome.WRONG_TYPE),
        (stub("print('on the way'); return x * 1.2345"), Outcome.WRONG),
        (stub("import warnings; warnings.warn('careful'); return x"), Outcome.KNOWN_MISTAKE),
        (stub("import sys; print('to stderr', file=sys.stderr); return x"), Outcome.KNOWN_MISTAKE),
        (stub("return 1e308"), Outcome.WRONG),
        (stub("return np.float16(70000.0)"), Outcome.NOT_FINITE),
        (f"{EXERCISE.name} = 3", Outcome.WRONG_TYPE),
    ],
)
def test_check_writes_its_text_to_stdout_and_nothing_else(
    source: str, outcome: Outcome, capfd: pytest.CaptureFixture[str]
) -> None:
    verdict = checked(source)
    assert verdict.outcome is outcome
    assert capfd.readouterr() == (view.text(verdict) + "\n", "")


def test_verdict_s_repr_is_the_bare_number() -> None:
    right = checked(stub("return 2 * x"))
    assert right.outcome is Outcome.RIGHT
    assert repr(right) == f"{EXERCISE.points:g}"
    assert float(repr(right)) == EXERCISE.points
    assert repr(checked("")) == "0"


def test_check_takes_the_names_of_the_cell_that_calls_it() -> None:
    namespace = namespace_of(stub("return 2 * x"), check=check)
    exec(f"def inner():\n    return check({ID!r})\nverdict = inner()", namespace)
    assert namespace["verdict"].outcome is Outcome.RIGHT
    assert checked("").outcome is Outcome.NOT_ATTEMPTED


def test_check_again_after_a_better_answer() -> None:
    namespace: dict[str, Any] = namespace_of(stub("return x"), check=check)
    exec(f"first = check({ID!r})", namespace)
    exec(stub("return 2 * x") + f"second = check({ID!r})", namespace)
    assert (namespace["first"].points, namespace["second"].points) == (0, EXERCISE.points)


def test_check_again_names_the_same_mistake() -> None:
    """A leaf that is never cleared goes on adding from one check to the next."""
    source = """\
leaf = torch.zeros((), requires_grad=True)

def grad_square(x):
    leaf.data.fill_(x)
    (leaf**2).backward()
    return leaf.grad.item()
"""
    namespace = namespace_of(source, check=check)
    exec("verdicts = [check('scalar_gradients.grad_square') for _ in range(3)]", namespace)
    named = {verdict.mistake for verdict in namespace["verdicts"]}
    assert named == {"scalar_gradients.grad_square.stale-accumulation"}


def test_check_works_with_gradients_switched_off() -> None:
    with torch.no_grad():
        assert checked(stub("return 2 * x")).outcome is Outcome.RIGHT
        by_autograd = "import torch\ndef grad_square(x):\n    x = torch.tensor(float(x), requires_grad=True)\n"
        source = by_autograd + "    (x**2).backward()\n    return x.grad.item()\n"
        assert checked(source, "scalar_gradients.grad_square").outcome is Outcome.RIGHT


@pytest.mark.parametrize("call", [check, hint])
def test_id_that_there_is_not_names_the_nearest(call: Any) -> None:
    with pytest.raises(LookupError, match=f"there is no exercise '{ID}s'.*did you mean {ID}"):
        call(f"{ID}s")
    with pytest.raises(LookupError, match=ID):
        call(EXERCISE.name)
    for exercise_id in ("", ".", "nothing like it", "scalar_gradients", "..", "os.path"):
        with pytest.raises(LookupError, match="did you mean"):
            call(exercise_id)


def test_every_exercise_is_found_by_its_id() -> None:
    for lesson in lessons.all_lessons():
        for exercise in lesson.exercises:
            assert lessons.find(exercise.id) is exercise


def test_hints_count_up_and_stop_at_the_last() -> None:
    count = len(EXERCISE.hints)
    texts = [repr(hint(ID)) for _ in range(count + 2)]
    assert texts[:count] == [f"Hint {i} of {count}: {text}" for i, text in enumerate(EXERCISE.hints, start=1)]
    assert texts[count:] == [texts[count - 1]] * 2


def test_ladder_keeps_what_it_showed() -> None:
    first = hint(ID)
    hint(ID)
    assert repr(first) == f"Hint 1 of {len(EXERCISE.hints)}: {EXERCISE.hints[0]}"
    assert first._repr_html_() == view.ladder(EXERCISE.hints, 1)


def test_hints_are_counted_for_each_exercise() -> None:
    other = lessons.all_lessons()[0].exercises[2].id
    hint(ID)
    assert repr(hint(other)).startswith("Hint 1 of")
    assert repr(hint(ID)).startswith("Hint 2 of")


def test_compare_is_there_too() -> None:
    assert isinstance(compare("slope", 6.0, 6.0), Comparison)


def test_while_grading_progress_points_to_the_students_own_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    monkeypatch.setattr("autograder.notebook._verdicts", {})
    shown = notebook.progress()
    assert repr(shown) == "Your own notebook shows your progress."
    assert "<table" not in shown._repr_html_()
    assert "Your own notebook shows your progress" in shown._repr_html_()


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    """Return a shell like a notebook's: it takes any kind of result."""
    shell = InteractiveShell.instance()
    shell.user_ns["check"] = check
    yield shell
    InteractiveShell.clear_instance()


def verdict_after(shell: InteractiveShell, *cells: str) -> Verdict:
    for cell in cells:
        shell.run_cell(cell)
    verdict = shell.run_cell(f"check('{ID}')").result
    assert isinstance(verdict, Verdict)
    return verdict


ANSWER = "def d_square(x): return 2 * x"
AGAIN = "Then run the cell and this one again."


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (
            "import no_such_library",
            "The cell that defines `d_square` stopped with ModuleNotFoundError: No module named 'no_such_library'. "
            "So `d_square` is not defined. Correct the cell.",
        ),
        (
            "step = 2 * seen_above",
            "The cell that defines `d_square` stopped with NameError: name 'seen_above' is not defined. So `d_square` is not "
            "defined. If a cell above defines the missing name, run that cell first. If not, correct the name.",
        ),
        (
            "raise KeyboardInterrupt",
            "The cell that defines `d_square` took too long and was interrupted. Check that each loop stops.",
        ),
        (
            "if x",
            "Python can't read the cell that defines `d_square`: SyntaxError: expected ':' in line 1. Correct it.",
        ),
    ],
)
def test_a_cell_that_stops_before_its_answer_is_told_with_what_to_do(
    shell: InteractiveShell, before: str, said: str
) -> None:
    verdict = verdict_after(shell, f"{before}\n{ANSWER}")
    assert (verdict.outcome, verdict.message) == (Outcome.RAISED, f"{said} {AGAIN}")
    assert verdict_after(shell, "d_square(3)").outcome is Outcome.NOT_ATTEMPTED


@pytest.mark.parametrize("unfinished", ["def d_square(x):\n    return (2 * x", "def d_square(x):\n"])
def test_a_cell_that_is_not_finished_is_told_what_to_finish(shell: InteractiveShell, unfinished: str) -> None:
    message = verdict_after(shell, unfinished).message
    assert "Close each bracket and each quote, and write a body below each line that ends in a colon." in message


def test_an_earlier_answer_does_not_count_for_a_cell_that_python_can_not_read(shell: InteractiveShell) -> None:
    assert verdict_after(shell, ANSWER).outcome is Outcome.RIGHT
    unread = verdict_after(shell, f"{ANSWER} +")
    assert (unread.outcome, unread.points) == (Outcome.RAISED, 0)
    assert "Python can't read the cell" in unread.message
    # The answer was defined before the error came.
    assert verdict_after(shell, f"{ANSWER}\n1 / 0").outcome is Outcome.RIGHT


def test_a_name_that_an_answer_misses_is_told_with_what_to_do(shell: InteractiveShell) -> None:
    verdict = verdict_after(shell, "def d_square(x): return factor_from_above * x")
    assert verdict.message.startswith(
        "A name is used that is not defined. If a cell above defines it, run that cell first."
    )
    assert "name 'factor_from_above' is not defined" in verdict.message
    assert verdict.mistake == f"{ID}.undefined-name"
    local = verdict_after(shell, "def d_square(x):\n    slope = slope * x\n    return slope")
    assert (local.outcome, local.mistake) == (Outcome.RAISED, "")


def test_a_verdict_stands_once(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    verdict = verdict_after(shell, ANSWER)
    # The shell of these tests is in a terminal and prints the value, as any value.
    assert capsys.readouterr().out.splitlines()[-1].endswith(f" {EXERCISE.points:g}")
    shell.run_cell(f"kept = check('{ID}')")
    assert capsys.readouterr().out == ""
    shell.run_cell(f"print(check('{ID}'))")
    assert capsys.readouterr().out == view.text(verdict) + "\n"
    shell.display_formatter.active_types = ["text/plain"]
    shell.run_cell(f"kept = check('{ID}')")
    assert capsys.readouterr().out == view.text(verdict) + "\n"


def test_an_answer_that_checks_itself_comes_to_an_end() -> None:
    verdict = checked(f"def {EXERCISE.name}(x):\n    return check({ID!r})")
    assert verdict.outcome is Outcome.WRONG_TYPE


def test_the_error_of_the_cell_before_is_told_where_it_defines_the_answer() -> None:
    shell = InteractiveShell.instance()
    try:
        shell.user_ns["check"] = check
        shell.run_cell("import no_such_library\ndef d_square(x): return 2 * x")
        verdict = shell.run_cell("check('scalar_gradients.d_square')").result
        assert verdict.outcome is Outcome.RAISED
        assert "stopped with ModuleNotFoundError: No module named 'no_such_library'. So" in verdict.message
        shell.run_cell("d_square(3)")
        assert shell.run_cell("check('scalar_gradients.d_square')").result.outcome is Outcome.NOT_ATTEMPTED
        shell.run_cell("def d_square(x): return 2 * x")
        for stopped in ("def d_square(x): return 2 * (x", "1 / 0\n@twice\ndef d_square(x): return 2 * x"):
            shell.run_cell(stopped)
            for _ in range(2):
                verdict = shell.run_cell("check('scalar_gradients.d_square')").result
                assert (verdict.outcome, verdict.points) == (Outcome.RAISED, 0)
                assert "your last change did not run, and `d_square` is still the old one" in verdict.message
            shell.run_cell("def d_square(x): return 2 * x\nassert d_square(1) == 3")
            assert shell.run_cell("check('scalar_gradients.d_square')").result.outcome is Outcome.RIGHT
            shell.run_cell(stopped)
            at_once = "def d_square(x): return 2 * x\ncheck('scalar_gradients.d_square')"
            assert shell.run_cell(at_once).result.outcome is Outcome.RIGHT
    finally:
        InteractiveShell.clear_instance()
