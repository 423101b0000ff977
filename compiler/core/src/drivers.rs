//! Which protocols can a lifecycle speak? A closed table of drivers, with what each takes. Nothing is called here.

/// A protocol.
#[derive(Debug)]
pub struct Driver {
    /// As written: `aliyun.rpc`.
    pub path: &'static str,
    /// Its arguments, in order.
    pub args: &'static [Param],
    /// Does it run a script on the server `on`, which reads its block as standard input and no parameters?
    pub is_script: bool,
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
#[derive(Debug, Clone, Copy)]
pub enum Takes {
    /// `sh"…"`
    Script,
    /// Text without a secret.
    Text,
    /// One of HTTP's methods.
    Method,
}

/// Methods of HTTP, as bare values.
pub const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

const fn needed(name: &'static str, takes: Takes) -> Param {
    Param { name, takes, required: true }
}

const fn may(name: &'static str) -> Param {
    Param { name, takes: Takes::Text, required: false }
}

/// All of them.
pub static DRIVERS: [Driver; 6] = [
    Driver { path: "ssh", args: &[needed("script", Takes::Script)], is_script: true },
    Driver { path: "rest", args: &[needed("method", Takes::Method), needed("url", Takes::Text)], is_script: false },
    Driver {
        path: "azure.arm",
        args: &[needed("method", Takes::Method), needed("path", Takes::Text), needed("version", Takes::Text)],
        is_script: false,
    },
    Driver { path: "aliyun.rpc", args: &[needed("action", Takes::Text), may("product"), may("version")], is_script: false },
    Driver { path: "aws.query", args: &[needed("action", Takes::Text), may("service"), may("version")], is_script: false },
    Driver {
        path: "aws.rest_xml",
        args: &[needed("method", Takes::Method), needed("path", Takes::Text), may("service")],
        is_script: false,
    },
];
