# shellcheck shell=sh disable=SC2034,SC2154,SC2317,SC2329
# What every long-lived shell learns first. The line before it has set _iK, _iM, _iE, _iN and _iU.
#
# For scripts that modules send (a `Script` is a file of function definitions):
#
#   $_iT       the session folder: 0700, on tmpfs where there is room (often mounted noexec), gone when the pipe
#              ends. Scripts keep their own files there under names of two or more letters that start with `s`.
#   $_iK       random letters, unique to this pipe: for temporary names beside a target (`$dir/.impel-$_iK.x`).
#   $_iN       a newline.
#   $_iU       the user's own umask, as the shell was started with.
#   _ird N     the next N bytes of the request's payload on stdout, exactly. Into a pipe that is read to its end,
#              a variable or a file in $_iT; what may fill a disk uses _iup.
#   _ie        the end of the payload; fails where the connection was cut. Must be called in the shell itself (not
#              in a pipeline or a subshell) after all N bytes were read and BEFORE a result is moved into place:
#                 _ird "$1" >"$_iT/sx" && _ie || { rm -f "$_iT/sx"; return 1; }
#   _iup N F   the whole payload of N bytes into the file F (mode 0600, made or truncated), _ie included. Always
#              takes all of it from the pipe; fails with the writer's message (disk full), F removed where cut.
#   _ixd       sets $_iX to a 0700 folder where programs can be executed (gone with the pipe), or fails.
#
# A function is called as `name ARG...` in the long-lived shell, its stdout is the reply, its stderr is caught,
# its return status is the reply's rc. Rules: no `exit` (use `return`); own variables, prefixed with the script's
# name, never `_i*`; no `cd`, `umask`, `set`, `trap`, `exec` outside of a subshell; stdin is /dev/null, or the
# pipe itself where the request has a payload: then whatever else may read stdin needs `</dev/null`.
# A function that gets a payload either reads none of it (it is thrown away) or all of it and then calls _ie.
# What may leave a process behind (a daemon's start) must have its stdout in a file or run as a Command.

[ ! -c /dev/null ] || exec 2>/dev/null
# bash as sh would not tell of signals (see _iu).
# shellcheck disable=SC3040
[ -z "${BASH_VERSION:-}" ] || set +o posix
_iC=0
_iT=
_iX=
_iB=
_ix=
_iz=
# A terminal that goes away must not kill the rm; a hang-up that comes as the shell is ending anyway must not end it
# before the rm (its trap's `exit` would cut the other trap short), so each does all of it. Children made while _iB is
# set never do it (see _iut). That is asked by `case`: where a signal ends bash just after a fork, it takes the result of
# the trap's first simple command for that of a child it has to wait for, so `[` would answer anything.
_iQ() {
    case $_iB in
    '')
        trap '' HUP INT TERM PIPE
        [ -z "$_iT" ] || rm -rf "$_iT" "${_iX:-$_iT}"
        ;;
    esac
}
trap _iQ EXIT
trap '_iQ; exit 129' HUP INT TERM PIPE

# The session folder. /dev/shm of a container may be tiny, so room is asked for on tmpfs.
_iH() {
    for _id in /dev/shm "${XDG_RUNTIME_DIR:-/tmp}" "${TMPDIR:-/tmp}" /tmp /var/tmp "$HOME"; do
        [ -w "$_id" ] || continue
        _iT=$_id/.impel.$$.$_iK
        mkdir -m 700 "$_iT" || { _iT=; continue; }
        case $_id in
        /dev/shm | /run/*)
            df -Pk "$_iT" >"$_iT/e"
            { IFS= read -r _io && read -r _io _io _io _ic _io; } <"$_iT/e"
            [ "${_ic:-0}" -ge 262144 ] && break
            rm -rf "$_iT"
            _iT=
            ;;
        *) break ;;
        esac
    done
    [ -n "$_iT" ]
}

# The first answer; then folders of this user are swept whose shells were killed without a trap.
_ih() {
    if ! [ -c /dev/null ]; then
        echo "${_iM}X there is no /dev/null"
        exit 1
    elif _iH; then
        echo "${_iM}H $_iT"
    else
        echo "${_iM}X no folder can be written: tried /dev/shm, \$XDG_RUNTIME_DIR, \$TMPDIR, /tmp, /var/tmp and \$HOME"
        exit 1
    fi
    case $_iT in
    /dev/shm/* | /run/* | /tmp/* | /var/tmp/*)
        for _io in "${_iT%/*}"/.impel.*; do
            # shellcheck disable=SC3067 # not POSIX, but every shell has it
            [ -O "$_io" ] || continue
            _ic=${_io##*/.impel.}
            kill -0 "${_ic%%.*}" || rm -rf "$_io"
        done
        ;;
    esac
}

# The end of a function's reply: rc, then stderr where there is any.
_iP() {
    if [ -s "$_iT/e" ]; then
        echo "$_iM$1 1"
        cat "$_iT/e"
        echo "$_iM."
    else
        echo "$_iM$1 0"
    fi
}

# A function without a payload.
_if() {
    [ -d "$_iT" ] || _iH || exit 1
    "$@" </dev/null 2>"$_iT/e"
    _iP $?
}

# A function with a payload of $1 bytes. One that returned without reading it has it thrown away here.
_iF() {
    _iz=$1
    shift
    [ -d "$_iT" ] || _iH || exit 1
    _irp
    "$@" 2>"$_iT/e"
    _iq=$?
    case $_iz in
    k) ;;
    x) exit 1 ;;
    *) { _ird "$_iz" >/dev/null && _ie; } || exit 1 ;;
    esac
    _iP $_iq
}

_ie() {
    if IFS= read -r _io && [ "$_io" = "$_iE" ]; then
        _iz=k
    else
        _iz=x
        return 1
    fi
}

