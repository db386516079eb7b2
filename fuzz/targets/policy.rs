//! Key policy documents: any text is a policy or one of the named faults, always the same.
#![no_main]

use claviger_names::AccountId;
use claviger_policy::KeyPolicy;
use libfuzzer_sys::fuzz_target;

const ACCOUNT: u64 = 111_122_223_333;

fuzz_target!(|text: &str| {
    let read = KeyPolicy::parse(text);
    assert_eq!(read, KeyPolicy::parse(text));
    let Ok(policy) = read else { return };
    assert!(!policy.statements.is_empty(), "a policy without statements");
    assert!(policy.principals().next().is_some(), "a policy about nobody");
    let account = AccountId::from_number(ACCOUNT).expect("twelve digits");
    for action in ["kms:PutKeyPolicy", "kms:*", ""] {
        policy.leaves_to_account(account, action);
    }
});
