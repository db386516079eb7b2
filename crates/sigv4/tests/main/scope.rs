//! A credential for another Region, service or day.

use claviger_sigv4::{FaultCode::InvalidSignature, Scope};

use crate::common::{Sent, says};

fn scoped(scope: &str) -> Sent {
    Sent::signed().in_authorization("20150830/us-east-1/kms/aws4_request", scope)
}

#[test]
fn a_region_that_is_not_served_is_named() {
    let text = "Credential should be scoped to a valid region, not 'mars-1'. ";
    says(scoped("20150830/mars-1/kms/aws4_request").fault(), InvalidSignature, text);
}

#[test]
fn the_right_service_is_named() {
    let text = "Credential should be scoped to correct service: 'kms'. ";
    for service in ["s3", "KMS", ""] {
        let sent = scoped(&format!("20150830/us-east-1/{service}/aws4_request"));
        says(sent.fault(), InvalidSignature, text);
    }
}

#[test]
fn the_terminator_is_fixed() {
    let text = "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5'. ";
    says(scoped("20150830/us-east-1/kms/aws5").fault(), InvalidSignature, text);
}

#[test]
fn the_day_is_the_day_of_signing() {
    let text = "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20150831' != '20150830', from '20150830T123600Z'.";
    says(scoped("20150831/us-east-1/kms/aws4_request").fault(), InvalidSignature, text);
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let text = "Credential should be scoped to a valid region, not 'c'. Credential should be scoped to correct service: 'kms'. Credential should be scoped with a valid terminator: 'aws4_request', not 'e'. Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: 'b' != '20150830', from '20150830T123600Z'.";
    says(scoped("b/c/d/e").fault(), InvalidSignature, text);
}

#[test]
fn an_owned_scope_is_the_scope() {
    let scope = Scope::new("20150830", "us-east-1", "kms");
    let owned: Scope<'static> = scope.clone().into_owned();
    assert!(owned == scope);
    assert_eq!((owned.date(), owned.region(), owned.service()), ("20150830", "us-east-1", "kms"));
}
