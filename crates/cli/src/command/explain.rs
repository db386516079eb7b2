//! `claviger explain`: why a request was allowed or denied, or would be.

use std::path::Path;

use claviger_kms::{
    Agreement, EffectTold, Explained, Hypothesis, Outcome, Part, RecordExplained, RecordedOutcome,
    WeighedGrant, WeighedStatement,
};
use serde::Serialize;

use super::cited;
use super::target::socket_of;
use crate::admin::{Analysis, Answer, Order, ask};
use crate::arguments::{Explain, KeyPlace};
use crate::print::{self, Refusal};

/// How a record calls a refusal by policies.
const ACCESS_DENIED: &str = "AccessDenied";

pub(crate) fn run(options: &Explain) -> Result<(), Refusal> {
    let socket = socket_of(&options.target)?;
    match analyse(&socket, analysis(options)?)? {
        Answer::Explained(explained) if options.json => json(&explained),
        Answer::RecordExplained(explained) if options.json => json(&explained),
        Answer::Explained(explained) => {
            show(&explained);
            Ok(())
        }
        Answer::RecordExplained(explained) => {
            show_record(&explained);
            Ok(())
        }
        _ => Err("the server answered something else".into()),
    }
}

fn analyse(socket: &Path, analysis: Analysis) -> Result<Answer, Refusal> {
    ask(socket, &Order::Analyse(analysis))
}

fn analysis(options: &Explain) -> Result<Analysis, Refusal> {
    let Explain { request, principal, action, key, place, context, conditions, .. } = options;
    if let Some(id) = request {
        return Ok(Analysis::ExplainRecord { id: id.clone() });
    }
    let (Some(principal), Some(action), Some(key)) = (principal, action, key) else {
        return Err("a request has a principal, an action and a key".into());
    };
    let (principal, action, key) = (principal.clone(), action.clone(), key.clone());
    let KeyPlace { account, region } = *place;
    let (context, conditions) = (context.clone(), conditions.clone());
    Ok(Analysis::Explain(Hypothesis { principal, action, key, account, region, context, conditions }))
}

fn json(answer: &impl Serialize) -> Result<(), Refusal> {
    print::line(&serde_json::to_string_pretty(answer)?);
    Ok(())
}

fn show_record(explained: &RecordExplained) {
    let RecordExplained { recorded, agreement, today, caveats } = explained;
    let RecordedOutcome { request_id, event_id, event_time, event_name, source_ip, .. } = recorded;
    print::line(&format!(
        "Request {request_id}, event {event_id}: {event_name} at {event_time} from {source_ip}"
    ));
    print::line(&format!("Recorded: {}", recorded_words(recorded)));
    print::line(match agreement {
        Agreement::Same => "Today: decided the same",
        Agreement::DeniedToday => {
            "Today: DIFFERENT - it was allowed, and would be denied by today's policies"
        }
        Agreement::AllowedToday => {
            "Today: DIFFERENT - it was denied, and would be allowed by today's policies"
        }
        Agreement::Unknown => "Today: the record does not tell what policies decided then",
    });
    caveats.iter().for_each(|caveat| print::line(&format!("Note: {caveat}")));
    for explained in today {
        print::line("");
        show(explained);
    }
}

fn recorded_words(recorded: &RecordedOutcome) -> String {
    let message = recorded.error_message.as_deref().unwrap_or("without a message");
    match recorded.error_code.as_deref() {
        None => "allowed, and it succeeded".to_owned(),
        Some(ACCESS_DENIED) => format!("denied: {message}"),
        Some(code) => format!("failed with {code}: {message}"),
    }
}

fn show(explained: &Explained) {
    let Explained { principal, action, resource, decision, absent_keys, .. } = explained;
    print::line(principal);
    print::line(&format!("asks for {action} on {resource}"));
    print::line(&decision_words(decision));
    show_statements(explained);
    show_grants(explained);
    if !absent_keys.is_empty() {
        print::line(&format!(
            "Statements ask for what the request does not have: {}",
            absent_keys.join(", ")
        ));
    }
}

fn decision_words(decision: &Outcome) -> String {
    match decision {
        Outcome::Allowed { by, grants } | Outcome::Conditional { by, grants, .. } => {
            let statements = by.iter().map(cited);
            let grants = grants.iter().map(|grant| format!("grant {}", grant.id));
            let by: Vec<String> = statements.chain(grants).collect();
            match by.is_empty() {
                true => "ALLOWED: the root user needs no policy".to_owned(),
                false => format!("ALLOWED by {}", by.join(" and ")),
            }
        }
        Outcome::Denied { by } => format!("DENIED by {}", cited(by)),
        Outcome::NotAllowed { lacking } => format!("DENIED: no {lacking} allows it, and no grant"),
        Outcome::OtherAccount => "DENIED: nobody may do this with a key of another account".to_owned(),
    }
}

fn show_statements(explained: &Explained) {
    print::line("Policies that apply:");
    let mut policy: Option<(Part, &str)> = None;
    for WeighedStatement { statement, miss } in &explained.statements {
        let own = (statement.part, &*statement.policy);
        if policy != Some(own) {
            print::line(&format!("  {} {}", own.0, own.1));
            policy = Some(own);
        }
        let sid = statement.sid.as_ref().map(|sid| format!(" \"{sid}\"")).unwrap_or_default();
        let said = match (statement.effect, miss) {
            (EffectTold::Allow, None) => "allows it".to_owned(),
            (EffectTold::Deny, None) => "denies it".to_owned(),
            (EffectTold::Allow, Some(miss)) => format!("does not allow it: {miss}"),
            (EffectTold::Deny, Some(miss)) => format!("does not deny it: {miss}"),
        };
        print::line(&format!("    statement {}{sid} {said}", statement.number));
    }
    for part in [Part::KeyPolicy, Part::IdentityPolicy] {
        if explained.statements.iter().all(|weighed| weighed.statement.part != part) {
            print::line(&format!("  no {part}"));
        }
    }
}

fn show_grants(explained: &Explained) {
    let Explained { grants_considered: grants, has_more_grants, .. } = explained;
    print::line(if grants.is_empty() { "Grants to the caller: none" } else { "Grants to the caller:" });
    for WeighedGrant { grant, miss } in grants {
        let name = grant.name.as_ref().map(|name| format!(" \"{name}\"")).unwrap_or_default();
        let miss =
            miss.as_deref().map_or("it allows this".to_owned(), |miss| format!("does not serve: {miss}"));
        print::line(&format!("  {}{name}: {miss}", grant.id));
    }
    if *has_more_grants {
        print::line("  and more than were looked at");
    }
}
