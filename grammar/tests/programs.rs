//! Do whole programs parse without damage?

mod samples;

#[test]
fn samples_have_no_damage() {
    for (name, text) in samples::SAMPLES {
        let module = mig_syntax::parse(text);
        assert_eq!(module.damage, [], "{name}");
        assert!(!module.items.is_empty(), "{name} has items");
    }
}
