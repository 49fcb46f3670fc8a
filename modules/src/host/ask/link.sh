# shellcheck shell=sh
# ask_link NONCE HOW PATH...: where each leads: HOW is `text` (what the link says) or `real` (the canonical path).
ask_link() {
    ask_link_n=$1
    ask_link_h=$2
    shift 2
    for ask_link_p; do
        case $ask_link_h in
        real) readlink -f "$ask_link_p" ;;
        *) readlink "$ask_link_p" ;;
        esac
        echo "$ask_link_n $?"
    done
}
# ask_access NONCE PATH...: which of r, w, x we may; builtins only.
ask_access() {
    ask_access_n=$1
    shift
    for ask_access_p; do
        ask_access_a=
        [ ! -r "$ask_access_p" ] || ask_access_a=r
        [ ! -w "$ask_access_p" ] || ask_access_a=${ask_access_a}w
        [ ! -x "$ask_access_p" ] || ask_access_a=${ask_access_a}x
        echo "$ask_access_a"
        echo "$ask_access_n 0"
    done
}
