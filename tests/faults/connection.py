"""Faults of the connection: cut, killed, frozen; at connect, while facts are gathered, in a task, an upload, a handler."""

import hashlib
import os
import signal
import subprocess
import threading
import time

from ground import ALIVE, LAB, case

BIG = os.path.join(LAB, "big")


ONE = threading.Lock()


def big():
    """A file large enough to be caught on its way, made once."""
    with ONE:
        return made()


def made():
    if not os.path.exists(BIG):
        with open(BIG + ".new", "wb") as out:
            for _ in range(60):
                out.write(os.urandom(1 << 20))
        os.rename(BIG + ".new", BIG)
    return BIG


class Moment:
    """A play that is at one place when the fault comes, and how to see that it is there."""

    def __init__(self, trial, when):
        self.trial, self.when = trial, when
        trial.sh("rm -rf /opt/afterwards /opt/upload /etc/ansible; mkdir /opt/upload; echo old >/opt/upload/big")
        victim = "inventory_hostname == '%s'" % trial.host
        long = "command: sleep {{ '6.5' if %s else '0.1' }}" % victim
        after = "- command: touch /opt/afterwards\n  when: %s" % victim
        if when == "connect":
            self.play = trial.play("- ping:\n" + after)
        elif when == "facts":
            trial.sh("mkdir -p /etc/ansible/facts.d; printf '#!/bin/sh\\nexec sleep 6.5\\n' >/etc/ansible/facts.d/slow.fact; chmod 755 /etc/ansible/facts.d/slow.fact")
            trial.mend(trial.sh, "rm -rf /etc/ansible")
            self.play = trial.play("- ping:\n" + after, facts=True)
        elif when == "mid-task":
            self.play = trial.play("- %s\n%s" % (long, after))
        elif when == "mid-upload":
            self.play = trial.play("- copy: {src: %s, dest: /opt/upload/big, mode: '0644'}\n  when: %s\n- ping:\n%s" % (big(), victim, after))
        elif when == "handler":
            tasks = "- command: 'true'\n  notify: [long, afterwards]"
            self.play = trial.play(tasks, "- name: long\n  %s\n- name: afterwards\n  command: touch /opt/afterwards\n  when: %s" % (long, victim))

    def reached(self):
        if self.when == "connect":
            return True
        if self.when == "mid-upload":
            return self.trial.wait("the upload", self.arriving, 40)
        return self.trial.wait("the sleep", lambda: self.trial.sh("pgrep -f '^sleep 6.5'"), 40)

    def arriving(self):
        folder = self.trial.root("/opt/upload")
        try:
            return any(name.startswith(".impel") and os.path.getsize(os.path.join(folder, name)) > 3000000 for name in os.listdir(folder))
        except OSError:
            return False

    def aftermath(self, run, clean=15):
        """Nothing more was done, nothing is half there, nothing is left."""
        trial = self.trial
        trial.clean(clean)
        trial.not_there("/opt/afterwards")
        if self.when == "mid-upload":
            with open(trial.root("/opt/upload/big"), "rb") as file:
                got = file.read()
            with open(big(), "rb") as file:
                whole = hashlib.sha1(got).digest() == hashlib.sha1(file.read()).digest()
            if got != b"old\n" and not whole:
                trial.fail("the file is half written (%d bytes)" % len(got))


MOMENTS = ["connect", "facts", "mid-task", "mid-upload", "handler"]


def cut(trial, when):
    moment = Moment(trial, when)
    trial.mend(trial.link, "up")
    if when == "connect":
        trial.link("down")
    run = trial.start(moment.play)
    if moment.reached():
        trial.link("down")
        run.end(40)
        trial.link("up")
        why = "timed out|No route" if when == "connect" else "connection was lost: (the host does|no network)"
        trial.expect(run, 4, "unreachable", why, bound=40)
        moment.aftermath(run, 40)


def killed(trial, when):
    moment = Moment(trial, when)
    if when == "connect":
        trial.sh("systemctl stop ssh")
        trial.mend(trial.sh, "systemctl start ssh")
    run = trial.start(moment.play)
    if moment.reached():
        trial.sh("kill -9 $(pgrep -f '^sshd: deploy')")
        run.end(30)
        why = "Connection refused" if when == "connect" else "connection was lost: (the host closed|it was reset)"
        trial.expect(run, 4, "unreachable", why, bound=30)
        moment.aftermath(run)


def frozen(trial, when):
    moment = Moment(trial, when)
    who = "^sshd: .*-D" if when == "connect" else "^sshd: deploy"
    trial.mend(trial.sh, "pkill -CONT sshd")
    if when == "connect":
        trial.sh("pkill -STOP -f '%s'" % who)
    run = trial.start(moment.play)
    if moment.reached():
        trial.sh("pkill -STOP -f '%s'" % who)
        run.end(40)
        trial.sh("pkill -CONT sshd")
        why = "handshake|[Tt]imed out" if when == "connect" else "the host does not answer any more"
        trial.expect(run, 4, "unreachable", why, bound=40)
        moment.aftermath(run)


for _when in MOMENTS:
    case("cable cut", _when, "40")(lambda trial, when=_when: cut(trial, when))
    case("sshd killed", _when, "30")(lambda trial, when=_when: killed(trial, when))
    case("host frozen, idle timeout", _when, "40")(lambda trial, when=_when: frozen(trial, when))


@case("cable cut, nothing configured", "mid-task", "90")
def kernel_finds_it(trial):
    moment = Moment(trial, "mid-task")
    trial.mend(trial.link, "up")
    run = trial.start(moment.play, args="")
    if moment.reached():
        trial.link("down")
        run.end(100)
        trial.link("up")
        trial.expect(run, 4, "unreachable", "connection was lost: (the host did not answer|no network)", bound=100)
        moment.aftermath(run, 40)


