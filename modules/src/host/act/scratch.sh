# shellcheck shell=sh disable=SC2154
# act_scratch BYTES: the payload as a file in the session folder; prints its path.
act_scratch() {
    act_scratch_c=$((${act_scratch_c:-0} + 1))
    _iup "$1" "$_iT/scratch$act_scratch_c" || return
    echo "$_iT/scratch$act_scratch_c"
}
# act_discard FILE...: removes scratch files.
act_discard() {
    rm -rf "$@"
}
