//! Handshakes with an end in any case: a peer that never stops talking keeps libssh2 from looking at the clock.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// Sockets by the moment when their time is up.
#[derive(Default)]
struct Watched {
    sockets: BTreeMap<(Instant, u64), Weak<OwnedFd>>,
    next: u64,
    running: bool,
}

static WATCHED: Mutex<Option<Watched>> = Mutex::new(None);
static CHANGED: Condvar = Condvar::new();

fn watched() -> MutexGuard<'static, Option<Watched>> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// While it lives its socket is watched.
pub struct Guard((Instant, u64));

impl Guard {
    /// Whether the socket was closed, because its time was up.
    pub fn is_over(&self) -> bool {
        Instant::now() >= self.0.0
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(all) = &mut *watched() {
            all.sockets.remove(&self.0);
        }
    }
}

/// Closes `socket` for both directions when `time` is up and the guard still lives.
pub fn watch(socket: &Arc<OwnedFd>, time: Duration) -> Guard {
    let mut all = watched();
    let all = all.get_or_insert_default();
    all.next += 1;
    let key = (Instant::now() + time, all.next);
    all.sockets.insert(key, Arc::downgrade(socket));
    if !all.running {
        // Without the thread libssh2's own limits still hold.
        all.running = std::thread::Builder::new().name("watchdog".into()).spawn(run).is_ok();
    }
    CHANGED.notify_one();
    Guard(key)
}

fn run() {
    let mut all = watched();
    loop {
        let now = Instant::now();
        let first = all.as_mut().and_then(|all| all.sockets.first_entry().map(|entry| entry.key().0));
        match first {
            Some(moment) if moment <= now => {
                let late = all.as_mut().and_then(|all| all.sockets.pop_first());
                if let Some(socket) = late.and_then(|(_, socket)| socket.upgrade()) {
                    let _ = rustix::net::shutdown(&*socket, rustix::net::Shutdown::Both);
                }
            }
            Some(moment) => {
                let wait = CHANGED.wait_timeout(all, moment - now);
                all = wait.map_or_else(|poisoned| poisoned.into_inner().0, |(all, _)| all);
            }
            None => all = CHANGED.wait(all).unwrap_or_else(PoisonError::into_inner),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::unix::net::UnixStream;

    #[test]
    fn only_what_is_late_is_closed() {
        let (near, far) = UnixStream::pair().unwrap();
        let (in_time, _other) = UnixStream::pair().unwrap();
        let (near, in_time) = (Arc::new(OwnedFd::from(near)), Arc::new(OwnedFd::from(in_time)));
        drop(watch(&in_time, Duration::from_millis(1)));
        let guard = watch(&near, Duration::from_millis(20));
        let mut far = far;
        assert_eq!(far.read(&mut [0]).unwrap(), 0, "the end is read");
        assert!(guard.is_over());
        rustix::io::write(&in_time, b"x").unwrap();
    }
}
