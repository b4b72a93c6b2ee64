//! What a receipt says.

use super::Both;

/// What is said of a payment by whose word it is.
pub(in crate::pages) struct TellerWords {
    /// What the provider's own code of it is called.
    pub(in crate::pages) code: &'static str,
    /// Where the money went.
    pub(in crate::pages) place: &'static str,
    /// How well it is established that the money moved, by the word of the receipt.
    pub(in crate::pages) evidence: fn(&str) -> &'static str,
}

pub(in crate::pages) struct ReceiptWords {
    pub(in crate::pages) receipt: &'static str,
    pub(in crate::pages) receipt_number: &'static str,
    pub(in crate::pages) payment_received: &'static str,
    pub(in crate::pages) paid: &'static str,
    pub(in crate::pages) service: &'static str,
    pub(in crate::pages) agency: &'static str,
    pub(in crate::pages) payment_number: &'static str,
    pub(in crate::pages) booked: &'static str,
    pub(in crate::pages) of_mpesa: TellerWords,
    pub(in crate::pages) of_others: TellerWords,
    pub(in crate::pages) what_the_bill_is: &'static str,
    pub(in crate::pages) what_it_proves: &'static str,
    pub(in crate::pages) proves: fn(record: u64) -> String,
    pub(in crate::pages) no_personal_data: &'static str,
    pub(in crate::pages) how_to_check: &'static str,
    pub(in crate::pages) check_address: &'static str,
    pub(in crate::pages) check_code: &'static str,
    /// The link to the page that checks codes with the network off.
    pub(in crate::pages) offline_page: &'static str,
    pub(in crate::pages) signed_receipt: &'static str,
    pub(in crate::pages) public_keys: &'static str,
    pub(in crate::pages) code_label: &'static str,
    pub(in crate::pages) save_as_pdf: &'static str,
    /// Stands for lines of the bill that a sheet of paper has no room for.
    pub(in crate::pages) further_lines: fn(count: usize) -> String,
    /// What became of the money, by the word of the receipt.
    pub(in crate::pages) outcome: fn(&str) -> &'static str,
}

