# shellcheck shell=sh
# ask_stat NONCE FOLLOW PATH...: one record for each path that exists: NONCE|fields|name. FOLLOW is L or P.
# A path that is absent from a folder that can be searched costs no fork and leaves nothing; one that is absent for
# another reason leaves it on stderr, which is read: hence the locale.
ask_stat() {
    ask_stat_f="$1|%f|%u|%g|%U|%G|%s|%.9X|%.9Y|%.9Z|%i|%d|%h|%b|%B|%t|%T|%n"
    ask_stat_l=$2
    shift 2
    for ask_stat_p; do
        shift
        ask_stat_absent || set -- "$@" "$ask_stat_p"
    done
    [ $# -gt 0 ] || return 0
    case $ask_stat_l in
    L) LC_ALL=C stat -L -c "$ask_stat_f" "$@" ;;
    *) LC_ALL=C stat -c "$ask_stat_f" "$@" ;;
    esac
}
# Whether $ask_stat_p is known to be absent: the nearest thing above it is a folder that can be searched.
ask_stat_absent() {
    if [ -e "$ask_stat_p" ] || [ -L "$ask_stat_p" ]; then return 1; fi
    ask_stat_d=$ask_stat_p
    while :; do
        case $ask_stat_d in
        /*/*) ask_stat_d=${ask_stat_d%/*} ;;
        *) return 1 ;;
        esac
        if [ -d "$ask_stat_d" ]; then
            [ -x "$ask_stat_d" ]
            return
        fi
        if [ -e "$ask_stat_d" ] || [ -L "$ask_stat_d" ]; then return 1; fi
    done
}
# ask_tree NONCE DEPTH PATH: the same for all that is below PATH (and PATH itself), links not followed.
ask_tree() {
    ask_stat_f="$1|%f|%u|%g|%U|%G|%s|%.9X|%.9Y|%.9Z|%i|%d|%h|%b|%B|%t|%T|%n"
    case $2 in
    '') LC_ALL=C find "$3" -exec stat -c "$ask_stat_f" {} + ;;
    *) LC_ALL=C find "$3" -maxdepth "$2" -exec stat -c "$ask_stat_f" {} + ;;
    esac
}
# ask_there NONCE PATH...: what there is, links followed: 0 a folder, 1 something else, 2 nothing; builtins only.
ask_there() {
    ask_there_n=$1
    shift
    for ask_there_p; do
        if [ -d "$ask_there_p" ]; then
            echo "$ask_there_n 0"
        elif [ -e "$ask_there_p" ]; then
            echo "$ask_there_n 1"
        else
            echo "$ask_there_n 2"
        fi
    done
}
