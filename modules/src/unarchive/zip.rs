//! Zip archives: what unzip would change.

use super::{Contents, Job, Unarchive, below};
use crate::Fault;
use crate::host::{FileKind, Host, Probe, Script, Stat, Status, Zone};

static COMPARE: Script = Script { name: "unarchive_compare", text: include_str!("compare.sh"), needs: &[] };

/// So many files are compared in one request.
const AT_ONCE: usize = 100;

/// A line of `zipinfo -T -s`.
struct Member {
    kind: FileKind,
    mode: Option<u32>,
    size: u64,
    /// Seconds since the epoch, as if the local time were UTC.
    time: i64,
    name: Vec<u8>,
}

impl Unarchive {
    pub(super) fn unzip(&self, job: &Job) -> Vec<Vec<u8>> {
        let mut argv = vec![job.program.clone().into_bytes()];
        argv.push(if self.keep_newer { b"-uo".to_vec() } else { b"-o".to_vec() });
        argv.extend(Self::given(&self.extra_opts).map(|word| word.clone().into_bytes()));
        argv.push(job.archive.clone());
        argv.extend(Self::given(&self.include).map(|word| word.clone().into_bytes()));
        let exclude: Vec<Vec<u8>> =
            Self::given(&self.exclude).map(|word| word.clone().into_bytes()).collect();
        if !exclude.is_empty() {
            argv.push(b"-x".to_vec());
            argv.extend(exclude);
        }
        argv.extend([b"-d".to_vec(), job.dest.clone()]);
        argv
    }

    pub(super) async fn look_zip(&self, host: &Host, job: &Job) -> Result<Contents, Fault> {
        let mut argv = vec![job.program.clone().into_bytes(), b"-Z".to_vec(), b"-T".to_vec(), b"-s".to_vec()];
        argv.push(job.archive.clone());
        argv.extend(Self::given(&self.include).map(|word| word.clone().into_bytes()));
        let exclude: Vec<Vec<u8>> =
            Self::given(&self.exclude).map(|word| word.clone().into_bytes()).collect();
        if !exclude.is_empty() {
            argv.push(b"-x".to_vec());
            argv.extend(exclude);
        }
        let listed = host.ask(Probe::command(argv).heavy()).await?;
        if listed.rc > 1 {
            return Err(Fault::at(
                "src",
                format!(
                    "Failed to find handler for \"{}\". Make sure the required command to extract the file is \
                     installed.\nCommand \"{}\" could not handle archive: {}",
                    self.src.written(),
                    job.program,
                    listed.error()
                ),
            ));
        }
        let members: Vec<Member> = listed.out.split(|b| *b == b'\n').filter_map(member).collect();
        let zone = host.ask(Zone).await.unwrap_or(0);
        let paths: Vec<Option<Vec<u8>>> = members.iter().map(|m| below(&job.dest, &m.name)).collect();
        let there = host.ask_all(paths.iter().flatten().map(|path| Stat::of(path))).await?;
        let mut there = there.into_iter();
        let (mut prepared, mut doubtful) = (Vec::new(), Vec::new());
        for (index, (member, path)) in members.iter().zip(&paths).enumerate() {
            if path.is_none() {
                continue;
            }
            let letters = self.letters(member, there.next().flatten().as_ref(), zone);
            if letters.as_deref() == Some("?") {
                doubtful.push(index);
            }
            prepared.push((index, letters));
        }
        let differing = compare(host, job, &members, &doubtful).await?;
        let mut lines = String::new();
        for (index, letters) in prepared {
            let letters = match letters {
                Some(letters) if letters == "?" => {
                    differing.contains(&index).then(|| ">fc.t....??".to_string())
                }
                letters => letters,
            };
            if let (Some(letters), Some(member)) = (letters, members.get(index)) {
                lines.push_str(&format!("{letters} {}\n", String::from_utf8_lossy(&member.name)));
            }
        }
        let files = members.into_iter().map(|member| member.name).collect();
        Ok(Contents { files, differs: !lines.is_empty(), prepared: lines })
    }

