//! What a play itself says of variables, the same for all of its hosts.

use super::magic::PlayMagic;
use super::scope::ScopeCache;
use super::store::PlayVars;
use crate::playbook::{Play, Role};
use std::path::Path;
use std::sync::Arc;

impl PlayVars {
    /// The play's variables without its files and prompts.
    pub fn of_play(play: &Play, scopes: &ScopeCache) -> PlayVars {
        let playbook_dir = play.file.parent().map(Path::to_path_buf);
        let mut vars = PlayVars {
            vars: scopes.get(&play.keywords.vars),
            magic: PlayMagic { playbook_dir, ..PlayMagic::default() },
            ..PlayVars::default()
        };
        let roles: Vec<_> = play.roles.iter().chain(&play.imported_roles).cloned().collect();
        vars.take_in(&roles, scopes);
        vars
    }

    /// Takes in roles that the play lists, imports or includes: their names, and what they let the play see.
    pub fn take_in(&mut self, roles: &[Arc<Role>], scopes: &ScopeCache) {
        let mut names = self.magic.roles.to_vec();
        let mut dependent = self.magic.dependent_roles.to_vec();
        for role in roles {
            let all = role.with_dependencies();
            for role in all.iter().filter(|_| role.public) {
                self.role_defaults.push(scopes.get(&role.defaults));
                self.role_vars.push(scopes.get(&role.vars));
            }
            names.push(role.name.clone());
            for below in all.iter().filter(|below| !std::ptr::eq(**below, &**role)) {
                if !dependent.contains(&below.name) {
                    dependent.push(below.name.clone());
                }
            }
        }
        self.magic.roles = names.into();
        self.magic.dependent_roles = dependent.into();
    }
}
