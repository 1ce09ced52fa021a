"""Where formgrader looks for the course, for /etc/jupyterhub/instructors: in the home directory of who opens it."""

from pathlib import Path

c = get_config()  # noqa: F821

c.CourseDirectory.root = str(Path.home() / "course")
