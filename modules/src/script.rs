//! `script`: a program of the controller's, brought to the host and run there by the shell.

use crate::host::{self, Host, Input, Stat, UserCommand};
use crate::registry::Module;
use crate::{Args, Data, Fault, Outcome};

static PUT: host::Script = host::Script { name: "script", text: include_str!("script.sh"), needs: &[] };

/// Run a local script on a host after transferring it.
#[derive(Args)]
#[args(required_one_of("_raw_params", "cmd"))]
pub struct Script {
    /// Path of the script on the controller and its arguments.
    #[arg(name = "_raw_params")]
    raw_params: Option<String>,
    /// The same.
    cmd: Option<String>,
    /// A path on the host; where it is there, the script is not run.
    creates: Option<String>,
    /// A path on the host; where it is not there, the script is not run.
    removes: Option<String>,
    /// The folder to change to first.
    chdir: Option<String>,
    /// A program to run the script with.
    executable: Option<String>,
}

impl Module for Script {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        for (path, there, name, why) in
            [(&self.creates, true, "creates", "exists"), (&self.removes, false, "removes", "does not exist")]
        {
            let Some(path) = path else { continue };
            // Nothing is expanded in these paths, as there.
            if host.ask(Stat::behind(path.as_bytes())).await?.is_some() == there {
                return Ok(Outcome::skip(format!("{path} {why}, matching {name} option")));
            }
        }
        let chdir = self.chdir.as_deref().unwrap_or_default();
        if !chdir.is_empty() && !chdir.starts_with('/') {
            let message = format!("chdir {chdir} must be an absolute path for a Unix-aware remote node");
            return Err(Fault::at("chdir", message));
        }
        if host.check_mode() {
            if self.creates.is_none() && self.removes.is_none() {
                return Ok(Outcome::skip("Check mode is not supported for this task."));
            }
            host.foretell(None);
            return Ok(Outcome::new());
        }
        let Some(Input::File(source)) = host.input("script") else {
            return Err(Fault::new("the controller has given no script"));
        };
        let program = host.scratch_program(&source, "script_put", &PUT).await?;
        let argv = vec![b"/bin/sh".to_vec(), b"-c".to_vec(), self.line(&program, chdir.as_bytes())];
        let act = UserCommand { argv, chdir: None, stdin: None, timeout: None, plain: false };
        let reply = host.change(None, act).await?.acted().unwrap_or_default();
        host.discard(&[program]).await?;
        let mut outcome = Outcome::new()
            .with("rc", reply.rc)
            .with("stdout", Data::lossy(&reply.out))
            .with("stderr", Data::lossy(&reply.err));
        for name in ["stdout", "stderr"] {
            let text = outcome.result.get(name).and_then(Data::as_str).unwrap_or_default();
            let lines: Vec<Data> = text.lines().map(Data::str).collect();
            outcome = outcome.with(&format!("{name}_lines"), lines);
        }
        if let (true, Some(limit)) = (reply.timed_out, host.timeout()) {
            return Err(Fault::new(format!("Timed out after {} second(s).", limit.as_secs())));
        }
        if reply.rc != 0 {
            outcome.failed = Some(Fault::new("non-zero return code"));
        }
        Ok(outcome)
    }
}

impl Script {
    /// What the shell is given: the arguments are its to read, as the playbook wrote them.
    fn line(&self, program: &[u8], chdir: &[u8]) -> Vec<u8> {
        let given = self.raw_params.as_ref().or(self.cmd.as_ref()).map_or("", |line| line.trim());
        let mut line = Vec::new();
        if !chdir.is_empty() {
            line.extend_from_slice(b"cd ");
            quote(&mut line, chdir);
            line.extend_from_slice(b" && ");
        }
        if let Some(executable) = &self.executable {
            line.extend_from_slice(executable.as_bytes());
            line.push(b' ');
        }
        quote(&mut line, program);
        line.extend_from_slice(after_first_word(given).as_bytes());
        line
    }
}

/// What follows the first word of a shell's line, as it was written.
pub fn after_first_word(line: &str) -> &str {
    let (mut quote, mut escaped) = (None, false);
    for (at, c) in line.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (None | Some('"'), '\\') => escaped = true,
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None, c) if c.is_whitespace() => return line.get(at..).unwrap_or_default(),
            _ => {}
        }
    }
    ""
}

fn quote(line: &mut Vec<u8>, word: &[u8]) {
    line.push(b'\'');
    for byte in word {
        match byte {
            b'\'' => line.extend_from_slice(br"'\''"),
            byte => line.push(*byte),
        }
    }
    line.push(b'\'');
}

#[cfg(test)]
mod tests {
    use super::after_first_word;
    use crate::Data;
    use crate::host::{Input, Source};
    use crate::module_tests::Lab;

    #[test]
    fn arguments_stay_as_they_were_written() {
        for (line, rest) in [
            ("s.sh a  'b c' \"$HOME\"", " a  'b c' \"$HOME\""),
            ("'s p.sh' x", " x"),
            (r"s\ p.sh x", " x"),
            ("s.sh", ""),
        ] {
            assert_eq!(after_first_word(line), rest, "{line}");
        }
    }

    #[test]
    fn a_script_is_run_and_leaves_nothing() {
        let mut lab = Lab::new();
        let source = Source::bytes(b"#!/bin/sh\necho \"$1|$2\"; pwd; echo oops >&2; exit 3\n".to_vec());
        lab.inputs.push(("script".into(), Input::File(source)));
        let done = lab.go("script", r#"{"_raw_params": "x.sh 'a b' c", "chdir": "/"}"#, false);
        assert_eq!(done.result["stdout"], Data::str("a b|c\n/\n"));
        assert_eq!(done.result["stderr"], Data::str("oops\n"));
        assert!(done.changed && done.failed.is_some(), "{done:?}");
        for (args, check) in [
            (r#"{"_raw_params": "x.sh", "creates": "/"}"#, false),
            (r#"{"_raw_params": "x.sh", "removes": "D/none"}"#, false),
            (r#"{"_raw_params": "x.sh"}"#, true),
        ] {
            let done = lab.go("script", args, check);
            assert!(done.skipped && !done.changed, "{done:?}");
        }
        assert!(lab.go("script", r#"{"_raw_params": "x.sh", "creates": "D/none"}"#, true).changed);
        assert!(lab.fails("script", r#"{"_raw_params": "x.sh", "chdir": "a"}"#).contains("absolute path"));
    }
}
