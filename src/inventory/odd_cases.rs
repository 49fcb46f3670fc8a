//! Sources at the edges of what plugins take, as the cases of the oracle's test.

/// Each case: its sources, and its files.
pub(super) const CASES: &[super::tests::Case] = &[
    (
        &["h.yml", "c.yml"],
        &[
            (
                "h.yml",
                "all:\n  vars: {av: 1}\n  children:\n    web:\n      vars: {gv: web}\n      hosts:\n        w1: {os: debian, ver: 12, zero: 0, empty: \"\", lst: [x, \"\", ~], dct: {a: \"\", b: ~, c: 0}, tmpl: \"{{ os }}\", uns: !unsafe \"{{ x }}\", cond: \"1 == 2\"}\n",
            ),
            (
                "c.yml",
                "plugin: constructed\ncompose: {a: os, b: tmpl, c: uns, d: cond, e: \"os ~ 1\", f: \"[os, uns, tmpl]\", g: 5, h: [os], i: omit, j: lst, k: dct, l: \"nope|default(os)\", m: inventory_hostname, n: !unsafe os, o: \"os, ver\", p: none, q: \"lst|first\"}\n",
            ),
        ],
    ),
    (
        &["h.yml", "c.yml"],
        &[
            (
                "h.yml",
                "all:\n  vars: {av: 1}\n  children:\n    web:\n      vars: {gv: web}\n      hosts:\n        w1: {os: debian, ver: 12, zero: 0, empty: \"\", lst: [x, \"\", ~], dct: {a: \"\", b: ~, c: 0}, tmpl: \"{{ os }}\", uns: !unsafe \"{{ x }}\", cond: \"1 == 2\"}\n",
            ),
            ("c.yml", "plugin: constructed\nstrict: true\ncompose: {a: os, b: 5}\n"),
        ],
    ),
    (
        &["h.yml", "c.yml"],
        &[
            (
                "h.yml",
                "all:\n  vars: {av: 1}\n  children:\n    web:\n      vars: {gv: web}\n      hosts:\n        w1: {os: debian, ver: 12, zero: 0, empty: \"\", lst: [x, \"\", ~], dct: {a: \"\", b: ~, c: 0}, tmpl: \"{{ os }}\", uns: !unsafe \"{{ x }}\", cond: \"1 == 2\"}\n",
            ),
            ("c.yml", "plugin: constructed\nstrict: true\ncompose: {a: omit}\n"),
        ],
    ),
    (
        &["h.yml", "c.yml"],
        &[
            (
                "h.yml",
                "all:\n  vars: {av: 1}\n  children:\n    web:\n      vars: {gv: web}\n      hosts:\n        w1: {os: debian, ver: 12, zero: 0, empty: \"\", lst: [x, \"\", ~], dct: {a: \"\", b: ~, c: 0}, tmpl: \"{{ os }}\", uns: !unsafe \"{{ x }}\", cond: \"1 == 2\"}\n",
            ),
            ("c.yml", "plugin: constructed\nstrict: true\ngroups: {a: \"true\", b: [os]}\n"),
        ],
    ),
    (
        &["h.yml", "c.yml"],
        &[
            (
                "h.yml",
                "all:\n  vars: {av: 1}\n  children:\n    web:\n      vars: {gv: web}\n      hosts:\n        w1: {os: debian, ver: 12, zero: 0, empty: \"\", lst: [x, \"\", ~], dct: {a: \"\", b: ~, c: 0}, tmpl: \"{{ os }}\", uns: !unsafe \"{{ x }}\", cond: \"1 == 2\"}\n",
            ),
            ("c.yml", "plugin: constructed\ngroups: {a: \"true\", 5: \"true\"}\n"),
        ],
    ),
    (
        &["h.yml", "c.yml"],
        &[
            (
                "h.yml",
                "all:\n  vars: {av: 1}\n  children:\n    web:\n      vars: {gv: web}\n      hosts:\n        w1: {os: debian, ver: 12, zero: 0, empty: \"\", lst: [x, \"\", ~], dct: {a: \"\", b: ~, c: 0}, tmpl: \"{{ os }}\", uns: !unsafe \"{{ x }}\", cond: \"1 == 2\"}\n",
            ),
            ("c.yml", "plugin: constructed\ngroups: {a: \"true\", \"\": \"true\"}\n"),
        ],
    ),
    (
        &["h.yml", "c.yml"],
        &[
            (
                "h.yml",
                "all:\n  vars: {av: 1}\n  children:\n    web:\n      vars: {gv: web}\n      hosts:\n        w1: {os: debian, ver: 12, zero: 0, empty: \"\", lst: [x, \"\", ~], dct: {a: \"\", b: ~, c: 0}, tmpl: \"{{ os }}\", uns: !unsafe \"{{ x }}\", cond: \"1 == 2\"}\n",
            ),
            (
                "c.yml",
                "plugin: constructed\nkeyed_groups:\n- {key: os, prefix: ~}\n- {key: os, separator: ~, prefix: s}\n- {key: lst, prefix: l}\n- {key: lst, prefix: m, default_value: d}\n- {key: lst, prefix: n, trailing_separator: false}\n- {key: dct, prefix: o}\n- {key: dct, prefix: p, default_value: d}\n- {key: dct, prefix: q, trailing_separator: false}\n- {key: zero, prefix: r, default_value: d}\n- {key: empty, prefix: s, default_value: 5}\n- {key: ~, prefix: t, default_value: d}\n- {key: [os], prefix: u}\n- {key: os, prefix: v, parent_group: \"\"}\n- {key: os, prefix: w, parent_group: \"{{ none }}\"}\n- {key: os, prefix: x, parent_group: \"{{ nope }}\"}\n- {key: os, prefix: y, parent_group: \"{{ gv }}_p\"}\n",
            ),
        ],
    ),
    (
        &["h.yml", "c.yml"],
        &[
            (
                "h.yml",
                "all:\n  vars: {av: 1}\n  children:\n    web:\n      vars: {gv: web}\n      hosts:\n        w1: {os: debian, ver: 12, zero: 0, empty: \"\", lst: [x, \"\", ~], dct: {a: \"\", b: ~, c: 0}, tmpl: \"{{ os }}\", uns: !unsafe \"{{ x }}\", cond: \"1 == 2\"}\n",
            ),
            ("c.yml", "plugin: constructed\nstrict: true\nkeyed_groups: [{key: zero, prefix: r}]\n"),
        ],
    ),
    (
        &["h.yml", "c.yml"],
        &[
            (
                "h.yml",
                "all:\n  vars: {av: 1}\n  children:\n    web:\n      vars: {gv: web}\n      hosts:\n        w1: {os: debian, ver: 12, zero: 0, empty: \"\", lst: [x, \"\", ~], dct: {a: \"\", b: ~, c: 0}, tmpl: \"{{ os }}\", uns: !unsafe \"{{ x }}\", cond: \"1 == 2\"}\n",
            ),
            ("c.yml", "plugin: constructed\nstrict: true\nkeyed_groups: [{key: ~, prefix: r}]\n"),
        ],
    ),
    (
        &["h.yml", "c.yml"],
        &[
            (
                "h.yml",
                "all:\n  vars: {av: 1}\n  children:\n    web:\n      vars: {gv: web}\n      hosts:\n        w1: {os: debian, ver: 12, zero: 0, empty: \"\", lst: [x, \"\", ~], dct: {a: \"\", b: ~, c: 0}, tmpl: \"{{ os }}\", uns: !unsafe \"{{ x }}\", cond: \"1 == 2\"}\n",
            ),
            ("c.yml", "plugin: constructed\nstrict: true\nkeyed_groups: [{key: omit, prefix: r}]\n"),
        ],
    ),
    (
        &["h.yml", "c.yml"],
        &[
            (
                "h.yml",
                "all:\n  vars: {av: 1}\n  children:\n    web:\n      vars: {gv: web}\n      hosts:\n        w1: {os: debian, ver: 12, zero: 0, empty: \"\", lst: [x, \"\", ~], dct: {a: \"\", b: ~, c: 0}, tmpl: \"{{ os }}\", uns: !unsafe \"{{ x }}\", cond: \"1 == 2\"}\n",
            ),
            (
                "c.yml",
                "plugin: constructed\nstrict: true\nkeyed_groups: [{key: os, parent_group: \"{{ nope }}\"}]\n",
            ),
        ],
    ),
    (
        &["h.yml", "c.yml"],
        &[
            (
                "h.yml",
                "all:\n  vars: {av: 1}\n  children:\n    web:\n      vars: {gv: web}\n      hosts:\n        w1: {os: debian, ver: 12, zero: 0, empty: \"\", lst: [x, \"\", ~], dct: {a: \"\", b: ~, c: 0}, tmpl: \"{{ os }}\", uns: !unsafe \"{{ x }}\", cond: \"1 == 2\"}\n",
            ),
            ("c.yml", "plugin: constructed\nkeyed_groups: [{key: os, parent_group: \"{{ ver }}\"}]\n"),
        ],
    ),
    (
        &["h.yml", "c.yml"],
        &[
            (
                "h.yml",
                "all:\n  vars: {av: 1}\n  children:\n    web:\n      vars: {gv: web}\n      hosts:\n        w1: {os: debian, ver: 12, zero: 0, empty: \"\", lst: [x, \"\", ~], dct: {a: \"\", b: ~, c: 0}, tmpl: \"{{ os }}\", uns: !unsafe \"{{ x }}\", cond: \"1 == 2\"}\n",
            ),
            (
                "c.yml",
                "plugin: constructed\nleading_separator: false\nkeyed_groups: [{key: os}, {key: lst}]\n",
            ),
        ],
    ),
    (
        &["h.yml", "c.yml"],
        &[
            (
                "h.yml",
                "all:\n  vars: {av: 1}\n  children:\n    web:\n      vars: {gv: web}\n      hosts:\n        w1: {os: debian, ver: 12, zero: 0, empty: \"\", lst: [x, \"\", ~], dct: {a: \"\", b: ~, c: 0}, tmpl: \"{{ os }}\", uns: !unsafe \"{{ x }}\", cond: \"1 == 2\"}\n",
            ),
            ("c.yml", "plugin: constructed\nkeyed_groups: {a: b}\n"),
        ],
    ),
    (
        &["h.yml", "c.yml"],
        &[
            (
                "h.yml",
                "all:\n  vars: {av: 1}\n  children:\n    web:\n      vars: {gv: web}\n      hosts:\n        w1: {os: debian, ver: 12, zero: 0, empty: \"\", lst: [x, \"\", ~], dct: {a: \"\", b: ~, c: 0}, tmpl: \"{{ os }}\", uns: !unsafe \"{{ x }}\", cond: \"1 == 2\"}\n",
            ),
            ("c.yml", "plugin: constructed\ncompose: [a]\n"),
        ],
    ),
    (
        &["g.yml"],
        &[(
            "g.yml",
            "plugin: generator\nhosts:\n  name: \"h{{ n }}\"\n  parents:\n    - name: \"g{{ n }}\"\n      vars: {a: \"{{ n }}\", b: [1, \"{{ n }}\"], c: {x: \"{{ n }}\"}, d: lit, e: \"{{ d }}\", f: \"{{ n }}x\", g: ~, h: \"{{ '{{ n }}' }}\", i: \"{% raw %}{{ n }}{% endraw %}\", j: !unsafe \"{{ n }}\"}\nlayers:\n  n: [1, 2]\n  d: [{a: b}]\n",
        )],
    ),
    (&["g.yml"], &[("g.yml", "plugin: generator\nlayers: {n: [1]}\n")]),
    (&["g.yml"], &[("g.yml", "plugin: generator\nhosts: {name: a}\n")]),
    (&["g.yml"], &[("g.yml", "plugin: generator\nhosts: {name: a, parents: ~}\nlayers: {n: [1]}\n")]),
    (&["g.yml"], &[("g.yml", "plugin: generator\nhosts: {name: a, parents: b}\nlayers: {n: [1]}\n")]),
    (
        &["g.yml"],
        &[("g.yml", "plugin: generator\nhosts: {name: a, parents: [{name: \"\"}]}\nlayers: {n: [1]}\n")],
    ),
    (
        &["g.yml"],
        &[(
            "g.yml",
            "plugin: generator\nhosts: {name: a, parents: [{name: g, vars: ~}]}\nlayers: {n: [1]}\n",
        )],
    ),
    (
        &["g.yml"],
        &[("g.yml", "plugin: generator\nhosts: {name: a, parents: [{name: a}]}\nlayers: {n: [1]}\n")],
    ),
    (&["g.yml"], &[("g.yml", "plugin: generator\nhosts: {name: \"{{ omit }}\"}\nlayers: {n: [1]}\n")]),
    (&["g.yml"], &[("g.yml", "plugin: generator\nhosts: {name: \"\"}\nlayers: {n: [1]}\n")]),
    (&["g.yml"], &[("g.yml", "plugin: generator\nhosts: {name: \"h{{ n }}\"}\nlayers: {n: abc}\n")]),
    (&["g.yml"], &[("g.yml", "plugin: generator\nhosts: {name: \"h{{ n }}\"}\nlayers: {n: ~}\n")]),
    (&["i"], &[("i", "---\nh\n")]),
    (&["i"], &[("i", "h[1:\n")]),
    (&["i"], &[("i", "h[1:3:0]\n")]),
    (&["i"], &[("i", "h:99999\n")]),
    (&["i"], &[("i", "a\n[g:vars]\nansible_group_priority=x\n[g]\nh\n")]),
    (&["i"], &[("i", "h a=--1 b=set() c=b'x' d=bash\n")]),
    (&["i"], &[("i", "[a]\nh\n[b]x\n")]),
    (&["i.yml"], &[("i.yml", "all:\n  hosts:\n    \"a:\":\n    b: {x: 1}\n")]),
    (&["i.yml"], &[("i.yml", "a: {hosts: {h: }, vars: {ansible_group_priority: \"{{ 5 }}\"}}\n")]),
    (&["i.toml"], &[("i.toml", "[a]\nfoo = 1\n[a.hosts]\nh = {}\n")]),
    (&["i.toml"], &[("i.toml", "[a]\nhosts = [1]\n")]),
    (&["i.toml"], &[("i.toml", "[a]\nchildren = {b = {}}\n")]),
    (&["s"], &[("s", "#!/bin/sh\necho '{\"a\":[\"h\"],\"_meta\":{}}'\n")]),
    (&["s"], &[("s", "#!/bin/sh\necho '{\"a\":{\"children\":\"bc\"},\"_meta\":{\"hostvars\":{}}}'\n")]),
    (&["s"], &[("s", "#!/bin/sh\necho '{\"_meta\":{\"profile\":\"x\"}}'\n")]),
    (&["s"], &[("s", "#!/bin/sh\necho '{\"a\":[\"h\"],\"_meta\":{\"hostvars\":{\"h\":null}}}'\n")]),
    (&["d"], &[("d/x.bak", "h\n")]),
    (&["d"], &[("d/bad.ini", "[x\n"), ("d/sub/x.orig", "")]),
];
