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

# names
call encrypt --vault-id 'a;b@one' --output - plain
call view --vault-id 'c;@one' other
call encrypt --vault-id x@nothere --vault-id y@two --output other plain && shown other two
call encrypt --vault-id x@nothere --vault-id y@two --encrypt-vault-id x --output - plain
ANSIBLE_VAULT_IDENTITY=q call encrypt --vault-id one --output other plain && shown other one
ANSIBLE_VAULT_IDENTITY=q call encrypt --vault-id default@one --output other plain && shown other one
sed '1s/.*/$ANSIBLE_VAULT;1.1;AES256;c/' other >late
ANSIBLE_VAULT_ID_MATCH=1 call view --vault-id c@one late
ANSIBLE_VAULT_ID_MATCH=1 call view --vault-id default@one late

# which passwords a new one may be
export ANSIBLE_VAULT_IDENTITY_LIST=a@one,b@two
for how in '--new-vault-id d@two' '--new-vault-password-file two' '--encrypt-vault-id b' '--encrypt-vault-id z'; do
    "$OTHER" encrypt --vault-id c@one --encrypt-vault-id c --output old plain </dev/null
    call rekey --vault-id c@one $how old && shown old two
done
unset ANSIBLE_VAULT_IDENTITY_LIST
"$OTHER" encrypt --vault-id c@one --output old plain </dev/null
ANSIBLE_VAULT_PASSWORD_FILE=two call rekey --vault-id c@one old && shown old two
ANSIBLE_VAULT_ENCRYPT_IDENTITY=q call rekey --vault-id two --new-vault-id d@one old
call rekey --vault-id one --new-vault-id two
call view --vault-id one

# places
mkdir sub
HOME=$PWD call encrypt --vault-id one --output '~/sub/x' plain && shown sub/x one
HOME=$PWD call encrypt_string --vault-id one --output '$HOME/sub/s' foo && stat -c '%n %a' sub/s
call encrypt --vault-id one --output nofolder/x plain
call encrypt --vault-id one --output . plain
cp sub/x lockname
call encrypt --vault-id lockname --vault-id one --output other plain && shown other one
printf 'a\377b' >bytes && call encrypt --vault-id one --output bytes.enc bytes && call view --vault-id one bytes.enc

ln -s yonder link && ln -s link link2
call encrypt --vault-id one link2
call encrypt --vault-id one --output link2 plain && ls -l link link2 | cut -c1 && shown yonder one

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
call encrypt_string --vault-id one second --name ''
call encrypt_string --vault-id one first '$ANSIBLE_VAULT;1.1'
call encrypt_string --vault-id one '$ANSIBLE_VAULTé'
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
ANSIBLE_VAULT_IDENTITY=c EDITOR=./editor call edit --vault-id one file && shown file two
"$OTHER" encrypt --vault-id one --output again plain </dev/null
ANSIBLE_VAULT_IDENTITY=c EDITOR=./editor call edit --vault-id one again && shown again one
printf '#!/bin/sh\nprintf "\\$ANSIBLE_VAULT;1.1" >"$1"\n' >sealer && chmod +x sealer
EDITOR=./sealer call edit --vault-id one again && shown again one
call edit --vault-id one
