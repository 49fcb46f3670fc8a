# shellcheck shell=sh
# ask_packages NONCE NAME...: dpkg's view, a line each; unknown names go to stderr.
ask_packages() {
    shift
    # shellcheck disable=SC2016
    LC_ALL=C dpkg-query -W -f='${Package}|${Architecture}|${Version}|${db:Status-Abbrev}|${Provides}\n' -- "$@" || :
}
# ask_unit NONCE UNIT...: all properties of each, as systemd prints them: an empty line between units, in their order.
# One call for all; where systemd refuses it (a name that is none) or a value has empty lines, each by itself.
# shellcheck disable=SC2154
ask_unit() {
    ask_unit_n=$1
    shift
    ask_unit_f=$_iT/sunits
    if [ $# -gt 1 ] && LC_ALL=C systemctl show -- "$@" >"$ask_unit_f" 2>/dev/null &&
        [ "$(grep -c '^$' "$ask_unit_f")" = $(($# - 1)) ]; then
        sed "s/^\$/$ask_unit_n 0/" "$ask_unit_f"
        echo "$ask_unit_n 0"
        return 0
    fi
    for ask_unit_u; do
        LC_ALL=C systemctl show -- "$ask_unit_u"
        echo "$ask_unit_n $?"
    done
}
