mod words;

use super::*;
use crate::payments::{PaymentNumber, Provider};

/// 20 November 2026, noon.
const NOW: i64 = 1_795_165_200_000_000;

fn read(kind: FileKind, text: &str) -> Result<(Vec<String>, u64), Vec<String>> {
    let account = match kind {
        FileKind::Bank | FileKind::Slips => {
            CollectionAccount { provider: Provider::Bank, number: "kcb-1100220033".into() }
        }
        FileKind::Merchant => CollectionAccount { provider: Provider::Airtel, number: "900900".into() },
        FileKind::Terminal | FileKind::Settlement => {
            CollectionAccount { provider: Provider::Terminal, number: "880012".into() }
        }
    };
    let terminals = ["KWS00001".to_owned(), "KWS00002".to_owned()];
    let of = FileOf { kind, account: &account, which: "kcb", terminals: &terminals, now_micros: NOW };
    let file = FallbackFile::read(of, text.as_bytes()).map_err(|faults| {
        faults.iter().map(|fault| format!("{} {fault}", fault.line.unwrap_or(0))).collect::<Vec<_>>()
    })?;
    let said = |row: &FileRow| {
        let told = &row.told;
        format!("{} {} {} {}", row.line, told.receipt.number, told.money.to_decimal(), said_for(row))
    };
    Ok((file.rows.iter().map(said).collect(), file.other_rows + file.incomplete_rows))
}

fn number() -> PaymentNumber {
    PaymentNumber::from_random(7)
}

#[test]
fn a_bank_statement_is_read_with_its_title_its_charges_and_its_sum() {
    let number = number();
    let text = format!(
        "KCB Bank,Statement of 1100220033\n\
         Date,Reference,Narration,Amount,Slip Number\n\
         2026-11-19,ft1,APP {number} ASHA,\"20,000.00\",\n\
         19/11/2026 10:00:00,FT2,NHIFM-12345678,500,FT2\n\
         19-11-2026,FT3,Ledger fee,-35.00,\n\
         2026-11-19,FT2,NHIFM-12345678,500.00,\n\
         Total,,,\"20,500.00\",\n"
    );
    let expected = vec![format!("3 FT1 20000.00 {number}"), "4 FT2 500.00 NHIFM-12345678".to_owned()];
    assert_eq!(read(FileKind::Bank, &text), Ok((expected, 1)));
    let wrong_sum = text.replace("\"20,500.00\"", "20500.01");
    assert_eq!(
        read(FileKind::Bank, &wrong_sum),
        Err(vec!["7 the sum is not that of the rows above".to_owned()])
    );
}

#[test]
fn slips_and_terminal_batches_are_read_by_their_columns() {
    let number = number();
    let slips = format!("Bank,Slip Number,Amount,Date,Payment Number\nKCB,S-1,1500,2026-11-20,{number}\n");
    assert_eq!(read(FileKind::Slips, &slips), Ok((vec![format!("2 S-1 1500.00 {number}")], 0)));
    let batch = format!(
        "Terminal,Batch,RRN,Authorization Code,Amount,Payment Number,Time\n\
         kws00001,000012,632409812345,A1B2C3,2500.00,{number},2026-11-20 09:14:31\n"
    );
    for kind in [FileKind::Terminal, FileKind::Settlement] {
        assert_eq!(read(kind, &batch), Ok((vec![format!("2 KWS00001-12-632409812345 2500.00 {number}")], 0)));
    }
}

#[test]
fn terminals_of_one_merchant_count_alike_and_a_spreadsheet_that_drops_zeros_changes_nothing() {
    let number = number();
    let heading = "Terminal,Batch,RRN,Authorization Code,Amount,Payment Number,Time\n";
    let sale = |terminal: &str, rrn: &str| {
        format!("{terminal},000017,{rrn},A1B2C3,500.00,{number},2026-11-20 09:14:31\n")
    };
    let both = format!("{heading}{}{}", sale("KWS00001", "000000000123"), sale("KWS00002", "000000000123"));
    let expected =
        vec![format!("2 KWS00001-17-123 500.00 {number}"), format!("3 KWS00002-17-123 500.00 {number}")];
    assert_eq!(read(FileKind::Terminal, &both), Ok((expected.clone(), 0)));
    assert_eq!(read(FileKind::Settlement, &both.replace("000000000123", "123")), Ok((expected, 0)));
    let nothing = format!("{heading}{}", sale("KWS00001", "000000000000"));
    assert!(read(FileKind::Terminal, &nothing).is_err());
}

