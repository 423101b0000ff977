//! Does a real editor see what `migc` says? Neovim, without a screen, opens a program, applies the quick fix, hovers and formats.
//!
//! What it does is in `editor/drive.lua`; its configuration is the one that users take, `grammar/editors/neovim`.

use crate::{
    options::Options,
    part::Outcome,
    run::{is_on_path, limited, must},
};
use mig_tests::workspace;
use std::{fs, path::Path};

/// Neovim waits less long for each answer.
const LIMIT_S: u32 = 120;
/// The field is misspelt, the layout is not the formatter's, and columns are not bytes.
const BROKEN: &str = "kind node { disk: Size }\n\nnode a  { dsik=40GiB }   // é日\u{1f980}\n";
const MENDED: &str = "kind node { disk: Size }\n\nnode a { disk = 40GiB } // é日\u{1f980}\n";

/// The whole tier.
pub(crate) fn run(options: &Options) -> Outcome {
    if !is_on_path("nvim") {
        return Outcome::Skipped("Neovim is not installed (`apt-get install neovim`)".to_owned());
    }
    match driven(options) {
        Ok(()) => Outcome::Done,
        Err(message) => Outcome::Failed(message),
    }
}

fn driven(options: &Options) -> Result<(), String> {
    let given = options.migc.as_ref().map(|file| file.canonicalize().map_err(|e| format!("{}: {e}", file.display())));
    let migc = given.unwrap_or_else(workspace::migc)?;
    let folder = workspace::root().join("target/editor");
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(told)?;
    let program = folder.join("main.mig");
    fs::write(&program, BROKEN).map_err(told)?;
    edited(&migc, &folder, &program)?;
    let text = fs::read_to_string(&program).map_err(told)?;
    if text == MENDED { Ok(()) } else { Err(format!("Neovim left this text:\n{text}")) }
}

/// One session of Neovim, which knows nothing of the person whose machine this is.
fn edited(migc: &Path, folder: &Path, program: &Path) -> Result<(), String> {
    let root = workspace::root();
    let quoted = |path: &Path| path.display().to_string().replace('\'', "''");
    let mut command = limited("nvim", LIMIT_S);
    for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"] {
        command.env(name, folder.join("home"));
    }
    command.args(["--clean", "--headless", "-n"]);
    command.arg("--cmd").arg(format!("let &runtimepath = '{}' . ',' . &runtimepath", quoted(&root.join("grammar/editors/neovim"))));
    command.arg("--cmd").arg(format!("let g:migc_path = '{}'", quoted(migc)));
    command.arg(program).arg("-c").arg(format!("execute 'luafile ' . fnameescape('{}')", quoted(&root.join("tests/src/editor/drive.lua"))));
    must(&mut command).map(drop)
}
