//! How is the value of a record written, and when do two mean the same?

use hickory_proto::rr::{RData, RecordType, rdata::TXT};

/// A character string of DNS has so many bytes.
const STRING_MAX_BYTES: usize = 255;

/// Types that are written and read here.
pub(super) fn is_known(sort: RecordType) -> bool {
    use RecordType::{A, AAAA, CAA, CNAME, MX, NS, SRV, TXT};
    matches!(sort, A | AAAA | CNAME | MX | TXT | SRV | NS | CAA)
}

/// A value as zone files have it. Names at its end are whole, with a dot or without; TXT is its text, without quotes.
pub(super) fn parse(sort: RecordType, value: &str) -> Result<RData, String> {
    match sort {
        RecordType::TXT => {
            let parts: Vec<&[u8]> = value.as_bytes().chunks(STRING_MAX_BYTES).collect();
            Ok(RData::TXT(TXT::from_bytes(if parts.is_empty() { vec![b""] } else { parts })))
        }
        RecordType::CNAME | RecordType::NS | RecordType::MX | RecordType::SRV => {
            let whole = format!("{}.", value.trim().trim_end_matches('.'));
            RData::try_from_str(sort, &whole).map_err(|error| error.to_string())
        }
        _ => RData::try_from_str(sort, value).map_err(|error| error.to_string()),
    }
}

/// Do they mean the same? Where a text is cut into strings does not matter, nor how large letters of names are.
pub(super) fn same(one: &RData, other: &RData) -> bool {
    match (one, other) {
        (RData::TXT(one), RData::TXT(other)) => joined(one) == joined(other),
        _ => one == other,
    }
}

/// As a program writes it.
pub(super) fn written(data: &RData) -> String {
    match data {
        RData::TXT(text) => String::from_utf8_lossy(&joined(text)).into_owned(),
        RData::CNAME(_) | RData::NS(_) | RData::MX(_) | RData::SRV(_) => data.to_string().trim_end_matches('.').to_owned(),
        _ => data.to_string(),
    }
}

fn joined(text: &TXT) -> Vec<u8> {
    text.txt_data.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_and_written_alike() {
        for (sort, value, written_as) in [
            (RecordType::A, "192.0.2.7", "192.0.2.7"),
            (RecordType::AAAA, "2001:DB8:0::7", "2001:db8::7"),
            (RecordType::CNAME, "Www.Example.org.", "www.example.org"),
            (RecordType::MX, "10 mail.example.org", "10 mail.example.org"),
            (RecordType::SRV, "0 5 443 www.example.org", "0 5 443 www.example.org"),
            (RecordType::NS, "ns1.example.org", "ns1.example.org"),
            (RecordType::TXT, "v=spf1 include:\"x\" -all", "v=spf1 include:\"x\" -all"),
            (RecordType::CAA, "0 issue \"ca.example.net\"", "0 issue \"ca.example.net\""),
        ] {
            let data = parse(sort, value).unwrap();
            assert_eq!(written(&data), written_as);
            assert!(same(&data, &parse(sort, written_as).unwrap()), "{value}");
        }
        assert!(same(&parse(RecordType::CNAME, "A.b").unwrap(), &parse(RecordType::CNAME, "a.B.").unwrap()));
        let long = "x".repeat(600);
        let RData::TXT(text) = parse(RecordType::TXT, &long).unwrap() else { panic!() };
        assert_eq!((text.txt_data.len(), written(&RData::TXT(text))), (3, long));
        assert!(parse(RecordType::A, "2001:db8::7").is_err() && parse(RecordType::MX, "mail.example.org").is_err());
    }
}
