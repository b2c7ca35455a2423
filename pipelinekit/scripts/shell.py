"""Shell commands → the simple commands in them, with their words, redirections and the folder they run in.

Commands of plain words, most of them, are split here; everything else is parsed by the grammar of
tree-sitter-bash. Variables that are given a constant, loops over words, functions and `$1` are followed;
what can't be known without running it (`$HOME`, most of `$(…)`, globs) has no text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from pipelinekit.scripts.shell_words import State, Word, Words

if TYPE_CHECKING:
    from tree_sitter import Node as SyntaxNode
    from tree_sitter import Parser, Tree

__all__ = ["SimpleCommand", "Word", "assignments_of", "is_complete", "lines_of", "parse_command", "parse_script"]

# `${}` of a template stands for words that aren't known yet, and so do the shell's own variables
_PLAIN = re.compile(r"(?!\Z)[A-Za-z0-9_./=:,@%+\- ]*(?:\$\{[^{}'\"`$]*\}[A-Za-z0-9_./=:,@%+\- ]*)*\Z")
# A template that the grammar of a shell has no place for
_TEMPLATE = re.compile(r"\$\{\s*\w+(?:\[\w+\])*\.[\w.\-\[\]]*\s*\}")
_WORD = re.compile(r"[^ $]+(?:\$\{[^}]*\}[^ $]*)*|(?:\$\{[^}]*\}[^ $]*)+")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
#: The most commands that loops and functions are unrolled to.
_MOST = 2000
_DEEPEST_CALL = 20
#: Programs that only ask: what hangs on their answer may not run.
_QUESTIONS = frozenset({"test", "[", "command", "which", "type", "hash", "grep", "false"})
_PYTHONPATH = "PYTHONPATH"
_NOT_FILES = frozenset({"/dev/null", "/dev/stdout", "/dev/stderr", "/dev/stdin", "/dev/tty"})


class SimpleCommand(NamedTuple):
    """A program and its arguments. `folder` is where a `cd` before it leads, None if that can't be known."""

    words: tuple[Word, ...]
    #: what is set for it: `A=1 program`, and variables that were exported before
    assignments: tuple[tuple[str, str | None], ...]
    reads: tuple[Word, ...]
    writes: tuple[Word, ...]
    folder: str | None
    #: whether another program reads what it prints
    is_piped: bool = False
    #: whether it depends on a test, or on the failure of another command, whether it runs
    is_conditional: bool = False
    #: the text that it is given on its standard input, where that stands in the command (`<<EOF`)
    given: Word | None = None

    @property
    def program(self) -> str:
        """The name of the program, without its folder; empty if unknown."""
        text = self.words[0].text if self.words else None
        return text.rpartition("/")[2] if text else ""


@lru_cache(maxsize=65536)
def parse_command(line: str) -> tuple[SimpleCommand, ...]:
    """The simple commands of a command line, in the order in which they are written."""
    if _PLAIN.match(line) and "=" not in line.lstrip().partition(" ")[0]:
        return (SimpleCommand(tuple(_split(line)), (), (), (), "."),) if line.strip() else ()
    return parse_script(line)


def parse_script(
    text: str,
    arguments: Iterable[str | None] | None = None,
    name: str | None = None,
    home: str = "",
    environment: Iterable[tuple[str, str | None]] = (),
) -> tuple[SimpleCommand, ...]:
    """The simple commands of a text in which lines belong together.

    `arguments` are what the script is given as `$1`…, `name` is `$0`, `home` the absolute path of the folder in
    which it starts, `environment` the variables that are set for it.
    """
    variables: dict[str, list[str | None]] = {key: [value] for key, value in environment}
    state = State(variables, list(arguments) if arguments is not None else None, name, home)
    state.exported = frozenset(variables)
    if "${" in text:
        text = _TEMPLATE.sub(lambda match: "${" + "_" * (len(match.group()) - 3) + "}", text)
    try:
        return tuple(_Reader(text, state).commands())
    except RecursionError:
        return ()  # a line nested hundreds of levels deep: nothing that is known of it would help anybody


def lines_of(command: str) -> list[str]:
    """The lines that DVC hands to a shell one by one."""
    return command.splitlines()


