"""Prints, for every YAML file below a folder, what ansible-core's loader makes of it, in the form of tests.rs."""
import datetime
import json
import os
import sys

from ansible._internal._datatag._tags import Origin, TrustedAsTemplate
from ansible.parsing.utils.yaml import from_yaml
from ansible.parsing.vault import EncryptedString

sys.setrecursionlimit(5000)


def quoted(text):
    return repr("".join(text))


def at(value, is_json):
    origin = Origin.get_tag(value)
    if origin is None or origin.line_num is None:
        return "@"
    return "@%d:%d" % (origin.line_num, origin.col_num)


def form(v, j, above=()):
    if isinstance(v, (dict, list, tuple)):
        if id(v) in above:
            return "REC"
        above = above + (id(v),)
    if isinstance(v, EncryptedString):
        return "v" + quoted(v._ciphertext)
    if isinstance(v, str):
        return ("s" if TrustedAsTemplate.is_tagged_on(v) else "su") + quoted(str(v)) + at(v, j)
    if isinstance(v, bytes):
        return "b[" + ", ".join(str(b) for b in v) + "]"
    if isinstance(v, dict):
        return "{" + ",".join(form(k, j, above) + ":" + form(x, j, above) for k, x in v.items()) + "}" + at(v, j)
    if isinstance(v, tuple):
        return "(" + ",".join(form(x, j, above) for x in v) + ")"
    if isinstance(v, list):
        return "[" + ",".join(form(x, j, above) for x in v) + "]" + at(v, j)
    if isinstance(v, (set, frozenset)):
        return "S{" + ",".join(sorted(quoted(x) if isinstance(x, str) else repr(x) for x in v)) + "}"
    if isinstance(v, datetime.datetime):
        zone = ""
        if v.tzinfo:
            seconds = int(v.utcoffset().total_seconds())
            zone = "%s%02d:%02d" % ("-" if seconds < 0 else "+", abs(seconds) // 3600, abs(seconds) // 60 % 60)
        return "d%04d-" % v.year + v.strftime("%m-%dT%H:%M:%S.%f") + zone
    if isinstance(v, datetime.date):
        return "datetime.date(%d, %d, %d)" % (v.year, v.month, v.day)
    return repr(v)


for folder, _, names in sorted(os.walk(sys.argv[1])):
    for name in sorted(names):
        if not name.endswith((".yml", ".yaml", ".json")):
            continue
        path = os.path.join(folder, name)
        try:
            with open(path, encoding="utf-8") as file:
                text = file.read()
        except UnicodeDecodeError:
            continue
        try:
            text = TrustedAsTemplate().tag(Origin(path=path).tag(text))
            result = form(from_yaml(text, file_name=path), False)
        except RecursionError:
            result = "RECURSION"
        except Exception as error:
            origin = None
            for place in (getattr(error, "obj", None), getattr(error, "_obj", None)):
                origin = origin or (Origin.get_tag(place) if place is not None else None)
            message = str(getattr(error, "_original_message", None) or error)
            source = repr(getattr(error, "_source_context", None))
            import re
            found = re.search(r"line_num=(\d+), col_num=(\d+)", source)
            where = "%s:%s" % found.groups() if found else ""
            result = "ERR " + message.split("\n")[0] + " " + where
        written = []
        if "&" not in text and "!" not in text and not result.startswith(("ERR", "RECURSION")):
            import yaml

            try:
                value = yaml.load(text, yaml.CSafeLoader)
                for options in (dict(indent=4, default_flow_style=False), dict(default_flow_style=None, sort_keys=False)):
                    written.append(yaml.dump(value, Dumper=yaml.CSafeDumper, allow_unicode=True, width=80, **options))
            except Exception:
                written = []
        print(json.dumps([path, result] + written))
