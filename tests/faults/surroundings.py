"""Faults of what surrounds a task: disks, folders, shells, clocks, and commands that do what they like."""

import os
import re
import subprocess
import threading
import time

from connection import big
from ground import LAB, case


def small(trial, options="size=4m"):
    """A small disk on the host, mounted where the trial wants it."""
    trial.sh("mkdir -p /small; umount -q /small; mount -t tmpfs -o %s none /small" % options)
    trial.mend(trial.sh, "umount -q /small; rmdir /small")


def only(trial, task):
    return "- %s\n  when: inventory_hostname == '%s'\n" % (task, trial.host)


@case("full disk, a large file", "mid-upload", "30")
def full_disk(trial):
    small(trial)
    trial.sh("echo old >/small/big")
    run = trial.run(trial.play(only(trial, "copy: {src: %s, dest: /small/big}" % big()) + "- ping:"), bound=30)
    trial.expect(run, 2, "failed", "No space left", bound=30)
    trial.same("the file", "old", trial.sh("cat /small/big"))
    trial.same("the folder", "big", trial.sh("ls -A /small"))
    trial.clean()


@case("full disk, text and templates", "mid-task", "20")
def full_disk_text(trial):
    small(trial, "size=16k")
    trial.sh("echo old >/small/text; head -c 100k /dev/zero >/small/fill 2>/dev/null")
    for module in ["copy: {content: '%s', dest: /small/text}" % ("x" * 9000), "lineinfile: {path: /small/text, line: '%s'}" % ("y" * 9000)]:
        run = trial.run(trial.play(only(trial, module) + "- ping:"), bound=20)
        trial.expect(run, 2, "failed", "No space left", bound=20)
        trial.same("the file", "old", trial.sh("cat /small/text"))
        trial.same("the folder", "fill\ntext", trial.sh("ls -A /small"))
    trial.clean()


@case("full /dev/shm and /tmp", "connect", "20")
def no_room_for_output(trial):
    """Where no tmpfs has room, what commands print goes where there is some."""
    trial.sh("mount -t tmpfs -o size=16k,mode=1777 none /dev/shm; head -c 100k /dev/zero >/dev/shm/fill 2>/dev/null")
    trial.mend(trial.sh, "umount -l /dev/shm")
    trial.sh("mount -t tmpfs -o size=64k,mode=1777 none /tmp; head -c 200k /dev/zero >/tmp/fill 2>/dev/null")
    trial.mend(trial.sh, "umount -l /tmp")
    run = trial.run(trial.play("- shell: seq 100000 | tail -c 300000\n  register: out\n- assert: {that: out.stdout | length > 299990}"), bound=20)
    trial.seen.update(code=run.code, state=run.state(trial.host), took="%.0f" % run.took, others=run.state("h1"))
    # the command sees a full disk and says so with its status; its words may have no room either
    trial.expect(run, 2, "failed", "non-zero return code", bound=20)
    trial.sh("rm -f /tmp/fill")
    trial.clean()


@case("read-only folder", "mid-task", "20")
def read_only(trial):
    small(trial)
    trial.sh("echo old >/small/text; mount -o remount,ro /small")
    for module in [
        "copy: {content: new, dest: /small/text}",
        "copy: {src: %s, dest: /small/big}" % big(),
        "file: {path: /small/folder, state: directory}",
        "file: {path: /small/text, state: absent}",
        "lineinfile: {path: /small/text, line: new}",
    ]:
        run = trial.run(trial.play(only(trial, module) + "- ping:"), bound=20)
        trial.expect(run, 2, "failed", "[Rr]ead-only", bound=20)
        trial.same("the file", "old", trial.sh("cat /small/text"))
    trial.same("the folder", "text", trial.sh("ls -A /small"))
    trial.clean()


