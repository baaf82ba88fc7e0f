//! What a hub may say to a publisher, and the words that each becomes: what happened, and what to do.

use super::{Ran, User, small};
use crate::stand_in_hub::StandIn;

fn publish(user: &User) -> Ran {
    let (_folder, name) = small();
    user.publish(&["model", &name, "--repo", "acme/x"])
}

/// The last line of a failure, for plans and the like come before it.
fn last(ran: &Ran) -> &str {
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{ran:?}");
    ran.stderr.lines().last().expect("a message")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_and_no_network_are_said_before_anything_else() {
    let hub = StandIn::start().await;
    let ran = publish(&User::at(&hub.endpoint));
    assert!(
        ran.refusal(64)
            .starts_with("there is no token for the hub at http://127.0.0.1:"),
        "{ran:?}"
    );
    assert!(
        ran.stderr.contains("set HF_TOKEN to one with write access"),
        "{ran:?}"
    );
    let ran = publish(&User::of(&hub).with("HF_HUB_OFFLINE", "1"));
    assert!(
        ran.refusal(64).starts_with("HF_HUB_OFFLINE is set"),
        "{ran:?}"
    );
    assert!(hub.take_seen().is_empty());
    let endpoint = hub.endpoint.clone();
    drop(hub);
    // Nothing listens on port 9, ever.
    let ran = publish(&User::at("http://127.0.0.1:9").with("HF_TOKEN", "hf_x"));
    let said = last(&ran);
    assert!(
        said.starts_with("cannot reach the hub at http://127.0.0.1:9 to look at model `acme/x`"),
        "{said}"
    );
    assert!(
        said.ends_with("check the network and HF_ENDPOINT"),
        "{said} {endpoint}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_said() {
    let hub = StandIn::start().await;
    let ran = publish(&User::at(&hub.endpoint).with("HF_TOKEN", "hf_wrong"));
    let said = last(&ran);
    assert!(
        said.contains("does not accept the token: Invalid username or password; make a new one"),
        "{said}"
    );
    assert!(!ran.stderr.contains("hf_wrong"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repo_of_somebody_else_is_said_to_be_taken_or_forbidden() {
    let hub = StandIn::start().await;
    hub.hide("models/acme/x");
    let ran = publish(&User::of(&hub));
    let said = last(&ran);
    assert!(
        said.starts_with("the name `acme/x` is taken: the hub has such a model"),
        "{said}"
    );
    let (_folder, name) = small();
    let ran = User::of(&hub).publish(&["model", &name, "--repo", "other/x"]);
    let said = last(&ran);
    assert!(
        said.starts_with("the token may not create model `other/x`: You don't have the rights"),
        "{said}"
    );
    assert!(said.contains("give it write access to `other`"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_hub_refuses_becomes_words_that_say_what_to_do() {
    let cases = [
        (
            ("POST", "/commit/"),
            403,
            "Authorization error.",
            "the token may not commit to model `acme/x`: Authorization error; give it",
        ),
        (
            ("POST", "/commit/"),
            403,
            "Private repository storage limit reached",
            "has no room to commit to model `acme/x` (403: Private repository storage limit reached); free some",
        ),
        (
            ("POST", "/preupload/"),
            413,
            "too large",
            "has no room to prepare an upload to model `acme/x` (413: too large)",
        ),
        (
            ("POST", "/create"),
            402,
            "Payment required",
            "has no room to create model `acme/x` (402: Payment required)",
        ),
        (
            ("POST", "/commit/"),
            412,
            "A commit has happened since",
            "somebody else changed model `acme/x` at the same time; run the command again",
        ),
        (
            ("POST", "/commit/"),
            400,
            "license must be one of",
            "refuses to commit to model `acme/x` (400: license must be one of); mend that",
        ),
        (
            ("POST", "/preupload/"),
            404,
            "gone",
            "has no model `acme/x`; check --repo",
        ),
        (
            ("PUT", "/storage/"),
            403,
            "expired",
            "failed when asked to take `model.onnx` for model `acme/x`: its storage refuses the bytes: expired; run the command again",
        ),
        (
            ("POST", "/verify"),
            404,
            "nothing arrived",
            "its storage did not get the bytes",
        ),
    ];
    for (place, status, words, expected) in cases {
        let hub = StandIn::start().await;
        hub.fail(place, status, &[], words, 1);
        let ran = publish(&User::of(&hub));
        let said = last(&ran);
        assert!(said.contains(expected), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limited_rate_is_waited_for_and_a_long_wait_is_said() {
    let hub = StandIn::start().await;
    hub.fail(
        ("POST", "/commit/"),
        429,
        &[("retry-after", "1")],
        "slow down",
        1,
    );
    hub.fail(("POST", "/preupload/"), 503, &[], "restarting", 1);
    publish(&User::of(&hub)).commit();
    let lines: Vec<String> = hub.take_seen().into_iter().map(|seen| seen.line).collect();
    for asked_twice in ["/commit/main", "/preupload/main"] {
        let count = lines
            .iter()
            .filter(|line| line.ends_with(asked_twice))
            .count();
        assert_eq!(count, 2, "{asked_twice}: {lines:?}");
    }

    let hub = StandIn::start().await;
    hub.fail(
        ("POST", "/create"),
        429,
        &[("retry-after", "3600")],
        "slow down",
        1,
    );
    let ran = publish(&User::of(&hub));
    let said = last(&ran);
    assert!(said.contains("limiting the rate of requests and asks for 3600 s of patience; wait and run the command again"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_before_a_failure_is_not_sent_again() {
    let hub = StandIn::start().await;
    let user = User::of(&hub);
    let (_folder, name) = small();
    let arguments = ["model", name.as_str(), "--repo", "acme/x"];
    hub.fail(("POST", "/commit/"), 400, &[], "not now", 1);
    assert_eq!(user.publish(&arguments).code, 1);
    hub.take_seen();
    user.publish(&arguments).commit();
    let seen = hub.take_seen();
    assert!(
        seen.iter().all(|seen| !seen.line.starts_with("PUT ")),
        "{seen:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_none_is_a_wrong_command_line() {
    let (_folder, name) = small();
    let user = User::at("http://127.0.0.1:9").with("HF_TOKEN", "hf_x");
    let ran = user.publish(&["model", &name, "--repo", "https://huggingface.co/acme/x"]);
    assert!(
        ran.refusal(64)
            .contains("is an address; write `owner/name` alone"),
        "{ran:?}"
    );
}
