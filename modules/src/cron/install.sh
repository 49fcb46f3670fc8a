# shellcheck shell=sh disable=SC2154
# cron_install BYTES USER: the payload becomes the crontab of USER (empty: our own).
cron_install() {
  _iup "$1" "$_iT/scron" || return
  if [ -n "$2" ]; then crontab -u "$2" "$_iT/scron"; else crontab "$_iT/scron"; fi </dev/null
  cron_install_r=$?
  rm -f "$_iT/scron"
  return $cron_install_r
}
# cron_backup BYTES: the payload as a file of its own; prints its path.
cron_backup() {
  cron_backup_f=$(mktemp "${TMPDIR:-/tmp}/crontabXXXXXXXX" </dev/null) || return
  _iup "$1" "$cron_backup_f" && echo "$cron_backup_f"
}
