# What happens when things break; sourced by tests/suites/lab. Timeouts are short, hosts are mended after each.
export ANSIBLE_TIMEOUT=5
install -d "$scratch/f"
head -c 100000000 /dev/urandom >"$scratch/f/big"
upload=/opt/upload

cat >"$scratch/f/ping.yml" <<'Y'
- hosts: all
  gather_facts: false
  tasks:
    - ping:
Y
cat >"$scratch/f/become.yml" <<'Y'
- hosts: all
  gather_facts: false
  become: true
  tasks:
    - file: {path: /opt/by-root, state: directory}
    - debug: {msg: not reached by h1 when it has failed}
Y
cat >"$scratch/f/sleep.yml" <<'Y'
- hosts: all
  gather_facts: false
  become: true
  tasks:
    - name: long
      command: sleep {{ '6.5' if inventory_hostname == 'h1' else '0.1' }}
    - name: afterwards
      command: touch /opt/afterwards
Y
cat >"$scratch/f/upload.yml" <<Y
- hosts: all
  gather_facts: false
  become: true
  tasks:
    - file: {path: $upload, state: directory}
    - name: big
      copy: {src: $scratch/f/big, dest: $upload/big, mode: "0644"}
      when: inventory_hostname == 'h1'
    - name: afterwards
      command: touch /opt/afterwards
Y

# A run that is left alone: its process in $run, what it says in $scratch/said.
start() {
  python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL); os.setsid(); os.execvp(sys.argv[1], sys.argv[1:])' \
    "$lab" exec "$impel" run -i "$LAB/hosts.ini" "$@" >"$scratch/said" 2>&1 &
  run=$!
}
ended() { wait "$run" 2>/dev/null; rc=$?; out=$(cat "$scratch/said"); }
until_true() { # SECONDS CMD…
  local limit=$(($1 * 20)) i; shift
  for ((i = 0; i < limit; i++)); do "$@" >/dev/null 2>&1 && return 0; sleep 0.05; done
  return 1
}
sleeping() { $lab sh h1 pgrep -f '^sleep 6.5'; }
# bytes that are on their way; the hosts' trees can be seen from here
arrived() { local n; n=$(cat "$LAB"/h1/root$upload/.impel* 2>/dev/null | wc -c); [ "$n" -gt 3000000 ]; }
# What a session left on h1: files of impel, processes that are not the system's.
left() {
  $lab sh h1 sh -c 'find /tmp /var/tmp /dev/shm /run/user /opt /etc /home /root -name ".impel*" -o -name "*.impel*" 2>/dev/null
    ps -eo user:12,args --no-headers | grep -E "sshd: (deploy|asked)|impel|^root +(sudo|sh) |^(deploy|asked) " | grep -vE "grep|systemd --user|\(sd-pam\)|ps -eo"'
}
clean() { until_true "${2:-5}" nothing_left; same "$1" "" "$(left)"; }
nothing_left() { [ -z "$(left)" ]; }
# The sshd processes of users' sessions on h1 end, as if the network were cut.
cut_h1() { $lab sh h1 sh -c 'kill -9 $(pgrep -f "^sshd: (deploy|asked)")'; }
fresh() { local h; for h in h1 h2 h3; do rm -rf "$LAB/$h/root/opt/afterwards"; $lab sh $h rm -rf /opt/afterwards $upload; done; }
whole() { # the destination is the whole file, or what was there before, or nothing
  local sum; sum=$($lab sh h1 sh -c "sha1sum <$upload/big" 2>/dev/null | cut -d' ' -f1)
  case $sum in "" | "$(sha1sum <"$scratch/f/big" | cut -d' ' -f1)" | "$(printf 'old\n' | sha1sum | cut -d' ' -f1)") echo whole ;; *) echo "half written" ;; esac
}

# -- a host that freezes: nothing comes back, nothing is refused. It takes a minute to be found; the rest goes on ----
cat >"$scratch/f/freeze.yml" <<'Y'
- hosts: all
  gather_facts: false
  tasks:
    - name: long
      command: sleep {{ '3.25' if inventory_hostname == 'h9' else '0.1' }}
    - name: afterwards
      command: echo well
