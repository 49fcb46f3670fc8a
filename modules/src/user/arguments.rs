//! What `user` takes.

use crate::args::{PathArg, Secret};
use crate::{Args, Choice, Fault};

/// Manage user accounts and user attributes.
#[derive(Args)]
#[args(required_if("non_unique", true, all("uid")))]
pub struct User {
    /// Name of the user to create, remove or modify.
    #[arg(alias("user"))]
    pub(super) name: String,
    /// Whether the account should exist or not.
    #[arg(default = "present")]
    pub(super) state: State,
    /// The number of the user.
    pub(super) uid: Option<i64>,
    /// Allow a number that another user has.
    #[arg(default = false)]
    pub(super) non_unique: bool,
    /// The SELinux user to map to.
    pub(super) seuser: Option<String>,
    /// The user's primary group, by name or number.
    pub(super) group: Option<String>,
    /// Supplementary groups; the user is removed from all others unless `append`.
    pub(super) groups: Option<Vec<String>>,
    /// Add to `groups` only.
    #[arg(default = false)]
    pub(super) append: bool,
    /// The description of the account (GECOS).
    pub(super) comment: Option<String>,
    /// The home folder.
    pub(super) home: Option<PathArg>,
    /// Make the home folder, also where it is missing.
    #[arg(default = true, alias("createhome"))]
    pub(super) create_home: bool,
    /// Move the old home folder to `home`.
    #[arg(default = false)]
    pub(super) move_home: bool,
    /// What a new home folder is a copy of.
    pub(super) skeleton: Option<String>,
    /// The umask of a new home folder.
    pub(super) umask: Option<String>,
    /// The login shell.
    pub(super) shell: Option<PathArg>,
    /// A new account is a system account.
    #[arg(default = false)]
    pub(super) system: bool,
    /// Delete the account by force.
    #[arg(default = false)]
    pub(super) force: bool,
    /// Delete the home folder with the account.
    #[arg(default = false)]
    pub(super) remove: bool,
    /// The hash of the password.
    pub(super) password: Option<Secret>,
    /// Set the password always if it differs, or only on new accounts.
    #[arg(default = "always")]
    pub(super) update_password: Update,
    /// Lock the password, or unlock it.
    pub(super) password_lock: Option<bool>,
    /// When the account expires, in seconds since 1970; negative: never.
    pub(super) expires: Option<f64>,
    /// Largest number of days between changes of the password.
    pub(super) password_expire_max: Option<i64>,
    /// Smallest number of days between changes of the password.
    pub(super) password_expire_min: Option<i64>,
    /// Days of warning before the password expires.
    pub(super) password_expire_warn: Option<i64>,
    /// Days after which an expired password disables the account.
    pub(super) password_expire_account_disable: Option<i64>,
    /// Make an SSH key; one that is there stays unless `force`.
    #[arg(default = false)]
    pub(super) generate_ssh_key: bool,
    /// The length of the key.
    pub(super) ssh_key_bits: Option<i64>,
    /// The type of the key.
    #[arg(default = "rsa")]
    pub(super) ssh_key_type: String,
    /// The file of the key, relative to the home folder.
    pub(super) ssh_key_file: Option<PathArg>,
    /// The comment of the key.
    pub(super) ssh_key_comment: Option<String>,
    /// The passphrase of the key.
    pub(super) ssh_key_passphrase: Option<Secret>,
    /// Use the tools of libuser (`luseradd` and its kin), for hosts with accounts from elsewhere.
    #[arg(default = false)]
    pub(super) local: bool,
    /// The smallest number for a new user, in place of login.defs'.
    pub(super) uid_min: Option<i64>,
    /// The largest number for a new user, in place of login.defs'.
    pub(super) uid_max: Option<i64>,
    /// Of macOS only.
    #[expect(dead_code, reason = "taken and without effect on Linux, as with Ansible")]
    hidden: Option<bool>,
    /// Of BSD only.
    #[expect(dead_code, reason = "taken and without effect on Linux, as with Ansible")]
    login_class: Option<String>,
    /// Of Solaris only.
    #[expect(dead_code, reason = "taken and without effect on Linux, as with Ansible")]
    profile: Option<String>,
    /// Of Solaris only.
    #[expect(dead_code, reason = "taken and without effect on Linux, as with Ansible")]
    authorization: Option<String>,
    /// Of Solaris only.
    #[expect(dead_code, reason = "taken and without effect on Linux, as with Ansible")]
    role: Option<String>,
}

/// Whether the account exists.
#[derive(Clone, Copy, PartialEq, Eq, Choice)]
pub(super) enum State {
    Absent,
    Present,
}

/// When the password is set.
#[derive(Clone, Copy, PartialEq, Eq, Choice)]
pub(super) enum Update {
    Always,
    OnCreate,
}

impl User {
    /// What the schema cannot say.
    pub(super) fn check(&self) -> Result<(), Fault> {
        if self.local {
            let given = [
                ("umask", self.umask.is_some()),
                ("uid_min", self.uid_min.is_some()),
                ("uid_max", self.uid_max.is_some()),
            ];
            if let Some((name, _)) = given.iter().find(|(_, given)| *given) {
                return Err(Fault::at(name, format!("'{name}' can not be used with 'local'")));
            }
        }
        if self.password.as_ref().is_some_and(|p| p.reveal().contains(['\n', '\0'])) {
            return Err(Fault::at("password", "the hash of a password has no line breaks"));
        }
        if let Some(umask) = &self.umask
            && (umask.is_empty() || umask.len() > 4 || u32::from_str_radix(umask, 8).is_err())
        {
            return Err(Fault::at("umask", format!("'{umask}' is no umask: octal digits were expected")));
        }
        Ok(())
    }
}
