# shellcheck shell=sh
# tempfile_make KIND FOLDER NAME: makes a file (f) or a folder (d) that did not exist; prints its path.
tempfile_make() (
  d=${2:-${TMPDIR:-${TEMP:-${TMP:-/tmp}}}}
  p=${d%/}/$3
  umask 077
  case $1 in
  d) mkdir -- "$p" || exit ;;
  *) (set -C && : >"$p") || exit ;;
  esac
  echo "$p"
)
