//! Whatever is in a trail, whatever became of its index, and whatever is asked: what is found is what a look-up finds that
//! reads everything.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use claviger_audit::{Attribute, Criterion, Index, Indexer, Lookup, Trail};
use jiff::SignedDuration;
use proptest::prelude::*;
use proptest::sample::{Index as At, select};

use crate::past::{
    ACCOUNTS, CONTEXT, ERRORS, NAMES, REGIONS, RESOURCES, Seed, append, index, naive, open, paged, records,
    start,
};
use crate::sample::files_ending;

/// What happens to a trail and its index.
#[derive(Clone, Debug)]
enum Step {
    Append(Vec<Seed>),
    Index,
    /// The server is started again.
    Reopen,
    Delete(At),
    Tear(At, At),
    Flip(At, At),
    Extend(At, Vec<u8>),
    /// One index in place of another.
    Confuse(At, At),
    Archive,
}

fn step() -> impl Strategy<Value = Step> {
    let at = any::<At>;
    prop_oneof![
        6 => proptest::collection::vec(any::<Seed>(), 0..700).prop_map(Step::Append),
        6 => Just(Step::Index),
        2 => Just(Step::Reopen),
        1 => at().prop_map(Step::Delete),
        1 => (at(), at()).prop_map(|(file, byte)| Step::Tear(file, byte)),
        1 => (at(), at()).prop_map(|(file, byte)| Step::Flip(file, byte)),
        1 => (at(), any::<Vec<u8>>()).prop_map(|(file, bytes)| Step::Extend(file, bytes)),
        1 => (at(), at()).prop_map(|(one, other)| Step::Confuse(one, other)),
        1 => Just(Step::Archive),
    ]
}

fn criterion() -> impl Strategy<Value = Criterion> {
    let is = |attribute: Attribute, values: Vec<&'static str>| {
        select(values).prop_map(move |value| Criterion::Is(attribute, value.into()))
    };
    let short = ["1234abcd-12ab-34cd-56ef-1234567890ab", "alias/orders", "orders"];
    let context = select(CONTEXT.as_slice());
    prop_oneof![
        is(Attribute::EventName, NAMES.to_vec()),
        is(Attribute::ReadOnly, vec!["true", "false", "TRUE"]),
        is(Attribute::Username, vec!["Alice", "root", "session", "role"]),
        is(Attribute::ResourceType, vec!["AWS::KMS::Key", "AWS::KMS::Alias"]),
        is(Attribute::ResourceName, [RESOURCES.as_slice(), &short].concat()),
        is(Attribute::EventSource, vec!["kms.amazonaws.com", "iam.amazonaws.com"]),
        is(Attribute::AccessKeyId, vec!["AKIAROOT", "ASIAEXAMPLE", "AKIANONE"]),
        is(Attribute::ErrorCode, ERRORS.to_vec()),
        is(
            Attribute::CallerArn,
            vec!["arn:aws:iam::111122223333:user/Alice", "arn:aws:iam::111122223333:root"]
        ),
        (0_u64..900).prop_map(|number| {
            let id = format!("07070707-0707-4707-8000-{number:012x}");
            Criterion::Is(Attribute::EventId, id.into())
        }),
        (context.clone(), context)
            .prop_map(|(key, value)| Criterion::Context { key: key.into(), value: value.into() }),
    ]
}

fn lookup() -> impl Strategy<Value = Lookup> {
    let account = proptest::option::of(select(ACCOUNTS.as_slice()));
    let region = proptest::option::of(select(REGIONS.as_slice()));
    let time =
        || proptest::option::weighted(0.3, (0_i64..256).prop_map(|s| start() + SignedDuration::from_secs(s)));
    let criteria = proptest::collection::vec(criterion(), 0..3);
    (account, region, criteria, time(), time()).prop_map(|(account, region, criteria, from, to)| Lookup {
        account: account.map(|account| account.parse().unwrap()),
        region: region.map(|region| region.parse().unwrap()),
        criteria,
        from,
        to,
    })
}

/// A trail that things happen to.
struct World<'d> {
    directory: &'d Path,
    trail: Arc<Trail>,
    indexer: Indexer,
    appended: u64,
}

impl<'d> World<'d> {
    fn new(directory: &'d Path) -> World<'d> {
        let trail = open(directory);
        World { directory, trail, indexer: Indexer::open(directory).unwrap(), appended: 0 }
    }

    fn append(&mut self, seeds: &[Seed]) {
        for seed in seeds {
            append(&self.trail, self.appended, *seed);
            self.appended += 1;
        }
    }

    fn go(&mut self, step: &Step) {
        let sidecars = files_ending(self.directory, "idx");
        let of = |at: &At| at.get(&sidecars).as_path();
        match step {
            Step::Append(seeds) => self.append(seeds),
            Step::Index => index(&self.trail, &mut self.indexer),
            Step::Reopen => self.indexer = Indexer::open(self.directory).unwrap(),
            Step::Archive => {
                let files = files_ending(self.directory, "jsonl");
                index(&self.trail, &mut self.indexer);
                if files.len() > 2 {
                    fs::remove_file(&files[0]).unwrap();
                }
            }
            _ if sidecars.is_empty() => {}
            Step::Delete(file) => fs::remove_file(of(file)).unwrap(),
            Step::Tear(file, byte) => change(of(file), |bytes| bytes.truncate(byte.index(bytes.len() + 1))),
            Step::Flip(file, byte) => change(of(file), |bytes| {
                if !bytes.is_empty() {
                    *byte.get_mut(bytes) ^= 4;
                }
            }),
            Step::Extend(file, more) => change(of(file), |bytes| bytes.extend(more)),
            Step::Confuse(one, other) => {
                let bytes = fs::read(of(other)).unwrap();
                fs::write(of(one), bytes).unwrap();
            }
        }
    }
}

fn change(file: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(file).unwrap();
    change(&mut bytes);
    fs::write(file, bytes).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_found_is_what_a_look_up_finds_that_reads_everything(
        steps in proptest::collection::vec(step(), 1..10),
        lookups in proptest::collection::vec(lookup(), 4),
        page in 1_usize..400,
    ) {
        let directory = tempfile::tempdir().unwrap();
        let mut world = World::new(directory.path());
        // One that has seen earlier states of the files.
        let index = Index::of_directory(directory.path());
        for step in &steps {
            world.go(step);
            for lookup in &lookups {
                let expected = naive(records(directory.path()).into_iter(), lookup);
                let found = paged(&index, lookup, page, || world.append(&[[5; 8]]));
                prop_assert_eq!(&found, &expected, "{:?}", lookup);
            }
        }
    }

    #[test]
    fn a_trail_in_memory_is_looked_up_in_the_same_way(
        seeds in proptest::collection::vec(any::<Seed>(), 0..300),
        lookup in lookup(),
        page in 1_usize..40,
    ) {
        let trail = Arc::new(Trail::in_memory(NonZeroUsize::new(250).unwrap()));
        seeds.iter().zip(0..).for_each(|(seed, number)| append(&trail, number, *seed));
        let expected = naive(trail.recent().into_iter(), &lookup);
        let found = paged(&Index::of(Arc::clone(&trail)), &lookup, page, || {});
        prop_assert_eq!(found, expected);
    }
}
