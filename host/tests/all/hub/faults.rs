//! Every known way in which a hub fails: each heals, or ends in a message that says what to do and leaves nothing behind.
//! Must not look into the cache beyond the names of its files.

use std::time::Duration;

use modelhost::source::{Error, Origin, Secret, fetch};

use super::*;
use crate::fake_hub::{Fault, On, STALL_AFTER};

#[tokio::test]
async fn a_token_is_sent_and_never_shown() {
    let mut setup = setup().await;
    setup.settings.token = Some(Secret::new("hf_secret"));
    let refusal = Fault::status(403)
        .with_header("x-error-code", "GatedRepo")
        .with_header("x-error-message", "hf_secret may not read acme/x");
    setup.hub.fail(On::Resolve, refusal, 1);
    let error = setup.model().await.unwrap_err();
    assert!(
        matches!(error, Error::AccessDenied { status: 403, .. }),
        "{error}"
    );
    assert!(error.is_permanent());
    for text in [
        error.to_string(),
        format!("{error:?}"),
        format!("{:?}", setup.settings),
    ] {
        assert!(!text.contains("hf_secret"), "{text}");
    }
    assert!(error.to_string().contains("accept its licence"), "{error}");
    let seen = setup.hub.take_seen();
    assert_eq!(seen[0].authorization.as_deref(), Some("Bearer hf_secret"));
}

#[tokio::test]
async fn without_a_token_none_is_sent_and_a_refusal_says_to_set_one() {
    let setup = setup().await;
    setup.hub.fail(On::Resolve, Fault::status(401), 1);
    let error = setup.model().await.unwrap_err();
    assert!(
        matches!(error, Error::AccessDenied { status: 401, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("set HF_TOKEN"), "{error}");
    setup.model().await.unwrap();
    assert!(
        setup
            .hub
            .take_seen()
            .iter()
            .all(|seen| seen.authorization.is_none())
    );
}

#[tokio::test]
async fn a_missing_repository_is_told_from_a_missing_revision() {
    let setup = setup().await;
    let files = [required("model.onnx")];
    let missing = fetch(&repo("nothing", "main"), &files, &setup.settings, &|_| {}).await;
    let error = missing.unwrap_err();
    assert!(matches!(error, Error::RepoNotFound { .. }), "{error}");
    for revision in ["v9".to_owned(), commit(9)] {
        let error = setup.get(&revision, &files).await.unwrap_err();
        assert!(matches!(error, Error::RevisionNotFound { .. }), "{error}");
        assert!(error.to_string().contains(&revision), "{error}");
    }
}

#[tokio::test]
async fn a_hub_that_gives_no_reason_for_a_404_is_asked_for_the_repository() {
    let setup = setup().await;
    setup.hub.fail(On::Resolve, Fault::status(404), 1);
    let error = setup.model().await.unwrap_err();
    assert!(matches!(error, Error::RevisionNotFound { .. }), "{error}");
}

#[tokio::test]
async fn a_missing_file_is_answered_with_the_files_there_are() {
    let setup = setup().await;
    let error = setup
        .get("main", &[required("model.bin")])
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "model `acme/x` has no file `model.bin` at revision `main`; it has: model.onnx, README.md"
    );
    assert!(error.is_permanent());
}

/// Some hubs refuse what they do not have.
#[tokio::test]
async fn a_refused_file_that_the_listing_lacks_is_missing() {
    let setup = setup().await;
    setup.hub.fail(On::Head, Fault::status(401), 2);
    let files = [required("model.onnx"), optional("none.json")];
    let error = setup.get("main", &files).await.unwrap_err();
    assert!(matches!(error, Error::AccessDenied { .. }), "{error}");
    let error = setup
        .get("main", &[required("none.json")])
        .await
        .unwrap_err();
    assert!(matches!(error, Error::FileNotFound { .. }), "{error}");
}

#[tokio::test]
async fn a_rate_limit_that_passes_is_waited_out() {
    let setup = setup().await;
    let limit = Fault::status(429).with_header("retry-after", "0");
    setup.hub.fail(On::Resolve, limit.clone(), 1);
    setup.hub.fail(On::Head, limit, 2);
    assert_eq!(
        only(setup.model().await.unwrap()),
        (Origin::Hub, MODEL.to_vec())
    );
}

#[tokio::test]
async fn a_rate_limit_that_stays_is_handed_up_with_its_wait() {
    let setup = setup().await;
    setup.hub.fail(
        On::Resolve,
        Fault::status(429).with_header("retry-after", "300"),
        1,
    );
    let error = setup.model().await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(300)));
    assert!(!error.is_permanent());
    assert_eq!(setup.asked("GET"), 1, "no try before the wait is over");

    setup.hub.fail(On::Resolve, Fault::status(429), usize::MAX);
    let error = setup.model().await.unwrap_err();
    assert!(matches!(error, Error::RateLimited { .. }), "{error}");
    assert_eq!(setup.asked("GET"), 3, "one try and two retries");
}

