//! Where is it shown that something could not be proven? At the name of the declaration that lacks a fact.

use super::{Place, place};
use crate::{
    Loaded,
    source::{FileId, Loc},
};
use mig_plan::Unproven;
use mig_syntax::ast::{Declaration, ItemKind, Span};

/// The declaration of the first address, or as much of it as is written; the beginning of the program without one.
pub fn unproven_at(loaded: &Loaded, entry: &Unproven) -> Place {
    let mut parts = parts(&entry.address).into_iter();
    let found = parts.next().and_then(|first| declared(loaded, first));
    let at = found.map(|(file, mut declaration)| {
        for part in parts {
            let Some(child) = declaration.children.iter().find(|c| c.declaration.name.text == part) else { break };
            declaration = &child.declaration;
        }
        Loc::new(file, declaration.name.span)
    });
    let beginning = || loaded.syntax.modules.iter().find(|m| m.own).map(|m| Loc::new(m.file, Span::default()));
    place(&loaded.syntax, at.or_else(beginning).unwrap_or_default())
}

fn declared<'l>(loaded: &'l Loaded, name: &str) -> Option<(FileId, &'l Declaration)> {
    let own = loaded.syntax.modules.iter().filter(|m| m.own);
    own.flat_map(|m| m.tree.items.iter().map(|item| (m.file, item))).find_map(|(file, item)| match &item.kind {
        ItemKind::Declaration(d) if d.name.text == name => Some((file, d)),
        _ => None,
    })
}

/// The names in `a["key"].b, other`, up to the comma; keys hold no quotes.
fn parts(address: &str) -> Vec<&str> {
    let (mut parts, mut rest) = (vec![], address);
    loop {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let (name, behind) = rest.split_at(end);
        parts.extend(Some(name).filter(|n| !n.is_empty()));
        rest = behind.strip_prefix("[\"").and_then(|key| key.split_once("\"]")).map_or(behind, |(_, behind)| behind);
        match rest.strip_prefix('.') {
            Some(inner) if !name.is_empty() => rest = inner,
            _ => return parts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn addresses_are_read_up_to_the_first_comma() {
        assert_eq!(parts("kruskal.system, moon"), ["kruskal", "system"]);
        assert_eq!(parts("srv[\"a.b, c\"].disk[\"x\"]"), ["srv", "disk"]);
        assert_eq!(parts(""), Vec::<&str>::new());
        assert_eq!(parts("a."), ["a"]);
    }
}
