//! How many handshakes run at once: few with one address (sshd drops what is too much), many in all.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// sshd's MaxStartups begins to drop at ten.
const PER_ADDRESS: usize = 8;

/// A handshake is some milliseconds of CPU on either side. Where the hosts share the controller's machine, more
/// than this at once take longer than the connect timeout.
const PER_CPU: usize = 8;

/// Asked once: the answer is read from cgroups' files.
static MOST: LazyLock<usize> =
    LazyLock::new(|| PER_CPU * std::thread::available_parallelism().map_or(1, usize::from));

/// What runs and who waits, first come first served among those whose address has room.
#[derive(Default)]
struct Running {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
    waiting: VecDeque<(Option<IpAddr>, SyncSender<()>)>,
}

static RUNNING: LazyLock<Mutex<Running>> = LazyLock::new(Mutex::default);

fn running() -> MutexGuard<'static, Running> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Running {
    fn has_room(&self, address: Option<IpAddr>) -> bool {
        let here = address.and_then(|address| self.by_address.get(&address).copied()).unwrap_or(0);
        self.all < *MOST && here < PER_ADDRESS
    }

    fn take(&mut self, address: Option<IpAddr>) {
        self.all += 1;
        if let Some(address) = address {
            *self.by_address.entry(address).or_default() += 1;
        }
    }

    fn give_back(&mut self, address: Option<IpAddr>) {
        self.all -= 1;
        if let Some(address) = address
            && let Some(count) = self.by_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                self.by_address.remove(&address);
            }
        }
    }

    /// Hands what is free to those who wait: nobody else is woken.
    fn hand_over(&mut self) {
        while self.all < *MOST {
            let next = self.waiting.iter().position(|(address, _)| self.has_room(*address));
            let Some((address, waiter)) = next.and_then(|at| self.waiting.remove(at)) else { return };
            self.take(address);
            if waiter.send(()).is_err() {
                self.give_back(address);
            }
        }
    }
}

/// The right to be in a handshake, until it is dropped.
pub struct Slot(Option<IpAddr>);

/// Waits for a slot; `None` is somebody reached through another connection.
pub fn slot(address: Option<IpAddr>) -> Slot {
    let mut all = running();
    if all.has_room(address) {
        all.take(address);
        return Slot(address);
    }
    let (waiter, granted) = sync_channel(1);
    all.waiting.push_back((address, waiter));
    drop(all);
    // the other end is dropped only when it has sent
    let _ = granted.recv();
    Slot(address)
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut all = running();
        all.give_back(self.0);
        all.hand_over();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_may_be_in_a_handshake_with_one_address_are() {
        let address = IpAddr::from([192, 0, 2, 1]);
        let (most, now) = (Mutex::new(0), Mutex::new(0));
        std::thread::scope(|scope| {
            for _ in 0..40 {
                scope.spawn(|| {
                    let slot = slot(Some(address));
                    *now.lock().unwrap() += 1;
                    let here = *now.lock().unwrap();
                    let mut most = most.lock().unwrap();
                    *most = here.max(*most);
                    drop(most);
                    std::thread::sleep(std::time::Duration::from_millis(2));
                    *now.lock().unwrap() -= 1;
                    drop(slot);
                });
            }
        });
        assert!((2..=PER_ADDRESS).contains(&most.into_inner().unwrap()));
        assert!(!running().by_address.contains_key(&address));
    }
}
