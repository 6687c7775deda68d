//! Refused: an `Rc`, whose own count of owners is a plain number, goes to another thread.

use std::cell::Cell;
use std::rc::Rc;
use std::thread;

fn main() {
    let counter = Rc::new(Cell::new(0_u64));
    let theirs = Rc::clone(&counter);
    let worker = thread::spawn(move || theirs.set(theirs.get() + 1));
    worker.join().unwrap();
    println!("{}", counter.get());
}
