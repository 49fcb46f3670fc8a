# shellcheck shell=sh disable=SC2154
# unarchive_fetch URL INSECURE: downloads into the session folder and prints the path. rc 127: no tool for it.
unarchive_fetch() {
    unarchive_fetch_c=$((${unarchive_fetch_c:-0} + 1))
    unarchive_fetch_f=$_iT/sarchive$unarchive_fetch_c
    if command -v curl >/dev/null 2>&1; then
        curl -fsSL ${2:+-k} -o "$unarchive_fetch_f" -- "$1" || return
    elif command -v wget >/dev/null 2>&1; then
        wget -q ${2:+--no-check-certificate} -O "$unarchive_fetch_f" -- "$1" || return
    else
        echo "downloading needs curl or wget on the host" >&2
        return 127
    fi
    echo "$unarchive_fetch_f"
}
