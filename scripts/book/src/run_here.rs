//! The files that run an experiment in a reader's browser: the kernel with the WebAssembly in it, a module for each experiment,
//! and the service worker that isolates pages. They lie beside the pages; all but the service worker have their content's hash in
//! their names, so that a browser that has kept one never takes it for another.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use base::files;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::head::served;

/// Where they lie in the book, but for the service worker: a browser lets it serve only what lies beside it or below.
const FOLDER: &str = "run-here";

/// What a service worker is registered as. Its name never changes.
const ISOLATOR: &str = "isolate.js";

/// The files, by their paths in the book.
#[derive(Debug)]
pub struct Files {
    kernel: String,
    /// By slug.
    modules: BTreeMap<String, String>,
    contents: BTreeMap<String, Vec<u8>>,
}

impl Files {
    /// Whether the project at `root` has any.
    pub fn are_in(root: &Path) -> bool {
        root.join("scripts/run-here").is_dir()
    }

    /// Those of the project at `root`.
    ///
    /// # Errors
    /// One can't be read.
    pub fn of(root: &Path) -> Result<Self> {
        let source = root.join("scripts/run-here");
        let mut contents = BTreeMap::new();
        let wasm = fs::read(source.join("run-here.wasm")).context("scripts/run-here/run-here.wasm")?;
        let script = |path: &Path| files::text(path).map(|text| served(&text));
        let kernel =
            script(&source.join("page/kernel.js"))?.replace("'BYTES'", &format!("'{}'", STANDARD.encode(wasm)));
        let mut add = |name: &str, content: String| {
            let hash: String = Sha256::digest(&content).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
            let path = format!("{FOLDER}/{name}-{hash}.js");
            contents.insert(path.clone(), content.into_bytes());
            path
        };
        let kernel = add("kernel", kernel);
        let mut modules = BTreeMap::new();
        for entry in fs::read_dir(root.join("experiments"))?.flatten() {
            let module = entry.path().join("page/run.js");
            if module.is_file() {
                let slug = entry.file_name().to_string_lossy().into_owned();
                let path = add(&slug, script(&module)?);
                modules.insert(slug, path);
            }
        }
        contents.insert(ISOLATOR.to_owned(), script(&source.join("page").join(ISOLATOR))?.into_bytes());
        Ok(Self { kernel, modules, contents })
    }

    /// The kernel's path in the book.
    pub fn kernel(&self) -> &str {
        &self.kernel
    }

    /// The path of an experiment's module in the book.
    ///
    /// # Errors
    /// It has none.
    pub fn module(&self, slug: &str) -> Result<&str> {
        let module = self.modules.get(slug).map(String::as_str);
        module.with_context(|| format!("lesson.toml has [run-here]; write experiments/{slug}/page/run.js"))
    }

    /// Writes all files into the book.
    ///
    /// # Errors
    /// One can't be written.
    pub fn write(&self, site: &Path) -> Result<()> {
        fs::create_dir_all(site.join(FOLDER))?;
        self.contents.iter().try_for_each(|(path, content)| Ok(fs::write(site.join(path), content)?))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A project that can run the experiment of this slug, and nothing else.
    pub(crate) fn project_with(slug: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, content) in [
            ("scripts/run-here/run-here.wasm", "wasm"),
            ("scripts/run-here/page/kernel.js", "const BYTES = 'BYTES';"),
            ("scripts/run-here/page/isolate.js", "isolate"),
            (&format!("experiments/{slug}/page/run.js"), "one"),
        ] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        folder
    }

    #[test]
    fn a_file_has_another_name_when_its_content_changes() {
        let folder = project_with("one");
        let root = folder.path();
        let before = Files::of(root).unwrap();
        assert_eq!(before.contents[before.kernel()], b"const BYTES = 'd2FzbQ==';");
        assert!(before.module("two").unwrap_err().to_string().contains("experiments/two/page/run.js"));
        fs::write(root.join("scripts/run-here/run-here.wasm"), "other").unwrap();
        let after = Files::of(root).unwrap();
        assert_ne!(before.kernel(), after.kernel());
        assert_eq!(before.module("one").unwrap(), after.module("one").unwrap());
        after.write(root).unwrap();
        assert_eq!(fs::read(root.join(after.module("one").unwrap())).unwrap(), b"one");
        assert_eq!(fs::read(root.join("isolate.js")).unwrap(), b"isolate");
    }
}
