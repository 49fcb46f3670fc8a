# A site of fifty tasks as a sudo user on ten fresh hosts; sourced by tests/suites/lab.
site=tests/lab/site/site.yml

trees "$scratch/before"
run --check $site
same "check mode on fresh hosts ends with 0" 0 "$rc" "$out"
trees "$scratch/after"
same "check mode leaves every host's files as they were" "" "$(diff -r "$scratch/before" "$scratch/after" | head -n 20)"

run $site
same "the site runs" 0 "$rc" "$out"
same "and changes all ten" 10 "$(grep -cE '^h[0-9]+ .* changed=[1-9]' <<<"$out")" "$out"
run $site
same "the second run ends with 0" 0 "$rc" "$out"
same "the second run changes nothing on any of ten" 10 "$(grep -cE '^h[0-9]+ .* changed=0 .* failed=0' <<<"$out")" \
  "$(grep -E '^(TASK|changed|h[0-9]+ )' <<<"$out" | grep -B1 -E '^(changed|h[0-9]+ )')"
trees "$scratch/before"
run --check $site
same "check mode of the converged site ends with 0" 0 "$rc" "$out"
same "and foretells nothing" 10 "$(grep -cE '^h[0-9]+ .* changed=0 .* failed=0' <<<"$out")" \
  "$(grep -E '^(TASK|changed|h[0-9]+ )' <<<"$out" | grep -B1 -E '^(changed|h[0-9]+ )')"
trees "$scratch/after"
same "and leaves every host's files as they were" "" "$(diff -r "$scratch/before" "$scratch/after" | head -n 20)"

# -- what it costs on the wire ----------------------------------------------------------------------------------------
events -l h1 $site
same "the converged site on one host" 0 "$rc" "$out"
at_most "turns of the converged site, connection and facts included" 22 "$(recap wire turns)"
echo "      | requests $(recap wire requests), asked in vain $(recap wire wasted), took $(recap took) s"

# -- what it costs on the host: each process that the run starts there, sshd's and sudo's own included ------------------
if command -v strace >/dev/null; then
  sshd=$(pgrep --ns "$($lab pid h1)" --nslist pid -o -x sshd)
  strace -f -qq -e trace=clone,clone3,fork,vfork -e status=successful -e signal=none -o "$scratch/forks" -p "$sshd" 2>"$scratch/said" &
  tracer=$!
  for _ in $(seq 50); do grep -qs "TracerPid:.$tracer" "/proc/$sshd/status" && break; sleep 0.1; done
  events -l h1 $site
  kill -INT $tracer; wait $tracer
  same "the converged site under a tracer" 0 "$rc" "$out"
  at_most "processes that the converged site starts on the host" 120 "$(wc -l <"$scratch/forks")"
fi

cat >"$scratch/loop.yml" <<'Y'
- hosts: all
  gather_facts: false
  become: true
  tasks:
    - file: {path: "/opt/loop/{{ item }}", state: directory, mode: "0750"}
      loop: "{{ range(30) | list }}"
Y
cat >"$scratch/one.yml" <<'Y'
- hosts: all
  gather_facts: false
  become: true
  tasks:
    - ping:
Y
events -l h1 "$scratch/loop.yml"
events -l h1 "$scratch/one.yml"; opening=$(($(recap wire turns) - 1)) # a ping is one turn
events -l h1 "$scratch/loop.yml"
same "a converged loop changes nothing" 0 "$(recap hosts h1 changed)"
at_most "turns of a converged loop of 30 items beyond the opening" 3 $(($(recap wire turns) - opening))
echo "      | opening and closing: $opening turns; requests of the loop $(recap wire requests), asked in vain $(recap wire wasted)"
