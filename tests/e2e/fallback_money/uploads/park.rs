//! Everybody who pays, holds money and sends files, and everything that goes wrong with that.

use std::collections::{BTreeMap, BTreeSet};

use gateway::gates::pass::Settlement;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use super::moved::TILL;
use crate::harness::{
    Agency, Bank, Books, Call, Gateway, HandedOver, Order, Terminals, check_books, together,
};
use crate::offline_gates::settled::Device;

const BILLS_A_DAY: usize = 14;
/// By each of two gates.
const PASSES_A_DAY: usize = 3;
const HOME: &str = "222222";
const HEADING_OF_TERMINALS: &str = "Terminal,Batch,RRN,Authorization Code,Amount,Payment Number,Time\n";
const SHILLINGS_OF_A_VISITOR: i64 = 500;

/// What somebody sends.
#[derive(Clone)]
pub(super) enum Upload {
    File { name: String, to: &'static str, text: String },
    Batch { gate: usize, note: String },
}

/// Everybody who pays, holds money, and sends files.
pub(super) struct Park<'a> {
    pub(super) gateway: &'a Gateway,
    pub(super) kws: Agency,
    pub(super) bank: Bank,
    pub(super) terminals: Terminals,
    gates: Vec<Device>,
    pub(super) treasury: String,
    pub(super) chance: StdRng,
    payers: u32,
    /// What is owed under each payment number, in cents.
    pub(super) owed: BTreeMap<String, i64>,
    pub(super) passes: usize,
    /// What was taken, to be sent again.
    pub(super) taken: Vec<Upload>,
    /// Payment numbers of passes: no bill has them before the gate's batch comes.
    of_passes: BTreeSet<String>,
    /// References of the bank under which an officer has typed a slip that names a bill.
    slips_typed: BTreeSet<String>,
}

impl<'a> Park<'a> {
    /// With everything going wrong that can.
    pub(super) fn open(gateway: &'a Gateway, seed: u64) -> Self {
        let (bank, terminals) = (gateway.bank(), gateway.terminals());
        terminals.breaks(&json!({
            "seed": seed, "wrong_account_per_mille": 80, "amount_short_per_mille": 80,
            "amount_over_per_mille": 80, "voided_per_mille": 120, "batch_lost_per_mille": 400,
            "wrong_rrn_per_mille": 200, "batch_twice_per_mille": 300, "batch_overlapping_per_mille": 500,
            "batch_shuffled_per_mille": 500,
        }));
        bank.breaks_slips(&json!({
            "seed": seed, "wrong_account_per_mille": 80, "amount_short_per_mille": 80,
            "amount_over_per_mille": 80, "late_per_mille": 250, "repeated_per_mille": 250,
            "wrong_number_per_mille": 120, "file_overlapping_per_mille": 500,
            "file_shuffled_per_mille": 500, "file_twice_per_mille": 300,
        }));
        bank.breaks(&json!({
            "seed": seed, "silent_per_mille": 300, "repeated_per_mille": 300, "unasked_per_mille": 500,
        }));
        let told_badly = json!({
            "seed": seed, "confirmation_lost_per_mille": 250, "confirmation_repeated_per_mille": 250,
            "validation_dead_per_mille": 500,
        });
        gateway.sandbox().breaks(&told_badly);
        gateway.sandbox().breaks_till(TILL, &told_badly);
        Self {
            kws: gateway.agency("kws"),
            gates: ["Elsa Gate", "Olkaria Gate"].map(|gate| Device::enrol(gateway, gate)).into(),
            treasury: gateway.create_key("treasury", None),
            chance: StdRng::seed_from_u64(seed),
            payers: 0,
            owed: BTreeMap::new(),
            passes: 0,
            taken: Vec::new(),
            of_passes: BTreeSet::new(),
            slips_typed: BTreeSet::new(),
            gateway,
            bank,
            terminals,
        }
    }

    /// A day: bills are made, gates let people in on passes, and people pay, some of them twice. Gives what the gates tell.
    pub(super) fn sells(&mut self) -> Vec<Upload> {
        for _ in 0..BILLS_A_DAY {
            let people = self.chance.random_range(1..=3);
            let bill = self.kws.bills(&Order::hells_gate(people));
            self.owe(bill.number.clone(), SHILLINGS_OF_A_VISITOR * i64::from(people));
        }
        (0..self.gates.len()).map(|gate| self.lets_in(gate)).collect()
    }

