//! `malipo webhook verify`: checks a webhook that was received, and says which part of it is wrong.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;

use super::{EXIT_DIFFERENT, complain};
use crate::clock::{Clock, format_rfc3339};
use crate::notices::signature::{ID_HEADER, SIGNATURE_HEADER, SigningKey, TIMESTAMP_HEADER};

/// The longest file that is read, in bytes.
const FILE_LEN_MAX: u64 = 4 << 20;

/// What to do with webhooks.
#[derive(Debug, Subcommand)]
pub enum WebhookCommand {
    /// Check the signature of one; exit code 3 if it is not genuine.
    Verify(VerifyFlags),
}

/// The flags of `webhook verify`.
#[derive(Debug, clap::Args)]
pub struct VerifyFlags {
    /// The secret of the endpoint, whsec_…, or its public key, whpk_….
    #[arg(long)]
    secret: String,
    /// File with the headers as they came, one `Name: value` a line.
    #[arg(long, value_name = "FILE")]
    headers: PathBuf,
    /// File with the body as it came, to the byte.
    #[arg(long, value_name = "FILE")]
    body: PathBuf,
    /// How old or new the timestamp may be, in seconds. Receivers should not grant more than five minutes.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    tolerance: i64,
}

/// One part of a check.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    what: &'static str,
    /// What is wrong with it, or what it is.
    said: Result<String, String>,
}

/// Runs a command about webhooks.
pub(super) fn run(command: &WebhookCommand) -> ExitCode {
    let WebhookCommand::Verify(flags) = command;
    let checked = read(&flags.headers).and_then(|headers| {
        let body = read(&flags.body)?;
        let headers = String::from_utf8_lossy(&headers).into_owned();
        let key = SigningKey::parse(flags.secret.trim()).map_err(|error| format!("--secret: {error}"))?;
        Ok(check(&key, &headers, &body, flags.tolerance, Clock::system().now_micros() / 1_000_000))
    });
    let findings = match checked {
        Ok(findings) => findings,
        Err(reason) => {
            complain(&reason);
            return ExitCode::FAILURE;
        }
    };
    for Finding { what, said } in &findings {
        match said {
            Ok(said) => println!("[+] {what}: {said}"),
            Err(wrong) => println!("[-] {what}: {wrong}"),
        }
    }
    let is_genuine = findings.iter().all(|finding| finding.said.is_ok());
    println!("{}", if is_genuine { "genuine" } else { "NOT genuine" });
    if is_genuine { ExitCode::SUCCESS } else { ExitCode::from(EXIT_DIFFERENT) }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let too_long = || format!("{} is longer than any webhook", path.display());
    let length = std::fs::metadata(path).map_err(|error| format!("{}: {error}", path.display()))?.len();
    if length > FILE_LEN_MAX {
        return Err(too_long());
    }
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn check(key: &SigningKey, headers: &str, body: &[u8], tolerance: i64, now_seconds: i64) -> Vec<Finding> {
    let header = |name: &'static str| {
        let mut values = headers.lines().filter_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.trim().eq_ignore_ascii_case(name).then(|| value.trim())
        });
        match (values.next(), values.next()) {
            (None, _) => Err("there is no such header".to_owned()),
            (Some(_), Some(_)) => Err("there are several such headers".to_owned()),
            (Some(value), None) => Ok(value),
        }
    };
    let (id, timestamp, signatures) = (header(ID_HEADER), header(TIMESTAMP_HEADER), header(SIGNATURE_HEADER));
    let timestamp_said = timestamp.clone().and_then(|text| judge_timestamp(text, tolerance, now_seconds));
    let signature_said = match (&id, &timestamp, &signatures) {
        (Ok(id), Ok(timestamp), Ok(signatures)) => judge_signatures(key, id, timestamp, body, signatures),
        (_, _, Err(wrong)) => Err(wrong.clone()),
        _ => Err("cannot be checked without id and timestamp".to_owned()),
    };
    vec![
        Finding { what: ID_HEADER, said: id.map(str::to_owned) },
        Finding { what: TIMESTAMP_HEADER, said: timestamp_said },
        Finding { what: SIGNATURE_HEADER, said: signature_said },
    ]
}

