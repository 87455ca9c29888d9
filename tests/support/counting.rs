//! A global allocator that counts allocations and bytes, of each thread for itself. A binary that has this module is counted as
//! a whole, so it is no part of `support`.

#![allow(unsafe_code, reason = "an allocator cannot be written without")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
    /// Bytes; freed on another thread than the one that took them, they are missing here and too many there.
    static HELD: Cell<i64> = const { Cell::new(0) };
    static MOST: Cell<i64> = const { Cell::new(0) };
}

fn size(layout: Layout) -> i64 {
    i64::try_from(layout.size()).unwrap_or(i64::MAX)
}

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        HELD.set(HELD.get() + size(layout));
        MOST.set(MOST.get().max(HELD.get()));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.set(HELD.get() - size(layout));
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// How often some work on this thread allocates.
pub fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

/// Bytes that the result of some work on this thread holds, and the most that was held on the way.
pub fn memory<T>(work: impl FnOnce() -> T) -> (T, u64, u64) {
    let before = HELD.get();
    MOST.set(before);
    let made = work();
    let [held, most] = [HELD.get(), MOST.get()].map(|bytes| u64::try_from(bytes - before).unwrap_or(0));
    (made, held, most)
}