    fn owe(&mut self, number: String, shillings: i64) {
        self.owed.insert(number.clone(), shillings * 100);
        self.pays(&number, shillings);
        // Nobody here knows of it yet: somebody else of the party pays online, or they pay again at the gate.
        if self.chance.random_ratio(1, 3) {
            self.pays(&number, shillings);
        }
    }

    fn pays(&mut self, number: &str, shillings: i64) {
        self.payers += 1;
        let payer = self.gateway.sandbox().payer(&format!("0733{:06}", self.payers));
        let amount = shillings.to_string();
        match self.chance.random_range(0..6) {
            0 | 1 => {
                let terminal = self.chance.random_range(0..2);
                // Who was taken back is charged again.
                while self.terminals.charges(terminal, number, &amount)["status"] == "voided" {}
            }
            2 => self.bank.stamps_slip(number, &amount),
            3 => drop(self.bank.is_offered(number, &amount)),
            4 => payer.tries_to_pay_to(TILL, number, &amount),
            _ => payer.tries_to_pay_to(HOME, number, &amount),
        }
    }

    /// What was typed, emptied and written by now.
    pub(super) fn hands_over(&mut self) -> Vec<Upload> {
        let mut uploads = Vec::new();
        let mut add = |files: Vec<HandedOver>, to| {
            let upload = |file: HandedOver| Upload::File { name: file.name, to, text: file.text };
            uploads.extend(files.into_iter().map(upload));
        };
        add(self.terminals.close(), "terminal?channel=card_terminal.kws");
        let slips = self.bank.slips();
        let cells = slips.iter().flat_map(|file| file.text.lines()).map(|line| line.split(','));
        let rows = cells.map(|cells| cells.map(|cell| cell.trim_matches('"')).collect::<Vec<_>>());
        let is_bill = |number: &str| self.owed.contains_key(number) && !self.of_passes.contains(number);
        let named = rows.filter(|row| row.get(4).is_some_and(|number| is_bill(number)));
        self.slips_typed.extend(named.map(|row| row[1].to_owned()));
        add(slips, "slips?channel=bank_slip.kcb");
        uploads.push(self.statement_of_till());
        uploads.push(self.statement_of_bank());
        uploads
    }

    /// A gate lets people in on passes; the batch that tells of them comes when it comes.
    fn lets_in(&mut self, gate: usize) -> Upload {
        let passes: Vec<_> = (0..PASSES_A_DAY)
            .map(|_| self.gates[gate].writes(SHILLINGS_OF_A_VISITOR * 100, Settlement::Later))
            .collect();
        for pass in &passes {
            self.of_passes.insert(pass.bill.to_string());
            self.owe(pass.bill.to_string(), SHILLINGS_OF_A_VISITOR);
        }
        self.passes += passes.len();
        Upload::Batch { gate, note: self.gates[gate].batch(&passes) }
    }

    fn statement_of_till(&mut self) -> Upload {
        let text = self.shuffled(&self.gateway.sandbox().statement_of(TILL), 3);
        Upload::File { name: "till.csv".to_owned(), to: "mpesa?channel=agency_till.kws", text }
    }

    /// The bank writes nothing of use around money whose slip names its bill: whichever of the two comes first.
    fn statement_of_bank(&mut self) -> Upload {
        let text = self.shuffled(&self.bank.statement(), 1);
        let text = text.lines().map(|line| {
            let mut cells: Vec<_> = line.split(',').collect();
            if self.slips_typed.contains(cells[1]) {
                cells[2] = "CASH DEPOSIT";
            }
            cells.join(",") + "\n"
        });
        let text = text.collect();
        Upload::File { name: "kcb.csv".to_owned(), to: "bank?channel=bank.kcb", text }
    }

