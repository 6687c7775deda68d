//! A global interpreter lock built in Rust, beside CPython's own.

pub mod gil;

pub use gil::Gil;
