//! What a sample is brought into before an input is tried: files changed, locks held, ports taken, disks full.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Permissions};
use std::io::{ErrorKind, Write};
use std::net::TcpListener;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use base::process;
use testing::{Sample, behind};

use crate::table::{Input, bytes};
use crate::{LIMIT, Ready};

/// The variable that tells this program, started again in a namespace, what is ready.
pub const READY: &str = "BAD_INPUT_READY";

/// What lasts as long as the input is tried.
pub struct States {
    here: PathBuf,
    denied: Option<PathBuf>,
    mounted: Option<PathBuf>,
    _lock: Option<File>,
    taken: Vec<TcpListener>,
}

impl States {
    /// Changes the sample as the input says.
    pub fn enter(input: &Input, sample: &Sample) -> Result<Self> {
        let path = |path: &String| sample.root().join(path);
        for gone in input.delete.all().iter().chain(&input.folder).map(path) {
            ensure!(gone.exists(), "{} isn't there to be deleted", gone.display());
            if gone.is_dir() { fs::remove_dir_all(&gone)? } else { fs::remove_file(&gone)? }
        }
        for (file, text) in &input.write {
            sample.write(file, bytes(text))?;
        }
        for [file, from, to] in &input.replace {
            sample.edit(file, from, bytes(to))?;
        }
        if let Some(file) = &input.cut {
            let text = fs::read(path(file))?;
            sample.write(file, &text[..text.len() / 2])?;
        }
        if let Some(folder) = &input.folder {
            fs::create_dir(path(folder))?;
        }
        if let Some(folder) = &input.full {
            fill(&path(folder))?;
        }
        if let Some(folder) = &input.read_only {
            let folder = path(folder);
            mount(["--bind".as_ref(), folder.as_ref(), folder.as_ref()])?;
            mount(["-o".as_ref(), "remount,bind,ro".as_ref(), folder.as_ref()])?;
        }
        let lock = input.locked.as_ref().map(path).map(|path| -> Result<File> {
            let file = File::create(path)?;
            file.try_lock()?;
            Ok(file)
        });
        let here = match &input.at[..] {
            "gone" => tempfile::tempdir()?.keep(),
            folder => sample.root().join(folder),
        };
        let denied = input.denied.as_ref().map(path);
        if let Some(path) = &denied {
            fs::set_permissions(path, Permissions::from_mode(0o000))?;
        }
        let mounted = input.full.as_ref().or(input.read_only.as_ref()).map(path);
        Ok(Self { here, denied, mounted, _lock: lock.transpose()?, taken: taken(&input.taken)? })
    }

    /// The command that tries the input.
    pub fn command(&self, input: &Input, words: &str, mut program: Command) -> Result<Command> {
        program.current_dir(&self.here);
        for (name, value) in &input.env {
            if value.is_empty() {
                program.env_remove(name)
            } else {
                program.env(name, value)
            };
        }
        let words = shlex::split(words).context("a quote is open")?;
        let port = self.taken.first().map(|taken| taken.local_addr().map(|address| address.port())).transpose()?;
        for word in &words[1..] {
            let word = word.replace("{port}", &port.unwrap_or_default().to_string());
            program.arg(OsString::from_vec(bytes(&word)));
        }
        if !input.redirect.is_empty() {
            program = behind("sh", ["-c", &format!("exec \"$0\" \"$@\" {}", input.redirect)], &program);
        }
        if input.at == "gone" {
            program = behind("sh", ["-c", "rmdir \"$PWD\" && exec \"$0\" \"$@\""], &program);
        }
        if self.denied.is_some() && rustix::process::geteuid().is_root() {
            // Modes bind root too once it has given up these.
            let without = "-dac_override,-dac_read_search";
            let drop = [format!("--bounding-set={without}"), format!("--inh-caps={without}")];
            program = behind("setpriv", drop.each_ref().map(String::as_str), &program);
        }
        Ok(program)
    }
}

impl Drop for States {
    fn drop(&mut self) {
        // Otherwise a user who isn't root couldn't remove the sample.
        if let Some(path) = &self.denied {
            let _ = fs::set_permissions(path, Permissions::from_mode(0o700));
        }
        // Nor by anybody while something is mounted in it.
        if let Some(folder) = &self.mounted {
            let _ = succeeds(Command::new("umount").arg(folder));
        }
    }
}

/// Listens on ports; on one of the system's choice where it's 0. One that somebody else has is taken as well.
fn taken(ports: &[u16]) -> Result<Vec<TcpListener>> {
    let listeners = ports.iter().map(|port| match (port, TcpListener::bind(("127.0.0.1", *port))) {
        (1.., Err(error)) if error.kind() == ErrorKind::AddrInUse => Ok(None),
        (_, listener) => Ok(Some(listener?)),
    });
    Ok(listeners.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// Puts a folder on a disk of its own, which is full.
fn fill(folder: &Path) -> Result<()> {
    let content = tempfile::tempdir()?;
    let copy = |from: &Path, to: &Path| succeeds(Command::new("cp").arg("-a").arg(from.join(".")).arg(to));
    copy(folder, content.path())?;
    mount(["-t", "tmpfs", "-o", "size=32m", "none"].map(OsStr::new).iter().copied().chain([folder.as_ref()]))?;
    copy(content.path(), folder)?;
    let mut filler = File::create(folder.join("what-fills-the-disk"))?;
    // The unit in which a file system of this kind gives memory.
    while filler.write_all(&[0; 4096]).is_ok() {}
    Ok(())
}

fn mount<'a>(words: impl IntoIterator<Item = &'a OsStr>) -> Result<()> {
    succeeds(Command::new("mount").args(words))
}

fn succeeds(command: &mut Command) -> Result<()> {
    let output = process::output(command, LIMIT)?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// How this machine lets us mount what nobody else sees.
#[derive(Clone, Copy, Debug)]
pub struct Namespace(&'static [&'static str]);

impl Namespace {
    /// Finds a way, or says in words that there is none. A right that the kernel refuses can't be installed, and a tool
    /// that is missing can: with `CI` set, that is the second error.
    pub fn probe() -> Result<Self, Result<String, String>> {
        let ways: [&[&str]; 3] = [&["unshare", "-m"], &["unshare", "-rm"], &["sudo", "-n", "unshare", "-m"]];
        let folder = std::env::temp_dir();
        let works = |way: &&&[&str]| {
            let mut command = Command::new(way[0]);
            command.args(&way[1..]).args(["mount", "-t", "tmpfs", "none"]).arg(&folder);
            succeeds(&mut command).is_ok()
        };
        let way = ways.iter().find(works).copied();
        let is_there = process::output(Command::new("unshare").arg("--version"), LIMIT).is_ok();
        way.map(Self).ok_or_else(|| match is_there || std::env::var_os("CI").is_none() {
            true => Ok("neither unshare nor sudo lets this user mount a file system".to_owned()),
            false => Err("there is no unshare here; install it, for nothing may be left out in CI".to_owned()),
        })
    }

    /// Starts this program again for one input, where it can mount.
    pub fn run(self, name: &str, ready: &Ready) -> Result<()> {
        let mut command = Command::new(self.0[0]);
        command.args(&self.0[1..]).arg("env");
        // sudo hands no variables on.
        for (variable, value) in std::env::vars_os() {
            let mut set = variable;
            set.push("=");
            set.push(value);
            command.arg(set);
        }
        command.arg(format!("{READY}={}", serde_json::to_string(ready)?)).arg(std::env::current_exe()?).arg(name);
        let output = process::output(&mut command, 2 * LIMIT)?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(())
    }
}
