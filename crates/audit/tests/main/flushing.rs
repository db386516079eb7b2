//! A disk that does not flush: in the durability that asks for it, nothing is acknowledged any more.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use claviger_audit::{Durability, Health, Limits, Record, Trail, TrailError};

use crate::opening::written;
use crate::sample::{CHILD_DIRECTORY, call, marked_parameters, marks};

const BOTH: [Durability; 2] = [Durability::OperatingSystem, Durability::Disk];

fn append(trail: &Trail) -> Result<(), TrailError> {
    let parameters = marked_parameters("b");
    trail.append(&Record { request_parameters: Some(&parameters), ..call(1, "Encrypt") })?.wait()
}

#[test]
#[ignore = "runs as the child of the flush test, which sees to it that flushing fails"]
fn child_meets_a_disk_that_does_not_flush() {
    let Some(directory) = std::env::var_os(CHILD_DIRECTORY) else { return };
    let [kept, flushed] = BOTH.map(|durability| {
        let limits = Limits { durability, ..Limits::default() };
        Trail::open(&Path::new(&directory).join(format!("{durability:?}")), limits).unwrap()
    });
    assert_eq!((append(&kept), kept.health()), (Ok(()), Health::Writing));
    assert!(matches!(append(&flushed), Err(TrailError::Flush(_))));
    assert!(matches!(flushed.health(), Health::Failed(TrailError::Flush(_))));
    assert!(matches!(flushed.probe(), Health::Failed(TrailError::Flush(_))), "only opening anew ends this");
    assert!(matches!(append(&flushed), Err(TrailError::Flush(_))));
    writeln!(std::io::stdout(), "\nall is well").unwrap();
}

#[test]
fn what_is_not_flushed_is_not_acknowledged_where_the_disk_was_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    // A file that was begun already: its heading has been flushed.
    let [kept, _] = BOTH.map(|durability| directory.path().join(format!("{durability:?}"))).map(|trail| {
        written(&trail, &["a"]);
        trail
    });
    let failing = ["-f", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO"];
    let output = Command::new("strace")
        .args(failing)
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "flushing::child_meets_a_disk_that_does_not_flush"])
        .env(CHILD_DIRECTORY, directory.path())
        .output()
        .expect("strace is needed");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("all is well"), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(marks(&kept), ["a", "b"]);
}
