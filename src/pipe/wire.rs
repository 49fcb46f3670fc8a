//! The protocol: how requests are written as lines of shell, and how replies are found by their marker.

use std::collections::HashSet;

use impel_modules::host::{Payload, PipeError, Request, Run, Script};
use impel_modules::undecoded;
use memchr::memmem::Finder;

use super::outgoing::Outgoing;

/// What the shell at the other end runs. No `'`, `\`, `!` or newline, so that every login shell passes it on.
pub const LOOP: &str = r#"while IFS= read -r _iL; do eval "$_iL"; done"#;

const PRELUDE: &str = include_str!("prelude.sh");

static TIMEOUT: Script = Script { name: "impel timeout", text: include_str!("timeout.sh"), needs: &[] };

/// The two random words that only this shell and impel know.
#[derive(Clone, Debug)]
pub struct Nonce {
    key: String,
    mark: String,
    end: String,
}

impl Nonce {
    /// Fresh random words.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn new() -> Result<Nonce, PipeError> {
        let mut bytes = [0u8; 32];
        getrandom::fill(&mut bytes).map_err(|e| PipeError::Request(format!("no random bytes: {e}")))?;
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        // The key names folders, so it must tell nothing of the marker.
        let (mark, rest) = hex.split_at(32);
        Ok(Nonce { key: rest[..12].into(), mark: format!("@{mark}@"), end: format!("E{}", &rest[12..20]) })
    }

    /// The line that makes a bare `while read` loop a shell that speaks the protocol.
    pub fn first_line(&self) -> Vec<u8> {
        let Nonce { key, mark, end } = self;
        let mut line = format!(
            "unset _iK _iM _iE _iN _iU _iT _iX _iS;_iK={key};_iM={mark};_iE={end};\
             _iN=$(echo;umask);_iU=${{_iN#?}};_iN=${{_iN%\"$_iU\"}};eval "
        )
        .into_bytes();
        quote_into(&mut line, minify(PRELUDE).as_bytes());
        line.extend_from_slice(b";_ih\n");
        line
    }

    /// Random letters that may be seen by others.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The text of the marker, for a [`Replies`].
    pub fn marker(&self) -> &str {
        &self.mark
    }
}

/// A script without what only its reader needs: comment lines, blank lines and indentation. Line ends stay, so
/// no statement can run into the next. (Strings over several lines lose their indentation too, as its authors know.)
pub fn minify(text: &str) -> String {
    let mut short = String::with_capacity(text.len());
    for line in text.lines().map(str::trim_start) {
        if !line.is_empty() && !line.starts_with('#') {
            short.push_str(line.trim_end());
            short.push('\n');
        }
    }
    short.truncate(short.trim_end().len());
    short
}

/// Appends `word` so that a shell's `eval` of one line reads it back byte for byte.
pub fn quote_into(line: &mut Vec<u8>, word: &[u8]) {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"_-+./:,@%".contains(b);
    if !word.is_empty() && word.iter().all(plain) {
        line.extend_from_slice(word);
        return;
    }
    line.push(b'\'');
    for &byte in word {
        match byte {
            b'\'' => line.extend_from_slice(br"'\''"),
            b'\n' => line.extend_from_slice(b"'\"$_iN\"'"),
            _ => line.push(byte),
        }
    }
    line.push(b'\'');
}

/// Refuses what cannot be sent, before anything of its batch is.
///
/// # Errors
/// [`PipeError::Request`] with the reason.
pub fn check(request: &Request) -> Result<(), PipeError> {
    let refuse = |why: String| Err(PipeError::Request(why));
    let Some(first) = request.argv.first().filter(|first| !first.is_empty()) else {
        return refuse("a request without a command".into());
    };
    let mut words: Vec<&[u8]> = request.argv.iter().map(Vec::as_slice).collect();
    match &request.run {
        Run::Function => {
            if !is_name(first) {
                return refuse(format!("{:?} is not the name of a function", String::from_utf8_lossy(first)));
            }
        }
        Run::Command(command) => {
            if !command.stdin && !matches!(request.payload, Payload::None) {
                return refuse("a payload for a command that does not read it".into());
            }
            words.extend(command.chdir.iter().map(Vec::as_slice));
            for (name, value) in &command.environment {
                if name.is_empty() || name.contains(&b'=') {
                    return refuse(format!(
                        "{:?} cannot be the name of an environment variable",
                        String::from_utf8_lossy(name)
                    ));
                }
                words.extend([name.as_slice(), value.as_slice()]);
            }
        }
    }
    match words.iter().find(|word| word.contains(&0)) {
        Some(word) => refuse(format!("a NUL byte in {:?}", shorten(word))),
        None => Ok(()),
    }
}

