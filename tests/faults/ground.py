"""What the table of faults stands on: hosts that are broken and mended, runs of impel, what each trial saw."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPT = os.path.join(HERE, "..", "lab", "lab.sh")
LAB = os.environ["IMPEL_LAB"]
NAME = os.environ["IMPEL_LAB_NAME"]
IMPEL = os.environ["IMPEL"]
PROBE = "10.78.0.1"

# What a run needs beside the usual: short connects, and a peer that is silent for six seconds is gone.
ALIVE = "-o ServerAliveInterval=2 -o ServerAliveCountMax=2"

LEFT = r"""
find /tmp /var/tmp /dev/shm /run/user /opt /etc /home /root /small -name '.impel*' -o -name '*.impel*' 2>/dev/null
ps -eo user:12,args --no-headers | grep -E 'sshd: [a-z]+@|sshd: [a-z]+ \[|impel|^root +(sudo|sh) |^(deploy|asked|fishy|cshy|noisy|evil|ttyless) ' |
  grep -vE 'grep|systemd --user|\(sd-pam\)|ps -eo|fl-host'
"""


class Bystander:
    """One host that is never broken: in every run it must end well."""

    name = "h1"


class Trial:
    """One row of the table: a host of its own, files of its own, and what went wrong."""

    def __init__(self, host):
        self.host = host
        self.address = "10.78.0.%d" % (10 + int(host[1:]))
        self.folder = tempfile.mkdtemp(prefix="impel-fault.")
        self.wrong = []
        self.seen = {}
        self.mending = contextlib.ExitStack()
        self.runs = []

    # -- the host ------------------------------------------------------------------------------------------------
    def argv(self, *words):
        return [SCRIPT, "sh", self.host, *words]

    def sh(self, text, host=None):
        """Runs a script as root on the host, past impel and SSH; what it printed."""
        done = subprocess.run([SCRIPT, "sh", host or self.host, "sh", "-c", text], capture_output=True)
        return (done.stdout + done.stderr).decode(errors="replace").strip()

    def root(self, path):
        return os.path.join(LAB, self.host, "root" + path)

    def mend(self, what, *words):
        """Called when the trial ends, whatever happened."""
        self.mending.callback(what, *words)

    def link(self, state):
        subprocess.run(["ip", "-n", NAME, "link", "set", "v" + self.host, state], check=True)

    def left(self):
        return self.sh(LEFT)

    # -- runs ----------------------------------------------------------------------------------------------------
    def file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as into:
            into.write(text)
        return path

    def play(self, tasks, handlers="", facts=False, become=True):
        """A playbook of one play; `tasks` is YAML, indented as a list at the margin."""

        def inset(text):
            return "".join("    " + line + "\n" for line in text.strip("\n").split("\n"))

        text = "- hosts: all\n  gather_facts: %s\n  become: %s\n  tasks:\n%s" % (facts, become, inset(tasks))
        if handlers:
            text += "  handlers:\n" + inset(handlers)
        return self.file("play.yml", text)

    def start(self, play, *more, mate=True, env=(), args=ALIVE, terminal=False, prefix=(), stdout=None, stdin=None):
        """Starts impel where the hosts are; the bystander takes part unless the trial says no."""
        hosts = self.host + ("," + Bystander.name if mate else "")
        words = [SCRIPT, "exec", *prefix, IMPEL, "run", "-i", os.path.join(LAB, "hosts.ini"), "-l", hosts, play]
        if args:
            words += ["-e", "ansible_ssh_extra_args='%s'" % args]
        run = Run(self, [*words, *more], dict(env), terminal, stdout, stdin)
        self.runs.append(run)
        return run

    def run(self, play, *more, bound=60, **how):
        return self.start(play, *more, **how).end(bound)

    # -- what must hold ------------------------------------------------------------------------------------------
    def fail(self, text, run=None):
        self.wrong.append(text + ("\n" + run.tail() if run else ""))

    def same(self, what, expected, got, run=None):
        if expected != got:
            self.fail("%s: expected %r, got %r" % (what, expected, got), run)

    def wait(self, what, condition, seconds=20):
        """Waits until something holds; a trial whose fault cannot be set up has failed."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if condition():
                return True
            time.sleep(0.05)
        self.fail("never seen: " + what, self.runs[-1] if self.runs else None)
        return False

    def expect(self, run, code, state, says=(), silent=(), mate=True, bound=None):
        """The end of a run: its code, the host's state in the recap, words, the bystander's state."""
        self.seen.update(code=run.code, state=run.state(self.host), took="%.0f" % run.took)
        self.same("exit code", code, run.code, run)
        self.same("state of the host", state, run.state(self.host), run)
        for words in [says] if isinstance(says, str) else says:
            if not re.search(words, run.said):
                self.fail("not said: %s" % words, run)
        for words in [silent] if isinstance(silent, str) else silent:
            if words in run.said:
                self.fail("said: %s" % words, run)
        if mate:
            self.seen["others"] = run.state(Bystander.name)
            self.same("the bystander", "ok", run.state(Bystander.name), run)
        if bound is not None and run.took > bound:
            self.fail("took %.0f s, bound %d s" % (run.took, bound), run)

    def clean(self, seconds=8):
        """Nothing of impel is left on the host, at the latest after `seconds`."""
        until = time.monotonic() + seconds
        while (left := self.left()) and time.monotonic() < until:
            time.sleep(0.2)
        self.seen["left"] = "-" if not left else "something"
        if left:
            self.fail("left on the host:\n" + left)

    def not_there(self, path):
        if os.path.lexists(self.root(path)):
            self.fail("%s is there" % path)

    # -- the end -------------------------------------------------------------------------------------------------
    def close(self):
        for run in self.runs:
            run.kill()
        self.mending.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Run:
    """One run of impel and everything that it said."""

    def __init__(self, trial, words, env, terminal, stdout, stdin):
        self.code, self.said, self.took = None, "", 0.0
        self.started = time.monotonic()
        self.log = os.path.join(trial.folder, "said.%d" % len(trial.runs))
        environment = dict(os.environ, ANSIBLE_TIMEOUT="5", ANSIBLE_NOCOLOR="1", LC_ALL="C.UTF-8", **env)
        self.master = None
        inner, outer = stdin or subprocess.DEVNULL, stdout or open(self.log, "wb")
        if terminal:
            self.master, slave = os.openpty()
            inner = outer = slave
        self.child = subprocess.Popen(words, stdin=inner, stdout=outer, stderr=subprocess.STDOUT if not stdout else open(self.log, "wb"),
            env=environment, preexec_fn=lambda: self._lead(terminal))
        if terminal:
            os.close(slave)
            self.listener = threading.Thread(target=self._listen, daemon=True)
            self.listener.start()

    @staticmethod
    def _lead(terminal):
        import fcntl
        import termios

        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if terminal:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def _listen(self):
        with open(self.log, "ab") as log:
            while True:
                try:
                    got = os.read(self.master, 65536)
                except OSError:
                    return
                if not got:
                    return
                log.write(got)
                log.flush()

    def signal(self, number):
        os.kill(self.child.pid, number)

    def now(self):
        with open(self.log, "rb") as log:
            text = log.read().decode(errors="replace")
        # a terminal's progress line is wiped before each line of text
        return re.sub(r"(?m)^.*\x1b\[2K", "", text.replace("\r\n", "\n").replace("\r", ""))

    def end(self, bound=60):
        """Waits for the end; one that hangs is killed and has no code."""
        try:
            self.code = self.child.wait(timeout=max(1, bound))
        except subprocess.TimeoutExpired:
            self.kill()
            self.code = "hung"
        self.took = time.monotonic() - self.started
        if self.master is not None:
            self.listener.join(3)
        self.said = self.now()
        return self

    def kill(self):
        if self.child.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()

    def state(self, host):
        """The host's line of the recap in one word."""
        line = re.search(r"^%s\s+: (.*)" % re.escape(host), self.said, re.M)
        if not line:
            return "none"
        counts = {key: int(value) for key, value in (pair.split("=") for pair in line[1].split() if "=" in pair)}
        if counts["unreachable"]:
            return "unreachable"
        return "failed" if counts["failed"] else "ok"

    def tail(self):
        text = self.said or self.now()
        return "\n".join("  | " + line[:300] for line in text.strip().split("\n")[-25:])


CASES = []


def case(fault, when="", bound=""):
    """One row: what breaks, when, and in how many seconds it must be over."""

    def add(function):
        CASES.append((fault, when, bound, function))
        return function

    return add
