//! The `Args` derive: a module's typed arguments from Ansible's loosely typed ones.
