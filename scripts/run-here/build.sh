#!/bin/sh
# Makes run-here.wasm, here or in the folder that is named, with the pinned toolchain and nothing else. Before:
#   rustup target add wasm32-wasip1-threads
# Of all targets of a stable toolchain, this one has a standard library with atomic instructions. With link-time optimisation
# nothing is left of the system interface that it is for.
set -eu
cd "$(dirname "$0")"
rustc --crate-name run_here --edition 2024 --crate-type cdylib --target wasm32-wasip1-threads \
    -C opt-level=s -C lto=fat -C codegen-units=1 -C panic=abort -C strip=symbols -C overflow-checks=off \
    -C link-arg=--initial-memory=1048576 -C link-arg=--max-memory=1048576 -C link-arg=-zstack-size=8192 \
    -C link-arg=--export=__stack_pointer --remap-path-prefix "$(cd ../.. && pwd)=" \
    src/lib.rs -o "${1:-.}/run-here.wasm"
