//! Integrated services: whom their access keys stand for, and what ends with them.

use super::*;
use crate::{NewService, ServicePrincipal};

fn new(name: &str, managed_key: Option<&str>) -> NewService {
    NewService {
        principal: name.parse().unwrap(),
        signing_names: vec![name.parse().unwrap()],
        managed_key: managed_key.map(|alias| alias.parse().unwrap()),
    }
}

fn service_key() -> NewAccessKey {
    NewAccessKey::generate(AccountId::SERVICES, &SystemRandom).unwrap()
}

async fn directory() -> Directory {
    Directory::new(store().await, Arc::new(SystemClock))
}

async fn sender(directory: &Directory, key: &NewAccessKey) -> Option<Principal> {
    directory.credential(&key.id).await.unwrap().map(|credential| credential.caller.principal.clone())
}

#[tokio::test]
async fn a_services_access_key_stands_for_it_until_the_service_is_deleted() {
    let (directory, first, second) = (directory().await, service_key(), service_key());
    let s3: ServicePrincipal = "s3".parse().unwrap();
    directory.create_service(new("s3", None), &first).await.unwrap();
    directory.add_service_access_key(&s3, &second).await.unwrap();
    for key in [&first, &second] {
        assert_eq!(sender(&directory, key).await, Some(Principal::Service(s3.clone())));
    }
    let third = directory.add_service_access_key(&s3, &service_key()).await;
    assert!(matches!(third, Err(IamError::TooManyServiceKeys(_))));
    directory.delete_service_access_key(&s3, &first.id).await.unwrap();
    assert_eq!(sender(&directory, &first).await, None);
    directory.delete_service(&s3).await.unwrap();
    assert_eq!(sender(&directory, &second).await, None);
    assert!(matches!(directory.delete_service(&s3).await, Err(IamError::NoService(_))));
}

#[tokio::test]
async fn no_two_services_share_a_name_or_an_alias() {
    let directory = directory().await;
    directory.create_service(new("s3", Some("alias/aws/s3")), &service_key()).await.unwrap();
    let again = directory.create_service(new("s3", None), &service_key()).await;
    assert!(matches!(again, Err(IamError::ServiceExists(_))));
    let other = directory.create_service(new("ec2", Some("alias/aws/s3")), &service_key()).await;
    assert!(matches!(other, Err(IamError::AliasTaken(_))));
    directory.create_service(new("ec2", None), &service_key()).await.unwrap();
    let services = directory.services().await.unwrap();
    let names: Vec<&str> = services.iter().map(|service| service.principal.label()).collect();
    assert_eq!(names, ["ec2", "s3"]);
    let owner = directory.service_of_alias(&"alias/aws/s3".parse().unwrap()).await.unwrap();
    assert_eq!(owner.unwrap().principal.as_str(), "s3.amazonaws.com");
}

#[tokio::test]
async fn nobody_gets_the_account_of_the_services() {
    let created = directory().await.create_account(AccountId::SERVICES, "x".parse().unwrap(), &key()).await;
    assert!(matches!(created, Err(IamError::AccountExists(AccountId::SERVICES))));
}
