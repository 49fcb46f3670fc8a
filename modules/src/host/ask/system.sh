# shellcheck shell=sh
# ask_packages NONCE NAME...: dpkg's view, a line each; unknown names go to stderr.
ask_packages() {
    shift
    # shellcheck disable=SC2016
    LC_ALL=C dpkg-query -W -f='${Package}|${Architecture}|${Version}|${db:Status-Abbrev}|${Provides}\n' -- "$@" || :
}
# ask_unit NONCE UNIT...: all properties of each, as systemd prints them.
ask_unit() {
    ask_unit_n=$1
    shift
    for ask_unit_u; do
        LC_ALL=C systemctl show -- "$ask_unit_u"
        echo "$ask_unit_n $?"
    done
}
