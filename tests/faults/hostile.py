"""Hosts that answer with whatever may harm the controller: garbage, no end, forged markers, templates, paths."""

import io
import os
import shutil
import subprocess
import tarfile
import zipfile

from ground import NAME, Bystander, case
from surroundings import only, user

HERE = os.path.dirname(os.path.abspath(__file__))


class Snares:
    """Files on the controller that are there only if something was executed here."""

    def __init__(self, trial):
        self.trial = trial
        self.path = os.path.join(trial.folder, "executed")
        self.text = "{{ lookup('pipe', 'touch %s') }}{%% set x = lookup('pipe', 'touch %s') %%}" % (self.path, self.path)

    def check(self):
        if os.path.exists(self.path):
            self.trial.fail("a host's text was executed on the controller")


def evil(trial, mode, text=""):
    """A user whose login shell is tests/faults/evil.py in one of its modes."""
    words = user(trial, "evil", "/opt/evil")
    shutil.copy(os.path.join(HERE, "evil.py"), trial.root("/opt/evil"))
    os.chmod(trial.root("/opt/evil"), 0o755)
    with open(trial.root("/opt/evil.mode"), "w") as file:
        file.write(mode + "\n" + text)
    trial.mend(trial.sh, "rm -f /opt/evil /opt/evil.mode")
    return words


def attacked(trial, mode, code, state, says=(), bound=30, tasks=None, text="", facts=False):
    snares = Snares(trial)
    words = evil(trial, mode, text or snares.text)
    tasks = tasks or only(trial, "command: id\n  register: out") + only(trial, "debug: {var: out}")
    tasks += "- ping:\n  when: inventory_hostname == '%s'" % Bystander.name
    run = trial.run(trial.play(tasks, become=False, facts=facts), *words, bound=bound)
    trial.expect(run, code, state, says, bound=bound)
    snares.check()
    trial.sh("pkill -9 -u evil")
    trial.clean()
    return run


@case("hostile shell: garbage", "connect", "20")
def garbage(trial):
    attacked(trial, "garbage", 4, "unreachable", "no shell could be started", 20)


@case("hostile shell: endless garbage", "connect", "90")
def endless(trial):
    attacked(trial, "endless", 4, "unreachable", "no shell came up", 90)


@case("hostile shell: an answer without end", "mid-task", "90")
def endless_answer(trial):
    attacked(trial, "endless answer", 2, "failed", "more than 1024 MB", 90)


FORGED = {
    "status too large": "followed by",
    "flags too large": "followed by",
    "end without a start": "no request asked for",
    "a thousand answers": "",
    "no end of line": "a marker without an end",
    "hello twice": "no request asked for",
    "stderr without end": "ended while it worked",
    "not a number": "followed by",
    "end of connection": "ended while it worked",
}


@case("hostile shell: forged markers", "mid-task", "20")
def forged(trial):
    for mode, says in FORGED.items():
        before = len(trial.wrong)
        attacked(trial, mode, 2, "failed", says or (), 20)
        if len(trial.wrong) > before:
            trial.fail("that was with: " + mode)


@case("hostile shell: templates as answers", "mid-task", "20")
def templates(trial):
    tasks = only(trial, "command: id\n  register: out")
    tasks += only(trial, "debug: {msg: '{{ out.stdout }} and {{ out.stdout_lines[0] | upper }}'}")
    tasks += only(trial, "set_fact: {kept: '{{ out.stdout }}', cacheable: true}")
    tasks += only(trial, "debug: {var: kept}") + only(trial, "debug: {msg: '{{ hostvars[inventory_hostname].kept }}'}")
    tasks += only(trial, "assert: {that: \"'lookup' in kept\", fail_msg: '{{ kept }}'}")
    tasks += only(trial, "command: 'echo {{ kept }}'") + only(trial, "include_vars: {file: '{{ kept }}'}\n  ignore_errors: true")
    tasks += only(trial, "debug: {msg: '{{ lookup(\"vars\", \"kept\") }}'}\n  loop: '{{ [kept] }}'\n  loop_control: {label: '{{ item }}'}")
    run = attacked(trial, "say", 0, "ok", r"lookup\('pipe'", 20, tasks)
    if "LOOKUP('PIPE'" not in run.said:
        trial.fail("the text did not come through", run)


@case("hostile shell: templates as facts", "facts", "20")
def facts(trial):
    snares = Snares(trial)
    trial.sh("mkdir -p /etc/ansible/facts.d")
    trial.mend(trial.sh, "rm -rf /etc/ansible")
    with open(trial.root("/etc/ansible/facts.d/evil.fact"), "w") as file:
        file.write('{"evil": "%s", "ansible_user": "{{ 1 + 1 }}"}' % snares.text.replace('"', "'"))
    for name, text in {"hostname": "x{{ 7 * 191 }}", "os-release": 'NAME="%s"\nID=debian\n' % snares.text}.items():
        held = trial.sh("cat /etc/%s" % name)
        trial.mend(trial.sh, "cat >/etc/%s <<'END'\n%s\nEND" % (name, held))
        with open(trial.root("/etc/" + name), "w") as file:
            file.write(text + "\n")
    tasks = "- debug: {msg: '{{ ansible_facts }}'}\n- debug: {msg: '{{ ansible_local }}'}\n- debug: {var: ansible_distribution}\n"
    tasks += "- copy: {content: '{{ ansible_local }}', dest: /opt/facts}\n- file: {path: /opt/facts, state: absent}"
    run = trial.run(trial.play(tasks, facts=True), bound=20)
    trial.expect(run, 0, "ok", "lookup", bound=20)
    if "x1337" in run.said:
        trial.fail("a fact was rendered", run)
    snares.check()
    trial.clean()


