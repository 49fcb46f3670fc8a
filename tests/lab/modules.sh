# Each module in check mode, then run, then again; sourced by tests/suites/lab.
book=tests/lab/modules.yml
export FETCHED=$scratch/fetched

for name in $(sed -n 's/^ *"\([a-z_]*\)" [a-z_:]*[A-Z].*/\1/p' modules/src/registry.rs); do
  grep -qE "^ +(- )?$name:" $book || fail "$name has its task in modules.yml"
done

# The tasks of the last run that changed something, apart from those that always do.
changed() { python3 - "$scratch/events" <<'P'
import json, sys
for line in open(sys.argv[1]):
    event = json.loads(line)
    if event["event"] == "result" and event["status"] == "changed" and not event["task"].split(" : ")[-1].startswith("acts:"):
        print(event["host"], event["task"])
P
}

few=(-l h2,h3)
all=("${hosts[@]}"); hosts=(h2 h3)
trees "$scratch/before"
events "${few[@]}" --check $book
same "check mode of every module ends with 0" 0 "$rc" "$out"
trees "$scratch/after"
same "check mode of every module leaves the files as they were" "" "$(diff -r "$scratch/before" "$scratch/after" | head -n 20)"
events "${few[@]}" $book
same "every module runs" 0 "$rc" "$out"
same "it changes both hosts alike" "$(changed | sed -n 's/^h2 //p')" "$(changed | sed -n 's/^h3 //p')"
same "some 25 tasks changed something" 1 "$(($(changed | wc -l) > 40))" "$(changed)"
events "${few[@]}" $book
same "every module runs again" 0 "$rc" "$out"
same "and changes nothing" "" "$(changed)"
trees "$scratch/before"
events "${few[@]}" --check $book
same "check mode after it ends with 0" 0 "$rc" "$out"
same "and foretells nothing" "" "$(changed)"
trees "$scratch/after"
same "and leaves the files as they were" "" "$(diff -r "$scratch/before" "$scratch/after" | head -n 20)"
hosts=("${all[@]}")
