//! Which sources a captured session ran from, as a hash: if they have changed since, the session is stale.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// The hash of a command and of all that its output depends on within the project: the pinned toolchain; for
/// `cargo run -p NAME` the sources and examples of NAME and of the packages here that it depends on, what any of these builds
/// or hands to an interpreter when it runs (its folders `programs` and `python`), and the profiles that they are built with;
/// otherwise the files that the command names.
///
/// # Errors
/// A file can't be read.
pub fn hash(root: &Path, command: &str) -> Result<String> {
    let root = &root.canonicalize().with_context(|| format!("can't find {}", root.display()))?;
    let words = shlex::split(command).with_context(|| format!("{command:?} has a quote that isn't closed"))?;
    let mut files = vec![root.join("rust-toolchain.toml")];
    for name in words.iter().zip(words.iter().skip(1)).filter(|(flag, _)| *flag == "-p").map(|(_, name)| name) {
        for package in closure(root, name) {
            files.push(package.join("Cargo.toml"));
            collect(&package.join("src"), &mut files)?;
            for folder in ["programs", "python", "examples"]
                .map(|folder| package.join(folder))
                .iter()
                .filter(|folder| folder.is_dir())
            {
                collect(folder, &mut files)?;
            }
        }
    }
    files.extend(words.iter().map(|word| root.join(word)).filter(|path| path.is_file()));
    files.sort();
    files.dedup();

    let mut hash = Sha256::new();
    hash.update(command);
    for file in files {
        let name = file.strip_prefix(root).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        let text = fs::read(&file).with_context(|| format!("can't read {}", file.display()))?;
        hash.update(format!("\0{name}\0{}\0", text.len()));
        hash.update(text);
    }
    if words.iter().any(|word| word == "-p") {
        let manifest = fs::read_to_string(root.join("Cargo.toml")).context("can't read Cargo.toml")?;
        // The members and the versions of the workspace change often, and seldom what a program prints.
        hash.update(manifest.find("[profile").map_or("", |at| &manifest[at..]));
    }
    Ok(hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("can't read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

/// The folders of a package of the workspace and of all that it depends on here, by their manifests.
fn closure(root: &Path, name: &str) -> Vec<PathBuf> {
    let mut packages = vec![root.join("experiments").join(name)];
    let mut at = 0;
    while let Some(package) = packages.get(at) {
        let manifest = fs::read_to_string(package.join("Cargo.toml")).unwrap_or_default();
        let manifest: toml::Table = manifest.parse().unwrap_or_default();
        let named =
            manifest.get("dependencies").and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::keys);
        let places = named.flat_map(|name| ["experiments", "scripts"].map(|folder| root.join(folder).join(name)));
        let new: Vec<PathBuf> =
            places.filter(|place| place.join("src").is_dir() && !packages.contains(place)).collect();
        packages.extend(new);
        at += 1;
    }
    packages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_in_any_source_changes_the_hash_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let packages = [
            ("scripts/base", ""),
            ("experiments/lab", "base.workspace = true"),
            ("experiments/other", ""),
            ("experiments/needed", ""),
            ("experiments/example", "lab.workspace = true\nneeded.workspace = true\nclap.workspace = true"),
        ];
        for (package, needs) in packages {
            fs::create_dir_all(root.join(package).join("src")).unwrap();
            fs::write(root.join(package).join("Cargo.toml"), format!("[dependencies]\n{needs}\n")).unwrap();
            fs::write(root.join(package).join("src/lib.rs"), "x").unwrap();
        }
        for folder in ["example/programs", "needed/python"] {
            fs::create_dir_all(root.join("experiments").join(folder)).unwrap();
        }
        fs::write(root.join("experiments/needed/python/one.py"), "x").unwrap();
        fs::write(root.join("experiments/example/programs/one.c"), "x").unwrap();
        fs::write(root.join("rust-toolchain.toml"), "x").unwrap();
        fs::write(root.join("Cargo.toml"), "x").unwrap();
        fs::write(root.join("file.rs"), "x").unwrap();
        let hashes = || ["cargo run -p example -- --json", "rustc file.rs"].map(|command| hash(root, command).unwrap());
        let before = hashes();
        let changed = |path: &str| {
            let is = fs::read(root.join(path)).unwrap();
            fs::write(root.join(path), [&is[..], b"y"].concat()).unwrap();
            let after = hashes();
            fs::write(root.join(path), is).unwrap();
            [before[0] != after[0], before[1] != after[1]]
        };
        assert_eq!(changed("experiments/example/src/lib.rs"), [true, false]);
        assert_eq!(changed("experiments/lab/src/lib.rs"), [true, false]);
        assert_eq!(changed("scripts/base/src/lib.rs"), [true, false]);
        assert_eq!(changed("experiments/example/programs/one.c"), [true, false]);
        assert_eq!(changed("experiments/needed/src/lib.rs"), [true, false]);
        assert_eq!(changed("experiments/needed/python/one.py"), [true, false]);
        assert_eq!(changed("experiments/other/src/lib.rs"), [false, false]);
        assert_eq!(changed("file.rs"), [false, true]);
        assert_eq!(changed("rust-toolchain.toml"), [true, true]);
        assert_eq!(changed("Cargo.toml"), [false, false]);
        fs::write(root.join("Cargo.toml"), "x\n[profile.dev]\nopt-level = 1\n").unwrap();
        assert_eq!([before[0] != hashes()[0], before[1] != hashes()[1]], [true, false]);
        fs::write(root.join("Cargo.toml"), "x").unwrap();
        assert_eq!(before, hashes());
        assert_ne!(hash(root, "rustc file.rs --one").unwrap(), hash(root, "rustc file.rs --two").unwrap());
    }
}