fn judge_timestamp(text: &str, tolerance: i64, now_seconds: i64) -> Result<String, String> {
    let seconds: i64 = text.parse().map_err(|_| "it is no number of seconds since 1970".to_owned())?;
    let age = now_seconds.saturating_sub(seconds);
    let moment = format_rfc3339(seconds.saturating_mul(1_000_000));
    if age > tolerance {
        Err(format!("{moment} is {age} seconds ago: it may have been recorded and sent again"))
    } else if age < -tolerance {
        Err(format!("{moment} is {} seconds ahead: one of the clocks is wrong", age.saturating_neg()))
    } else {
        Ok(moment)
    }
}

fn judge_signatures(
    key: &SigningKey,
    id: &str,
    timestamp: &str,
    body: &[u8],
    signatures: &str,
) -> Result<String, String> {
    let all: Vec<_> = signatures.split(' ').filter(|signature| !signature.is_empty()).collect();
    let version = key.version();
    let mine: Vec<_> = all.iter().filter(|signature| signature.split(',').next() == Some(version)).collect();
    if mine.is_empty() {
        return Err(format!("none of its signatures is {version}, which this secret makes"));
    }
    if mine.iter().any(|signature| key.verifies(id, timestamp, body, signature)) {
        return Ok(format!("{version}, by this secret, over this id, timestamp and body"));
    }
    // Bodies that went through a file often come back with a line's end.
    let trimmed = body.trim_ascii();
    if trimmed != body && mine.iter().any(|signature| key.verifies(id, timestamp, trimmed, signature)) {
        return Err("the body has white space around it that was not signed: keep it as it came".to_owned());
    }
    Err("another secret, or another id, timestamp or body than was signed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNED: &str = "Webhook-Id: msg_p5jXN8AQM9LWM0D4loKWxJek\r\nWebhook-Timestamp: 1614265330\r\n\
                          Webhook-Signature: v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=\r\n";
    const THEN: i64 = 1_614_265_330;

    fn wrong(headers: &str, body: &[u8], now: i64) -> Vec<&'static str> {
        let findings = check(&SigningKey::parse(SECRET).unwrap(), headers, body, 300, now);
        findings.into_iter().filter(|finding| finding.said.is_err()).map(|finding| finding.what).collect()
    }

    #[test]
    fn each_part_that_is_wrong_is_named() {
        assert_eq!(wrong(SIGNED, BODY, THEN), [""; 0]);
        assert_eq!(wrong(SIGNED, BODY, THEN + 301), [TIMESTAMP_HEADER]);
        assert_eq!(wrong(SIGNED, BODY, THEN - 301), [TIMESTAMP_HEADER]);
        assert_eq!(wrong(SIGNED, b"{}", THEN), [SIGNATURE_HEADER]);
        assert_eq!(wrong(&SIGNED.replace("Webhook-Id", "Id"), BODY, THEN), [ID_HEADER, SIGNATURE_HEADER]);
        assert_eq!(wrong(&SIGNED.replace("v1,", "v1a,"), BODY, THEN), [SIGNATURE_HEADER]);
        assert_eq!(wrong(&format!("{SIGNED}webhook-id: x"), BODY, THEN), [ID_HEADER, SIGNATURE_HEADER]);
    }

    #[test]
    fn a_body_that_was_changed_by_an_editor_is_recognised() {
        let findings = check(&SigningKey::parse(SECRET).unwrap(), SIGNED, &[BODY, b"\n"].concat(), 300, THEN);
        assert!(findings[2].said.as_ref().unwrap_err().contains("white space"), "{findings:?}");
    }
}
