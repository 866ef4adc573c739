//! How often each operation allocates, and how many octets.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use mail_benches::rows;

/// Counts, and leaves the rest to the system's allocator.
struct Counting;

thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
    static OCTETS: Cell<usize> = const { Cell::new(0) };
}

fn count(octets: usize) {
    CALLS.set(CALLS.get() + 1);
    OCTETS.set(OCTETS.get() + octets);
}

// SAFETY: every call goes to `System` as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, octets: *mut u8, layout: Layout) {
        unsafe { System.dealloc(octets, layout) }
    }

    unsafe fn realloc(&self, octets: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        unsafe { System.realloc(octets, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Enough runs for what is allocated now and then to show.
const RUNS: usize = 1000;

fn main() {
    println!("{:<18} {:<28} {:>12} {:>8}", "operation", "who", "allocations", "octets");
    for (operation, who, run) in rows() {
        run();
        let before = (CALLS.get(), OCTETS.get());
        for _ in 0..RUNS {
            run();
        }
        let calls = (CALLS.get() - before.0) as f64 / RUNS as f64;
        let octets = (OCTETS.get() - before.1) / RUNS;
        println!("{operation:<18} {who:<28} {calls:>12.2} {octets:>8}");
    }
}
