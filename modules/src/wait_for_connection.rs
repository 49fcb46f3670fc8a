//! `wait_for_connection`: until the host can be reached.

use crate::host::{Host, Probe};
use crate::registry::Module;
use crate::{Args, Fault, Outcome};
use std::time::{Duration, Instant};

/// Wait until the remote system is reachable.
#[derive(Args)]
pub struct WaitForConnection {
    /// Seconds that one attempt may take; the connection's own `timeout` is what holds.
    #[expect(dead_code, reason = "a connection is kept for the whole run, with one timeout of its own")]
    #[arg(default = 5)]
    connect_timeout: i64,
    /// Seconds before the first attempt.
    #[arg(default = 0)]
    delay: i64,
    /// Seconds between attempts.
    #[arg(default = 1)]
    sleep: i64,
    /// Seconds until it fails.
    #[arg(default = 600)]
    timeout: i64,
}

impl Module for WaitForConnection {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        if host.check_mode() {
            return Ok(Outcome { skipped: true, ..Outcome::new() });
        }
        host.turn().await;
        let start = Instant::now();
        pause(self.delay);
        let limit = start.elapsed() + seconds(self.timeout);
        let reached = until_reached(host, start, limit, self.sleep).await;
        let elapsed = i64::try_from(start.elapsed().as_secs()).unwrap_or(i64::MAX);
        match reached {
            Ok(()) => Ok(Outcome::new().with("elapsed", elapsed)),
            Err(why) => Err(Fault::new(format!("timed out waiting for ping module test: {}", why.message))
                .with("elapsed", elapsed)),
        }
    }
}

/// Attempts until one is answered, or `limit` has passed since `start`.
///
/// # Errors
/// Why the last one was not answered.
pub async fn until_reached(host: &Host, start: Instant, limit: Duration, sleep: i64) -> Result<(), Fault> {
    loop {
        match host.attempt(Probe::command(["true"])).await {
            Ok(_) => return Ok(()),
            Err(why) if start.elapsed() >= limit => return Err(why),
            Err(_) => pause(sleep),
        }
    }
}

/// Time as arguments give it.
pub fn seconds(seconds: i64) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

/// Waits here, on the controller: the host may not be there to wait on.
pub fn pause(time: i64) {
    std::thread::sleep(seconds(time));
}

#[cfg(test)]
mod tests {
    use crate::module_tests::Lab;

    #[test]
    fn a_host_that_answers_is_not_waited_for() {
        let mut lab = Lab::new();
        let done = lab.go("wait_for_connection", r#"{"timeout": 30}"#, false);
        assert!(done.failed.is_none() && !done.changed, "{done:?}");
        assert!(lab.go("wait_for_connection", "{}", true).skipped);
    }
}
