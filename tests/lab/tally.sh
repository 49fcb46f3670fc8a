# Counting for the suites; sourced. Each check is one line; a failed one shows what was seen.
passed=0 failed=0

pass() { passed=$((passed + 1)); printf 'ok    %s\n' "$1"; }
fail() { # name [what was seen]
  failed=$((failed + 1)); printf 'FAIL  %s\n' "$1"
  [ -z "${2:-}" ] || printf '%s\n' "$2" | tail -n 30 | cut -c1-400 | sed 's/^/      | /'
}
same() { # name expected got [what was seen]
  if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "expected: $2
got: $3
${4:-}"; fi
}
says() { # name words text
  case $3 in *"$2"*) pass "$1" ;; *) fail "$1" "expected to read: $2
$3" ;; esac
}
says_not() { # name words text
  case $3 in *"$2"*) fail "$1" "expected not to read: $2
$3" ;; *) pass "$1" ;; esac
}
at_most() { # name limit got
  if [ -n "$3" ] && [ "$3" -le "$2" ] 2>/dev/null; then pass "$1 ($3)"; else fail "$1" "at most $2, got: $3"; fi
}
leave() { echo "$1"; exit 77; } # the suite cannot run here: why
tally() { echo; echo "$passed passed, $failed failed"; [ "$failed" = 0 ]; }
