//! `claviger access`: who can do what with a key, and through which statement or grant.

use std::path::Path;

use claviger_kms::{
    Access as PrincipalAccess, AccessGroup, AccessPage, Citation, Cursor, EffectTold, KeyTold, Outcome,
    SubjectKind,
};
use serde::Serialize;

use super::cited;
use super::target::socket_of;
use crate::admin::{Analysis, Answer, Order, ask};
use crate::arguments::{Access, KeyPlace};
use crate::print::{self, Refusal};

/// Widest line of actions.
const COLUMNS: usize = 100;

/// A principal in JSON.
#[derive(Serialize)]
struct Line<'a> {
    key: &'a str,
    #[serde(flatten)]
    access: &'a PrincipalAccess,
}

pub(crate) fn run(options: &Access) -> Result<(), Refusal> {
    let socket = socket_of(&options.target)?;
    let (mut from, mut silent, mut is_first) = (None, 0, true);
    loop {
        let AccessPage { key, actions, principals, next } = page(&socket, options, from)?;
        if is_first && !options.json {
            show_key(&key);
        }
        for access in &principals {
            match (options.json, options.all || may_do_something(access)) {
                (true, _) => print::line(&serde_json::to_string(&Line { key: &key.arn, access })?),
                (false, true) => show(access, actions, options.all),
                (false, false) => silent += 1,
            }
        }
        (from, is_first) = (next, false);
        if from.is_none() {
            break;
        }
    }
    match (options.json, silent) {
        (true, _) | (false, 0) => {}
        (false, 1) => print::line("\n1 other principal may do nothing with it (--all tells why)"),
        (false, many) => {
            print::line(&format!("\n{many} other principals may do nothing with it (--all tells why)"))
        }
    }
    Ok(())
}

fn page(socket: &Path, options: &Access, from: Option<Cursor>) -> Result<AccessPage, Refusal> {
    let KeyPlace { account, region } = options.place;
    let analysis = Analysis::Access { key: options.key.clone(), account, region, from };
    match ask(socket, &Order::Analyse(analysis))? {
        Answer::Access(page) => Ok(*page),
        _ => Err("the server answered something else".into()),
    }
}

fn may_do_something(access: &PrincipalAccess) -> bool {
    access.access.iter().any(|group| is_access(&group.outcome))
}

fn is_access(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Allowed { .. } | Outcome::Conditional { .. } => true,
        Outcome::Denied { .. } | Outcome::NotAllowed { .. } | Outcome::OtherAccount => false,
    }
}

fn show_key(key: &KeyTold) {
    let KeyTold { arn, state, aliases } = key;
    let aliases = aliases.iter().map(|alias| format!(", {alias}")).collect::<String>();
    print::line(&format!("{arn} ({state}{aliases})"));
}

fn show(access: &PrincipalAccess, actions: usize, all: bool) {
    let PrincipalAccess { principal, access: groups, has_more_grants } = access;
    let note = match principal.kind {
        SubjectKind::Root => "root user",
        SubjectKind::Account => "account (what the key gives it; its own policies decide the other half)",
        SubjectKind::User => "user",
        SubjectKind::Role => "role",
        SubjectKind::Session => "session",
        SubjectKind::FederatedUser => "federated user",
        SubjectKind::Service => "service",
        SubjectKind::Anyone => {
            "anyone in any account (what the key gives; their own policies decide the other half)"
        }
    };
    print::line(&format!("\n{} - {note}", principal.name));
    for group in groups.iter().filter(|group| all || is_told(&group.outcome)) {
        show_group(group, actions);
    }
    if *has_more_grants {
        print::line("  and has more grants than were looked at");
    }
}

/// What is told of a principal that has some access: that, and what is denied in so many words.
fn is_told(outcome: &Outcome) -> bool {
    is_access(outcome) || matches!(outcome, Outcome::Denied { .. })
}

fn show_group(group: &AccessGroup, actions: usize) {
    let may = match group.outcome {
        Outcome::Allowed { .. } => "may",
        Outcome::Conditional { .. } => "may under conditions",
        Outcome::Denied { .. } => "is denied",
        Outcome::NotAllowed { .. } | Outcome::OtherAccount => "may not",
    };
    let listed = match group.actions.len() == actions {
        true => vec![format!("all {actions} actions on a key")],
        false => wrapped(&group.actions),
    };
    print::line(&format!("  {may}"));
    listed.iter().for_each(|line| print::line(&format!("    {line}")));
    match &group.outcome {
        Outcome::Allowed { by, grants } => {
            by.iter().for_each(|citation| print::line(&format!("      by {}", cited(citation))));
            grants.iter().for_each(|grant| print::line(&format!("      by grant {}", grant.id)));
        }
        Outcome::Conditional { by, grants, conditions } => {
            by.iter().for_each(|citation| print::line(&format!("      by {}", cited(citation))));
            for grant in grants {
                print::line(&format!("      by grant {}{}", grant.id, ifs(&grant.constraints)));
            }
            conditions.iter().for_each(show_condition);
        }
        Outcome::Denied { by } => print::line(&format!("      by {}", cited(by))),
        Outcome::NotAllowed { lacking } => {
            print::line(&format!("      because no {lacking} allows it, and no grant"))
        }
        Outcome::OtherAccount => print::line("      because nobody may with a key of another account"),
    }
}

fn ifs(constraints: &[String]) -> String {
    match constraints {
        [] => String::new(),
        some => format!(" if {}", some.join(" and if ")),
    }
}

fn show_condition(citation: &Citation) {
    let conditions = citation.conditions.iter();
    let told = conditions.map(|one| format!("{} {} {}", one.operator, one.key, one.values.join(", ")));
    let told: Vec<String> = told.collect();
    let word = match citation.effect {
        EffectTold::Allow => "if",
        EffectTold::Deny => "unless",
    };
    print::line(&format!("      {word} {} [{}]", told.join(" and "), cited(citation)));
}

fn wrapped(actions: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for action in actions {
        match lines.last_mut() {
            Some(line) if line.len() + action.len() + 2 <= COLUMNS => {
                line.push_str(", ");
                line.push_str(action);
            }
            Some(_) | None => lines.push(action.clone()),
        }
    }
    lines
}
