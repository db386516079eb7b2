//! Which crate may know what. Dependencies of tests are free.

use serde_json::Value;

use super::tree::Tree;

/// Every package of the workspace, and which others it may depend on. What is not here is not allowed.
const GRAPH: &[(&str, &[&str])] = &[
    ("names", &[]),
    ("clock", &[]),
    ("cache", &[]),
    ("store", &[]),
    ("wire", &[]),
    ("sigv4", &[]),
    ("web", &[]),
    ("policy", &["names"]),
    ("crypto", &["names"]),
    ("audit", &["names"]),
    ("store-sqlite", &["store"]),
    ("store-etcd", &["store"]),
    ("seal", &["clock", "crypto", "store"]),
    ("iam", &["audit", "cache", "clock", "crypto", "names", "policy", "seal", "sigv4", "store", "wire"]),
    ("kms", &["audit", "cache", "clock", "crypto", "iam", "names", "policy", "seal", "store", "wire"]),
    ("api", &["audit", "clock", "crypto", "iam", "names", "wire"]),
    ("cloudtrail", &["api", "audit", "clock", "crypto", "names", "seal", "store", "wire"]),
    ("monitor", &["api", "audit", "clock", "crypto", "names", "seal", "store", "wire"]),
    ("courier", &["clock", "crypto", "monitor", "names", "web"]),
    (
        "server",
        &[
            "api",
            "audit",
            "clock",
            "cloudtrail",
            "courier",
            "crypto",
            "iam",
            "kms",
            "monitor",
            "names",
            "sigv4",
            "store",
            "web",
            "wire",
        ],
    ),
    ("testkit", &["clock", "crypto", "store"]),
    (
        "cli",
        &[
            "api",
            "audit",
            "clock",
            "cloudtrail",
            "courier",
            "crypto",
            "iam",
            "kms",
            "monitor",
            "names",
            "policy",
            "seal",
            "server",
            "sigv4",
            "store",
            "store-sqlite",
            "web",
        ],
    ),
    (
        "bench",
        &[
            "audit",
            "clock",
            "crypto",
            "iam",
            "kms",
            "monitor",
            "names",
            "policy",
            "seal",
            "server",
            "sigv4",
            "store",
            "store-sqlite",
            "wire",
        ],
    ),
    ("conformance", &[]),
    (
        "fuzz",
        &[
            "audit", "clock", "crypto", "iam", "kms", "monitor", "names", "policy", "seal", "server",
            "sigv4", "store", "wire",
        ],
    ),
    ("xtask", &[]),
];

/// Parts from outside that carry a decision, and who may know of them: runtime, HTTP and TLS, engines, cryptography, time,
/// the operating system, configuration. Other parts are free.
const PARTS: &[(&str, &[&str])] = &[
    ("aws-lc-rs", &["audit", "cloudtrail", "courier", "crypto", "seal", "sigv4", "store-sqlite"]),
    ("aws-lc-sys", &["crypto"]),
    ("clap", &["bench", "cli"]),
    ("http", &["server"]),
    ("http-body-util", &["bench", "server", "web"]),
    ("hyper", &["bench", "server", "web"]),
    ("hyper-util", &["bench", "server", "web"]),
    (
        "jiff",
        &[
            "audit",
            "clock",
            "cloudtrail",
            "fuzz",
            "iam",
            "kms",
            "monitor",
            "policy",
            "server",
            "sigv4",
            "testkit",
            "wire",
        ],
    ),
    ("jsonwebtoken", &["iam"]),
    ("lettre", &["courier"]),
    ("prometheus-client", &["monitor"]),
    ("rusqlite", &["store-sqlite"]),
    ("rustix", &["audit", "bench", "cli", "seal", "server", "store-sqlite"]),
    ("rustls", &["server", "web"]),
    ("rustls-native-certs", &["web"]),
    ("rustls-pki-types", &["server", "web"]),
    ("sm2", &["crypto"]),
    ("tokio", &["bench", "cli", "cloudtrail", "conformance", "courier", "fuzz", "kms", "server", "web"]),
    ("tokio-rustls", &["courier", "server", "web"]),
    ("toml", &["cli", "server"]),
    ("tracing-subscriber", &["cli"]),
];

/// Dependencies between our own crates.
pub(crate) fn check_graph(tree: &Tree) -> Vec<(String, usize, String)> {
    let fault = |package: &str, needed: &str| {
        let needed = needed.strip_prefix("claviger-")?;
        match GRAPH.iter().find(|(name, _)| *name == package) {
            None => Some(format!("{package} is not in the graph")),
            Some((_, allowed)) if allowed.contains(&needed) => None,
            Some(_) => Some(format!("{package} must not know {needed}")),
        }
    };
    dependencies(tree, fault)
}