#[test]
fn lines_end_with_lf_or_crlf_and_an_empty_one_is_none() {
    let number = number();
    let text = format!("Date,Reference,Narration,Amount\n2026-11-20,FT1,{number},500.00\n\n");
    let expected = Ok((vec![format!("2 FT1 500.00 {number}")], 0));
    assert_eq!(read(FileKind::Bank, &text), expected);
    assert_eq!(read(FileKind::Bank, &text.replace('\n', "\r\n")), expected);
    for end in ["", "\n"] {
        let old = read(FileKind::Bank, &format!("{}{end}", text.replace('\n', "\r"))).unwrap_err();
        assert!(old[0].contains("CR alone"), "{old:?}");
    }
}

#[test]
fn every_wrong_line_is_named_and_nothing_of_what_stands_there_is_said() {
    let heading = "Bank,Slip Number,Amount,Date,Payment Number";
    let row = "kcb,S1,1500,2026-11-20,ASHA 12";
    let wrong = [
        row.replace("kcb", "equity"),
        row.replace("S1", ""),
        row.replace("S1", "S 1"),
        row.replace("1500", "1e3"),
        row.replace("1500", "0"),
        row.replace("1500", "99999999999999"),
        row.replace("2026-11-20", "yesterday"),
        row.replace("2026-11-20", "2013-12-31"),
        row.replace("2026-11-20", "2026-11-22"),
        row.replace(",ASHA 12", ""),
        row.replace("ASHA 12", &"9".repeat(300)),
    ];
    let faults = read(FileKind::Slips, &format!("{heading}\n{}\n{row}\n", wrong.join("\n"))).unwrap_err();
    let lines: Vec<_> = faults.iter().map(|said| said.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(lines, (2..13).map(|line| line.to_string()).collect::<Vec<_>>(), "{faults:#?}");
    assert!(!faults.join(" ").contains("ASHA"), "{faults:?}");

    let contradicts = format!("{heading}\n{row}\n{}\n", row.replace("1500", "1501"));
    let expected =
        "3 line 2 has the same receipt with another amount, payment number or reference".to_owned();
    assert_eq!(read(FileKind::Slips, &contradicts), Err(vec![expected]));
    for (kind, text) in [(FileKind::Slips, ""), (FileKind::Bank, heading), (FileKind::Terminal, heading)] {
        assert!(read(kind, text).unwrap_err()[0].contains("is a heading"), "{kind:?}");
    }
    let lacking = read(FileKind::Bank, "Date,Reference,Amount\n").unwrap_err();
    assert_eq!(lacking, ["1 the heading has no column Payment Number"]);
}

#[test]
fn a_text_of_a_bank_that_has_two_numbers_names_none() {
    let (one, other) = (number(), PaymentNumber::from_random(8));
    let of = |narration: &str| {
        let text = format!("Date,Reference,Narration,Amount\n2026-11-20,F1,{narration},5\n");
        let (rows, _) = read(FileKind::Bank, &text).unwrap();
        rows[0].strip_prefix("2 F1 5.00 ").unwrap().to_owned()
    };
    assert_eq!(of(&format!("DEP {} NAIROBI 0722000001", one.grouped())), one.to_string());
    assert_eq!(of(&format!("{one}/{one}")), one.to_string());
    let both = format!("{one} {other}");
    assert_eq!(of(&both), both);
}

#[test]
fn a_sale_that_a_terminal_took_back_is_no_payment_wherever_its_lines_stand() {
    let number = number();
    let sale = |rrn: u32, amount: &str| {
        format!("KWS00001,000012,{rrn:012},A1B2C3,{amount},{number},2026-11-20 09:14:31\n")
    };
    let heading = "Terminal,Batch,RRN,Authorization Code,Amount,Payment Number,Time\n";
    let of = |lines: &[String]| read(FileKind::Terminal, &format!("{heading}{}", lines.concat()));
    let (kept, taken, back) = (sale(1, "500.00"), sale(2, "700.00"), sale(2, "-700.00"));
    let orders = [[&kept, &taken, &back], [&back, &kept, &taken], [&taken, &back, &kept]];
    for (order, line) in orders.into_iter().zip([2, 3, 4]) {
        let lines: Vec<_> = order.into_iter().cloned().chain([back.clone(), taken.clone()]).collect();
        let expected = vec![format!("{line} KWS00001-12-1 500.00 {number}")];
        assert_eq!(of(&lines), Ok((expected.clone(), 2)), "repeated lines change nothing");
        let total = |sum: &str| [lines.concat(), format!("Total,,,,{sum},,\n")];
        assert_eq!(of(&total("500.00")), Ok((expected, 2)));
        assert_eq!(of(&total("1200.00")), Err(vec!["7 the sum is not that of the rows above".to_owned()]));
    }
    let other = "3 it takes back another amount than that of the sale with this receipt in line 2";
    assert_eq!(of(&[taken.clone(), sale(2, "-70.00")]), Err(vec![other.to_owned()]));
    let contradicts = "line 3 has the same receipt with another amount, payment number or reference";
    assert_eq!(of(&[taken.clone(), back, sale(2, "-70.00")]), Err(vec![format!("4 {contradicts}")]));
    let of_acquirer = format!("{heading}{taken}{}", sale(2, "-700.00"));
    let refused = read(FileKind::Settlement, &of_acquirer).unwrap_err();
    assert!(refused[0].starts_with("3 the amount cannot be read"), "what was settled is not taken back here");
}

#[test]
fn what_somebody_took_who_asks_payers_is_read_by_its_transactions_and_our_references() {
    let attempt = crate::payments::AttemptId::from_uuid(7).to_string();
    let short = attempt.trim_start_matches("att_");
    let text = format!(
        "Airtel Money,Merchant statement of 900900\n\
         Time,Transaction ID,Reference,Amount\n\
         2026-11-20 09:14:31,mp261120.0914.L06941,{short},500.00\n\
         20/11/2026 09:15:00,AQ-7,{attempt},\"1,500\"\n\
         20/11/2026 09:15:00,AQ-7,{attempt},1500.00\n\
         2026-11-20 10:00:00,AQ-9,INVOICE 7,20\n\
         2026-11-20 11:00:00,FEE-1,,-35.00\n\
         Total,,,2020.00\n"
    );
    let expected = vec![
        format!("3 MP261120.0914.L06941 500.00 {attempt}"),
        format!("4 AQ-7 1500.00 {attempt}"),
        "6 AQ-9 20.00 INVOICE 7".to_owned(),
    ];
    assert_eq!(read(FileKind::Merchant, &text), Ok((expected, 1)));
    let other = crate::payments::AttemptId::from_uuid(8).to_string();
    let contradicting =
        text.replacen(&format!("AQ-7,{attempt},1500.00"), &format!("AQ-7,{other},1500.00"), 1);
    let said = "5 line 4 has the same receipt with another amount, payment number or reference".to_owned();
    assert_eq!(read(FileKind::Merchant, &contradicting), Err(vec![said]));
    let nameless = text.replace("AQ-9,", ",");
    assert!(
        read(FileKind::Merchant, &nameless).unwrap_err()[0]
            .starts_with("6 the reference, slip number, transaction")
    );
    assert_eq!(
        read(FileKind::Merchant, &text.replace("Reference", "Ref")),
        Err(vec!["2 the heading has no column Reference".to_owned()])
    );
}
