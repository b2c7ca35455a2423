"""Random YAML documents, as text: what people write into a `dvc.yaml`, and what YAML lets them write.

Everything is drawn from a `random.Random`: from hypothesis (`texts()`), which shrinks what fails, or from a
seed. Comments are numbered (`#@7`), so that a test can tell which of them are still there.
"""

from __future__ import annotations

import random
import re

from hypothesis import strategies as st

COMMENT = re.compile(r"#@\d+")

_WORDS = [
    "a",
    "cmd",
    "data/raw.csv",
    "python train.py --lr ${lr}",
    "${item.name}",
    "https://example.com/x?y=1#z",
    "model.pkl",
    "two words",
    "a-b",
    "-x",
    "x:y",
    "a#b",
    "ünï",
    "😀",
    "~/x",
    "it's",
    'say "x"',
    "!=",
    "a | b > c",
    "%d",
    "50%",
    "a\\b",
    "C:\\data",
    "<",
    "*.csv"[1:],
    "a, b",
    "x]",
    "{x"[1:],
    "k=v",
    "(a)",
]
_RESOLVED = [
    *("yes", "no", "on", "True", "false", "null", "~", "Null", "NULL", "TRUE", "tRuE"),
    *("0", "1", "-1", "+12", "012", "0o17", "0x1F", "0b11", "1_000", "1__0", "-0", "0o8", "08"),
    *("1.5", "1.", ".5", "-.5", "1e3", "1E-3", "1.5e+3", "1e", "1_0.5", "1.2.3", ".inf", "-.INF", ".nan", "+.inf"),
    *("2024-01-31", "2024-1-1", "2024-01-31 10:00:00", "2024-01-31T10:00:00Z", "2001-12-14t21:59:43.10-05:00"),
    *("12:30:45", "1:20", "<<", "-", "--", "---x", "...x", "0.1.0", "v1", "_1", "1_", "e3", ".", "..", "+", "-e", "<"),
]
_KEYS = ["stages", "train", "cmd", "deps", "outs", "params", "cache", "a", "b", "c", "data.csv", "x y", "1", "ü", "yes"]
_SPECIAL = " :#-?,[]{}&*!|>'\"%@`~ab1.\t"
_ESCAPES = ["\\n", "\\t", "\\\\", '\\"', "\\/", "\\x41", "\\u00e9", "\\U0001F600", "\\0", "\\_", "\\N", "\\L", "\\e"]


