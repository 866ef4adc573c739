//! Nothing is allocated by a classification, after the first has read the tables.

#![cfg(feature = "classify")]

use mail_errors::classify::{Classifier, Failure};
use peak_alloc::PeakAlloc;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

#[test]
fn ok_nothing_is_allocated() {
    let classifier = Classifier::shared();
    for line in [
        &b"550 5.1.1 <gone@example.org>... No such user"[..],
        b"554 5.7.1 blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.1",
        b"Nov 1 mx postfix/smtp[2]: 4B: status=bounced (host mx said: 552 5.2.2 over quota)",
        b"550 \xe5\xae\x9b\xe5\x85\x88\xe4\xb8\x8d\xe6\x98\x8e",
    ] {
        HEAP.reset_peak_usage();
        let before = HEAP.current_usage();
        let told = classifier.classify(&Failure::find(line).expect("a reply"));
        // The highest mark is counted, so that nothing is given back unseen.
        assert_eq!(HEAP.peak_usage(), before);
        assert!(told.confidence().percent() > 50);
        assert!(!told.words().is_empty());
    }
}
