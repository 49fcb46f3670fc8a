# shellcheck shell=sh
# ask_send PATH: the whole file as it is, for who reads it in a stream.
ask_send() {
    cat <"$1"
}
