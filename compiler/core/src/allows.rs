//! What may a program's checks not say? Its `@allow`s, and which of them silence something.

use crate::{
    check::Ran,
    model::Model,
    report::{ALLOW, Problem},
    source::Loc,
    types::ModuleId,
    value::{InstanceId, Val, Value},
};
use mig_syntax::ast::{self, ExprKind};
use smol_str::SmolStr;
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

/// `@allow`s of the program.
pub(crate) struct Allows<'a> {
    list: Vec<Allow<'a>>,
    used: RefCell<BTreeSet<usize>>,
}

struct Allow<'a> {
    /// The check, by name or code.
    check: SmolStr,
    /// Where it is named.
    named: Loc,
    at: Loc,
    /// The declaration it stands above, and all below it.
    owner: InstanceId,
    /// The field it stands above.
    field: Option<&'a ast::Field>,
}

impl<'a> Allows<'a> {
    /// All of them, in the order of declarations.
    pub(crate) fn collect(model: &Model<'_, 'a>) -> Self {
        let mut list = vec![];
        for (id, instance) in model.all() {
            let own = instance.annotations.iter().map(|a| (a, None));
            let fields = instance.tree.iter().flat_map(|t| &t.fields);
            let of_fields = fields.flat_map(|f| f.annotations.iter().map(move |a| (a, Some(f))));
            for (annotation, field) in own.chain(of_fields).filter(|(a, _)| a.name.text == "allow" && a.args.len() == 2) {
                let Some(ast::Arg { value, .. }) = annotation.args.first() else { continue };
                if let ExprKind::Name(check) = &value.kind {
                    let loc = |span| model.program.loc(instance.module, span);
                    list.push(Allow { check: check.clone(), named: loc(value.span), at: loc(annotation.span), owner: id, field });
                }
            }
        }
        let allows = Self { list, used: RefCell::default() };
        allows.look_up(model);
        allows
    }

    /// A check that is not there, or cannot be silenced, is said at once.
    fn look_up(&self, model: &Model<'_, 'a>) {
        let mut known: BTreeMap<&str, &ast::Check> = BTreeMap::new();
        let items = model.program.syntax.modules.iter().flat_map(|m| &m.tree.items);
        let at_top = items.filter_map(|i| if let ast::ItemKind::Check(check) = &i.kind { Some(check) } else { None });
        for check in at_top.chain(model.program.kinds.iter().flat_map(|k| &k.tree.checks)) {
            known.extend(check.words().map(|word| (word, check)));
        }
        for (number, allow) in self.list.iter().enumerate() {
            let problem = match known.get(allow.check.as_str()) {
                Some(check) if check.unsilenceable => {
                    Problem::error(ALLOW, allow.at, format!("`{}` guards data and cannot be silenced", check.name.text))
                }
                Some(_) => continue,
                None => {
                    let problem = Problem::error(ALLOW, allow.named, format!("there is no check `{}`", allow.check));
                    let left_out = model.program.syntax.checks_left_out().flat_map(|check| [check.name, check.code]);
                    let mut names: Vec<&str> = known.keys().copied().chain(left_out).collect();
                    names.sort_unstable();
                    problem.help("`migc checks` lists them").near(&allow.check, names, allow.named)
                }
            };
            self.used.borrow_mut().insert(number);
            model.program.report(problem);
        }
    }

    /// Does one of them silence what a check found: in that file, of that declaration, while its names stand for these?
    pub(crate) fn silences(&self, model: &Model<'_, 'a>, check: &ast::Check, at: Loc, found: Option<InstanceId>, bound: &[Val]) -> bool {
        if check.unsilenceable {
            return false;
        }
        let subjects = bound.iter().filter_map(|v| if let Value::Ref(id) = v.v { Some(id) } else { None }).chain(found);
        let subjects: Vec<InstanceId> = subjects.collect();
        let is_about = |owner: InstanceId| subjects.iter().any(|s| model.is_within(*s, owner));
        let silencing = self.list.iter().position(|a| {
            let named = check.is_called(&a.check);
            let here = a.field.is_none_or(|_| found == Some(a.owner));
            named && a.at.file == at.file && is_about(a.owner) && here
        });
        if let Some(number) = silencing {
            self.used.borrow_mut().insert(number);
        }
        silencing.is_some()
    }

    /// What is told of a check that ran.
    pub(crate) fn ran(&self, model: &Model<'_, 'a>, check: &ast::Check, module: ModuleId) -> Ran {
        let used = self.used.borrow();
        let names = |allow: &Allow<'_>| !check.unsilenceable && check.is_called(&allow.check);
        Ran {
            name: check.name.text.to_string(),
            code: check.code.text.to_string(),
            severity: format!("{}{}", check.severity.text, if check.unsilenceable { "!" } else { "" }),
            file: model.program.syntax.texts.name(model.program.loc(module, check.name.span).file).to_owned(),
            allowed: self.list.iter().enumerate().filter(|(number, allow)| used.contains(number) && names(allow)).count(),
            cost: None,
        }
    }

    /// A check that cannot run might have reported what they silence.
    pub(crate) fn excuse(&self, check: &ast::Check) {
        let meant = self.list.iter().enumerate().filter(|(_, allow)| check.is_called(&allow.check));
        self.used.borrow_mut().extend(meant.map(|(number, _)| number));
    }

    /// Says which of them silence nothing.
    pub(crate) fn report_unused(&self, model: &Model<'_, 'a>) {
        for (number, allow) in self.list.iter().enumerate() {
            if !self.used.borrow().contains(&number) {
                let message = format!("this silences nothing: `{}` does not report here", allow.check);
                model.program.report(Problem::warning(ALLOW, allow.at, message).help("delete it"));
            }
        }
    }
}
