"""The one place where a step for one submission fails: that becomes the submission's reason, and the class goes on."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import TypeVar

from ..modules import LessonError
from . import GradingError
from .submission import SubmissionError

Done = TypeVar("Done")

# The machine's own trouble, which the next submission would meet too.
_EVERYBODYS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ESTALE}
)


def for_one(step: Callable[[], Done], failed: Callable[[str], Done]) -> Done:
    """Take a step for one submission; where it fails, return what `failed` makes of the reason.

    Raises
    ------
    GradingError, LessonError, OSError
        When the failure is no submission's own: the walls don't stand, a lesson is broken, the disk is full.
    """
    try:
        return step()
    except SubmissionError as error:
        return failed(str(error))
    except (GradingError, LessonError):
        raise
    except OSError as error:
        if error.errno in _EVERYBODYS:
            raise
        return failed(f"a file of it can't be read or written: {error.strerror or type(error).__name__}")
    except Exception as error:
        return failed(f"the grader itself failed on it, with {type(error).__name__}: {str(error)[:200]}")
