"""How many times a second ansible-core renders each template of its arguments, as JSON on stdout.

What starts with `when: ` is evaluated as a conditional."""

import json
import sys
import time

import reference
from ansible.parsing.dataloader import DataLoader
from ansible.template import trust_as_template
from ansible._internal._templating._engine import TemplateEngine

VARIABLES = {"n": 5, "s": "hello", "d": {"a": {"b": 1}}, "l": [1, 2, 3]}


def main():
    reference.prepare()
    engine = TemplateEngine(loader=DataLoader(), variables=reference.trusted(VARIABLES))
    rates = {}
    for source in sys.argv[1:]:
        condition = source.removeprefix("when: ")
        template = trust_as_template(condition)
        render = engine.template if condition == source else engine.evaluate_conditional
        render(template)
        rounds, start = 0, time.perf_counter()
        while time.perf_counter() - start < 1:
            render(template)
            rounds += 1
        rates[source] = rounds / (time.perf_counter() - start)
    json.dump(rates, sys.stdout)


main()
