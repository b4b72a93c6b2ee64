//! What applicants must bring, as many offers ask for it.

use crate::sample::offer::{Said, said};

pub(super) const IDENTITY: Said = said("Identity card or passport", "Kitambulisho au pasipoti");
pub(super) const TAX_NUMBER: Said =
    said("Personal identification number (PIN)", "Nambari ya mlipa kodi (PIN)");
pub(super) const PREMISES: Said =
    said("Lease or title of the premises", "Mkataba wa kukodi au hati ya jengo");
pub(super) const PLAN: Said =
    said("Drawing signed by an architect", "Ramani iliyotiwa saini na mchora ramani");
pub(super) const TITLE: Said = said("Number of the title or plot", "Nambari ya hati au kiwanja");
pub(super) const PHOTOGRAPH: Said = said("Passport photograph", "Picha ya pasipoti");
pub(super) const LOGBOOK: Said = said("Logbook of the vehicle", "Kitabu cha usajili wa gari");
pub(super) const CASE_NUMBER: Said = said("Number of the case", "Nambari ya kesi");
pub(super) const PATIENT_NUMBER: Said = said("Number of the patient", "Nambari ya mgonjwa");
pub(super) const REFERRAL: Said = said("Referral by a clinician", "Barua ya rufaa ya mhudumu wa afya");
pub(super) const ADMISSION_NUMBER: Said = said("Admission number", "Nambari ya usajili wa mwanafunzi");
pub(super) const MEDICAL_REPORT: Said = said("Recent medical report", "Ripoti ya matibabu ya hivi karibuni");
