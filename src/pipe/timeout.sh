# shellcheck shell=sh disable=SC2154,SC2034,SC3045
# A user's command with a limit of time; sent before the first one that has such a limit.

# $1 folder or '', $2 bytes of stdin or '', $3 seconds, $4 how many pairs of NAME VALUE follow, then argv.
# The command leads its own session, so that all of its group ends: TERM, a second later KILL.
_iut() {
    _is "$2" || return 0
    _id=$1
    _io=$3
    _in=$4
    shift 4
    rm -f "$_iT/k"
    [ -n "$_iS" ] || if command -v setsid >/dev/null; then _iS=setsid; else _iS='exec'; fi
    (
        trap - INT QUIT
        [ -z "$_id" ] || CDPATH='' cd -- "$_id" || exit 250
        while [ "$_in" -gt 0 ]; do
            export "$1=$2"
            shift 2
            _in=$((_in - 1))
        done
        [ "$_iS" = exec ] || exec setsid "$@"
        exec "$@"
    ) <"$_ii" >"$_iT/o$_iC" 2>"$_iT/e$_iC" &
    _ic=$!
    # What ends the watchdog may come before it has set its own trap. bash runs this shell's then, which must not
    # remove the session folder (_iQ looks at _iB).
    trap - TERM
    _iB=y
    (
        _iw=
        trap 'kill $_iw; exit' TERM
        sleep "$_io" &
        _iw=$!
        wait $_iw
        : >"$_iT/k"
        _ikt TERM
        sleep 1 &
        _iw=$!
        wait $_iw
        _ikt KILL
    ) </dev/null >/dev/null 2>&1 &
    _iw=$!
    _iB=
    trap '_iQ; exit 129' TERM
    wait $_ic
    _ir=$?
    _in=0
    [ ! -e "$_iT/k" ] || {
        _ikt KILL
        _ir=124
        _in=2
    }
    kill $_iw 2>/dev/null
    wait $_iw 2>/dev/null
    _iO $_ir $_in
}

# Signal $1 to the command's group, or to its descendants where there is no setsid.
_ikt() {
    if [ "$_iS" = setsid ]; then
        kill -"$1" -"$_ic" 2>/dev/null
    else
        # shellcheck disable=SC2046 # a list of numbers
        kill -"$1" $(_ikd "$_ic") 2>/dev/null
    fi
}

_ikd() {
    { ps -A -o pid= -o ppid= 2>/dev/null || ps -o pid,ppid; } | awk -v r="$1" '
        function walk(x, a, n, i) { n = split(c[x], a, " "); for (i = 1; i <= n; i++) { print a[i]; walk(a[i]) } }
        { c[$2] = c[$2] " " $1 }
        END { print r; walk(r) }'
}
