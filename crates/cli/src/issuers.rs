//! The issuers of web identities, from the files of their keys.

use std::path::Path;

use claviger_iam::Issuers;

use crate::print::Refusal;

/// The issuers of these URLs, each with the file of its JSON Web Key Set.
pub(crate) fn load<'p>(issuers: impl IntoIterator<Item = (&'p str, &'p Path)>) -> Result<Issuers, Refusal> {
    let mut texts = Vec::new();
    for (url, file) in issuers {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        texts.push((url, text));
    }
    Ok(Issuers::new(texts.iter().map(|(url, text)| (*url, text.as_str())))?)
}

/// The same of `URL=FILE`.
pub(crate) fn load_pairs(pairs: &[String]) -> Result<Issuers, Refusal> {
    let split = |pair: &String| {
        let (url, file) = pair.rsplit_once('=').ok_or("an issuer is given as URL=FILE")?;
        Ok::<_, Refusal>((url.to_owned(), file.to_owned()))
    };
    let pairs = pairs.iter().map(split).collect::<Result<Vec<_>, _>>()?;
    load(pairs.iter().map(|(url, file)| (url.as_str(), Path::new(file))))
}
