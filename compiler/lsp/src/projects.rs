//! Which program is asked about? Programs of open buffers, compiled when somebody asks and not before.

use crate::{
    Home, Host,
    documents::{Document, Documents},
    position::Lines,
    uri,
};
use lsp_types::Uri;
use mig_core::{Files, Loaded, Parsed, editor::Index, embedded, load_again};
use mig_plan::Report;
use std::{
    cell::{OnceCell, RefCell},
    collections::{BTreeMap, BTreeSet},
    path::Path,
    rc::Rc,
    str::FromStr as _,
};

/// A program as its texts are now.
#[derive(Debug)]
pub struct Compiled {
    /// Its texts.
    pub loaded: Loaded,
    /// Exactly what `check` reports.
    pub report: Report,
    /// What its names stand for, once somebody asked: diagnostics do not need it.
    index: OnceCell<Index>,
    /// Lines of the texts that were asked about.
    lines: RefCell<BTreeMap<String, Rc<Lines>>>,
}

impl Compiled {
    fn new(loaded: Loaded) -> Self {
        let report = loaded.compile().report;
        Self { loaded, report, index: OnceCell::new(), lines: RefCell::default() }
    }

    /// What the names of the program stand for.
    pub fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::new(&self.loaded))
    }

    /// A text with its lines.
    pub fn text(&self, file: &str) -> Option<(&str, Rc<Lines>)> {
        let text = self.loaded.sources.0.get(file)?;
        let mut known = self.lines.borrow_mut();
        let lines = known.entry(file.to_owned()).or_insert_with(|| Lines::new(text).into()).clone();
        Some((text, lines))
    }
}

/// A program of the workspace.
#[derive(Debug, Default)]
pub struct Project {
    /// `None` after a change.
    compiled: Option<Compiled>,
    /// Trees of its texts, also after a change.
    parsed: Parsed,
    /// Addresses that have diagnostics of it.
    pub published: BTreeSet<String>,
    /// Has it changed since its diagnostics were sent?
    pub is_due: bool,
}

/// Programs by where they lie.
#[derive(Debug, Default)]
pub struct Projects {
    map: BTreeMap<Home, Project>,
}

impl Projects {
    /// A buffer of the program has changed.
    pub fn changed(&mut self, home: &Home) {
        let project = self.map.entry(home.clone()).or_default();
        (project.compiled, project.is_due) = (None, true);
    }

    /// Anything may have changed on the disk.
    pub fn all_changed(&mut self) {
        for project in self.map.values_mut() {
            (project.compiled, project.is_due) = (None, true);
        }
    }

    /// Programs without an open buffer are forgotten; gives the addresses that had diagnostics of them.
    pub fn keep(&mut self, documents: &Documents) -> BTreeSet<String> {
        let homes: BTreeSet<&Home> = documents.values().filter_map(|d| d.home.as_ref()).map(|h| &h.0).collect();
        let mut gone = BTreeSet::new();
        self.map.retain(|home, project| {
            let stays = homes.contains(home);
            if !stays {
                gone.append(&mut project.published);
            }
            stays
        });
        gone
    }

    /// Programs whose diagnostics are to be sent.
    pub fn due(&self) -> Option<Home> {
        self.map.iter().find(|(_, p)| p.is_due).map(|(home, _)| home.clone())
    }

    /// The program's bookkeeping.
    pub fn project(&mut self, home: &Home) -> &mut Project {
        self.map.entry(home.clone()).or_default()
    }

    /// All programs that are known.
    pub fn homes(&self) -> Vec<Home> {
        self.map.keys().cloned().collect()
    }

    /// The program as it is now.
    pub fn compiled(&mut self, home: &Home, documents: &Documents, host: &dyn Host) -> &Compiled {
        let project = self.map.entry(home.clone()).or_default();
        let parsed = &mut project.parsed;
        project.compiled.get_or_insert_with(|| {
            let files = Overlay { disk: host.files(home), home, documents };
            Compiled::new(load_again(&files, &home.entry, &host.options(), parsed))
        })
    }
}

/// Open buffers over the files of the disk.
pub struct Overlay<'o> {
    /// The files of the disk.
    pub disk: Box<dyn Files + 'o>,
    /// Of this program.
    pub home: &'o Home,
    /// What is open.
    pub documents: &'o Documents,
}

impl Overlay<'_> {
    fn open(&self) -> impl Iterator<Item = (&str, &Document)> {
        self.documents.values().filter_map(|d| d.home.as_ref().filter(|h| h.0 == *self.home).map(|h| (h.1.as_str(), d)))
    }
}

impl Files for Overlay<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        match self.open().find(|(name, _)| *name == path) {
            Some((_, document)) => Ok(document.text.clone().into_bytes()),
            None => self.disk.read(path),
        }
    }

    fn list(&self) -> Vec<String> {
        let all: BTreeSet<String> = self.disk.list().into_iter().chain(self.open().map(|(name, _)| name.to_owned())).collect();
        all.into_iter().filter(|name| Path::new(name).extension().is_some_and(|e| e == "mig")).collect()
    }
}

/// The address of a file of a program; one of the standard library is written out, so that it can be opened.
pub fn address(host: &dyn Host, home: &Home, documents: &Documents, file: &str) -> Option<Uri> {
    // The client's own spelling, if the file is open.
    let open = documents.iter().find(|(_, d)| d.home.as_ref().is_some_and(|(h, name)| h == home && name == file));
    if let Some((uri, _)) = open {
        return Uri::from_str(uri).ok();
    }
    if let Some(short) = file.strip_prefix("stdlib/")
        && let Some((name, text)) = embedded::STDLIB.iter().find(|(name, _)| *name == short)
    {
        return host.standard(name, text).ok().and_then(|path| uri::of(&path));
    }
    uri::of(&home.root.join(file))
}
