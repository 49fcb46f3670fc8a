# shellcheck shell=sh disable=SC2154
# act_tree BYTES TEMPORARY FOLDER...: the payload is a tar stream of folders named 0, 1, 2, ...: the files in each take
# their places in FOLDER of that number, each at once. rc 79: there is no tar.
act_tree() {
    act_tree_b=$1
    act_tree_t=$2
    shift 2
    command -v tar >/dev/null || return 79
    # shellcheck disable=SC2030,SC2031
    (umask 077 && mkdir "$act_tree_t") || return
    _ird "$act_tree_b" | (
        tar -xpf - -C "$act_tree_t"
        act_tree_r=$?
        # tar stops at the end of the archive; what pads it must be taken from the pipe too.
        cat >/dev/null
        exit $act_tree_r
    )
    act_tree_r=$?
    _ie || act_tree_r=1
    act_tree_g=0
    for act_tree_d; do
        [ $act_tree_r = 0 ] || break
        # shellcheck disable=SC2016
        find "$act_tree_t/$act_tree_g" ! -type d -exec sh -c 'd=$1; shift; exec mv -f "$@" "$d/"' sh "$act_tree_d" {} + </dev/null
        act_tree_r=$?
        act_tree_g=$((act_tree_g + 1))
    done
    rm -rf "$act_tree_t"
    return $act_tree_r
}
