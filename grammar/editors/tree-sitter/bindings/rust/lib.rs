//! The tree of a `.mig` text for editors, as Rust programs call it. What is of the language is `mig_syntax`'s to say.

use tree_sitter_language::LanguageFn;

unsafe extern "C" {
    fn tree_sitter_mig() -> *const ();
}

/// The grammar, for `tree_sitter::Parser::set_language`.
#[expect(clippy::undocumented_unsafe_blocks, reason = "said here: the generated function takes nothing and returns a constant table")]
pub const LANGUAGE: LanguageFn = unsafe { LanguageFn::from_raw(tree_sitter_mig) };
