//! What is each rule of the grammar called when people read of it? Every rule has a name here; the sentences are beside.

use crate::grammar::Rule;

/// The name of a rule for people. `no_*` rules are called what is missing.
pub(crate) fn people(rule: Rule) -> &'static str {
    match rule {
        Rule::file => "a file",
        Rule::item | Rule::thing | Rule::keyword_item => "an item",
        Rule::item_end
        | Rule::nl
        | Rule::space
        | Rule::blanks
        | Rule::blank
        | Rule::ws
        | Rule::cont
        | Rule::gap
        | Rule::close
        | Rule::entry_end
        | Rule::after
        | Rule::next_arg => "space",
        Rule::bad_item
        | Rule::text
        | Rule::bad_head
        | Rule::bad_end
        | Rule::bad_tail
        | Rule::bad_entry
        | Rule::junk
        | Rule::group
        | Rule::text_lit
        | Rule::long_text
        | Rule::bad_rest
        | Rule::bad_tuple
        | Rule::bad_names
        | Rule::more
        | Rule::within
        | Rule::bad_arg
        | Rule::bad_char
        | Rule::bad_date
        | Rule::bad_number
        | Rule::bad_hole => "text that was skipped",
        Rule::too_deep => "text nested too deep",
        Rule::alpha
        | Rule::char
        | Rule::day
        | Rule::end
        | Rule::kw_initial
        | Rule::item_word
        | Rule::kw_in
        | Rule::type_word
        | Rule::stop
        | Rule::ended
        | Rule::entry_ahead
        | Rule::reserved
        | Rule::arg_start
        | Rule::d
        | Rule::rate
        | Rule::protocol => "a part of a word",
        Rule::comment => "a comment",
        Rule::doc => "documentation",
        Rule::module_doc => "documentation of the module",
        Rule::word | Rule::name | Rule::path | Rule::variable | Rule::no_name => "a name",
        Rule::use_item => "`use`",
        Rule::alias_name => "a name after `as`",
        Rule::param => "`param`",
        Rule::table => "`table`",
        Rule::constant | Rule::let_entry => "`let`",
        Rule::output => "`output`",
        Rule::typed => "a name and a type",
        Rule::valued => "a name and a value",
        Rule::function => "`fn`",
        Rule::params => "parameters",
        Rule::parameter => "a parameter",
        Rule::alias => "`type`",
        Rule::enumeration => "`enum`",
        Rule::variants => "the values of an enum",
        Rule::extend => "`extend`",
        Rule::default | Rule::no_eq => "`=` and a value",
        Rule::eq => "`=`",
        Rule::colon => "`:`",
        Rule::declaration | Rule::inner => "a declaration",
        Rule::existing => "`existing`",
        Rule::keys => "`[key in keys]`",
        Rule::annotation => "an annotation",
        Rule::body => "the body of a declaration",
        Rule::record => "a record",
        Rule::field => "a field",
        Rule::quoted => "a key in quotes",
        Rule::kind => "`kind`",
        Rule::abstract_ => "`abstract`",
        Rule::base | Rule::no_kind => "a kind",
        Rule::no_kind_word => "`kind`",
        Rule::kind_body => "the body of a kind",
        Rule::attribute => "a field with a type",
        Rule::derived => "a derived field",
        Rule::children => "`children`",
        Rule::child => "a child",
        Rule::many => "`?`, `*` or `+`",
        Rule::step => "a clause of the lifecycle",
        Rule::verb => "`create`, `read`, `update` or `delete`",
        Rule::fields => "names of fields",
        Rule::driver | Rule::no_driver => "a driver",
        Rule::gives => "`gives`",
        Rule::from => "`from`",
        Rule::told | Rule::told_word => "`ready`, `failed` or `gone`",
        Rule::wait | Rule::wait_word => "`timeout` or `every`",
        Rule::stdin => "`stdin`",
        Rule::needs => "`needs`",
        Rule::replace => "`replace on`",
        Rule::full_type | Rule::member | Rule::no_type => "a type",
        Rule::stage => "`secret` or `later`",
        Rule::optional | Rule::present => "`?`",
        Rule::quotient => "a quotient of types",
        Rule::list_type => "a list type",
        Rule::group_type => "a type in parentheses",
        Rule::brace_type => "a map or record type",
        Rule::map_type => "a map type",
        Rule::record_type => "a record type",
        Rule::refinement => "`where` or `in`",
        Rule::where_ => "`where`",
        Rule::in_ => "`in`",
        Rule::class | Rule::class_word => "`unique`, `grows` or `fixed`",
        Rule::check => "`check`",
        Rule::code => "a code",
        Rule::severity => "a severity",
        Rule::check_body => "the clauses of a check",
        Rule::binding => "`for`",
        Rule::condition => "`when`",
        Rule::clause | Rule::clause_word => "`at`, `say` or `help`",
        Rule::also => "`also`",
        Rule::fix => "`fix`",
        Rule::test => "`test`",
        Rule::test_body => "the body of a test",
        Rule::expect => "`expect`",
        Rule::value | Rule::unary | Rule::simple | Rule::operand | Rule::no_value => "a value",
        Rule::expr => "an expression",
        Rule::op | Rule::op_word | Rule::lead => "an operator",
        Rule::prefix => "`-` or `not`",
        Rule::root => "`$`",
        Rule::postfix => "`.`, `(`, `[` or `?`",
        Rule::dot => "`.` and a name",
        Rule::index => "an index",
        Rule::every => "`[*]`",
        Rule::paren => "a value in parentheses",
        Rule::call => "arguments",
        Rule::argument => "an argument",
        Rule::list => "a list",
        Rule::if_expr | Rule::arm => "`if`",
        Rule::branch => "a branch",
        Rule::literal => "a literal",
        Rule::quantity | Rule::number => "a number",
        Rule::address => "an address",
        Rule::port => "a port",
        Rule::owner => "an owner",
        Rule::time => "a time",
        Rule::string | Rule::plain | Rule::template => "a string",
        Rule::chunk | Rule::lines | Rule::raw_text => "text",
        Rule::escape => "an escape",
        Rule::hole => "a value in a string",
        Rule::multi => "a text of several lines",
        Rule::tagged => "a tagged string",
        Rule::raw_tag => "a tag",
        Rule::raw => "a raw string",
        Rule::shell_tag => "`sh`",
        Rule::shell => "a shell command",
        Rule::no_target => "a module or the name of a file in quotes",
        Rule::no_title => "a title in quotes",
        Rule::no_colon => "`:` and a type",
        Rule::no_arrow => "`->` and a type",
        Rule::no_eq_type => "`=` and a type",
        Rule::no_in => "`in` and a list",
        Rule::no_on => "`on`",
        Rule::no_body => "`{`",
        Rule::no_code => "`:` and a code",
        Rule::no_severity => "`error`, `error!`, `warning` or `hint`",
        Rule::no_params => "`(`",
        Rule::no_comma => "`,`",
        Rule::no_paren => "`)`",
        Rule::no_bracket => "`]`",
        Rule::no_brace => "`}`",
        Rule::no_quote => "`\"`",
        Rule::EOI => "the end of the file",
    }
}