class _Writer:
    """Writes one document; `column` is that of the collection around, -1 at the top."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.comments = 0
        self.named = 0
        #: those whose node is complete: an alias inside of what it repeats is a matter of its own
        self.anchors: list[str] = []
        self.mappings: list[str] = []
        self.words: list[str] = []
        self.step = rng.choice([2, 2, 2, 2, 1, 3, 4])
        self.indents_lists = rng.random() < 0.4
        self.commented = rng.choice([0.0, 0.05, 0.3])

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    # --- the document -------------------------------------------------------------------------------------

    def document(self) -> str:
        head = self._own_lines()
        if self.chance(0.02):
            head += self.rng.choice(["%YAML 1.2\n---\n", "%YAML 1.1\n---\n", "%TAG ! tag:yaml.org,2002:\n---\n"])
        elif self.chance(0.06):
            head += "---" + self.rng.choice(["\n", "\n", " # doc\n", "\n\n"])
        depth = self.rng.randrange(1, 5)
        kind = self.rng.random()
        if kind < 0.75:
            body = self._mapping(0, depth)
        elif kind < 0.9:
            body = self._sequence(0, depth)
        else:
            body = self._value(-1, depth).lstrip(" ") if self.chance(0.9) else ""
        indent = self.rng.choice([1, 2, 4]) if kind < 0.9 and self.chance(0.04) else 0
        if indent:
            body = " " * indent + body.replace("\n", "\n" + " " * indent)
        text = head + body + "\n" + self._own_lines()
        if self.chance(0.02):
            text += "...\n"
        if self.chance(0.15):
            text = text.rstrip("\n")
        elif self.chance(0.1):
            text += self.rng.choice(["\n", "\n\n", "  \n", "  ", " \t\n", "# end"])
        return self._with_line_breaks(text)

    def _with_line_breaks(self, text: str) -> str:
        choice = self.rng.random()
        if choice < 0.1:
            text = text.replace("\n", "\r\n")
        elif choice < 0.12:
            text = text.replace("\n", "\r")
        elif choice < 0.14:
            text = re.sub("\n", lambda _: self.rng.choice(["\n", "\r\n"]), text)
        return "\ufeff" + text if self.chance(0.05) else text

    # --- comments and blank lines ---------------------------------------------------------------------------

    def _comment(self) -> str:
        self.comments += 1
        rest = self.rng.choice(["", " note", " a: b", " - x", "\ttab", " 'quote", " # again", " [", " é😀"])
        return f"#@{self.comments}{rest}"

    def _trailing(self) -> str:
        """A comment behind something, on its line."""
        if not self.chance(self.commented):
            return self.rng.choice([" ", "  "]) if self.chance(0.03) else ""
        return self.rng.choice([" ", "  ", "    "]) + self._comment()

    def _own_lines(self, column: int = 0) -> str:
        """Blank lines and comments on lines of their own."""
        lines = []
        while self.chance(self.commented * 0.7):
            indent = self.rng.choice([column, column, column + self.step, 0, max(column - self.step, 0)])
            blank = self.rng.choice(["", "", "  ", " " * column])
            lines.append(" " * indent + self._comment() if self.chance(0.6) else blank)
        return "".join(line + "\n" for line in lines)

    # --- block collections ------------------------------------------------------------------------------------

    def _mapping(self, column: int, depth: int) -> str:
        """Entries at `column`; the first one's indentation is the caller's."""
        entries = []
        used: set[str] = set()
        for _ in range(self.rng.choice([1, 1, 2, 2, 3, 4])):
            key = self._key(column)
            if key in used and not self.chance(0.03):
                continue
            used.add(key)
            if self.chance(0.015):
                entries.append(f"? {key}" + ("\n" + " " * column + ":" + self._value(column, depth - 1)))
            else:
                space = " " if self.chance(0.02) else ""
                entries.append(f"{key}{space}:" + self._value(column, depth - 1))
        if self.mappings and self.chance(0.15):
            names = ["*" + self.rng.choice(self.mappings) for _ in range(self.rng.randrange(1, 3))]
            merged = names[0] if len(names) == 1 else "[" + ", ".join(names) + "]"
            entries.insert(self.rng.randrange(len(entries) + 1), f"<<: {merged}" + self._trailing())
        return self._lines(entries, column)

    def _sequence(self, column: int, depth: int) -> str:
        items = ["-" + self._item(column, depth - 1) for _ in range(self.rng.choice([1, 1, 2, 3, 3, 4]))]
        return self._lines(items, column)

    def _lines(self, entries: list[str], column: int) -> str:
        text = entries[0]
        for entry in entries[1:]:
            text += "\n" + self._own_lines(column) + " " * column + entry
        return text

    def _key(self, column: int) -> str:
        choice = self.rng.random()
        if choice < 0.8:
            return self.rng.choice(_KEYS)
        if choice < 0.86:
            return self._plain(flow=False, key=True)
        if choice < 0.91:
            return self._single([self._content()])
        if choice < 0.96:
            return self._double([self._content()])
        if choice < 0.97 and self.words:
            return "*" + self.rng.choice(self.words) + " "
        if choice < 0.985:
            self.anchors.append(self._new_anchor())
            self.words.append(self.anchors[-1])
            return f"&{self.anchors[-1]} " + self.rng.choice(_KEYS)
        return self._flow(column, 1)

    def _item(self, column: int, depth: int) -> str:
        """What follows a dash."""
        choice = self.rng.random()
        gap = " " * self.rng.choice([1, 1, 1, 1, 2, 3])
        if depth > 0 and choice < 0.3:
            inner = column + 1 + len(gap)
            return gap + (self._mapping(inner, depth) if choice < 0.2 else self._sequence(inner, depth))
        return self._value(column, depth, in_list=True)

    # --- what follows a key or a dash -----------------------------------------------------------------------------

    def _value(self, column: int, depth: int, in_list: bool = False) -> str:
        choice = self.rng.random()
        anchor = self._new_anchor() if self.chance(0.06) else ""
        text = self._value_as(choice, column, depth, in_list, self._properties(anchor))
        if anchor:
            self.anchors.append(anchor)
            if depth > 0 and choice < 0.22:
                self.mappings.append(anchor)
            elif text.startswith((f" &{anchor} x", f" &{anchor} a")):
                self.words.append(anchor)
        return text

    def _value_as(self, choice: float, column: int, depth: int, in_list: bool, properties: str) -> str:
        if depth > 0 and choice < 0.42:
            lead = (" " + properties.rstrip() if properties else "") + self._trailing() + "\n"
            as_mapping = choice < 0.22
            inner = max(column, 0) + self.step
            if not as_mapping and not in_list and not self.indents_lists and column >= 0:
                inner = column
            if column < 0:
                inner = self.rng.choice([0, self.step])
            lead += self._own_lines(inner) + " " * inner
            return lead + (self._mapping(inner, depth) if as_mapping else self._sequence(inner, depth))
        if choice < 0.46:
            return (" " + properties.rstrip() if properties else "") + self._trailing()
        if choice < 0.50 and self.anchors and not properties:
            return " *" + self.rng.choice(self.anchors) + self._trailing()
        space = self.rng.choice([" ", " ", " ", " ", "  ", "    "])
        if choice < 0.53:  # on the line below its key
            space = self._trailing() + "\n" + self._own_lines() + " " * (max(column, 0) + self.step)
        if choice < 0.60 and depth > 0:
            return space + properties + self._flow(column, depth) + self._trailing()
        if choice < 0.67:
            return " " + properties + self._block_scalar(column)
        return space + properties + self._scalar(column) + self._trailing()

    def _new_anchor(self) -> str:
        self.named += 1
        return f"{self.rng.choice(['a', 'x-1', 'base_2'])}{self.named}"

    def _properties(self, anchor: str) -> str:
        """An anchor, a tag, or mostly nothing."""
        words = [f"&{anchor} "] if anchor else []
        if self.chance(0.02):
            tags = ["!!str", "!!str", "!!str", "!!int", "!!float", "!!null", "!!map", "!!seq", "!x"]
            words.append(self.rng.choice(tags) + " ")
        return "".join(self.rng.sample(words, len(words)))

    # --- scalars ----------------------------------------------------------------------------------------------

    def _scalar(self, column: int) -> str:
        choice = self.rng.random()
        lines = [self._content() for _ in range(self.rng.choice([1] * 8 + [2, 3]))]
        fold = "\n" * self.rng.choice([1, 1, 1, 2, 3]) + " " * (max(column, 0) + self.step)
        if choice < 0.18:
            return self._single(lines, fold)
        if choice < 0.36:
            return self._double(lines, fold)
        if choice < 0.41:
            return self._plain() + fold + self._plain()
        return self._plain()

    def _plain(self, *, flow: bool = False, key: bool = False) -> str:
        choice = self.rng.random()
        if choice < 0.03:
            # an anchor, an alias or a tag would be one of nothing
            return "".join(self.rng.choice(_SPECIAL) for _ in range(self.rng.randrange(1, 6))).lstrip("&*!") or "w"
        word = self.rng.choice(_RESOLVED) if choice < 0.35 else self.rng.choice(_WORDS)
        if (flow and re.search(r"[,\[\]{}]|[:?]", word)) or (key and re.search(r"[:#'\"]|^[-!%]$", word)):
            return "w" if not self.chance(0.1) else word
        return word if word[0] not in "!%&*|>'\"@`-?" or self.chance(0.1) else "w" + word

    def _content(self) -> str:
        choice = self.rng.random()
        if choice < 0.1:
            return ""
        if choice < 0.3:
            return "".join(self.rng.choice(_SPECIAL) for _ in range(self.rng.randrange(1, 9)))
        return self.rng.choice(_WORDS if choice < 0.8 else _RESOLVED)

    def _single(self, lines: list[str], fold: str = "\n ") -> str:
        return "'" + fold.join(line.replace("'", "''") for line in lines) + "'"

    def _double(self, lines: list[str], fold: str = "\n ") -> str:
        quoted = []
        for line in lines:
            pieces = line.replace("\\", "\\\\").replace('"', '\\"')
            if self.chance(0.3):
                pieces += self.rng.choice(_ESCAPES) + self.rng.choice(["", "x", " "])
            if self.chance(0.1) and len(lines) > 1:
                pieces += self.rng.choice(["\\", " \\"])  # the line break is escaped
            quoted.append(pieces)
        if quoted[-1].endswith("\\") and not quoted[-1].endswith("\\\\"):
            quoted[-1] += "n"
        return '"' + fold.join(quoted) + '"'

    def _block_scalar(self, column: int) -> str:
        chomping = self.rng.choice(["", "", "-", "+"])
        indent = self.rng.choice([1, 2, 2, 3, 4])
        lines = []
        for _ in range(self.rng.choice([0, 1, 2, 2, 3])):
            line = self._content() if self.chance(0.4) else self.rng.choice(_WORDS)
            if self.chance(0.1):
                line = " " * self.rng.randrange(1, 4) + line
            elif self.chance(0.1):
                line = "# no comment"
            elif self.chance(0.05):
                line += "  "
            lines.append(line)
            while self.chance(0.15):
                lines.append("")
        starts_deeper = bool(lines) and lines[0][:1] in (" ", "")
        indicator = str(indent) if starts_deeper or self.chance(0.1) else ""
        header = chomping + indicator if self.chance(0.3) else indicator + chomping
        pad = " " * (max(column, 0) + indent)
        blank = self.rng.choice(["", "", "", pad, " "])
        body = "".join("\n" + (pad + line if line else blank) for line in lines)
        return self.rng.choice("|||>>") + header + self._trailing() + body + "\n" * self.rng.choice([0, 0, 0, 1, 2])

    # --- flow collections -------------------------------------------------------------------------------------------

    def _flow(self, column: int, depth: int) -> str:
        spread = self.chance(0.2) and column >= -1
        pad = " " * (max(column, 0) + self.rng.choice([1, 2, 4]))

        def gap(probability: float = 0.5) -> str:
            if spread and self.chance(0.6):
                return self._trailing() + "\n" + self._own_lines() + pad
            return " " if self.chance(probability) else ""

        is_mapping = self.chance(0.5)
        parts = []
        for _ in range(self.rng.choice([0, 1, 1, 2, 2, 3])):
            item = self._flow_value(column, depth - 1)
            if is_mapping:
                key = self._flow_key()
                item = key if self.chance(0.06) else f"{key}:{gap(1)}{item}"
                if key[0] in "\"'" and self.chance(0.1):
                    item = f"{key}:{self._flow_value(column, depth - 1)}"
            elif self.chance(0.05):
                item = f"{self._flow_key()}: {item}"
            parts.append(item)
        inner = ""
        for index, item in enumerate(parts):
            inner += (gap(0.2) if not index else "," + gap(0.9)) + item
        if parts:
            inner += ("," if self.chance(0.08) else "") + gap(0.2)
        return "{" + inner + "}" if is_mapping else "[" + inner + "]"

    def _flow_key(self) -> str:
        choice = self.rng.random()
        if choice < 0.8:
            return self.rng.choice(_KEYS)
        if choice < 0.9:
            return self._single([self._content()])
        return self._double([self._content()])

    def _flow_value(self, column: int, depth: int) -> str:
        choice = self.rng.random()
        anchor = self._new_anchor() if self.chance(0.03) else ""
        text = self._flow_value_as(choice, column, depth, f"&{anchor} " if anchor else "")
        if anchor:
            self.anchors.append(anchor)
        return text

    def _flow_value_as(self, choice: float, column: int, depth: int, properties: str) -> str:
        if depth > 0 and choice < 0.25:
            return properties + self._flow(column, depth)
        if choice < 0.3 and self.anchors and not properties:
            return "*" + self.rng.choice(self.anchors) + " "
        if choice < 0.33:
            return properties
        if choice < 0.5:
            return properties + self._single([self._content()])
        if choice < 0.65:
            return properties + self._double([self._content()])
        return properties + self._plain(flow=True)


def random_text(rng: random.Random) -> str:
    """A YAML document; about one in ten is malformed somewhere."""
    return _Writer(rng).document()


def mutate(text: str, rng: random.Random) -> str:
    """The text with a few small accidents: characters lost, doubled, put in, lines moved or indented."""
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        at = rng.randrange(len(text) + 1)
        choice = rng.randrange(8)
        lines = text.splitlines(keepends=True)
        line = rng.randrange(len(lines)) if lines else 0
        if choice == 0:
            text = text[:at] + text[at + 1 :]
        elif choice in (1, 2):
            text = (
                text[:at]
                + rng.choice([*_SPECIAL, "\n", "\r", "\n\n", "\ufeff", "\u2028", "\x85", "\x00", "- ", ": "])
                + text[at:]
            )
        elif choice == 3:
            text = text[:at] + text[at + rng.randrange(10) :]
        elif choice == 4 and lines:
            lines[line] = " " * rng.randrange(1, 4) + lines[line]
            text = "".join(lines)
        elif choice == 5 and lines:
            lines[line] = lines[line].removeprefix(" " * rng.randrange(1, 4))
            text = "".join(lines)
        elif choice == 6 and lines:
            other = rng.randrange(len(lines))
            lines[line], lines[other] = lines[other], lines[line]
            text = "".join(lines)
        elif choice == 7 and lines:
            lines.insert(rng.randrange(len(lines)), lines[line])
            text = "".join(lines)
    return text


def texts() -> st.SearchStrategy[str]:
    """Documents for hypothesis; it shows and shrinks the text."""
    return st.randoms(use_true_random=False).map(random_text)


def mutated(fixtures: list[str]) -> st.SearchStrategy[str]:
    """Accidents in given texts."""
    return st.tuples(st.sampled_from(fixtures), st.randoms(use_true_random=False)).map(lambda pair: mutate(*pair))
