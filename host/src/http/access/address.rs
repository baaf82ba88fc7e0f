//! A client's address, seen through the proxies that are believed.
//! Must not know what it is good for.

use ipnet::IpNet;
use std::net::{IpAddr, Ipv6Addr};
use warp::http::HeaderMap;

/// Of the addresses in `X-Forwarded-For`, read from the last, the first that is no proxy of ours; the `peer` itself where that
/// is none. What a stranger writes there is not read.
pub(super) fn client(peer: IpAddr, headers: &HeaderMap, proxies: &[IpNet]) -> IpAddr {
    let is_proxy = |address: &IpAddr| proxies.iter().any(|net| net.contains(address));
    let mut client = peer.to_canonical();
    let values = headers.get_all("x-forwarded-for").iter().rev();
    let hops = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.rsplit(','));
    for hop in hops {
        if !is_proxy(&client) {
            break;
        }
        match hop.trim().parse::<IpAddr>() {
            Ok(address) => client = address.to_canonical(),
            // Whoever wrote this is believed, and names nobody.
            Err(_) => break,
        }
    }
    household(client)
}

/// All of an IPv6 network of 64 bits is one client: each may have as many addresses as it likes.
fn household(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use warp::http::HeaderValue;

    fn seen(peer: &str, forwarded: &[&'static str], proxies: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_static(value));
        }
        let net = |net: &&str| net.parse().expect("a network");
        let proxies: Vec<IpNet> = proxies.iter().map(net).collect();
        client(peer.parse().expect("an address"), &headers, &proxies).to_string()
    }

    #[test]
    fn a_strangers_word_is_not_taken() {
        assert_eq!(seen("9.9.9.9", &["1.1.1.1"], &[]), "9.9.9.9");
        assert_eq!(seen("9.9.9.9", &["1.1.1.1"], &["10.0.0.0/8"]), "9.9.9.9");
        // What the client itself had written stands before what the proxy added.
        assert_eq!(
            seen("10.0.0.1", &["1.1.1.1, 8.8.8.8"], &["10.0.0.0/8"]),
            "8.8.8.8"
        );
    }

    #[test]
    fn proxies_behind_proxies_are_seen_through() {
        let proxies = ["10.0.0.0/8", "192.168.0.0/16"];
        assert_eq!(
            seen("10.0.0.1", &["8.8.8.8, 192.168.1.1"], &proxies),
            "8.8.8.8"
        );
        assert_eq!(
            seen("::ffff:10.0.0.1", &["8.8.8.8", "192.168.1.1"], &proxies),
            "8.8.8.8"
        );
        assert_eq!(seen("10.0.0.1", &["unknown"], &proxies), "10.0.0.1");
        assert_eq!(seen("2001:db8::1:2:3:4", &[], &proxies), "2001:db8::");
    }
}
