# shellcheck shell=sh disable=SC2154,SC2015
# user_home PATH SKELETON UMASK OWNER: makes a home folder as useradd would, parents too. OWNER (uid:gid) may be empty.
user_home() (
  p=$1 k=${2:-/etc/skel} u=$3 o=$4
  if [ -z "$u" ]; then
    u=$(sed -n 's/^[[:space:]]*UMASK[[:space:]][[:space:]]*\([0-7]*\).*/\1/p' /etc/login.defs 2>/dev/null)
  fi
  umask 022
  if [ ! -e "$p" ]; then
    mkdir -p -- "${p%/*}/" || exit
    if [ -d "$k" ]; then cp -R -P -p -- "$k" "$p" || exit; else mkdir -- "$p" || exit; fi
  fi
  case $u in
  '') ;;
  *) chmod "$(printf '%04o' "$((0777 & ~0${u#0}))")" "$p" || exit ;;
  esac
  [ -z "$o" ] || chown -h -R "$o" "$p"
)
# user_key PAYLOAD-LENGTH FILE TYPE BITS COMMENT OWNER FORCE: makes an SSH key; the payload is its passphrase.
user_key() {
  user_key_p=$(_ird "$1") && _ie || return 1
  user_key_make "$@" </dev/null
}
user_key_make() (
  f=$2 t=$3 b=$4 c=$5 o=$6 force=$7
  d=${f%/*}
  if [ ! -d "$d" ]; then
    mkdir -p -- "$d" && chmod 0700 "$d" && chown "$o" "$d" || exit
  fi
  if [ "$force" = 1 ]; then rm -f -- "$f" "$f.pub"; fi
  set -- -q -t "$t" -C "$c" -f "$f"
  [ -z "$b" ] || set -- -b "$b" "$@"
  if [ -n "$user_key_p" ]; then
    # Never in argv: ssh-keygen asks a program, which finds it in its own environment.
    _ixd || exit
    a=$_iX/ask-key
    { echo '#!/bin/sh'; echo 'exec printenv IMPEL_PASSPHRASE'; } >"$a" && chmod 0700 "$a" || exit
    IMPEL_PASSPHRASE=$user_key_p SSH_ASKPASS=$a SSH_ASKPASS_REQUIRE=force DISPLAY=:0 ssh-keygen "$@"
  else
    ssh-keygen "$@" -N ''
  fi || exit
  chown "$o" "$f" "$f.pub"
)