def _split(line: str) -> Iterator[Word]:
    if "$" in line:
        for match in _WORD.finditer(line):
            text = match.group()
            yield Word(None if "$" in text else text, match.start(), match.end())
        return
    start = 0
    for text in line.split(" "):
        end = start + len(text)
        if text:
            yield Word(text, start, end)
        start = end + 1


def syntax_tree(text: str) -> Tree:
    """The tree of a text in the grammar of bash; offsets in it count bytes."""
    return _parser().parse(text.encode("utf-8", "replace"))


@lru_cache(maxsize=1)
def _parser() -> Parser:
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_bash.language()))


class _Flow(NamedTuple):
    """What surrounds a command: the redirections around it, and whether its output goes into a pipe."""

    reads: tuple[Word, ...] = ()
    writes: tuple[Word, ...] = ()
    piped: bool = False
    given: Word | None = None
    #: words that stand behind a redirection, and belong to the command: `sort < in -o out`
    more: tuple[SyntaxNode, ...] = ()


_ALONE = _Flow()


class _Reader:
    def __init__(self, text: str, state: State) -> None:
        self.state = state
        self.words = Words(text, state)
        self.found: list[SimpleCommand] = []
        self.functions: dict[str, SyntaxNode] = {}
        self.calls = 0
        self.doubts = 0
        self.folders: list[str | None] = []

    def commands(self) -> list[SimpleCommand]:
        self._visit(_parser().parse(self.words.data).root_node, _ALONE)
        return self.found

    # --- structure -------------------------------------------------------------------------------------------

    def _visit(self, node: SyntaxNode, flow: _Flow) -> None:
        kind = node.type
        if len(self.found) >= _MOST:
            return
        if kind == "command":
            self._command(node, flow)
        elif kind in ("variable_assignment", "variable_assignments", "declaration_command", "unset_command"):
            self._declaration(node)
        elif kind == "redirected_statement":
            self._redirected(node, flow)
        elif kind == "pipeline":
            self._pipeline(node, flow)
        elif kind == "list":
            self._list(node, flow)
        elif kind in ("subshell", "command_substitution", "process_substitution"):
            self._apart(node, flow if kind == "subshell" else flow._replace(piped=True))
        elif kind == "if_statement":
            self._if(node, flow)
        elif kind == "for_statement":
            self._for(node, flow)
        elif kind in ("while_statement", "c_style_for_statement"):
            self._while(node, flow)
        elif kind == "case_statement":
            self._case(node, flow)
        elif kind == "function_definition":
            name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
            if name is not None and body is not None:
                self.functions[self.words.source(name)] = body
        elif kind == "test_command":
            self._substitutions(node)
        elif kind not in ("heredoc_body", "comment"):
            self._children(node.named_children, flow)

    def _children(self, children: list[SyntaxNode], flow: _Flow) -> None:
        for child in children[:-1]:
            self._visit(child, _Flow(piped=flow.piped))
        for child in children[-1:]:
            # tree-sitter hangs the redirection of the last command on the whole list
            self._visit(child, flow)

    def _pipeline(self, node: SyntaxNode, flow: _Flow) -> None:
        children = node.named_children
        for child in children[:-1]:
            self._visit(child, _Flow(piped=True))
        for child in children[-1:]:
            self._visit(child, flow)

    def _list(self, node: SyntaxNode, flow: _Flow) -> None:
        """`a && b`, `a || b`: whether `b` runs may depend on `a`."""
        children = node.named_children
        if len(children) != 2:
            self._children(children, flow)
            return
        left, right = children
        self._visit(left, _Flow(piped=flow.piped))
        is_or = any(child.type == "||" for child in node.children)
        last = self.found[-1].program if self.found else ""
        if is_or or left.type in ("test_command", "negated_command") or last in _QUESTIONS:
            self._maybe([right], flow)
        else:
            self._visit(right, flow)

    def _apart(self, node: SyntaxNode, flow: _Flow) -> None:
        """What a subshell changes, the shell doesn't see."""
        outside = self.state.copy()
        self._children(node.named_children, flow)
        self.state.variables, self.state.arguments = outside.variables, outside.arguments
        self.state.folder, self.state.exported = outside.folder, outside.exported

    def _maybe(self, nodes: list[SyntaxNode], flow: _Flow) -> None:
        """What may run or not."""
        before = self.state.copy()
        self.doubts += 1
        self._children(nodes, flow)
        self.doubts -= 1
        self.state.forget_changes(before)

    def _if(self, node: SyntaxNode, flow: _Flow) -> None:
        conditions = [child for child in node.children_by_field_name("condition") if child.is_named]
        branches = [child for child in node.named_children if child.type in ("elif_clause", "else_clause")]
        body = [child for child in node.named_children if child not in conditions and child not in branches]
        for condition in conditions:
            self._visit(condition, _ALONE)
        answer = self._answer(conditions[0]) if len(conditions) == 1 else None
        if answer is True:
            self._children(body, flow)
            return
        if answer is None:
            self._maybe(body, flow)
        only_else = len(branches) == 1 and branches[0].type == "else_clause"
        if answer is False and only_else:
            self._children(branches[0].named_children, flow)
            return
        for branch in branches:
            self._maybe(branch.named_children, flow)

    def _answer(self, test: SyntaxNode) -> bool | None:
        """What `[ "$1" = train ]` comes to, where both sides are known."""
        inner = test.named_children[0] if test.type == "test_command" and len(test.named_children) == 1 else None
        if inner is None:
            return None
        sign = next((self.words.source(child) for child in inner.children if child.type in _COMPARISONS), "")
        if inner.type == "unary_expression" and sign in ("-z", "-n"):
            value = self.words.value(inner.named_children[-1])
            return None if value is None else (value == "") == (sign == "-z")
        left, right = inner.child_by_field_name("left"), inner.child_by_field_name("right")
        if inner.type != "binary_expression" or left is None or right is None or sign not in ("=", "==", "!="):
            return None
        values = self.words.value(left), self.words.value(right)
        return None if None in values else (values[0] == values[1]) == (sign != "!=")

    def _for(self, node: SyntaxNode, flow: _Flow) -> None:
        variable, body = node.child_by_field_name("variable"), node.child_by_field_name("body")
        if variable is None or body is None:
            return
        name = self.words.source(variable)
        nodes = node.children_by_field_name("value")
        values: list[str | None] = [word.text for value in nodes for word in self.words.expand(value)]
        for value in nodes:
            self._substitutions(value)
        if not nodes and not any(child.type == "in" for child in node.children):
            values = [None] if self.state.arguments is None else list(self.state.arguments)
        if values and None not in values and len(values) * max(1, len(self.found)) <= _MOST * 10:
            for text in values:
                self.state.variables[name] = [text]
                self._children(body.named_children, flow)
            return
        self._forget(body)
        self.state.variables[name] = [None]
        self._maybe(body.named_children, flow)

    def _while(self, node: SyntaxNode, flow: _Flow) -> None:
        self._forget(node)
        for child in node.named_children:
            if child.type == "do_group":
                self._maybe(child.named_children, flow)
            else:
                self._visit(child, _ALONE)

    def _forget(self, node: SyntaxNode) -> None:
        """What a loop changes isn't known when its body begins again."""
        waiting = [node]
        while waiting:
            inner = waiting.pop()
            if inner.type == "variable_assignment":
                name = inner.child_by_field_name("name")
                self.state.variables[self.words.source(name) if name is not None else ""] = [None]
            elif inner.type == "command":
                program = inner.child_by_field_name("name")
                text = self.words.source(program) if program is not None else ""
                if text == "cd":
                    self.state.folder = None
                elif text in ("shift", "set"):
                    self.state.arguments = None
            waiting += inner.named_children

    def _case(self, node: SyntaxNode, flow: _Flow) -> None:
        subject = node.child_by_field_name("value")
        text = self.words.value(subject) if subject is not None else None
        items = [child for child in node.named_children if child.type == "case_item"]
        for item in items:
            patterns = item.children_by_field_name("value")
            body = [child for child in item.named_children if child not in patterns]
            sources = [self.words.source(pattern) for pattern in patterns]
            if text is None or any(re.search(r"[$`'\"\\]", source) for source in sources):
                text = None
                self._maybe(body, flow)
            elif any(fnmatchcase(text, source) for source in sources):
                self._children(body, flow)
                return

    # --- one command -----------------------------------------------------------------------------------------

    def _redirected(self, node: SyntaxNode, flow: _Flow) -> None:
        reads, writes = list(flow.reads), list(flow.writes)
        given = flow.given
        body: SyntaxNode | None = None
        then: list[SyntaxNode] = []
        more: list[SyntaxNode] = []
        for child in node.named_children:
            if child.type == "file_redirect":
                self._redirect(child, reads, writes)
                more += child.children_by_field_name("destination")[1:]
            elif child.type == "heredoc_redirect":
                given = self._heredoc(child)
                for part in child.named_children:
                    if part.type == "file_redirect":
                        self._redirect(part, reads, writes)
                    elif not part.type.startswith("heredoc") and part.type not in _WORD_KINDS:
                        then.append(part)
            elif child.type == "herestring_redirect":
                self._substitutions(child)
            else:
                body = child
        piped = flow.piped or any(part.type == "pipeline" for part in then)
        if body is not None:
            self._visit(body, _Flow(tuple(reads), tuple(writes), piped, given, tuple(more)))
        for part in then:
            self._visit(part, _ALONE)

    def _heredoc(self, node: SyntaxNode) -> Word | None:
        """The text of `<<EOF`; with variables in it, it is known only if they are."""
        start = next((child for child in node.named_children if child.type == "heredoc_start"), None)
        body = next((child for child in node.named_children if child.type == "heredoc_body"), None)
        if start is None or body is None:
            return None
        text: str | None = self.words.source(body)
        if not set(self.words.source(start)) & set("'\"\\") and re.search(r"[$`\\]", text or ""):
            text = None
        if any(child.type == "<<-" for child in node.children) and text is not None:
            text = re.sub(r"^\t+", "", text, flags=re.MULTILINE)
        return self.words.word(body, text)

    def _redirect(self, node: SyntaxNode, reads: list[Word], writes: list[Word]) -> None:
        destination = node.child_by_field_name("destination")
        operator = next((child.type for child in node.children if not child.is_named), "")
        if destination is None or destination.type == "number":
            return
        if destination.type == "process_substitution":
            self._visit(destination, _ALONE)
            return
        if operator in (">&", "<&", "&>&"):
            return
        word = self.words.word(destination, self.words.value(destination))
        if word.text not in _NOT_FILES:
            (reads if operator == "<" else writes).append(word)

    def _substitutions(self, node: SyntaxNode) -> None:
        """The commands in `$(…)` and `<(…)`: they run, too."""
        if node.child_count == 0:
            return
        waiting = list(reversed(node.named_children))
        while waiting:
            inner = waiting.pop()
            if inner.type in ("command_substitution", "process_substitution"):
                self._visit(inner, _ALONE)
            else:
                waiting += reversed(inner.named_children)

    def _command(self, node: SyntaxNode, flow: _Flow) -> None:
        words: list[Word] = []
        assignments: list[tuple[str, str | None]] = self._exported()
        reads, writes = list(flow.reads), list(flow.writes)
        self._substitutions(node)
        self.state.base = self.state.folder
        for child in (*node.named_children, *flow.more):
            if child.type == "variable_assignment":
                assignments.append(self._assignment(child))
            elif child.type == "file_redirect":
                self._redirect(child, reads, writes)
            elif child.type not in ("heredoc_redirect", "herestring_redirect"):
                words += self.words.expand(child)
        self.state.base = None
        if not words:
            return
        program = words[0].text or ""
        if program in self.functions:
            self._call(self.functions[program], words[1:], flow)
            return
        self.found.append(
            SimpleCommand(
                tuple(words),
                tuple(assignments),
                tuple(reads),
                tuple(writes),
                self.state.folder,
                flow.piped,
                self.doubts > 0,
                flow.given,
            )
        )
        self._change_shell(program, [word.text for word in words[1:]])

    def _call(self, body: SyntaxNode, arguments: list[Word], flow: _Flow) -> None:
        if self.calls >= _DEEPEST_CALL:
            return
        self.calls += 1
        outside = self.state.arguments
        self.state.arguments = [word.text for word in arguments]
        self._visit(body, flow)
        self.state.arguments = outside
        self.calls -= 1

    def _change_shell(self, program: str, arguments: list[str | None]) -> None:
        """What builtin commands change for those after them."""
        state = self.state
        if program in ("cd", "pushd"):
            if program == "pushd":
                self.folders.append(state.folder)
            # `cd -- x`, `cd -P x`
            targets = [argument for argument in arguments if argument is None or argument not in ("--", "-P", "-L")]
            state.change_folder(targets[0] if len(targets) == 1 else None)
        elif program == "popd":
            state.folder = self.folders.pop() if self.folders else None
        elif program == "shift" and state.arguments is not None:
            count = arguments[0] if arguments else "1"
            state.arguments = state.arguments[int(count) :] if count is not None and count.isdigit() else None
        elif program == "set" and arguments[:1] == ["--"]:
            state.arguments = arguments[1:]
        elif program in ("read", "mapfile", "readarray", "getopts"):
            for name in arguments:
                if name in state.variables:
                    state.variables[str(name)] = [None]
        elif program in ("source", ".", "eval"):
            # what is in there may set anything
            state.variables = {name: [None] for name in state.variables}

    # --- variables -------------------------------------------------------------------------------------------

    def _exported(self) -> list[tuple[str, str | None]]:
        if not self.state.exported:
            return []
        variables = self.state.variables
        return [(name, values[0]) for name, values in variables.items() if name in self.state.exported and values]

    def _declaration(self, node: SyntaxNode) -> None:
        self._substitutions(node)
        parts = [node] if node.type == "variable_assignment" else node.named_children
        if node.type == "unset_command":
            for part in parts:
                self.state.variables.pop(self.words.source(part), None)
            return
        names: list[str] = []
        for part in parts:
            if part.type == "variable_assignment":
                names.append(self._assign(part))
            elif part.type == "variable_name":
                names.append(self.words.source(part))
        if node.type == "declaration_command" and self.words.source(node).startswith(("export", "declare -x")):
            self.state.exported |= frozenset(names)

    def _assign(self, node: SyntaxNode) -> str:
        name_node, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        name = self.words.source(name_node) if name_node is not None else ""
        values: list[str | None] = [""]
        if name_node is not None and name_node.type != "variable_name":
            name = name.partition("[")[0]
            values = [None]
        elif value is not None and value.type == "array":
            values = [word.text for child in value.named_children for word in self.words.expand(child)]
        elif value is not None:
            values = [self._assigned(value) if name != _PYTHONPATH else self._python_path(value)]
        if any(child.type == "+=" for child in node.children):
            values = [None]
        self.state.variables[name] = values
        return name

    def _assigned(self, value: SyntaxNode) -> str | None:
        # an assignment does not split: `A=$B` is `A="$B"`
        if value.type in ("simple_expansion", "expansion"):
            words = self.words.expand(value)
            known = [word.text for word in words]
            return None if None in known or len(known) > 1 else "".join(str(text) for text in known)
        return self.words.value(value)

    def _assignment(self, node: SyntaxNode) -> tuple[str, str | None]:
        name_node, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        name = self.words.source(name_node) if name_node is not None else ""
        if value is None:
            return name, ""
        return name, self._python_path(value) if name == _PYTHONPATH else self._assigned(value)

    def _python_path(self, value: SyntaxNode) -> str | None:
        """`$PYTHONPATH:src`: what it was before only adds to the places where modules are looked for."""
        known = self._assigned(value)
        if known is not None:
            return known
        entries = self.words.source(value).strip("\"'").split(":")
        return ":".join(entry for entry in entries if not re.search(r"[$`~*]", entry)) or None


_COMPARISONS = frozenset({"test_operator", "=", "==", "!="})
_WORD_KINDS = frozenset({"word", "string", "raw_string", "concatenation", "simple_expansion", "expansion", "number"})


def assignments_of(words: tuple[Word, ...]) -> dict[str, Any]:
    """`NAME=value` words at the start, as `env` takes them."""
    found: dict[str, Any] = {}
    for word in words:
        if word.text is None or not _ASSIGNMENT.match(word.text):
            break
        name, _, value = word.text.partition("=")
        found[name] = value
    return found


def is_complete(line: str) -> bool:
    """Whether a line can be run by itself: no quote, bracket or `if` is left open, nothing is closed that wasn't."""
    first = line.split(maxsplit=1)[:1]
    if not first or first[0] in _CONTINUING:
        return not first
    if _PLAIN.match(line):
        return first[0] not in _OPENING
    try:
        return not _parser().parse(line.encode("utf-8", "surrogatepass")).root_node.has_error
    except RecursionError:
        return True


_OPENING = frozenset({"if", "for", "while", "until", "case", "select", "function"})
_CONTINUING = frozenset({"then", "else", "elif", "fi", "do", "done", "esac", "}", ")"})
