# shellcheck shell=sh
# ask_stat NONCE FOLLOW PATH...: one record for each path that exists: NONCE|fields|name. FOLLOW is L or P.
# Absent paths leave their reason on stderr, which is read: hence the locale.
ask_stat() {
    ask_stat_f="$1|%f|%u|%g|%U|%G|%s|%.9X|%.9Y|%.9Z|%i|%d|%h|%b|%B|%t|%T|%n"
    case $2 in
    L) shift 2 && LC_ALL=C stat -L -c "$ask_stat_f" "$@" ;;
    *) shift 2 && LC_ALL=C stat -c "$ask_stat_f" "$@" ;;
    esac
}
# ask_tree NONCE DEPTH PATH: the same for all that is below PATH (and PATH itself), links not followed.
ask_tree() {
    ask_stat_f="$1|%f|%u|%g|%U|%G|%s|%.9X|%.9Y|%.9Z|%i|%d|%h|%b|%B|%t|%T|%n"
    case $2 in
    '') LC_ALL=C find "$3" -exec stat -c "$ask_stat_f" {} + ;;
    *) LC_ALL=C find "$3" -maxdepth "$2" -exec stat -c "$ask_stat_f" {} + ;;
    esac
}
