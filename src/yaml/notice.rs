//! What there is to say about documents that were read all the same: kept until someone listens.

use crate::diag::Diagnostic;
use std::sync::{LazyLock, Mutex, MutexGuard};

/// Something to tell the user about a document that was read all the same.
#[derive(Clone, Debug)]
pub enum Notice {
    /// A likely mistake: a duplicate key.
    Warning(Diagnostic),
    /// Something that a later ansible-core will refuse.
    Deprecated(Diagnostic),
}

impl Notice {
    /// What it says, whichever sort it is.
    pub fn diagnostic(&self) -> &Diagnostic {
        match self {
            Notice::Warning(said) | Notice::Deprecated(said) => said,
        }
    }

    /// Tells who listens, or keeps it for who will.
    pub(super) fn tell(self) {
        let mut post = post();
        match &post.listener {
            Some(listener) => listener(self),
            None if post.waiting.len() < MOST => post.waiting.push(self),
            None => {}
        }
    }
}

type Listener = Box<dyn Fn(Notice) + Send>;

#[derive(Default)]
struct Post {
    waiting: Vec<Notice>,
    listener: Option<Listener>,
}

/// Nobody reads more.
const MOST: usize = 10_000;

static POST: LazyLock<Mutex<Post>> = LazyLock::new(Mutex::default);

fn post() -> MutexGuard<'static, Post> {
    POST.lock().unwrap_or_else(|e| e.into_inner())
}

/// The notices that nobody has heard yet.
pub fn notices() -> Vec<Notice> {
    std::mem::take(&mut post().waiting)
}

/// From now on notices go to `listener`, which must not read YAML itself.
pub fn listen(listener: impl Fn(Notice) + Send + 'static) {
    post().listener = Some(Box::new(listener));
}
