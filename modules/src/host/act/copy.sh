# shellcheck shell=sh disable=SC2154
# act_copy SOURCE TEMPORARY DEST ...: as act_place, with the content of a file that is on the host already.
act_copy() {
    act_copy_s=$1
    shift
    # shellcheck disable=SC2030,SC2031
    (umask 077 && cat "$act_copy_s" >"$1") || {
        rm -f "$1"
        return 1
    }
    act_place "$@"
}
