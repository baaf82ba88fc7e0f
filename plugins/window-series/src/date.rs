//! Civil days: parse, print, count, and the weekday they fall on.
//! Knows no clock and no time zone.

use serde::{Deserialize, Deserializer, de};
use std::fmt;

/// A day of the Gregorian calendar, as days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Date(i64);

impl Date {
    /// The first day that is accepted: the rules for Easter begin with the Gregorian calendar.
    pub(crate) const FIRST: &'static str = "1583-01-01";
    /// The last day that is accepted: a year has four digits.
    pub(crate) const LAST: &'static str = "9999-12-31";

    /// `None` where the year has no such day.
    pub(crate) fn new(year: i64, month: u32, day: u32) -> Option<Self> {
        ((1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day))
            .then(|| Self::unchecked(year, month, day))
    }

    /// Howard Hinnant's `days_from_civil`: counts in years that begin in March, so that the leap day is the last.
    fn unchecked(year: i64, month: u32, day: u32) -> Self {
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((i64::from(month) + 9) % 12) + 2) / 5 + i64::from(day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Self(era * 146_097 + day_of_era - 719_468)
    }

    /// Exactly `YYYY-MM-DD`, within the accepted range.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let dashed = bytes.len() == 10 && bytes[4] == b'-' && bytes[7] == b'-';
        let digits = bytes
            .iter()
            .enumerate()
            .all(|(i, b)| b.is_ascii_digit() || i == 4 || i == 7);
        if !dashed || !digits {
            return None;
        }
        let date = Self::new(
            text[..4].parse().ok()?,
            text[5..7].parse().ok()?,
            text[8..].parse().ok()?,
        )?;
        (date.year() >= 1583).then_some(date)
    }

    pub(crate) fn plus_days(self, days: i64) -> Self {
        Self(self.0 + days)
    }

    pub(crate) fn days_since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// Year, month (1..=12) and day (1..=31).
    pub(crate) fn civil(self) -> (i64, u32, u32) {
        let shifted = self.0 + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let small = |n: i64| u32::try_from(n).expect("a month or a day is small");
        (year, small(month), small(day))
    }

    pub(crate) fn year(self) -> i64 {
        self.civil().0
    }

    /// 0 = Monday … 6 = Sunday. 1970-01-01 was a Thursday.
    pub(crate) fn day_of_week(self) -> i64 {
        (self.0 + 3).rem_euclid(7)
    }

    /// 1..=366
    pub(crate) fn day_of_year(self) -> i64 {
        self.days_since(Self::unchecked(self.year(), 1, 1)) + 1
    }

    /// Easter Sunday of a Gregorian year (the anonymous algorithm of Meeus, Jones and Butcher).
    pub(crate) fn easter(year: i64) -> Self {
        let (a, b, c) = (year % 19, year / 100, year % 100);
        let h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
        let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
        let m = (a + 11 * h + 22 * l) / 451;
        Self::unchecked(year, 3, 1).plus_days(h + l - 7 * m + 21)
    }
}

/// Days of a month; 0 for a month that is none.
pub(crate) fn days_in(year: i64, month: u32) -> u32 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Date;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(
                    f,
                    "a date such as \"2017-10-25\" ({} to {})",
                    Date::FIRST,
                    Date::LAST
                )
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Date, E> {
                Date::parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).expect("a date")
    }

    #[test]
    fn days_run_over_the_end_of_a_year_and_over_leap_days() {
        for (before, after) in [
            ("2017-12-31", "2018-01-01"),
            ("2016-02-28", "2016-02-29"),
            ("2016-02-29", "2016-03-01"),
            ("2017-02-28", "2017-03-01"),
            ("1900-02-28", "1900-03-01"),
            ("2000-02-28", "2000-02-29"),
        ] {
            assert_eq!(date(before).plus_days(1), date(after));
            assert_eq!(date(before).plus_days(1).to_string(), after);
        }
    }

    #[test]
    fn every_day_of_eight_centuries_survives_printing_and_parsing() {
        let mut day = date("1583-01-01");
        let mut weekday = day.day_of_week();
        while day < date("2400-01-01") {
            assert_eq!(date(&day.to_string()), day);
            assert_eq!(day.day_of_week(), weekday);
            day = day.plus_days(1);
            weekday = (weekday + 1) % 7;
        }
    }

    #[test]
    fn weekdays_and_days_of_the_year_are_those_of_the_calendar() {
        assert_eq!(date("1970-01-01").day_of_week(), 3);
        assert_eq!(date("2017-10-25").day_of_week(), 2);
        assert_eq!(date("2016-02-29").day_of_week(), 0);
        assert_eq!(date("2017-12-31").day_of_year(), 365);
        assert_eq!(date("2016-12-31").day_of_year(), 366);
        assert_eq!(date("2017-01-01").day_of_year(), 1);
    }

    #[test]
    fn easter_is_where_the_church_puts_it() {
        for sunday in [
            "1961-04-02",
            "2000-04-23",
            "2008-03-23",
            "2016-03-27",
            "2017-04-16",
            "2024-03-31",
            "2038-04-25",
        ] {
            assert_eq!(Date::easter(date(sunday).year()).to_string(), sunday);
        }
    }

    #[test]
    fn what_is_no_day_is_no_date() {
        for text in [
            "2017-02-29",
            "2017-13-01",
            "2017-00-10",
            "2017-01-00",
            "17-01-01",
            "2017-1-1",
            "2017/01/01",
            "2017-01-01T00:00",
            "",
            "１９７0-1-1",
            "1582-12-31",
            "+017-01-01",
            "2017-01-32",
        ] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
        assert_eq!(date(Date::LAST).to_string(), Date::LAST);
        assert_eq!(date(Date::FIRST).to_string(), Date::FIRST);
    }
}
