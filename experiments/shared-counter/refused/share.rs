//! Refused: a thread borrows a counter that may be gone before the thread is.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;

fn main() {
    let counter = AtomicU64::new(0);
    let worker = thread::spawn(|| counter.fetch_add(1, Relaxed));
    worker.join().unwrap();
    println!("{}", counter.load(Relaxed));
}
