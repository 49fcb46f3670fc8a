//! A real shell as a child, for tests: the prelude of the pipe, one exchange at a time.

use super::pipe::{Payload, Pipe, PipeError, Reply, Request, Run, Traffic};
use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

const PRELUDE: &str = include_str!("../../../src/pipe/prelude.sh");

/// A shell under test.
pub struct TestPipe {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    mark: String,
    end: String,
    folder: Vec<u8>,
    defined: HashSet<&'static str>,
    traffic: Traffic,
}

impl TestPipe {
    /// The shell that `IMPEL_TEST_SHELL` names, else `sh`.
    pub fn local() -> TestPipe {
        let shell = std::env::var("IMPEL_TEST_SHELL").unwrap_or_else(|_| "sh".into());
        let mut words = shell.split_whitespace().map(str::to_string).collect::<Vec<_>>();
        words.push("-c".into());
        words.push(r#"while IFS= read -r _iL; do eval "$_iL"; done"#.into());
        TestPipe::open(&words)
    }

    /// Whatever these words start: `chroot D sh -c …`.
    pub fn open(words: &[String]) -> TestPipe {
        let (program, rest) = words.split_first().unwrap();
        let mut child = std::process::Command::new(program)
            .args(rest)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let nonce = super::wave::nonce();
        let (mark, end) = (format!("@{nonce}@"), format!("E{}", &nonce[..8]));
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = format!(
            "unset _iK _iM _iE _iN _iU _iT _iX _iS;_iK={};_iM={mark};_iE={end};\
             _iN=$(echo;umask);_iU=${{_iN#?}};_iN=${{_iN%\"$_iU\"}};eval ",
            &super::wave::nonce()[..12]
        )
        .into_bytes();
        quote(&mut line, PRELUDE.as_bytes());
        line.extend_from_slice(b";_ih\n");
        stdin.write_all(&line).unwrap();
        let mut hello = String::new();
        stdout.read_line(&mut hello).unwrap();
        let folder = hello.trim().strip_prefix(&format!("{mark}H ")).expect("a ready line").into();
        let traffic = Traffic::default();
        let stdin = Some(stdin);
        TestPipe { child, stdin, stdout, mark, end, folder, defined: HashSet::new(), traffic }
    }

    fn define(&mut self, script: &'static super::Script, line: &mut Vec<u8>) {
        if self.defined.insert(script.name) {
            for needed in script.needs {
                self.define(needed, line);
            }
            line.extend_from_slice(b"eval ");
            quote(line, script.text.as_bytes());
            line.push(b';');
        }
    }

    fn one(&mut self, mut request: Request) -> Reply {
        let mut line = Vec::new();
        for script in &request.scripts {
            self.define(script, &mut line);
        }
        let mut payload = Vec::new();
        let size = match request.payload {
            Payload::None => None,
            Payload::Bytes(bytes) => {
                payload.extend_from_slice(&bytes);
                Some(payload.len())
            }
            Payload::Stream { mut from, len } => {
                from.read_to_end(&mut payload).unwrap();
                assert_eq!(payload.len() as u64, len);
                Some(payload.len())
            }
        };
        match &request.run {
            Run::Function => match size {
                None => line.extend_from_slice(b"_if"),
                Some(size) => line.extend_from_slice(format!("_iF {size}").as_bytes()),
            },
            Run::Command(command) => {
                line.extend_from_slice(b"_iu ");
                quote(&mut line, command.chdir.as_deref().unwrap_or_default());
                line.push(b' ');
                quote(&mut line, size.map(|s| s.to_string()).unwrap_or_default().as_bytes());
                line.extend_from_slice(format!(" {}", command.environment.len()).as_bytes());
                for word in command.environment.iter().flat_map(|(n, v)| [n, v]) {
                    line.push(b' ');
                    quote(&mut line, word);
                }
            }
        }
        for word in &request.argv {
            line.push(b' ');
            quote(&mut line, word);
        }
        line.push(b'\n');
        if size.is_some() {
            line.extend_from_slice(&payload);
            line.extend_from_slice(format!("{}\n", self.end).as_bytes());
        }
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(&line).unwrap();
        stdin.flush().unwrap();
        let (mut out, tail) = self.until_mark();
        if let Some(sink) = &mut request.sink {
            sink.write_all(&std::mem::take(&mut out)).unwrap();
        }
        let (rc, flags) = tail.split_once(' ').unwrap();
        let err =
            if flags.trim().parse::<u32>().unwrap() & 1 == 1 { self.until_mark().0 } else { Vec::new() };
        Reply { rc: rc.parse().unwrap(), out, err, timed_out: false }
    }

    fn until_mark(&mut self) -> (Vec<u8>, String) {
        let mut out = Vec::new();
        loop {
            let start = out.len();
            let n = self.stdout.read_until(b'\n', &mut out).unwrap();
            assert!(n > 0, "the shell ended: {}", String::from_utf8_lossy(&out));
            let line = &out[start..];
            if let Some(at) = memchr::memmem::find(line, self.mark.as_bytes()) {
                let tail = String::from_utf8_lossy(&line[at + self.mark.len()..]).trim().to_string();
                out.truncate(start + at);
                return (out, tail);
            }
        }
    }
}

impl Drop for TestPipe {
    fn drop(&mut self) {
        self.stdin = None;
        let _ = self.child.wait();
    }
}

fn quote(line: &mut Vec<u8>, word: &[u8]) {
    line.push(b'\'');
    for &byte in word {
        match byte {
            b'\'' => line.extend_from_slice(br"'\''"),
            b'\n' if line.len() > 200_000 => line.extend_from_slice(b"'\"$_iN\"'"),
            b'\n' => line.extend_from_slice(b"'\"$_iN\"'"),
            _ => line.push(byte),
        }
    }
    line.push(b'\'');
}

impl Pipe for TestPipe {
    fn exchange(&mut self, batch: Vec<Request>) -> Result<Vec<Reply>, PipeError> {
        self.traffic.turns += 1;
        self.traffic.requests += batch.len() as u64;
        Ok(batch.into_iter().map(|request| self.one(request)).collect())
    }

    fn session_folder(&mut self) -> Result<Vec<u8>, PipeError> {
        Ok(self.folder.clone())
    }

    fn traffic(&self) -> Traffic {
        self.traffic
    }
}
