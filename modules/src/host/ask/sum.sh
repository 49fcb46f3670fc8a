# shellcheck shell=sh
# ask_sum NONCE ALGORITHM MAX PATH...: `HEX  name` for each regular file (links followed) smaller than MAX bytes,
# or of any size where MAX is empty. One fork for all, none where there is no such file.
ask_sum() {
    ask_sum_a=$2
    ask_sum_m=$3
    shift 3
    for ask_sum_p; do
        shift
        [ ! -f "$ask_sum_p" ] || set -- "$@" "$ask_sum_p"
    done
    [ $# -gt 0 ] || return 0
    if command -v "${ask_sum_a}sum" >/dev/null 2>&1; then
        ask_sum_t="${ask_sum_a}sum"
    elif command -v shasum >/dev/null 2>&1 && [ "$ask_sum_a" != md5 ]; then
        ask_sum_t="shasum -a ${ask_sum_a#sha}"
    elif command -v openssl >/dev/null 2>&1; then
        ask_sum_t="openssl dgst -$ask_sum_a -r"
    else
        echo "no tool for $ask_sum_a checksums: tried ${ask_sum_a}sum, shasum and openssl" >&2
        return 127
    fi
    # zsh splits words only in its sh mode, which the loop is not always run in.
    case $ask_sum_m in
    '') eval "find -L \"\$@\" -prune -type f -exec $ask_sum_t {} +" ;;
    *) eval "find -L \"\$@\" -prune -type f -size -${ask_sum_m}c -exec $ask_sum_t {} +" ;;
    esac
}
