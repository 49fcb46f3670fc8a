"""Faults of trust: passwords that are wrong or missing, a terminal that is wanted, host keys."""

import os
import re
import subprocess

from ground import LAB, case

TASKS = "- file: {path: /opt/by-root, state: directory}\n- ping:"


def asked(trial, says, code, *more, user="asked", password=None, bound=15, args=None):
    """A run whose host wants a password; the bystander's deploy needs none."""
    trial.sh("rm -rf /opt/by-root")
    hosts = os.path.join(trial.folder, "hosts.ini")
    with open(os.path.join(LAB, "hosts.ini")) as usual, open(hosts, "w") as own:
        own.write(re.sub(r"(?m)^(%s .*)$" % trial.host, r"\1 ansible_user=" + user, usual.read()))
    words = ["-i", hosts, *more]
    if password:
        words += ["--become-password-file", trial.file("password", password + "\n")]
    run = trial.run(trial.play(TASKS), *words, bound=bound)
    trial.expect(run, code, "failed" if code == 2 else "ok", says, bound=bound)
    if code == 2:
        trial.not_there("/opt/by-root")
    if password and password in run.said:
        trial.fail("the password is shown", run)
    trial.clean()


@case("sudo password wrong", "connect", "15")
def wrong(trial):
    asked(trial, "Incorrect sudo password", 2, password="not-the-one")


@case("sudo asks, none was given", "connect", "15")
def missing(trial):
    asked(trial, "Missing sudo password", 2)


@case("sudo password right, at -vvvv", "connect", "15")
def right(trial):
    asked(trial, "ok: |changed: ", 0, "-vvvv", password="open-sesame")


@case("sudo wants a terminal (requiretty)", "connect", "15")
def terminal(trial):
    trial.sh("echo 'Defaults:asked requiretty' >/etc/sudoers.d/tty; chmod 440 /etc/sudoers.d/tty")
    trial.mend(trial.sh, "rm /etc/sudoers.d/tty")
    asked(trial, "changed: ", 0, password="open-sesame")
    asked(trial, "Incorrect sudo password", 2, password="not-the-one")


@case("login user is not there", "connect", "15")
def nobody(trial):
    hosts = ["-e", "ansible_user=nosuch"]
    run = trial.run(trial.play("- ping:", become=False), *hosts, bound=15, mate=False)
    trial.expect(run, 4, "unreachable", "Permission denied", mate=False, bound=15)


def key_case(trial, known, code, says, env=()):
    path = trial.file("known", known)
    # the bystander's key is known in any case
    with open(os.path.join(LAB, "known_hosts")) as usual, open(path, "a") as own:
        own.writelines(line for line in usual if not line.startswith(trial.address + " "))
    args = "-o UserKnownHostsFile=%s -o GlobalKnownHostsFile=/dev/null" % path
    run = trial.run(trial.play("- ping:", become=False), "-e", "ansible_ssh_common_args='%s'" % args, args="", bound=15, env=env)
    trial.expect(run, code, "unreachable" if code else "ok", says, bound=15)
    trial.clean()


def another_key(trial):
    path = os.path.join(trial.folder, "other")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    with open(path + ".pub") as public:
        return " ".join(public.read().split()[:2])


@case("host key changed", "connect", "15")
def changed(trial):
    says = ["REMOTE HOST IDENTIFICATION HAS CHANGED", r"(?s)SHA256:.*SHA256:"]
    key_case(trial, "%s %s\n" % (trial.address, another_key(trial)), 4, says)


@case("host key changed, checking off", "connect", "15")
def changed_unchecked(trial):
    key_case(trial, "%s %s\n" % (trial.address, another_key(trial)), 0, "WARNING.*has changed", env=[("ANSIBLE_HOST_KEY_CHECKING", "False")])


@case("host key unknown, nobody to ask", "connect", "15")
def unknown(trial):
    key_case(trial, "", 4, "Host key verification failed")


@case("host key unknown, checking off", "connect", "15")
def unknown_unchecked(trial):
    key_case(trial, "", 0, "WARNING", env=[("ANSIBLE_HOST_KEY_CHECKING", "False")])


@case("host key revoked", "connect", "15")
def revoked(trial):
    with open(os.path.join(LAB, "known_hosts")) as known:
        key = next(line.split(None, 1)[1] for line in known if line.startswith(trial.address + " "))
    key_case(trial, "%s %s@revoked %s %s" % (trial.address, key, trial.address, key), 4, "revoked")
