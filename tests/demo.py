"""The main job on real input, in a course directory of its own: release, a class of 24, grades, feedback."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from autograder.lessons import all_lessons
from tests.sample_class import make_class

ROOT = Path(__file__).parent.parent
DEMO = ROOT / "demo"


def main() -> None:
    """Make the course in `demo/`, grade it with the commands an instructor would use, and say what to open."""
    shutil.rmtree(DEMO, ignore_errors=True)
    DEMO.mkdir()
    shutil.copy(ROOT / "nbgrader_config.py", DEMO)
    shutil.copytree(ROOT / "solutions", DEMO / "solutions")
    bin_ = Path(sys.executable).parent
    print("1. Release the lessons: autograder release", flush=True)
    subprocess.run([bin_ / "autograder", "release"], cwd=DEMO, check=True)
    students = {name for lesson in all_lessons() for name in make_class(DEMO, lesson)}
    print(f"2. A sample class of {len(students)} hands in {len(all_lessons())} lessons", flush=True)
    print("3. Grade it: autograder grade --feedback", flush=True)
    graded = subprocess.run([bin_ / "autograder", "grade", "--feedback"], cwd=DEMO)
    if graded.returncode not in (0, 1):
        sys.exit(graded.returncode)
    print("4. Write pages about the class: autograder report", flush=True)
    subprocess.run([bin_ / "autograder", "report"], cwd=DEMO, check=True)
    print("5. Export the grades: nbgrader export", flush=True)
    subprocess.run([bin_ / "nbgrader", "export", "--to", "grades.csv", "--log-level=ERROR"], cwd=DEMO, check=True)
    print(f"\nOpen these:\n  {_short('report/index.html')}\n  {_short('grades.csv')}\n  {_short('gradebook.db')}")
    pages = sorted((DEMO / "feedback").glob("*/*/*.html"))
    print(f"  {_short(pages[0].relative_to(DEMO))} and {len(pages) - 1} feedback pages more")


def _short(path: str | Path) -> str:
    return str((DEMO / path).relative_to(Path.cwd())) if DEMO.is_relative_to(Path.cwd()) else str(DEMO / path)


if __name__ == "__main__":
    main()
