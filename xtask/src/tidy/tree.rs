//! The files of the repository as git knows them, and what cargo says of its packages.

use std::cell::OnceCell;
use std::io;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::tokens::Tokens;

/// A text file.
pub(crate) struct File {
    /// Path from the root, with forward slashes.
    pub(crate) path: String,
    /// What stands in it.
    pub(crate) text: String,
    tokens: OnceCell<Tokens>,
}

/// All that the rules look at.
pub(crate) struct Tree {
    /// Every text file that is committed or about to be, in order of paths.
    pub(crate) files: Vec<File>,
    /// Every path, of text files and others.
    pub(crate) paths: Vec<String>,
    /// `packages` of `cargo metadata`.
    pub(crate) packages: Vec<Value>,
}

impl File {
    fn new(path: &str, text: String) -> File {
        File { path: path.to_owned(), text, tokens: OnceCell::new() }
    }

    /// The tokens of a Rust file; none when rustc would not read it either.
    pub(crate) fn tokens(&self) -> &Tokens {
        self.tokens.get_or_init(|| Tokens::of(&self.text))
    }

    /// Whether the whole file is test code: integration tests, and suites that others run.
    pub(crate) fn is_test(&self) -> bool {
        let is_suite = |folder| matches!(folder, "tests" | "conformance");
        self.path.rsplit('/').skip(1).any(is_suite)
    }
}

impl Tree {
    /// Reads the repository that this program was built from.
    pub(crate) fn read() -> io::Result<Tree> {
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        let listed = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"];
        // In a container the clone often belongs to someone else, which git would refuse.
        let listed =
            output(Command::new("git").args(["-c", "safe.directory=*"]).args(listed).current_dir(root))?;
        let mut paths: Vec<String> = listed.split_terminator('\0').map(str::to_owned).collect();
        paths.retain(|path| root.join(path).is_file());
        paths.sort_unstable();
        let text = |path: &String| Some(File::new(path, std::fs::read_to_string(root.join(path)).ok()?));
        let files = paths.iter().filter_map(text).collect();
        let asked = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
        let metadata = output(
            Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
                .args(asked)
                .current_dir(root),
        )?;
        let mut metadata: Value = serde_json::from_str(&metadata)?;
        let packages = metadata["packages"].as_array_mut().map(std::mem::take).unwrap_or_default();
        Ok(Tree { files, paths, packages })
    }

    /// The Rust files.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }

    /// The file at this path.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// A tree of these files, for tests of the rules.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Tree {
        let files: Vec<File> = files.iter().map(|(path, text)| File::new(path, (*text).to_owned())).collect();
        let paths = files.iter().map(|file| file.path.clone()).collect();
        Tree { files, paths, packages: Vec::new() }
    }
}

fn output(command: &mut Command) -> io::Result<String> {
    let output = command.output()?;
    match output.status.success() {
        true => String::from_utf8(output.stdout).map_err(io::Error::other),
        false => Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned())),
    }
}
