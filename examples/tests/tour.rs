//! The tour goes well, and fails where it should: at the step whose port, record or password is
//! broken.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener},
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use mail_errors::{Secret, diagnosis::Language};
use mail_examples::tour::{Broken, Step, Summary, Tour, TourError, Trouble};

/// A directory of the test's own, to see what stays behind.
struct Dir(PathBuf);

impl Dir {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let nth = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("tour-test-{}-{nth}", std::process::id()));
        fs::create_dir_all(&path).expect("a directory");
        Self(path)
    }

    fn is_empty(&self) -> bool {
        fs::read_dir(&self.0).expect("is there").next().is_none()
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn go(tour: Tour) -> (Result<Summary, TourError>, String) {
    let (dir, mut out) = (Dir::new(), Vec::new());
    // A machine that tests on all its cores may be slow; a step that hangs is still found.
    let tour = tour.patience(Duration::from_secs(30)).inside(&dir.0);
    let told = tour.run(&mut out).await;
    assert!(dir.is_empty(), "nothing stays behind");
    (told, String::from_utf8(out).expect("text"))
}

/// The text of each step, by the numbers in front.
fn steps(told: &str) -> Vec<&str> {
    let begin = |step: &Step| {
        let heading = format!("\n{:2}. ", step.number());
        told.find(&heading)
    };
    let mut begins: Vec<usize> = Step::ALL.iter().map_while(begin).collect();
    assert!(begins.is_sorted(), "the steps come in their order");
    begins.push(told.len());
    begins.windows(2).filter_map(|ends| told.get(ends[0]..ends[1])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn ok_every_step_shows_something_of_this_run() {
    let (summary, told) = go(Tour::new()).await;
    let summary = summary.expect(&told);
    assert_eq!(summary.steps(), Step::ALL);
    let steps = steps(&told);
    assert_eq!(steps.len(), Step::ALL.len());
    for step in &steps {
        assert!(step.contains(summary.token()), "{step}");
    }
    let step = |step: Step| steps[step.number() - 1];
    assert!(step(Step::LookUp).contains("south.test MX? (UDP 127.0.0.") || ipv6(&told), "{told}");
    assert!(step(Step::LookUp).contains("10 mail.south.test"));
    assert!(step(Step::Relay).contains("STARTTLS, TLSv1.3"));
    assert!(step(Step::Announce).contains("* 1 EXISTS"));
    assert!(step(Step::Fetch).contains("* 1 EXPUNGE"));
    assert!(step(Step::Trace).contains("by mail.north.test with ESMTPSA"));
    for (refused, reply, cause) in [
        (Step::UnknownUser, "550 5.1.1 ", "there is no such mailbox"),
        (Step::NotServed, "551 5.7.1 ", "not served"),
        (Step::MailboxFull, "552 5.2.2 ", "mailbox is full"),
        (Step::NotYours, "553 5.7.1 ", "sender"),
        (Step::Loop, "554 5.4.6 ", "in circles"),
    ] {
        let text = step(refused);
        assert!(text.contains(reply), "{text}");
        assert!(text.contains(cause) && text.contains("To act: "), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ok_over_two_versions_of_ip() {
    let both: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    if TcpListener::bind((both[1], 0)).is_err() {
        return println!("skipped: there is no IPv6 here");
    }
    let (summary, told) = go(Tour::new().at(both)).await;
    summary.expect(&told);
    let steps = steps(&told);
    assert!(steps[Step::LookUp.number() - 1].contains("mail.south.test AAAA? (UDP [::1]:"));
    assert!(steps[Step::Relay.number() - 1].contains("mail.south.test ([::1]:"), "{told}");
}

/// Where 127.0.0.2 is not there.
fn ipv6(told: &str) -> bool {
    told.contains("::1")
}

#[tokio::test(flavor = "multi_thread")]
async fn ok_two_runs_at_once_are_told_apart() {
    let (first, second) = tokio::join!(go(Tour::new()), go(Tour::new()));
    let tokens = [first.0.expect("goes well"), second.0.expect("goes well")];
    let [first_token, second_token] = [tokens[0].token(), tokens[1].token()];
    assert_ne!(first_token, second_token);
    assert!(!first.1.contains(second_token) && !second.1.contains(first_token));
}

#[tokio::test(flavor = "multi_thread")]
async fn ok_in_japanese() {
    let (summary, told) = go(Tour::new().language(Language::Japanese)).await;
    let summary = summary.expect(&told);
    let steps = steps(&told);
    assert_eq!(steps.len(), Step::ALL.len());
    assert!(steps.iter().all(|step| step.contains(summary.token())));
    for step in &steps[Step::UnknownUser.number() - 1..] {
        assert!(step.contains("原因") && step.contains("対応が必要な方："), "{step}");
    }
    for english in ["Answer:", "Server:", "To act:", "Dear Bob", "went well"] {
        assert!(!told.contains(english), "{english}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ok_wire_without_credentials() {
    let password = "tanstaaf-and-a-tail";
    let (summary, told) = go(Tour::new().wire(true).password(Secret::from(password))).await;
    let summary = summary.expect(&told);
    for line in ["C: EHLO ", "C: STARTTLS", "C: BDAT ", "C: STLS", "C: RETR 1", "C: DONE", "S: +OK"]
    {
        assert!(told.contains(line), "{line} is on the wire");
    }
    assert!(told.contains(&format!("C: Subject: Tour {}", summary.token())));
    // By the strongest mechanism, three times over: to send, to wait, and to fetch.
    assert!(told.contains("AUTHENTICATE SCRAM-SHA-256-PLUS ***"), "{told}");
    assert!(told.matches("C: AUTH SCRAM-SHA-256-PLUS ***").count() >= 2, "{told}");
    let mut forms = vec![password.to_owned(), STANDARD.encode(password)];
    for user in ["alice@north.test", "bob@south.test"] {
        forms.push(STANDARD.encode(format!("\0{user}\0{password}")));
        forms.push(STANDARD.encode(format!("{user}\0{user}\0{password}")));
    }
    for form in forms {
        assert!(!told.contains(&form), "{form} can be read");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn err_nobody_listens_at_the_port_of_the_other_office() {
    let (told, text) = go(Tour::new().broken(Broken::Port)).await;
    let error = told.expect_err("nobody can be talked to");
    assert_eq!(error.step(), Some(Step::Relay), "{text}");
    assert!(matches!(error.trouble(), Trouble::PutOff(_)), "{error}");
    assert!(error.to_string().starts_with("step 5 failed"), "{error}");
    // The way up to there was gone, and not a step more.
    assert_eq!(steps(&text).len(), Step::Relay.number());
}

#[tokio::test(flavor = "multi_thread")]
async fn err_no_mx_record() {
    let (told, text) = go(Tour::new().broken(Broken::Record)).await;
    let error = told.expect_err("there is no way");
    assert_eq!(error.step(), Some(Step::LookUp), "{text}");
    assert!(matches!(error.trouble(), Trouble::NoRoute(_)), "{error}");
    assert!(text.contains("south.test MX? "), "what was asked is shown: {text}");
    assert_eq!(steps(&text).len(), Step::LookUp.number());
}

#[tokio::test(flavor = "multi_thread")]
async fn err_wrong_password() {
    let (told, text) = go(Tour::new().broken(Broken::Password).language(Language::Japanese)).await;
    let error = told.expect_err("she does not get in");
    assert_eq!(error.step(), Some(Step::Submit), "{text}");
    let Trouble::WrongReply { got, .. } = error.trouble() else { panic!("{error}") };
    assert_eq!(got.code().get(), 535);
    assert!(error.to_string().starts_with("ステップ 2"), "{error}");
    assert_eq!(steps(&text).len(), Step::Submit.number());
}

#[tokio::test(flavor = "multi_thread")]
async fn err_output_that_takes_nothing_fails_the_tour() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let dir = Dir::new();
    let error = Tour::new().inside(&dir.0).run(&mut Full).await.expect_err("nobody hears it");
    assert!(matches!(error.trouble(), Trouble::Io(_)), "{error}");
    assert!(dir.is_empty(), "nothing stays behind");
}