@case("full disk on the controller", "mid-task", "30")
def full_controller(trial):
    """fetch into a full disk, a log on a full disk, nowhere to print."""
    room = os.path.join(trial.folder, "room")
    os.mkdir(room)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", room], check=True)
    trial.mend(subprocess.run, ["umount", "-l", room])
    trial.sh("head -c 3000000 /dev/urandom >/opt/fetched")
    fetch = only(trial, "fetch: {src: /opt/fetched, dest: %s/, flat: true}" % room)
    run = trial.run(trial.play(fetch + "- ping:"), bound=30)
    trial.expect(run, 2, "failed", "No space left", bound=30)
    trial.same("the folder on the controller", [], os.listdir(room), run)
    run = trial.run(trial.play("- ping:"), bound=30, env=[("ANSIBLE_LOG_PATH", "/dev/full")])
    trial.same("a full log: exit code", 0, run.code, run)
    with open("/dev/full", "wb") as full:
        run = trial.run(trial.play("- ping:"), bound=30, stdout=full)
    if run.code in ("hung", -6, -11, 101, 134):
        trial.fail("nowhere to print: %s" % run.code, run)
    trial.sh("rm /opt/fetched")
    trial.clean()


MANY = """
- command: echo one
- copy: {content: "some text\\n", dest: /opt/many, validate: "grep text %s"}
- lineinfile: {path: /opt/many, line: more}
- copy: {src: play.yml, dest: /opt/many2, mode: "0600"}
- stat: {path: /opt/many}
- shell: cat
  args: {stdin: "through\\n"}
- file: {path: /opt/many, state: absent}
- file: {path: /opt/many2, state: absent}
"""


def many(trial, *more, become=True, **how):
    seen = dict(trial.seen)
    run = trial.run(trial.play(MANY, become=become), *more, bound=30, **how)
    trial.expect(run, 0, "ok", bound=30)
    # what came before it is the row's own
    trial.seen.update(seen)
    return run


@case("/tmp and /dev/shm noexec", "all along", "30")
def noexec(trial):
    for folder in ["/tmp", "/dev/shm", "/var/tmp"]:
        trial.sh("mount -t tmpfs -o noexec,mode=1777 none %s" % folder)
        trial.mend(trial.sh, "umount -l %s" % folder)
    many(trial)
    trial.clean()


@case("/tmp missing", "all along", "30")
def no_tmp(trial):
    trial.sh("mount -t tmpfs -o mode=755 none /tmp; chmod 0 /tmp; mount -t tmpfs -o mode=755 none /dev/shm")
    trial.mend(trial.sh, "umount -l /tmp /dev/shm")
    many(trial)
    trial.clean()


def user(trial, name, shell):
    """A user of the host with a login shell of its own, who may become root."""
    trial.sh(
        "useradd -m -s {1} {0}; install -d -o {0} -m 700 /home/{0}/.ssh; install -o {0} -m 600 /home/deploy/.ssh/authorized_keys /home/{0}/.ssh/;"
        "echo '{0} ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/{0}; chmod 440 /etc/sudoers.d/{0}".format(name, shell)
    )
    trial.mend(trial.sh, "pkill -9 -u {0}; userdel -r {0} 2>/dev/null; rm -f /etc/sudoers.d/{0}".format(name))
    hosts = os.path.join(trial.folder, "hosts.ini")
    with open(os.path.join(LAB, "hosts.ini")) as usual:
        text = re.sub(r"(?m)^(%s .*)$" % trial.host, r"\1 ansible_user=" + name, usual.read())
    with open(hosts, "w") as own:
        own.write(text)
    return ["-i", hosts]


@case("login shell prints noise", "all along", "30")
def noisy(trial):
    words = user(trial, "noisy", "/bin/bash")
    noise = "echo Welcome; printf 'no newline, @0123456789abcdef0123456789abcdef@0 0'; echo oh >&2; head -c 300000 /dev/urandom; stty -a"
    for name in [".bashrc", ".bash_profile", ".profile"]:
        trial.sh("printf '%%s\\n' \"%s\" >/home/noisy/%s" % (noise, name))
    for become in [True, False]:
        trial.run(trial.play("- command: id -un\n  register: me\n- assert: {that: me.stdout in ['noisy', 'root', 'deploy']}", become=become), *words)
    many(trial, *words)
    trial.clean()


@case("login shell waits forever", "connect", "90")
def stuck(trial):
    words = user(trial, "noisy", "/bin/bash")
    trial.sh("echo 'echo stuck here; sleep 500' >/home/noisy/.bashrc")
    run = trial.run(trial.play("- ping:"), *words, bound=90)
    trial.expect(run, 4, "unreachable", "no shell came up.*(?s:.*)stuck here", bound=90)
    trial.sh("pkill -9 -u noisy")
    trial.clean()


@case("login shell fish", "all along", "30")
def fish(trial):
    many(trial, *user(trial, "fishy", "/usr/bin/fish"))
    trial.clean()


