# shellcheck shell=sh disable=SC2154
# act_write BYTES TEMPORARY DEST OWNER MODE BACKUP UNSAFE TELL VALIDATE...: the payload becomes DEST at once or not at all.
# OWNER is user:group or empty (as it is), MODE octal or empty (as it is; a new file gets the umask's), BACKUP, UNSAFE
# and TELL are `y` or empty; VALIDATE is a command that must accept the temporary file. Prints `backup NAME`, and with
# TELL a record of DEST's new status.
# rc 77: the command did not accept it; 78: the backup failed.
act_write() {
    _iup "$1" "$2" || {
        act_write_r=$?
        rm -f "$2"
        return $act_write_r
    }
    shift
    act_place "$@"
}
# act_place TEMPORARY DEST OWNER MODE BACKUP UNSAFE TELL VALIDATE...: the second half: a file that is there takes DEST's place.
act_place() {
    act_place_t=$1
    act_place_d=$2
    act_place_o=$3
    act_place_m=$4
    act_place_b=$5
    act_place_u=$6
    act_place_s=$7
    shift 7
    if [ $# -gt 0 ]; then
        "$@" </dev/null >"$_iT/svalidate" || {
            act_place_r=$?
            cat "$_iT/svalidate"
            echo "status $act_place_r"
            rm -f "$act_place_t"
            return 77
        }
    fi
    if [ -e "$act_place_d" ]; then
        if [ "$act_place_b" = y ]; then
            act_place_n=$act_place_d.$$.$(date +%Y-%m-%d@%H:%M:%S~)
            cp -p "$act_place_d" "$act_place_n" || {
                rm -f "$act_place_t"
                return 78
            }
            echo "backup $act_place_n"
        fi
    fi
    # A link is replaced by a file of its own.
    act_place_w=
    if [ -e "$act_place_d" ] && [ ! -L "$act_place_d" ]; then
        act_place_w=n
        act_place_like "$act_place_d" "$act_place_t" || {
            rm -f "$act_place_t"
            return 1
        }
    elif [ -z "$act_place_m" ]; then
        chmod '=rw' "$act_place_t"
    fi
    # chown clears setuid and setgid, so it comes first.
    if { [ -z "$act_place_o" ] || chown "$act_place_o" "$act_place_t"; } &&
        { [ -z "$act_place_m" ] || chmod "$act_place_m" "$act_place_t"; } &&
        act_place_move; then
        # A new file gets the SELinux label that the policy has for its path.
        if [ -z "$act_place_w" ] && [ -e /sys/fs/selinux/enforce ] && command -v restorecon >/dev/null; then
            restorecon "$act_place_d" 2>/dev/null
        fi
        [ "$act_place_s" = y ] || return 0
        LC_ALL=C stat -c 'STATUS|%f|%u|%g|%U|%G|%s|%.9X|%.9Y|%.9Z|%i|%d|%h|%b|%B|%t|%T|%n' "$act_place_d"
        return
    fi
    act_place_r=$?
    rm -f "$act_place_t"
    return $act_place_r
}
# What `cp --attributes-only` brings (owner, mode, ACL, SELinux, xattr), or owner and mode where cp is busybox's.
act_place_like() {
    cp --attributes-only --preserve=all --no-preserve=timestamps "$1" "$2" 2>/dev/null && return 0
    act_place_a=$(stat -L -c '%u:%g %a' "$1") || return
    chown "${act_place_a% *}" "$2" 2>/dev/null
    chmod "${act_place_a#* }" "$2"
}
act_place_move() {
    mv -f "$act_place_t" "$act_place_d" && return 0
    [ "$act_place_u" = y ] || return 1
    # A file that is mounted by itself (docker's /etc/hosts) can only be written in place.
    cat "$act_place_t" >"$act_place_d" && rm -f "$act_place_t"
}
