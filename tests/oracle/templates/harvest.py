"""Every template that Jinja's own tests render, and what ansible-core makes of it, as a list of JSON objects on stdout.

    python harvest.py FOLDER-OF-JINJAS-TESTS

Jinja's tests are run with their rendering recorded: source, variables, delimiters and the templates that the loader
knows. What needs extensions or autoescape that is on from the start is left out, since Ansible has neither, and so is
what cannot be written as JSON. Each object holds `source` (with the options in a `#jinja2:` line), `variables`,
`files` and, as reference.py has it, `value` or `error`.
"""

import contextlib
import importlib.util
import io
import json
import pathlib
import sys

import jinja2
import pytest

OPTIONS = {
    "block_start_string": "{%",
    "block_end_string": "%}",
    "variable_start_string": "{{",
    "variable_end_string": "}}",
    "comment_start_string": "{#",
    "comment_end_string": "#}",
    "line_statement_prefix": None,
    "line_comment_prefix": None,
    "trim_blocks": True,
    "lstrip_blocks": False,
    "newline_sequence": "\n",
    "keep_trailing_newline": False,
}
BUILT_IN = {"jinja2.ext.AutoEscapeExtension", "jinja2.ext.WithExtension"}


class Recorder:
    """Notes what is rendered while tests run."""

    def __init__(self):
        self.seen = {}
        self.from_string = jinja2.Environment.from_string
        self.render = jinja2.Template.render

    def install(self):
        recorder = self

        def from_string(environment, source, *args, **kwargs):
            template = recorder.from_string(environment, source, *args, **kwargs)
            if isinstance(source, str):
                template.recorded = (environment, source)
            return template

        def render(template, *args, **kwargs):
            if hasattr(template, "recorded"):
                with contextlib.suppress(TypeError, ValueError):
                    recorder.note(*template.recorded, dict(*args, **kwargs))
            return recorder.render(template, *args, **kwargs)

        jinja2.Environment.from_string = from_string
        jinja2.Template.render = render

    def uninstall(self):
        jinja2.Environment.from_string = self.from_string
        jinja2.Template.render = self.render

    def note(self, environment, source, variables):
        if environment.autoescape or set(environment.extensions) - BUILT_IN:
            return
        files = environment.loader.mapping if isinstance(environment.loader, jinja2.DictLoader) else {}
        options = {name: getattr(environment, name) for name in OPTIONS}
        options = {name: value for name, value in options.items() if value != OPTIONS[name]}
        if any("," in str(value) for value in options.values()):
            return
        if options:
            pairs = ",".join(f"{name}:{value!r}" for name, value in options.items())
            source = f"#jinja2:{pairs}\n{source}"
        case = {"source": source, "variables": variables, "files": files}
        # Tuples are lists from here on, and keys strings: in both engines.
        text = json.dumps(case, sort_keys=True)
        self.seen[text] = json.loads(text)


def reference():
    """The functions of reference.py beside this file."""
    path = pathlib.Path(__file__).with_name("reference.py")
    spec = importlib.util.spec_from_file_location("reference", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main():
    recorder = Recorder()
    recorder.install()
    with contextlib.redirect_stdout(io.StringIO()) as said:
        status = pytest.main(["-q", "-p", "no:cacheprovider", sys.argv[1]])
    recorder.uninstall()
    if status not in (0, 1):
        sys.exit(said.getvalue())
    oracle = reference()
    oracle.prepare()
    results = []
    for case in recorder.seen.values():
        loader = jinja2.DictLoader(case["files"])
        results.append(case | oracle.evaluate(case["source"], case["variables"], loader))
    json.dump(results, sys.stdout)


main()
