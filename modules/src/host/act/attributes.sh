# shellcheck shell=sh disable=SC2154
# act_attributes HOW OWNER MODE FLAGS CONTEXT PATH...: HOW is L (what links lead to) or P (the path itself); empty means as it is.
# chown clears setuid and setgid, so it comes first. rc 11, 12, 13, 14: chown, chmod, chattr,
# chcon failed.
act_attributes() {
    act_attributes_h=$1
    act_attributes_o=$2
    act_attributes_m=$3
    act_attributes_f=$4
    act_attributes_c=$5
    shift 5
    if [ -n "$act_attributes_o" ]; then
        if [ "$act_attributes_h" = L ]; then
            chown "$act_attributes_o" "$@" || return 11
        else
            chown -h "$act_attributes_o" "$@" || return 11
        fi
    fi
    [ -z "$act_attributes_m" ] || chmod "$act_attributes_m" "$@" || return 12
    [ -z "$act_attributes_f" ] || chattr "$act_attributes_f" "$@" >/dev/null || return 13
    [ -z "$act_attributes_c" ] || chcon -h "$act_attributes_c" "$@" || return 14
}
