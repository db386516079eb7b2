"""What a PromQL expression asks for, read off its tokens. Whether it is PromQL, promtool says."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"""(?P<space>\s+)|(?P<text>"(?:\\.|[^"\\])*")|(?P<number>\d[\w.]*|\[[^\]]*\])"""
    r"""|(?P<name>[A-Za-z_][\w:]*)|(?P<sign>=~|!~|!=|[-+*/%^(){},=<>])"""
)
# What stands before a list of labels; `le` and the labels of a target belong to any metric.
LISTS = {"by", "without", "on", "ignoring", "group_left", "group_right"}
WORDS = {"and", "or", "unless", "offset", "bool"}


@dataclass(frozen=True)
class Matcher:
    """`label="value"` and its like."""

    label: str
    operator: str
    value: str

    def takes(self, value: str) -> bool:
        found = re.fullmatch(self.value, value) if "~" in self.operator else self.value == value
        return bool(found) != self.operator.startswith("!")

    def alternatives(self) -> list["Matcher"]:
        """One for each part of `a|b(c|d)`; an operator without parts stays as it is."""
        if self.operator != "=~":
            return [self]
        parts, depth = [""], 0
        for letter in self.value:
            depth += (letter == "(") - (letter == ")")
            if letter == "|" and depth == 0:
                parts.append("")
            else:
                parts[-1] += letter
        return [Matcher(self.label, "=~", part) for part in parts]


@dataclass(frozen=True)
class Selector:
    """A metric, and what of it is asked for."""

    metric: str
    matchers: tuple[Matcher, ...] = ()


@dataclass
class Asked:
    """Everything that an expression names."""

    selectors: list[Selector] = field(default_factory=list)
    listed: set[str] = field(default_factory=set)


def asked(expression: str) -> Asked:
    """Reads an expression from left to right: a name is a metric unless a parenthesis or list makes it something else."""
    found = Asked()
    tokens = list(_tokens(expression))
    at = 0
    while at < len(tokens):
        name, following = tokens[at], [*tokens, "", ""][at + 1]
        at += 1
        if name in LISTS:
            end = tokens.index(")", at)
            found.listed |= set(tokens[at + 1 : end]) - {","}
            at = end + 1
        elif re.match(r"[A-Za-z_]", name) and following not in {"(", *LISTS} and name not in WORDS:
            end = tokens.index("}", at) + 1 if following == "{" else at
            found.selectors.append(Selector(name, tuple(_matchers(tokens[at + 1 : end - 1]))))
            at = end
    return found


def _tokens(expression: str) -> Iterator[str]:
    at = 0
    while at < len(expression):
        token = TOKEN.match(expression, at)
        assert token, f"what is this in PromQL: {expression[at:]}"
        at = token.end()
        if token.lastgroup != "space":
            yield token.group()


def _matchers(tokens: list[str]) -> Iterator[Matcher]:
    """`label operator "value"`, with commas between."""
    for at in range(0, len(tokens), 4):
        label, operator, value = tokens[at : at + 3]
        yield Matcher(label, operator, value[1:-1])