@case("login shell tcsh", "all along", "30")
def tcsh(trial):
    many(trial, *user(trial, "cshy", "/usr/bin/tcsh"))
    trial.clean()


@case("login shell nologin", "connect", "15")
def nologin(trial):
    run = trial.run(trial.play("- ping:", become=False), *user(trial, "noisy", "/usr/sbin/nologin"), bound=15)
    trial.expect(run, 4, "unreachable", "not available", bound=15)
    trial.clean()


@case("200 MB of output", "mid-task", "120")
def much(trial):
    task = only(trial, "shell: head -c 200000000 /dev/zero | tr '\\\\0' x\n  register: out\n  no_log: true")
    task += only(trial, "assert: {that: out.stdout | length == 200000000}")
    run = trial.run(trial.play(task + "- ping:"), bound=120)
    trial.expect(run, 0, "ok", bound=120)
    trial.clean()


@case("binary, escapes, invalid UTF-8", "mid-task", "30")
def ugly(trial):
    task = only(trial, "shell: head -c 300000 /dev/urandom; printf '\\\\033[2J\\\\033]0;owned\\\\007\\\\377\\\\376\\\\000end'")
    for more in [[], ["-vvv"]]:
        run = trial.run(trial.play(task + "- ping:"), *more, bound=30)
        trial.expect(run, 0, "ok", bound=30)
        with open(run.log, "rb") as log:
            raw = log.read()
        if b"\033" in raw or b"\007" in raw:
            trial.fail("terminal escapes of the host are shown")
    trial.clean()


@case("escapes in a failure's words", "mid-task", "30")
def ugly_failure(trial):
    task = only(trial, "shell: printf '\\\\033[2J\\\\033]0;owned\\\\007' >&2; exit 3")
    run = trial.run(trial.play(task + "- ping:"), bound=30)
    trial.expect(run, 2, "failed", bound=30)
    with open(run.log, "rb") as log:
        raw = log.read()
    if b"\033" in raw or b"\007" in raw:
        trial.fail("terminal escapes of the host are shown")
    trial.clean()


@case("background process keeps stdout", "mid-task", "20")
def background(trial):
    trial.mend(trial.sh, "pkill -f '^sleep 77.5'")
    task = only(trial, "shell: sleep 77.5 & echo at once\n  register: out") + only(trial, "assert: {that: out.stdout == 'at once'}")
    run = trial.run(trial.play(task + "- ping:"), bound=20)
    trial.expect(run, 0, "ok", bound=20)
    trial.sh("pkill -f '^sleep 77.5'")
    trial.clean()


@case("background process prints later", "mid-task", "20")
def prints_later(trial):
    task = only(trial, "shell: (sleep 1; while echo noise; do :; done) & sleep 0.1; echo first\n  register: out")
    task += only(trial, "command: sleep 2") + only(trial, "command: echo second\n  register: two")
    task += only(trial, "assert: {that: [out.stdout == 'first', two.stdout == 'second']}")
    trial.mend(trial.sh, "pkill -f 'while echo noise'")
    run = trial.run(trial.play(task + "- ping:"), bound=20)
    trial.expect(run, 0, "ok", bound=20)
    trial.sh("pkill -f 'while echo noise'")
    trial.clean()


@case("command kills its shell", "mid-task", "20")
def kills_shell(trial):
    task = only(trial, "shell: kill -9 $$")
    run = trial.run(trial.play(task + "- ping:"), bound=20)
    trial.expect(run, 2, "failed", bound=20)
    trial.clean()


@case("command kills its shell's parent", "mid-task", "20")
def kills_parent(trial):
    trial.sh("rm -f /opt/afterwards")
    task = only(trial, "shell: kill -9 $PPID; sleep 0.2") + only(trial, "command: touch /opt/afterwards")
    run = trial.run(trial.play(task + "- ping:"), bound=20)
    trial.expect(run, 2, "failed", "the shell on %s ended" % trial.host, bound=20)
    trial.not_there("/opt/afterwards")
    # the shell had no chance to clean up: the next connection does
    many(trial)
    trial.clean()


@case("command kills all of its user's", "mid-task", "20")
def kills_all(trial):
    task = only(trial, "shell: pkill -9 -u deploy; sleep 0.2\n  become: false")
    run = trial.run(trial.play(task + "- ping:"), bound=20)
    trial.expect(run, 4, "unreachable", "connection was lost", bound=20)
    many(trial)
    trial.sh("rm -rf /tmp/.impel* /dev/shm/.impel*")
    trial.clean()