pub(in crate::pages) static RECEIPT: Both<ReceiptWords> = Both {
    en: ReceiptWords {
        receipt: "Receipt",
        receipt_number: "Receipt number",
        payment_received: "Payment received",
        paid: "Amount received",
        service: "Paid for",
        agency: "Agency",
        payment_number: "Payment number",
        booked: "Received on",
        of_mpesa: TellerWords {
            code: "M-PESA code",
            place: "to paybill",
            evidence: |word| match word {
                "confirmed_by_statement" => "M-PESA told us of it, and its statement confirms it.",
                "confirmed_by_query" => "M-PESA confirmed it when we asked.",
                _ => "M-PESA told us of it.",
            },
        },
        of_others: TellerWords {
            code: "Payment code",
            place: "to account",
            evidence: |word| match word {
                "confirmed_by_statement" => "Its provider told us, and its statement confirms it.",
                "confirmed_by_query" => "Its provider confirmed it when we asked.",
                _ => "Its provider told us of it.",
            },
        },
        what_the_bill_is: "What the bill is for",
        what_it_proves: "What this receipt proves",
        proves: |record| {
            format!(
                "This payment stands in the books of the Government’s paybill as record {record}. The books are \
                 sealed: nobody can alter or remove a record without it being seen."
            )
        },
        no_personal_data: "It does not name the payer. Anybody may look at it.",
        how_to_check: "How to check it",
        check_address: "Open it yourself, by typing this address. Do not trust a picture of it.",
        check_code: "Without a network: scan the code and give its text to malipo verify, with the public keys. \
            A code that was altered is found out.",
        offline_page: "Or save this page: it checks codes with the network off.",
        signed_receipt: "Signed receipt with proof (JSON)",
        public_keys: "Public keys (JSON)",
        code_label: "Code with the signed short form of this receipt",
        save_as_pdf: "Save as PDF, one page",
        further_lines: |count| format!("{count} further lines: see the address below"),
        outcome: |word| match word {
            "held_for_rest" => "A part of the bill. It is kept for the bill until the rest has arrived.",
            "completed_with_excess" => {
                "The bill is paid. More than was asked for arrived; the extra is kept for the payer."
            }
            "duplicate" => "The bill had been paid before. This money is kept for the payer.",
            "late" => "The bill had ended before this money arrived. It is kept for the payer.",
            _ => "The bill is paid in full.",
        },
    },
    sw: ReceiptWords {
        receipt: "Risiti",
        receipt_number: "Nambari ya risiti",
        payment_received: "Malipo yamepokelewa",
        paid: "Kiasi kilichopokelewa",
        service: "Malipo ya",
        agency: "Shirika",
        payment_number: "Nambari ya malipo",
        booked: "Yalipokelewa",
        of_mpesa: TellerWords {
            code: "Msimbo wa M-PESA",
            place: "kwa paybill",
            evidence: |word| match word {
                "confirmed_by_statement" => "M-PESA ilituarifu, na taarifa yake inathibitisha.",
                "confirmed_by_query" => "M-PESA ilithibitisha tulipouliza.",
                _ => "M-PESA ilituarifu.",
            },
        },
        of_others: TellerWords {
            code: "Msimbo wa malipo",
            place: "kwa akaunti",
            evidence: |word| match word {
                "confirmed_by_statement" => {
                    "Mtoa huduma wa malipo alituarifu, na taarifa yake inathibitisha."
                }
                "confirmed_by_query" => "Mtoa huduma wa malipo alithibitisha tulipouliza.",
                _ => "Mtoa huduma wa malipo alituarifu.",
            },
        },
        what_the_bill_is: "Bili ni ya nini",
        what_it_proves: "Risiti hii inathibitisha nini",
        proves: |record| {
            format!(
                "Malipo haya yako katika vitabu vya paybill ya Serikali kama rekodi {record}. Vitabu vimefungwa: \
                 hakuna anayeweza kubadilisha au kuondoa rekodi bila kuonekana."
            )
        },
        no_personal_data: "Haimtaji mlipaji. Yeyote anaweza kuiangalia.",
        how_to_check: "Jinsi ya kuihakikisha",
        check_address: "Ifungue mwenyewe, kwa kuandika anwani hii. Usiamini picha yake.",
        check_code: "Bila mtandao: changanua msimbo na uupe maandishi yake kwa malipo verify, pamoja na funguo za umma. \
            Msimbo uliobadilishwa utagunduliwa.",
        offline_page: "Au hifadhi ukurasa huu: hukagua misimbo bila mtandao.",
        signed_receipt: "Risiti iliyotiwa saini pamoja na uthibitisho (JSON)",
        public_keys: "Funguo za umma (JSON)",
        code_label: "Msimbo wenye muhtasari wa risiti hii uliotiwa saini",
        save_as_pdf: "Hifadhi kama PDF, ukurasa mmoja",
        further_lines: |count| format!("Mistari mingine {count}: angalia anwani hapo chini"),
        outcome: |word| match word {
            "held_for_rest" => {
                "Sehemu ya bili. Imehifadhiwa kwa ajili ya bili hadi kiasi kilichobaki kifike."
            }
            "completed_with_excess" => {
                "Bili imelipwa. Kiasi zaidi ya kilichoombwa kimefika; cha ziada kimehifadhiwa kwa mlipaji."
            }
            "duplicate" => "Bili ilikuwa imelipwa tayari. Pesa hizi zimehifadhiwa kwa mlipaji.",
            "late" => "Bili ilikuwa imefungwa kabla ya pesa hizi kufika. Zimehifadhiwa kwa mlipaji.",
            _ => "Bili imelipwa yote.",
        },
    },
};
