# shellcheck shell=sh disable=SC2154
# What the tests of the wire protocol call.

# All arguments, each with a bar behind it.
t_print() {
    for t_word in "$@"; do printf '%s|' "$t_word"; done
}

t_all() {
    printf 'out\n\n'
    printf 'err\000\n' >&2
    return "$1"
}

t_needs() {
    t_needed "$1"
}

t_stdin() {
    cat
    echo end
}

t_cat() {
    _ird "$1"
    _ie
}

t_ignore() {
    return 5
}

t_upload() {
    _iup "$1" "$_iT/sup" || return 1
    cat "$_iT/sup"
    rm -f "$_iT/sup"
}

# A dd without fullblock, as the oldest systems have.
t_old_dd() {
    _ix=l
}

t_full() {
    _iup "$1" /dev/full
}

t_programs() {
    _ixd || return 1
    echo "$_iX"
}

t_exit() {
    exit 3
}

t_replace() {
    _iup "$1" "$2.new" || return 1
    mv "$2.new" "$2"
}
