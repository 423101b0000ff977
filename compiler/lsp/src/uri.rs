//! Which file does an address of the protocol mean? Only `file:` addresses are files.

use lsp_types::Uri;
use std::{
    ffi::OsString,
    fmt::Write as _,
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::{Path, PathBuf},
    str::FromStr as _,
};

/// The path of a `file:` address; `None` for any other.
pub fn path(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.as_str().strip_prefix("file://")?;
    let encoded = rest.get(rest.find('/')?..)?;
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut all = encoded.bytes();
    while let Some(byte) = all.next() {
        let digit = |b: Option<u8>| b.and_then(|b| (b as char).to_digit(16));
        bytes.push(match byte {
            b'%' => (digit(all.next())? * 16 + digit(all.next())?) as u8,
            b'?' | b'#' => break,
            other => other,
        });
    }
    (!bytes.contains(&0)).then(|| PathBuf::from(OsString::from_vec(bytes)))
}

/// The `file:` address of an absolute path.
pub fn of(path: &Path) -> Option<Uri> {
    let mut text = String::from("file://");
    for byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(byte) {
            text.push(*byte as char);
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    path.is_absolute().then(|| Uri::from_str(&text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_survive_the_way_there_and_back() {
        for name in ["/a/main.mig", "/with space/é日.mig", "/100%/#x?.mig", "/[a]/b|c.mig"] {
            let uri = of(Path::new(name)).expect("an address");
            assert_eq!(path(&uri).as_deref(), Some(Path::new(name)), "{}", uri.as_str());
        }
        let other = |text: &str| path(&Uri::from_str(text).expect("an address"));
        assert_eq!(other("untitled:Untitled-1"), None);
        assert_eq!(other("file://localhost/a.mig").as_deref(), Some(Path::new("/a.mig")));
        assert_eq!(other("file:///a%00b"), None);
        assert_eq!(of(Path::new("relative")), None);
    }
}
