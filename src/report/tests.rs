//! Whole outputs against what ansible-core 2.19 printed for the same events.

use super::{Default as DefaultCallback, Look, Masks, Minimal, OneLine, Screen, Sink};
use crate::diag::{Diagnostic, Span, remember_source};
use crate::engine::{
    Delegate, Event, HandlerNotice, HostResult, Include, Origin, PlayLine, Recap, Retry, RunLine, Section,
    Status, TaskLine, Totals,
};
use impel_modules::{Data, Map};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// What a sink writes to stdout and stderr for the events.
fn shown<S: Sink>(look: Look, sink: impl FnOnce(Screen) -> S, events: &[Event]) -> (String, String) {
    let (out, err) = (Paper::default(), Paper::default());
    let screen = Screen::new(Box::new(out.clone()), Box::new(err.clone()), look, Masks::new(false));
    let mut sink = sink(screen);
    events.iter().for_each(|event| sink.take(event));
    (out.text(), err.text())
}

fn task(name: &str, line: u32) -> Arc<TaskLine> {
    Arc::new(TaskLine {
        uuid: format!("{name}{line}").into(),
        name: name.into(),
        action: "ping".into(),
        origin: Some(Origin { file: "/p.yml".into(), line }),
        ..TaskLine::default()
    })
}

fn with_action(name: &str, action: &str) -> Arc<TaskLine> {
    Arc::new(TaskLine { action: action.into(), ..(*task(name, 9)).clone() })
}

fn json(text: &str) -> Map {
    fn data(value: &serde_json::Value) -> Data {
        match value {
            serde_json::Value::Null => Data::Null,
            serde_json::Value::Bool(b) => Data::Bool(*b),
            serde_json::Value::Number(n) => {
                n.as_i64().map_or_else(|| Data::Float(n.as_f64().unwrap()), Data::Int)
            }
            serde_json::Value::String(s) => s.as_str().into(),
            serde_json::Value::Array(items) => Data::List(items.iter().map(data).collect()),
            serde_json::Value::Object(map) => {
                Data::Map(map.iter().map(|(key, value)| (key.clone(), data(value))).collect())
            }
        }
    }
    match data(&serde_json::from_str(text).unwrap()) {
        Data::Map(map) => map,
        _ => panic!("not a map"),
    }
}

fn result(task: &Arc<TaskLine>, status: Status, text: &str) -> HostResult {
    HostResult::new("a".into(), task.clone(), status, json(text))
}

const OK: Status = Status::Ok { changed: false };
const CHANGED: Status = Status::Ok { changed: true };

fn one(result: HostResult) -> Event {
    Event::Result(Box::new(result))
}

fn play(name: &str) -> Event {
    Event::PlayStart(Arc::new(PlayLine { name: name.into(), ..PlayLine::default() }))
}

fn item(task: &Arc<TaskLine>, status: Status, item: Data, text: &str) -> Event {
    Event::Item(Box::new(HostResult { item: Some(item), ..result(task, status, text) }))
}

fn failing() -> (Arc<TaskLine>, Arc<Diagnostic>) {
    let name = Path::new("<play>");
    remember_source(name, "- hosts: a\n  tasks:\n    - command: false\n");
    let error = Diagnostic::user("Task failed")
        .at(Span::new(name, 3, 7))
        .because(Diagnostic::user("Module failed").because(Diagnostic::user("non-zero return code")));
    (with_action("command", "command"), Arc::new(error))
}

