# shellcheck shell=sh
# unarchive_compare ARCHIVE FOLDER (MEMBER NAME)...: prints `.` for each file of the folder that is as in the zip, `x`
# for one that is not. MEMBER is the name with unzip's wildcards escaped.
unarchive_compare() {
    unarchive_compare_a=$1
    unarchive_compare_d=$2
    shift 2
    while [ $# -gt 1 ]; do
        if unzip -p "$unarchive_compare_a" "$1" 2>/dev/null | cmp -s - "$unarchive_compare_d/$2"; then
            echo .
        else
            echo x
        fi
        shift 2
    done
}
