//! What the words of a row say of it: whether money moved, in which currency and which way, and what is no sum.

use super::*;

/// A statement of who asks payers, with this column beside ours and these words in it, one a row.
fn with_column(name: &str, words: &[&str]) -> String {
    let rows = words
        .iter()
        .enumerate()
        .map(|(index, word)| format!("2026-11-20 09:14:31,AQ-{index},INVOICE {index},20,{word}\n"));
    format!("Time,Transaction ID,Reference,Amount,{name}\n{}", rows.collect::<String>())
}

fn counted(kind: FileKind, text: &str) -> Result<(usize, u64), Vec<String>> {
    read(kind, text).map(|(rows, other)| (rows.len(), other))
}

#[test]
fn a_row_whose_status_says_that_nothing_moved_is_no_payment_and_a_word_nobody_knows_is_a_fault() {
    for name in ["Status", "Transaction Status", "transaction_status"] {
        let moved = with_column(name, &["Success", "COMPLETED", "paid", "TS", "Approved", "settled"]);
        assert_eq!(counted(FileKind::Merchant, &moved), Ok((6, 0)), "{name}");
        let failed = with_column(name, &["TF", "Failed", "DECLINED", "pending", "TIP", "reversed", "TS"]);
        assert_eq!(counted(FileKind::Merchant, &failed), Ok((1, 6)), "{name}");
        for unknown in ["", "held", "maybe"] {
            let faults = read(FileKind::Merchant, &with_column(name, &["TS", unknown])).unwrap_err();
            assert_eq!(faults.len(), 1, "{name} {unknown}");
            assert!(faults[0].starts_with("3 the status"), "{faults:?}");
        }
    }
    let codes = with_column("Response Code", &["00", "000", "0", "51", "05"]);
    assert_eq!(counted(FileKind::Merchant, &codes), Ok((3, 2)));
    let number = number();
    let batch = |response: &str| {
        format!(
            "Terminal,Batch,RRN,Authorization Code,Amount,Payment Number,Time,Response\n\
             KWS00001,12,632409812345,A1B2C3,2500.00,{number},2026-11-20 09:14:31,{response}\n"
        )
    };
    for kind in [FileKind::Terminal, FileKind::Settlement] {
        assert_eq!(counted(kind, &batch("APPROVED")), Ok((1, 0)));
        assert_eq!(counted(kind, &batch("DECLINED")), Ok((0, 1)));
    }
    let bank = format!("Date,Reference,Narration,Amount,Status\n2026-11-20,FT1,{number},500.00,FAILED\n");
    assert_eq!(counted(FileKind::Bank, &bank), Ok((0, 1)));
}

#[test]
fn an_account_in_shillings_takes_no_row_in_another_currency() {
    let shillings = with_column("Currency", &["KES", "ksh", ""]);
    assert_eq!(counted(FileKind::Merchant, &shillings), Ok((3, 0)));
    let dollars = read(FileKind::Merchant, &with_column("Currency", &["KES", "USD"])).unwrap_err();
    assert!(dollars.len() == 1 && dollars[0].starts_with("3 the currency"), "{dollars:?}");
}

#[test]
fn what_went_out_by_its_word_is_no_payment() {
    for name in ["Dr/Cr", "Type"] {
        let came = with_column(name, &["CR", "credit", "C", "sale", "Payment"]);
        let went = with_column(name, &["DR", "debit", "D", "refund", "Chargeback", "charge", "fee"]);
        assert_eq!(counted(FileKind::Merchant, &came), Ok((5, 0)), "{name}");
        assert_eq!(counted(FileKind::Merchant, &went), Ok((0, 7)), "{name}");
        let faults = read(FileKind::Merchant, &with_column(name, &["CR", "transfer"])).unwrap_err();
        assert!(faults.len() == 1 && faults[0].starts_with("3 the type"), "{faults:?}");
    }
    let number = number();
    let of_cards = |word: &str| {
        format!(
            "Terminal,Batch,RRN,Authorization Code,Amount,Payment Number,Time,Type\n\
             KWS00001,12,632409812345,A1B2C3,2500.00,{number},2026-11-20 09:14:31,{word}\n"
        )
    };
    assert_eq!(counted(FileKind::Settlement, &of_cards("REFUND")), Ok((0, 1)));
    assert_eq!(counted(FileKind::Terminal, &of_cards("SALE")), Ok((1, 0)));
    // It may be the kind of card.
    assert!(read(FileKind::Terminal, &of_cards("DEBIT")).is_err());
}