    /// How a member differs from what is there, in rsync's letters; `?` where only the contents can tell.
    fn letters(&self, member: &Member, there: Option<&Status>, zone: i64) -> Option<String> {
        let kind = match member.kind {
            FileKind::Folder => 'd',
            FileKind::Link => 'L',
            _ => 'f',
        };
        let Some(now) = there else { return Some(format!(">{kind}++++++.??")) };
        if now.kind() != member.kind {
            return Some(format!(">{kind}++++++.??"));
        }
        let newer = now.mtime > (member.time - zone) as f64;
        if self.keep_newer && newer && member.kind == FileKind::File {
            return None;
        }
        let mode = member.mode.filter(|mode| {
            self.attributes.mode.is_none() && member.kind == FileKind::File && *mode != now.mode() & 0o777
        });
        if member.kind == FileKind::File && member.size != now.size {
            return Some(">f.s.....??".into());
        }
        if mode.is_some() {
            return Some(format!(".{kind}...p...??"));
        }
        // A zip keeps times to two seconds.
        let same_time = ((now.mtime as i64) + zone - member.time).abs() <= 2;
        (member.kind == FileKind::File && !same_time).then(|| "?".to_string())
    }
}

/// Which of the doubtful members differ from what is there.
async fn compare(
    host: &Host,
    job: &Job,
    members: &[Member],
    doubtful: &[usize],
) -> Result<Vec<usize>, Fault> {
    let mut differing = Vec::new();
    for some in doubtful.chunks(AT_ONCE) {
        let mut probe = Probe::script("unarchive_compare", &COMPARE)
            .arg(job.archive.clone())
            .arg(job.dest.clone())
            .heavy();
        for member in some.iter().filter_map(|index| members.get(*index)) {
            probe = probe.arg(escaped(&member.name)).arg(member.name.clone());
        }
        let part = host.ask(probe).await?;
        let text = part.text();
        let verdicts = text.lines();
        differing.extend(some.iter().zip(verdicts).filter(|(_, v)| *v == "x").map(|(index, _)| *index));
    }
    Ok(differing)
}

/// A name of which unzip's wildcards stand for themselves.
fn escaped(name: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    for byte in name {
        if b"*?[]\\".contains(byte) {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out
}

/// `-rw-r--r--  3.0 unx        2 tx stor 20261123.115000 t/a`
fn member(line: &[u8]) -> Option<Member> {
    let mut rest = line;
    let mut fields = Vec::new();
    for _ in 0..7 {
        let start = rest.iter().position(|b| *b != b' ')?;
        rest = rest.get(start..)?;
        let end = rest.iter().position(|b| *b == b' ')?;
        fields.push(std::str::from_utf8(rest.get(..end)?).ok()?);
        rest = rest.get(end..)?;
    }
    let [letters, _, system, size, _, _, stamp] = fields.as_slice() else { return None };
    let name = rest.get(1..)?.to_vec();
    let kind = match letters.as_bytes().first()? {
        b'd' => FileKind::Folder,
        b'l' => FileKind::Link,
        b'-' | b'?' => FileKind::File,
        _ => return None,
    };
    let kind = if name.ends_with(b"/") { FileKind::Folder } else { kind };
    let mode = (*system == "unx" && letters.len() == 10)
        .then(|| letters.bytes().skip(1).fold(0, |mode, letter| mode << 1 | u32::from(letter != b'-')));
    Some(Member { kind, mode, size: size.parse().ok()?, time: time(stamp)?, name })
}

/// `20261123.115000` as seconds.
fn time(stamp: &str) -> Option<i64> {
    let (date, clock) = stamp.split_once('.')?;
    let number = |text: &str, from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(date, 0, 4)?, number(date, 4, 6)?, number(date, 6, 8)?);
    let seconds = number(clock, 0, 2)? * 3600 + number(clock, 2, 4)? * 60 + number(clock, 4, 6)?;
    // Days of the Gregorian calendar, counted from 1 March 0000.
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let era = year.div_euclid(400);
    let year = year.rem_euclid(400);
    let days = era * 146_097 + year * 365 + year / 4 - year / 100 + (153 * month + 2) / 5 + day - 1;
    Some((days - 719_468) * 86_400 + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_zipinfo_are_read() {
        let line = b"-rw-r-----  3.0 unx        2 tx stor 20240229.235959 t/a b";
        let read = member(line).unwrap();
        assert_eq!((read.mode, read.size, read.time), (Some(0o640), 2, 1_709_251_199));
        assert_eq!(read.name, b"t/a b");
        assert!(member(b"Archive:  /tmp/t.zip").is_none());
        assert!(member(b"4 files, 4 bytes uncompressed, 4 bytes compressed:  0.0%").is_none());
        assert_eq!(escaped(b"a[1]*"), b"a\\[1\\]\\*");
    }
}
