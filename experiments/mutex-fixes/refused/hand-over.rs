use std::sync::Mutex;
use std::thread;

fn main() {
    let counter = Mutex::new(0);
    let mut guard = counter.lock().unwrap();
    thread::scope(|scope| {
        scope.spawn(move || *guard += 1); // another thread would unlock
    });
}
