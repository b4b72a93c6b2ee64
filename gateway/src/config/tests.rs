//! Stories of operators and their configurations.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;

use super::flags::Flags;
use super::problems::Problems;
use super::sources::{ConfigFile, Origin};
use super::{Config, Mode, keys, show};

/// What `serve` needs beyond its defaults, behind a proxy.
const SERVABLE: [(&str, &str); 9] = [
    ("MALIPO_PUBLIC_PLAIN_BEHIND_PROXY", "true"),
    ("MALIPO_CALLBACK_PLAIN_BEHIND_PROXY", "true"),
    ("MALIPO_PUBLIC_BASE_URL", "https://malipo.go.ke"),
    ("MALIPO_PAYBILL_CALLBACK_BASE_URL", "https://cb.malipo.go.ke"),
    ("MALIPO_PAYBILL_CALLBACK_TOKEN", "0123456789abcdef0123456789abcdef"),
    ("MALIPO_PAYBILL_CONSUMER_KEY", "consumer-key"),
    ("MALIPO_PAYBILL_CONSUMER_SECRET", "consumer-secret"),
    ("MALIPO_PAYBILL_PASSKEY", "pass-key-of-the-paybill"),
    ("MALIPO_DATA_KEYS_DIRECTORY", "/var/lib/malipo-keys"),
];

fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn servable() -> BTreeMap<String, String> {
    let mut variables = environment(&SERVABLE);
    variables.insert("MALIPO_DATA_DIRECTORY".into(), "/var/lib/malipo".into());
    variables
}

fn file(text: &str) -> ConfigFile {
    ConfigFile { path: "malipo.toml".into(), text: text.to_owned() }
}

/// Each problem as `what | at`.
fn told(result: Result<Config, Problems>) -> Vec<String> {
    let problems = result.expect_err("the configuration is wrong");
    problems.iter().map(|problem| format!("{} | {}", problem.what, problem.at)).collect()
}

#[test]
fn demo_needs_nothing_said() {
    let config = Config::load(Mode::Demo, &Flags::default(), &BTreeMap::new(), None).unwrap();
    assert_eq!(config.public.address.to_string(), "127.0.0.1:8080");
    assert_eq!(config.demo.speed, 1);
    assert!(config.paybill.is_none());
    assert_eq!(config.callback.limits.connections_per_address_max, None);
}

#[test]
fn a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default() {
    let text = file("[public]\nlisten = '127.0.0.1:1'\nrequests_max = 11\nconnections_max = 111\n");
    let variables =
        environment(&[("MALIPO_PUBLIC_LISTEN", "127.0.0.1:2"), ("MALIPO_PUBLIC_REQUESTS_MAX", "22")]);
    let flags = Flags { listen: Some("127.0.0.1:3".into()), ..Flags::default() };
    let config = Config::load(Mode::Demo, &flags, &variables, Some(&text)).unwrap();
    assert_eq!(config.public.address.port(), 3);
    assert_eq!(config.public.requests_max, 22);
    assert_eq!(config.public.limits.connections_max, 111);

    assert_eq!(config.origin("public.listen"), Some(&Origin::Flag("--listen")));
    assert_eq!(
        config.origin("public.requests_max"),
        Some(&Origin::Environment("MALIPO_PUBLIC_REQUESTS_MAX".into()))
    );
    assert_eq!(
        config.origin("public.connections_max"),
        Some(&Origin::File { path: "malipo.toml".into(), line: 4 })
    );
    assert_eq!(config.origin("admin.listen"), Some(&Origin::Default));
    assert_eq!(config.origin("no.such_key"), None);
}

#[test]
fn every_problem_is_told_at_once_with_its_place() {
    let text = file(
        "loose = 1\n[public]\nlisten = 'nowhere'\nrequest_max = 5\nbody_deadline = 10\n\
         [paybill]\npasskey = 'in the clear'\nshort_code = 222222.0\n[nonsense]\nx = 1\n",
    );
    let variables =
        environment(&[("MALIPO_ADMIN_LISTN", "127.0.0.1:1"), ("MALIPO_DEMO_SPEED", "0"), ("PATH", "/bin")]);
    let flags = Flags { set: vec!["admin.requests_max=none".into(), "wrong".into()], ..Flags::default() };
    let told = told(Config::load(Mode::Demo, &flags, &variables, Some(&text)));
    for expected in [
        "loose stands outside of a section | malipo.toml line 1",
        "public.listen: expected an address and a port such as 127.0.0.1:8080 | malipo.toml line 3",
        "there is no key public.request_max | malipo.toml line 4",
        "public.body_deadline: expected a time such as 500ms, 10s, 5m or 1h | malipo.toml line 5",
        "paybill.passkey is a secret and does not belong in this file | malipo.toml line 7",
        "paybill.short_code: a float is not expected here | malipo.toml line 8",
        "there is no key nonsense.x | malipo.toml line 10",
        "no key has the variable MALIPO_ADMIN_LISTN | environment variable MALIPO_ADMIN_LISTN",
        "demo.speed: expected at least 1 | environment variable MALIPO_DEMO_SPEED",
        "admin.requests_max: expected a whole number | flag --set",
        "there is no key wrong | flag --set",
    ] {
        assert!(told.iter().any(|line| line == expected), "{expected}\nis not in\n{}", told.join("\n"));
    }
    assert_eq!(told.len(), 11, "{}", told.join("\n"));
}

