"""The class, the pool and the browser of the tests that grade."""

from __future__ import annotations

from tests.grading.conftest import browser_page, class_of_eight, course, local_pool, undisturbed

__all__ = ["browser_page", "class_of_eight", "course", "local_pool", "undisturbed"]