/// Dependencies on what others wrote.
pub(crate) fn check_parts(tree: &Tree) -> Vec<(String, usize, String)> {
    let fault = |package: &str, needed: &str| {
        let (part, knowers) = PARTS.iter().find(|(part, _)| *part == needed)?;
        (!knowers.contains(&package)).then(|| format!("{package} must not know {part}"))
    };
    dependencies(tree, fault)
}

/// No crate has more than one integration test binary: each is linked on its own.
pub(crate) fn check_test_binaries(tree: &Tree) -> Vec<(String, usize, String)> {
    let breach = |package: &Value| {
        let targets = package["targets"].as_array()?;
        let tests = targets.iter().filter(|target| target["kind"][0] == "test").count();
        (tests > 1).then(|| (manifest(package), 1, format!("{tests} integration test binaries; at most 1")))
    };
    tree.packages.iter().filter_map(breach).collect()
}

/// What `fault` says of every package and each of its dependencies that are not for tests only.
fn dependencies(tree: &Tree, fault: impl Fn(&str, &str) -> Option<String>) -> Vec<(String, usize, String)> {
    let mut breaches = Vec::new();
    for package in &tree.packages {
        let of_build =
            package["dependencies"].as_array().into_iter().flatten().filter(|needed| needed["kind"] != "dev");
        for needed in of_build.filter_map(|needed| needed["name"].as_str()) {
            let Some(what) = fault(short(package), needed) else { continue };
            let path = manifest(package);
            let line = line_of(tree, &path, needed);
            breaches.push((path, line, what));
        }
    }
    breaches
}

fn short(package: &Value) -> &str {
    let name = package["name"].as_str().unwrap_or_default();
    name.strip_prefix("claviger-").unwrap_or(name)
}

/// The path of its manifest from the root.
fn manifest(package: &Value) -> String {
    let path = package["manifest_path"].as_str().unwrap_or_default();
    let folders = ["/crates/", "/bench/", "/xtask/", "/conformance/", "/fuzz/"];
    let at = folders.iter().filter_map(|folder| path.rfind(folder)).max();
    path[at.map_or(0, |at| at + 1)..].to_owned()
}

fn line_of(tree: &Tree, path: &str, needed: &str) -> usize {
    let text = tree.file(path).map_or("", |file| &file.text);
    let names = |line: &str| line.strip_prefix(needed).is_some_and(|rest| rest.starts_with(['.', ' ', '=']));
    text.lines().position(names).map_or(1, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tree_of(package: Value) -> Tree {
        let manifest = "[dependencies]\na = 1\nclaviger-kms.workspace = true\nhyper = 1\n";
        Tree { packages: vec![package], ..Tree::of(&[("crates/wire/Cargo.toml", manifest)]) }
    }

    fn wire(needed: &str, kind: Option<&str>) -> Tree {
        tree_of(json!({
            "name": "claviger-wire",
            "manifest_path": "/home/a/crates/wire/Cargo.toml",
            "dependencies": [{"name": needed, "kind": kind}],
        }))
    }

    #[test]
    fn a_dependency_that_the_graph_has_not_is_found() {
        let breaches = check_graph(&wire("claviger-kms", None));
        assert_eq!(breaches, [("crates/wire/Cargo.toml".into(), 3, "wire must not know kms".into())]);
        assert_eq!(check_graph(&wire("claviger-kms", Some("build"))).len(), 1);
        assert_eq!(check_graph(&wire("claviger-kms", Some("dev"))), []);
    }

    #[test]
    fn a_package_that_the_graph_has_not_is_found() {
        let package =
            json!({"name": "claviger-new", "dependencies": [{"name": "claviger-kms", "kind": null}]});
        assert_eq!(check_graph(&tree_of(package))[0].2, "new is not in the graph");
    }

    #[test]
    fn a_part_in_a_crate_that_must_not_know_it_is_found() {
        let breaches = check_parts(&wire("hyper", None));
        assert_eq!(breaches, [("crates/wire/Cargo.toml".into(), 4, "wire must not know hyper".into())]);
        assert_eq!(check_parts(&wire("hyper", Some("dev"))), []);
        assert_eq!(check_parts(&wire("serde", None)), []);
    }

    #[test]
    fn a_second_test_binary_is_found() {
        let target = |kind: &str| json!({"kind": [kind]});
        let package = |targets: &[&str]| {
            tree_of(
                json!({"name": "claviger-a", "targets": targets.iter().copied().map(target).collect::<Vec<_>>()}),
            )
        };
        assert_eq!(check_test_binaries(&package(&["lib", "test"])), []);
        assert_eq!(check_test_binaries(&package(&["lib", "test", "test"])).len(), 1);
    }

    #[test]
    fn the_graph_has_no_cycle() {
        for (at, (_, allowed)) in GRAPH.iter().enumerate() {
            let later = |name: &&&str| GRAPH[at..].iter().any(|(other, _)| other == *name);
            assert_eq!(allowed.iter().find(later), None, "{}", GRAPH[at].0);
        }
    }
}
