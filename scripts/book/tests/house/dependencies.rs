//! Every package that is depended on has a licence that deny.toml allows, comes from crates.io, is there in one version,
//! and is used.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use base::process;
use regex::Regex;
use serde::Deserialize;
use serde_json::{Value, json};
use spdx::{Expression, LicenseReq, Licensee, ParseMode};

use crate::{root, sources};

/// deny.toml: the part of cargo-deny's format that is checked here, so that nothing stands there in vain.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    graph: Graph,
    licenses: Licenses,
    bans: Bans,
    sources: Sources,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Graph {
    targets: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Licenses {
    allow: Vec<String>,
    unused_allowed_license: Deny,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Bans {
    multiple_versions: Deny,
    skip: Vec<Skip>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Skip {
    /// `name@version`, the version as far as it is given.
    #[serde(rename = "crate")]
    package: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Sources {
    unknown_registry: Deny,
    unknown_git: Deny,
}

/// What all of these rules do to what breaks them.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Deny {
    Deny,
}

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn rules() -> Rules {
    let rules: Rules = toml::from_str(&fs::read_to_string(root().join("deny.toml")).unwrap()).unwrap();
    let Deny::Deny = rules.licenses.unused_allowed_license;
    let Deny::Deny = rules.bans.multiple_versions;
    let (Deny::Deny, Deny::Deny) = (&rules.sources.unknown_registry, &rules.sources.unknown_git);
    rules
}

/// What `cargo metadata` tells of the workspace and of all that it depends on.
fn metadata(rules: &Rules) -> Value {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--locked", "--format-version", "1"]).current_dir(root());
    cargo.args(rules.graph.targets.iter().flat_map(|target| ["--filter-platform", target]));
    let output = process::output(&mut cargo, Duration::from_secs(300)).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What is wrong with the packages, a line each.
fn complaints(metadata: &Value, rules: &Rules) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let members: BTreeSet<String> = metadata["workspace_members"].as_array().unwrap().iter().map(text).collect();
    let allowed: Vec<Licensee> = rules.licenses.allow.iter().map(|name| Licensee::parse(name).unwrap()).collect();
    let mut needed = BTreeSet::new();
    let mut complaints = Vec::new();
    let mut versions = BTreeSet::new();
    for package in metadata["packages"].as_array().unwrap() {
        let (name, version) = (text(&package["name"]), text(&package["version"]));
        versions.insert((name.clone(), version.clone()));
        let of = format!("{name} {version}");
        let license = text(&package["license"]);
        match Expression::parse_mode(&license, ParseMode::LAX) {
            _ if license.is_empty() => complaints.push(format!("{of} names no licence; do without it")),
            Err(error) => complaints.push(format!("{of}: its licence {license:?} can't be read: {}", error.reason)),
            Ok(expression) => {
                let is_allowed_without = |out: Option<usize>| {
                    let satisfy = |asked: &LicenseReq| {
                        allowed.iter().enumerate().any(|(number, one)| Some(number) != out && one.satisfies(asked))
                    };
                    expression.evaluate(satisfy)
                };
                match is_allowed_without(None) {
                    true => needed.extend((0..allowed.len()).filter(|number| !is_allowed_without(Some(*number)))),
                    false => {
                        complaints.push(format!("{of}: deny.toml doesn't allow its licence {license}; do without it"));
                    }
                }
            }
        }
        let source = text(&package["source"]);
        if source != CRATES_IO && !members.contains(&text(&package["id"])) {
            complaints.push(format!("{of} comes from {source:?}; depend on what is on crates.io, or in the workspace"));
        }
    }
    let needless = rules.licenses.allow.iter().enumerate().filter(|(number, _)| !needed.contains(number));
    complaints
        .extend(needless.map(|(_, name)| format!("no package needs the licence {name}; take it out of deny.toml")));
    complaints.extend(duplicates(&versions, &rules.bans.skip));
    complaints
}

/// Packages of which there are several versions that deny.toml doesn't list, and what it lists for nothing.
fn duplicates(versions: &BTreeSet<(String, String)>, skip: &[Skip]) -> Vec<String> {
    let listed = |entry: &Skip, name: &str, version: &str| {
        let (listed, of) = entry.package.split_once('@').unwrap_or((&entry.package, ""));
        listed == name && (of.is_empty() || version == of || version.starts_with(&format!("{of}.")))
    };
    let of = |name: &str| versions.iter().filter(|(other, _)| other == name).count();
    let names: BTreeSet<&String> = versions.iter().map(|(name, _)| name).collect();
    let mut complaints = Vec::new();
    for name in names {
        let unlisted: Vec<&str> = versions
            .iter()
            .filter(|(other, version)| other == name && !skip.iter().any(|entry| listed(entry, other, version)))
            .map(|(_, version)| &**version)
            .collect();
        if of(name) > 1 && unlisted.len() > 1 {
            let versions = unlisted.join(", ");
            complaints.push(format!("{name} is there as {versions}; `cargo tree -d` tells who asks for which"));
        }
    }
    for entry in skip {
        if !versions.iter().any(|(name, version)| of(name) > 1 && listed(entry, name, version)) {
            complaints.push(format!("{} is no duplicate any more; take it out of deny.toml", entry.package));
        }
        if entry.reason.split_whitespace().count() < 3 {
            complaints.push(format!("{} is skipped for no reason; say in deny.toml why", entry.package));
        }
    }
    complaints
}

/// Dependencies whose crate no source of their member names, and versions in the root's Cargo.toml that no member takes.
fn unused(metadata: &Value, root: &Path) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut taken = BTreeSet::new();
    for package in metadata["packages"].as_array().unwrap().iter().filter(|package| package["source"].is_null()) {
        let manifest = Path::new(package["manifest_path"].as_str().unwrap());
        let all = sources(manifest.parent().unwrap());
        for dependency in package["dependencies"].as_array().unwrap() {
            let name = dependency["name"].as_str().unwrap();
            taken.insert(name.to_owned());
            let is_for_tests = dependency["kind"] == "dev";
            let as_crate = dependency["rename"].as_str().unwrap_or(name).replace('-', "_");
            let named = Regex::new(&format!(r"\b{as_crate}(::|;| as )")).unwrap();
            let is_used = all
                .iter()
                .filter(|file| is_for_tests || file.starts_with(manifest.with_file_name("src")))
                .any(|file| named.is_match(&fs::read_to_string(file).unwrap()));
            if !is_used {
                let manifest = manifest.strip_prefix(root).unwrap_or(manifest).display();
                let instead = if is_for_tests { "take it out" } else { "take it out, or to [dev-dependencies]" };
                complaints.push(format!("{manifest}: nothing uses {name}; {instead}"));
            }
        }
    }
    let cargo: toml::Table = toml::from_str(&fs::read_to_string(root.join("Cargo.toml")).unwrap()).unwrap();
    let offered = cargo["workspace"]["dependencies"].as_table().unwrap().keys();
    complaints.extend(
        offered
            .filter(|name| !taken.contains(*name))
            .map(|name| format!("Cargo.toml: no member takes {name}; take it out")),
    );
    complaints
}

#[test]
fn every_package_is_allowed_and_there_once() {
    let rules = rules();
    assert_eq!(complaints(&metadata(&rules), &rules), [] as [String; 0]);
}

#[test]
fn every_dependency_is_used() {
    assert_eq!(unused(&metadata(&rules()), &root()), [] as [String; 0]);
}

/// A package that is added to sound ones, and the complaint.
const FAULTS: &[(&str, &str)] = &[
    (r#"{ "name": "a", "version": "1.0.0", "license": null }"#, "a 1.0.0 names no licence"),
    (r#"{ "name": "a", "version": "1.0.0", "license": "GPL-3.0-only" }"#, "doesn't allow its licence GPL-3.0-only"),
    (r#"{ "name": "a", "version": "1.0.0", "license": "MIT AND GPL-2.0-only" }"#, "doesn't allow its licence MIT AND"),
    (r#"{ "name": "a", "version": "1.0.0", "license": "Mine" }"#, r#"its licence "Mine" can't be read"#),
    (r#"{ "name": "one", "version": "2.0.0", "license": "MIT" }"#, "one is there as 1.0.0, 2.0.0"),
    (
        r#"{ "name": "a", "version": "1.0.0", "license": "MIT", "source": "git+https://example.org/a" }"#,
        "comes from \"git+",
    ),
    (r#"{ "name": "a", "version": "1.0.0", "license": "MIT", "source": null }"#, "comes from \"\""),
];

#[test]
fn a_package_that_breaks_a_rule_is_told() {
    let rules: Rules = toml::from_str(
        r#"
        graph.targets = []
        licenses = { allow = ["MIT", "Apache-2.0"], unused-allowed-license = "deny" }
        bans = { multiple-versions = "deny", skip = [{ crate = "two@1", reason = "it is a test" }] }
        sources = { unknown-registry = "deny", unknown-git = "deny" }
        "#,
    )
    .unwrap();
    let package = |name: &str, version: &str, license: &str| json!({ "name": name, "version": version, "license": license, "source": CRATES_IO });
    let sound = vec![
        package("one", "1.0.0", "MIT/Apache-2.0 OR GPL-3.0-only"),
        package("two", "1.5.0", "Apache-2.0"),
        package("two", "2.0.0", "MIT"),
    ];
    let complaints = |packages: &[Value]| complaints(&json!({ "workspace_members": [], "packages": packages }), &rules);
    assert_eq!(complaints(&sound), [] as [String; 0]);
    for (fault, complaint) in FAULTS {
        let mut fault: Value = serde_json::from_str(fault).unwrap();
        fault.as_object_mut().unwrap().entry("source").or_insert(CRATES_IO.into());
        let told = complaints(&[&sound[..], &[fault]].concat());
        assert!(told.len() == 1 && told[0].contains(complaint), "{complaint}: {told:#?}");
    }
    let told = complaints(&[package("two", "1.5.0", "MIT")]);
    let expected = ["no package needs the licence Apache-2.0", "two@1 is no duplicate any more"];
    assert!(told.len() == 2 && told.iter().zip(expected).all(|(told, expected)| told.contains(expected)), "{told:#?}");
}
