"""Answers a question through DVC's own modules; run by the project's Python, from stdin. It imports nothing of ours.

What it reads is JSON: `{"probe": source, "question": …}`. The source defines `ask(question)`, a generator that says the
name of each step before it takes it, and may print lines. At the end there is one more: `{"done": true}`, or the step
that failed with every error in the chain: `{"step": "write", "errors": [{"type": …, "code": …, "text": …}]}`.
"""

import sys

# a file of the project that is called like a module must not run
sys.path[:] = [folder for folder in sys.path if folder]

import json  # noqa: E402
import logging  # noqa: E402


def chain(error):
    """The error and what caused it, outermost first."""
    seen = []
    while error is not None and len(seen) < 12:
        answer = getattr(error, "response", None)
        code = answer.get("Error", {}).get("Code") if isinstance(answer, dict) else None
        code = code or getattr(error, "error_code", None) or getattr(error, "errno", None)
        seen.append({"type": type(error).__name__, "code": str(code or ""), "text": str(error)[:500]})
        error = error.__cause__ or error.__context__
    return seen


def answer(asked):
    """Ask, and say what came of it."""
    scope, step = {}, ""
    exec(asked["probe"], scope)
    try:
        for step in scope["ask"](asked["question"]):  # noqa: B007 - the last one counts
            pass
    except Exception as error:
        return {"step": step, "errors": chain(error)}
    return {"done": True}


logging.disable(logging.CRITICAL)
print(json.dumps(answer(json.load(sys.stdin))))
