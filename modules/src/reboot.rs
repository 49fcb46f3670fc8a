//! `reboot`: the machine started anew, and waited for.

use crate::host::{Host, Perform, Probe, Stat};
use crate::registry::Module;
use crate::wait_for_connection::{pause, seconds};
use crate::{Args, Fault, Outcome};
use std::time::{Duration, Instant};

/// Reboot a machine, wait for it to go down, come back up, and respond to commands.
#[derive(Args)]
pub struct Reboot {
    /// Seconds before it goes down, rounded down to minutes.
    #[arg(default = 0)]
    pre_reboot_delay: i64,
    /// Seconds after the command before the first look.
    #[arg(default = 0)]
    post_reboot_delay: i64,
    /// Seconds until it fails, for the reboot and again for the test command.
    #[arg(default = 600)]
    reboot_timeout: i64,
    /// Seconds that one attempt may take; the connection's own `timeout` is what holds.
    #[expect(dead_code, reason = "a connection is kept for the whole run, with one timeout of its own")]
    connect_timeout: Option<i64>,
    /// The command that must succeed for the machine to be ready.
    #[arg(default = "whoami")]
    test_command: String,
    /// What is said to users who are logged in.
    #[arg(default = "Reboot initiated by Ansible")]
    msg: String,
    /// Folders to look for `shutdown` in.
    #[arg(default = "/sbin,/bin,/usr/sbin,/usr/bin,/usr/local/sbin")]
    search_paths: Vec<String>,
    /// A command whose output differs after a reboot.
    #[arg(default = "cat /proc/sys/kernel/random/boot_id")]
    boot_time_command: String,
    /// The command that reboots.
    reboot_command: Option<String>,
}

impl Module for Reboot {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        if host.is_local() {
            let message = "Running reboot with local connection would reboot the control node.";
            return Err(Fault::new(message).with("elapsed", 0).with("rebooted", false));
        }
        if host.check_mode() {
            host.foretell(None);
            return Ok(Outcome::new().with("elapsed", 0).with("rebooted", true));
        }
        host.turn().await;
        let failed = |fault: Fault| fault.with("rebooted", false).with("elapsed", 0);
        let before = self.boot_id(host).await.map_err(failed)?;
        let line = self.line(host).await.map_err(failed)?;
        let act = Perform::command("reboot", ["/bin/sh", "-c", &line]).any_status();
        let start = Instant::now();
        if let Some(reply) = host.change_and_lose(act).await?.and_then(crate::host::Gate::acted)
            && reply.rc != 0
            && reply.rc < 128
        {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_string();
            let said = format!("{}, {}", text(&reply.out), text(&reply.err));
            return Err(failed(Fault::new(format!("Reboot command failed. Error was: '{said}'"))));
        }
        pause(self.post_reboot_delay);
        let limit = seconds(self.reboot_timeout);
        let elapsed = || i64::try_from(start.elapsed().as_secs()).unwrap_or(i64::MAX);
        if !self.other_boot(host, &before, limit).await {
            let message =
                format!("Timed out waiting for last boot time check (timeout={})", self.reboot_timeout);
            return Err(Fault::new(message).with("rebooted", false).with("elapsed", elapsed()));
        }
        if !self.responds(host, limit).await {
            let message =
                format!("Timed out waiting for post-reboot test command (timeout={})", self.reboot_timeout);
            return Err(Fault::new(message).with("rebooted", true).with("elapsed", elapsed()));
        }
        Ok(Outcome::new().with("rebooted", true).with("elapsed", elapsed()))
    }
}

impl Reboot {
    fn boot_probe(&self) -> Probe {
        Probe::command(["/bin/sh", "-c", self.boot_time_command.as_str()]).heavy()
    }

    async fn boot_id(&self, host: &Host) -> Result<Vec<u8>, Fault> {
        let part = host.ask(self.boot_probe()).await?;
        if part.rc != 0 {
            return Err(Fault::at(
                "boot_time_command",
                format!(
                    "reboot: failed to get host boot time info, rc: {}, stdout: {}, stderr: {}",
                    part.rc,
                    part.text().trim(),
                    part.error().trim()
                ),
            ));
        }
        Ok(part.out.to_vec())
    }

