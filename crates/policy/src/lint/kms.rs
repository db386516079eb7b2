//! The actions of KMS and the condition keys that each has (developer guide and service authorization reference, 2026).

use super::catalogue::{Action, Catalogue, Form, Key, Reach, Scope};

/// KMS.
pub static KMS: Catalogue = Catalogue { service: "kms", actions: ACTIONS, keys: KEYS };

/// Every action, in the order of their names.
const ACTIONS: &[Action] = &[
    action("CancelKeyDeletion", Scope::Key),
    action("ConnectCustomKeyStore", Scope::Account),
    action("CreateAlias", Scope::AliasAndKey),
    action("CreateCustomKeyStore", Scope::Account),
    action("CreateGrant", Scope::Key),
    action("CreateKey", Scope::Account),
    action("Decapsulate", Scope::Key),
    action("Decrypt", Scope::Key),
    action("DeleteAlias", Scope::AliasAndKey),
    action("DeleteCustomKeyStore", Scope::Account),
    action("DeleteImportedKeyMaterial", Scope::Key),
    action("DeriveSharedSecret", Scope::Key),
    action("DescribeCustomKeyStores", Scope::Account),
    action("DescribeKey", Scope::Key),
    action("DisableKey", Scope::Key),
    action("DisableKeyRotation", Scope::Key),
    action("DisconnectCustomKeyStore", Scope::Account),
    action("EnableKey", Scope::Key),
    action("EnableKeyRotation", Scope::Key),
    action("Encapsulate", Scope::Key),
    action("Encrypt", Scope::Key),
    action("GenerateDataKey", Scope::Key),
    action("GenerateDataKeyPair", Scope::Key),
    action("GenerateDataKeyPairWithoutPlaintext", Scope::Key),
    action("GenerateDataKeyWithoutPlaintext", Scope::Key),
    action("GenerateMac", Scope::Key),
    action("GenerateRandom", Scope::Account),
    action("GetKeyLastUsage", Scope::Key),
    action("GetKeyPolicy", Scope::Key),
    action("GetKeyRotationStatus", Scope::Key),
    action("GetParametersForImport", Scope::Key),
    action("GetPublicKey", Scope::Key),
    action("ImportKeyMaterial", Scope::Key),
    action("ListAliases", Scope::Account),
    action("ListGrants", Scope::Key),
    action("ListKeyPolicies", Scope::Key),
    action("ListKeyRotations", Scope::Key),
    action("ListKeys", Scope::Account),
    action("ListResourceTags", Scope::Key),
    action("ListRetirableGrants", Scope::Account),
    action("PutKeyPolicy", Scope::Key),
    action("ReEncryptFrom", Scope::Key),
    action("ReEncryptTo", Scope::Key),
    action("ReplicateKey", Scope::Key),
    action("RetireGrant", Scope::KeyByIdentity),
    action("RevokeGrant", Scope::Key),
    action("RotateKeyOnDemand", Scope::Key),
    action("ScheduleKeyDeletion", Scope::Key),
    action("Sign", Scope::Key),
    action("SynchronizeMultiRegionKey", Scope::Key),
    action("TagResource", Scope::Key),
    action("UntagResource", Scope::Key),
    action("UpdateAlias", Scope::AliasAndKey),
    action("UpdateCustomKeyStore", Scope::Account),
    action("UpdateKeyDescription", Scope::Key),
    action("UpdatePrimaryRegion", Scope::Key),
    action("Verify", Scope::Key),
    action("VerifyMac", Scope::Key),
];

/// Actions with an encryption algorithm.
const DATA: &[&str] = &[
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
];
/// Actions with an encryption context, their own or that of a grant.
const CONTEXT: &[&str] = &[
    "CreateGrant",
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
    "RetireGrant",
];
const PAIRS: &[&str] = &["GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"];
const SIGNING: &[&str] = &["Sign", "Verify"];
const MACS: &[&str] = &["GenerateMac", "VerifyMac"];
const RE_ENCRYPTING: &[&str] = &["ReEncryptFrom", "ReEncryptTo"];
const RECIPIENT: &[&str] =
    &["Decrypt", "DeriveSharedSecret", "GenerateDataKey", "GenerateDataKeyPair", "GenerateRandom"];
