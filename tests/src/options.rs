//! What did the person ask for? The words of the command line, and the text that explains them.

use std::path::PathBuf;

/// The exit status of wrong usage, as in `migc`.
pub(crate) const USAGE_STATUS: u8 = 64;

const USAGE: &str = "\
cargo verify [OPTIONS]: installs what is missing, runs every test, then a real editor and the lab of real hosts

  --no-lab      leave the lab out
  --lab-only    only the lab
  --no-editor   leave the editor out
  --editor-only only the editor: Neovim, which speaks to `migc lsp`
  --long        the long form of the lab: more moments to be killed at, lost connections, hosts that restart
  --case TEXT   of the lab, only cases whose name contains TEXT
  --hold        bring the lab's hosts up, print how to reach them, and keep them until a line is entered
  --clean       remove what the lab keeps between runs, then stop
  --migc FILE   run the cases with this binary instead of building one
  --no-install  install nothing
  --help        this text

The lab needs root on Debian or Ubuntu; it runs an engine of its own under /var/lib/migc-lab, reaches only hosts
it made itself, and removes all it started, also after Ctrl-C. Images are kept there between runs.";

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Options {
    /// Formatting, lints and `cargo test`.
    pub(crate) tests: bool,
    /// The lab.
    pub(crate) lab: bool,
    /// Neovim.
    pub(crate) editor: bool,
    /// Packages that are missing.
    pub(crate) installs: bool,
    /// The lab's long form.
    pub(crate) long: bool,
    /// Hosts for a person to try things on.
    pub(crate) hold: bool,
    /// Forget what is kept between runs.
    pub(crate) clean: bool,
    /// Part of the names of the lab's cases that are wanted.
    pub(crate) case: Option<String>,
    /// A binary that is there already.
    pub(crate) migc: Option<PathBuf>,
}

/// Was help asked for, so that printing it is no failure?
pub(crate) fn is_help(words: &[String]) -> bool {
    words.iter().any(|w| w == "--help" || w == "-h")
}

impl Options {
    /// The options, or the text to show instead.
    pub(crate) fn parse(words: &[String]) -> Result<Self, String> {
        if is_help(words) {
            return Err(USAGE.to_owned());
        }
        let mut options =
            Self { tests: true, editor: true, lab: true, installs: true, long: false, hold: false, clean: false, case: None, migc: None };
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            match word.as_str() {
                "--no-lab" => options.lab = false,
                "--lab-only" => (options.tests, options.editor) = (false, false),
                "--no-editor" => options.editor = false,
                "--editor-only" => (options.tests, options.lab) = (false, false),
                "--no-install" => options.installs = false,
                "--long" => options.long = true,
                "--hold" => (options.hold, options.tests, options.editor) = (true, false, false),
                "--clean" => (options.clean, options.tests, options.editor, options.installs) = (true, false, false, false),
                "--case" => {
                    options.case = Some(rest.next().ok_or("`--case` needs a part of a case's name")?.clone());
                    (options.tests, options.editor) = (false, false);
                }
                "--migc" => options.migc = Some(rest.next().ok_or("`--migc` needs a file")?.into()),
                other => return Err(format!("unknown option `{other}`\n\n{USAGE}")),
            }
        }
        if !options.lab && !options.tests && !options.editor {
            return Err(format!("nothing is left to do\n\n{USAGE}"));
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &str) -> Result<Options, String> {
        Options::parse(&words.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn without_words_everything_is_done() {
        let options = parse("").unwrap();
        assert!(options.tests && options.lab && options.installs && !options.long);
    }

    #[test]
    fn what_is_unknown_or_empty_is_refused() {
        assert!(parse("--bogus").unwrap_err().starts_with("unknown option `--bogus`"));
        assert!(parse("--case").is_err());
        assert!(parse("--no-lab --lab-only --no-editor").unwrap_err().starts_with("nothing is left"));
    }
}
