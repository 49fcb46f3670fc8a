# shellcheck shell=sh disable=SC2154
# act_folders PATH...: makes folders, parents first, with the user's umask. One that is there by now is fine.
act_folders() {
    for act_folders_p; do
        LC_ALL=C mkdir "$act_folders_p" || [ -d "$act_folders_p" ] || return 1
    done
}
# act_remove PATH...: with all that is below.
act_remove() {
    LC_ALL=C rm -rf "$@"
}
# act_link KIND TARGET PATH TEMPORARY: a link takes PATH's place at once; KIND is s or h. A folder there must be empty.
act_link() {
    if [ -d "$3" ] && [ ! -L "$3" ]; then LC_ALL=C rmdir "$3" || return; fi
    case $1 in
    s) LC_ALL=C ln -s "$2" "$4" || return ;;
    *) LC_ALL=C ln "$2" "$4" || return ;;
    esac
    mv -fT "$4" "$3" 2>/dev/null || { rm -f "$3" && mv -f "$4" "$3"; } || {
        rm -f "$4"
        return 1
    }
}
# act_touch PATH ACCESS MODIFICATION: makes an empty file where there is none; a time is empty (as it is), `now` or
# a stamp of touch -t in the host's own zone.
act_touch() {
    if [ ! -e "$1" ]; then
        true >"$1" || return
    fi
    act_touch_one -a "$2" "$1" && act_touch_one -m "$3" "$1"
}
act_touch_one() {
    case $2 in
    '') ;;
    now) touch -c "$1" "$3" ;;
    *) touch -c "$1" -t "$2" "$3" ;;
    esac
}
