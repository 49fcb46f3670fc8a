# shellcheck shell=sh disable=SC2154
# script_put BYTES: the payload as a program of its own where programs can be executed; prints its path.
script_put() {
    _ixd || return
    script_put_c=$((${script_put_c:-0} + 1))
    script_put_f=$_iX/script$script_put_c
    _iup "$1" "$script_put_f" && chmod 700 "$script_put_f" && echo "$script_put_f"
}
