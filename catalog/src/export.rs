//! The catalogue for other programs: a service a line, as JSON or for a spreadsheet.

use jiff::civil::Date;

use crate::charge::Charge;
use crate::fee::FeeRule;
use crate::service::Service;
use crate::snapshot::Catalogue;
use crate::source::{FeeRow, ProblemSink, RuleRow, ServiceRow, read_rows};

/// The columns of the CSV. All but `charges` are those of an import mapping, by their names there.
const COLUMNS: [&str; 22] = [
    "slug",
    "agency_code",
    "agency",
    "ministry",
    "department",
    "name",
    "name_sw",
    "published_name",
    "description",
    "description_sw",
    "requirements",
    "promised_working_days",
    "delivery",
    "county",
    "keywords",
    "revenue_code",
    "fee",
    "legal_basis",
    "fee_version",
    "valid_from",
    "valid_to",
    "charges",
];

impl Catalogue {
    /// One service a line, each as it stands in the document.
    pub fn to_ndjson(&self) -> String {
        let mut text = String::new();
        for row in self.service_rows() {
            text.push_str(&serde_json::to_string(&row).expect("rows hold texts, numbers and lists of them"));
            text.push('\n');
        }
        text
    }

    /// One service a line, for a spreadsheet, with the fee that holds on `day`. Only a fee that is one amount for
    /// everybody stands under `fee`; under `charges` every fee is spelled out.
    pub fn to_csv(&self, day: Date) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let write = |writer: &mut csv::Writer<Vec<u8>>, record: &[String]| {
            writer.write_record(record).expect("writing to memory cannot fail");
        };
        write(&mut writer, &COLUMNS.map(str::to_owned));
        for row in self.service_rows() {
            let service = self.service(&row.slug).expect("the rows are those of this catalogue");
            write(&mut writer, &self.record(&row, service, day));
        }
        let bytes = writer.into_inner().expect("writing to memory cannot fail");
        String::from_utf8(bytes).expect("every cell is text")
    }

    fn record(&self, row: &ServiceRow, service: &Service, day: Date) -> [String; 22] {
        let agency = self.agency_of(service);
        let optional = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let flat = service.fee_on(day).filter(|fee| matches!(fee.rule, FeeRule::Flat { .. }));
        let flat = flat.and_then(|fee| row.fees.iter().find(|row| row.version == fee.version.as_str()));
        let of_fee = |text: fn(&FeeRow) -> Option<&str>| optional(flat.and_then(text));
        let amount: fn(&FeeRow) -> Option<&str> = |fee| match &fee.rule {
            RuleRow::Flat { amount } => Some(amount),
            _ => None,
        };
        let delivery: Vec<_> = row.delivery.iter().map(|delivery| delivery.code()).collect();
        let requirements: Vec<_> = row.requirements.iter().map(|text| text.en.as_str()).collect();
        [
            row.slug.clone(),
            row.agency.clone(),
            agency.name.en().to_owned(),
            optional(agency.ministry.as_deref()),
            optional(agency.department.as_deref()),
            row.name.en.clone(),
            optional(row.name.sw.as_deref()),
            optional(row.published_name.as_deref()),
            row.description.en.clone(),
            optional(row.description.sw.as_deref()),
            requirements.join("; "),
            row.promised_working_days.map(|days| days.to_string()).unwrap_or_default(),
            delivery.join("; "),
            optional(row.county.as_deref()),
            row.keywords.join("; "),
            row.revenue_code.clone(),
            of_fee(amount),
            of_fee(|fee| Some(&fee.basis)),
            of_fee(|fee| Some(&fee.version)),
            of_fee(|fee| fee.valid_from.as_deref()),
            of_fee(|fee| fee.valid_to.as_deref()),
            Charge::of(Some(service), self.convenience_fee(), day).to_string(),
        ]
    }

    /// The rows of the document, in the order of slugs.
    fn service_rows(&self) -> Vec<ServiceRow> {
        let document = self.to_json();
        let text = std::str::from_utf8(&document).expect("a document was read as text before");
        let rows = read_rows("catalogue.json", text, &ProblemSink::default()).services;
        let mut rows: Vec<_> = rows.into_iter().map(|located| located.row).collect();
        rows.sort_by(|left, right| left.slug.cmp(&right.slug));
        rows
    }
}
