"""Answers as students write them, right and wrong, one module a lesson.

Each module holds `RIGHT` and `WRONG`: exercise id -> style or mistake -> source of the cell. A mistake is named by
its slug; what follows a colon tells spellings of the same mistake apart. `math`, `np` and `torch` are there already.
"""
