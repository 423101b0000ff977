//! Which protocols can a lifecycle speak? A closed table of drivers, with what each takes. Nothing is called here.

use mig_syntax::ast::{Arg, Expr};

/// A protocol.
#[derive(Debug)]
pub struct Driver {
    /// As written: `aliyun.rpc`.
    pub path: &'static str,
    /// Its arguments, in order.
    pub args: &'static [Param],
    /// Whom it speaks to.
    pub speaks: Speaks,
}

/// Whom a driver speaks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// It runs a script on the server `on`, which reads its block as standard input and no parameters.
    Scripts,
    /// To a name server, with these parameters.
    Names(&'static [&'static str]),
    /// What it says is checked, and no step of this version sends it.
    Unsent,
}

impl Driver {
    /// Does it run a script on a server?
    pub fn is_script(&self) -> bool {
        self.speaks == Speaks::Scripts
    }

    /// Does this version carry it out?
    pub fn is_sent(&self) -> bool {
        self.speaks != Speaks::Unsent
    }

    /// The expression that stands for an argument, by its name.
    pub fn named<'e>(&self, args: &'e [Arg], name: &str) -> Option<&'e Expr> {
        let place = self.args.iter().position(|param| param.name == name)?;
        args.iter().enumerate().find(|(at, arg)| arg.name.as_ref().map_or(*at == place, |n| n.text == name)).map(|(_, arg)| &arg.value)
    }

    /// The expression that stands for an argument, by its name or its place.
    pub fn arg<'e>(&self, args: &'e [Arg], takes: Takes) -> Option<&'e Expr> {
        let place = self.args.iter().position(|param| param.takes == takes)?;
        let is_it = |(at, arg): &(usize, &Arg)| match &arg.name {
            Some(name) => self.args.get(place).is_some_and(|param| param.name == name.text),
            None => *at == place,
        };
        args.iter().enumerate().find(is_it).map(|(_, arg)| &arg.value)
    }
}

/// An argument of a driver.
#[derive(Debug)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub takes: Takes,
    /// Must it be given?
    pub required: bool,
}

/// What an argument is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// `sh"…"`
    Script,
    /// Text without a secret.
    Text,
    /// One of HTTP's methods.
    Method,
    /// After how long the host undoes by itself what cut the road to it; absent: it cannot cut it.
    Cuts,
    /// `sh"…"` or nothing: what brings the road back.
    Undo,
}

/// Methods of HTTP, as bare values.
pub const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

const fn needed(name: &'static str, takes: Takes) -> Param {
    Param { name, takes, required: true }
}

const fn may(name: &'static str) -> Param {
    may_be(name, Takes::Text)
}

const fn may_be(name: &'static str, takes: Takes) -> Param {
    Param { name, takes, required: false }
}

/// All of them.
pub static DRIVERS: [Driver; 7] = [
    Driver {
        path: "ssh",
        args: &[needed("script", Takes::Script), may_be("cuts", Takes::Cuts), may_be("undo", Takes::Undo)],
        speaks: Speaks::Scripts,
    },
    Driver { path: "rest", args: &[needed("method", Takes::Method), needed("url", Takes::Text)], speaks: Speaks::Unsent },
    Driver {
        path: "azure.arm",
        args: &[needed("method", Takes::Method), needed("path", Takes::Text), needed("version", Takes::Text)],
        speaks: Speaks::Unsent,
    },
    Driver { path: "aliyun.rpc", args: &[needed("action", Takes::Text), may("product"), may("version")], speaks: Speaks::Unsent },
    Driver { path: "aws.query", args: &[needed("action", Takes::Text), may("service"), may("version")], speaks: Speaks::Unsent },
    Driver {
        path: "aws.rest_xml",
        args: &[needed("method", Takes::Method), needed("path", Takes::Text), may("service")],
        speaks: Speaks::Unsent,
    },
    Driver {
        path: "rfc2136",
        args: &[needed("server", Takes::Text), needed("zone", Takes::Text), needed("name", Takes::Text), needed("type", Takes::Text)],
        speaks: Speaks::Names(&["key", "algorithm", "secret", "value", "ttl"]),
    },
];