/// hf-hub does not look at the status of the GET and stores the error's text as the file.
#[tokio::test]
async fn an_error_page_after_a_good_head_heals() {
    let setup = setup().await;
    setup.hub.fail(On::Get, Fault::status(500), 1);
    assert_eq!(
        only(setup.model().await.unwrap()),
        (Origin::Hub, MODEL.to_vec())
    );
}

#[tokio::test]
async fn an_error_page_that_persists_is_refused_and_leaves_nothing() {
    let setup = setup().await;
    setup.hub.fail(On::Get, Fault::status(500), usize::MAX);
    let error = setup.model().await.unwrap_err();
    assert!(matches!(error, Error::DigestMismatch(_)), "{error}");
    assert!(error.to_string().contains("as the test asked"), "{error}");
    assert!(!error.is_permanent());
    assert_eq!(setup.cached(), Vec::<String>::new());
}

#[tokio::test]
async fn a_hub_that_fails_for_a_moment_is_asked_again() {
    let setup = setup().await;
    setup.hub.fail(On::Resolve, Fault::status(500), 1);
    setup.hub.fail(On::Head, Fault::status(503), 2);
    assert_eq!(
        only(setup.model().await.unwrap()),
        (Origin::Hub, MODEL.to_vec())
    );
}

#[tokio::test]
async fn a_short_body_heals_or_leaves_nothing() {
    let setup = setup().await;
    setup.hub.fail(On::Get, Fault::ShortBody, 1);
    assert_eq!(
        only(setup.model().await.unwrap()),
        (Origin::Hub, MODEL.to_vec())
    );

    let setup = self::setup().await;
    setup.hub.fail(On::Get, Fault::ShortBody, usize::MAX);
    let error = setup.model().await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert_eq!(setup.cached(), Vec::<String>::new());
}

#[tokio::test]
async fn wrong_bytes_of_the_right_length_heal_or_leave_nothing() {
    let setup = setup().await;
    setup.hub.fail(On::Get, Fault::WrongBytes, 1);
    assert_eq!(
        only(setup.model().await.unwrap()),
        (Origin::Hub, MODEL.to_vec())
    );

    let setup = self::setup().await;
    setup.hub.fail(On::Get, Fault::WrongBytes, usize::MAX);
    let error = setup.model().await.unwrap_err();
    assert!(matches!(error, Error::DigestMismatch(_)), "{error}");
    assert!(error.to_string().contains(&sha256(MODEL)), "{error}");
    assert_eq!(setup.asked("GET /acme"), 2, "one download and one more");
    assert_eq!(setup.cached(), Vec::<String>::new());
}

#[tokio::test]
async fn a_download_that_stalls_is_broken_off_and_tried_again() {
    let mut setup = setup().await;
    setup.settings.request_timeout = STALL_AFTER;
    // On a loaded machine a sound answer may come late as well.
    setup.settings.retries = 10;
    setup.hub.fail(On::Get, Fault::Stall, 1);
    assert_eq!(
        only(setup.model().await.unwrap()),
        (Origin::Hub, MODEL.to_vec())
    );
}

#[tokio::test]
async fn a_hub_that_stays_silent_is_given_up() {
    for (on, fault) in [
        (On::Resolve, Fault::Silence),
        (On::Head, Fault::Silence),
        (On::Get, Fault::Stall),
    ] {
        let mut setup = setup().await;
        setup.settings.request_timeout = STALL_AFTER;
        setup.settings.retries = 0;
        setup.hub.fail(on, fault, usize::MAX);
        let error = setup.model().await.unwrap_err();
        assert!(matches!(error, Error::Stalled { .. }), "{on:?}: {error}");
        assert_eq!(setup.cached(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn an_answer_that_is_no_hubs_is_told_from_a_broken_connection() {
    let setup = setup().await;
    setup.hub.fail(On::Resolve, Fault::Html, usize::MAX);
    let error = setup.model().await.unwrap_err();
    assert!(matches!(error, Error::Failed { .. }), "{error}");
    assert!(
        error.to_string().contains("not the JSON of a hub"),
        "{error}"
    );
    assert!(!error.is_permanent());
}

#[tokio::test]
async fn an_address_that_is_none_says_which_variable_to_set() {
    let mut setup = setup().await;
    for endpoint in ["huggingface.co", "ftp://hub", "http://"] {
        setup.settings.endpoint = endpoint.to_owned();
        let error = setup.model().await.unwrap_err();
        assert!(matches!(error, Error::Endpoint { .. }), "{error}");
        assert!(error.to_string().contains("HF_ENDPOINT"), "{error}");
    }
}
