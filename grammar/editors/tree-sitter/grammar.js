// The tree of a `.mig` text for editors: colours, folds, locals. What is of the language is decided by grammar/src/mig.pest; here a
// text that it takes has no error, and a text that it refuses may have none either.
//
// Line breaks are space here: no entry begins like the rest of a value, except where a field is called like an operator or a clause. Such
// a word is the name of a field where `=` or `:` stands behind it, which one token sees.

/// From the loosest to the tightest, as in grammar/src/lower/expressions.rs.
const tightness = {
  lambda: 1,
  or: 2,
  and: 3,
  not: 4,
  comparison: 5,
  otherwise: 6,
  from: 7,
  range: 8,
  sum: 9,
  product: 10,
  negation: 11,
  postfix: 12,
};

/// Words of clauses and operators that a field may be called too.
const field_words = [
  'also', 'and', 'at', 'check', 'children', 'create', 'delete', 'error', 'every', 'expect', 'failed', 'fix', 'fixed', 'for', 'from',
  'gives', 'gone', 'grows', 'help', 'hint', 'in', 'is', 'later', 'let', 'needs', 'on', 'or', 'read', 'ready', 'replace', 'say',
  'secret', 'stdin', 'test', 'timeout', 'unique', 'update', 'warning', 'when', 'where',
];

/// One of them with the sign that makes it the name of a field.
const field_word = sign => token(seq(choice(...field_words), /[ \t]*/, sign));

