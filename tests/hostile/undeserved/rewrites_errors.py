"""Swallows every error of later cells by a custom exception handler and silent tracebacks; a missing answer stays
missing.
"""

LESSON = "accumulation"
FIRST = """
shell = get_ipython()
shell.set_custom_exc((BaseException,), lambda *_, **__: None)
shell.showtraceback = shell.showsyntaxerror = shell._showtraceback = lambda *_, **__: None
"""
