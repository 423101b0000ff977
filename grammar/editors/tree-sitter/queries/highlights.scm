; What colours have the words of a `.mig` text? Of two patterns for one word the later one counts.

[
  "use" "as" "param" "table" "let" "output" "fn" "type" "enum" "extend" "kind" "abstract" "existing" "check" "test" "expect"
] @keyword

[
  "children" "create" "read" "update" "delete" "replace" "on" "gives" "ready" "failed" "gone" "timeout" "every" "needs" "stdin"
  "for" "when" "at" "also" "say" "help" "fix"
] @keyword

["if" "else"] @keyword
["and" "or" "not" "in" "is" "from"] @keyword.operator
["secret" "later" "where" "unique" "grows" "fixed" "error" "warning" "hint" "!"] @keyword

(comment) @comment
[(doc_comment) (module_doc)] @comment.documentation

(annotation "@" @attribute name: (identifier) @attribute)

(use target: (path) @module)
(use alias: (identifier) @module)
(declaration noun: (path) @type)
(declaration name: (identifier) @variable)
(declaration kind: (path) @type)
(kind name: (identifier) @type)
(kind base: (path) @type)
(child name: (identifier) @type)
(child kind: (path) @type)
(type_name) @type
(quotient (path) @type)
(type_alias name: (identifier) @type)
(enumeration name: (identifier) @type)
(variant) @constant
(function name: (identifier) @function)
(check name: (identifier) @function)
(check code: (identifier) @constant)
(step driver: (path) @function)
(parameter name: (identifier) @variable.parameter)
(lambda parameter: (identifier) @variable.parameter)
(binding (identifier) @variable.parameter)
(keys name: (identifier) @variable.parameter)
(named_argument name: (identifier) @variable.parameter)
(param name: (identifier) @variable)
(table name: (identifier) @variable)
(constant name: (identifier) @variable)
(output name: (identifier) @variable)

(key) @property
(attribute name: (identifier) @property)
(fields (identifier) @property)
(replace (identifier) @property)
(stdin name: (identifier) @property)
(member member: (identifier) @property)
(call function: (name) @function)
(call function: (member member: (identifier) @function))

(boolean) @boolean
[(quantity) (address) (port) (owner) (time)] @number
(root) @variable.builtin
((name) @variable.builtin (#any-of? @variable.builtin "self" "it"))

[(string) (raw_text)] @string
(tagged_string) @string
(tagged_string tag: (identifier) @function)
(escape) @string.escape
(interpolation "{" @punctuation.special "}" @punctuation.special)

["==" "!=" "<" "<=" ">" ">=" "??" ".." "..=" "+" "-" "*" "/" "=" "=>" "->" "|" "?" "[*]"] @operator
["(" ")" "[" "]" "{" "}"] @punctuation.bracket
["," "." ":"] @punctuation.delimiter