#[test]
fn a_column_that_stands_twice_and_a_row_that_came_in_and_went_out_are_faults() {
    for twice in ["Amount", "Status", "Currency", "Transaction ID"] {
        let text = with_column(&format!("Status,Currency,{twice}"), &["TS,KES,TS"]);
        let said = format!("1 the heading has the column {twice} twice");
        assert_eq!(read(FileKind::Merchant, &text), Err(vec![said]), "{twice}");
    }
    let both = "Time,Transaction ID,Reference,Credit,Debit\n2026-11-20,AQ-1,,500,\n\
                2026-11-20,AQ-2,,500,35\n2026-11-20,AQ-3,,,35\n2026-11-20,AQ-4,,500,0.00\n2026-11-20,AQ-5,,500,x\n";
    let faults = read(FileKind::Merchant, both).unwrap_err();
    let lines: Vec<_> = faults.iter().map(|said| &said[..1]).collect();
    assert_eq!(lines, ["3", "6"], "{faults:?}");
    let number = number();
    let settled = format!(
        "Terminal,Batch,RRN,Authorization Code,Amount,Payment Number,Time,Debit\n\
         KWS00001,12,1,A1B2C3,2500.00,{number},2026-11-20 09:14:31,35\n\
         KWS00001,12,2,A1B2C3,,{number},2026-11-20 09:14:31,35\n"
    );
    let faults = read(FileKind::Settlement, &settled).unwrap_err();
    assert!(faults.len() == 1 && faults[0].starts_with("2 it has an amount that came in"), "{faults:?}");
}

#[test]
fn a_payer_who_calls_himself_a_sum_has_paid_all_the_same() {
    let of = |row: &str| format!("Reference,Time,Transaction ID,Amount\n{row}\nJumla,,,500.00\n");
    let paid = of("TOTAL,2026-11-20 09:14:31,AQ-1,500");
    assert_eq!(read(FileKind::Merchant, &paid), Ok((vec!["2 AQ-1 500.00 TOTAL".to_owned()], 0)));
    for undated in ["Total,,AQ-1,500", "Total,2026-11-20,,500"] {
        assert_eq!(read(FileKind::Merchant, &of(undated)).unwrap_err().len(), 2, "it is no sum: {undated}");
    }
    let bank = "Reference,Date,Payment Number,Amount\nSUM,2026-11-20,,500\nSum:,,,500\n";
    assert_eq!(read(FileKind::Bank, bank), Ok((vec!["2 SUM 500.00 ".to_owned()], 0)));
}

#[test]
fn what_terminals_take_back_later_is_kept_with_its_receipt_and_amount() {
    let number = number();
    let heading = "Terminal,Batch,RRN,Authorization Code,Amount,Payment Number,Time\n";
    let sale = |rrn: u32, amount: &str| {
        format!("KWS00001,000012,{rrn:012},A1B2C3,{amount},{number},2026-11-20 09:14:31\n")
    };
    let later = format!("{heading}{}{}Total,,,,-500.00,,\n", sale(1, "200.00"), sale(2, "-700.00"));
    let expected = vec![format!("2 KWS00001-12-1 200.00 {number}")];
    assert_eq!(read(FileKind::Terminal, &later), Ok((expected, 1)));
    let alone = format!("{heading}{}", sale(2, "-700.00"));
    assert_eq!(counted(FileKind::Terminal, &alone), Ok((0, 1)));
}

#[test]
fn the_name_of_an_attempt_is_read_in_any_case() {
    let attempt = crate::payments::AttemptId::from_uuid(7).to_string();
    for written in [attempt.to_uppercase(), attempt.to_lowercase(), attempt[4..].to_lowercase()] {
        let text = format!("Time,Transaction ID,Reference,Amount\n2026-11-20,AQ-1,{written},5\n");
        assert_eq!(
            read(FileKind::Merchant, &text),
            Ok((vec![format!("2 AQ-1 5.00 {attempt}")], 0)),
            "{written}"
        );
    }
}

