"""Every fault in turn, some at once on hosts of their own; the table, what went wrong, and the count."""

import importlib
import os
import queue
import re
import sys
import threading
import time
import traceback

import ground

for name in ["connection", "identity", "surroundings", "hostile"]:
    importlib.import_module(name)

HOSTS = sys.argv[1].split(",")
WANTED = re.compile(sys.argv[2] if len(sys.argv) > 2 else "")
results, waiting = {}, queue.Queue()
for number, row in enumerate(ground.CASES):
    if WANTED.search(row[0] + ", " + row[1]):
        waiting.put((number, row))


def work(host):
    while True:
        try:
            number, (fault, when, bound, function) = waiting.get_nowait()
        except queue.Empty:
            return
        trial = ground.Trial(host)
        try:
            function(trial)
        except Exception:
            trial.wrong.append(traceback.format_exc())
        finally:
            try:
                trial.close()
            except Exception:
                trial.wrong.append(traceback.format_exc())
        results[number] = (fault, when, bound, trial)
        if os.environ.get("IMPEL_FAULTS_SHOW"):
            print("%-8s %s, %s on %s %s" % ("FAIL" if trial.wrong else "ok", fault, when, host, trial.seen), file=sys.stderr, flush=True)
            for text in trial.wrong:
                print("   " + text.replace("\n", "\n   "), file=sys.stderr, flush=True)


started = time.monotonic()
threads = [threading.Thread(target=work, args=(host,)) for host in HOSTS]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

line = "%-40s %-11s %-12s %-5s %-12s %-10s %-10s %s"
print(line % ("fault", "when", "host", "code", "seconds", "others", "left", ""))
failed = 0
for number in sorted(results):
    fault, when, bound, trial = results[number]
    took = trial.seen.get("took", "-") + (" of " + bound if bound else "")
    verdict = "FAIL" if trial.wrong else "ok"
    failed += bool(trial.wrong)
    print(line % (fault, when, trial.seen.get("state", "-"), trial.seen.get("code", "-"), took, trial.seen.get("others", "-"), trial.seen.get("left", "-"), verdict))
for number in sorted(results):
    fault, when, _, trial = results[number]
    for text in trial.wrong:
        print("\nFAIL  %s, %s (%s)\n%s" % (fault, when, trial.host, text))
print("%d s" % (time.monotonic() - started))
print("\n%d passed, %d failed" % (len(results) - failed, failed))
sys.exit(bool(failed))