    /// What everybody who holds money says in the end.
    pub(super) fn statements(&mut self) -> Vec<Upload> {
        let home = self.shuffled(&self.gateway.sandbox().statement(), 3);
        let settled = self.shuffled(&self.terminals.settlement(), 1);
        let file = |name: &str, to, text| Upload::File { name: name.to_owned(), to, text };
        vec![
            self.statement_of_till(),
            self.statement_of_bank(),
            file("home.csv", "mpesa?short_code=222222", home),
            file("settled.csv", "settlement?channel=card_terminal.kws", settled),
        ]
    }

    /// In another order, but for the first lines and a sum at the end.
    fn shuffled(&mut self, text: &str, head: usize) -> String {
        let mut lines: Vec<_> = text.lines().collect();
        let end = lines.len() - usize::from(lines.last().is_some_and(|line| line.starts_with("Total")));
        lines[head..end].shuffle(&mut self.chance);
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// Sends these, some of them twice; gives what has to come later.
    pub(super) fn sends(&mut self, uploads: Vec<Upload>) -> Vec<Upload> {
        let mut later = Vec::new();
        for upload in uploads {
            if self.send(&upload).is_none() {
                later.push(upload);
                continue;
            }
            if self.chance.random_ratio(1, 4) {
                self.finds_nothing(&upload);
            }
            self.taken.push(upload);
        }
        later
    }

    /// What the gateway says of it; nothing if an earlier batch of the gate has to come first.
    fn send(&self, upload: &Upload) -> Option<Value> {
        match upload {
            Upload::File { name, to, text } => {
                let url = format!("{}/v1/statements/{to}", self.gateway.public());
                let call = Call::new(hyper::Method::POST, url).key(&self.treasury).body(text.clone());
                let answer = call.header("content-type", "text/csv").send();
                assert_eq!(answer.status, 200, "{name}: {}\n{text}", answer.text());
                Some(answer.json())
            }
            Upload::Batch { gate, note } => {
                let answer = self.gates[*gate].brings(note);
                assert!([200, 201, 409].contains(&answer.status), "{}", answer.text());
                (answer.status != 409).then(|| answer.json())
            }
        }
    }

    /// It was taken before, and sent again nothing comes of it.
    fn finds_nothing(&self, upload: &Upload) {
        let answer = self.send(upload).expect("it was taken before");
        if let Upload::File { name, .. } = upload {
            assert_eq!(answer["found"], 0, "{name} once more: {answer}");
        }
    }

    /// What terminals took back is in no file alone; somebody cuts the sales out of what was taken, and nothing comes of them.
    pub(super) fn sends_sales_alone_that_were_taken_back(&self) -> usize {
        let mut sales = BTreeSet::new();
        for upload in &self.taken {
            let Upload::File { text, to, .. } = upload else { continue };
            let rows = text.lines().skip(1).filter(|_| to.starts_with("terminal"));
            let back = rows.filter(|row| row.split(',').nth(4).is_some_and(|amount| amount.starts_with('-')));
            sales.extend(back.map(|row| row.replacen(",-", ",", 1)));
        }
        let text = format!(
            "{HEADING_OF_TERMINALS}{}",
            sales.iter().map(|row| format!("{row}\n")).collect::<String>()
        );
        let (name, to) = ("alone.csv".to_owned(), "terminal?channel=card_terminal.kws");
        self.finds_nothing(&Upload::File { name, to, text });
        sales.len()
    }

    pub(super) fn sends_all_again_at_once(&self) {
        let records = self.gateway.books().events("payment_received").len();
        together(4, |place| {
            for upload in self.taken.iter().skip(place).step_by(4) {
                self.finds_nothing(upload);
            }
        });
        assert_eq!(
            self.gateway.books().events("payment_received").len(),
            records,
            "nothing was booked again"
        );
    }
}

impl Park<'_> {
    /// Who shares no code with us reads the same records, and says the same.
    pub(super) fn agrees_with_the_checker(&self, books: &Books) {
        let ledger = self.gateway.sandbox().ledger();
        let others =
            ["sandbox-bank.ndjson", "sandbox-terminals.ndjson"].map(|name| ledger.with_file_name(name));
        let said = check_books(books, &[], &[&ledger, &others[0], &others[1]]).expect(0).stdout;
        assert!(said.contains("Moved and never delivered, so not booked: 0"), "{said}");
    }
}
