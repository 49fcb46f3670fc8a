# shellcheck shell=sh
# ask_account NONCE DATABASE KEY...: the entry of passwd, group or shadow by name or number. rc 2: there is none.
# An entry of passwd or group that was found is kept in the session folder for as long as the host's own file is
# older: nearly every file of a play names the same few accounts, and getent is a fork each time.
# shellcheck disable=SC2154,SC3013
ask_account() {
    ask_account_n=$1
    ask_account_d=$2
    shift 2
    for ask_account_k; do
        case $ask_account_d:$ask_account_k in
        shadow:* | *[!A-Za-z0-9_:-]*)
            ask_account_one "$ask_account_k"
            ask_account_r=$?
            ;;
        *)
            ask_account_f=$_iT/sa$ask_account_d-$ask_account_k
            ask_account_r=0
            if ! [ -s "$ask_account_f" ] || ! [ "$ask_account_f" -nt "/etc/$ask_account_d" ]; then
                ask_account_one "$ask_account_k" >"$ask_account_f"
                ask_account_r=$?
            fi
            while IFS= read -r ask_account_l; do
                printf '%s\n' "$ask_account_l"
            done <"$ask_account_f"
            ;;
        esac
        echo "$ask_account_n $ask_account_r"
    done
}
ask_account_one() {
    if command -v getent >/dev/null 2>&1; then
        getent "$ask_account_d" "$1"
    else
        # The environment carries the key: awk's -v would read backslashes in it.
        K=$1 awk -F: '$1 == ENVIRON["K"] { print; f = 1; exit }
            $3 == ENVIRON["K"] && !n { n = $0 }
            END { if (!f && n) print n; exit !(f || n) }' "/etc/$ask_account_d" || return 2
    fi
}
# ask_me NONCE: who we are, a line each.
# shellcheck disable=SC2154
ask_me() {
    id -u
    id -un || echo
    id -g
    id -gn || echo
    echo "$_iU"
    echo "$HOME"
    pwd -P
    echo "$1 0"
}
# ask_variables NONCE NAME...: the value of each, rc 1 where it is not set.
ask_variables() {
    ask_variables_n=$1
    ask_variables_s=
    shift
    for ask_variables_v; do
        eval "ask_variables_s=\${$ask_variables_v+set}"
        case $ask_variables_s in
        set)
            eval "ask_variables_s=\$$ask_variables_v"
            echo "$ask_variables_s."
            echo "$ask_variables_n 0"
            ;;
        *) echo "$ask_variables_n 1" ;;
        esac
    done
}
# ask_which NONCE NAME...: where a program is, in PATH and the folders of administrators.
ask_which() {
    ask_which_n=$1
    shift
    for ask_which_c; do
        ask_which_r=$PATH:/sbin:/usr/sbin:/usr/local/sbin:
        ask_which_f=1
        case $ask_which_c in
        */*)
            ask_which_r=
            if [ -f "$ask_which_c" ] && [ -x "$ask_which_c" ]; then
                echo "$ask_which_c"
                ask_which_f=0
            fi
            ;;
        esac
        while [ -n "$ask_which_r" ]; do
            ask_which_d=${ask_which_r%%:*}
            ask_which_r=${ask_which_r#*:}
            if [ -n "$ask_which_d" ] && [ -f "$ask_which_d/$ask_which_c" ] && [ -x "$ask_which_d/$ask_which_c" ]; then
                echo "$ask_which_d/$ask_which_c"
                ask_which_f=0
                break
            fi
        done
        echo "$ask_which_n $ask_which_f"
    done
}
