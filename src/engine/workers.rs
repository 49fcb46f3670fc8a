//! Hosts' threads: each drives some hosts of a batch, and all that belongs to a host stays in its thread.

use super::desk::Desk;
use super::event::Wire;
use super::reach::Pipes;
use super::shared::Shared;
use super::turn::{Order, Report};
use crate::vars::HostStore;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// Enough for the deepest templates; most of it is never touched.
const STACK: usize = 8 << 20;

/// The threads of a run; a host keeps its thread, and so its pipes, from play to play.
pub struct Workers {
    senders: Vec<Sender<(usize, Arc<HostStore>, Order)>>,
    threads: Vec<JoinHandle<()>>,
    reports: Receiver<Report>,
    hosts: Vec<Arc<HostStore>>,
    homes: Vec<usize>,
}

impl Workers {
    /// Starts `count` threads.
    pub fn start(shared: &Arc<Shared>, count: usize) -> Workers {
        let (report, reports) = channel();
        let (mut senders, mut threads) = (Vec::new(), Vec::new());
        for number in 0..count.max(1) {
            let (sender, orders) = channel();
            let (shared, report) = (shared.clone(), report.clone());
            let thread = std::thread::Builder::new().name(format!("hosts-{number}")).stack_size(STACK);
            match thread.spawn(move || work(&shared, &orders, &report)) {
                Ok(thread) => {
                    senders.push(sender);
                    threads.push(thread);
                }
                // fewer threads carry the same hosts
                Err(error) => tracing::warn!("thread {number} of {count} could not be started: {error}"),
            }
        }
        Workers { senders, threads, reports, hosts: Vec::new(), homes: Vec::new() }
    }

    /// The hosts of a batch; each goes to the thread that `home` gives for its name, so that its pipes are found
    /// again.
    pub fn set_hosts(&mut self, hosts: Vec<Arc<HostStore>>, homes: &mut HashMap<Arc<str>, usize>) {
        let count = self.senders.len().max(1);
        self.homes = hosts
            .iter()
            .map(|host| {
                let next = homes.len() % count;
                *homes.entry(host.name.clone()).or_insert(next) % count
            })
            .collect();
        self.hosts = hosts;
    }

    /// Sends an order to a host's thread.
    pub fn send(&self, host: usize, order: Order) {
        let (Some(store), Some(home)) = (self.hosts.get(host), self.homes.get(host)) else { return };
        if let Some(sender) = self.senders.get(*home) {
            // a thread that has ended (it cannot but by a panic) shows in receive
            let _ = sender.send((host, store.clone(), order));
        }
    }

    /// The next report; `None` when no thread is left.
    pub fn receive(&self) -> Option<Report> {
        loop {
            match self.reports.recv_timeout(std::time::Duration::from_millis(200)) {
                Ok(report) => return Some(report),
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return None,
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
                    // a thread that panicked will never report
                    if self.threads.iter().any(JoinHandle::is_finished) {
                        return self.reports.try_recv().ok();
                    }
                }
            }
        }
    }

    /// Closes every pipe and ends the threads; what all of them cost.
    pub fn close(self) -> Wire {
        drop(self.senders);
        let mut wire = Wire::default();
        for thread in self.threads {
            let _ = thread.join();
        }
        while let Ok(report) = self.reports.try_recv() {
            if let Report::Closed { traffic, connections, wasted } = report {
                wire.connections += connections;
                wire.turns += traffic.turns;
                wire.requests += traffic.requests;
                wire.wasted += wasted;
                wire.sent += traffic.sent;
                wire.received += traffic.received;
            }
        }
        wire
    }
}

fn work(shared: &Arc<Shared>, orders: &Receiver<(usize, Arc<HostStore>, Order)>, report: &Sender<Report>) {
    let mut desks: HashMap<Arc<str>, Desk> = HashMap::new();
    let mut pipes = Pipes::new(shared.clone());
    while let Ok((_, store, order)) = orders.recv() {
        let name = store.name.clone();
        let desk = desks.entry(name.clone()).or_insert_with(|| Desk::new(store));
        match order {
            Order::Run(turn) => {
                let end = desk.turn(shared, &mut pipes, *turn);
                if report.send(Report::Ended(Box::new(end))).is_err() {
                    break;
                }
            }
            Order::Reset(_) => {
                desk.forget();
                pipes.reset(&name);
            }
            Order::Close => desk.forget(),
        }
    }
    let wasted = desks.values().map(|desk| desk.wasted).sum();
    let (traffic, connections) = pipes.close_all();
    let _ = report.send(Report::Closed { traffic, connections, wasted });
}
