//! The settings of `modelhost serve` that say who may predict, and how often.
//! Must not know how that is held against a request.

use super::Token;
use super::token::is_hard_to_guess;
use clap::Args;
use ipnet::IpNet;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

/// Who may predict.
#[derive(Debug, Clone, Default, Args)]
pub struct Access {
    /// Keys of which whoever predicts shows one, as NAME=KEY,…; metrics count by name. Without them nobody need
    #[arg(
        long,
        env = "MODELHOST_API_KEYS",
        hide_env_values = true,
        value_name = "NAME=KEY,…",
        value_delimiter = ','
    )]
    pub api_keys: Vec<Token>,
    /// How often one client may predict, as 10/s, 600/m or 1000/h: by its key, or else by its address
    #[arg(long, env = "MODELHOST_RATE_LIMIT", value_name = "RATE")]
    pub rate_limit: Option<Rate>,
    /// Networks of proxies whose X-Forwarded-For says a client's address, as 10.0.0.0/8
    #[arg(
        long,
        env = "MODELHOST_TRUSTED_PROXIES",
        value_name = "NETWORK,…",
        value_delimiter = ','
    )]
    pub trusted_proxies: Vec<IpNet>,
    /// Sites whose pages may call the API, as `https://example.org`,…; `*` for all
    #[arg(
        long,
        env = "MODELHOST_CORS",
        value_name = "ORIGIN,…",
        value_delimiter = ','
    )]
    pub cors: Vec<Origin>,
    /// Leave out the headers that tell browsers to guess no types and name no referrer
    #[arg(long, env = "MODELHOST_NO_SECURITY_HEADERS")]
    pub no_security_headers: bool,
}

impl Access {
    /// Names and keys, or what is wrong with them; that never repeats a key.
    pub fn keys(&self) -> Result<Vec<(&str, &str)>, String> {
        self.api_keys.iter().map(named).collect()
    }
}

fn named(written: &Token) -> Result<(&str, &str), String> {
    let wrong =
        "write API keys as NAME=KEY, with commas between them; a name has letters, digits, - and _";
    let (name, key) = written.reveal().trim().split_once('=').ok_or(wrong)?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if name.is_empty() || name.len() > 64 || !name.bytes().all(is_name) {
        return Err(wrong.to_owned());
    }
    match is_hard_to_guess(key) {
        true => Ok((name, key)),
        false => Err(format!(
            "the API key of `{name}` is too weak; a key has at least 16 letters, digits or signs, and no space"
        )),
    }
}

/// So many requests in so long.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// How many.
    pub count: NonZeroU32,
    /// In how long.
    pub per: Duration,
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Rate, String> {
        let wrong = || format!("`{text}` is no rate; write it as 10/s, 600/m or 1000/h");
        let (count, per) = text.split_once('/').ok_or_else(wrong)?;
        let seconds = match per.trim() {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            _ => return Err(wrong()),
        };
        let count = count.trim().parse().map_err(|_| wrong())?;
        let per = Duration::from_secs(seconds);
        Ok(Rate { count, per })
    }
}

/// A site as browsers name it, `https://example.org`; or `*`.
#[derive(Debug, Clone)]
pub struct Origin(pub String);

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Origin, String> {
        let text = text.trim();
        let host = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"));
        let is_site = host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '*', ' ']));
        match is_site || text == "*" {
            true => Ok(Origin(text.to_owned())),
            false => Err(format!(
                "`{text}` is no origin; write https://example.org, several with commas, or * for all"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_number_and_a_time() {
        for text in ["", "10", "0/s", "-1/s", "10/d", "a/s"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
        let rate: Rate = "600/m".parse().expect("a rate");
        assert_eq!((rate.count.get(), rate.per.as_secs()), (600, 60));
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in [
            "",
            "example.org",
            "https://",
            "https://*.example.org",
            "https://a.b/c",
        ] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
        for text in ["*", "https://a.b", " http://localhost:3000"] {
            assert!(text.parse::<Origin>().is_ok(), "{text}");
        }
    }

    #[test]
    fn a_key_is_not_repeated_by_what_is_said_of_it() {
        let access = |text: &str| Access {
            api_keys: text.parse().into_iter().collect(),
            ..Access::default()
        };
        for text in [
            "no-name-and-quite-secret",
            "=0123456789abcdef",
            "a b=0123456789abcdef",
            "team=short",
        ] {
            let error = access(text).keys().expect_err("it is wrong");
            let is_told = ["secret", "0123", "short"]
                .iter()
                .any(|part| error.contains(part));
            assert!(!is_told, "{error}");
        }
        let access = access("team=0123456789abcdef");
        assert_eq!(access.keys(), Ok(vec![("team", "0123456789abcdef")]));
        assert!(!format!("{access:?}").contains("0123"), "{access:?}");
    }
}