@case("session folder is removed", "mid-task", "20")
def no_session(trial):
    task = only(trial, "shell: rm -rf /dev/shm/.impel* /tmp/.impel*; echo gone\n  ignore_errors: true")
    run = trial.run(trial.play(task + "- command: echo well\n- ping:"), bound=20)
    trial.expect(run, 0, "ok", bound=20)
    trial.clean()


@case("a clock an hour off", "all along", "30")
def clock(trial):
    library = trial.sh("find /usr/lib -name libfaketime.so.1 | head -n 1")
    trial.same("libfaketime", True, library.startswith("/"))
    words = user(trial, "noisy", "/bin/sh")
    for ahead in ["-3600", "+3600"]:
        trial.sh("printf 'SetEnv LD_PRELOAD=%s FAKETIME=%s\\n' >/etc/ssh/sshd_config.d/clock.conf; systemctl restart ssh" % (library, ahead))
        trial.mend(trial.sh, "rm -f /etc/ssh/sshd_config.d/clock.conf; systemctl restart ssh")
        tasks = """
- command: date +%s
  register: now
- copy: {content: "text\\n", dest: "{{ ansible_user_dir | default('/tmp') }}/clock.{{ inventory_hostname }}"}
- copy: {content: "text\\n", dest: "{{ ansible_user_dir | default('/tmp') }}/clock.{{ inventory_hostname }}"}
  register: again
- assert: {that: again is not changed}
- file: {path: "{{ ansible_user_dir | default('/tmp') }}/clock.{{ inventory_hostname }}", state: absent}
"""
        tasks += only(trial, "assert: {that: \"(now.stdout | int - lookup('pipe', 'date +%s') | int) | abs > 3000\"}")
        run = trial.run(trial.play(tasks, become=False), *words, bound=30)
        trial.expect(run, 0, "ok", bound=30)
        run = trial.run(trial.play("- ping:\n", facts=True, become=False), *words, bound=30)
        trial.expect(run, 0, "ok", bound=30)
    trial.clean()


@case("stat is busybox's", "all along", "30")
def busybox_stat(trial):
    trial.sh("mount --bind /bin/busybox /usr/bin/stat; mount --bind /bin/busybox /usr/bin/dd; mount --bind /bin/busybox /usr/bin/find; mount --bind /bin/busybox /usr/bin/cp")
    trial.mend(trial.sh, "umount /usr/bin/stat /usr/bin/dd /usr/bin/find /usr/bin/cp")
    many(trial)
    play = trial.play("- copy: {src: %s, dest: /opt/bigger}\n  register: one\n- copy: {src: %s, dest: /opt/bigger}\n  register: two\n- assert: {that: two is not changed}\n- file: {path: /opt/bigger, state: absent}" % (big(), big()))
    run = trial.run(play, bound=30)
    trial.expect(run, 0, "ok", bound=30)
    trial.clean()


# -- secrets ------------------------------------------------------------------------------------------------------

# not as one word here: these files may lie where it is looked for them
SECRETS = [word.replace("*", "secret") for word in ("k-*-Oofa7eth", "K-*-Quai4ieg", "var-*-Aed1aiph")]


def sampled(stop, found, trial):
    """Looks at the arguments and the environment of all processes, here and on the hosts, which run on this kernel."""
    wanted = [secret.encode() for secret in SECRETS]
    while not stop.is_set():
        for pid in filter(str.isdigit, os.listdir("/proc")):
            for name in ["cmdline", "environ"]:
                try:
                    with open("/proc/%s/%s" % (pid, name), "rb") as file:
                        text = file.read()
                except OSError:
                    continue
                for secret in wanted:
                    if secret in text:
                        found.add("%s of %s: %s" % (name, pid, text[:200]))
        time.sleep(0.005)