#[test]
fn what_a_file_calls_undone_is_no_payment_wherever_its_lines_stand() {
    const UNDONE: [&str; 5] = ["REVERSED", "reversal", "Voided", "refunded", "Refunded"];
    let heading = "Time,Transaction ID,Reference,Amount,Debit,Status\n";
    let row = |id: &str, amount: &str, debit: &str, status: &str| {
        format!("2026-11-20 09:14:31,{id},INVOICE 7,{amount},{debit},{status}\n")
    };
    let of = |lines: &[&str]| read(FileKind::Merchant, &format!("{heading}{}", lines.concat()));
    let (kept, gone) = (row("AQ-1", "20", "", "TS"), row("AQ-2", "500", "", "TS"));
    let pending = row("AQ-2", "500", "", "pending");
    for word in UNDONE {
        for (amount, debit) in [("500", ""), ("-500.00", ""), ("", "500"), ("0.00", "500")] {
            let undone = row("AQ-2", amount, debit, word);
            let orders = [[&kept, &gone, &undone], [&undone, &kept, &gone], [&gone, &undone, &kept]];
            for (order, line) in orders.into_iter().zip([2, 3, 4]) {
                let lines: Vec<&str> =
                    order.into_iter().chain([&undone, &gone]).map(String::as_str).collect();
                let expected = vec![format!("{line} AQ-1 20.00 INVOICE 7")];
                assert_eq!(of(&lines), Ok((expected.clone(), 2)), "{word} {amount} {debit}");
                // Whoever writes a sum may have it in or not.
                for (sum, is_taken) in [("520.00", true), ("20.00", true), ("-480.00", false), ("500", false)]
                {
                    let total = format!("Total,,,{sum},,\n");
                    let read = of(&[&lines[..], &[total.as_str()]].concat());
                    assert_eq!(read.is_ok(), is_taken, "{word} {amount} {debit} {sum}: {read:?}");
                }
            }
            // Its payment is in another file, or was told by itself.
            let alone = format!("{heading}{undone}");
            assert_eq!(counted(FileKind::Merchant, &alone), Ok((0, 1)));
            let other = "3 it takes back another amount than that of the sale with this receipt in line 2";
            let partly = row("AQ-2", "30", "", word);
            assert_eq!(of(&[&gone, &partly]), Err(vec![other.to_owned()]));
        }
        let nothing = row("AQ-2", "", "", word);
        assert_eq!(of(&[&nothing]), Ok((vec![], 1)));
    }
    assert_eq!(
        of(&[&pending, &gone]),
        Ok((vec!["3 AQ-2 500.00 INVOICE 7".to_owned()], 1)),
        "it was paid after"
    );

    for name in ["Type", "Transaction Type"] {
        let back = format!(
            "Date,Reference,Narration,Amount,{name}\n2026-11-20,FT1,,500,CR\n2026-11-20,FT1,,-500,REVERSAL\n\
             2026-11-20,FT2,,500,CR\n2026-11-20,FT3,,-35,charge\n"
        );
        assert_eq!(read(FileKind::Bank, &back), Ok((vec!["4 FT2 500.00 ".to_owned()], 3)));
    }
    let number = number();
    let slip = format!(
        "Bank,Slip Number,Amount,Date,Payment Number,Status\nkcb,S1,1500,2026-11-20,{number},reversed\n"
    );
    let refused = read(FileKind::Slips, &slip).unwrap_err();
    assert!(refused.len() == 1 && refused[0].starts_with("2 a slip that was reversed"), "{refused:?}");
    let batch = format!(
        "Terminal,Batch,RRN,Authorization Code,Amount,Payment Number,Time,Status\n\
         KWS00001,12,1,A1B2C3,700.00,{number},2026-11-20 09:14:31,approved\n\
         KWS00001,12,1,A1B2C3,700.00,{number},2026-11-20 09:14:31,voided\n"
    );
    for kind in [FileKind::Terminal, FileKind::Settlement] {
        assert_eq!(counted(kind, &batch), Ok((0, 2)), "{kind:?}");
    }
}