const BY_ALIAS: &[&str] = &[
    "Decapsulate",
    "Decrypt",
    "DeriveSharedSecret",
    "DescribeKey",
    "Encapsulate",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
    "GetPublicKey",
    "ReEncryptFrom",
    "ReEncryptTo",
    "Sign",
    "Verify",
    "VerifyMac",
];
const TAGGING: &[&str] = &["CreateKey", "TagResource", "UntagResource"];
const STORES: &[&str] = &[
    "ConnectCustomKeyStore",
    "CreateCustomKeyStore",
    "CreateKey",
    "DeleteCustomKeyStore",
    "DescribeCustomKeyStores",
    "DisconnectCustomKeyStore",
    "UpdateCustomKeyStore",
];
const IDLE: &[&str] = &["DisableKey", "ScheduleKeyDeletion"];
const GRANTS: &[&str] = &["CreateGrant", "ListGrants", "RevokeGrant"];

const ENCRYPTION_ALGORITHMS: &[&str] =
    &["SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "SM2PKE"];
const EXPIRATION_MODELS: &[&str] = &["KEY_MATERIAL_EXPIRES", "KEY_MATERIAL_DOES_NOT_EXPIRE"];
const GRANT_OPERATIONS: &[&str] = &[
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
    "Sign",
    "Verify",
    "GetPublicKey",
    "CreateGrant",
    "RetireGrant",
    "DescribeKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateMac",
    "VerifyMac",
    "DeriveSharedSecret",
    "Encapsulate",
    "Decapsulate",
];
const KEY_SPECS: &[&str] = &[
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "ECC_NIST_P256",
    "ECC_NIST_P384",
    "ECC_NIST_P521",
    "ECC_SECG_P256K1",
    "SYMMETRIC_DEFAULT",
    "HMAC_224",
    "HMAC_256",
    "HMAC_384",
    "HMAC_512",
    "SM2",
    "ML_DSA_44",
    "ML_DSA_65",
    "ML_DSA_87",
    "ECC_NIST_EDWARDS25519",
    "ML_KEM_512",
    "ML_KEM_768",
    "ML_KEM_1024",
];
const KEY_USAGES: &[&str] =
    &["SIGN_VERIFY", "ENCRYPT_DECRYPT", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT", "ENCAPSULATE_DECAPSULATE"];
const MAC_ALGORITHMS: &[&str] = &["HMAC_SHA_224", "HMAC_SHA_256", "HMAC_SHA_384", "HMAC_SHA_512"];
const MESSAGE_TYPES: &[&str] = &["RAW", "DIGEST", "EXTERNAL_MU"];
const ORIGINS: &[&str] = &["AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"];
const PAIR_SPECS: &[&str] = &[
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "ECC_NIST_P256",
    "ECC_NIST_P384",
    "ECC_NIST_P521",
    "ECC_SECG_P256K1",
    "SM2",
    "ECC_NIST_EDWARDS25519",
    "ML_KEM_512",
    "ML_KEM_768",
    "ML_KEM_1024",
];
const SIGNING_ALGORITHMS: &[&str] = &[
    "RSASSA_PSS_SHA_256",
    "RSASSA_PSS_SHA_384",
    "RSASSA_PSS_SHA_512",
    "RSASSA_PKCS1_V1_5_SHA_256",
    "RSASSA_PKCS1_V1_5_SHA_384",
    "RSASSA_PKCS1_V1_5_SHA_512",
    "ECDSA_SHA_256",
    "ECDSA_SHA_384",
    "ECDSA_SHA_512",
    "SM2DSA",
    "ML_DSA_SHAKE_256",
    "ED25519_SHA_512",
    "ED25519_PH_SHA_512",
];
const WRAPPING_ALGORITHMS: &[&str] = &[
    "RSAES_PKCS1_V1_5",
    "RSAES_OAEP_SHA_1",
    "RSAES_OAEP_SHA_256",
    "RSA_AES_KEY_WRAP_SHA_1",
    "RSA_AES_KEY_WRAP_SHA_256",
    "SM2PKE",
];

/// Every condition key, in the order of their names, those of all services first.
const KEYS: &[Key] = &[
    one("aws:AssumedRoot", Form::Flag, Reach::Every),
    several("aws:CalledVia", Form::Text, Reach::Every),
    one("aws:CalledViaFirst", Form::Text, Reach::Every),
    one("aws:CalledViaLast", Form::Text, Reach::Every),
    one("aws:CurrentTime", Form::Time, Reach::Every),
    one("aws:Ec2InstanceSourcePrivateIPv4", Form::Address, Reach::Every),
    one("aws:Ec2InstanceSourceVpc", Form::Text, Reach::Every),
    one("aws:EpochTime", Form::Time, Reach::Every),
    one("aws:FederatedProvider", Form::Text, Reach::Every),
    one("aws:MultiFactorAuthAge", Form::Number, Reach::Every),
    one("aws:MultiFactorAuthPresent", Form::Flag, Reach::Every),
    one("aws:PrincipalAccount", Form::Account, Reach::Every),
    one("aws:PrincipalArn", Form::Arn, Reach::Every),
    one("aws:PrincipalIsAWSService", Form::Flag, Reach::Every),
    one("aws:PrincipalOrgID", Form::Text, Reach::Every),
    several("aws:PrincipalOrgPaths", Form::Text, Reach::Every),
    one("aws:PrincipalServiceName", Form::Text, Reach::Every),
    several("aws:PrincipalServiceNamesList", Form::Text, Reach::Every),
    one("aws:PrincipalTag/", Form::Text, Reach::Every),
    one(
        "aws:PrincipalType",
        Form::OneOf(&["Account", "User", "FederatedUser", "AssumedRole", "Anonymous"]),
        Reach::Every,
    ),
    one("aws:Referer", Form::Text, Reach::Every),
    one("aws:RequestedRegion", Form::Text, Reach::Every),
    one("aws:RequestTag/", Form::Text, Reach::Actions(TAGGING)),
    one("aws:ResourceAccount", Form::Account, Reach::Every),
    one("aws:ResourceOrgID", Form::Text, Reach::Every),
    several("aws:ResourceOrgPaths", Form::Text, Reach::Every),
    one("aws:ResourceTag/", Form::Text, Reach::KeysAnd(&["CreateKey"])),
    one("aws:SecureTransport", Form::Flag, Reach::Every),
    one("aws:SourceAccount", Form::Account, Reach::Every),
    one("aws:SourceArn", Form::Arn, Reach::Every),
    one("aws:SourceIdentity", Form::Text, Reach::Every),
    one("aws:SourceIp", Form::Address, Reach::Every),
    one("aws:SourceOrgID", Form::Text, Reach::Every),
    several("aws:SourceOrgPaths", Form::Text, Reach::Every),
    one("aws:SourceVpc", Form::Text, Reach::Every),
    one("aws:SourceVpcArn", Form::Arn, Reach::Every),
    one("aws:SourceVpce", Form::Text, Reach::Every),
    several("aws:TagKeys", Form::Text, Reach::Actions(TAGGING)),
    one("aws:TokenIssueTime", Form::Time, Reach::Every),
    one("aws:UserAgent", Form::Text, Reach::Every),
    one("aws:userid", Form::Text, Reach::Every),
    one("aws:username", Form::Text, Reach::Every),
    one("aws:ViaAWSService", Form::Flag, Reach::Every),
    one("aws:VpceAccount", Form::Account, Reach::Every),
    one("aws:VpceOrgID", Form::Text, Reach::Every),
    several("aws:VpceOrgPaths", Form::Text, Reach::Every),
    one("aws:VpcSourceIp", Form::Address, Reach::Every),
    one(
        "kms:BypassPolicyLockoutSafetyCheck",
        Form::Flag,
        Reach::Actions(&["CreateKey", "PutKeyPolicy", "ReplicateKey"]),
    ),
    one("kms:CallerAccount", Form::Account, Reach::KeysAnd(STORES)),
    one("kms:CustomerMasterKeySpec", Form::OneOf(KEY_SPECS), Reach::KeysAnd(&["CreateKey"])),
    one("kms:CustomerMasterKeyUsage", Form::OneOf(KEY_USAGES), Reach::KeysAnd(&["CreateKey"])),
    one("kms:DataKeyPairSpec", Form::OneOf(PAIR_SPECS), Reach::Actions(PAIRS)),
    one("kms:EncryptionAlgorithm", Form::OneOf(ENCRYPTION_ALGORITHMS), Reach::Actions(DATA)),
    one("kms:EncryptionContext:", Form::Text, Reach::Actions(CONTEXT)),
    several("kms:EncryptionContextKeys", Form::Text, Reach::Actions(CONTEXT)),
    one("kms:ExpirationModel", Form::OneOf(EXPIRATION_MODELS), Reach::Actions(&["ImportKeyMaterial"])),
    one("kms:GrantConstraintSourceArn", Form::Arn, Reach::Actions(&["CreateGrant"])),
    one(
        "kms:GrantConstraintType",
        Form::OneOf(&["EncryptionContextEquals", "EncryptionContextSubset"]),
        Reach::Actions(&["CreateGrant", "RetireGrant"]),
    ),
    one("kms:GranteePrincipal", Form::Arn, Reach::Actions(&["CreateGrant"])),
    one("kms:GranteeServicePrincipal", Form::Text, Reach::Actions(&["CreateGrant"])),
    one("kms:GrantIsForAWSResource", Form::Flag, Reach::Actions(GRANTS)),
    several("kms:GrantOperations", Form::OneOf(GRANT_OPERATIONS), Reach::Actions(&["CreateGrant"])),
    one("kms:KeyAgreementAlgorithm", Form::OneOf(&["ECDH"]), Reach::Actions(&["DeriveSharedSecret"])),
    one("kms:KeyOrigin", Form::OneOf(ORIGINS), Reach::KeysAnd(&["CreateKey"])),
    one("kms:KeySpec", Form::OneOf(KEY_SPECS), Reach::KeysAnd(&["CreateKey"])),
    one("kms:KeyUsage", Form::OneOf(KEY_USAGES), Reach::KeysAnd(&["CreateKey"])),
    one("kms:MacAlgorithm", Form::OneOf(MAC_ALGORITHMS), Reach::Actions(MACS)),
    one("kms:MessageType", Form::OneOf(MESSAGE_TYPES), Reach::Actions(SIGNING)),
    one("kms:MultiRegion", Form::Flag, Reach::KeysAnd(&["CreateKey"])),
    one("kms:MultiRegionKeyType", Form::OneOf(&["PRIMARY", "REPLICA"]), Reach::KeysAnd(&["CreateKey"])),
    one("kms:PolicyName", Form::OneOf(&["default"]), Reach::Actions(&["GetKeyPolicy", "PutKeyPolicy"])),
    one("kms:PrimaryRegion", Form::Text, Reach::Actions(&["UpdatePrimaryRegion"])),
    one("kms:RecipientAttestation:", Form::Text, Reach::Actions(RECIPIENT)),
    one("kms:ReEncryptOnSameKey", Form::Flag, Reach::Actions(RE_ENCRYPTING)),
    one("kms:ReplicaRegion", Form::Text, Reach::Actions(&["ReplicateKey"])),
    one("kms:RequestAlias", Form::Alias, Reach::Actions(BY_ALIAS)),
    several("kms:ResourceAliases", Form::Alias, Reach::KeysByIdentity),
    one("kms:RetiringPrincipal", Form::Arn, Reach::Actions(&["CreateGrant"])),
    one("kms:RetiringServicePrincipal", Form::Text, Reach::Actions(&["CreateGrant"])),
    one("kms:RotationPeriodInDays", Form::Number, Reach::Actions(&["EnableKeyRotation"])),
    one("kms:ScheduleKeyDeletionPendingWindowInDays", Form::Number, Reach::Actions(&["ScheduleKeyDeletion"])),
    one("kms:SigningAlgorithm", Form::OneOf(SIGNING_ALGORITHMS), Reach::Actions(SIGNING)),
    one("kms:TrailingDaysWithoutKeyUsage", Form::Number, Reach::Actions(IDLE)),
    one("kms:ValidTo", Form::Time, Reach::Actions(&["ImportKeyMaterial"])),
    one("kms:ViaService", Form::Endpoint, Reach::KeysAnd(&["CreateKey"])),
    one(
        "kms:WrappingAlgorithm",
        Form::OneOf(WRAPPING_ALGORITHMS),
        Reach::Actions(&["GetParametersForImport"]),
    ),
    one(
        "kms:WrappingKeySpec",
        Form::OneOf(&["RSA_2048", "RSA_3072", "RSA_4096", "SM2"]),
        Reach::Actions(&["GetParametersForImport"]),
    ),
];

const fn action(name: &'static str, scope: Scope) -> Action {
    Action { name, scope }
}

/// A key of one value.
const fn one(name: &'static str, form: Form, reach: Reach) -> Key {
    Key { name, form, many: false, reach }
}

/// A key of several values.
const fn several(name: &'static str, form: Form, reach: Reach) -> Key {
    Key { name, form, many: true, reach }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_stands_once_and_in_order() {
        assert!(ACTIONS.is_sorted_by_key(|action| action.name.to_lowercase()));
        assert!(KEYS.is_sorted_by_key(|key| key.name.to_lowercase()));
        assert!(ACTIONS.windows(2).all(|pair| pair[0].name != pair[1].name));
        assert!(KEYS.windows(2).all(|pair| pair[0].name != pair[1].name));
    }

    #[test]
    fn keys_name_actions_that_there_are() {
        for key in KEYS {
            let names = match key.reach {
                Reach::Actions(names) | Reach::KeysAnd(names) => names,
                Reach::Every | Reach::KeysByIdentity => &[],
            };
            for name in names {
                assert!(ACTIONS.iter().any(|action| action.name == *name), "{} {name}", key.name);
            }
        }
    }
}