Y
$lab exec "$impel" run -i "$LAB/hosts.ini" -l h8,h9 "$scratch/f/freeze.yml" >"$scratch/frozen" 2>&1 & frozen=$!
until_true 20 $lab sh h9 pgrep -f '^sleep 3.25'; same "frozen: the task was running" 0 $?
ip -n impel-lab link set vh9 down

# -- one of nine hosts does not answer ---------------------------------------------------------------------------------
$lab sh h10 systemctl stop ssh
run -l '!h9' "$scratch/f/ping.yml"
same "sshd stopped on one of nine: ends with 4" 4 "$rc" "$out"
same "the eight others are well" 8 "$(grep -cE '^h[0-9]+ .* ok=1 .*unreachable=0 .*failed=0' <<<"$out")" "$out"
says "the ninth is unreachable" "UNREACHABLE" "$(grep h10 <<<"$out")"
says "with its address and why" "10.78.0.20" "$(grep -A5 'UNREACHABLE' <<<"$out")"
echo "      | $(grep -m1 'UNREACHABLE' <<<"$out")"
$lab sh h10 systemctl start ssh

# -- the controller is killed -----------------------------------------------------------------------------------------
fresh; start -l h1 "$scratch/f/sleep.yml"
until_true 20 sleeping; same "killed in mid-task: it was running" 0 $?
says "killed in mid-task: the session could be seen" "impel" "$(left)"
kill -9 "$run"; ended
clean "killed in mid-task: nothing is left once the command has ended" 15
same "killed in mid-task: nothing more was done" no "$([ -e "$LAB/h1/root/opt/afterwards" ] && echo yes || echo no)"

fresh; start -l h1 "$scratch/f/upload.yml"
until_true 30 arrived; same "killed in mid-upload: it was under way" 0 $?
same "killed in mid-upload: the file was not yet there" no "$([ -e "$LAB/h1/root$upload/big" ] && echo yes || echo no)"
kill -9 "$run"; ended
clean "killed in mid-upload: nothing is left" 15
same "killed in mid-upload: the file is not there in part" whole "$(whole)"

$lab sh h1 sh -c "mkdir -p $upload && echo old >$upload/big"
start -l h1 "$scratch/f/upload.yml"
until_true 30 arrived; same "killed over an old file: it was under way" 0 $?
kill -9 "$run"; ended
clean "killed over an old file: nothing is left" 15
same "killed over an old file: the old one is there" old "$($lab sh h1 head -c 20 $upload/big)"

# -- the connection is cut --------------------------------------------------------------------------------------------
fresh; start -l h1,h2,h3 "$scratch/f/sleep.yml"
until_true 20 sleeping; cut_h1; ended
same "cut in mid-task: ends with 4" 4 "$rc" "$out"
says "cut in mid-task: the host is unreachable" "UNREACHABLE" "$(grep h1 <<<"$out")"
same "cut in mid-task: the others go on" 2 "$(grep -cE '^h[23] .* ok=2 .*unreachable=0 .*failed=0' <<<"$out")" "$out"
echo "      | $(grep -m1 -A3 'UNREACHABLE' <<<"$out" | tr '\n' ' ' | cut -c1-300)"
clean "cut in mid-task: nothing is left" 15

fresh; start -l h1,h2,h3 "$scratch/f/upload.yml"
until_true 30 arrived; cut_h1; ended
same "cut in mid-upload: ends with 4" 4 "$rc" "$out"
says "cut in mid-upload: the host is unreachable" "UNREACHABLE" "$(grep h1 <<<"$out")"
same "cut in mid-upload: the others go on" 2 "$(grep -cE '^h[23] .*unreachable=0 .*failed=0' <<<"$out")" "$out"
echo "      | $(grep -m1 -A3 'UNREACHABLE' <<<"$out" | tr '\n' ' ' | cut -c1-300)"
clean "cut in mid-upload: nothing is left" 15
same "cut in mid-upload: the file is not there in part" whole "$(whole)"
run -l h1 "$scratch/f/upload.yml"
same "after all that the upload works" 0 "$rc" "$out"
same "and is whole" "$(sha1sum <"$scratch/f/big")" "$($lab sh h1 sh -c "sha1sum <$upload/big")"

