//! Repeats what needs hundreds of repetitions, and has what that needs: a small project to do it to.

pub mod sample;
