//! By address, but of what `transfer` has on its own stack: that is the order of its arguments again.

use crate::sync::Mutex;

pub(crate) fn transfer(
    accounts: &[Mutex<i64>],
    from: usize,
    to: usize,
    amount: i64,
) {
    if from == to {
        return;
    }
    let both = [from, to];
    let address = |number: usize| std::ptr::from_ref(&both[number]).addr();
    let (first, second) =
        if address(0) < address(1) { (from, to) } else { (to, from) };
    let mut a = accounts[first].lock().unwrap();
    let mut b = accounts[second].lock().unwrap();
    let (pays, is_paid) =
        if first == from { (&mut a, &mut b) } else { (&mut b, &mut a) };
    **pays -= amount;
    **is_paid += amount;
}
