# shellcheck shell=sh
# POLICY COMMAND...: runs the command with policy-rc.d answering POLICY (empty: as it is); what was there comes back.
p=$1
shift
[ -n "$p" ] || exec "$@"
f=/usr/sbin/policy-rc.d
b=$f.impel.$$
restore() {
  rm -f "$f"
  [ ! -e "$b" ] || mv "$b" "$f"
}
[ ! -e "$f" ] || mv "$f" "$b" || exit
trap restore EXIT
trap 'exit 129' HUP INT TERM
printf '#!/bin/sh\nexit %s\n' "$p" >"$f" && chmod 0755 "$f" || exit
"$@"
r=$?
trap - EXIT
restore
exit "$r"
