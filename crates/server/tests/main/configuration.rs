//! `claviger.toml`: what it may say, what is refused and in which words, and that the page tells all of it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use claviger_audit::{Durability as TrailDurability, Limits as TrailLimits};
use claviger_server::ConfiguredBuckets;
use claviger_server::config::{BucketTarget, Config, ConfigError, Durability, IssuerKeys, LogFormat};
use claviger_web::WebUrl;

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md"));

fn read(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::read(Path::new("claviger.toml"), text, environment)
}

fn refusal(text: &str, environment: &[(&str, &str)]) -> String {
    read(text, environment).expect_err("refused").to_string()
}

/// The options below `section` (with a dot at its end), as the parser lists them when it meets an unknown one.
fn options(section: &str) -> Vec<String> {
    let error = toml::from_str::<Config>(&format!("{section}no-such-option = 1")).unwrap_err();
    let Some(rest) = error.message().strip_prefix("unknown field `no-such-option`") else {
        return Vec::new();
    };
    let names = rest.split('`').skip(1).step_by(2).map(|name| format!("{section}{name}"));
    names
        .flat_map(|name| match options(&format!("{name}.")) {
            inner if inner.is_empty() => vec![name],
            inner => inner,
        })
        .collect()
}

#[test]
fn every_option_stands_in_the_page() {
    let options = options("");
    assert!(options.len() >= 20, "{options:?}");
    for option in options {
        assert!(PAGE.contains(&format!("\n| `{option}` | ")), "{option} is not in docs/configuration.md");
    }
}

