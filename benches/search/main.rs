//! The search of the catalogue beside tantivy, a search engine for everything: the same services, the same queries, which
//! of them show a right service among the first three, and what each takes.
//!
//! ```text
//! cargo bench -p search-bench
//! ```

#![expect(clippy::float_arithmetic, reason = "what is computed here are measures, not money")]

#[path = "../rounds.rs"]
mod rounds;

mod general;
mod golden;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use catalog::sample::{DEMONSTRATION_SEED, DEMONSTRATION_SERVICES};
use catalog::{Catalogue, Filters};
use rustix::time::{ClockId, clock_gettime};

use crate::general::General;
use crate::golden::Query;
use crate::rounds::{Purpose, Table};

/// The same as in the executable.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const OURS: &str = "the catalogue's search";
const TANTIVY: &str = "tantivy";
/// A page of results. The right service must be among the first three of them.
const SHOWN: usize = 20;
const LOOKED_AT: usize = 3;
/// A try has few services: those that come with the product, and some samples.
const SERVICES_OF_A_TRY: usize = 300;

fn main() {
    let purpose = Purpose::of_process();
    let services = purpose.choose(DEMONSTRATION_SERVICES, SERVICES_OF_A_TRY);
    let catalogue = Catalogue::demonstration(services, DEMONSTRATION_SEED);
    let general = General::of(&catalogue);
    let queries = golden::queries();

    compare_answers(&catalogue, &general, &queries);
    compare_time(&catalogue, &general, &queries, purpose.choose(15, 1));
    compare_making(&catalogue, purpose.choose(3, 1));
    let mut sizes = Table::new("Index in memory", "bytes");
    sizes.note(OURS, catalogue.search_index_size_bytes() as f64);
    sizes.note(TANTIVY, general.size_bytes() as f64);
    sizes.print(TANTIVY);
}

/// One who answers a query with the positions of services, best first.
type Answers<'a> = &'a dyn Fn(&Query) -> Vec<usize>;

fn ours_of(catalogue: &Catalogue, query: &Query) -> Vec<usize> {
    let found = catalogue.search(query.text, query.language, &Filters::default(), SHOWN);
    found.hits.iter().map(|hit| hit.service.position()).collect()
}

fn compare_answers(catalogue: &Catalogue, general: &General, queries: &[Query]) {
    let ours = |query: &Query| ours_of(catalogue, query);
    let tantivys = |query: &Query| general.search(query.text, query.language, SHOWN);
    let contestants: [(&str, Answers<'_>); 2] = [(OURS, &ours), (TANTIVY, &tantivys)];
    println!("\n### Right service among the first {LOOKED_AT}, {} services\n", catalogue.services().len());
    println!("| | of {} queries | share | missed, by class |\n|---|---|---|---|", queries.len());
    for (name, answer) in contestants {
        let mut missed: BTreeMap<&str, usize> = BTreeMap::new();
        for query in queries {
            let shown = answer(query).into_iter().take(LOOKED_AT);
            let is_right =
                query.is_answered_by(shown.map(|position| catalogue.services()[position].slug.as_str()));
            if !is_right {
                *missed.entry(query.class).or_default() += 1;
            }
        }
        let right = queries.len() - missed.values().sum::<usize>();
        let share = 100.0 * right as f64 / queries.len() as f64;
        let missed: Vec<_> = missed.iter().map(|(class, count)| format!("{class} {count}")).collect();
        println!("| {name} | {right} | {share:.1} % | {} |", missed.join(", "));
    }
}

fn compare_time(catalogue: &Catalogue, general: &General, queries: &[Query], rounds: usize) {
    let ours = |query: &Query| ours_of(catalogue, query);
    let tantivys = |query: &Query| general.search(query.text, query.language, SHOWN);
    let contestants: [(&str, Answers<'_>); 2] = [(OURS, &ours), (TANTIVY, &tantivys)];
    let mut medians = Table::new(format!("A query, first {SHOWN}: median processor time"), "µs");
    let mut p99s = Table::new(format!("A query, first {SHOWN}: 99th of a hundred"), "µs");
    let mut most = Table::new(format!("A query, first {SHOWN}: the longest"), "µs");
    for _ in 0..rounds {
        for (name, answer) in contestants {
            let mut took: Vec<Duration> = queries
                .iter()
                .map(|query| {
                    let began = processor_time();
                    black_box(answer(black_box(query)));
                    processor_time() - began
                })
                .collect();
            took.sort_unstable();
            let at = |percent: usize| took[(took.len() - 1) * percent / 100].as_secs_f64() * 1e6;
            medians.note(name, at(50));
            p99s.note(name, at(99));
            most.note(name, at(100));
        }
    }
    medians.print(TANTIVY);
    p99s.print(TANTIVY);
    most.print(TANTIVY);
}

fn compare_making(catalogue: &Catalogue, rounds: usize) {
    const WHOLE: &str = "the whole catalogue from its document: read, checked, indexed";
    let mut making = Table::new("To make it, one thread", "s");
    let document = catalogue.to_json();
    for _ in 0..rounds {
        let began = Instant::now();
        black_box(Catalogue::from_json(&document).expect("it was one before"));
        making.note(WHOLE, began.elapsed().as_secs_f64());
        let began = Instant::now();
        black_box(General::of(catalogue));
        making.note(TANTIVY, began.elapsed().as_secs_f64());
    }
    making.print(TANTIVY);
}

/// What this thread has taken of a processor.
fn processor_time() -> Duration {
    let taken = clock_gettime(ClockId::ThreadCPUTime);
    let whole = Duration::from_secs(u64::try_from(taken.tv_sec).unwrap_or(0));
    whole + Duration::from_nanos(u64::try_from(taken.tv_nsec).unwrap_or(0))
}
