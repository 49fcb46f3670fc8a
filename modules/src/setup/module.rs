//! `setup`: the module.

use super::facts::{Wanted, all};
use super::gathered::Gathered;
use crate::args::PathArg;
use crate::host::{Host, Probe, Script};
use crate::registry::Module;
use crate::{Args, Data, Fault, Outcome, fnmatch};
use std::hash::{BuildHasher, Hasher, RandomState};

static FACTS: Script = Script { name: "facts", text: include_str!("facts.sh"), needs: &[] };

/// Gathers facts about the host. Files of `fact_path` that can be executed are executed.
#[derive(Args)]
pub struct Setup {
    /// Which facts to gather: names of groups, `!name` leaves one out, `!all` leaves the minimum, `!all,!min`
    /// nothing but what is named.
    #[arg(default = vec![Data::from("all")])]
    gather_subset: Vec<String>,
    /// Seconds that a single slow source (a mount that hangs) may take.
    #[arg(default = 10)]
    gather_timeout: i64,
    /// Only facts whose names match one of these shell patterns.
    #[arg(default = Vec::<Data>::new())]
    filter: Vec<String>,
    /// The folder of the host's own facts: `*.fact`.
    #[arg(default = "/etc/ansible/facts.d")]
    fact_path: PathArg,
}

impl Module for Setup {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        let wanted =
            Wanted::new(&self.gather_subset).map_err(|message| Fault::at("gather_subset", message))?;
        let word = || RandomState::new().build_hasher().finish();
        let nonce = format!("{:016x}{:016x}", word(), word());
        let path = host.path(&self.fact_path).await?;
        let probe = Probe::script("_facts", &FACTS)
            .arg(nonce.as_str())
            .arg(path)
            .arg(self.gather_timeout.max(1).to_string())
            .args(wanted.words());
        let part = host.ask(probe).await?;
        let gathered = Gathered::new(&nonce, &part.out, &part.err);
        if !gathered.is_complete() {
            return Err(Fault::new(format!("gathering facts ended too early: {}", part.error().trim())));
        }
        let (mut facts, warnings) = all(&gathered, &wanted);
        let subset = self.gather_subset.iter().map(|name| Data::from(name.as_str())).collect::<Vec<_>>();
        facts.insert("gather_subset".to_owned(), Data::List(subset));
        facts.insert("module_setup".to_owned(), Data::Bool(true));
        let patterns: Vec<&String> = self.filter.iter().filter(|f| !f.is_empty()).collect();
        if !patterns.is_empty() {
            facts.retain(|name, _| {
                let short = name.strip_prefix("ansible_").unwrap_or(name);
                patterns.iter().any(|p| fnmatch::matches(p, name) || fnmatch::matches(p, short))
            });
        }
        Ok(Outcome { facts: Some(facts), warnings, ..Outcome::new() })
    }
}
