"""How cost grows: tasks, hosts, loop items, includes, inventory size, each doubled and doubled again.

    benches/series.py [IMPEL, target/release/impel] [REPEATS, 3]

Nothing but the controller is measured (connection local, actions that need no host): the processor time of the whole
process, the median of the repeats. Prints one Markdown table a series; ends with 1 where a doubling costs more than
2.6 times as much twice in a row, which is how a square shows.
"""
import os
import resource
import statistics
import subprocess
import sys
import tempfile

IMPEL = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "target/release/impel")
REPEATS = int(sys.argv[2]) if len(sys.argv) > 2 else 3


def cpu(arguments, folder):
    """Processor seconds of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([IMPEL, *arguments], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit("%s\n%s" % (arguments, done.stderr.decode()))
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def write(folder, name, text):
    with open(os.path.join(folder, name), "w") as file:
        file.write(text)


def play(tasks, hosts="localhost"):
    return "- hosts: %s\n  gather_facts: false\n  vars: {greeting: hello, who: \"{{ greeting }} world\"}\n  tasks:\n%s" % (hosts, tasks)


def tasks(folder, size):
    write(folder, "site.yml", play("".join("    - debug: {msg: \"{{ who }} %d\"}\n" % n for n in range(size))))
    return ["run", "-i", "localhost,", "-c", "local", "site.yml"]


def hosts(folder, size):
    write(folder, "hosts.ini", "[all]\n" + "".join("node%05d rack=%d\n" % (n, n % 40) for n in range(size)))
    write(folder, "site.yml", play("    - debug: {msg: \"{{ who }} {{ rack }}\"}\n    - set_fact: {at: \"{{ rack }}\"}\n    - assert: {that: at == rack}\n", "all"))
    return ["run", "-i", "hosts.ini", "-c", "local", "-f", "50", "site.yml"]


def items(folder, size):
    write(folder, "site.yml", play("    - debug: {msg: \"{{ who }} {{ item }}\"}\n      loop: \"{{ range(%d) | list }}\"\n" % size))
    return ["run", "-i", "localhost,", "-c", "local", "site.yml"]


def includes(folder, size):
    write(folder, "inner.yml", "- debug: {msg: \"{{ who }} {{ n }}\"}\n")
    write(folder, "site.yml", play("    - include_tasks: inner.yml\n      loop: \"{{ range(%d) | list }}\"\n      loop_control: {loop_var: n}\n" % size))
    return ["run", "-i", "localhost,", "-c", "local", "site.yml"]


def inventory(folder, size):
    lines = ["[all]"] + ["node%05d rack=%d asset=%d" % (n, n % 40, n) for n in range(size)]
    for group in range(100):
        lines += ["[g%02d]" % group] + ["node%05d" % n for n in range(group, size, 100)]
    write(folder, "hosts.ini", "\n".join(lines) + "\n")
    os.makedirs(os.path.join(folder, "group_vars"), exist_ok=True)
    for group in range(100):
        write(folder, "group_vars/g%02d.yml" % group, "port: %d\nservices: [a, b, c]\n" % (8000 + group))
    return ["inventory", "-i", "hosts.ini", "--list"]


SERIES = [(tasks, 250, 5), (hosts, 500, 5), (items, 2000, 5), (includes, 250, 5), (inventory, 1250, 4)]

bad = []
for make, first, steps in SERIES:
    print("| %s | CPU s | ms each | against half |\n|--:|--:|--:|--:|" % make.__name__)
    last, steep = None, 0
    for step in range(steps):
        size = first * 2**step
        with tempfile.TemporaryDirectory() as folder:
            arguments = make(folder, size)
            took = statistics.median(cpu(arguments, folder) for _ in range(REPEATS))
        ratio = took / last if last else None
        steep = steep + 1 if ratio and ratio > 2.6 else 0
        if steep > 1:
            bad.append(make.__name__)
        print("| %d | %.3f | %.3f | %s |" % (size, took, 1000 * took / size, "%.1f×" % ratio if ratio else ""), flush=True)
        last = took
    print()
for name in bad:
    print("more than linear: " + name)
sys.exit(bool(bad))
