# shellcheck shell=sh
# ask_run COMMAND ARG...: a command that changes nothing.
ask_run() {
    # shellcheck disable=SC2030,SC2031
    (
        LC_ALL=C
        export LC_ALL
        exec "$@"
    )
}
