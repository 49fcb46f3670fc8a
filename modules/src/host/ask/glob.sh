# shellcheck shell=sh
# ask_glob NONCE FOLDER PATTERN ...: pairs; rc 0 where something matches the pattern, seen from the folder.
ask_glob() {
    ask_glob_n=$1
    shift
    while [ $# -gt 1 ]; do
        # shellcheck disable=SC2030,SC2031,SC2086
        (
            [ -z "$1" ] || CDPATH='' cd "$1" || exit 2
            ask_glob_p=$2
            IFS=
            set +f
            for ask_glob_f in $ask_glob_p; do
                if [ -e "$ask_glob_f" ] || [ -L "$ask_glob_f" ]; then exit 0; fi
            done
            exit 1
        )
        echo "$ask_glob_n $?"
        shift 2
    done
}
# ask_zone NONCE: the offset of the host's clock from UTC; looked up once.
ask_zone() {
    [ -n "${ask_zone_z:-}" ] || ask_zone_z=$(date +%z)
    echo "$ask_zone_z"
    echo "$1 0"
}