fn shorten(word: &[u8]) -> String {
    String::from_utf8_lossy(word.get(..40).unwrap_or(word)).into_owned()
}

fn is_name(word: &[u8]) -> bool {
    word.first().is_some_and(|b| !b.is_ascii_digit())
        && word.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
}

/// Writes a checked request as lines for the shell, behind the definitions it needs.
pub fn encode(
    request: &mut Request,
    nonce: &Nonce,
    defined: &mut HashSet<&'static str>,
    outgoing: &mut Outgoing,
) {
    let mut line = Vec::with_capacity(256);
    for script in &request.scripts {
        define(script, defined, &mut line);
    }
    let size = match &request.payload {
        Payload::None => None,
        payload => Some(payload.len().to_string()),
    };
    match &request.run {
        Run::Function => match &size {
            None => line.extend_from_slice(b"_if"),
            Some(size) => line.extend_from_slice(format!("_iF {size}").as_bytes()),
        },
        Run::Command(command) => {
            let (shell, exec): (Vec<_>, Vec<_>) =
                command.environment.iter().partition(|(name, _)| shell_can_export(name));
            match command.timeout {
                None => line.extend_from_slice(b"_iu "),
                Some(_) => {
                    define(&TIMEOUT, defined, &mut line);
                    line.extend_from_slice(b"_iut ");
                }
            }
            // `cd -` and `cd --help` are folders here.
            let folder = command.chdir.as_deref().unwrap_or_default();
            match folder.first() {
                None | Some(b'/') => quote_into(&mut line, folder),
                Some(_) => quote_into(&mut line, &[b"./", folder].concat()),
            }
            line.push(b' ');
            quote_into(&mut line, size.as_deref().unwrap_or_default().as_bytes());
            if let Some(limit) = command.timeout {
                let seconds = (limit.as_millis().div_ceil(1000)).max(1);
                line.extend_from_slice(format!(" {seconds}").as_bytes());
            }
            line.extend_from_slice(format!(" {}", shell.len()).as_bytes());
            for (name, value) in shell {
                line.push(b' ');
                quote_into(&mut line, name);
                line.push(b' ');
                quote_into(&mut line, value);
            }
            if !exec.is_empty() {
                line.extend_from_slice(b" env");
                for (name, value) in exec {
                    line.push(b' ');
                    quote_into(&mut line, &[name, b"=".as_slice(), value].concat());
                }
            }
        }
    }
    for word in &request.argv {
        line.push(b' ');
        // bytes that are no UTF-8 have come here as characters
        let kept = Some(word)
            .filter(|_| undecoded::any())
            .and_then(|word| std::str::from_utf8(word).ok())
            .map(undecoded::bytes_of);
        quote_into(&mut line, kept.as_deref().unwrap_or(word));
    }
    line.push(b'\n');
    outgoing.push(&line);
    match &mut request.payload {
        Payload::None => return,
        // Kept, so that a batch can be sent again where its shell did not start.
        Payload::Bytes(bytes) => outgoing.push_shared(bytes.clone()),
        stream @ Payload::Stream { .. } => {
            if let Payload::Stream { from, len } = std::mem::take(stream) {
                outgoing.push_stream(from, len);
            }
        }
    }
    outgoing.push(nonce.end.as_bytes());
    outgoing.push(b"\n");
}

/// Defines `script` behind those it needs; each once, so a circle of needs ends too.
fn define(script: &'static Script, defined: &mut HashSet<&'static str>, line: &mut Vec<u8>) {
    if !defined.insert(script.name) {
        return;
    }
    for needed in script.needs {
        define(needed, defined, line);
    }
    line.extend_from_slice(b"eval ");
    quote_into(line, minify(script.text).as_bytes());
    line.push(b'\n');
}

/// Whether `export` in any shell sets this variable and nothing else: names that a shell gives a meaning of its
/// own, or refuses to change, go through `env`, which costs an exec.
fn shell_can_export(name: &[u8]) -> bool {
    const OWN: [&[u8]; 18] = [
        b"UID",
        b"EUID",
        b"GID",
        b"EGID",
        b"PPID",
        b"RANDOM",
        b"SECONDS",
        b"LINENO",
        b"OPTIND",
        b"OPTARG",
        b"IFS",
        b"LANG",
        b"SHELLOPTS",
        b"BASHOPTS",
        b"POSIXLY_CORRECT",
        b"status",
        b"argv",
        b"path",
    ];
    is_name(name)
        && name != b"_"
        && !OWN.contains(&name)
        && ![b"LC_".as_slice(), b"BASH", b"_i"].iter().any(|prefix| name.starts_with(prefix))
}

