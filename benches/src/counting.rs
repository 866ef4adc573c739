//! A global allocator that counts, when asked to.
#![expect(unsafe_code, reason = "a global allocator cannot be written without")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    hint::black_box,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

/// Passes everything to the system's allocator and counts only within [`per_operation`]: while time
/// is measured it costs one branch, so that whoever allocates pays for allocating and no more.
#[derive(Debug)]
pub struct Counting;

static IS_COUNTING: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static OCTETS: AtomicU64 = AtomicU64::new(0);

fn count(octets: usize) {
    if IS_COUNTING.load(Relaxed) {
        ALLOCATIONS.fetch_add(1, Relaxed);
        OCTETS.fetch_add(octets as u64, Relaxed);
    }
}

// SAFETY: every call goes to the system's allocator with the arguments it came with.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size.saturating_sub(layout.size()));
        // SAFETY: as above.
        unsafe { System.realloc(at, layout, size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }
}

/// What an operation asks of the allocator, on average.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Allocations {
    /// How often it allocates or reallocates.
    pub count: f64,
    /// How many octets it asks for; a reallocation counts with what it adds.
    pub octets: f64,
}

/// Runs an operation `times` times and counts. Once before that it runs uncounted, so that buffers
/// which outlive it have grown.
pub fn per_operation<O>(times: u32, mut operation: impl FnMut() -> O) -> Allocations {
    black_box(operation());
    let before = (ALLOCATIONS.load(Relaxed), OCTETS.load(Relaxed));
    IS_COUNTING.store(true, Relaxed);
    for _ in 0..times {
        black_box(operation());
    }
    IS_COUNTING.store(false, Relaxed);
    let average = |after: u64, before: u64| (after - before) as f64 / f64::from(times);
    Allocations {
        count: average(ALLOCATIONS.load(Relaxed), before.0),
        octets: average(OCTETS.load(Relaxed), before.1),
    }
}
