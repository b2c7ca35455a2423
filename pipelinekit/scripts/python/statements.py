"""Follows statements: assignments, branches, loops, definitions, imports."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pipelinekit.scripts.python import definitions
from pipelinekit.scripts.python.expressions import MAX_STEPS, evaluate
from pipelinekit.scripts.python.handing import hand_on, lose
from pipelinekit.scripts.python.values import (
    MAX_ROUNDS,
    UNKNOWN,
    Class,
    External,
    Function,
    Instance,
    Module,
    items_of,
    merged,
    plain,
    same,
    truth,
)

if TYPE_CHECKING:
    from pipelinekit.scripts.python.machine import Frame, Machine

#: How statements end: what stands behind them runs; they leave the loop around them; they leave the function.
GOES_ON, LEAVES_LOOP, LEAVES = 0, 1, 2


def execute(machine: Machine, body: list[ast.stmt], frame: Frame) -> int:
    """Follow statements one after the other."""
    for statement in body:
        handler = _STATEMENTS.get(type(statement))
        if handler is None:
            continue
        try:
            ended = handler(machine, statement, frame)
        except RecursionError:
            machine.observed.gaps.append("it is nested too deeply")
            continue
        if ended:
            return ended
        machine.steps += 1
        if machine.steps >= MAX_STEPS:
            machine.stop()
            return LEAVES
    return GOES_ON


def _expression(machine: Machine, node: ast.Expr, frame: Frame) -> int:
    value = node.value
    if type(value) is ast.Constant:
        return GOES_ON
    result = evaluate(machine, value, frame)
    return LEAVES if type(result) is External and result.name in _EXITS else GOES_ON


_EXITS = frozenset({"sys.exit()", "builtins.exit()", "builtins.quit()", "os._exit()", "os.abort()"})


def _assign(machine: Machine, node: ast.Assign, frame: Frame) -> int:
    value = evaluate(machine, node.value, frame)
    for target in node.targets:
        assign(machine, target, value, frame)
    return GOES_ON


def _annotated(machine: Machine, node: ast.AnnAssign, frame: Frame) -> int:
    if node.value is not None:
        assign(machine, node.target, evaluate(machine, node.value, frame), frame)
    return GOES_ON


def _augmented(machine: Machine, node: ast.AugAssign, frame: Frame) -> int:
    from pipelinekit.scripts.python.operations import binary

    target: Any = node.target
    before = evaluate(machine, ast.copy_location(_as_read(target), target), frame)
    after = binary(node.op, before, evaluate(machine, node.value, frame))
    assign(machine, node.target, after, frame)
    return GOES_ON


def _as_read(target: ast.expr) -> ast.expr:
    if isinstance(target, ast.Name):
        return ast.Name(target.id, ast.Load())
    if isinstance(target, ast.Attribute):
        return ast.Attribute(target.value, target.attr, ast.Load())
    if isinstance(target, ast.Subscript):
        return ast.Subscript(target.value, target.slice, ast.Load())
    return target


def assign(machine: Machine, target: ast.expr, value: Any, frame: Frame) -> None:
    """Give a value to what stands left of a `=`."""
    kind = type(target)
    if kind is ast.Name:
        name = target.id  # type: ignore[attr-defined]
        if frame.shared is not None and name in frame.shared:
            machine.module_at(frame.module).names[name] = value if not machine.doubts else UNKNOWN
        else:
            frame.names[name] = value
    elif isinstance(target, ast.Attribute):
        holder = evaluate(machine, target.value, frame)
        if type(holder) is External or holder is UNKNOWN:
            hand_on(machine, value, target, frame)
        _set_attribute(machine, holder, target.attr, value)
    elif isinstance(target, ast.Subscript):
        holder = evaluate(machine, target.value, frame)
        index = plain(evaluate(machine, target.slice, frame))
        if type(holder) is dict and isinstance(index, (str, int)):
            holder[index] = merged((holder[index], value)) if machine.doubts and index in holder else value
        elif type(holder) is dict:
            hand_on(machine, [holder, value], target, frame)
            holder.clear()
            holder[UNKNOWN] = UNKNOWN
        elif type(holder) is list:
            if isinstance(index, int) and -len(holder) <= index < len(holder):
                holder[index] = value
            else:
                holder[:] = [UNKNOWN] * len(holder)
        elif type(holder) is External and holder.name == "os.environ" and isinstance(index, str):
            machine.environment[index] = value
        else:
            hand_on(machine, value, target, frame)
    elif isinstance(target, (ast.Tuple, ast.List)):
        _unpack(machine, target.elts, value, frame)
    elif isinstance(target, ast.Starred):
        assign(machine, target.value, UNKNOWN, frame)


def _set_attribute(machine: Machine, holder: Any, name: str, value: Any) -> None:
    if type(holder) is Module:
        names = machine.module_at(holder).names
    elif type(holder) is Instance or type(holder) is Class:
        names = holder.attributes
    else:
        return
    names[name] = merged((names[name], value)) if machine.doubts and name in names else value


def _unpack(machine: Machine, targets: list[ast.expr], value: Any, frame: Frame) -> None:
    values = items_of(value)
    starred = any(isinstance(target, ast.Starred) for target in targets)
    if values is None or starred or len(values) != len(targets):
        values = [UNKNOWN] * len(targets)
    for target, part in zip(targets, values, strict=True):
        assign(machine, target, part, frame)


# --- branches ------------------------------------------------------------------------------------------------


def _if(machine: Machine, node: ast.If, frame: Frame) -> int:
    test = node.test
    if is_type_checking(test):
        return machine.execute(node.orelse, frame)
    taken = truth(evaluate(machine, test, frame))
    if taken is not None:
        return machine.execute(node.body if taken else node.orelse, frame)
    return _either(machine, [node.body, node.orelse], frame)


def is_type_checking(test: ast.expr) -> bool:
    """Whether a condition is `TYPE_CHECKING`: what stands below it never runs."""
    if isinstance(test, ast.Attribute):
        return test.attr == "TYPE_CHECKING"
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"


def _either(machine: Machine, bodies: list[list[ast.stmt]], frame: Frame) -> int:
    """Follow each of several bodies from the same state; what holds afterwards is what they agree on."""
    names = frame.names
    before = dict(names)
    ends: list[int] = []
    states: list[dict[str, Any]] = []
    machine.doubts += 1
    try:
        for body in bodies:
            if states or ends:
                names.clear()
                names.update(before)
            ended = machine.execute(body, frame) if body else GOES_ON
            ends.append(ended)
            if ended == GOES_ON:
                states.append(dict(names) if body else before)
    finally:
        machine.doubts -= 1
    if not states:
        return min(ends)
    _agree(machine, frame, states)
    return GOES_ON


def _agree(machine: Machine, frame: Frame, states: list[dict[str, Any]]) -> None:
    """What a name is worth after one of several ways was gone; a name that one way lacks is the others'."""
    names, first = frame.names, states[0]
    if len(states) == 1:
        if names is not first:
            names.clear()
            names.update(first)
        return
    result = dict(first)
    for state in states[1:]:
        for name, value in state.items():
            if name not in result:
                result[name] = value
            elif result[name] is not value and not same(result[name], value):
                result[name] = lose(machine, [result[name], value], UNKNOWN, frame)
    names.clear()
    names.update(result)


