//! What do people write who come from another language? Names of values, methods and types, and what is said here instead.

/// What to say of a name that means nothing here, and the word for it; empty where none stands in its place.
pub(crate) fn value(name: &str) -> Option<(&'static str, &'static str)> {
    match name {
        "True" | "TRUE" | "yes" | "on" => Some(("the word is `true`", "true")),
        "False" | "FALSE" | "no" | "off" => Some(("the word is `false`", "false")),
        "null" | "nil" | "None" | "none" | "undefined" => {
            Some(("there is no null: leave the field out, or say with `??` what holds where a value is absent", ""))
        }
        "assert" => Some(("a test says `expect`", "")),
        "now" => Some(("nothing depends on the clock: write the time, as in `2020-01-18T02:00+08:00`", "")),
        "this" => Some(("the declaration itself is `self`", "self")),
        _ => None,
    }
}

/// What a method is called here; whether the value has it is for the caller to see.
pub(crate) fn method(name: &str) -> Option<&'static str> {
    Some(match name {
        "length" | "count" => "len",
        "toLowerCase" | "lowercase" | "to_lower" => "lower",
        "toUpperCase" | "uppercase" | "to_upper" => "upper",
        "includes" | "has" => "contains",
        "startsWith" | "startswith" => "starts_with",
        "endsWith" | "endswith" => "ends_with",
        "select" | "where" => "filter",
        _ => return None,
    })
}

/// A method that is called like a function elsewhere.
pub(crate) fn is_method(name: &str) -> bool {
    let methods = ["len", "sum", "min", "max", "first", "last", "keys", "values", "lower", "upper", "trim", "flatten"];
    methods.contains(&name) || method(name).is_some()
}

/// What a type is called here.
pub(crate) fn type_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "String" | "Text" | "string" | "str" => "Str",
        "Integer" | "Number" | "Long" | "int" | "integer" | "number" => "Int",
        "Boolean" | "bool" | "boolean" => "Bool",
        "Double" | "Decimal" | "float" | "double" => "Float",
        "Address" | "IP" | "IpAddress" => "Ip",
        "Bytes" => "Size",
        _ => return None,
    })
}

/// How a type with parts is written here.
pub(crate) fn type_of_many(name: &str) -> Option<&'static str> {
    Some(match name {
        "List" | "Array" | "Set" | "list" | "array" | "set" => "a list of texts is of type `[Str]`",
        "Map" | "Dict" | "Object" | "map" | "dict" => "a map of texts is of type `{Str: Str}`",
        _ => return None,
    })
}