/// A piece of what the shell sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// Output up to the next marker, or as much of it as is here.
    Data(Vec<u8>),
    /// A marker's line.
    Mark(Mark),
}

/// What stands behind a marker.
#[derive(Debug, PartialEq, Eq)]
pub enum Mark {
    /// The shell is ready; its session folder.
    Hello(Vec<u8>),
    /// The shell cannot work; why.
    Refused(String),
    /// The end of a request's stdout.
    Status {
        /// Exit status, in bash's convention for signals.
        rc: i32,
        /// Stderr follows, up to [`Mark::End`].
        stderr: bool,
        /// Its time was up.
        timed_out: bool,
        /// Its output files had been removed.
        lost: bool,
    },
    /// The end of stderr.
    End,
}

/// Finds markers in the stream that comes back.
pub struct Replies {
    finder: Finder<'static>,
    length: usize,
    buffer: Vec<u8>,
}

/// The longest line behind a marker: a session folder's path.
const LONGEST: usize = 4200;

impl Replies {
    /// For replies that end with `marker`.
    pub fn new(marker: &str) -> Replies {
        Replies {
            finder: Finder::new(marker.as_bytes()).into_owned(),
            length: marker.len(),
            buffer: Vec::new(),
        }
    }

    /// Where what is read is to be appended.
    pub fn incoming(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// The next piece, or `None` until more has been read.
    ///
    /// # Errors
    /// [`PipeError::Protocol`] for a marker with anything behind it that impel's own shell does not say.
    pub fn next(&mut self) -> Result<Option<Piece>, PipeError> {
        let Some(at) = self.finder.find(&self.buffer) else {
            // Part of a marker may be at the end.
            let keep = self.length - 1;
            if self.buffer.len() <= keep {
                return Ok(None);
            }
            let rest = self.buffer.split_off(self.buffer.len() - keep);
            return Ok(Some(Piece::Data(std::mem::replace(&mut self.buffer, rest))));
        };
        if at > 0 {
            let rest = self.buffer.split_off(at);
            return Ok(Some(Piece::Data(std::mem::replace(&mut self.buffer, rest))));
        }
        let behind = self.buffer.get(self.length..).unwrap_or_default();
        let Some(end) = memchr::memchr(b'\n', behind) else {
            if behind.len() > LONGEST {
                return Err(PipeError::Protocol("a marker without an end".into()));
            }
            return Ok(None);
        };
        let line = behind.get(..end).unwrap_or_default();
        let mark = parse_mark(line.strip_suffix(b"\r").unwrap_or(line)).ok_or_else(|| {
            PipeError::Protocol(format!(
                "a marker followed by {:?}",
                String::from_utf8_lossy(&line[..end.min(80)])
            ))
        })?;
        self.buffer.drain(..self.length + end + 1);
        Ok(Some(Piece::Mark(mark)))
    }

    /// What came without a marker behind it, when the stream has ended.
    pub fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.buffer)
    }
}

