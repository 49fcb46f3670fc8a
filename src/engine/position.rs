//! Where a host stands in a play: blocks, rescues, includes and handlers as a stack that can be copied and walked
//! ahead of its time.

use crate::playbook::{Block, Item, Task};
use std::sync::Arc;

/// A place in a play's order. Hosts in lockstep run the task with the smallest key first; what an include brings
/// in lies between the include and what follows it.
pub type Key = Vec<u32>;

/// A task and its place.
#[derive(Clone, Debug)]
pub struct Step {
    /// The place.
    pub key: Key,
    /// The task.
    pub task: Arc<Task>,
}

/// Which of a block's three lists is walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Body,
    Rescue,
    Always,
}

/// An included list, with its number among all that hosts included at one task.
pub type Included = (u32, Arc<[Item]>);

#[derive(Clone, Debug)]
enum Walk {
    /// A plain list: the play's own, or an included file's.
    List(Arc<[Item]>),
    /// A block.
    Block { block: Arc<Block>, part: Part, failed: bool },
    /// What one task included, list by list; each with its number among all that hosts included there.
    Included(Arc<[Included]>),
    /// The handlers notified, by their index in the play.
    Handlers,
}

#[derive(Clone, Debug)]
struct Frame {
    walk: Walk,
    next: usize,
    key: Key,
}

/// What a failure came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fall {
    /// A `rescue` takes it up.
    Rescued,
    /// It still stands, but an `always` runs first.
    Always,
    /// Nothing is left to run.
    Failed,
}

/// What a walk needs to know of the play around it.
pub trait Around {
    /// Whether the task runs at all for this host: tags, `--start-at-task`, roles that ran already.
    fn wanted(&mut self, task: &Task) -> bool;
    /// The next notified handler at or behind this index, with its own index.
    fn handler(&mut self, from: usize) -> Option<(usize, Arc<Task>)>;
}

/// Where a host stands. Cheap to copy.
#[derive(Clone, Debug)]
pub struct Position {
    frames: Vec<Frame>,
    /// Counts includes and flushes, so that keys of what they bring in differ.
    current: Key,
    /// A failure was not taken up by anyone; only an `always` came behind it.
    fell: bool,
}

impl Position {
    /// Before the first task of a list.
    pub fn new(items: Arc<[Item]>) -> Position {
        let frames = vec![Frame { walk: Walk::List(items), next: 0, key: Vec::new() }];
        Position { frames, current: Vec::new(), fell: false }
    }

    /// Goes on to the next task that is wanted; `None` at the end.
    pub fn advance(&mut self, around: &mut dyn Around) -> Option<Step> {
        loop {
            let frame = self.frames.last_mut()?;
            let at = frame.next;
            let key = |part: u32| {
                let mut key = frame.key.clone();
                key.push(part);
                key.push(at as u32);
                key
            };
            let (item, key) = match &frame.walk {
                Walk::List(items) => (items.get(at).cloned(), key(0)),
                Walk::Block { block, part, .. } => {
                    let items = match part {
                        Part::Body => &block.block,
                        Part::Rescue => &block.rescue,
                        Part::Always => &block.always,
                    };
                    (items.get(at).cloned(), key(*part as u32))
                }
                Walk::Included(lists) => {
                    let Some((group, items)) = lists.get(at) else {
                        self.end_of_list();
                        continue;
                    };
                    let (walk, mut key) = (Walk::List(items.clone()), frame.key.clone());
                    key.push(*group);
                    frame.next += 1;
                    self.frames.push(Frame { walk, next: 0, key });
                    continue;
                }
                Walk::Handlers => match around.handler(at) {
                    Some((index, task)) => {
                        frame.next = index;
                        let mut key = frame.key.clone();
                        key.extend([0, index as u32]);
                        (Some(Item::Task(task)), key)
                    }
                    None => (None, Key::new()),
                },
            };
            match item {
                Some(item) => {
                    frame.next += 1;
                    match item {
                        Item::Task(task) => {
                            if around.wanted(&task) {
                                self.current.clone_from(&key);
                                return Some(Step { key, task });
                            }
                        }
                        Item::Block(block) => {
                            let walk = Walk::Block { block, part: Part::Body, failed: false };
                            self.frames.push(Frame { walk, next: 0, key });
                        }
                    }
                }
                None => self.end_of_list(),
            }
        }
    }