module.exports = grammar({
  name: 'mig',

  word: $ => $.identifier,

  extras: $ => [/\s/, $.comment, $.doc_comment, $.module_doc],

  supertypes: $ => [$._expression],

  conflicts: $ => [
    [$.path, $._key_part],
  ],

  rules: {
    source_file: $ => seq(optional(/\uFEFF/), repeat($._item)),

    // The longest counts, and of two that are equal the first: four strokes are no documentation.
    doc_comment: _ => token(choice(/\/\/\/[^\/\r\n][^\r\n]*/, /\/\/\//)),
    module_doc: _ => token(/\/\/![^\r\n]*/),
    comment: _ => token(/\/\/[^\r\n]*/),

    // Names.
    identifier: _ => /[A-Za-z_][A-Za-z0-9_]*/,
    path: $ => seq($.identifier, repeat(seq('.', $.identifier))),
    _name: $ => field('name', $.identifier),

    // Items.
    _item: $ => choice(
      $.annotation, $.use, $.param, $.table, $.constant, $.output, $.function, $.type_alias, $.enumeration, $.extend, $.kind, $.check, $.test,
      $.declaration,
    ),
    use: $ => seq('use', field('target', choice($.path, $.string)), optional(seq('as', field('alias', $.identifier)))),
    param: $ => seq('param', $._typed, optional($._default)),
    table: $ => seq('table', $._typed, optional($._default)),
    constant: $ => seq('let', $._valued),
    output: $ => seq('output', $._valued),
    _typed: $ => seq($._name, ':', field('type', $.type)),
    _valued: $ => seq($._name, optional(seq(':', field('type', $.type))), $._default),
    _default: $ => seq('=', field('value', $._expression)),
    function: $ => seq('fn', $._name, field('parameters', $.parameters), '->', field('result', $.type), '=', field('body', $._expression)),
    parameters: $ => seq(token.immediate('('), list($.parameter), ')'),
    parameter: $ => seq($._name, ':', field('type', $.type)),
    type_alias: $ => seq('type', $._name, '=', field('type', $.type)),
    enumeration: $ => seq('enum', $._name, '{', repeat(choice(',', $.variant)), '}'),
    variant: $ => $.identifier,
    extend: $ => seq('extend', field('table', $.path), $.record),

    declaration: $ => seq(
      optional('existing'), field('noun', $.path), $._name, optional($.keys), optional(seq(':', field('kind', $.path))), field('body', $.body),
    ),
    keys: $ => seq(token.immediate('['), $._name, 'in', field('keys', $._expression), ']'),
    annotation: $ => prec.right(seq('@', $._name, optional($.arguments))),

    body: $ => seq('{', repeat(choice(',', $.field, $.stdin, $.declaration, $.annotation)), '}'),
    record: $ => seq('{', repeat(choice(',', $.field, $.stdin, $.annotation)), '}'),
    field: $ => seq(choice(seq(field('key', $.key), '='), field('key', alias(field_word('='), $.key))), field('value', $._expression)),
    key: $ => seq($._key_part, repeat(seq('.', $._key_part))),
    _key_part: $ => choice($.identifier, $.string),
    stdin: $ => seq('stdin', $._name, '=', field('value', $._expression)),

    // Kinds.
    kind: $ => seq(optional('abstract'), 'kind', $._name, optional(seq('is', field('base', $.path))), field('body', $.kind_body)),
    kind_body: $ => seq(
      '{',
      repeat(choice(',', $.attribute, $.field, $.children, $.step, $.replace, $.check, $.declaration, $.annotation)),
      '}',
    ),
    attribute: $ => seq(
      choice(seq($._name, ':'), field('name', alias(field_word(':'), $.key))), field('type', $.type), optional($._default),
    ),
    children: $ => seq('children', '{', repeat(choice(',', $.child)), '}'),
    child: $ => seq($._name, optional(seq(':', field('kind', $.path))), optional(choice('*', '+', '?'))),
    step: $ => prec.right(seq(
      field('verb', choice('create', 'read', 'update', 'delete')),
      optional($.fields),
      field('driver', $.path),
      field('arguments', $.arguments),
      optional($.record),
      repeat(choice($.gives, $.source, $.told, $.wait, $.needs)),
    )),
    fields: $ => seq($.identifier, repeat(seq(',', $.identifier))),
    gives: $ => seq('gives', $.record),
    source: $ => prec.right(seq('from', $._expression, optional($.record))),
    told: $ => seq(choice('ready', 'failed', 'gone'), $._expression),
    wait: $ => seq(choice('timeout', 'every'), $._expression),
    needs: $ => seq('needs', $.identifier),
    replace: $ => prec.right(seq('replace', 'on', $.identifier, repeat(seq(',', $.identifier)))),

    // Types.
    type: $ => prec.right(seq($._member, repeat(seq('|', $._member)), repeat($.refinement), repeat($.class))),
    _member: $ => prec.right(seq(
      repeat(choice('secret', 'later')),
      choice($.type_name, $.quotient, $.list_type, $.map_type, $.record_type, $.group_type),
      optional('?'),
    )),
    type_name: $ => $.path,
    quotient: $ => seq($.path, '/', $.path),
    list_type: $ => seq('[', $.type, ']'),
    // Keys of a map begin with an upper-case letter or a bracket, and names of fields do not.
    map_type: $ => seq('{', field('key', choice(alias($._capital, $.type_name), $.list_type, $.map_type, $.group_type)), ':', $.type, optional(','), '}'),
    _capital: _ => token(prec(1, /[A-Z][A-Za-z0-9_]*/)),
    record_type: $ => seq('{', repeat(choice(',', $.attribute)), '}'),
    group_type: $ => seq('(', $.type, ')'),
    refinement: $ => seq(choice('where', 'in'), $._expression),
    class: $ => prec.right(seq(choice('unique', 'grows', 'fixed'), optional(seq('in', $.path)))),

    // Checks and tests.
    check: $ => seq('check', $._name, ':', field('code', $.identifier), field('severity', $.severity), field('body', $.check_body)),
    severity: $ => prec.right(seq(choice('error', 'warning', 'hint'), optional('!'))),
    check_body: $ => seq('{', repeat(choice(',', $.binding, $.condition, $.clause, $.also, $.fix)), '}'),
    binding: $ => seq('for', $.identifier, repeat(seq(',', $.identifier)), 'in', $._expression),
    condition: $ => seq(optional($.severity), 'when', $._expression),
    clause: $ => seq(choice('at', 'say', 'help'), $._expression),
    also: $ => seq('also', $._expression, optional(seq(':', $._expression))),
    fix: $ => seq('fix', $._expression, '=', $._expression),
    test: $ => seq('test', field('title', $.string), field('body', $.test_body)),
    test_body: $ => seq('{', repeat(choice(',', $.expect, $.constant, $.declaration, $.annotation)), '}'),
    expect: $ => prec.right(seq('expect', optional($.severity), $._expression, optional(seq('at', $._expression)))),

    // Expressions.
    _expression: $ => choice(
      $.binary, $.unary, $.lambda, $.member, $.call, $.index, $.every, $.present, $.group, $.list, $.record, $.conditional, $.name, $.root,
      $.boolean, $._literal, $.string, $.tagged_string,
    ),
    name: $ => $.identifier,
    root: _ => '$',
    boolean: _ => choice('true', 'false'),
    binary: $ => choice(...[
      ['or', tightness.or],
      ['and', tightness.and],
      ...['==', '!=', '<', '<=', '>', '>=', 'in', 'is'].map(operator => [operator, tightness.comparison]),
      ['??', tightness.otherwise],
      ['from', tightness.from],
      ['..', tightness.range],
      ['..=', tightness.range],
      ['+', tightness.sum],
      ['-', tightness.sum],
      ['*', tightness.product],
      ['/', tightness.product],
    ].map(([operator, level]) => prec.left(level, seq(field('left', $._expression), field('operator', operator), field('right', $._expression))))),
    unary: $ => choice(
      prec(tightness.not, seq(field('operator', 'not'), $._expression)),
      prec(tightness.negation, seq(field('operator', '-'), $._expression)),
    ),
    lambda: $ => prec.right(tightness.lambda, seq(field('parameter', $.identifier), '=>', field('body', $._expression))),
    member: $ => prec(tightness.postfix, seq(field('receiver', $._expression), '.', field('member', $.identifier))),
    call: $ => prec(tightness.postfix, seq(field('function', $._expression), field('arguments', $.arguments))),
    index: $ => prec(tightness.postfix, seq(field('receiver', $._expression), token.immediate('['), field('index', $._expression), ']')),
    every: $ => prec(tightness.postfix, seq(field('receiver', $._expression), token.immediate('[*]'))),
    present: $ => prec(tightness.postfix, seq($._expression, token.immediate('?'))),
    arguments: $ => seq(token.immediate('('), list(choice($._expression, $.named_argument)), ')'),
    named_argument: $ => seq(field('name', $.identifier), '=', field('value', $._expression)),
    group: $ => seq('(', $._expression, ')'),
    list: $ => seq('[', list($._expression), ']'),
    conditional: $ => prec.right(seq(
      'if', field('condition', $._expression), $.branch,
      repeat(seq('else', 'if', field('condition', $._expression), $.branch)),
      optional(seq('else', $.branch)),
    )),
    branch: $ => seq('{', $._expression, '}'),

    // Literals.
    _literal: $ => choice($.quantity, $.address, $.port, $.owner, $.time),
    quantity: _ => token(/\d+(\.\d+)?(%|[A-Za-z_][A-Za-z0-9_]*(\/(s|min|ms|h|d|w|B|[KMGTP]i?B))?)?/),
    address: _ => token(prec(1, /\d+\.\d+\.\d+\.\d+(\/\d+)?/)),
    port: _ => token(prec(1, /\d+(-\d+)?\/(tcp|udp|sctp|icmp)/)),
    owner: _ => token(prec(1, /\d+:\d+/)),
    time: _ => token(prec(1, /\d+-\d+-\d+T\d+:\d+(:\d+(\.\d+)?)?(Z|[+-]\d+:\d+)?/)),

    // Texts.
    string: $ => choice(
      seq('"', repeat(choice($.text, $.escape, $.interpolation)), token.immediate('"')),
      seq('"""', repeat(choice($.long_text, $.escape, $.interpolation)), token.immediate('"""')),
    ),
    text: _ => token.immediate(prec(1, /[^"\\{\r\n]+/)),
    long_text: _ => token.immediate(prec(1, /([^"\\{]|"[^"\\{]|""[^"\\{])+/)),
    escape: _ => token.immediate(choice(/\\u\{[0-9A-Fa-f]*\}/, /\\./)),
    interpolation: $ => seq(token.immediate('{'), $._expression, '}'),
    tagged_string: $ => choice(
      seq(field('tag', alias(choice('re', 'ip', 'cidr'), $.identifier)), token.immediate('"'), optional($.raw_text), token.immediate('"')),
      seq(field('tag', $.identifier), $._immediate_string),
    ),
    raw_text: _ => token.immediate(prec(2, /([^"\\\r\n]|\\.)+/)),
    _immediate_string: $ => choice(
      seq(token.immediate('"'), repeat(choice($.text, $.escape, $.interpolation)), token.immediate('"')),
      seq(token.immediate('"""'), repeat(choice($.long_text, $.escape, $.interpolation)), token.immediate('"""')),
    ),
  },
});

/// Separated by commas; a comma may stand behind the last.
function list(rule) {
  return seq(repeat(choice(',', rule)));
}