#[test]
fn a_quiet_run_prints_banners_words_and_a_recap() {
    let ping = task("Ping", 6);
    let debug = with_action("debug", "debug");
    let mut hi = result(&debug, OK, r#"{"changed": false, "msg": "hi", "_ansible_verbose_always": true}"#);
    hi.verbose_always = true;
    let totals = Totals { ok: 32, changed: 12, ..Totals::default() };
    let events = [
        play("First play"),
        Event::TaskStart(ping.clone()),
        one(result(&ping, OK, r#"{"changed": false, "ping": "pong"}"#)),
        one(HostResult {
            delegate: Some(Delegate { name: "b".into(), address: None }),
            ..result(&ping, CHANGED, "{}")
        }),
        Event::TaskStart(debug.clone()),
        one(hi),
        play("nothere"),
        Event::NoHostsMatched,
        Event::Recap(Box::new(Recap { hosts: vec![("a".into(), totals)], ..Recap::default() })),
    ];
    let (out, err) = shown(Look::default(), DefaultCallback::new, &events);
    let expected = "
PLAY [First play] **************************************************************

TASK [Ping] ********************************************************************
ok: [a]
changed: [a -> b]

TASK [debug] *******************************************************************
ok: [a] => {
    \"msg\": \"hi\"
}

PLAY [nothere] *****************************************************************
skipping: no hosts matched

PLAY RECAP *********************************************************************
a                          : ok=32   changed=12   unreachable=0    failed=0    skipped=0    rescued=0    ignored=0   

";
    assert_eq!(out, expected);
    assert_eq!(err, "");
}

#[test]
fn loops_show_their_items_and_not_their_own_end() {
    let ping = task("ping", 1);
    let skip = r#"{"changed": false, "item": 1, "ansible_loop_var": "item", "skipped": true, "false_condition": false, "skip_reason": "Conditional result was False"}"#;
    let end = r#"{"changed": false, "msg": "All items skipped", "results": [], "skipped": true}"#;
    let events = [
        Event::TaskStart(ping.clone()),
        item(&ping, OK, json(r#"{"a": 1, "n": "x"}"#).into(), "{}"),
        one(result(&ping, OK, r#"{"results": [], "msg": "All items completed", "changed": false}"#)),
        item(&ping, Status::Skipped, Data::Int(1), skip),
        one(result(&ping, Status::Skipped, end)),
    ];
    let (out, _) = shown(Look::default(), DefaultCallback::new, &events);
    let banner = "
TASK [ping] ********************************************************************
";
    assert_eq!(
        out,
        format!(
            "{banner}ok: [a] => (item={{'a': 1, 'n': 'x'}})\nskipping: [a] => (item=1) \nskipping: [a]\n"
        )
    );
    let (out, _) = shown(Look { verbosity: 1, ..Look::default() }, DefaultCallback::new, &events[3..]);
    assert_eq!(
        out,
        format!(
            "{banner}skipping: [a] => (item=1)  => {{\"ansible_loop_var\": \"item\", \"changed\": false, \"false_condition\": false, \"item\": 1, \"skip_reason\": \"Conditional result was False\"}}\nskipping: [a] => {{\"changed\": false, \"msg\": \"All items skipped\"}}\n"
        )
    );
}

#[test]
fn a_failure_is_explained_once_for_all_hosts() {
    let (task, error) = failing();
    let fail = HostResult {
        error: Some(error),
        ignored: true,
        ..result(
            &task,
            Status::Failed,
            r#"{"changed": true, "failed": true, "msg": "non-zero return code", "rc": 1, "invocation": {}}"#,
        )
    };
    let (out, err) =
        shown(Look::default(), DefaultCallback::new, &[Event::TaskStart(task), one(fail.clone()), one(fail)]);
    let expected = r#"
TASK [command] *****************************************************************
[ERROR]: Task failed: Module failed: non-zero return code
Origin: <play>:3:7

1 - hosts: a
2   tasks:
3     - command: false
        ^ column 7

fatal: [a]: FAILED! => {"changed": true, "msg": "non-zero return code", "rc": 1}
...ignoring
fatal: [a]: FAILED! => {"changed": true, "msg": "non-zero return code", "rc": 1}
...ignoring
"#;
    assert_eq!(out, expected);
    assert_eq!(err, "");
}

#[test]
fn failures_go_to_stderr_where_that_is_asked_for() {
    let (task, error) = failing();
    let fail = HostResult {
        error: Some(error),
        ..result(&task, Status::Unreachable, r#"{"msg": "m", "unreachable": true}"#)
    };
    let look = Look { failed_stderr: true, path_on_failure: true, ..Look::default() };
    let (out, err) = shown(look, DefaultCallback::new, &[one(fail)]);
    assert!(out.ends_with("***\ntask path: /p.yml:9\n"), "{out}");
    assert!(err.starts_with("[ERROR]: Task failed"));
    assert!(
        err.ends_with("\n\nfatal: [a]: UNREACHABLE! => {\"msg\": \"m\", \"unreachable\": true}\n"),
        "{err}"
    );
}

#[test]
fn no_log_censors_results_and_labels() {
    let task = task("t", 1);
    let secret = |event: Event| match event {
        Event::Item(result) => Event::Item(Box::new(HostResult { no_log: true, ..*result })),
        Event::Result(result) => Event::Result(Box::new(HostResult { no_log: true, ..*result })),
        other => other,
    };
    let events = [
        secret(item(&task, CHANGED, "s3cret".into(), r#"{"changed": true, "stdout": "s3cret"}"#)),
        secret(one(result(&task, Status::Failed, r#"{"changed": true, "msg": "s3cret", "attempts": 2}"#))),
    ];
    let look = Look { verbosity: 1, ..Look::default() };
    let (out, _) = shown(look, DefaultCallback::new, &events);
    let censored = "\"censored\": \"the output has been hidden due to the fact that 'no_log: true' was specified for this result\", \"changed\": true}";
    assert!(
        out.contains(&format!("changed: [a] => (item=(censored due to no_log)) => {{{censored}\n")),
        "{out}"
    );
    assert!(out.contains(&format!("fatal: [a]: FAILED! => {{\"attempts\": 2, {censored}\n")), "{out}");
    assert!(!out.contains("s3cret"));
}

#[test]
fn verbosity_adds_paths_then_invocations_then_retried_results() {
    let ping = task("ping", 7);
    let text = r#"{"changed": false, "ping": "pong", "invocation": {"module_args": {}}}"#;
    let retry = Retry { attempt: result(&ping, Status::Failed, r#"{"rc": 1}"#), left: 2 };
    let events = [
        Event::PlaybookStart(RunLine { playbook: "dir/q.yml".into(), plays: 1, ..RunLine::default() }),
        Event::TaskStart(ping.clone()),
        Event::Retry(Box::new(retry)),
        one(result(&ping, OK, text)),
        Event::Notified(HandlerNotice { handler: "hh".into(), host: "a".into() }),
    ];
    let at = |verbosity| shown(Look { verbosity, ..Look::default() }, DefaultCallback::new, &events).0;
    let two = "
PLAYBOOK: q.yml ****************************************************************
1 plays in dir/q.yml

TASK [ping] ********************************************************************
task path: /p.yml:7
FAILED - RETRYING: [a]: ping (2 retries left).
ok: [a] => {\"changed\": false, \"ping\": \"pong\"}
NOTIFIED HANDLER hh for a
";
    assert_eq!(at(2), two);
    let three = "FAILED - RETRYING: [a]: ping (2 retries left).Result was: {
    \"rc\": 1
}
ok: [a] => {
    \"changed\": false,
    \"invocation\": {
        \"module_args\": {}
    },
    \"ping\": \"pong\"
}
";
    assert!(at(3).contains(three));
}

#[test]
fn differences_come_before_their_line_in_colours() {
    let copy = Arc::new(TaskLine { diff: true, ..(*task("copy", 1)).clone() });
    let text = r#"{"changed": true, "diff": [{"before": "1\n", "after": "x", "before_header": "/cc", "after_header": "/cc"}]}"#;
    let look = Look { colour: true, ..Look::default() };
    let (out, _) = shown(
        look,
        DefaultCallback::new,
        &[Event::TaskStart(copy.clone()), one(result(&copy, CHANGED, text))],
    );
    let expected = "
TASK [copy] ********************************************************************
\x1b[0;31m--- before: /cc\x1b[0m
\x1b[0;31m\x1b[0m\x1b[0;32m+++ after: /cc\x1b[0m
\x1b[0;32m\x1b[0m\x1b[0;36m@@ -1 +1 @@\x1b[0m
\x1b[0;36m\x1b[0m\x1b[0;31m-1\x1b[0m
\x1b[0;31m\x1b[0m\x1b[0;32m+x\x1b[0m
\x1b[0;32m\\ No newline at end of file\x1b[0m
\x1b[0;32m\x1b[0m
\x1b[0;33mchanged: [a]\x1b[0m
";
    assert_eq!(out, expected);
}

#[test]
fn the_recap_colours_what_is_not_zero() {
    let totals = Totals { ok: 13, changed: 2, skipped: 4, ignored: 4, ..Totals::default() };
    let recap = Recap { hosts: vec![("a".into(), totals)], ..Recap::default() };
    let look = Look { colour: true, ..Look::default() };
    let (out, _) = shown(look, DefaultCallback::new, &[Event::Recap(Box::new(recap))]);
    assert!(out.ends_with("\x1b[0;33ma\x1b[0m                          : \x1b[0;32mok=13  \x1b[0m \x1b[0;33mchanged=2   \x1b[0m unreachable=0    failed=0    \x1b[0;36mskipped=4   \x1b[0m rescued=0    \x1b[1;35mignored=4   \x1b[0m\n\n"), "{out:?}");
}

#[test]
fn custom_statistics_follow_the_recap() {
    let recap = Recap {
        custom: json(r#"{"x": 1, "y": "two"}"#),
        custom_per_host: vec![("a".into(), json(r#"{"z": 1}"#))],
        ..Recap::default()
    };
    let look = Look { custom_stats: true, ..Look::default() };
    let (out, _) = shown(look, DefaultCallback::new, &[Event::Recap(Box::new(recap))]);
    let expected = "

CUSTOM STATS: ******************************************************************
\ta: { \"z\": 1}

\tRUN: { \"x\": 1, \"y\": \"two\"}

";
    assert!(out.ends_with(expected), "{out:?}");
}

#[test]
fn hidden_hosts_delay_the_banner() {
    let (quiet, loud) = (task("quiet", 1), task("loud", 2));
    let look = Look { skipped: false, ok: false, ..Look::default() };
    let events = [
        Event::TaskStart(quiet.clone()),
        one(result(&quiet, OK, "{}")),
        one(result(&quiet, Status::Skipped, "{}")),
        Event::TaskStart(loud.clone()),
        one(result(&loud, CHANGED, "{}")),
    ];
    let (out, _) = shown(look, DefaultCallback::new, &events);
    assert_eq!(
        out,
        "\nTASK [loud] ********************************************************************\nchanged: [a]\n"
    );
}

#[test]
fn options_show_arguments_starts_and_check_mode() {
    let hh = Arc::new(TaskLine {
        section: Section::Handler,
        role: Some("web".into()),
        check_mode: true,
        args: json(r#"{"data": "x", "n": [1]}"#),
        ..(*task("hh", 1)).clone()
    });
    let look = Look { args: true, host_start: true, check_markers: true, ..Look::default() };
    let events = [Event::TaskStart(hh.clone()), Event::HostStart { host: "a".into(), task: hh.clone() }];
    let (out, _) = shown(look, DefaultCallback::new, &events);
    assert_eq!(
        out,
        "\nRUNNING HANDLER [web : hh data=x, n=[1]] [CHECK MODE] **************************\n [started HANDLER: web : hh on a]\n"
    );
}

#[test]
fn includes_name_their_hosts_and_items() {
    let include = Include {
        file: "/t/inc.yml".into(),
        hosts: vec!["a".into(), "b".into()],
        item: Some("lab 1".into()),
        task: task("include", 1),
    };
    let (out, _) = shown(Look::default(), DefaultCallback::new, &[Event::Included(include)]);
    assert_eq!(out, "included: /t/inc.yml for a, b => (item=lab 1)\n");
}

#[test]
fn warnings_and_deprecations_are_said_once_on_stderr() {
    let mm = task("mm", 1);
    let text = r#"{"changed": false, "warnings": ["one"], "deprecations": [{"msg": "old thing", "version": "2.25", "collection_name": "ansible.builtin"}]}"#;
    let event = one(result(&mm, OK, text));
    let look = Look { verbosity: 1, ..Look::default() };
    let (out, err) = shown(look, DefaultCallback::new, &[event.clone(), event]);
    assert!(out.ends_with("ok: [a] => {\"changed\": false}\nok: [a] => {\"changed\": false}\n"));
    assert_eq!(
        err,
        "[WARNING]: one
[WARNING]: Deprecation warnings can be disabled by setting `deprecation_warnings=False` in ansible.cfg.
[DEPRECATION WARNING]: old thing. This feature will be removed from ansible-core version 2.25.
"
    );
}

#[test]
fn ad_hoc_output_is_plain_for_commands_and_json_for_the_rest() {
    let shell = with_action("shell", "shell");
    let ping = task("ping", 1);
    let events = [
        one(result(&shell, CHANGED, r#"{"rc": 0, "stdout": "a\nb", "stderr": "e", "msg": ""}"#)),
        one(result(
            &shell,
            Status::Failed,
            r#"{"rc": 1, "stdout": "", "stderr": "", "msg": "non-zero return code"}"#,
        )),
        one(result(&ping, OK, r#"{"ping": "pong", "changed": false}"#)),
        one(result(&ping, Status::Skipped, "{}")),
    ];
    let (out, _) = shown(Look::default(), Minimal::new, &events);
    assert_eq!(
        out,
        "a | CHANGED | rc=0 >>\na\nbe\na | FAILED | rc=1 >>\nnon-zero return code\na | SUCCESS => {\n    \"changed\": false,\n    \"ping\": \"pong\"\n}\na | SKIPPED\n"
    );
    let (out, _) = shown(Look::default(), OneLine::new, &events);
    assert_eq!(
        out,
        "a | CHANGED | rc=0 | (stdout) a\\nb (stderr) e\na | FAILED | rc=1 | (stdout) \na | SUCCESS => {\"changed\": false,\"ping\": \"pong\"}\na | SKIPPED\n"
    );
}

#[test]
fn hints_stand_below_an_error_where_impel_is_called_by_its_own_name() {
    let cause = Diagnostic::user("'usres' is undefined").hint("did you mean 'users'?");
    let error = Diagnostic::user("Task failed").because(cause);
    assert_eq!(super::ansible_error(&error), "Task failed: 'usres' is undefined");
    let hinted = super::hinted_error(&error);
    assert_eq!(hinted, "Task failed: 'usres' is undefined\n\nhint: did you mean 'users'?\n");
}
