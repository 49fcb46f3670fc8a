"""Which of two layers of variables wins, for every pair of layers: ansible-core against impel.

    compare.py IMPEL ANSIBLE_PLAYBOOK [-v]

For each pair there is one variable that exactly these two layers set, so a single run of a playbook shows all pairs.
Its value is read at several places: before the roles, deep within them, after them, and in the next play. Prints
the pairs that differ and `N passed, N failed`.
"""
import itertools
import json
import os
import subprocess
import sys
import tempfile

import yaml

# in no particular order; what belongs to a role that includes another is `outer`, to the other `inner`
LAYERS = [
    'outer_defaults', 'inner_defaults', 'dependency_defaults', 'inner_dependency_defaults', 'imported_defaults',
    'inventory_all', 'inventory_parent', 'inventory_child', 'inventory_sibling', 'inventory_host',
    'beside_inventory_all', 'beside_playbook_all', 'beside_inventory_parent', 'beside_playbook_parent',
    'beside_inventory_child', 'beside_playbook_child', 'beside_inventory_sibling',
    'beside_inventory_host', 'beside_playbook_host', 'fact',
    'play_vars', 'prompt', 'files_first', 'files_second',
    'outer_vars', 'inner_vars', 'dependency_vars', 'inner_dependency_vars', 'imported_vars', 'block', 'inner_block', 'task',
    'include_vars', 'set_fact', 'register',
    'outer_params', 'dependency_params', 'inner_params', 'imported_params', 'include_tasks', 'import_tasks', 'extra',
]
# facts that both have; one stands for the pair of the layer of facts with each other layer
FACTS = [
    'architecture', 'distribution', 'distribution_release', 'distribution_version', 'distribution_major_version',
    'domain', 'fqdn', 'hostname', 'kernel', 'machine', 'nodename', 'os_family', 'system', 'user_id', 'user_uid',
    'user_gid', 'user_dir', 'user_shell', 'user_gecos', 'python_version', 'kernel_version', 'pkg_mgr', 'service_mgr', 'env', 'lsb',
    'date_time', 'cmdline', 'dns', 'apparmor', 'fips', 'selinux', 'effective_user_id', 'effective_group_id',
    'real_user_id', 'real_group_id', 'system_capabilities', 'is_chroot', 'local', 'iscsi_iqn', 'ssh_host_key_rsa_public', 'userspace_bits', 'userspace_architecture',
]


def variables():
    """Name to its two layers."""
    facts = iter(FACTS)
    names = {}
    for a, b in itertools.combinations(LAYERS, 2):
        name = 'ansible_' + next(facts) if 'fact' in (a, b) else f'v_{a}_{b}'
        names[name] = (a, b)
    return names


NAMES = variables()


def of(layer):
    return {name: f'is {layer}' for name, layers in NAMES.items() if layer in layers}


