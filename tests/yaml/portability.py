"""What the two parsers that DVC may use make of a text: recorded, as not every machine has both.

`python` is ruamel.yaml's own parser, which a plain `pip install dvc` brings; `c` that of `ruamel.yaml.clib`
0.2.15, which takes its place where it is installed. The values are checked against both where both are there.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Refused(NamedTuple):
    """The parser refuses the text; `reason` is part of what it says."""

    reason: str


class Case(NamedTuple):
    text: str
    python: Any
    c: Any


_NO_TAB = Refused("found character '\\t' that cannot start any token")

#: What the parsers read differently: a document of this kind is not portable.
DISAGREED = [
    # tabs that separate
    Case("a:\tb\n", python=_NO_TAB, c={"a": "b"}),
    Case("a: b\t# c\n", python=_NO_TAB, c={"a": "b"}),
    Case("a: b\t\n", python=_NO_TAB, c={"a": "b"}),
    Case("a: x\ty\n", python=_NO_TAB, c={"a": "x\ty"}),
    Case("a:\t|\n  x\n", python=_NO_TAB, c={"a": "x\n"}),
    Case("a: |\t\n  x\n", python=Refused("but found '\\t'"), c={"a": "x\n"}),
    # ':' and '?' in unquoted values between brackets
    Case("[a:b]\n", python=["a:b"], c=Refused("found unexpected ':'")),
    Case("{a:b}\n", python={"a:b": None}, c=Refused("found unexpected ':'")),
    Case("[https://x.org/]\n", python=["https://x.org/"], c=Refused("found unexpected ':'")),
    Case("{a: https://x.org/}\n", python={"a": "https://x.org/"}, c=Refused("found unexpected ':'")),
    Case("[C:\\data]\n", python=["C:\\data"], c=Refused("found unexpected ':'")),
    Case("[&a C:\\data]\n", python=["C:\\data"], c=Refused("found unexpected ':'")),
    Case("[a:]\n", python=["a:"], c=Refused("found unexpected ':'")),
    Case("[:a]\n", python=[":a"], c=Refused("did not find expected node content")),
    Case("[::a]\n", python=["::a"], c=Refused("did not find expected node content")),
    Case("{:a}\n", python={None: "a"}, c=Refused("did not find expected node content")),
    Case("[a?b]\n", python=["a?b"], c=Refused("did not find expected ',' or ']'")),
    Case("{a?: b}\n", python={"a?": "b"}, c=Refused("did not find expected ',' or '}'")),
    Case('["a":b]\n', python=Refused("expected ',' or ']'"), c=[{"a": "b"}]),
    Case('["a":]\n', python=Refused("expected ',' or ']'"), c=[{"a": None}]),
    # line breaks to one, characters to the other
    Case("a: b\u2028c\n", python={"a": "b\u2028c"}, c=Refused("could not find expected ':'")),
    Case("a: b\u2029c\n", python={"a": "b\u2029c"}, c=Refused("could not find expected ':'")),
    Case("a: b\x85c\n", python={"a": "b c"}, c=Refused("could not find expected ':'")),
    Case("a: b\x85d: c\n", python=Refused("mapping values are not allowed here"), c={"a": "b", "d": "c"}),
    Case("a: |\n  b\u2028  c\n", python=Refused("expected <block end>"), c={"a": "b\u2028c\n"}),
    # byte-order marks that are not the first character
    Case("\ufeff\ufeffa: 1\n", python={"\ufeffa": 1}, c={"a": 1}),
    Case("# c\n\ufeffa: 1\n", python={"\ufeffa": 1}, c={"a": 1}),
    Case("a: 1\n\ufeffb: 2\n", python={"a": 1, "\ufeffb": 2}, c=Refused("did not find expected key")),
    # directives
    Case("%YAML 1.1\n---\na: yes\n", python={"a": True}, c={"a": "yes"}),
    Case("%YAML 1.1\n---\na: 010\n", python={"a": 8}, c={"a": 10}),
    Case("%YAML 1.1\n---\na: 12:30:45\n", python={"a": 45045}, c={"a": "12:30:45"}),
    Case("%YAML 1.1\n---\nyes: 1\ntrue: 2\n", python=Refused("found duplicate key"), c={"yes": 1, True: 2}),
    Case("%FOO x\n---\na: 1\n", python={"a": 1}, c=Refused("found unknown directive name")),
    # anchors
    Case("a: &x 1\nb: &x 2\nc: *x\n", python={"a": 1, "b": 2, "c": 2}, c=Refused("second occurrence")),
    Case("a: &x.y 1\nb: *x.y\n", python={"a": 1, "b": 1}, c=Refused("did not find expected alphabetic")),
    Case("a: &ü 1\nb: *ü\n", python={"a": 1, "b": 1}, c=Refused("did not find expected alphabetic")),
    Case("[&a: x]\n", python=["x"], c=[{None: "x"}]),
    # the rest
    Case("a: !\nb: 1\n", python={"a": None, "b": 1}, c={"a": "", "b": 1}),
    Case("a: |#c\n  b\n", python=Refused("but found '#'"), c={"a": "b\n"}),
    Case("a: |\n \n  b\n", python=Refused("more indented follow up line"), c={"a": "\nb\n"}),
    Case("a: b\n...\n...\n", python=Refused("but found another document"), c={"a": "b"}),
    Case('a: "b\\ud800"\n', python={"a": "b\ud800"}, c=Refused("found invalid Unicode character escape code")),
]

_ANY = Refused("")

#: What looks like the above, and both read alike.
AGREED = [
    Case("a: [\tb,\tc]\n", python={"a": ["b", "c"]}, c={"a": ["b", "c"]}),
    Case("a: 'x\ty'\n", python={"a": "x\ty"}, c={"a": "x\ty"}),
    Case("# a\ttab\na: 1\n", python={"a": 1}, c={"a": 1}),
    Case("a: {\n\tb: 1}\n", python={"a": {"b": 1}}, c={"a": {"b": 1}}),
    Case("-\ta\n", python=_NO_TAB, c=_ANY),
    Case("a:\n\tb: 1\n", python=_NO_TAB, c=_ANY),
    Case("a: b\n\t\nc: d\n", python=_NO_TAB, c=_ANY),
    Case("a: https://x.org/?q=1\n", python={"a": "https://x.org/?q=1"}, c={"a": "https://x.org/?q=1"}),
    Case("['https://x.org/']\n", python=["https://x.org/"], c=["https://x.org/"]),
    Case("{a: b, 'c':d}\n", python={"a": "b", "c": "d"}, c={"a": "b", "c": "d"}),
    Case("[a: b]\n", python=[{"a": "b"}], c=[{"a": "b"}]),
    Case("[? a]\n", python=[{"a": None}], c=[{"a": None}]),
    Case('["a": ]\n', python=[{"a": None}], c=[{"a": None}]),
    Case("{a, b: }\n", python={"a": None, "b": None}, c={"a": None, "b": None}),
    Case("[-x, -]\n", python=["-x", "-"], c=["-x", "-"]),
    Case("a: 'b\u2028c'\n", python={"a": "b\u2028c"}, c={"a": "b\u2028c"}),
    Case('a: "b\\Lc"\n', python={"a": "b\u2028c"}, c={"a": "b\u2028c"}),
    Case("\ufeffa: 1\nb: 2\n", python={"a": 1, "b": 2}, c={"a": 1, "b": 2}),
    Case("a: 'b\ufeffc'\n", python={"a": "b\ufeffc"}, c={"a": "b\ufeffc"}),
    Case("%YAML 1.2\n---\na: yes\n", python={"a": "yes"}, c={"a": "yes"}),
    Case("%YAML 1.1\n---\na: 1\n", python={"a": 1}, c={"a": 1}),
    Case("%YAML 2.0\n---\na: 1\n", python=_ANY, c=_ANY),
    Case("a: &x-1_y 1\nb: *x-1_y\n", python={"a": 1, "b": 1}, c={"a": 1, "b": 1}),
    Case("a: &x\nb: *x\n", python={"a": None, "b": None}, c={"a": None, "b": None}),
    Case("a: ! '12'\n", python={"a": 12}, c={"a": 12}),
    Case("a: !!str 12\n", python={"a": "12"}, c={"a": "12"}),
    Case("a: !x 1\n", python=_ANY, c=_ANY),
    Case("a: | # c\n  b\n", python={"a": "b\n"}, c={"a": "b\n"}),
    Case("a: |\n   \nb: 1\n", python={"a": "", "b": 1}, c={"a": "", "b": 1}),
    Case("a: |2-\n    b\n", python={"a": "  b"}, c={"a": "  b"}),
    Case("a: >\n  b\n   c\n  d\n", python={"a": "b\n c\nd\n"}, c={"a": "b\n c\nd\n"}),
    Case("a: b\n...\n", python={"a": "b"}, c={"a": "b"}),
    Case("a: b\n---\nc: d\n", python=Refused("but found another document"), c=Refused("but found another document")),
    Case("a: b\x07\n", python=Refused("special characters are not allowed"), c=_ANY),
    Case("a: b\x80\n", python=Refused("special characters are not allowed"), c=_ANY),
    Case("? [a, b]\n: c\n", python={("a", "b"): "c"}, c={("a", "b"): "c"}),
    Case("{a: 1}: b\n", python=Refused("found unhashable key"), c=Refused("found unhashable key")),
    Case("a: =\n", python=_ANY, c=_ANY),
    Case("a: <<\n", python=_ANY, c=_ANY),
    Case("=: a\n", python={"=": "a"}, c={"=": "a"}),
    Case("<<: {a: 1}\n", python={"a": 1}, c={"a": 1}),
    Case("a: b\r\nc: d\r\n", python={"a": "b", "c": "d"}, c={"a": "b", "c": "d"}),
    Case("a: b\rc: d\r", python={"a": "b", "c": "d"}, c={"a": "b", "c": "d"}),
    Case("a: 1\na: 2\n", python=Refused("found duplicate key"), c=Refused("found duplicate key")),
]

#: What both refuse, and is called unportable nevertheless: why.
CALLED_UNPORTABLE_THOUGH_BOTH_REFUSE = [
    # one refuses it for the second `a` alone, so it would still be unportable when that is mended
    Case("a: 1\na: 2\nb: [x:y]\n", python=Refused("found duplicate key"), c=Refused("found unexpected ':'")),
    # the tag is refused by both, but Python's parser comes to the tab before anyone looks at tags
    Case("a:\t!x [b]\n", python=_NO_TAB, c=Refused("could not determine a constructor")),
]
