"""Random templates and what ansible-core makes of each, as a list of JSON objects on stdout.

Arguments: how many, and the seed. The templates are made of Jinja's grammar, some of them damaged by a token, over the
variables of more.yml.
"""

import json
import random
import re
import sys

import yaml

import reference

NAMES = ["n", "s", "lst", "d", "t", "nosuch", "date", "seq", "table", "empty", "keys", "undefref", "none", "true", "x"]
LITERALS = [
    "0", "1", "2", "-1", "1_000", "0x1f", "0b11", "0o17", "1.5", "1e3", "2.5e-3", "017", "1.", ".5", "1__0", "0_0",
    "'a'", '"b"', "'a' 'b'", "''", "'é'", "'\\n'", '"\\x41"', "'it''s'", "'%s'", "'{{ n }}'", "[]", "[1, 2]", "{}",
    "{'a': 1}", "()", "(1,)", "(1, 2)", "[1,]", "{'a': 1,}", "True", "False", "None", "omit",
]
BINARY = [
    "+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or", "+", "~",
    "==", "and", "or",
]
FILTERS = [
    "upper", "lower", "length", "int", "float", "string", "list", "first", "last", "default('z')", "default(n)",
    "d('q', true)", "join", "join('-')", "sort", "unique", "reverse", "abs", "round", "bool", "title", "trim",
    "replace('a', 'b')", "map('upper')", "select", "reject('none')", "selectattr('rank', '==', 2)",
    "map(attribute='name')", "sum", "min", "max", "batch(2)", "dict2items", "items", "type_debug", "to_json",
    "ternary('y', 'n')", "ansible.builtin.upper", "nope", "count", "capitalize", "center(5)", "indent", "wordcount",
    "e", "tojson", "combine({'z': 1})", "groupby('rank')", "slice(2)", "format(1)", "mandatory",
    "regex_replace('a', 'b')", "split", "b64encode", "quote", "flatten", "zip([1])",
]
TESTS = [
    "defined", "undefined", "none", "string", "number", "mapping", "iterable", "sequence", "odd", "even",
    "divisibleby 2", "divisibleby(3)", "sameas none", "in [1, 2]", "in(lst)", "eq 1", "lower", "true", "boolean",
    "match('h')", "not defined", "not none", "nope", "ansible.builtin.odd", "subset([1])", "callable", "lt 3", "integer",
    "truthy", "falsy", "escaped", "float",
]
ATTRIBUTES = [
    ".a", ".b", ".b.c", "['a']", "[0]", "[-1]", "[1:]", "[:1]", "[::2]", "[::-1]", "[none:1]", ".items()", ".keys()",
    ".values()", ".upper()", ".get('a')", ".get('z', 3)", ".nope", ".0", "[n]", "[s]", ".split('i')", "['a', 'b']",
    ".strip()", ".startswith('h')", ".format(1)", ".year", ".count(1)", ".index(1)", ".append(1)", ".pop()",
    "[0:1, 2]", "[]", "['b']['c']", "['b'].c[0]", ".copy()", ".update({'u': 1})",
]
CALLS = [
    "range(3)", "range(*[1, 3])", "dict(a=1)", "dict(a=1, **{'b': 2})", "dict(a=1, a=2)", "range(1,)", "lookup('x')",
    "namespace(a=1)", "m(1)", "m()", "m(a=2)", "query('items', [1, 2])", "range(n)",
    "dict([('k', 1)])", "m(*lst)", "m(1, 2, 3)", "undef()", "caller()", "loop.index", "varargs", "kwargs",
]
SIGNS = ["", "", "", "", "-", "+"]


