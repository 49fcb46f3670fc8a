# Calls of ansible-vault, each with its output, exit code and what became of the files. Run in an empty folder:
# commands.sh COMMAND OTHER, where COMMAND is the one to show and OTHER the one that reads what it wrote.
V=$1
OTHER=$2
export ANSIBLE_NOCOLOR=1
unset EDITOR ANSIBLE_VAULT_PASSWORD_FILE ANSIBLE_VAULT_IDENTITY_LIST ANSIBLE_CONFIG
call() { echo "--- $*"; "$V" "$@" 2>&1 </dev/null; echo "rc $?"; }
fed() { echo "--- stdin | $*"; "$V" "$@" 2>&1; echo "rc $?"; }
shown() { stat -c '%n %a' "$1"; head -n 1 "$1"; "$OTHER" view --vault-password-file "$2" "$1" </dev/null; }

echo one >one
echo two >two
: >empty
printf 'a: b\nc: café\n' >plain
printf '#!/bin/sh\necho gone >&2\nexit 2\n' >gone-client
printf '#!/bin/sh\nls -l "$1" | cut -c1-10\necho more >>"$1"\n' >editor
chmod +x gone-client editor

# files
cp plain file && chmod 644 file
call encrypt --vault-id one file && shown file one
call encrypt --vault-id one file
call encrypt --vault-id x@one --output other plain && shown other one
call encrypt --vault-id x@one --vault-id y@two --output - plain
call encrypt --vault-id x@one --vault-id y@two --encrypt-vault-id y --output other plain && shown other two
call encrypt --vault-id x@one --encrypt-vault-id z --output - plain
call encrypt --vault-id one nothere
call rekey --vault-id one --new-vault-id n@two file && shown file two
call rekey --vault-id one --new-vault-id n@two file
call view --vault-id one --vault-id two file
call view --vault-id one plain
"$OTHER" encrypt --vault-id q@one --output theirs plain </dev/null
call view --vault-id one theirs
fed decrypt --vault-id one <theirs
call decrypt --vault-id one theirs && stat -c '%n %a' theirs && cat theirs
fed encrypt --vault-id one --output other <plain && shown other one

# broken vaults
printf '$ANSIBLE_VAULT;1.1;AES256\nzz\n' >hex
printf '$ANSIBLE_VAULT;1.1;AES\n61\n' >cipher
head -n 3 other >short
for broken in hex cipher short; do call view --vault-id one $broken; done

# passwords
for id in nothere empty gone-client w@gone-client /; do call view --vault-id $id other; done

# strings; a given salt makes them the same each time
export ANSIBLE_VAULT_ENCRYPT_SALT=salt
call encrypt_string --vault-id one secret --name pw
call encrypt_string --vault-id x@one first second --name a
printf 'typed' | fed encrypt_string --vault-id one --stdin-name t
call encrypt_string --vault-id one ''
unset ANSIBLE_VAULT_ENCRYPT_SALT

# the editor
call create --vault-id one new
EDITOR=./editor
export EDITOR
call create --vault-id x@one --skip-tty-check new.yml && shown new.yml one
chmod 640 new.yml
call edit --vault-id y@one new.yml && shown new.yml one
call create --vault-id one --skip-tty-check new.yml
EDITOR=true call edit --vault-id two new.yml
