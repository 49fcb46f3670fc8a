#!/usr/bin/python3
"""A login shell that means harm: it knows the protocol from what it is sent, and answers as /opt/evil.mode says."""

import os
import re
import sys

mode, _, text = open("/opt/evil.mode").read().partition("\n")
out, lines = sys.stdout.buffer, sys.stdin.buffer


def say(what):
    out.write(what)
    out.flush()


def forever(what):
    while True:
        say(what)


if mode == "garbage":
    for _ in range(50):
        say(os.urandom(100000))
    sys.exit(0)
if mode == "endless":
    forever(os.urandom(65536).replace(b"@", b"a"))

first = lines.readline()
mark = re.search(rb"_iM=(@[0-9a-f]{32}@)", first)[1]
say(mark + b"H /tmp/../../etc\n")
for line in lines:
    if mode == "endless answer":
        forever(b"x" * 65536)
    elif mode == "say":
        # what defines a function has no answer
        if not re.match(rb"eval ", line):
            say(text.encode() + b"\n" + mark + b"0 0\n")
    elif mode == "status too large":
        say(mark + b"99999999999 0\n")
    elif mode == "flags too large":
        say(mark + b"0 9\n")
    elif mode == "end without a start":
        say(mark + b".\n")
    elif mode == "a thousand answers":
        say((b"x" + mark + b"1 0\n") * 1000)
    elif mode == "no end of line":
        forever(mark + b"1" * 65536)
    elif mode == "hello twice":
        say(mark + b"H /elsewhere\n")
    elif mode == "stderr without end":
        say(mark + b"0 1\nabc")
        sys.exit(0)
    elif mode == "not a number":
        say(mark + b"1e3 0\n")
    elif mode == "end of connection":
        sys.exit(0)
