//! Dates along an axis, as people read them.
//! Must not know what lies on the axis.

use time::{Date, Duration, Month};

/// Dates at equal steps, of which one is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Calendar {
    /// The date of step 0.
    origin: Date,
    days: i64,
}

impl Calendar {
    /// Step 0 is `first`; the next is where `second` says, or so many `days` later.
    pub(super) fn of(first: &str, second: Option<&str>, days: i64) -> Option<Calendar> {
        let origin = parse(first)?;
        let days = match second {
            Some(second) => (parse(second)? - origin).whole_days(),
            None => days,
        };
        (days > 0).then_some(Calendar { origin, days })
    }

    /// `6 Nov`, or `6 Nov 2017`; empty beyond the years that there are.
    pub(super) fn name(&self, step: i64, with_year: bool) -> String {
        let Some(date) = self.at(step) else {
            return String::new();
        };
        let (day, month) = (date.day(), &date.month().to_string()[..3]);
        match with_year {
            true => format!("{day} {month} {}", date.year()),
            false => format!("{day} {month}"),
        }
    }

    /// Whether the two steps lie in one year.
    pub(super) fn share_a_year(&self, one: i64, other: i64) -> bool {
        let year = |step| self.at(step).map(Date::year);
        year(one) == year(other)
    }

    pub(super) fn days(&self) -> i64 {
        self.days
    }

    fn at(&self, step: i64) -> Option<Date> {
        let days = self.days.checked_mul(step)?;
        self.origin.checked_add(Duration::days(days))
    }
}

fn parse(text: &str) -> Option<Date> {
    let mut parts = text.splitn(3, '-');
    let mut part = || parts.next();
    let year = part()?.parse().ok()?;
    let month = Month::try_from(part()?.parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(year, month, part()?.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_counted_over_the_ends_of_months_and_years() {
        let daily = Calendar::of("2017-12-30", Some("2017-12-31"), 9).expect("two dates");
        assert_eq!(daily.name(2, true), "1 Jan 2018");
        assert_eq!(daily.name(-30, false), "30 Nov");
        assert!(!daily.share_a_year(1, 2));
        let weekly = Calendar::of("2020-02-24", None, 7).expect("a date");
        assert_eq!(weekly.name(1, false), "2 Mar");
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in ["", "2017-02-30", "yesterday", "2017-1"] {
            assert_eq!(Calendar::of(text, None, 1), None, "{text}");
        }
    }
}