# Which dd there is: f knows fullblock, l reads short. Called in the shell itself it is found out once.
_irp() {
    [ -n "$_ix" ] || if dd if=/dev/null iflag=fullblock 2>/dev/null; then _ix=f; else _ix=l; fi
}

# dd is the one tool that reads N bytes from a pipe and no more: head, sed and read take blocks.
_ird() {
    [ "$1" -gt 0 ] || return 0
    _irp
    if [ $_ix = l ]; then
        _irl "$1"
    elif [ "$1" -le 131072 ]; then
        dd bs="$1" count=1 iflag=fullblock 2>/dev/null
    else
        dd bs=65536 count=$(($1 / 65536)) iflag=fullblock 2>/dev/null || return 1
        [ $(($1 % 65536)) = 0 ] || dd bs=$(($1 % 65536)) count=1 iflag=fullblock 2>/dev/null
    fi
}

# The same for a dd that reads short and has no fullblock.
_irl() {
    _in=$1
    while [ "$_in" -gt 0 ]; do
        _ic=$_in
        [ "$_ic" -le 65536 ] || _ic=65536
        dd bs="$_ic" count=1 >"$_iT/c" 2>/dev/null
        _ic=$(wc -c <"$_iT/c")
        [ "$_ic" -gt 0 ] || return 1
        cat "$_iT/c" || return 1
        _in=$((_in - _ic))
    done
}

_iup() {
    _irp
    # What is small takes one fork. dd reads all of it before it writes, so that nothing is left in the pipe where
    # the disk is full; and the file is made before, so that a failed start leaves all of it.
    if [ $_ix = f ] && [ "$1" -gt 0 ] && [ "$1" -le 131072 ]; then
        umask 077
        true >"$2"
        _ir=$?
        umask "$_iU"
        if [ $_ir != 0 ]; then
            _ird "$1" >/dev/null
        else
            dd bs="$1" count=1 iflag=fullblock >"$2" 2>"$_iT/d"
            _ir=$?
            [ $_ir = 0 ] || while IFS= read -r _io; do
                # the lines between are counts of blocks
                case $_io in dd:*) echo "$_io" >&2 ;; esac
            done <"$_iT/d"
        fi
    else
        _ird "$1" | (
            umask 077
            cat >"$2" || {
                cat >/dev/null
                exit 1
            }
        )
        _ir=$?
    fi
    _ie || {
        rm -f "$2"
        return 1
    }
    return $_ir
}

_ixd() {
    [ -z "$_iX" ] || [ ! -d "$_iX" ] || return 0
    for _id in "${TMPDIR:-/tmp}" /tmp /var/tmp "$HOME"; do
        _iX=$_id/.impel.$$.$_iK.x
        mkdir -m 700 "$_iX" || continue
        echo '#!/bin/sh' >"$_iX/x"
        chmod 700 "$_iX/x"
        "$_iX/x" </dev/null && {
            rm -f "$_iX/x"
            return 0
        }
        rm -rf "$_iX"
    done
    _iX=
    echo "no folder found in which a program can be executed" >&2
    return 1
}

# A user's command: $1 folder or '', $2 bytes of stdin or '', $3 how many pairs of NAME VALUE follow, then argv.
# Its output goes to fresh files, so what it leaves behind neither delays this reply nor writes into a later one.
_iu() {
    _is "$2" || return 0
    _id=$1
    _in=$3
    shift 3
    # 128 + n is what a signal leaves and what a command may end with by itself; a shell tells of a signal on its
    # own stderr (dash, bash, busybox), or has greater numbers for it (ksh93). mksh and zsh tell nothing.
    exec 2>"$_iT/g"
    (
        [ -z "$_id" ] || CDPATH='' cd -- "$_id" || exit 250
        while [ "$_in" -gt 0 ]; do
            export "$1=$2"
            shift 2
            _in=$((_in - 1))
        done
        exec "$@"
    ) <"$_ii" >"$_iT/o$_iC" 2>"$_iT/e$_iC"
    _ir=$?
    [ ! -c /dev/null ] || exec 2>/dev/null
    if [ $_ir -gt 256 ]; then
        _ir=-$((_ir & 127))
    elif [ $_ir -gt 128 ] && [ -s "$_iT/g" ]; then
        _ir=$((128 - _ir))
    fi
    _iO $_ir 0
}

# A command's files and its stdin from the payload.
_is() {
    [ -d "$_iT" ] || _iH || exit 1
    _iC=$((_iC + 1))
    _ii=/dev/null
    [ -n "$1" ] || return 0
    _ii=$_iT/i$_iC
    _iup "$1" "$_ii" 2>"$_iT/e" && return 0
    [ $_iz = k ] || exit 1
    _iP 251
    return 1
}

# The end of a command's reply; the flags are 1 stderr follows, 2 timed out, 4 its output files are gone.
# Emptying a file frees its room without a fork; removing is done now and then.
_iO() {
    if [ -s "$_iT/e$_iC" ]; then
        echo "$_iM$1 $((1 + $2))" >"$_iT/m"
        cat "$_iT/o$_iC" "$_iT/m" "$_iT/e$_iC"
        echo "$_iM."
        : >"$_iT/o$_iC"
        : >"$_iT/e$_iC"
    elif [ -s "$_iT/o$_iC" ]; then
        cat "$_iT/o$_iC"
        echo "$_iM$1 $2"
        : >"$_iT/o$_iC"
    elif [ -e "$_iT/e$_iC" ]; then
        echo "$_iM$1 $2"
    else
        echo "$_iM$1 $((4 + $2))"
    fi
    case $_iC in *[05]0) rm -f "$_iT"/[oei]?* ;; esac
}
