//! The module that is kept is what the sources make, byte for byte, and nothing of the standard library's machinery is in it.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

const TARGET: &str = "wasm32-wasip1-threads";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn kept() -> Vec<u8> {
    fs::read(root().join("run-here.wasm")).unwrap()
}

/// Whether the toolchain can compile for the target. It tells where the target's libraries would be, wherever they are.
fn has_target() -> bool {
    let told =
        Command::new("rustc").current_dir(root()).args(["--print", "target-libdir", "--target", TARGET]).output();
    Path::new(String::from_utf8(told.unwrap().stdout).unwrap().trim()).is_dir()
}

#[test]
fn the_sources_make_the_module_that_is_kept() {
    if !has_target() {
        assert!(env::var_os("CI").is_none(), "run `rustup target add {TARGET}`");
        return println!("left out: the target isn't installed; `rustup target add {TARGET}` gets it");
    }
    let out = tempfile::tempdir().unwrap();
    let built =
        Command::new("sh").arg(root().join("build.sh")).arg(out.path()).env_remove("RUSTFLAGS").output().unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let made = fs::read(out.path().join("run-here.wasm")).unwrap();
    assert!(made == kept(), "run scripts/run-here/build.sh, and commit what it writes");
}

/// The numbers of a module's sections, in order.
fn sections(module: &[u8]) -> Vec<u8> {
    let (mut rest, mut found) = (&module[8..], Vec::new());
    while let [number, behind @ ..] = rest {
        found.push(*number);
        // The size in LEB128: seven bits a byte, the lowest first, and the eighth bit says that more follow.
        let length = behind.iter().position(|byte| byte & 128 == 0).unwrap() + 1;
        let size = behind[..length].iter().rev().fold(0, |size, byte| size << 7 | usize::from(byte & 127));
        rest = &behind[length + size..];
    }
    found
}

#[test]
fn nothing_has_to_be_put_into_the_memory_that_is_shared() {
    const START: u8 = 8;
    const DATA: u8 = 11;
    let (module, found) = (kept(), sections(&kept()));
    assert!(found.contains(&10) && !found.contains(&START) && !found.contains(&DATA), "{found:?}");
    assert!(module.len() < 8000 && !module.windows(4).any(|four| four == b"wasi"), "{} bytes", module.len());
}
