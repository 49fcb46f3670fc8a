# shellcheck shell=sh disable=SC2154
# get_fetch BYTES TEMPORARY KNOWN URL: downloads to TEMPORARY by curl, whose configuration is the payload, or, where
# that says so little that wget can do it (URL is not empty), by wget. KNOWN: only what is newer than that file.
# Prints the headers, then `STATUS n`. rc 126: neither tool is there.
get_fetch() {
  _iup "$1" "$_iT/sget" || return
  get_fetch_run "$2" "$3" "$4" </dev/null
  get_fetch_r=$?
  rm -f "$_iT/sget" "$_iT/sgeth"
  return $get_fetch_r
}
get_fetch_run() (
  umask 077
  t=$1 k=$2 u=$3
  if command -v curl >/dev/null 2>&1; then
    set -- -q -sS -L -K "$_iT/sget" -o "$t" -D "$_iT/sgeth" -w 'STATUS %{http_code}\n'
    [ -z "$k" ] || set -- "$@" -z "$k"
    s=$(curl "$@")
    r=$?
    [ ! -e "$_iT/sgeth" ] || cat "$_iT/sgeth"
    echo
    echo "$s"
    exit $r
  fi
  if command -v wget >/dev/null 2>&1 && [ -n "$u" ]; then
    wget -q -O "$t" -- "$u" || { r=$?; rm -f "$t"; exit $r; }
    echo
    echo "STATUS 200"
    exit 0
  fi
  if [ -n "$u" ]; then
    echo "the host has neither curl nor wget" >&2
  else
    echo "the host has no curl, which these arguments need" >&2
  fi
  exit 126
)
