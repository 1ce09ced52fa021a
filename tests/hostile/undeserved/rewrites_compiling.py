"""Has the shell's compiler and the builtins compile every later cell to nothing; checks are not compiled."""

LESSON = "no_grad"
FIRST = """
import ast, builtins

shell = get_ipython()
shell.compile.ast_parse = lambda source, *_, **__: ast.parse("")
builtins.compile = lambda source, *_, **__: type(shell).ast_node_interactivity
"""