def _match(machine: Machine, node: ast.Match, frame: Frame) -> int:
    subject = plain(evaluate(machine, node.subject, frame))
    bodies: list[list[ast.stmt]] = []
    for case in node.cases:
        pattern = case.pattern
        matches: bool | None = None
        if isinstance(pattern, ast.MatchValue) and subject is not UNKNOWN:
            value = plain(evaluate(machine, pattern.value, frame))
            matches = None if value is UNKNOWN else bool(value == subject)
        elif isinstance(pattern, ast.MatchAs) and pattern.pattern is None:
            matches = True
            if pattern.name is not None:
                frame.names[pattern.name] = subject
        if case.guard is not None and matches is not False:
            evaluate(machine, case.guard, frame)
            matches = None
        if matches is False:
            continue
        if matches and not bodies:
            return machine.execute(case.body, frame)
        bodies.append(case.body)
    return _either(machine, [*bodies, []], frame) if bodies else GOES_ON


def _try(machine: Machine, node: ast.Try, frame: Frame) -> int:
    before = dict(frame.names)
    ended = machine.execute(node.body, frame)
    if ended == GOES_ON and node.orelse:
        ended = machine.execute(node.orelse, frame)
    if node.handlers:
        ended = _handlers(machine, node, before, ended, frame)
    if node.finalbody:
        return max(ended, machine.execute(node.finalbody, frame))
    return ended


