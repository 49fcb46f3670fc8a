//! What a play itself says of variables, the same for all of its hosts.

use super::magic::PlayMagic;
use super::scope::ScopeCache;
use super::store::PlayVars;
use crate::playbook::{Play, Role};
use std::path::Path;
use std::sync::Arc;

/// Dependencies of dependencies.
const DEEPEST: usize = 50;

impl PlayVars {
    /// The play's variables without its files and prompts.
    pub fn of_play(play: &Play, scopes: &ScopeCache) -> PlayVars {
        let mut all: Vec<Arc<Role>> = Vec::new();
        for role in play.roles.iter().chain(&play.imported_roles) {
            with_dependencies(role, &mut all, 0);
        }
        let public = all.iter().filter(|role| role.public);
        let names =
            |roles: &[Arc<Role>]| -> Arc<[Arc<str>]> { roles.iter().map(|role| role.name.clone()).collect() };
        let direct: Vec<_> = play.roles.iter().chain(&play.imported_roles).cloned().collect();
        let dependent: Vec<_> =
            all.iter().filter(|role| !direct.iter().any(|d| Arc::ptr_eq(d, role))).cloned().collect();
        PlayVars {
            role_defaults: public.clone().map(|role| scopes.get(&role.defaults)).collect(),
            role_vars: public.map(|role| scopes.get(&role.vars)).collect(),
            vars: scopes.get(&play.keywords.vars),
            magic: PlayMagic {
                playbook_dir: play.file.parent().map(Path::to_path_buf),
                roles: names(&direct),
                dependent_roles: names(&dependent),
                ..PlayMagic::default()
            },
            ..PlayVars::default()
        }
    }
}

fn with_dependencies(role: &Arc<Role>, all: &mut Vec<Arc<Role>>, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    for dependency in &role.dependencies {
        with_dependencies(dependency, all, depth + 1);
    }
    all.push(role.clone());
}
