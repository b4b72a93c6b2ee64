//! What pages say about signing in through an identity provider. Nothing of it tells which accounts there are.

use super::Both;

#[derive(Debug)]
pub(in crate::pages) struct ProviderWords {
    pub(in crate::pages) sign_in_with: fn(&str) -> String,
    pub(in crate::pages) or_with_password: &'static str,
    pub(in crate::pages) again: &'static str,
    pub(in crate::pages) denied: fn(&str) -> String,
    pub(in crate::pages) trouble: fn(&str) -> String,
    pub(in crate::pages) not_believed: fn(&str) -> String,
    pub(in crate::pages) no_second_factor: fn(&str) -> String,
    pub(in crate::pages) no_account: fn(&str) -> String,
}

pub(in crate::pages) static PROVIDER: Both<ProviderWords> = Both {
    en: ProviderWords {
        sign_in_with: |name| format!("Sign in with {name}"),
        or_with_password: "Or with your password",
        again: "Signing in took too long, or it was begun in another browser. Begin again here.",
        denied: |name| format!("{name} did not let you in. Begin again, or ask those who look after {name}."),
        trouble: |name| {
            format!("{name} does not answer as it should. You are not signed in. Try again in a minute.")
        },
        not_believed: |name| {
            format!(
                "The answer of {name} could not be checked. You are not signed in. Begin again, and if it happens \
                     again, tell those who look after this system."
            )
        },
        no_second_factor: |name| {
            format!(
                "{name} did not confirm a second factor, such as an app or a security key. Set one up there, then \
                     begin again."
            )
        },
        no_account: |name| {
            format!(
                "{name} knows you, but what it says of you opens no account here. Ask whoever looks after accounts \
                     at your agency."
            )
        },
    },
    sw: ProviderWords {
        sign_in_with: |name| format!("Ingia kwa {name}"),
        or_with_password: "Au kwa nenosiri lako",
        again: "Kuingia kumechukua muda mrefu, au kulianzishwa kwenye kivinjari kingine. Anza tena hapa.",
        denied: |name| format!("{name} haikukuruhusu kuingia. Anza tena, au uliza wanaosimamia {name}."),
        trouble: |name| format!("{name} haijibu inavyopaswa. Hujaingia. Jaribu tena baada ya dakika moja."),
        not_believed: |name| {
            format!(
                "Jibu la {name} halikuweza kuthibitishwa. Hujaingia. Anza tena, na likitokea tena, waambie \
                     wanaosimamia mfumo huu."
            )
        },
        no_second_factor: |name| {
            format!(
                "{name} haikuthibitisha hatua ya pili, kama vile programu au ufunguo wa usalama. Iweke huko, kisha \
                     anza tena."
            )
        },
        no_account: |name| {
            format!(
                "{name} inakujua, lakini inachosema kukuhusu hakifungui akaunti hapa. Muulize anayesimamia akaunti \
                     katika shirika lako."
            )
        },
    },
};