def _handlers(machine: Machine, node: ast.Try, before: dict[str, Any], ended: int, frame: Frame) -> int:
    """Follow what happens on failure; afterwards everything is as if there was none, where that is possible."""
    names = frame.names
    after = dict(names)
    states: list[dict[str, Any]] = []
    ends = [ended]
    machine.doubts += 1
    try:
        for handler in node.handlers:
            names.clear()
            names.update(before)
            if handler.name is not None:
                names[handler.name] = UNKNOWN
            end = machine.execute(handler.body, frame)
            ends.append(end)
            if end == GOES_ON:
                states.append(dict(names))
    finally:
        machine.doubts -= 1
    if ended == GOES_ON:
        for state in states:
            for name, value in state.items():
                after.setdefault(name, value)
        names.clear()
        names.update(after)
        return GOES_ON
    if not states:
        return min(ends)
    _agree(machine, frame, states)
    return GOES_ON


# --- loops ---------------------------------------------------------------------------------------------------


def _for(machine: Machine, node: ast.For | ast.AsyncFor, frame: Frame) -> int:
    values = items_of(evaluate(machine, node.iter, frame))
    if values is None or len(values) > MAX_ROUNDS:
        before = dict(frame.names)
        assign(machine, node.target, UNKNOWN, frame)
        machine.execute(node.body, frame)
        _agree(machine, frame, [before, dict(frame.names)])
    else:
        for value in values:
            assign(machine, node.target, value, frame)
            if machine.execute(node.body, frame) == LEAVES:
                return LEAVES
    machine.execute(node.orelse, frame)
    return GOES_ON


def _while(machine: Machine, node: ast.While, frame: Frame) -> int:
    if truth(evaluate(machine, node.test, frame)) is False:
        return machine.execute(node.orelse, frame)
    before = dict(frame.names)
    machine.execute(node.body, frame)
    _agree(machine, frame, [before, dict(frame.names)])
    return GOES_ON


def _leave_loop(machine: Machine, node: ast.stmt, frame: Frame) -> int:
    return LEAVES_LOOP


# --- the rest ------------------------------------------------------------------------------------------------


def _with(machine: Machine, node: ast.With | ast.AsyncWith, frame: Frame) -> int:
    outside = machine.cwd
    leaving: list[Function] = []
    moved = False
    for entry in node.items:
        machine.take_entered()
        value = evaluate(machine, entry.context_expr, frame)
        entered = machine.take_entered()
        if entered is not None:
            # a context manager that went to another folder until its `yield`, and back again behind it
            machine.cwd, moved = entered[0], True
        if type(value) is Instance and value.cls is not None:
            enter, leave = value.cls.find("__enter__"), value.cls.find("__exit__")
            if type(leave) is Function:
                leaving.append(leave.bound_to(value))
            if type(enter) is Function:
                value = machine.call(enter.bound_to(value), [], {})
        if entry.optional_vars is not None:
            assign(machine, entry.optional_vars, value, frame)
    ended = machine.execute(node.body, frame)
    for method in reversed(leaving):
        machine.call(method, [None, None, None], {})
    if moved:
        machine.cwd = outside
    return ended


def _return(machine: Machine, node: ast.Return, frame: Frame) -> int:
    frame.returned.append(evaluate(machine, node.value, frame) if node.value is not None else None)
    return LEAVES


def _raise(machine: Machine, node: ast.Raise, frame: Frame) -> int:
    if node.exc is not None:
        evaluate(machine, node.exc, frame)
    return LEAVES


def _assert(machine: Machine, node: ast.Assert, frame: Frame) -> int:
    evaluate(machine, node.test, frame)
    return GOES_ON


def _shared(machine: Machine, node: ast.Global | ast.Nonlocal, frame: Frame) -> int:
    if isinstance(node, ast.Global):
        frame.shared = (frame.shared or set()) | set(node.names)
    return GOES_ON


def _delete(machine: Machine, node: ast.Delete, frame: Frame) -> int:
    for target in node.targets:
        if isinstance(target, ast.Name):
            frame.names.pop(target.id, None)
    return GOES_ON


_Handler = Callable[["Machine", Any, "Frame"], int]
_STATEMENTS: dict[type[ast.stmt], _Handler] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.If: _if,
    ast.Match: _match,
    ast.Try: _try,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.Break: _leave_loop,
    ast.Continue: _leave_loop,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Assert: _assert,
    ast.Global: _shared,
    ast.Nonlocal: _shared,
    ast.Delete: _delete,
    ast.FunctionDef: definitions.define_function,
    ast.AsyncFunctionDef: definitions.define_function,
    ast.ClassDef: definitions.define_class,
    ast.Import: definitions.import_modules,
    ast.ImportFrom: definitions.import_names,
}
if hasattr(ast, "TryStar"):
    _STATEMENTS[ast.TryStar] = _try
