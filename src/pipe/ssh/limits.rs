//! How many handshakes run at once: few with one address (sshd drops what is too much), many in all.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Condvar, Mutex, PoisonError};

/// sshd's MaxStartups begins to drop at ten.
const PER_ADDRESS: usize = 8;

/// A handshake is some milliseconds of CPU on either side. Where the hosts share the controller's machine, more
/// than this at once take longer than the connect timeout.
const PER_CPU: usize = 8;

struct Running {
    all: usize,
    by_address: Option<HashMap<IpAddr, usize>>,
}

static RUNNING: Mutex<Running> = Mutex::new(Running { all: 0, by_address: None });
static FREED: Condvar = Condvar::new();

/// The right to be in a handshake, until it is dropped.
pub struct Slot(Option<IpAddr>);

/// Waits for a slot; `None` is somebody reached through another connection.
pub fn slot(address: Option<IpAddr>) -> Slot {
    let most = PER_CPU * std::thread::available_parallelism().map_or(1, usize::from);
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let here =
            address.and_then(|address| running.by_address.as_ref()?.get(&address).copied()).unwrap_or(0);
        if running.all < most && here < PER_ADDRESS {
            break;
        }
        running = FREED.wait(running).unwrap_or_else(PoisonError::into_inner);
    }
    running.all += 1;
    if let Some(address) = address {
        *running.by_address.get_or_insert_default().entry(address).or_default() += 1;
    }
    Slot(address)
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running.all -= 1;
        if let (Some(address), Some(by_address)) = (self.0, running.by_address.as_mut())
            && let Some(count) = by_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                by_address.remove(&address);
            }
        }
        FREED.notify_all();
    }
}
