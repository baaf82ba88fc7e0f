//! Channels: one number a step (or a row), by the name that the manifest gives it.
//! Knows names only; the numbers are `window`'s.

/// One number a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    /// The scaled value; 0 where missing.
    Target,
    /// 1 where the series has a value.
    Observed,
    /// The raw value of a covariate, by its place in the config; 0 where unknown.
    Covariate(usize),
    /// 1 where the covariate is known.
    Known(usize),
    /// 1 when the request has a start.
    Dated,
    /// ln(scale).
    LogScale,
    /// 0 = Monday … 6 = Sunday.
    DayOfWeek,
    /// 1..=31
    DayOfMonth,
    /// 1..=12
    Month,
    /// 1..=366
    DayOfYear,
    /// 1 in a step with the event.
    Event(usize),
    /// Falls from 1 at the event with the steps until it.
    Before(usize),
    /// Falls from 1 at the event with the steps since it.
    After(usize),
}

/// The tensor that a channel is wanted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Past,
    Future,
    Static,
}

impl Place {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Past => "past",
            Self::Future => "future",
            Self::Static => "static",
        }
    }

    fn forms(self) -> &'static str {
        match self {
            Self::Past => {
                "target, observed, covariate:NAME, known:NAME, dated, calendar:day_of_week, calendar:day_of_month, calendar:month, calendar:day_of_year, event:NAME, before:NAME, after:NAME"
            }
            Self::Future => {
                "covariate:NAME, known:NAME, dated, calendar:day_of_week, calendar:day_of_month, calendar:month, calendar:day_of_year, event:NAME, before:NAME, after:NAME"
            }
            Self::Static => "log_scale, dated",
        }
    }

    fn takes(self, channel: Channel) -> bool {
        match channel {
            Channel::Dated => true,
            Channel::LogScale => self == Self::Static,
            Channel::Target | Channel::Observed => self == Self::Past,
            _ => self != Self::Static,
        }
    }
}

impl Channel {
    /// Reads a channel's name; the error says what would be right.
    pub(crate) fn parse(
        text: &str,
        place: Place,
        covariates: &[String],
        events: &[String],
    ) -> Result<Self, String> {
        let (kind, name) = text.split_once(':').unwrap_or((text, ""));
        let covariate = || position(covariates, name, "covariate");
        let event = || position(events, name, "event");
        let channel = match kind {
            "covariate" => Self::Covariate(covariate()?),
            "known" => Self::Known(covariate()?),
            "event" => Self::Event(event()?),
            "before" => Self::Before(event()?),
            "after" => Self::After(event()?),
            _ => match text {
                "target" => Self::Target,
                "observed" => Self::Observed,
                "dated" => Self::Dated,
                "log_scale" => Self::LogScale,
                "calendar:day_of_week" => Self::DayOfWeek,
                "calendar:day_of_month" => Self::DayOfMonth,
                "calendar:month" => Self::Month,
                "calendar:day_of_year" => Self::DayOfYear,
                _ => {
                    return Err(format!(
                        "`{text}` is no channel; there are: {}",
                        place.forms()
                    ));
                }
            },
        };
        if !place.takes(channel) {
            return Err(format!(
                "`{text}` is no channel of `{}`, which takes: {}",
                place.name(),
                place.forms()
            ));
        }
        Ok(channel)
    }
}

fn position(names: &[String], name: &str, what: &str) -> Result<usize, String> {
    names.iter().position(|known| known == name).ok_or_else(|| {
        let known = if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        };
        format!("`{name}` is not one of the configured {what}s: {known}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, place: Place) -> Result<Channel, String> {
        Channel::parse(
            text,
            place,
            &["display".into(), "mailer".into()],
            &["holiday".into()],
        )
    }

    #[test]
    fn names_find_their_covariate_or_event() {
        assert_eq!(
            parse("covariate:mailer", Place::Past),
            Ok(Channel::Covariate(1))
        );
        assert_eq!(parse("known:display", Place::Future), Ok(Channel::Known(0)));
        assert_eq!(
            parse("before:holiday", Place::Future),
            Ok(Channel::Before(0))
        );
        assert_eq!(parse("calendar:month", Place::Past), Ok(Channel::Month));
    }

    #[test]
    fn a_wrong_channel_says_what_there_is() {
        let message = |text, place| parse(text, place).expect_err("must be refused");
        assert_eq!(
            message("covariate:price", Place::Past),
            "`price` is not one of the configured covariates: display, mailer"
        );
        assert!(message("calendar:week", Place::Past).starts_with("`calendar:week` is no channel"));
        assert!(message("target", Place::Future).starts_with("`target` is no channel of `future`"));
        assert_eq!(
            message("calendar:month", Place::Static),
            "`calendar:month` is no channel of `static`, which takes: log_scale, dated"
        );
    }
}
