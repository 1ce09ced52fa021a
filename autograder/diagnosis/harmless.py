"""Whether variants of an answer may run: only of one that computes, and reaches nothing outside its process.

An edit that takes a part out of a path changes which file is written. So the text of an answer, and what its names stand
for, must be of the modules that compute, or be data.
"""

from __future__ import annotations

import ast
import builtins
import types
from typing import Any

from .text import Text

_MODULES = frozenset(
    [
        "math",
        "cmath",
        "numpy",
        "torch",
        "random",
        "functools",
        "itertools",
        "operator",
        "statistics",
        "fractions",
        "decimal",
        "collections",
        "copy",
        "typing",
        "dataclasses",
        "contextlib",
        "abc",
        "numbers",
        "warnings",
        "autograder",
    ]
)
# Parts of those modules, functions and methods that reach files, processes, or code that is made of text.
_REACHING = frozenset(
    [
        "save",
        "savez",
        "savez_compressed",
        "savetxt",
        "load",
        "loads",
        "loadtxt",
        "genfromtxt",
        "tofile",
        "fromfile",
        "memmap",
        "dump",
        "dumps",
        "open",
        "write",
        "writelines",
        "system",
        "popen",
        "unlink",
        "rmtree",
        "utils",
        "distributed",
        "multiprocessing",
        "hub",
        "onnx",
        "jit",
        "ops",
        "cpp_extension",
        "serialization",
        "ctypeslib",
        "lib",
        "f2py",
        "testing",
        "compile",
        "script",
        "trace",
        "share_memory_",
        "from_file",
        "DataSource",
        "cuda",
        "backends",
        "classes",
        "package",
        "seed",
        "manual_seed",
        "set_num_threads",
        "set_default_dtype",
        "set_default_device",
        "os",
        "sys",
        "io",
        "simplefilter",
        "filterwarnings",
    ]
)
_BUILTINS = frozenset(
    [
        "open",
        "exec",
        "eval",
        "compile",
        "input",
        "breakpoint",
        "exit",
        "quit",
        "help",
        "getattr",
        "setattr",
        "delattr",
        "globals",
        "locals",
        "vars",
        "memoryview",
        "copyright",
        "credits",
        "license",
        "__import__",
        "__build_class__",
        "__loader__",
        "__spec__",
    ]
)


def computes_only(text: Text) -> bool:
    """Whether a text names nothing that reaches outside: judged by its words alone."""
    own = _own_attributes(text)
    for node in ast.walk(text.tree):
        match node:
            case ast.Import(names):
                if any(one.name.partition(".")[0] not in _MODULES or _reaches(one.name) for one in names):
                    return False
            case ast.ImportFrom(module, names, level):
                if level or (module or "").partition(".")[0] not in _MODULES or _reaches(module or ""):
                    return False
                if any(one.name in _REACHING or one.name == "*" for one in names):
                    return False
            case ast.Attribute(_, name):
                if name in _REACHING or (name.startswith("_") and name not in own):
                    return False
            case ast.Name(name):
                if name in _BUILTINS:
                    return False
            # What catches an interrupt can't be stopped.
            case ast.ExceptHandler(None):
                return False
            case ast.ExceptHandler(ast.expr() as kind) if any(
                isinstance(one, ast.Name) and one.id in ("BaseException", "KeyboardInterrupt") for one in ast.walk(kind)
            ):
                return False
            case ast.Try(_, _, _, final) if not all(_lets_go(one) for one in final):
                return False
            case ast.Global() | ast.Nonlocal() | ast.Await():
                return False
    return True


def _own_attributes(text: Text) -> frozenset[str]:
    """Return the attributes that may begin with `_`: those that a text makes, its methods, and what any class has."""
    own = {"__init__", "__class__", "__name__"}
    for node in ast.walk(text.tree):
        match node:
            case ast.Attribute(ast.Name("self"), name, ast.Store()) | ast.FunctionDef(name):
                own.add(name)
    return frozenset(own)


def _lets_go(statement: ast.stmt) -> bool:
    """Whether a statement that runs after an interrupt ends soon, and leaves the interrupt as it is."""
    for node in ast.walk(statement):
        match node:
            case (
                ast.While()
                | ast.Return()
                | ast.Break()
                | ast.Continue()
                | ast.Yield()
                | ast.YieldFrom()
                | ast.comprehension()
            ):
                return False
            case ast.Call(function) if not isinstance(function, ast.Attribute):
                return False
    return True


def _reaches(module: str) -> bool:
    return any(part in _REACHING for part in module.split("."))


def computes(thing: Any) -> bool:
    """Whether what a name stands for is of the modules that compute, or data: judged where the student's code runs."""
    if isinstance(thing, types.ModuleType):
        return thing.__name__.partition(".")[0] in _MODULES and not _reaches(thing.__name__)
    if isinstance(thing, types.FunctionType | types.BuiltinFunctionType | types.MethodType | type):
        if (name := thing.__name__) and vars(builtins).get(name) is thing:
            return name not in _BUILTINS
        # A function of the interpreter's own that belongs to an object has no module, and the object's class has.
        module: str = getattr(thing, "__module__", None) or type(getattr(thing, "__self__", None)).__module__
        return module.partition(".")[0] in _MODULES and not _reaches(module)
    return True
