# shellcheck shell=sh
# wait_port HOST PORT SECONDS BYTES: does the port take connections? With BYTES, prints what it says first.
# rc 0 yes, 1 no, 3 there is no way to tell.
wait_port() (
  h=$1 p=$2 t=$3 n=$4
  limit() { if command -v timeout >/dev/null 2>&1; then timeout "$t" "$@"; else "$@"; fi; }
  if command -v bash >/dev/null 2>&1; then
    # shellcheck disable=SC2016
    limit bash -c 'exec 3<>"/dev/tcp/$0/$1" || exit 1; [ -z "$2" ] || head -c "$2" <&3' "$h" "$p" "$n" 2>/dev/null
    r=$?
    # Time that runs out while reading is fine: it was connected.
    [ "$r" = 124 ] && [ -n "$n" ] && r=0
    [ "$r" = 0 ] || r=1
    exit $r
  fi
  if [ -n "$n" ]; then
    echo "search_regex on a port needs bash on the host" >&2
    exit 3
  fi
  if command -v nc >/dev/null 2>&1; then
    limit nc -w "$t" "$h" "$p" </dev/null >/dev/null 2>&1 || exit 1
    exit 0
  fi
  case $h in
  127.* | localhost | ::1)
    x=$(printf ':%04X ' "$p")
    # State 0A: listening.
    grep -q "$x.* 0A " /proc/net/tcp /proc/net/tcp6 2>/dev/null || exit 1
    ;;
  *)
    echo "waiting for a port needs bash or nc on the host" >&2
    exit 3
    ;;
  esac
)
