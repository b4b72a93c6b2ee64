//! What somebody means who sends us a text: no more of them, them again, or how a service was.

/// What a text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Send me none any more.
    Stop,
    /// Send me some again.
    Start,
    /// How the service was: from 1, bad, to 5, good.
    Score(u8),
    /// Something that people would have to read. Nobody does.
    Other,
}

/// Words that carriers and people use for it, in English and Kiswahili.
const STOP: [&str; 9] =
    ["STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "CANCEL", "ACHA", "SIMAMISHA", "KOMESHA"];
const START: [&str; 5] = ["START", "UNSTOP", "SUBSCRIBE", "ANZA", "ANZISHA"];

/// Reads a text by its first word.
pub(super) fn read(text: &str) -> Meaning {
    let mut words = text.split(|mark: char| !mark.is_alphanumeric()).filter(|word| !word.is_empty());
    let Some(first) = words.next().map(str::to_uppercase) else { return Meaning::Other };
    if STOP.contains(&first.as_str()) {
        return Meaning::Stop;
    }
    if START.contains(&first.as_str()) {
        return Meaning::Start;
    }
    match first.as_bytes() {
        [digit @ b'1'..=b'5'] => Meaning::Score(digit - b'0'),
        _ => Meaning::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_understood_in_both_languages() {
        for text in ["STOP", "stop", " Stop. ", "Acha kunitumia", "simamisha", "UNSUBSCRIBE me"] {
            assert_eq!(read(text), Meaning::Stop, "{text}");
        }
        for text in ["START", "anza", "Start again please"] {
            assert_eq!(read(text), Meaning::Start, "{text}");
        }
        for (text, score) in [("5", 5), (" 1 ", 1), ("4, asante sana", 4), ("(3)", 3)] {
            assert_eq!(read(text), Meaning::Score(score), "{text}");
        }
        for text in ["", "  ", "0", "6", "55", "asante", "don't stop", "☺"] {
            assert_eq!(read(text), Meaning::Other, "{text}");
        }
    }
}