#[test]
fn toml_that_is_none_is_told_by_line_and_does_not_hide_the_rest() {
    let text = file("[public]\nlisten = = 1\n\n[admin]\nlisten = 'nowhere'\n");
    let told = told(Config::load(Mode::Demo, &Flags::default(), &BTreeMap::new(), Some(&text)));
    assert!(told.iter().any(|line| line.ends_with("malipo.toml line 2")), "{told:?}");
    assert!(told.iter().any(|line| line.starts_with("admin.listen")), "{told:?}");
}

#[test]
fn a_misspelled_key_gets_a_suggestion() {
    let text = file("[callback]\nrequest_max = 5\n");
    let problems = Config::load(Mode::Demo, &Flags::default(), &BTreeMap::new(), Some(&text)).unwrap_err();
    let printed = problems.to_string();
    assert_eq!(
        printed,
        "error: there is no key callback.request_max\n  at: malipo.toml line 2\n  \
         try: did you mean callback.requests_max? `malipo config example` lists every key"
    );
}

#[test]
fn serve_refuses_to_start_without_tls_secrets_and_a_place_for_its_data() {
    let told = told(Config::load(Mode::Serve, &Flags::default(), &BTreeMap::new(), None));
    for expected in [
        "public would speak plain HTTP | default",
        "callback would speak plain HTTP | default",
        "public.base_url is not set | no flag, variable or file sets it",
        "paybill.callback_base_url is not set | no flag, variable or file sets it",
        "paybill.callback_token is not set | no flag, variable or file sets it",
        "paybill.consumer_key is not set | no flag, variable or file sets it",
        "paybill.consumer_secret is not set | no flag, variable or file sets it",
        "paybill.passkey is not set | no flag, variable or file sets it",
        "data.directory is not set | default",
        "data.keys_directory is not set | no flag, variable or file sets it",
    ] {
        assert!(told.iter().any(|line| line == expected), "{expected}\nis not in\n{}", told.join("\n"));
    }
    assert_eq!(told.len(), 10, "admin on loopback needs no certificate: {}", told.join("\n"));
}

#[test]
fn serve_starts_behind_a_proxy_when_told_so() {
    let config = Config::load(Mode::Serve, &Flags::default(), &servable(), None).unwrap();
    let paybill = config.paybill.as_ref().unwrap();
    assert_eq!(paybill.short_code, "222222");
    assert_eq!(paybill.source_addresses.len(), 14);
    assert!(config.public.certificate.is_none());
    let shown = show::print(&config, true);
    assert!(shown.contains("passkey = [secret]"), "{shown}");
    assert!(shown.contains("# environment variable MALIPO_PAYBILL_PASSKEY"));
    for secret in ["pass-key-of-the-paybill", "consumer-secret", "0123456789abcdef"] {
        assert!(!shown.contains(secret) && !format!("{config:?}").contains(secret));
    }
}

#[test]
fn serve_refuses_what_only_demo_may_do() {
    let mut variables = servable();
    variables.insert("MALIPO_DATA_EPHEMERAL".into(), "true".into());
    variables.insert("MALIPO_DEMO_SPEED".into(), "60".into());
    variables.insert("MALIPO_PUBLIC_BASE_URL".into(), "http://malipo.go.ke".into());
    variables.insert("MALIPO_PAYBILL_CALLBACK_BASE_URL".into(), "https://malipo.go.ke/mpesa".into());
    variables.insert("MALIPO_PAYBILL_CALLBACK_TOKEN".into(), "0123456789abcdef0123456789abcde/".into());
    variables.insert("MALIPO_DATA_KEYS_DIRECTORY".into(), "/var/lib/malipo/keys".into());
    let told = told(Config::load(Mode::Serve, &Flags::default(), &variables, None)).join("\n");
    for expected in [
        "data.ephemeral would forget payments",
        "demo.speed is for demo alone",
        "public.base_url does not begin with https",
        "paybill.callback_base_url contains mpesa, which Safaricom refuses",
        "paybill.callback_token has characters other than letters, digits, - and _",
        "data.keys_directory lies within data.directory",
    ] {
        assert!(told.contains(expected), "{expected}\nis not in\n{told}");
    }
}