def both(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w') as f:
        yaml.safe_dump(data, f, sort_keys=False)


def look(where, out, among='', **more):
    """A task that writes what every variable is at this place."""
    parts = []
    for name, layers in NAMES.items():
        v = f'{among}.{name}' if among else name
        own = f"({v} if {v} is string and {v}.startswith('is ') else 'is fact')" if 'fact' in layers else v
        parts.append(f"'{name}': ('is register' if {v} is mapping and {v}.stdout is defined else {own}) if {v} is defined else 'undefined'")
    pairs = ', '.join(parts)
    return {'name': where, 'copy': {'content': '{{ {' + pairs + '} | to_json }}', 'dest': f'{out}/{where}.json'}, **more}


def write(root, out):
    """The playbook and all that belongs to it."""
    def ini(layer):
        return ''.join(f'{k}="{v}"\n' for k, v in of(layer).items())
    os.makedirs(f'{root}/inventory')
    host = ' '.join(f"{k}='\"{v}\"'" for k, v in of('inventory_host').items())
    with open(f'{root}/inventory/hosts', 'w') as f:
        f.write(f'[child]\nthe_host ansible_connection=local {host}\n[sibling]\nthe_host\n[parent:children]\nchild\nsibling\n'
                f'[all:vars]\n{ini("inventory_all")}[parent:vars]\n{ini("inventory_parent")}'
                f'[child:vars]\n{ini("inventory_child")}[sibling:vars]\n{ini("inventory_sibling")}')
    for folder, where in (('inventory', 'inventory'), ('.', 'playbook')):
        for group in ('all', 'parent', 'child', 'sibling'):
            both(f'{root}/{folder}/group_vars/{group}.yml', of(f'beside_{where}_{group}'))
        both(f'{root}/{folder}/host_vars/the_host.yml', of(f'beside_{where}_host'))
    both(f'{root}/first.yml', of('files_first'))
    both(f'{root}/second.yml', of('files_second'))
    both(f'{root}/included.yml', of('include_vars'))
    for role in ('outer', 'inner', 'dependency', 'inner_dependency', 'imported'):
        both(f'{root}/roles/{role}/defaults/main.yml', of(f'{role}_defaults'))
        both(f'{root}/roles/{role}/vars/main.yml', of(f'{role}_vars'))
    both(f'{root}/roles/outer/meta/main.yml', {'dependencies': [{'role': 'dependency', **of('dependency_params')}]})
    both(f'{root}/roles/inner/meta/main.yml', {'dependencies': ['inner_dependency']})
    both(f'{root}/roles/dependency/tasks/main.yml', [look('dependency', out)])
    both(f'{root}/roles/outer/tasks/main.yml', [
        look('outer', out),
        {'block': [
            {'import_role': {'name': 'imported'}, 'vars': of('imported_params')},
            {'include_role': {'name': 'inner'}, 'vars': of('inner_params')},
            look('outer_after', out),
        ], 'vars': of('block')}])
    both(f'{root}/roles/imported/tasks/main.yml', [look('imported', out)])
    both(f'{root}/roles/inner/tasks/main.yml', [
        look('inner', out),
        {'import_tasks': 'more.yml', 'vars': of('import_tasks')},
        {'include_tasks': 'last.yml', 'vars': of('include_tasks')},
    ])
    both(f'{root}/roles/inner/tasks/more.yml', [look('inner_imported', out)])
    both(f'{root}/roles/inner/tasks/last.yml', [
        look('inner_included', out),
        {'block': [look('deepest', out, vars=of('task')), look('block', out)], 'vars': of('inner_block')},
    ])
    registers = [{'command': 'true', 'register': name, 'changed_when': False} for name in of('register')]
    both(f'{root}/site.yml', [
        {
            'hosts': 'the_host', 'gather_facts': True,
            'vars': of('play_vars'),
            'vars_prompt': [{'name': k, 'default': v} for k, v in of('prompt').items()],
            'vars_files': ['first.yml', 'second.yml'],
            'pre_tasks': [
                look('start', out),
                {'include_vars': 'included.yml'},
                *registers,
                {'set_fact': of('set_fact')},
                look('before_roles', out),
            ],
            'roles': [{'role': 'outer', **of('outer_params')}],
            'post_tasks': [
                look('after_roles', out),
                {'include_role': {'name': 'inner', 'public': True}},
                look('after_public', out),
                look('hostvars', out, among="hostvars['the_host']"),
            ],
        },
        {'hosts': 'the_host', 'gather_facts': False, 'tasks': [look('next_play', out)]},
    ])
    both(f'{root}/extra.yml', of('extra'))


def run(program, out, private):
    with tempfile.TemporaryDirectory() as root:
        os.makedirs(out)
        write(root, out)
        env = {**os.environ, 'ANSIBLE_NOCOLOR': '1', 'LC_ALL': 'C.UTF-8', 'ANSIBLE_PRIVATE_ROLE_VARS': private, 'ANSIBLE_DEPRECATION_WARNINGS': '0',
               'ANSIBLE_LOCALHOST_WARNING': '0', 'ANSIBLE_PYTHON_INTERPRETER': '/usr/bin/python3'}
        env.pop('ANSIBLE_CONFIG', None)
        done = subprocess.run([program, '-i', 'inventory', '-e', '@extra.yml', 'site.yml'], cwd=root, env=env, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)
        if done.returncode != 0:
            print(done.stdout[-3000:], done.stderr[-3000:], sep='\n')
            sys.exit(f'{program} ended with {done.returncode}')
    seen = {}
    for file in sorted(os.listdir(out)):
        with open(f'{out}/{file}') as f:
            seen[file[:-5]] = json.load(f)
    return seen


def main():
    passed = failed = 0
    verbose = '-v' in sys.argv
    with tempfile.TemporaryDirectory() as scratch:
        for private in ('0', '1'):
            got = run(sys.argv[1], f'{scratch}/impel{private}', private)
            wanted = run(sys.argv[2], f'{scratch}/ansible{private}', private)
            for place in sorted(set(got) | set(wanted)):
                a, b = wanted.get(place, {}), got.get(place, {})
                different = [name for name in {**a, **b} if a.get(name) != b.get(name)]
                passed += len({**a, **b}) - len(different)
                failed += len(different)
                for name in different[:None if verbose else 12]:
                    print(f'private_role_vars={private} {place}: {name}: ansible-core {a.get(name)!r}, impel {b.get(name)!r}')
                if different:
                    print(f'{place}: {len(different)} differ')
            if verbose:
                wins = {layer: sum(value == f'is {layer}' for value in wanted['deepest'].values()) for layer in LAYERS}
                print(' < '.join(sorted(LAYERS, key=wins.get)))
    print(f'{passed} passed, {failed} failed')
    sys.exit(failed > 0)


main()