@case("hostile shell: paths for fetch", "mid-task", "20")
def paths(trial):
    inner = os.path.join(trial.folder, "a", "inner")
    os.makedirs(inner)
    tasks = only(trial, "command: printf '../../../../../../etc/hostname'\n  register: out")
    tasks += only(trial, "fetch: {src: '{{ out.stdout }}', dest: %s/}\n  ignore_errors: true" % inner)
    tasks += only(trial, "fetch: {src: '/etc/../etc/../../etc/hostname', dest: %s/}\n  ignore_errors: true" % inner)
    tasks += only(trial, "fetch: {src: /etc/hostname, dest: '%s/{{ out.stdout }}', flat: true}\n  ignore_errors: true\n  no_log: true" % "/nonexistent")
    run = trial.run(trial.play(tasks + "- ping:"), bound=20)
    trial.expect(run, 0, "ok", bound=20)
    found = [os.path.join(at, name) for at, _, names in os.walk(trial.folder) for name in names]
    outside = [path for path in found if path.endswith("hostname") and not path.startswith(inner + "/")]
    trial.same("fetched outside of its folder", [], outside, run)
    if not any(path.startswith(inner + "/") for path in found):
        trial.fail("nothing was fetched", run)
    trial.clean()


def archives(folder):
    """A tar and a zip with members that want out: upwards, absolute, through a link of the archive's own."""
    names = [os.path.join(folder, "tricks.tar"), os.path.join(folder, "tricks.zip")]
    with tarfile.open(names[0], "w") as tar:
        way = tarfile.TarInfo("way")
        way.type, way.linkname = tarfile.SYMTYPE, "/opt/victim"
        tar.addfile(way)
        for name in ["inside", "../climbed", "/opt/absolute", "way/through"]:
            member = tarfile.TarInfo(name)
            member.size = 4
            tar.addfile(member, io.BytesIO(b"text"))
    with zipfile.ZipFile(names[1], "w") as packed:
        way = zipfile.ZipInfo("way")
        way.create_system, way.external_attr = 3, 0o120777 << 16
        packed.writestr(way, "/opt/victim")
        for name in ["inside", "../climbed", "/opt/absolute", "way/through"]:
            packed.writestr(name, "text")
    return names


@case("hostile archive: paths", "mid-task", "30")
def tricks(trial):
    trial.sh("rm -rf /opt/victim /opt/unpacked; mkdir -p /opt/victim /opt/unpacked/tar /opt/unpacked/zip")
    trial.mend(trial.sh, "rm -rf /opt/victim /opt/unpacked /opt/climbed /opt/absolute")
    tar, packed = archives(trial.folder)
    tasks = only(trial, "unarchive: {src: %s, dest: /opt/unpacked/tar}\n  ignore_errors: true" % tar)
    tasks += only(trial, "unarchive: {src: %s, dest: /opt/unpacked/zip}\n  ignore_errors: true" % packed)
    run = trial.run(trial.play(tasks + "- ping:"), bound=30)
    trial.expect(run, 0, "ok", bound=30)
    found = trial.sh("find /opt/victim /opt/climbed /opt/absolute /opt/unpacked/climbed -type f 2>/dev/null")
    trial.same("unpacked outside of its folder", "", found, run)
    if "inside" not in trial.sh("ls /opt/unpacked/tar"):
        trial.fail("nothing was unpacked", run)
    trial.clean()


@case("hostile shell: a file without end", "mid-upload", "120")
def endless_file(trial):
    room = os.path.join(trial.folder, "room")
    os.mkdir(room)
    trial.sh("rm -f /opt/endless; ln -s /dev/zero /opt/endless")
    trial.mend(trial.sh, "rm -f /opt/endless")
    tasks = only(trial, "fetch: {src: /opt/endless, dest: %s/, flat: true, validate_checksum: false}" % room)
    run = trial.run(trial.play(tasks + "- ping:"), bound=120)
    trial.expect(run, 2, "failed", "far more than the file's size", bound=120)
    trial.same("left on the controller", [], os.listdir(room), run)
    trial.clean(15)


WIRE = ["garbage", "endless banner", "endless line", "banner then garbage", "banner then silence", "huge packet", "closes", "drip"]


@case("hostile sshd", "connect", "20")
def wire(trial):
    """Whatever speaks on the port is no sshd."""
    for mode in WIRE:
        port = 24330 + int(trial.host[1:])
        server = subprocess.Popen(["ip", "netns", "exec", NAME, "python3", os.path.join(HERE, "evil_sshd.py"), str(port), mode], stdout=subprocess.PIPE)
        trial.mend(server.kill)
        server.stdout.readline()
        hosts = os.path.join(trial.folder, "wire.ini")
        with open(hosts, "w") as file:
            file.write("%s ansible_host=127.0.0.1 ansible_port=%d\n" % (trial.host, port))
        run = trial.run(trial.play("- ping:", become=False), "-i", hosts, bound=20)
        before = len(trial.wrong)
        trial.expect(run, 4, "unreachable", "Failed to connect to the host via ssh", bound=20)
        if len(trial.wrong) > before:
            trial.fail("that was with: " + mode)
        server.kill()
        server.wait()
