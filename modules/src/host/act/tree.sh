# shellcheck shell=sh disable=SC2154
# act_tree BYTES TEMPORARY KEEP FOLDER...: the payload is a tar stream of folders named 0, 1, 2, ...: the files in each take
# their places in FOLDER of that number, each at once. KEEP is `y` where some replace others. rc 79: there is no tar.
act_tree() {
    act_tree_b=$1
    act_tree_t=$2
    act_tree_k=$3
    shift 3
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
        [ "$act_tree_k" != y ] || find "$act_tree_t/$act_tree_g" -type f -exec sh -c "$act_tree_like" sh "$act_tree_d" "$act_tree_t/$act_tree_g" {} + </dev/null
        # shellcheck disable=SC2016
        find "$act_tree_t/$act_tree_g" ! -type d -exec sh -c 'd=$1; shift; exec mv -f "$@" "$d/"' sh "$act_tree_d" {} + </dev/null
        act_tree_r=$?
        act_tree_g=$((act_tree_g + 1))
    done
    rm -rf "$act_tree_t"
    return $act_tree_r
}
# For a shell of its own with FOLDER NEW FILE... as arguments: the new files get ACL, SELinux label and other extended
# attributes of those that they replace, where `cp` can (busybox's cannot). Owner and mode stay what the stream says:
# cp changes them for all at once, and they are set back where that made a difference.
# shellcheck disable=SC2016
act_tree_like='d=$1
t=$2
shift 2
for f; do
    shift
    e=$d/${f##*/}
    if [ -f "$e" ] && [ ! -L "$e" ]; then set -- "$@" "$e"; fi
done
[ $# -gt 0 ] || exit 0
IFS="
"
set -f
w=$(for e; do echo "$t/${e##*/}"; done)
b=$(stat -c "%a %u:%g %n" $w)
cp --attributes-only --preserve=all --no-preserve=timestamps -t "$t" -- "$@" 2>/dev/null || exit 0
a=$(stat -c "%a %u:%g %n" $w)
[ "$a" != "$b" ] || exit 0
for l in $b; do
    case "$IFS$a$IFS" in
    *"$IFS$l$IFS"*) ;;
    *)
        f=${l#* }
        o=${f%% *}
        f=${f#* }
        chown "$o" "$f"
        chmod "${l%% *}" "$f"
        ;;
    esac
done'
