//! Which known name did somebody mean?

/// Likeness from which on a name is worth a guess.
const LIKENESS_MIN: f64 = 0.8;

/// The likeliest, if one is like it.
pub fn near<'k>(wanted: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let scored = known.into_iter().map(|name| (strsim::jaro_winkler(name, wanted), name));
    scored.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(likeness, _)| *likeness > LIKENESS_MIN).map(|(_, name)| name)
}