class Grammar:
    def __init__(self, seed):
        self.chance = random.Random(seed)

    def one(self, *choices):
        return self.chance.choice(choices)

    def atom(self):
        return self.one(*self.one(NAMES, NAMES, LITERALS, CALLS))

    def expression(self, depth):
        if depth <= 0:
            return self.atom()
        inner = lambda: self.expression(depth - self.chance.randint(1, 2))
        match self.chance.randint(0, 15):
            case 0 | 1 | 2 | 3:
                return f"{inner()} {self.one(*BINARY)} {inner()}"
            case 4 | 5 | 6:
                return f"{inner()}{self.one(' | ', '|')}{self.one(*FILTERS)}"
            case 7 | 8:
                return f"{inner()} is {self.one(*TESTS)}"
            case 9 | 10:
                return f"{inner()}{self.one(*ATTRIBUTES)}"
            case 11:
                return f"{self.one('not ', '-', '+', 'not not ')}{inner()}"
            case 12:
                return f"({inner()})"
            case 13:
                return f"{inner()} if {inner()}" + (f" else {inner()}" if self.chance.random() < 0.8 else "")
            case 14:
                return self.one(f"[{inner()}, {inner()}]", f"{{'k': {inner()}}}", f"({inner()}, {inner()})")
            case _:
                return f"{inner()}({inner()})" if self.chance.random() < 0.2 else inner()

    def tag(self, text):
        return f"{{%{self.one(*SIGNS)} {text} {self.one(*SIGNS)}%}}"

    def body(self, depth):
        return "".join(self.part(depth - 1) for _ in range(self.chance.randint(0, 3)))

    def part(self, depth):
        space = self.one("", "", " ", "\n", "  \n ", "\n\n")
        if depth <= 0:
            return self.one("a", "b ", f"{{{{ {self.expression(1)} }}}}", "%", "{") + space
        text = lambda: self.expression(self.chance.randint(0, 2))
        tag, body = self.tag, lambda: self.body(depth)
        match self.chance.randint(0, 17):
            case 0 | 1 | 2 | 3:
                left, right = self.one("", "", "-", "+"), self.one("", "", "-")
                return f"{{{{{left} {self.expression(3)} {right}}}}}" + space
            case 4 | 5:
                return self.one("text", "a\n", " b", "é", "}}", "%}", "#}") + space
            case 6:
                return f"{{#{self.one(*SIGNS)} c {{{{ {self.one(*SIGNS)}#}}" + space
            case 7:
                return tag("raw").replace("%+", "%") + "{{ x }}" + space + tag("endraw") + space
            case 8 | 9:
                middle = self.one("", tag("else") + body(), tag("elif " + text()) + body())
                return tag("if " + text()) + body() + middle + tag("endif") + space
            case 10 | 11:
                target = self.one("x", "x", "x, y", "(x, y)", "x", "x", "x", "x", "y", "y", "x,", "loop", "x.y")
                head = f"for {target} in {text()}" + self.one("", "", " if x", " recursive", " if x recursive", ":")
                inside = body() + self.one("", "{{ x }}", "{{ loop.index }}", "{{ loop.last }}", "{{ loop(x) }}")
                middle = self.one("", "", tag("else") + "none")
                return tag(head) + inside + middle + tag("endfor") + space
            case 12:
                target = self.one("x", "x", "y", "x, y", "n", "ns.a", "loop", "self", "x.y", "(x)", "true", "é")
                return tag(f"set {target} = {text()}") + space
            case 13:
                filters = self.one("", " | upper", " | trim | length")
                return tag(f"set x{filters}") + body() + tag("endset") + space
            case 14:
                parameters = self.one("", "a", "a=1", "a, b=2", "a, a", "a=1, b", "caller", "varargs")
                says = self.one("", "{{ a }}", "{{ caller() }}", "{{ varargs }}", "{{ kwargs }}")
                return tag(f"macro m({parameters})") + says + body() + tag("endmacro") + space
            case 15:
                head = self.one("call m()", "call(z) m(1)", "call m", "call(z=1) m(a=2)", "call m() | upper")
                return tag(head) + body() + tag("endcall") + space
            case 16:
                head, end = self.one(
                    ("filter upper", "endfilter"), ("with", "endwith"), (f"with x={text()}", "endwith"),
                    ("with x=1, y=x", "endwith"), ("block b", "endblock"), ("block c scoped", "endblock c"),
                    ("autoescape true", "endautoescape"), ("block r required", "endblock"), ("block b-c", "endblock"),
                    ("filter replace('a', 'b') | upper", "endfilter"),
                )
                return tag(head) + body() + tag(end) + space
            case _:
                return tag(self.one(
                    "print 1, n", "print", "include 'nope' ignore missing", "include 'nope'", "do x", "break", "nope",
                    "extends 'nope'", "import 'nope' as y", "from 'nope' import a, b as c", "from 'nope' import a,",
                    "set ns = namespace(a=1)", "set ns.a = 2", "else", "endfor", "include ['nope', 'no'] ignore missing",
                )) + space

    def damaged(self, template):
        """The template with a token left out, doubled, swapped or put in."""
        tokens = re.findall(r"\w+|\s+|'[^']*'|\{\{|\}\}|\{%|%\}|.", template, re.S)
        if not tokens:
            return template
        at = self.chance.randrange(len(tokens))
        match self.chance.randint(0, 3):
            case 0:
                del tokens[at]
            case 1:
                tokens.insert(at, tokens[at])
            case 2:
                other = self.chance.randrange(len(tokens))
                tokens[at], tokens[other] = tokens[other], tokens[at]
            case _:
                tokens.insert(at, self.one("(", ")", "[", "]", ",", ".", "|", "is", "not", "if", "'", "}", ":", "=", "*", "**", "~", "!", "$", ";", "in", "-", "1", "else"))
        return "".join(tokens)

    def template(self):
        made = self.one(
            lambda: f"{{{{ {self.expression(self.chance.randint(1, 4))} }}}}",
            lambda: f"{{{{ {self.expression(self.chance.randint(1, 4))} }}}}",
            lambda: self.body(3),
            lambda: self.body(4),
            lambda: "=" + self.expression(self.chance.randint(1, 3)),
        )()
        return self.damaged(made) if self.chance.random() < 0.25 else made


def main():
    reference.prepare()
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    variables = yaml.safe_load((reference.HERE / "more.yml").read_text("utf-8"))["variables"]
    grammar = Grammar(seed)
    results = []
    for _ in range(count):
        source = grammar.template()
        results.append({"source": source, **reference.evaluate(source, variables)})
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