    /// The innermost list is done: its block's `always`, or what stands behind it.
    fn end_of_list(&mut self) {
        let Some(frame) = self.frames.last_mut() else { return };
        match &mut frame.walk {
            Walk::Block { block, part, failed } if *part != Part::Always => {
                // the end of a rescue forgives; the end of a body had nothing to forgive
                *failed = false;
                if block.always.is_empty() {
                    self.frames.pop();
                } else {
                    *part = Part::Always;
                    frame.next = 0;
                }
            }
            Walk::Block { failed: true, .. } => {
                self.frames.pop();
                self.fell |= self.fail() == Fall::Failed;
            }
            _ => {
                self.frames.pop();
            }
        }
    }

    /// The task that was last given out failed: finds who takes it up.
    pub fn fail(&mut self) -> Fall {
        while let Some(frame) = self.frames.last_mut() {
            if let Walk::Block { block, part, failed } = &mut frame.walk {
                if *part == Part::Body && !block.rescue.is_empty() {
                    (*part, frame.next) = (Part::Rescue, 0);
                    return Fall::Rescued;
                }
                if *part != Part::Always && !block.always.is_empty() {
                    (*part, *failed, frame.next) = (Part::Always, true, 0);
                    return Fall::Always;
                }
            }
            self.frames.pop();
        }
        Fall::Failed
    }

    /// Whether the host has failed once all `always` behind its failure have run.
    pub fn fell(&self) -> bool {
        self.fell
    }

    /// What a failure now would come to, without falling.
    pub fn would_fall(&self) -> Fall {
        self.clone().fail()
    }

    /// Puts included lists right behind the task at `key`, in order. Their numbers tell apart the files that one task
    /// included (its loop, or hosts that chose different ones). However many there are, a copy costs the same.
    pub fn include_after(&mut self, key: &Key, lists: Arc<[Included]>) {
        self.frames.push(Frame { walk: Walk::Included(lists), next: 0, key: key.clone() });
    }

    /// Runs the notified handlers next.
    pub fn flush_handlers(&mut self) {
        let mut key = self.current.clone();
        key.push(0);
        self.frames.push(Frame { walk: Walk::Handlers, next: 0, key });
    }

    /// Nothing more runs.
    pub fn end(&mut self) {
        self.frames.clear();
    }

    /// Whether a rescue part is being walked, at any level.
    pub fn rescuing(&self) -> bool {
        self.frames.iter().any(|f| matches!(f.walk, Walk::Block { part: Part::Rescue, .. }))
    }

    /// Leaves everything that belongs to this role: its remaining tasks are not run.
    pub fn end_role(&mut self, ended: impl Fn(&Task) -> bool) {
        for frame in &mut self.frames {
            let (items, len): (&[Item], usize) = match &frame.walk {
                Walk::List(items) => (items, items.len()),
                Walk::Block { block, part: Part::Body, .. } => (&block.block, block.block.len()),
                Walk::Block { block, part: Part::Rescue, .. } => (&block.rescue, block.rescue.len()),
                Walk::Block { block, part: Part::Always, .. } => (&block.always, block.always.len()),
                Walk::Included(lists) => {
                    let over = |(_, items): &Included| items.iter().all(|item| all_of(item, &ended));
                    while lists.get(frame.next).is_some_and(over) {
                        frame.next += 1;
                    }
                    continue;
                }
                Walk::Handlers => continue,
            };
            while frame.next < len && items.get(frame.next).is_some_and(|item| all_of(item, &ended)) {
                frame.next += 1;
            }
        }
    }
}

/// Whether every task of an item meets a condition.
fn all_of(item: &Item, condition: &impl Fn(&Task) -> bool) -> bool {
    match item {
        Item::Task(task) => condition(task),
        Item::Block(block) => {
            let mut items = block.block.iter().chain(&block.rescue).chain(&block.always);
            items.all(|item| all_of(item, condition))
        }
    }
}
