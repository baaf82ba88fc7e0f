//! Where requests go: a URL, taken apart.
//! Must not know how they get there.

use super::Error;

/// Where requests go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// `HOST:PORT`, as it is connected to.
    pub address: String,
    /// The path of the requests.
    pub path: String,
    /// Where a modelhost tells how the model is doing; none where the path was given, which may be anyone's.
    pub about: Option<String>,
}

impl Target {
    /// What `url` says. Without a path of its own it is a modelhost, which is asked for `model`, or for its default.
    ///
    /// # Errors
    /// It is not a URL of `http://`.
    pub fn parse(url: &str, model: Option<&str>) -> Result<Target, Error> {
        let bad = |why| Error::Url {
            url: url.to_owned(),
            why,
        };
        let rest = match url.split_once("://") {
            Some(("http", rest)) => rest,
            Some(("https", _)) => return Err(Error::Tls(url.to_owned())),
            _ => return Err(bad("this does not begin with http://")),
        };
        if !url.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(bad("a space or letter in it has to be written as %XX"));
        }
        let rest = rest.split('#').next().unwrap_or_default();
        let at = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(at);
        if authority.contains('@') {
            return Err(bad("names and passwords are not sent"));
        }
        let (host, port) = match authority.rsplit_once(':') {
            // The colons of `[::1]` are its own.
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (authority, None),
        };
        if host.is_empty() {
            return Err(bad("it names no host"));
        }
        let port = match port {
            None => 80,
            Some(port) => port
                .parse::<u16>()
                .map_err(|_| bad("its port is no number up to 65535"))?,
        };
        let (path, about) = match (path, model) {
            ("" | "/", Some(model)) => (
                format!("/models/{model}/predict"),
                Some(format!("/models/{model}")),
            ),
            ("" | "/", None) => ("/predict".to_owned(), None),
            // A query alone belongs to the root.
            (path, _) if path.starts_with('?') => (format!("/{path}"), None),
            (path, _) => (path.to_owned(), None),
        };
        Ok(Target {
            address: format!("{host}:{port}"),
            path,
            about,
        })
    }

    /// The URL of the requests.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(url: &str) -> (String, String) {
        let target = Target::parse(url, Some("m")).expect("a URL");
        (target.address, target.path)
    }

    #[test]
    fn a_path_is_sent_to_as_it_is_and_without_one_the_model_is_asked() {
        let cases = [
            ("http://h:1", "h:1", "/models/m/predict"),
            ("http://h/", "h:80", "/models/m/predict"),
            ("http://[::1]:7/x?y=z#part", "[::1]:7", "/x?y=z"),
            ("http://[::1]", "[::1]:80", "/models/m/predict"),
            ("http://h?y", "h:80", "/?y"),
        ];
        for (url, address, path) in cases {
            assert_eq!(parts(url), (address.to_owned(), path.to_owned()), "{url}");
        }
        let default = Target::parse("http://h", None).expect("a URL");
        assert_eq!((default.path.as_str(), default.about), ("/predict", None));
    }

    #[test]
    fn what_is_no_url_of_http_is_refused() {
        for url in [
            "h:1",
            "ftp://h",
            "http://",
            "http://h:x",
            "http://h:70000",
            "http://u@h",
            "http://h/a b",
        ] {
            let refused = Target::parse(url, None);
            assert!(matches!(refused, Err(Error::Url { .. })), "{url}");
        }
        let https = Target::parse("https://h", None);
        assert!(matches!(https, Err(Error::Tls(_))));
    }
}