@case("secrets looked for everywhere", "all along", "60")
def secrets(trial):
    """By password over both ways of SSH, sudo's password, a variable of a vault's kind: at -vvvv, also in failures."""
    login, become, value = SECRETS
    words = user(trial, "noisy", "/bin/bash")
    trial.sh("rm /home/noisy/.ssh/authorized_keys; echo 'noisy:%s' | chpasswd; echo 'noisy ALL=(ALL) ALL' >/etc/sudoers.d/noisy" % become)
    trial.sh("printf 'PasswordAuthentication yes\\n' >/etc/ssh/sshd_config.d/password.conf; systemctl restart ssh")
    trial.mend(trial.sh, "rm -f /etc/ssh/sshd_config.d/password.conf; systemctl restart ssh")
    # the login's and sudo's password are the same user's
    become_file, value_file = trial.file("become", become + "\n"), trial.file("vars.yml", "it: %s\n" % value)
    tasks = """
- command: sleep 0.3
- copy: {content: "{{ it }}", dest: /opt/kept, mode: "0600"}
  no_log: true
  diff: false
- shell: cat >/dev/null; sleep 0.3
  args: {stdin: "{{ it }}"}
  no_log: true
- command: "false {{ it | length }}"
  ignore_errors: true
- user: {name: made, password: "{{ it | hash('sha256') }}"}
  no_log: true
- file: {path: /opt/kept, state: absent}
- user: {name: made, state: absent}
"""
    stop, found = threading.Event(), set()
    watch = threading.Thread(target=sampled, args=(stop, found, trial))
    watch.start()
    try:
        for transport in ["ssh2", "binary"]:
            with open(os.path.join(trial.folder, "hosts.ini")) as text:
                lines = text.read().replace("ansible_user=noisy", "ansible_user=noisy impel_ssh_transport=%s" % transport)
            lines = re.sub(r"ansible_ssh_private_key_file=\S*", "", lines)
            hosts = trial.file("password.ini", lines)
            play = trial.play(tasks)
            run = trial.run(play, "-i", hosts, "--connection-password-file", become_file, "--become-password-file", become_file,
                "-e", "@" + value_file, "-vvvv", "-D", mate=False, bound=60)
            trial.expect(run, 0, "ok", mate=False, bound=60)
            for secret in SECRETS:
                if secret in run.said:
                    trial.fail("shown: %s" % secret, run)
    finally:
        stop.set()
        watch.join()
    trial.same("in arguments and environments", set(), found)
    kept = subprocess.run(["grep", "-rlaF", "-e", become, "-e", value, "--exclude-dir=" + os.path.basename(trial.folder), "/dev/shm", os.path.expanduser("~/.ansible"), "/tmp"],
        capture_output=True, text=True).stdout.split()
    trial.same("in files of the controller", [], [path for path in kept if "impel-fault." not in path])
    there = trial.sh("grep -rlaF -e %s -e %s /tmp /dev/shm /var/tmp /home /root /run/user /var/log /opt 2>/dev/null" % (become, value))
    trial.same("in files of the host", "", there)
    trial.clean()


@case("others' links in /tmp", "all along", "30")
def links(trial):
    """A user of the host lays links and folders under every name that can be guessed."""
    trial.sh("echo safe >/opt/prize; for i in /tmp /dev/shm /var/tmp; do for n in .impel .ansible impel impel-0 .impel.tmp; do su deploy -s /bin/sh -c \"ln -s /opt/prize $i/$n\"; done; done")
    trial.mend(trial.sh, "find /tmp /dev/shm /var/tmp -maxdepth 1 -type l -delete; rm -f /opt/prize")
    run = many(trial, "-e", "ansible_remote_tmp=/tmp/.ansible")
    trial.same("what a link leads to", "safe", trial.sh("cat /opt/prize"), run)
    trial.sh("find /tmp /dev/shm /var/tmp -maxdepth 1 -type l -delete")
    trial.clean()


@case("files that others can read", "mid-task", "30")
def private(trial):
    """While a command, an upload and a validation run, nothing of impel's is open to others."""
    trial.sh("rm -rf /opt/upload; mkdir /opt/upload")
    copy = "copy: {content: hidden, dest: /opt/upload/x, mode: '0600', validate: \"sh -c 'sleep 2.25; true %s'\"}"
    play = trial.play(only(trial, copy) + "- ping:")
    run = trial.start(play)
    if trial.wait("the validation", lambda: trial.sh("pgrep -f '^sleep 2.25'")):
        seen = trial.sh("find /tmp /var/tmp /dev/shm /opt/upload -maxdepth 1 -name '*impel*' -perm /077")
        trial.same("open to others", "", seen)
    run.end(30)
    trial.expect(run, 0, "ok", bound=30)
    trial.clean()
