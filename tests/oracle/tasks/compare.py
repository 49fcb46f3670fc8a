"""Runs every case of cases*.yml through ansible-core and through impel and compares what they registered and what they
left in the scratch folder. Each file is a play of its own, with a folder of its own.

    compare.py IMPEL ANSIBLE_PLAYBOOK [FILE...]

Differences that are meant or known stand in known.yml with their reason. One that is not listed fails; so does a
listed one that no longer differs. Prints a table and `N passed, N failed`. With IMPEL_ORACLE_CACHE (a folder) what
ansible-core gave for a file is kept there and not asked again.
"""
import copy
import glob
import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import yaml

MISSING = '<none>'
WIDE = int(os.environ.get('COLUMNS_OF_DIFFERENCES', '300'))
HERE = os.path.dirname(os.path.abspath(__file__))
# values that differ from run to run, or that only Python has
VOLATILE = {
    'start', 'end', 'delta', 'ctime', 'mtime', 'atime', 'inode', 'dev', 'device_type', 'invocation', 'exception', 
    'ansible_facts_cacheable', 'blocks', 'deprecations', 'version',
}


def playbook(cases, scratch, out):
    """The cases as one play; results go to `out` in the end."""
    tasks, names = [], []
    for case in cases:
        for step in (['check', 'run', 'again'] if case.get('each') else ['run']):
            task = copy.deepcopy({k: v for k, v in case.items() if k not in ('each', 'register_as')})
            name = f"{case['name']} [{step}]"
            var = case.get('register_as') or f'r{len(names)}'
            task['name'], task['register'], task['ignore_errors'] = name, var, True
            if step == 'check':
                task['check_mode'] = True
            tasks.append(task)
            keep = f'k{len(names)}'
            names.append((name, keep))
            tasks.append({'name': 'keep', 'set_fact': {keep: '{{ ' + var + ' }}'}})
    result = '{{ {' + ', '.join(f"'{k}': {k}" for _, k in names) + '} | to_json }}'
    tasks.append({'name': 'results', 'copy': {'content': result, 'dest': out}, 'no_log': True})
    return [{'hosts': 'localhost', 'gather_facts': False, 'diff': True, 'vars': {'d': scratch}, 'tasks': tasks}], names


def run(program, play, work, env):
    for part in ('files', 'templates', 'vars'):
        shutil.copytree(os.path.join(HERE, part), os.path.join(work, part))
    path = os.path.join(work, 'play.yml')
    with open(path, 'w') as f:
        yaml.safe_dump(play, f, sort_keys=False)
    done = subprocess.run([program, '-i', 'localhost,', '-c', 'local', path], cwd=work, env=env, capture_output=True, text=True)
    if done.returncode != 0:
        print(done.stdout[-3000:], done.stderr[-3000:], sep='\n')
        sys.exit(f'{program} ended with {done.returncode}')


def tree(root):
    found = {}
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = os.path.join(folder, name)
            info = os.lstat(path)
            rel = re.sub(r'\.\d+\.\d{4}-\d\d-\d\d@[\d:]+~$', '.BACKUP~', os.path.relpath(path, root)).replace(root.lstrip('/'), '@')
            entry = [stat.filemode(info.st_mode)]
            if stat.S_ISLNK(info.st_mode):
                entry.append(os.readlink(path).replace(root, '@'))
            elif stat.S_ISREG(info.st_mode):
                with open(path, 'rb') as f:
                    entry.append(hashlib.sha1(f.read().replace(root.encode(), b'@')).hexdigest())
            found[rel] = entry
    return found


def plain(value, root, work):
    """A result without what differs from run to run."""
    if isinstance(value, dict):
        return {k: plain(v, root, work) for k, v in value.items() if k not in VOLATILE}
    if isinstance(value, list):
        return [plain(v, root, work) for v in value]
    if isinstance(value, str):
        value = re.sub(r'\.\d+\.\d{4}-\d\d-\d\d@[\d:]+~$', '.BACKUP~', value.replace(root, '@').replace(work, '%'))
        value = re.sub(r'Valid booleans include: .*', 'Valid booleans', value)
        return re.sub(r'/[^ ]*/ansible-(tmp|local)-[^ ]*', 'TEMP', value)
    return value


def alike(theirs, ours):
    """Equal, where a temporary name of theirs equals anything and sets have no order."""
    if isinstance(theirs, str) and re.search('TEMP|ansible-local-', theirs):
        return True
    if isinstance(theirs, dict) and isinstance(ours, dict):
        keys = set(theirs) | set(ours)
        return all(alike(theirs.get(k, MISSING), ours.get(k, MISSING)) for k in keys)
    if isinstance(theirs, list) and isinstance(ours, list):
        return len(theirs) == len(ours) and all(alike(a, b) for a, b in zip(theirs, ours))
    return theirs == ours