fn parse_mark(line: &[u8]) -> Option<Mark> {
    match line.split_first()? {
        (b'.', []) => return Some(Mark::End),
        (b'H', [b' ', path @ ..]) if !path.is_empty() => return Some(Mark::Hello(path.to_vec())),
        (b'X', [b' ', why @ ..]) => return Some(Mark::Refused(String::from_utf8_lossy(why).into_owned())),
        _ => {}
    }
    let (rc, flags) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    let digits = |text: &str| (1..=9).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    // A command that a signal ended has the signal's number below nought.
    if !digits(rc.strip_prefix('-').unwrap_or(rc)) || !digits(flags) {
        return None;
    }
    let (rc, flags): (i32, u8) = (rc.parse().ok()?, flags.parse().ok()?);
    if flags > 7 {
        return None;
    }
    // ksh93 says 256 and the signal's number where others say 128.
    let rc = if rc > 256 { rc - 128 } else { rc };
    let bit = |bit: u8| flags & bit != 0;
    Some(Mark::Status { rc, stderr: bit(1), timed_out: bit(2), lost: bit(4) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(word: &[u8]) -> Vec<u8> {
        let mut line = Vec::new();
        quote_into(&mut line, word);
        line
    }

    fn all(replies: &mut Replies) -> Vec<Piece> {
        std::iter::from_fn(|| replies.next().unwrap()).collect()
    }

    #[test]
    fn plain_words_need_no_quotes_and_the_empty_word_does() {
        assert_eq!(quoted(b"/etc/passwd"), b"/etc/passwd");
        assert_eq!(quoted(b""), b"''");
        assert_eq!(quoted(b"it's"), br"'it'\''s'");
        assert_eq!(quoted(b"a\nb"), b"'a'\"$_iN\"'b'");
        assert_eq!(quoted(b"~"), b"'~'");
        assert_eq!(quoted(b"a=b"), b"'a=b'");
    }

    #[test]
    fn a_marker_is_found_however_the_bytes_arrive() {
        let stream = b"out@m@0 1\nerr@m@.\n@m@137 2\nx@";
        for size in 1..stream.len() {
            let mut replies = Replies::new("@m@");
            let mut pieces = Vec::new();
            for part in stream.chunks(size) {
                replies.incoming().extend_from_slice(part);
                pieces.extend(all(&mut replies));
            }
            let mut seen = String::new();
            for piece in pieces {
                match piece {
                    Piece::Data(data) => seen.push_str(&String::from_utf8(data).unwrap()),
                    Piece::Mark(mark) => seen.push_str(&format!("<{mark:?}>")),
                }
            }
            assert!(
                seen.starts_with(
                    "out<Status { rc: 0, stderr: true, timed_out: false, lost: false }>err<End>"
                )
            );
            assert!(
                seen.contains("<Status { rc: 137, stderr: false, timed_out: true, lost: false }>"),
                "{seen}"
            );
            assert_eq!(replies.rest().len() + seen.rsplit('>').next().unwrap().len(), 2);
        }
    }

    #[test]
    fn a_forged_marker_is_a_protocol_error() {
        for line in ["", "0", "0 8", "x 1", "- 0", "0 0 0", "9999999999 0", "0 -1", "H", "H ", "..", "é 1"] {
            let mut replies = Replies::new("@m@");
            replies.incoming().extend_from_slice(format!("@m@{line}\n").as_bytes());
            assert!(matches!(replies.next(), Err(PipeError::Protocol(_))), "{line:?}");
        }
        let mut replies = Replies::new("@m@");
        replies.incoming().extend_from_slice(b"@m@");
        replies.incoming().extend_from_slice(&[b'1'; LONGEST + 1]);
        assert!(matches!(replies.next(), Err(PipeError::Protocol(_))));
    }

    #[test]
    fn a_carriage_return_before_the_line_end_is_a_terminals() {
        assert_eq!(
            {
                let mut replies = Replies::new("@m@");
                replies.incoming().extend_from_slice(b"@m@265 0\r\n");
                replies.next().unwrap()
            },
            Some(Piece::Mark(Mark::Status { rc: 137, stderr: false, timed_out: false, lost: false }))
        );
    }

    #[test]
    fn minifying_keeps_line_ends() {
        assert_eq!(minify("# why\nf() {\n    a &\n\n    b # c\n}\n"), "f() {\na &\nb # c\n}");
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        let request = |argv: &[&[u8]], run: Run| Request {
            run,
            argv: argv.iter().map(|word| word.to_vec()).collect(),
            ..Request::call("f", [], &[])
        };
        assert!(check(&request(&[b"f", b"a\0b"], Run::Function)).is_err());
        assert!(check(&request(&[], Run::Function)).is_err());
        assert!(check(&request(&[b"f; rm"], Run::Function)).is_err());
        assert!(check(&request(&[b"f"], Run::Function)).is_ok());
        let named = |name: &[u8]| impel_modules::host::Command {
            environment: vec![(name.to_vec(), b"1".to_vec())],
            ..Default::default()
        };
        assert!(check(&request(&[b"ls"], Run::Command(named(b"A=B")))).is_err());
        assert!(check(&request(&[b"ls"], Run::Command(named(b"A.B")))).is_ok());
    }

    proptest::proptest! {
        #[test]
        fn whatever_comes_is_parsed_or_refused(parts in proptest::collection::vec("[@m0-9 .HX\n\r-]{0,12}", 0..20)) {
            let mut replies = Replies::new("@m@");
            let mut seen = 0;
            for part in &parts {
                replies.incoming().extend_from_slice(part.as_bytes());
                while let Ok(Some(piece)) = replies.next() {
                    seen += match piece {
                        Piece::Data(data) => data.len(),
                        Piece::Mark(_) => 1,
                    };
                }
            }
            assert!(seen <= parts.iter().map(String::len).sum());
        }
    }
}
