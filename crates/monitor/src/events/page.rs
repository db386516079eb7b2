//! Pages of a list: Limit and NextToken.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use claviger_api::{Answer, Fault};
use claviger_wire::{Bounds, Members, TextRule};

/// Most items of a page, and so many unless a request says.
const ITEMS_MAX: i64 = 100;

const TOKEN: TextRule = TextRule::length(1, 2048);

/// The page that a request asks for.
pub(super) struct Page {
    token: Option<String>,
    limit: usize,
}

impl Page {
    /// Takes NextToken and Limit.
    pub(super) fn take(members: &mut Members<'_>) -> Page {
        let token = members.text("NextToken", &TOKEN).map(String::from);
        let limit = members.whole("Limit", Bounds::new(1, ITEMS_MAX)).unwrap_or(ITEMS_MAX);
        Page { token, limit: usize::try_from(limit).unwrap_or(0) }
    }

    /// What the page comes after.
    pub(super) fn after(&self) -> Result<Option<String>, Fault> {
        let read = |token: &String| {
            let name = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let is_name = |name: &String| name.bytes().all(|byte| byte.is_ascii_graphic());
            name.filter(is_name).ok_or(Fault::Invalid("Parameter NextToken is not valid.".into()))
        };
        self.token.as_ref().map(read).transpose()
    }

    /// How many items to look for: one more than fit, to know whether there are more.
    pub(super) fn wanted(&self) -> usize {
        self.limit + 1
    }

    /// Those that fit, as a member of the answer, and the token of the next page behind the last of them.
    pub(super) fn answer<T>(
        &self,
        member: &'static str,
        mut items: Vec<T>,
        name: impl Fn(&T) -> String,
        shape: impl Fn(T) -> Answer,
    ) -> Answer {
        let has_more = items.len() > self.limit;
        items.truncate(self.limit);
        let token = items.last().filter(|_| has_more).map(|last| URL_SAFE_NO_PAD.encode(name(last)));
        let items = Answer::List(items.into_iter().map(shape).collect());
        Answer::structure().with(member, items).maybe("NextToken", token)
    }
}
