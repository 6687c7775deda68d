//! The right queue in the wrong place: all albums of the program have it in common, and each makes what another was asked for.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::ops::Range;

use crate::check::{Program, Studio};

thread_local! {
    static WANTED: RefCell<VecDeque<u32>> = const { RefCell::new(VecDeque::new()) };
}

#[derive(Default)]
pub(crate) struct Album;

impl Program for Album {
    fn clicked(&mut self, pictures: Range<u32>, _: &mut Studio) {
        WANTED.with_borrow_mut(|wanted| wanted.extend(pictures));
    }

    fn idle(&mut self, studio: &mut Studio) -> bool {
        WANTED.with_borrow_mut(|wanted| {
            if let Some(picture) = wanted.pop_front() {
                studio.thumbnail(picture);
            }
            !wanted.is_empty()
        })
    }
}