#[test]
fn the_page_shows_the_defaults() {
    let (_, block) = PAGE.split_once("```toml\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    assert_eq!(read(block, &[]).unwrap(), Config::default());
    assert_eq!(read("", &[]).unwrap(), Config::default());
    let shown = |option: &str| {
        let row = PAGE.lines().find(|line| line.starts_with(&format!("| `{option}` |"))).unwrap();
        row.split(" | ").nth(1).unwrap().trim_matches('`').to_owned()
    };
    for line in block.lines().filter(|line| !line.starts_with('#')) {
        let Some((option, value)) = line.split_once(" = ") else { continue };
        let rows: Vec<&str> = PAGE.lines().filter(|row| row.contains(&format!("{option}` | `"))).collect();
        let told = rows.iter().any(|row| row.contains(&format!("| `{}` |", value.trim_matches('"'))));
        assert!(told, "{option} has another default in the table than in the file");
    }
    assert_eq!(shown("limits.connections"), "4096");
}

#[test]
fn a_misspelt_option_is_refused_with_its_line_and_what_was_meant() {
    assert_eq!(
        refusal("\n\nlisen = \"127.0.0.1:1\"\n", &[]),
        "claviger.toml:3: unknown option `lisen`, did you mean `listen`?"
    );
    assert_eq!(
        refusal("[limits]\nconections = 5\n", &[]),
        "claviger.toml:2: unknown option `conections`, did you mean `connections`?"
    );
    assert_eq!(
        refusal("[log]\ncolour = true\n", &[]),
        "claviger.toml:2: unknown option `colour`; there are format, level"
    );
}

#[test]
fn a_value_that_does_not_fit_is_refused_with_its_line_and_option() {
    assert_eq!(
        refusal("[limits]\n\nconnections = 0\n", &[]),
        "claviger.toml:3: connections: expected a number from 1 to 1000000000"
    );
    assert_eq!(
        refusal("[limits]\nidle_timeout_seconds = 0\n", &[]),
        "claviger.toml:2: idle_timeout_seconds: expected a number from 0.01 to 86400"
    );
    assert_eq!(
        refusal("[limits]\nheader_bytes = 100\n", &[]),
        "claviger.toml:2: header_bytes: expected a number from 8192 to 1048576"
    );
    assert_eq!(
        refusal("listen = \"everywhere\"\n", &[]),
        "claviger.toml:1: listen: invalid socket address syntax"
    );
    assert_eq!(
        refusal("regions = [\"moon\"]\n", &[]),
        "claviger.toml:1: regions: a Region name looks like us-east-1"
    );
    assert_eq!(
        refusal("[trail]\ndurability = \"paper\"\n", &[]),
        "claviger.toml:2: durability: unknown variant `paper`, expected `operating-system` or `disk`"
    );
    assert!(refusal("listen = \n", &[]).starts_with("claviger.toml:1: listen: "));
    assert!(
        refusal("[limits]\nheaders = 1\nheaders = 2\n", &[])
            .starts_with("claviger.toml:3: headers: duplicate")
    );
}

#[test]
fn the_environment_goes_before_the_file() {
    let text = "listen = \"127.0.0.1:1\"\n[log]\nformat = \"json\"\n[trail]\ndurability = \"disk\"\n";
    let environment = [
        ("CLAVIGER_LISTEN", "127.0.0.1:2"),
        ("CLAVIGER_LOG__FORMAT", "text"),
        ("CLAVIGER_LIMITS__CONNECTIONS", "7"),
        ("CLAVIGER_LIMITS__IDLE_TIMEOUT_SECONDS", "1.5"),
        ("CLAVIGER_STORE__DIRECTORY", "2026"),
        ("CLAVIGER_REGIONS", "[\"eu-central-1\"]"),
        ("CLAVIGER_CONFIG", "elsewhere.toml"),
        ("PATH", "/bin"),
    ];
    let config = read(text, &environment).unwrap();
    assert_eq!(config.listen.port(), 2);
    assert_eq!(config.log.format, LogFormat::Text);
    assert_eq!(config.limits.connections.get(), 7);
    assert_eq!(config.limits.idle_timeout_seconds.duration().as_millis(), 1500);
    assert_eq!(config.store.directory, Path::new("2026"));
    assert_eq!(config.regions.len(), 1);
    assert_eq!(config.trail.durability, Durability::Disk);
}

#[test]
fn a_wrong_variable_is_named() {
    assert_eq!(
        refusal("", &[("CLAVIGER_LISEN", "127.0.0.1:1")]),
        "CLAVIGER_LISEN: unknown option `lisen`, did you mean `listen`?"
    );
    assert!(
        refusal("", &[("CLAVIGER_LIMITS__CONNECTIONS", "0")]).starts_with("CLAVIGER_LIMITS__CONNECTIONS: ")
    );
    assert_eq!(
        refusal("listen = \"127.0.0.1:1\"", &[("CLAVIGER_LISTEN__PORT", "1")]),
        "CLAVIGER_LISTEN__PORT: `listen` is an option, no section"
    );
}

#[test]
fn what_does_not_go_together_is_refused() {
    assert_eq!(
        refusal("listen = \"0.0.0.0:8011\"\n", &[]),
        "listen: 0.0.0.0:8011 can be reached from other machines, so it needs TLS: set tls.certificate and \
         tls.private_key, or listen on 127.0.0.1"
    );
    assert_eq!(
        refusal("[tls]\ncertificate = \"c.pem\"\n", &[]),
        "tls.private_key: missing; tls.certificate and tls.private_key are given together"
    );
    assert_eq!(
        refusal("[tls]\nprivate_key = \"k.pem\"\n", &[]),
        "tls.certificate: missing; tls.certificate and tls.private_key are given together"
    );
    assert_eq!(refusal("regions = []\n", &[]), "regions: at least one is needed");
    assert!(read("listen = \"[::ffff:127.0.0.1]:8011\"\n", &[]).is_ok());
    assert!(refusal("listen = \"[::ffff:10.0.0.1]:8011\"\n", &[]).contains("it needs TLS"));
    assert!(read("listen = \"[::1]:8011\"\n", &[]).is_ok());
    let with_tls = "listen = \"0.0.0.0:8011\"\n[tls]\ncertificate = \"c.pem\"\n";
    assert!(read(with_tls, &[("CLAVIGER_TLS__PRIVATE_KEY", "k.pem")]).is_ok());
}

#[test]
fn the_ends_of_a_range_belong_to_it() {
    for (option, within, beyond) in [
        ("connections", ["1", "1000000000"], ["0", "1000000001"]),
        ("idle_timeout_seconds", ["0.01", "86400"], ["0.009", "86401"]),
        ("header_bytes", ["8192", "1048576"], ["8191", "1048577"]),
    ] {
        let text = |value: &str| format!("[limits]\n{option} = {value}\n");
        assert!(within.iter().all(|value| read(&text(value), &[]).is_ok()), "{option}");
        assert!(beyond.iter().all(|value| read(&text(value), &[]).is_err()), "{option}");
    }
}

#[test]
fn an_option_is_offered_for_one_that_differs_by_two_letters_at_most() {
    assert!(refusal("lisin = 1\n", &[]).ends_with("did you mean `listen`?"));
    assert!(refusal("lysin = 1\n", &[]).contains("unknown option `lysin`; there are "));
}

#[test]
fn the_trail_is_opened_as_it_is_configured() {
    let limits = |text: &str| read(text, &[]).unwrap().trail.limits();
    let disk = limits("[trail]\ndurability = \"disk\"\nfile_bytes_max = 1000000\n");
    assert_eq!(disk, TrailLimits { file_bytes_max: 1_000_000, durability: TrailDurability::Disk });
    assert_eq!(limits("").durability, TrailDurability::OperatingSystem);
}

#[test]
fn paths_are_relative_to_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("claviger.toml");
    std::fs::write(&file, "[store]\ndirectory = \"here\"\n[trail]\ndirectory = \"/there\"\n").unwrap();
    let config = Config::load(&file, []).unwrap();
    assert_eq!(config.store.directory, directory.path().join("here"));
    assert_eq!(config.trail.directory, Path::new("/there"));
    assert_eq!(config.root_key.file, directory.path().join("root.key"));
    assert_eq!(config.admin.socket, directory.path().join("claviger.sock"));
    std::fs::write(&file, "[tls]\ncertificate = \"c\"\nprivate_key = \"k\"\n").unwrap();
    let tls = Config::load(&file, []).unwrap().tls;
    assert_eq!(tls.certificate, Some(directory.path().join("c")));
    assert_eq!(tls.private_key, Some(directory.path().join("k")));
    let missing = Config::load(&directory.path().join("none.toml"), []).unwrap_err().to_string();
    assert!(missing.ends_with("none.toml: No such file or directory (os error 2)"), "{missing}");
}