#[test]
fn a_provider_of_messages_is_whole_or_not_there_and_has_a_token_of_its_own() {
    let load = |settings: &[(&str, &str)]| {
        let mut variables = servable();
        variables.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Config::load(Mode::Serve, &Flags::default(), &variables, None)
    };
    assert!(load(&[]).unwrap().messages.providers.is_empty());
    let named = ("MALIPO_SMS_FIRST_USERNAME", "malipo");
    let key = ("MALIPO_SMS_FIRST_API_KEY", "atsk-0123456789");
    let token = ("MALIPO_MESSAGES_CALLBACK_TOKEN", "0123456789abcdef0123456789abcdef0123");
    let config = load(&[named, key, token]).unwrap();
    let first = &config.messages.providers[0];
    assert_eq!((first.name, first.base_url.as_str()), ("first", "https://api.africastalking.com"));
    for (settings, expected) in [
        (vec![named, token], "sms_first.api_key is not set"),
        (vec![key, token], "sms_first.username is not set"),
        (vec![named, key], "messages.callback_token is not set"),
    ] {
        let told = told(load(&settings)).join("\n");
        assert!(told.contains(expected), "{expected}\nis not in\n{told}");
    }
    let of_payments = servable()["MALIPO_PAYBILL_CALLBACK_TOKEN"].clone();
    let shared = [named, key, ("MALIPO_MESSAGES_CALLBACK_TOKEN", of_payments.as_str())];
    assert!(told(load(&shared)).join("\n").contains("messages.callback_token is that of payments"));
}

#[test]
fn agencies_have_another_host_name_than_we_have() {
    let load = |mode, own: &str| {
        let mut variables = if mode == Mode::Serve { servable() } else { BTreeMap::new() };
        variables.insert("MALIPO_PUBLIC_BASE_URL".into(), "https://pay.example.go.ke:8443".into());
        variables.insert("MALIPO_ROUTING_BASE_URL".into(), own.into());
        Config::load(mode, &Flags::default(), &variables, None)
    };
    assert!(load(Mode::Serve, "https://services.example.go.ke").unwrap().routing.base_url.is_some());
    for (own, expected) in [
        ("https://pay.example.go.ke", "routing.base_url has the host name of public.base_url"),
        ("https://PAY.example.go.ke.:9443", "routing.base_url has the host name of public.base_url"),
        ("https://services.example.go.ke/s", "routing.base_url has a path"),
        ("http://services.example.go.ke", "routing.base_url does not begin with https"),
        ("https://serv!ces.example.go.ke", "routing.base_url: this is not the name of a host"),
    ] {
        let told = told(load(Mode::Serve, own)).join("\n");
        assert!(told.contains(expected), "{own}: {expected}\nis not in\n{told}");
    }
    let here = BTreeMap::from([("MALIPO_ROUTING_BASE_URL".to_owned(), "http://127.0.0.1:8080".to_owned())]);
    let same = Config::load(Mode::Demo, &Flags::default(), &here, None);
    assert!(self::told(same).join("\n").contains("has the host name of public.base_url"));
    let told = told(load(Mode::Demo, "https://services.example.go.ke")).join("\n");
    assert!(told.contains("routing.base_url: demo is reached on this machine alone"), "{told}");
}

#[test]
fn demo_refuses_live_credentials_and_the_world() {
    let mut variables = servable();
    variables.insert("MALIPO_PUBLIC_LISTEN".into(), "0.0.0.0:8080".into());
    variables.insert("MALIPO_DEMO_SANDBOX_URL".into(), "http://198.51.100.7".into());
    variables.insert("MALIPO_ROUTING_PRIVATE_NETWORKS".into(), "127.0.0.0/8,10.0.0.0/8".into());
    variables.insert("MALIPO_PAYBILL_DARAJA_BASE_URL".into(), "https://api.safaricom.co.ke".into());
    let told = told(Config::load(Mode::Demo, &Flags::default(), &variables, None)).join("\n");
    for expected in [
        "public.listen: demo listens on this machine alone",
        "routing.private_networks: demo speaks to this machine alone",
        "demo.sandbox_url: demo speaks to this machine alone",
        "paybill.daraja_base_url is where real money is",
        "paybill.passkey is a live credential, which demo refuses",
        "paybill.callback_token is a live credential, which demo refuses",
    ] {
        assert!(told.contains(expected), "{expected}\nis not in\n{told}");
    }
}

