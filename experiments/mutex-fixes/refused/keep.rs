use std::sync::Mutex;

fn main() {
    let counter = Mutex::new(0);
    let mut guard = counter.lock().unwrap();
    let count = &mut *guard;
    drop(guard); // unlocks
    *count += 1; // and this would change the counter without the lock
}
