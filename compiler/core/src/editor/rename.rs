//! What changes when a name changes? Every place that names one thing, if the program then means what it meant.

use super::{Index, Place, index::Use, is_own, module_of, place};
use crate::{Files, Loaded, Parsed, load_again, source::Loc};
use std::{collections::BTreeMap, sync::Arc};

/// A change of a name: the places that are replaced by it, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    /// What is replaced.
    pub places: Vec<Place>,
    /// By what.
    pub name: String,
}

/// Words that mean something in expressions.
const RESERVED: [&str; 8] = ["and", "or", "not", "if", "else", "in", "true", "false"];

/// The name at a byte that may be changed, or why it may not.
pub fn prepare_rename(loaded: &Loaded, index: &Index, file: &str, byte: usize) -> Result<Place, String> {
    let (found, _) = renamed(loaded, index, file, byte)?;
    Ok(place(&loaded.syntax, found.at))
}

/// The name at a byte, and where it is declared.
fn renamed<'i>(loaded: &Loaded, index: &'i Index, file: &str, byte: usize) -> Result<(&'i Use, Loc), String> {
    let syntax = &loaded.syntax;
    let nothing = || "there is no name here".to_owned();
    let (_, module) = module_of(syntax, file).ok_or_else(nothing)?;
    let found = index.at(module.file, byte).ok_or_else(nothing)?;
    let name = syntax.texts.slice(found.at);
    let Some(of) = found.of else { return Err(format!("`{name}` is of the language and cannot be renamed")) };
    if of.span.start == of.span.end {
        return Err(format!("`{name}` is a module: rename its file, or write `use … as name`"));
    }
    if !is_own(syntax, of.file) {
        return Err(format!("`{name}` is declared in {}, which cannot be changed", syntax.texts.name(of.file)));
    }
    Ok((found, of))
}

/// Every place that changes when the name at a byte becomes another, or why it may not.
pub fn rename(loaded: &Loaded, index: &Index, file: &str, byte: usize, new: &str) -> Result<Rename, String> {
    let syntax = &loaded.syntax;
    let (found, of) = renamed(loaded, index, file, byte)?;
    let old = syntax.texts.slice(found.at).trim_matches('"').to_owned();
    is_name(&old, new)?;
    let mut uses: Vec<Loc> = index.uses_of(of).map(|u| u.at).collect();
    uses.dedup();
    let mut places = vec![];
    for at in uses {
        let text = syntax.texts.slice(at);
        if !is_own(syntax, at.file) || text.trim_matches('"') != old {
            return Err(format!("`{old}` is used at {} in a way that cannot be renamed", syntax.texts.origin(at).file));
        }
        let quotes = usize::from(text.starts_with('"'));
        let Place { file, start, end } = place(syntax, at);
        places.push(Place { file, start: start + quotes, end: end - quotes });
    }
    if old != new {
        is_the_same(loaded, &places, &old, new)?;
    }
    Ok(Rename { places, name: new.to_owned() })
}

fn is_name(old: &str, new: &str) -> Result<(), String> {
    let mut chars = new.chars();
    let first = chars.next().ok_or("a name has at least one letter")?;
    if !(first.is_ascii_alphabetic() || first == '_') || !chars.all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(format!("`{new}` is no name: a letter or `_`, then letters, digits and `_`"));
    }
    if RESERVED.contains(&new) {
        return Err(format!("`{new}` is a word of the language"));
    }
    if old.starts_with(|c: char| c.is_ascii_uppercase()) != first.is_ascii_uppercase() {
        return Err("types begin with an upper-case letter, and everything else with a lower-case one".to_owned());
    }
    Ok(())
}

/// A program means the same under another name if nothing new is wrong with it and as many names stand for the renamed thing.
fn is_the_same(loaded: &Loaded, places: &[Place], old: &str, new: &str) -> Result<(), String> {
    let before = loaded.compile().report;
    let renamed = load_again(&Texts::renamed(loaded, places, new), loaded.entry(), &loaded.syntax.options, &mut Parsed::default());
    let after = renamed.compile().report;
    let said = |m: &str| m.replace(&format!("`{old}`"), &format!("`{new}`"));
    let known: Vec<String> = before.diagnostics.iter().map(|d| said(&d.message)).collect();
    if let Some(fresh) = after.diagnostics.iter().find(|d| !known.contains(&said(&d.message))) {
        return Err(format!("with the name `{new}`, {}:{}: {}", fresh.file, fresh.span.start.line, fresh.message));
    }
    let Some(first) = places.first() else { return Ok(()) };
    let count = Index::new(&renamed).references(&renamed, &first.file, moved(first, places, new), true).len();
    if count == places.len() { Ok(()) } else { Err(format!("`{new}` already means something where `{old}` is used")) }
}

/// Where a place begins once the places before it have the new name.
fn moved(place: &Place, places: &[Place], new: &str) -> usize {
    let before = places.iter().filter(|p| p.file == place.file && p.start < place.start);
    before.fold(place.start, |at, p| at + new.len() - (p.end - p.start))
}

/// The texts of a program, some of them changed, as the files it is read from.
struct Texts {
    texts: BTreeMap<String, Arc<String>>,
    own: Vec<String>,
}

impl Texts {
    fn renamed(loaded: &Loaded, places: &[Place], new: &str) -> Self {
        let syntax = &loaded.syntax;
        let mut texts = syntax.texts.by_name();
        for place in places.iter().rev() {
            if let Some(text) = texts.get_mut(&place.file) {
                Arc::make_mut(text).replace_range(place.start..place.end, new);
            }
        }
        let own = syntax.modules.iter().filter(|m| m.own).map(|m| syntax.texts.name(m.file).to_owned()).collect();
        Self { texts, own }
    }
}

impl Files for Texts {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.texts.get(path).map(|t| t.as_bytes().to_vec()).ok_or_else(|| "there is no such file".to_owned())
    }

    fn list(&self) -> Vec<String> {
        self.own.clone()
    }
}
