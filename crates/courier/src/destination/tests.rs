//! What an operator may write, and what is refused.

use super::*;

const ARN: &str = "arn = \"arn:aws:sns:us-east-1:111122223333:ops\"\n";

fn read(rest: &str) -> Result<Destination, String> {
    toml::from_str(&format!("{ARN}{rest}")).map_err(|error| error.message().to_owned())
}

fn way(rest: &str) -> Way {
    read(rest).unwrap().way
}

#[test]
fn a_destination_goes_one_way() {
    let server = |text: &str| Address::try_from(text.to_owned()).unwrap();
    let url = WebUrl::try_from("https://a/hook".to_owned()).unwrap();
    let secret = WebhookSecret::File("s".into());
    assert_eq!(
        way("webhook = \"https://a/hook\"\nsecret_file = \"s\""),
        Way::Webhook(Webhook { url, secret, ca_file: None })
    );
    assert_eq!(
        way("nats = \"tls://u@a\"\nsubject = \"kms.events\"\nsecret_file = \"s\"\nca_file = \"c\""),
        Way::Nats(Nats {
            server: server("tls://u@a"),
            subject: "kms.events".into(),
            secret_file: Some("s".into()),
            ca_file: Some("c".into()),
        })
    );
    assert_eq!(
        way("smtp = \"smtps://a\"\nfrom = \"k@a\"\nto = [\"b@a\", \"c@a\"]"),
        Way::Smtp(Smtp {
            server: server("smtps://a"),
            from: "k@a".into(),
            to: vec!["b@a".into(), "c@a".into()],
            secret_file: None,
            ca_file: None,
        })
    );
    assert_eq!(way("file = \"events.jsonl\""), Way::File("events.jsonl".into()));
    assert!(!read("file = \"a\"").unwrap().is_shared);
    assert!(read("file = \"a\"\nshared = true").unwrap().is_shared);
}

#[test]
fn what_does_not_go_together_is_refused() {
    for (rest, why) in [
        ("", MalformedDestination::NotOneWay),
        ("file = \"a\"\nnats = \"nats://a\"", MalformedDestination::NotOneWay),
        ("webhook = \"https://a\"", MalformedDestination::Webhook),
        ("webhook = \"https://a\"\nsecret_file = \"s\"\nsubject = \"b\"", MalformedDestination::Webhook),
        ("nats = \"nats://a\"", MalformedDestination::Nats),
        ("nats = \"smtp://a\"\nsubject = \"b\"", MalformedDestination::Nats),
        ("nats = \"nats://a\"\nsubject = \"b.>\"", MalformedDestination::Subject),
        ("nats = \"nats://a\"\nsubject = \"b 1\\r\\nPUB\"", MalformedDestination::Subject),
        ("smtp = \"smtp://a\"\nfrom = \"b@a\"", MalformedDestination::Smtp),
        ("smtp = \"smtp://u@a\"\nfrom = \"b@a\"\nto = [\"c@a\"]", MalformedDestination::Smtp),
        ("smtp = \"nats://a\"\nfrom = \"b@a\"\nto = [\"c@a\"]", MalformedDestination::Smtp),
        ("file = \"a\"\nca_file = \"b\"", MalformedDestination::File),
    ] {
        assert_eq!(read(rest), Err(why.to_string()), "{rest}");
    }
    assert_eq!(read("webhook = \"http://a\"\nsecret_file = \"s\""), Err(MalformedWebUrl.to_string()));
    assert!(read("file = \"a\"\nretries = 3").unwrap_err().starts_with("unknown field `retries`"));
}

#[test]
fn a_destination_of_the_command_line_says_all_in_its_url() {
    let parsed = |url: &str| {
        Destination::from_command_line(&format!("arn:aws:sns:us-east-1:111122223333:ops={url}"))
            .map(|destination| destination.way)
    };
    assert_eq!(parsed("file:/tmp/a"), Ok(Way::File("/tmp/a".into())));
    assert_eq!(parsed("file:///tmp/a"), Ok(Way::File("/tmp/a".into())));
    let Ok(Way::Webhook(webhook)) = parsed("http://127.0.0.1:1/a?b=c") else { panic!("a webhook") };
    assert_eq!(webhook.secret, WebhookSecret::OfDevelopment);
    let Ok(Way::Nats(nats)) = parsed("nats://127.0.0.1:222/kms.events") else { panic!("NATS") };
    assert_eq!((&*nats.subject, nats.server.port()), ("kms.events", 222));
    let Ok(Way::Smtp(smtp)) = parsed("smtp://127.0.0.1:25/ops@a.example") else { panic!("SMTP") };
    assert_eq!((smtp.to, smtp.server.port()), (vec!["ops@a.example".to_owned()], 25));
    for wrong in ["", "ftp://a", "nats://a", "smtp:x", "http://a", "nats://a/b.>"] {
        assert!(parsed(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn files_are_named_from_the_directory_of_the_configuration() {
    let mut destination = read("webhook = \"https://a\"\nsecret_file = \"s\"\nca_file = \"/c\"").unwrap();
    destination.below(Path::new("/etc/claviger"));
    let Way::Webhook(webhook) = destination.way else { panic!("a webhook") };
    assert_eq!(webhook.secret, WebhookSecret::File("/etc/claviger/s".into()));
    assert_eq!(webhook.ca_file, Some("/c".into()));
}
