"""What ansible-core makes of every template in cases.yml, as a list of JSON objects on stdout.

Each object holds `value` (Python's repr of the native result) or `error` (the messages of the chain, outermost
first).
"""

import copy
import json
import pathlib
import sys

import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import trust_as_template
from ansible._internal._templating._engine import TemplateEngine
from ansible.utils.display import Display

HERE = pathlib.Path(__file__).parent


def trusted(value):
    """Marks every string of a structure as coming from the user's own files."""
    if isinstance(value, str):
        return trust_as_template(value)
    if isinstance(value, list):
        return [trusted(item) for item in value]
    if isinstance(value, dict):
        return {key: trusted(item) for key, item in value.items()}
    return value


def plain(value):
    """Drops ansible-core's subclasses of the built-in types, so that repr shows the plain types."""
    if isinstance(value, bool) or value is None:
        return value
    for kind in (str, int, float):
        if isinstance(value, kind):
            return getattr(kind, "__str__")(value) if kind is str else kind(value)
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def messages(error):
    """The first lines of an error and its causes, without those already said."""
    said = []
    while error is not None and len(said) < 20:
        line = str(error).split("\n")[0]
        if not any(line in earlier for earlier in said):
            said.append(line)
        error = error.__cause__
    return said


def evaluate(source, variables, templates=None):
    loader = DataLoader()
    loader.set_basedir(str(HERE / "files"))
    names = trusted(copy.deepcopy(variables))
    names["vars"] = dict(names)
    engine = TemplateEngine(loader=loader, variables=names)
    if templates is not None:
        engine.environment.loader = templates
    try:
        if source.startswith("="):
            result = engine.evaluate_conditional(trust_as_template(source[1:]))
        else:
            result = engine.template(trust_as_template(source))
        return {"value": repr(plain(result))}
    except Exception as error:  # every failure is a result here
        return {"error": messages(error)}


def prepare():
    """Readies ansible-core, silently."""
    init_plugin_loader([])
    for name in ("warning", "deprecated", "error", "display"):
        setattr(Display, name, lambda self, *args, **kwargs: None)


def main():
    prepare()
    data = yaml.safe_load((HERE / (sys.argv[1] if len(sys.argv) > 1 else "cases.yml")).read_text("utf-8"))
    results = [evaluate(source, data["variables"]) for _category, source in data["cases"]]
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
