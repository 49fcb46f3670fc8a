# shellcheck shell=sh
# ask_read NONCE LIMIT PATH...: the first LIMIT bytes of each. rc 2 absent, 21 a folder, 13 not readable.
ask_read() {
    ask_read_n=$1
    ask_read_l=$2
    shift 2
    for ask_read_p; do
        if [ -d "$ask_read_p" ]; then
            ask_read_r=21
        elif [ ! -e "$ask_read_p" ]; then
            ask_read_r=2
        elif [ ! -r "$ask_read_p" ]; then
            ask_read_r=13
        else
            head -c "$ask_read_l" <"$ask_read_p"
            ask_read_r=$?
        fi
        echo "$ask_read_n $ask_read_r"
    done
}