def differences(theirs, ours, at=''):
    """Where two results differ: (path, theirs, ours)."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in sorted(set(theirs) | set(ours)):
            yield from differences(theirs.get(key, MISSING), ours.get(key, MISSING), f'{at}.{key}' if at else key)
    elif not alike(theirs, ours):
        yield at, theirs, ours


def main():
    impel, ansible = sys.argv[1:3]
    with open(os.path.join(HERE, 'known.yml')) as f:
        known = yaml.safe_load(f) or {}
    os.umask(0o022)
    paths = sys.argv[3:] or sorted(glob.glob(os.path.join(HERE, 'cases*.yml')))
    passed, failed, count = 0, [], [0, 0, 0]

    def one(path):
        with open(path) as f:
            return compare(yaml.safe_load(f), known, impel, ansible)

    # the largest first, so that two at a time end together
    with ThreadPoolExecutor(2) as pool:
        for good, bad, sizes in pool.map(one, sorted(paths, key=os.path.getsize, reverse=True)):
            passed, failed = passed + good, failed + bad
            count = [a + b for a, b in zip(count, sizes)]
    print('{} cases, {} tasks, {} paths'.format(*count))
    print(f'{passed} passed, {len(failed)} failed')
    sys.exit(1 if failed else 0)


def kept(cases):
    """Where ansible-core's side of these cases is kept; none without IMPEL_ORACLE_CACHE."""
    folder = os.environ.get('IMPEL_ORACLE_CACHE')
    if not folder:
        return None
    os.makedirs(folder, exist_ok=True)
    text = json.dumps([cases, sorted(VOLATILE)], sort_keys=True, default=str)
    for part in ('files', 'templates', 'vars'):
        for name in sorted(glob.glob(os.path.join(HERE, part, '**'), recursive=True)):
            if os.path.isfile(name):
                with open(name, 'rb') as f:
                    text += name + hashlib.sha1(f.read()).hexdigest()
    return os.path.join(folder, hashlib.sha1(text.encode()).hexdigest())


def side(program, name, cases, base):
    """One program's results and the tree it left."""
    work, scratch = os.path.join(base, name[0]), os.path.join(base, name[0] + '-d')
    os.makedirs(work)
    os.makedirs(scratch)
    out = os.path.join(base, name + '.json')
    play, names = playbook(cases, scratch, out)
    env = dict(os.environ, ANSIBLE_NOCOLOR='1', ANSIBLE_LOCALHOST_WARNING='0', ANSIBLE_DEPRECATION_WARNINGS='0',
               ANSIBLE_PYTHON_INTERPRETER=sys.executable, LC_ALL='C.UTF-8')
    run(program, play, work, env)
    with open(out) as f:
        results = json.load(f)
    return {name: plain(results[key], scratch, work) for name, key in names}, tree(scratch)


def compare(cases, known, impel, ansible):
    """How many passed, what failed, and how much there was."""
    base = tempfile.mkdtemp(prefix='oracle-')
    cache = kept(cases)
    if cache and os.path.exists(cache):
        with open(cache) as f:
            theirs, their_tree = json.load(f)
    else:
        theirs, their_tree = side(ansible, 'ansible', cases, base)
        if cache:
            with open(cache, 'w') as f:
                json.dump([theirs, their_tree], f)
    ours, our_tree = side(impel, 'impel', cases, base)
    shutil.rmtree(base)
    passed, failed = 0, []
    for name, wanted in theirs.items():
        case = name.rsplit(' [', 1)[0]
        same = alike(wanted, ours[name])
        reason = known.get(name) or known.get(case)
        if same and not (known.get(name)):
            passed += 1
        elif not same and reason:
            passed += 1
            print(f'known   {name}: {reason}')
        elif same:
            failed.append(name)
            print(f'CHANGED {name}: listed in known.yml and no longer different')
        else:
            failed.append(name)
            print(f'DIFFERS {name}')
            for key, a, b in differences(wanted, ours[name]):
                print(f'    {key}:\n      ansible {json.dumps(a)[:WIDE]}\n      impel   {json.dumps(b)[:WIDE]}')
    for path in sorted(set(their_tree) | set(our_tree)):
        a, b = their_tree.get(path), our_tree.get(path)
        if a == b:
            passed += 1
        elif known.get('tree ' + path):
            passed += 1
            print(f"known   tree {path}: {known['tree ' + path]}")
        else:
            failed.append(path)
            print(f'DIFFERS tree {path}: ansible {a}, impel {b}')
    return passed, failed, [len(cases), len(theirs), len(set(their_tree) | set(our_tree))]


main()