    /// The command that reboots, as a line for the shell.
    async fn line(&self, host: &Host) -> Result<String, Fault> {
        if let Some(line) = self.reboot_command.as_ref().filter(|line| !line.trim().is_empty()) {
            let (program, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
            if program.starts_with('/') {
                return Ok(line.clone());
            }
            let path = self.find(host, program).await?.ok_or_else(|| self.not_found(program))?;
            return Ok(format!("{} {rest}", quoted(&path)));
        }
        if let Some(path) = self.find(host, "shutdown").await? {
            let minutes = self.pre_reboot_delay.max(0) / 60;
            return Ok(format!("{} -r {minutes} {}", quoted(&path), quoted(&self.msg)));
        }
        // busybox has no shutdown
        match self.find(host, "reboot").await? {
            Some(path) => Ok(quoted(&path)),
            None => Err(self.not_found("shutdown")),
        }
    }

    fn not_found(&self, program: &str) -> Fault {
        let paths = self.search_paths.iter().map(|p| format!("'{p}'")).collect::<Vec<_>>().join(", ");
        Fault::at("search_paths", format!("Unable to find command \"{program}\" in search paths: [{paths}]"))
    }

    async fn find(&self, host: &Host, program: &str) -> Result<Option<String>, Fault> {
        let paths: Vec<String> =
            self.search_paths.iter().map(|p| format!("{}/{program}", p.trim_end_matches('/'))).collect();
        let found = host.ask_all(paths.iter().map(|path| Stat::behind(path.as_bytes()))).await?;
        Ok(paths.into_iter().zip(found).find(|(_, status)| status.is_some()).map(|(path, _)| path))
    }

    /// Waits for the machine to come up with another boot id.
    async fn other_boot(&self, host: &Host, before: &[u8], limit: Duration) -> bool {
        let start = Instant::now();
        loop {
            if let Ok(part) = host.attempt(self.boot_probe()).await
                && part.rc == 0
                && *part.out != *before
            {
                return true;
            }
            if start.elapsed() >= limit {
                return false;
            }
            pause(1);
        }
    }

    /// Waits for the test command to succeed.
    async fn responds(&self, host: &Host, limit: Duration) -> bool {
        let start = Instant::now();
        loop {
            let probe = Probe::command(["/bin/sh", "-c", self.test_command.as_str()]).heavy();
            if host.attempt(probe).await.is_ok_and(|part| part.rc == 0) {
                return true;
            }
            if start.elapsed() >= limit {
                return false;
            }
            pause(1);
        }
    }
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use crate::Data;
    use crate::host::{Setting, run_alone};
    use crate::module_tests::Lab;

    #[test]
    fn the_controller_is_never_rebooted() {
        let mut lab = Lab::new();
        for check in [false, true] {
            let setting = Setting { local: true, check_mode: check, ..Setting::default() };
            let module = crate::registry::find("reboot").unwrap();
            let done = run_alone(&mut lab.pipe, module, crate::Map::new(), setting).unwrap();
            assert!(done.failed.is_some() && !done.changed, "{done:?}");
        }
    }

    #[test]
    fn a_new_boot_is_told_by_its_id() {
        let mut lab = Lab::new();
        lab.write("id", "one");
        let args = r#"{"boot_time_command": "cat D/id", "reboot_command": "/bin/sh -c 'echo two >D/id'"}"#;
        assert!(lab.go("reboot", args, true).changed);
        assert_eq!(lab.read("id"), "one");
        let done = lab.go("reboot", args, false);
        assert!(done.failed.is_none() && done.changed, "{done:?}");
        assert_eq!(done.result["rebooted"], Data::Bool(true));
        let args = r#"{"boot_time_command": "cat D/id", "reboot_command": "/bin/true", "reboot_timeout": 0}"#;
        assert!(lab.fails("reboot", args).starts_with("Timed out waiting for last boot time check"));
        let args = r#"{"reboot_command": "nosuch", "search_paths": ["/sbin"]}"#;
        assert!(lab.fails("reboot", args).contains("Unable to find command \"nosuch\""));
    }
}
