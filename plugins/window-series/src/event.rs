//! Rules for days that return: fixed days, the n-th weekday of a month, Easter and days around it.
//! Knows no series; which days an event touches is `calendar`'s.

use crate::date::{Date, days_in};

/// One rule of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// `MM-DD`
    Yearly { month: u32, day: u32 },
    /// `YYYY-MM-DD`
    Once(Date),
    /// `11-Thu#4`, or counted from the month's end: `05-Mon#-1`
    Weekday {
        month: u32,
        day_of_week: i64,
        nth: i64,
    },
    /// `easter`, `easter+1`, `easter-2`
    Easter { offset: i64 },
}

/// What a rule may look like, for error messages.
pub(crate) const FORMS: &str =
    "`MM-DD`, `YYYY-MM-DD`, `11-Thu#4`, `05-Mon#-1`, `easter` or `easter+1`";

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Keeps every day of a rule near the year that it is asked for.
const MAX_OFFSET_DAYS: i64 = 200;

impl Rule {
    /// `None` where the text is none of the [`FORMS`], or no year has such a day.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some(offset) = text.strip_prefix("easter") {
            let signed = offset.is_empty() || offset.starts_with(['+', '-']);
            let offset = if offset.is_empty() {
                0
            } else {
                offset.parse().ok()?
            };
            return (signed && (-MAX_OFFSET_DAYS..=MAX_OFFSET_DAYS).contains(&offset))
                .then_some(Self::Easter { offset });
        }
        if let Some(date) = Date::parse(text) {
            return Some(Self::Once(date));
        }
        let (month, rest) = text.split_once('-')?;
        let month = two_digits(month)?;
        if let Some((weekday, nth)) = rest.split_once('#') {
            let day_of_week = WEEKDAYS.iter().position(|name| *name == weekday)?;
            let nth: i64 = nth.parse().ok()?;
            return ((1..=12).contains(&month) && (1..=5).contains(&nth.abs())).then_some(
                Self::Weekday {
                    month,
                    day_of_week: i64::try_from(day_of_week).ok()?,
                    nth,
                },
            );
        }
        let day = two_digits(rest)?;
        // 2000 is a leap year: the 29th of February is a rule that most years skip.
        Date::new(2000, month, day).map(|_| Self::Yearly { month, day })
    }

    /// The day of this rule in `year`, where it has one.
    pub(crate) fn day_in(self, year: i64) -> Option<Date> {
        match self {
            Self::Yearly { month, day } => Date::new(year, month, day),
            Self::Once(date) => (date.year() == year).then_some(date),
            Self::Weekday {
                month,
                day_of_week,
                nth,
            } => nth_weekday(year, month, day_of_week, nth),
            Self::Easter { offset } => Some(Date::easter(year).plus_days(offset)),
        }
    }
}

fn nth_weekday(year: i64, month: u32, day_of_week: i64, nth: i64) -> Option<Date> {
    let days = i64::from(days_in(year, month));
    let first = Date::new(year, month, 1)?;
    let to_first = (day_of_week - first.day_of_week()).rem_euclid(7);
    let day = if nth > 0 {
        to_first + 7 * (nth - 1)
    } else {
        let to_last = to_first + 7 * ((days - 1 - to_first) / 7);
        to_last + 7 * (nth + 1)
    };
    (0..days).contains(&day).then(|| first.plus_days(day))
}

fn two_digits(text: &str) -> Option<u32> {
    (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(rule: &str, year: i64) -> Option<String> {
        let rule = Rule::parse(rule).expect("a rule");
        rule.day_in(year).map(|date| date.to_string())
    }

    #[test]
    fn rules_find_the_days_they_are_named_after() {
        for (rule, year, expected) in [
            ("11-Thu#4", 2017, "2017-11-23"),  // Thanksgiving
            ("05-Mon#-1", 2017, "2017-05-29"), // Memorial Day
            ("05-Mon#-1", 2021, "2021-05-31"),
            ("09-Mon#1", 2017, "2017-09-04"), // Labor Day
            ("01-Mon#3", 2017, "2017-01-16"),
            ("05-Mon#-5", 2017, "2017-05-01"),
            ("easter", 2017, "2017-04-16"),
            ("easter+1", 2017, "2017-04-17"),
            ("easter-2", 2017, "2017-04-14"),
            ("12-25", 2018, "2018-12-25"),
            ("02-29", 2016, "2016-02-29"),
            ("2017-11-24", 2017, "2017-11-24"),
        ] {
            assert_eq!(day(rule, year).as_deref(), Some(expected), "{rule}");
        }
    }

    #[test]
    fn a_year_without_such_a_day_has_none() {
        assert_eq!(day("02-29", 2017), None);
        assert_eq!(day("02-Mon#5", 2017), None);
        assert_eq!(day("05-Sun#-5", 2017), None);
        assert_eq!(day("2017-11-24", 2018), None);
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for text in [
            "",
            "1-1",
            "13-01",
            "02-30",
            "00-01",
            "11-Thu",
            "11-Thu#0",
            "11-Thu#6",
            "11-thu#4",
            "13-Mon#1",
            "11-Thu#x",
            "easter1",
            "easter+",
            "easter+9999",
            "Easter",
            "2017-02-29",
            "tomorrow",
            "11-Thu#4#",
        ] {
            assert_eq!(Rule::parse(text), None, "{text}");
        }
    }
}