#[test]
fn secrets_come_from_files_that_not_everybody_can_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("passkey");
    std::fs::write(&path, "pass-key-from-a-file\n").unwrap();
    let mut variables = servable();
    variables.remove("MALIPO_PAYBILL_PASSKEY");
    let text = file(&format!("[paybill]\npasskey_file = '{}'\n", path.display()));

    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let refused = told(Config::load(Mode::Serve, &Flags::default(), &variables, Some(&text))).join("\n");
    assert!(refused.contains("everybody can read"), "{refused}");

    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let config = Config::load(Mode::Serve, &Flags::default(), &variables, Some(&text)).unwrap();
    assert_eq!(config.paybill.unwrap().passkey.expose(), "pass-key-from-a-file");

    variables.insert("MALIPO_PAYBILL_PASSKEY_FILE".into(), path.display().to_string());
    let config = Config::load(Mode::Serve, &Flags::default(), &variables, None).unwrap();
    assert_eq!(config.paybill.unwrap().passkey.expose(), "pass-key-from-a-file");

    variables.insert("MALIPO_PAYBILL_PASSKEY".into(), "pass-key-as-a-text".into());
    let both = told(Config::load(Mode::Serve, &Flags::default(), &variables, None)).join("\n");
    assert!(both.contains("paybill.passkey is given both as a text and as a file"), "{both}");

    variables.remove("MALIPO_PAYBILL_PASSKEY");
    variables.insert("MALIPO_PAYBILL_PASSKEY_FILE".into(), folder.path().join("none").display().to_string());
    let missing = told(Config::load(Mode::Serve, &Flags::default(), &variables, None)).join("\n");
    assert!(missing.contains("cannot be read"), "{missing}");

    let flags =
        Flags { set: vec!["paybill.passkey=pass-key-on-the-command-line".into()], ..Flags::default() };
    let by_flag = Config::load(Mode::Serve, &flags, &servable(), None).unwrap_err().to_string();
    assert!(by_flag.contains("cannot be given by a flag") && !by_flag.contains("on-the-command-line"));
}

#[test]
fn a_certificate_comes_with_a_key_that_not_everybody_can_read() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key.pem");
    std::fs::write(&key, "").unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let mut variables = servable();
    variables.remove("MALIPO_PUBLIC_PLAIN_BEHIND_PROXY");
    let load = |flags: &Flags, variables: &BTreeMap<String, String>| {
        Config::load(Mode::Serve, flags, variables, None)
    };

    let flags = Flags { tls_cert: Some("chain.pem".into()), ..Flags::default() };
    assert_eq!(told(load(&flags, &variables)), ["public.tls_key is missing | flag --tls-cert"]);
    let flags = Flags { tls_key: Some(key.display().to_string()), ..flags };
    assert!(told(load(&flags, &variables)).join("").contains("everybody can read"));
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    let config = load(&flags, &variables).unwrap();
    assert_eq!(config.public.certificate.unwrap().key, key);
    let flags = Flags { plain_behind_proxy: true, ..flags };
    assert!(told(load(&flags, &variables)).join("").contains("both has a certificate and speaks plain HTTP"));
}

#[test]
fn two_listeners_cannot_share_a_port() {
    let flags = Flags { callback_listen: Some("127.0.0.1:8080".into()), ..Flags::default() };
    assert_eq!(
        told(Config::load(Mode::Demo, &flags, &BTreeMap::new(), None)),
        ["callback.listen and public.listen are the same | flag --callback-listen"]
    );
    let any = Flags {
        listen: Some("127.0.0.1:0".into()),
        callback_listen: Some("127.0.0.1:0".into()),
        ..Flags::default()
    };
    assert!(
        Config::load(Mode::Demo, &any, &BTreeMap::new(), None).is_ok(),
        "port 0 is a free port each time"
    );
}

#[test]
fn the_example_is_a_file_of_defaults() {
    let example = show::example();
    let uncommented: String = example
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(setting)
                if !setting.starts_with(' ') && !setting.ends_with('=') && !setting.contains("_file") =>
            {
                format!("{setting}\n")
            }
            _ => format!("{line}\n"),
        })
        .collect();
    let text = file(&uncommented.replace("daraja_base_url", "#"));
    let config = Config::load(Mode::Demo, &Flags::default(), &BTreeMap::new(), Some(&text)).unwrap();
    let usual = Config::load(Mode::Demo, &Flags::default(), &BTreeMap::new(), None).unwrap();
    assert_eq!(show::print(&config, false), show::print(&usual, false));
    for key in keys::all() {
        assert!(example.contains(key.section_and_name().1), "{} is not in the example", key.name);
    }
}

#[test]
fn the_table_of_keys_is_consistent() {
    let mut names = std::collections::BTreeSet::new();
    for key in keys::all() {
        assert!(
            names.insert(key.name) && names.insert(Box::leak(key.variable().into_boxed_str())),
            "{}",
            key.name
        );
        assert!(key.about.ends_with('.'), "{}: a meaning is a sentence", key.name);
        assert!(!(key.is_secret() && key.default.is_some()), "{}: a secret has no default", key.name);
    }
}
