//! Which programs are the samples? Those in this folder; together they hold every form of the language.

/// Name and text of each.
pub const SAMPLES: [(&str, &str); 7] = [
    ("duplicate", include_str!("duplicate.mig")),
    ("ecs", include_str!("ecs.mig")),
    ("forms", include_str!("forms.mig")),
    ("images", include_str!("images.mig")),
    ("move", include_str!("move.mig")),
    ("nouns", include_str!("nouns.mig")),
    ("traps", include_str!("traps.mig")),
];
