"""The class and the pool of the tests that grade."""

from __future__ import annotations

from tests.grading.conftest import class_of_eight, course, local_pool

__all__ = ["class_of_eight", "course", "local_pool"]
