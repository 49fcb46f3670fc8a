//! A shell that is a child of impel, over two pipes or a terminal of its own.

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::carrier::{Broken, CHUNK, Carrier, Ending, Step};

/// How long one wait lasts before a child that has died without closing its output is looked for.
const TICK: Duration = Duration::from_millis(500);

/// A child and the two ends of what connects it.
pub struct ChildCarrier {
    child: Child,
    input: Option<OwnedFd>,
    output: OwnedFd,
    terminal: bool,
    /// Files that the child needs while it lives.
    kept: Option<Box<dyn Send>>,
}

impl ChildCarrier {
    /// Drops `files` when the child is given up.
    pub fn keep(&mut self, files: impl Send + 'static) {
        self.kept = Some(Box::new(files));
    }

    /// Starts `command` with both outputs in one pipe. It leads its own process group, so that an interrupt at
    /// the terminal is impel's to handle.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn spawn(mut command: Command) -> std::io::Result<ChildCarrier> {
        let (output, theirs) = std::io::pipe()?;
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(theirs.try_clone()?)
            .stderr(theirs)
            .process_group(0)
            .spawn()?;
        let input = child.stdin.take().map(OwnedFd::from);
        ChildCarrier::new(child, input, output.into(), false)
    }

    /// The same with a raw terminal, for what reads a password only from one.
    ///
    /// # Errors
    /// There is no terminal left, or the program cannot be started.
    pub fn spawn_on_terminal(mut command: Command) -> std::io::Result<ChildCarrier> {
        use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname(&master, Vec::new())?;
        let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::CLOEXEC;
        let slave = rustix::fs::open(&*name, flags, rustix::fs::Mode::empty())?;
        let mut modes = rustix::termios::tcgetattr(&slave)?;
        modes.make_raw();
        rustix::termios::tcsetattr(&slave, rustix::termios::OptionalActions::Now, &modes)?;
        command.stdin(slave.try_clone()?).stdout(slave.try_clone()?).stderr(slave);
        let lead = || {
            rustix::process::setsid()?;
            rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
            Ok(())
        };
        #[expect(unsafe_code, reason = "two system calls between fork and exec give the child its terminal")]
        // SAFETY: the closure allocates nothing and takes no lock.
        unsafe {
            command.pre_exec(lead);
        }
        let child = command.spawn()?;
        // The command holds the slave's descriptors; they go with it.
        drop(command);
        let input = master.try_clone()?;
        ChildCarrier::new(child, Some(input), master, true)
    }

    fn new(
        child: Child,
        input: Option<OwnedFd>,
        output: OwnedFd,
        terminal: bool,
    ) -> std::io::Result<ChildCarrier> {
        if let Some(input) = &input {
            rustix::io::ioctl_fionbio(input, true)?;
        }
        rustix::io::ioctl_fionbio(&output, true)?;
        Ok(ChildCarrier { child, input, output, terminal, kept: None })
    }

    fn write(&mut self, outgoing: &[u8]) -> Result<usize, Broken> {
        let Some(input) = &self.input else { return Ok(outgoing.len()) };
        if outgoing.is_empty() {
            return Ok(0);
        }
        match rustix::io::write(input, outgoing) {
            Ok(count) => Ok(count),
            Err(Errno::AGAIN | Errno::INTR) => Ok(0),
            // Nobody reads any more; what was said before that is still to be read.
            Err(Errno::PIPE | Errno::IO) => {
                self.input = None;
                Ok(outgoing.len())
            }
            Err(error) => Err(Broken(error.to_string())),
        }
    }

    /// Bytes read; `None` at the end.
    fn read(&mut self, incoming: &mut Vec<u8>) -> Result<Option<usize>, Broken> {
        incoming.reserve(CHUNK);
        match rustix::io::read(&self.output, rustix::buffer::spare_capacity(incoming)) {
            Ok(0) | Err(Errno::IO) => Ok(None),
            Ok(count) => Ok(Some(count)),
            Err(Errno::AGAIN | Errno::INTR) => Ok(Some(0)),
            Err(error) => Err(Broken(error.to_string())),
        }
    }

    /// Waits for either direction; false where the time was up.
    fn wait(&self, writing: bool, time: Duration) -> Result<bool, Broken> {
        let mut both = vec![PollFd::new(&self.output, PollFlags::IN)];
        if let Some(input) = self.input.as_ref().filter(|_| writing) {
            both.push(PollFd::from_borrowed_fd(input.as_fd(), PollFlags::OUT));
        }
        let time = Timespec::try_from(time).map_err(|e| Broken(e.to_string()))?;
        match poll(&mut both, Some(&time)) {
            Ok(count) => Ok(count > 0),
            Err(Errno::INTR) => Ok(true),
            Err(error) => Err(Broken(error.to_string())),
        }
    }

    fn gone(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)) | Err(_))
    }
}

impl Carrier for ChildCarrier {
    fn step(&mut self, outgoing: &[u8], incoming: &mut Vec<u8>, until: Instant) -> Result<Step, Broken> {
        let mut last = false;
        loop {
            let wrote = self.write(outgoing)?;
            let read = self.read(incoming)?;
            match read {
                None => return Ok(Step { wrote, read: 0, ended: true }),
                Some(read) if wrote + read > 0 => return Ok(Step { wrote, read, ended: false }),
                Some(_) if last => return Ok(Step { wrote: 0, read: 0, ended: true }),
                Some(_) => {}
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Step::default());
            }
            // What the shell started may keep its output open after the shell itself has died.
            if !self.wait(!outgoing.is_empty(), left.min(TICK))? && self.gone() {
                last = true;
            }
        }
    }

    fn finish(&mut self, patience: Duration) {
        if self.terminal {
            // A raw terminal has no character that means the end.
            let _ = self.write(b"exit\n");
        } else {
            self.input = None;
        }
        let until = Instant::now() + patience;
        let mut ignored = Vec::new();
        while let Ok(Step { ended: false, .. }) = self.step(&[], &mut ignored, until) {
            ignored.clear();
            if Instant::now() >= until {
                return;
            }
        }
        while !self.gone() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn ending(&mut self) -> Option<Ending> {
        let until = Instant::now() + TICK;
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                let signal = || Ending::Signal(status.signal().unwrap_or_default().to_string());
                return Some(status.code().map_or_else(signal, Ending::Status));
            }
            if Instant::now() >= until {
                return None;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for ChildCarrier {
    fn drop(&mut self) {
        self.input = None;
        // Reaped where it has ended already; else it ends by itself when it reads the end of its input, which a raw
        // terminal does not tell: the ssh that holds one is ended here, and its host hangs up.
        // A program that became another user cannot be ended by us; it must not be waited for either: the terminal that
        // it would miss is still open.
        if matches!(self.child.try_wait(), Ok(None)) && self.terminal && self.child.kill().is_ok() {
            let _ = self.child.wait();
        }
    }
}
