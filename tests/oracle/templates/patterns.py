"""Patterns and subjects made by chance, and what Python's `re` makes of them, as JSON lines on stdout.

    python patterns.py SEED COUNT

Each line holds `pattern`, `subject` and `matches` (of each match its groups, with their spans in characters) or
`error` (Python's words). Patterns whose matching takes Python too long are left out.
"""

import json
import random
import re
import signal
import sys
import warnings

PIECES = [
    "a", "b", "c", "é", "ß", "A", "0", "7", "_", " ", "-", ".", "^", "$", "\\d", "\\D", "\\w", "\\W", "\\s", "\\S", "\\b",
    "\\B", "\\A", "\\Z", "\\n", "\\t", "\\.", "\\\\", "\\x41", "\\u00e9", "\\101", "\\0", "[abc]", "[^a]", "[a-c0-9]",
    "[\\w-]", "[]a]", "[^]]", "[[a]", "[a&&b]", "[\\d\\s]", "[a-]", "\\1", "\\2", "(?P=n)", "(?:)", "()", "|",
]
WRAPS = ["(%s)", "(?:%s)", "(?=%s)", "(?!%s)", "(?<=%s)", "(?<!%s)", "(?P<n>%s)", "(?>%s)", "(?i:%s)", "(?s:%s)", "(?m:%s)",
         "(?-i:%s)", "(?a:%s)", "(%s|a)", "(?(1)%s|b)"]
COUNTS = ["*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{,2}", "{1,}", "{0}", "{2,1}", "{x}", "*+", "++", "?+", "{1}?"]
SPOILED = ["(", ")", "[", "*", "\\", "\\p", "\\z", "(?<n>a)", "(?", "(?P<1>a)", "[z-a]", "\\9", "{", "a**", "(?#x)", "\\u12"]
LETTERS = "abcABC079_ é-.\nß\t"


def pattern(chance, depth):
    out = []
    for _ in range(chance.randint(1, 4)):
        roll = chance.random()
        if depth and roll < 0.35:
            piece = chance.choice(WRAPS) % pattern(chance, depth - 1)
        elif roll < 0.37:
            piece = chance.choice(SPOILED)
        else:
            piece = chance.choice(PIECES)
        if chance.random() < 0.25:
            piece += chance.choice(COUNTS)
        out.append(piece)
    return "".join(out)


def answer(text, subject):
    try:
        compiled = re.compile(text)
    except re.error as error:
        return {"error": str(error)}
    except (RecursionError, OverflowError) as error:
        return {"error": type(error).__name__}
    groups = range(compiled.groups + 1)
    return {"matches": [[m.span(g) for g in groups] for m in compiled.finditer(subject)]}


def main():
    warnings.simplefilter("ignore")
    chance = random.Random(int(sys.argv[1]))

    def too_long(*_):
        raise TimeoutError

    signal.signal(signal.SIGALRM, too_long)
    for _ in range(int(sys.argv[2])):
        text = ("(?i)" if chance.random() < 0.1 else "") + pattern(chance, 2)
        subject = "".join(chance.choice(LETTERS) for _ in range(chance.randint(0, 10)))
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        try:
            result = answer(text, subject)
        except TimeoutError:
            continue
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        print(json.dumps({"pattern": text, "subject": subject, **result}))


main()
