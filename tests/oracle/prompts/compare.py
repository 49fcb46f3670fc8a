"""`vars_prompt` at a terminal, and without one: what ansible-core and impel show must be the same.

Usage: compare.py IMPEL ANSIBLE-PLAYBOOK
"""

import os
import pty
import re
import select
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ENVIRONMENT = dict(
    os.environ, ANSIBLE_NOCOLOR="1", ANSIBLE_LOCALHOST_WARNING="0", ANSIBLE_INVENTORY_UNPARSED_WARNING="0",
    ANSIBLE_DEPRECATION_WARNINGS="0", TERM="dumb",
)
# what is typed at one prompt after the other, and how it is called; an answer with a control character has no enter
CASES = [
    (["", "b b", "", "dd", "dd", "e", "other", "f", "g", "", "", "", "", "{{ 1+1 }}", "", "secret", "s2", "s2", "",
      "x", "y", "22"], ["site.yml", "-e", "given=X"]),
    (["pw"], ["unknown.yml"]),
    (["pw"], ["salt.yml"]),
    (["pw"], ["size.yml"]),
    (["\x03"], ["plain.yml"]),
    (["\x04"], ["plain.yml"]),
    ([], ["undefined.yml"]),
    # a vault's password that is not given is an error
    (["\x03"], ["plain.yml", "-J"]),
    (["\x04"], ["plain.yml", "-J"]),
    ([""], ["plain.yml", "--vault-id", "a@prompt"]),
]
LIMIT = 60
# Ctrl-C and Ctrl-D
KEYS = ("\x03", "\x04")


def at_terminal(program, answers, arguments):
    """What is shown at a terminal, and the exit code."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(HERE)
        os.execve(program, ["ansible-playbook", *arguments], ENVIRONMENT)
    shown, answered, answers = b"", 0, list(answers)
    last, sent = "", 0.0
    begun = time.monotonic()
    while time.monotonic() - begun < LIMIT:
        if select.select([terminal], [], [], 0.3)[0]:
            try:
                piece = os.read(terminal, 65536)
            except OSError:
                break
            if not piece:
                break
            shown += piece
        elif answers and shown[answered:].rstrip(b" ").endswith(b":"):
            answered = len(shown)
            last, sent = answers.pop(0), time.monotonic()
            os.write(terminal, last.encode() + (b"" if last in KEYS else b"\n"))
        elif last in KEYS and time.monotonic() - sent > 5:
            # ansible-core may miss a key that is struck just as it begins to wait for one
            sent = time.monotonic()
            os.write(terminal, last.encode())
    else:
        os.kill(pid, 9)
        shown += b"<< no end >>"
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(terminal)
    text = shown.decode(errors="replace").replace("\r\n", "\n")
    # ansible-core takes the end of input for a bug of its own, and tells its machinery; the hints are impel's
    text = re.sub(r"(?s)\[ERROR\]: (Unexpected Exception|the input ended).*", "[ERROR]: end of input", text)
    text = re.sub(r"(?m)^hint: .*\n", "", text)
    return re.sub(r"\*{5,}", "***", text).rstrip("\n"), code


def without_terminal(program, _answers, arguments):
    """The same where nobody is there, though something stands on the standard input."""
    done = subprocess.run(
        [program, *arguments], cwd=HERE, env=ENVIRONMENT, input=b"not read\n" * 50, capture_output=True, timeout=LIMIT,
    )
    return (done.stdout + done.stderr).decode().replace("*", ""), done.returncode


def main():
    impel, ansible = sys.argv[1:]
    failed = 0
    cases = [(at_terminal, *case) for case in CASES]
    cases.append((without_terminal, [], ["plain.yml"]))
    for how, answers, arguments in cases:
        wanted, got = how(ansible, answers, arguments), how(impel, answers, arguments)
        if wanted != got:
            failed += 1
            print(f"{how.__name__} {arguments}: exit {wanted[1]} against {got[1]}")
            print("--- ansible-core\n" + wanted[0] + "\n--- impel\n" + got[0])
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
