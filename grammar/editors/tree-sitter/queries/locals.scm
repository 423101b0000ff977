; Where does a name hold?
[(source_file) (function) (check) (test) (lambda) (declaration)] @local.scope

(param name: (identifier) @local.definition)
(table name: (identifier) @local.definition)
(constant name: (identifier) @local.definition)
(function name: (identifier) @local.definition)
(parameter name: (identifier) @local.definition)
(lambda parameter: (identifier) @local.definition)
(binding (identifier) @local.definition)
(keys name: (identifier) @local.definition)
(declaration name: (identifier) @local.definition)
(name (identifier) @local.reference)
