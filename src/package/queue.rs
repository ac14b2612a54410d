//! Work that is done by several threads, in flight under a byte budget, and handed over in its own order.
//!
//! Indexes are admitted in order. So the one that the reader waits for is always admitted or alone, and cannot starve.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard};

/// An ordered queue over the indexes `0..costs.len()`.
pub(super) struct Queue<T> {
    costs: Vec<u32>,
    budget: u64,
    state: Mutex<State<T>>,
    room: Condvar,
    ready: Condvar,
}

struct State<T> {
    /// The next index to hand to a worker.
    next: usize,
    /// One place for each index from the head to `next`.
    done: VecDeque<Option<T>>,
    in_flight: u64,
    closed: bool,
}

impl<T> Queue<T> {
    /// A queue that admits indexes while the sum of their costs stays within `budget`; one alone is always admitted.
    pub(super) fn new(costs: Vec<u32>, budget: u64) -> Self {
        let state = State { next: 0, done: VecDeque::new(), in_flight: 0, closed: false };
        Self { costs, budget, state: Mutex::new(state), room: Condvar::new(), ready: Condvar::new() }
    }

    /// For a worker: waits for room and takes the next index; `None` when there is no more work.
    pub(super) fn take(&self) -> Option<usize> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            let index = state.next;
            let cost = u64::from(*self.costs.get(index)?);
            if state.in_flight == 0 || state.in_flight + cost <= self.budget {
                state.next += 1;
                state.in_flight += cost;
                state.done.push_back(None);
                return Some(index);
            }
            state = self.room.wait(state).expect("no holder of the lock panics");
        }
    }

    /// For a worker: hands over what it made of an index.
    pub(super) fn put(&self, index: usize, made: T) {
        let mut state = self.lock();
        let head = state.next - state.done.len();
        state.done[index - head] = Some(made);
        if index == head {
            self.ready.notify_one();
        }
    }

    /// For the reader: waits for the next index in order; `None` after the last one.
    pub(super) fn next(&self) -> Option<T> {
        let mut state = self.lock();
        loop {
            let head = state.next - state.done.len();
            let cost = u64::from(*self.costs.get(head)?);
            if let Some(Some(_)) = state.done.front() {
                let made = state.done.pop_front().flatten();
                state.in_flight -= cost;
                self.room.notify_all();
                return made;
            }
            state = self.ready.wait(state).expect("no holder of the lock panics");
        }
    }

    /// For the reader: no more work is wanted.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.room.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().expect("no holder of the lock panics")
    }
}