@case("host frozen, command timeout", "mid-task", "40")
def command_timeout(trial):
    trial.mend(trial.sh, "pkill -CONT sshd")
    victim = "inventory_hostname == '%s'" % trial.host
    play = trial.play("- command: sleep {{ '6.5' if %s else '0.1' }}\n  timeout: 4\n- ping:" % victim)
    run = trial.start(play, args="")
    if trial.wait("the sleep", lambda: trial.sh("pgrep -f '^sleep 6.5'")):
        trial.sh("pkill -STOP -f '^sshd: deploy'")
        run.end(40)
        trial.sh("pkill -CONT sshd")
        trial.expect(run, 2, "failed", "[Tt]imed out", bound=40)
        trial.clean(15)


@case("command timeout", "mid-task", "15")
def too_long(trial):
    victim = "inventory_hostname == '%s'" % trial.host
    play = trial.play("- command: sleep {{ '6.5' if %s else '0.1' }}\n  timeout: 2\n- ping:" % victim)
    run = trial.run(play)
    trial.expect(run, 2, "failed", "[Tt]imed out", bound=15)
    trial.clean()


# -- the controller -----------------------------------------------------------------------------------------------


def struck(trial, when, signals, code, terminal=False, says=()):
    moment = Moment(trial, when)
    run = trial.start(moment.play, terminal=terminal)
    if moment.reached():
        struck_at = time.monotonic()
        for number in signals:
            if number == "close":
                os.close(run.master)
            elif number == "^C":
                os.write(run.master, b"\x03")
            else:
                run.signal(number)
            time.sleep(0.5)
        run.end(30)
        trial.seen.update(code=run.code, state=run.state(trial.host), took="%.0f" % (time.monotonic() - struck_at))
        if code is not None:
            trial.same("exit code", code, run.code, run)
        for words in says:
            if words not in run.said:
                trial.fail("not said: " + words, run)
        moment.aftermath(run, 20)


for _when in ["facts", "mid-task", "mid-upload", "handler"]:
    case("controller SIGKILLed", _when, "30")(lambda trial, when=_when: struck(trial, when, [signal.SIGKILL], -9))
    case("controller SIGTERMed", _when, "30")(lambda trial, when=_when: struck(trial, when, [signal.SIGTERM], 99))
    case("Ctrl-C once", _when, "30")(lambda trial, when=_when: struck(trial, when, ["^C"], 99, True, ["PLAY RECAP"]))
    case("Ctrl-C twice", _when, "30")(lambda trial, when=_when: struck(trial, when, ["^C", "^C"], 99, True))
case("terminal closed", "mid-task", "30")(lambda trial: struck(trial, "mid-task", ["close"], None, True))
case("terminal closed", "mid-upload", "30")(lambda trial: struck(trial, "mid-upload", ["close"], None, True))


# -- many hosts ---------------------------------------------------------------------------------------------------


@case("10 of 100 hosts flap", "all along", "60")
def flapping(trial):
    """A hundred names for one host; ten of them are reached through something that refuses, resets and stalls."""
    trial.sh("printf 'MaxStartups 300\\nMaxSessions 300\\n' >/etc/ssh/sshd_config.d/many.conf; systemctl restart ssh")
    trial.mend(trial.sh, "rm -f /etc/ssh/sshd_config.d/many.conf; systemctl restart ssh")
    flap = subprocess.Popen([*["ip", "netns", "exec", os.environ["IMPEL_LAB_NAME"]], "python3", os.path.join(os.path.dirname(__file__), "flap.py"), trial.address, "24310", "10"], stdout=subprocess.PIPE)
    trial.mend(flap.kill)
    flap.stdout.readline()
    with open(os.path.join(LAB, "known_hosts")) as known:
        key = known.readline().split(None, 1)[1]
    known = trial.file("known", "* " + key)
    lines = ["s%d ansible_host=%s" % (i, trial.address) for i in range(90)]
    lines += ["f%d ansible_host=127.0.0.1 ansible_port=%d" % (i, 24310 + i) for i in range(10)]
    text = "\n".join(lines) + "\n[all:vars]\nansible_user=deploy\nansible_ssh_private_key_file=%s/key\nansible_ssh_common_args=-o UserKnownHostsFile=%s %s\n" % (LAB, known, ALIVE)
    hosts = trial.file("many.ini", text)
    tasks = "".join("- command: echo %d\n" % i for i in range(5))
    play = trial.play(tasks, become=False)
    from ground import IMPEL, SCRIPT, Run

    run = Run(trial, [SCRIPT, "exec", IMPEL, "run", "-i", hosts, "-f", "100", play], {}, False, None, None)
    trial.runs.append(run)
    run.end(90)
    steady = [run.state("s%d" % i) for i in range(90)]
    flappy = [run.state("f%d" % i) for i in range(10)]
    trial.seen.update(code=run.code, state="%d unreachable" % flappy.count("unreachable"), others="%d ok" % steady.count("ok"), took="%.0f" % run.took)
    trial.same("exit code", 4, run.code, run)
    trial.same("steady hosts", 90, steady.count("ok"), run)
    if not set(flappy) <= {"ok", "unreachable"} or "unreachable" not in flappy:
        trial.fail("flapping hosts: %s" % flappy, run)
    if run.took > 60:
        trial.fail("took %.0f s" % run.took)
    flap.kill()
    trial.clean(15)
