//! The environment over the file: `CLAVIGER_LISTEN` is `listen`, `CLAVIGER_TLS__CERTIFICATE` is `tls.certificate`.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::{Config, ConfigError};

/// Begins the name of every variable that sets an option.
const PREFIX: &str = "CLAVIGER_";

/// Says where the file is, and is no option.
const CONFIG_VARIABLE: &str = "CLAVIGER_CONFIG";

/// Stands between a section and its option.
const SEPARATOR: &str = "__";

pub(crate) fn apply(
    config: Config,
    text: &str,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Config, ConfigError> {
    let ours = |name: &str| name.starts_with(PREFIX) && name != CONFIG_VARIABLE;
    let variables: BTreeMap<String, String> =
        environment.into_iter().filter(|(name, _)| ours(name)).collect();
    let mut table: Table = toml::from_str(text).unwrap_or_default();
    variables.into_iter().try_fold(config, |_, (variable, value)| set(&mut table, &variable, value))
}

/// Sets one option. A value that reads as TOML is that; if it does not fit, or is none, it is text.
fn set(table: &mut Table, variable: &str, value: String) -> Result<Config, ConfigError> {
    if let Some(typed) = typed(&value) {
        let mut trial = table.clone();
        put(&mut trial, variable, typed)?;
        if let Ok(config) = Config::deserialize_from(&trial) {
            *table = trial;
            return Ok(config);
        }
    }
    put(table, variable, Value::String(value))?;
    Config::deserialize_from(table).map_err(|error| ConfigError::in_variable(variable, error.message()))
}

impl Config {
    fn deserialize_from(table: &Table) -> Result<Config, toml::de::Error> {
        table.clone().try_into()
    }
}

fn typed(value: &str) -> Option<Value> {
    let mut line: Table = toml::from_str(&format!("value = {value}")).ok()?;
    match line.len() {
        1 => line.remove("value"),
        _ => None,
    }
}

fn put(table: &mut Table, variable: &str, value: Value) -> Result<(), ConfigError> {
    let path = variable.strip_prefix(PREFIX).unwrap_or(variable).to_ascii_lowercase();
    let (sections, option) = path.rsplit_once(SEPARATOR).unwrap_or(("", &path));
    let mut place = table;
    for section in sections.split(SEPARATOR).filter(|section| !section.is_empty()) {
        let inner = place.entry(section).or_insert_with(|| Value::Table(Table::new()));
        let Value::Table(inner) = inner else {
            return Err(ConfigError::in_variable(variable, &format!("`{section}` is an option, no section")));
        };
        place = inner;
    }
    place.insert(option.to_owned(), value);
    Ok(())
}
