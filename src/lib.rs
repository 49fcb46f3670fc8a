//! impel: Ansible playbooks as they are, pushed in parallel over SSH to hosts that need nothing but a shell.

pub mod action;
pub mod cli;
pub mod config;
pub mod diag;
pub mod engine;
pub mod inventory;
pub mod maps;
pub mod pipe;
pub mod playbook;
pub mod python;
pub mod report;
pub mod template;
pub mod vars;
pub mod vault;
pub mod yaml;
