//! Prompts on handsets, from the push request to their result.
//!
//! A prompt waits for keys (`Waiting`), is being paid (`Working`), and has a result (`Finished`). While it
//! waits, its phone takes no second prompt. The status query tells "being processed" until it is finished.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::record::{FINISHED_PROMPTS_MAX, FinishedPrompt};
use crate::kes::Kes;
use crate::phone::Phone;

/// How many prompts may wait or work at once.
const OPEN_PROMPTS_MAX: usize = 10_000;

/// What a person presses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    Pin(String),
    Cancel,
}

/// A prompt as the handset shows it.
#[derive(Debug, Clone)]
pub(crate) struct Prompt {
    pub(crate) checkout_request_id: String,
    pub(crate) merchant_request_id: String,
    pub(crate) phone: Phone,
    pub(crate) amount: Kes,
    pub(crate) account: String,
    pub(crate) expires_at: Timestamp,
    /// Whether the phone is on to show it.
    pub(crate) visible: bool,
}

/// What the status query may know.
#[derive(Debug, Clone)]
pub(crate) enum Status {
    Unknown,
    Pending,
    Finished(FinishedPrompt),
}

/// Why no prompt can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoPrompt {
    /// Another prompt waits on this phone.
    PhoneOccupied,
    /// Too many prompts at once.
    Full,
}

/// All prompts.
#[derive(Default)]
pub(crate) struct Prompts {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    open: HashMap<String, Open>,
    waiting_on: HashMap<Phone, String>,
    finished: HashMap<String, FinishedPrompt>,
    finished_in_order: VecDeque<String>,
}

struct Open {
    prompt: Prompt,
    keypad: Option<oneshot::Sender<Key>>,
}

impl Prompts {
    /// Continues with the prompts that an earlier life finished.
    pub(crate) fn continuing(finished: VecDeque<FinishedPrompt>) -> Self {
        let mut table = Table::default();
        finished.into_iter().for_each(|prompt| table.remember(prompt));
        Self { table: Mutex::new(table) }
    }

    /// Shows a prompt; the receiver gets the first key.
    pub(crate) fn show(&self, prompt: Prompt) -> Result<oneshot::Receiver<Key>, NoPrompt> {
        let mut table = self.lock();
        if table.open.len() >= OPEN_PROMPTS_MAX {
            return Err(NoPrompt::Full);
        }
        if table.waiting_on.contains_key(&prompt.phone) {
            return Err(NoPrompt::PhoneOccupied);
        }
        let (keypad, key) = oneshot::channel();
        table.waiting_on.insert(prompt.phone.clone(), prompt.checkout_request_id.clone());
        table.open.insert(prompt.checkout_request_id.clone(), Open { prompt, keypad: Some(keypad) });
        Ok(key)
    }

    /// The prompt that this phone shows.
    pub(crate) fn shown_on(&self, phone: &Phone) -> Option<Prompt> {
        let table = self.lock();
        let prompt = &table.open.get(table.waiting_on.get(phone)?)?.prompt;
        prompt.visible.then(|| prompt.clone())
    }

    /// A person presses a key. `None` if the phone shows no prompt.
    pub(crate) fn press(&self, phone: &Phone, key: Key) -> Option<Prompt> {
        let mut table = self.lock();
        let id = table.waiting_on.get(phone)?.clone();
        let open = table.open.get_mut(&id).filter(|open| open.prompt.visible)?;
        let keypad = open.keypad.take()?;
        let prompt = open.prompt.clone();
        table.waiting_on.remove(phone);
        // The prompt may be expiring at this very moment; then the key came too late.
        keypad.send(key).ok()?;
        Some(prompt)
    }

    /// The prompt leaves the handset; its result is not known yet.
    pub(crate) fn hide(&self, checkout_request_id: &str) {
        let mut table = self.lock();
        let Some(phone) = table.open.get(checkout_request_id).map(|open| open.prompt.phone.clone()) else {
            return;
        };
        if table.waiting_on.get(&phone).is_some_and(|id| id == checkout_request_id) {
            table.waiting_on.remove(&phone);
        }
    }

    /// The result is known from here on.
    pub(crate) fn finish(&self, finished: FinishedPrompt) {
        self.hide(&finished.checkout_request_id);
        let mut table = self.lock();
        table.open.remove(&finished.checkout_request_id);
        table.remember(finished);
    }

    /// What the status query tells.
    pub(crate) fn status(&self, checkout_request_id: &str) -> Status {
        let table = self.lock();
        if table.open.contains_key(checkout_request_id) {
            return Status::Pending;
        }
        table.finished.get(checkout_request_id).cloned().map_or(Status::Unknown, Status::Finished)
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn remember(&mut self, prompt: FinishedPrompt) {
        if self.finished_in_order.len() == FINISHED_PROMPTS_MAX
            && let Some(oldest) = self.finished_in_order.pop_front()
        {
            self.finished.remove(&oldest);
        }
        self.finished_in_order.push_back(prompt.checkout_request_id.clone());
        self.finished.insert(prompt.checkout_request_id.clone(), prompt);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(id: &str) -> Prompt {
        Prompt {
            checkout_request_id: id.into(),
            merchant_request_id: "1-1-1".into(),
            phone: Phone::parse("0712345678").unwrap(),
            amount: Kes::from_shillings(50),
            account: "QKRTWX".into(),
            expires_at: Timestamp::UNIX_EPOCH,
            visible: true,
        }
    }

    #[test]
    fn a_phone_shows_one_prompt_at_a_time() {
        let prompts = Prompts::default();
        let phone = prompt("a").phone;
        let mut key = prompts.show(prompt("a")).unwrap();
        assert_eq!(prompts.show(prompt("b")).unwrap_err(), NoPrompt::PhoneOccupied);
        assert_eq!(prompts.shown_on(&phone).unwrap().checkout_request_id, "a");

        assert!(prompts.press(&phone, Key::Cancel).is_some());
        assert_eq!(key.try_recv(), Ok(Key::Cancel));
        assert!(prompts.press(&phone, Key::Cancel).is_none(), "the prompt has been answered");
        assert!(matches!(prompts.status("a"), Status::Pending));

        prompts.finish(FinishedPrompt {
            checkout_request_id: "a".into(),
            merchant_request_id: "1-1-1".into(),
            result_code: 1032,
        });
        assert!(matches!(prompts.status("a"), Status::Finished(FinishedPrompt { result_code: 1032, .. })));
        assert!(matches!(prompts.status("z"), Status::Unknown));
        assert!(prompts.show(prompt("b")).is_ok());
    }
}