# -- passwords --------------------------------------------------------------------------------------------------------
echo wrong >"$scratch/f/wrong"; echo open-sesame >"$scratch/f/right"
asked=(-l h1 -e ansible_user=asked)
before=$SECONDS
run "${asked[@]}" --become-password-file "$scratch/f/wrong" "$scratch/f/become.yml"
same "a wrong password ends with 2" 2 "$rc" "$out"
says "a wrong password is said" "Incorrect sudo password" "$out"
at_most "a wrong password fails at once (seconds)" 8 $((SECONDS - before))
run "${asked[@]}" "$scratch/f/become.yml"
same "no password ends with 2" 2 "$rc" "$out"
says "no password is said" "Missing sudo password" "$out"
run "${asked[@]}" --become-password-file "$scratch/f/right" "$scratch/f/become.yml"
same "the right password ends with 0" 0 "$rc" "$out"
says_not "the password is not shown" "open-sesame" "$out"
run "${asked[@]}" -vvvv --become-password-file "$scratch/f/right" "$scratch/f/become.yml"
says_not "the password is not shown at -vvvv" "open-sesame" "$out"
clean "passwords: nothing is left"

# -- host keys --------------------------------------------------------------------------------------------------------
known() { printf -- '-o UserKnownHostsFile=%s -o GlobalKnownHostsFile=/dev/null' "$scratch/f/$1"; }
ssh-keygen -q -t ed25519 -N '' -f "$scratch/f/other"
echo "10.78.0.11 $(cut -d' ' -f1,2 "$scratch/f/other.pub")" >"$scratch/f/changed"; : >"$scratch/f/none"
print() { ssh-keygen -lf "$1" | cut -d' ' -f2; }
now=$(print "$LAB/root/etc/ssh/ssh_host_ed25519_key.pub"); then=$(print "$scratch/f/other.pub")
run -l h1 "$scratch/f/ping.yml" -e "{ansible_ssh_common_args: '$(known changed)'}"
same "a changed host key ends with 4" 4 "$rc" "$out"
says "a changed host key: the key now" "$now" "$out"
says "a changed host key: the key that was known" "$then" "$out"
says "a changed host key is said loudly" "REMOTE HOST IDENTIFICATION HAS CHANGED" "$out"
run -l h1 "$scratch/f/ping.yml" -e "{ansible_ssh_common_args: '$(known none)'}" </dev/null
same "an unknown host key ends with 4" 4 "$rc" "$out"
says "an unknown host key shows what it is" "$now" "$out"
export ANSIBLE_HOST_KEY_CHECKING=False
run -l h1 "$scratch/f/ping.yml" -e "{ansible_ssh_common_args: '$(known none)'}" </dev/null
same "host_key_checking=False is obeyed" 0 "$rc" "$out"
says "with a warning" "WARNING" "$out"
unset ANSIBLE_HOST_KEY_CHECKING

# -- interrupt --------------------------------------------------------------------------------------------------------
fresh; start -l h1,h2 "$scratch/f/sleep.yml"
until_true 20 sleeping; kill -INT "$run"; ended
same "an interrupt ends with 99" 99 "$rc" "$out"
says "an interrupt: the running task ends" "changed: [h1]" "$out"
says "an interrupt: the recap is shown" "PLAY RECAP" "$out"
same "an interrupt: nothing new is started" no "$([ -e "$LAB/h1/root/opt/afterwards" ] && echo yes || echo no)" "$out"
clean "an interrupt: nothing is left"
fresh; start -l h1,h2 "$scratch/f/sleep.yml"
until_true 20 sleeping; before=$SECONDS; kill -INT "$run"; sleep 0.5; kill -INT "$run"; ended
same "a second interrupt ends with 99" 99 "$rc" "$out"
at_most "a second interrupt ends at once (seconds)" 4 $((SECONDS - before))
clean "a second interrupt: nothing is left once the command has ended" 15

# -- the frozen host --------------------------------------------------------------------------------------------------
wait $frozen; rc=$?; out=$(cat "$scratch/frozen")
ip -n impel-lab link set vh9 up
same "frozen: ends with 4" 4 "$rc" "$out"
says "frozen: the host is unreachable" "UNREACHABLE" "$(grep h9 <<<"$out")"
same "frozen: the other goes on" 1 "$(grep -cE '^h8 .* ok=2 .*unreachable=0 .*failed=0' <<<"$out")" "$out"
