//! Cookies: ours never reach an agency, an agency's never leave its part of our origin.

use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};

/// What the names of our own cookies begin with: those of a demonstration, and those that browsers keep to one host.
const OUR_PREFIXES: [&[u8]; 2] = [b"malipo_", b"__Host-malipo_"];

/// Takes our own cookies out of a request for a back end. What is left is not touched.
pub(super) fn keep_ours(headers: &mut HeaderMap, cookie: &HeaderName) {
    let has_ours = headers.get_all(cookie).iter().any(|line| pairs(line).any(is_ours));
    if !has_ours {
        return;
    }
    let lines: Vec<Vec<u8>> = headers
        .get_all(cookie)
        .iter()
        .map(|line| pairs(line).filter(|pair| !is_ours(pair)).collect::<Vec<_>>().join(&b"; "[..]))
        .collect();
    headers.remove(cookie);
    for line in lines.iter().filter(|line| !line.is_empty()) {
        headers.append(cookie, value(line));
    }
}

/// Confines the cookies that a back end sets to its own path of our host. One that is named as ours are is dropped.
pub(super) fn confine(headers: &mut HeaderMap, set_cookie: &HeaderName, path: &str) {
    let lines: Vec<Vec<u8>> = headers
        .get_all(set_cookie)
        .iter()
        .filter(|line| !pairs(line).next().is_some_and(is_ours))
        .map(|line| confined(line, path))
        .collect();
    headers.remove(set_cookie);
    for line in &lines {
        headers.append(set_cookie, value(line));
    }
}

fn confined(line: &HeaderValue, path: &str) -> Vec<u8> {
    let mut parts = pairs(line);
    let mut confined = parts.next().unwrap_or_default().to_vec();
    for attribute in parts {
        let name = attribute.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii();
        if !name.is_empty() && !name.eq_ignore_ascii_case(b"domain") && !name.eq_ignore_ascii_case(b"path") {
            confined.extend_from_slice(b"; ");
            confined.extend_from_slice(attribute);
        }
    }
    confined.extend_from_slice(b"; Path=");
    confined.extend_from_slice(path.as_bytes());
    confined
}

fn pairs(line: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    line.as_bytes().split(|byte| *byte == b';').map(<[u8]>::trim_ascii)
}

fn is_ours(pair: &[u8]) -> bool {
    let begins =
        |prefix: &[u8]| pair.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    OUR_PREFIXES.into_iter().any(begins)
}

/// Parts of header values with semicolons and spaces between them are a header value.
fn value(bytes: &[u8]) -> HeaderValue {
    HeaderValue::from_bytes(bytes).expect("parts of header values make one")
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::{COOKIE, SET_COOKIE};

    fn sent(lines: &[&str]) -> Vec<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, line.parse().unwrap());
        }
        keep_ours(&mut headers, &COOKIE);
        headers.get_all(COOKIE).iter().map(|line| line.to_str().unwrap().to_owned()).collect()
    }

    fn set(line: &str) -> Option<String> {
        let mut headers = HeaderMap::from_iter([(SET_COOKIE, line.parse().unwrap())]);
        confine(&mut headers, &SET_COOKIE, "/s/kra-pin");
        headers.get(SET_COOKIE).map(|line| line.to_str().unwrap().to_owned())
    }

    #[test]
    fn ours_stay_with_us_and_others_are_left_as_they_are() {
        assert_eq!(sent(&["a=1;b=2 ;  c"]), ["a=1;b=2 ;  c"]);
        assert_eq!(sent(&["a=1; malipo_s=x; b=2", "MALIPO_t=1"]), ["a=1; b=2"]);
        assert_eq!(sent(&["malipo_s=x"]), [""; 0]);
        assert_eq!(sent(&["__Host-malipo_session=x; __Host-sid=1"]), ["__Host-sid=1"]);
        assert_eq!(sent(&["notmalipo_s=x"]), ["notmalipo_s=x"]);
    }

    #[test]
    fn an_agencys_cookie_belongs_to_its_own_path() {
        assert_eq!(set("sid=1").as_deref(), Some("sid=1; Path=/s/kra-pin"));
        assert_eq!(
            set("sid=a=b; path=/; DOMAIN=.go.ke; Max-Age=5; SameSite=Lax; Domain").as_deref(),
            Some("sid=a=b; Max-Age=5; SameSite=Lax; Path=/s/kra-pin")
        );
        assert_eq!(set("Malipo_session=x; Path=/"), None);
        assert_eq!(set("__host-malipo_session=x; Path=/; Secure"), None);
    }
}
