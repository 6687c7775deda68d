//! Refused: two threads change one plain number.

use std::thread;

fn main() {
    let mut counter: u64 = 0;
    thread::scope(|scope| {
        scope.spawn(|| counter += 1);
        scope.spawn(|| counter += 1);
    });
    println!("{counter}");
}
