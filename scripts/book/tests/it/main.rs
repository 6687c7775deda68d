//! The book tool on a small book of its own.

mod building;
mod checking;
mod creating;
mod data;
mod protocol;
mod sample;
mod serving;