#[test]
fn an_issuer_says_in_one_way_where_its_keys_are() {
    let issuer = |rest: &str| format!("\n[[issuers]]\nurl = \"https://a/ci\"\n{rest}");
    let keys = |rest: &str| read(&issuer(rest), &[]).unwrap().issuers.remove(0).keys;
    assert_eq!(keys("keys_file = \"k\"\n"), IssuerKeys::File("k".into()));
    assert_eq!(keys(""), IssuerKeys::Web { at: None, ca_file: None });
    let at = |url: &str| Some(WebUrl::try_from(url.to_owned()).unwrap());
    let both = "keys_url = \"https://b/k\"\nca_file = \"ca\"\n";
    assert_eq!(keys(both), IssuerKeys::Web { at: at("https://b/k"), ca_file: Some("ca".into()) });
    let refused = |rest: &str| refusal(&issuer(rest), &[]);
    assert_eq!(
        refused("keys_file = \"k\"\nkeys_url = \"https://b\"\n"),
        "claviger.toml:2: an issuer has keys_file or keys_url, not both"
    );
    assert_eq!(
        refused("keys_file = \"k\"\nca_file = \"ca\"\n"),
        "claviger.toml:2: an issuer with keys_file needs no ca_file"
    );
    assert_eq!(
        refused("keys_url = \"http://b/k\"\n"),
        "claviger.toml:4: keys_url: expected an https:// URL, or http:// with a loopback address"
    );
    assert_eq!(
        refusal("[[issuers]]\nurl = \"http://a\"\n", &[]),
        "claviger.toml:2: url: an issuer is https://host or https://host/path"
    );
    assert!(refused("keys = \"k\"\n").starts_with("claviger.toml:4: unknown option `keys`"));
    let twice = format!("{}{}", issuer(""), issuer(""));
    assert_eq!(refusal(&twice, &[]), "issuers: https://a/ci is given more than once");
}

const IN_S3: &str = "[[delivery.buckets]]\nname = \"s3\"\nendpoint = \"https://s3.example\"\n\
                     access_key_id = \"AKID\"\nsecret_file = \"s3.secret\"\n";

#[test]
fn a_bucket_is_a_directory_or_in_s3() {
    let files = "[[delivery.buckets]]\nname = \"files\"\ndirectory = \"logs\"\n";
    let config = read(&format!("{files}{IN_S3}"), &[]).unwrap();
    let [first, second] = &config.delivery.buckets[..] else { panic!("{config:?}") };
    assert_eq!((first.name.as_str(), &first.target), ("files", &BucketTarget::Directory("logs".into())));
    let BucketTarget::S3(target) = &second.target else { panic!("{second:?}") };
    assert_eq!((target.region.as_str(), target.path_style), ("us-east-1", true));
    assert_eq!(refusal(&format!("{files}{files}"), &[]), "delivery.buckets: files is given more than once");
}

#[test]
fn a_bucket_that_is_half_of_both_is_refused() {
    let bucket = |rest: &str| refusal(&format!("[[delivery.buckets]]\nname = \"a\"\n{rest}"), &[]);
    let needs = "a bucket has a directory, or an endpoint, an access_key_id and a secret_file";
    assert!(bucket("").ends_with(needs));
    assert!(bucket("endpoint = \"https://a\"\naccess_key_id = \"b\"\n").ends_with(needs));
    let alone = "a bucket with a directory has a name and nothing else";
    assert!(bucket("directory = \"a\"\nregion = \"eu-west-1\"\n").ends_with(alone));
    assert!(bucket("directory = \"a\"\nendpoint = \"https://a\"\n").ends_with(alone));
    let plain = IN_S3.replace("https", "http");
    assert!(refusal(&plain, &[]).contains("expected an https:// URL, or http:// with a loopback address"));
}

#[test]
fn a_secret_that_others_can_read_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let secret = directory.path().join("s3.secret");
    let config = directory.path().join("claviger.toml");
    std::fs::write(&config, IN_S3).unwrap();
    let config = Config::load(&config, []).unwrap();
    let open =
        || ConfiguredBuckets::open(&config.delivery.buckets).map(drop).map_err(|error| error.to_string());
    assert!(open().unwrap_err().starts_with(&format!("{}: ", secret.display())));
    std::fs::write(&secret, "secret\n").unwrap();
    let mode = |mode| std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o640);
    let exposed = format!("{} can be read by others than its owner; chmod 600 it", secret.display());
    assert_eq!(open(), Err(exposed));
    mode(0o600);
    assert_eq!(open(), Ok(()));
}
