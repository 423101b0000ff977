//! Where does a word of a script end, and where a command? Quotes, escapes, comments and redirections; nothing is expanded.

use std::{iter::Peekable, str::Chars};

/// A word of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    /// As the program gets it; `*`, `?` and `[` that were in quotes have a backslash.
    Text(String),
    /// As it is written, with something in it that only the shell knows.
    Open(String),
}

impl Word {
    /// The text, if it is known.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Open(_) => None,
        }
    }

    /// Is it `NAME=value`?
    pub(super) fn assigns(&self) -> bool {
        let (Self::Text(text) | Self::Open(text)) = self;
        let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
        text.split_once('=')
            .is_some_and(|(name, _)| name.starts_with(|c: char| letter(c) && !c.is_ascii_digit()) && name.chars().all(letter))
    }
}

/// A command with its words, and the file its output goes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Simple {
    pub(super) words: Vec<Word>,
    pub(super) into: Option<Word>,
}

/// The simple commands of a script, in its order; nothing if it has anything else. `given` are its positional parameters.
pub(super) fn simple_commands(text: &str, given: &[String]) -> Option<Vec<Simple>> {
    let mut lexer = Lexer::new(text, given);
    let (mut list, mut current, mut redirects) = (vec![], Simple::default(), None);
    loop {
        let token = lexer.token()?;
        match token {
            Token::Word(word) => match redirects.take() {
                Some('>') => current.into = Some(word),
                Some(_) => {}
                None => current.words.push(word),
            },
            Token::Redirect(sign) if redirects.is_none() => redirects = Some(sign),
            Token::Redirect(_) => return None,
            Token::Break | Token::End => {
                if redirects.is_some() {
                    return None;
                }
                list.push(std::mem::take(&mut current));
                if matches!(token, Token::End) {
                    list.retain(|s| !s.words.is_empty());
                    return Some(list);
                }
            }
        }
    }
}

/// Where a script stops in the middle: what would become of a value there?
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// Between quotes that are open.
    pub(crate) is_quoted: bool,
    /// In a comment.
    pub(crate) is_comment: bool,
    /// Words of the simple command so far; the last one may go on.
    pub(crate) words: Vec<String>,
}

/// The place at the end of a text. Other than for a whole script, what is more than simple commands begins new ones.
pub(crate) fn place_behind(text: &str) -> Place {
    let mut lexer = Lexer::new(text, &[]);
    let mut words = vec![];
    loop {
        match lexer.token() {
            Some(Token::Word(Word::Text(word) | Word::Open(word))) => words.push(word),
            Some(Token::Redirect(_)) => {}
            Some(Token::Break) => words.clear(),
            None if lexer.chars.peek().is_some() => {
                let rest: usize = lexer.chars.clone().map(char::len_utf8).sum();
                if text[..text.len() - rest].ends_with(['(', ')']) {
                    words.clear();
                }
            }
            Some(Token::End) | None => break,
        }
    }
    // `$(…` and a backquote that are still open hold commands of their own.
    let open = lexer.word.filter(|_| lexer.quote.is_none()).unwrap_or_default();
    match open.split_once("$(").or_else(|| open.split_once('`')) {
        Some((_, inside)) => place_behind(inside),
        None if text.ends_with('(') => Place::default(),
        None => Place { is_quoted: lexer.quote.is_some(), is_comment: lexer.in_comment, words },
    }
}

#[derive(Debug)]
enum Token {
    Word(Word),
    /// `>` of standard output; `<` and other streams as `<`.
    Redirect(char),
    Break,
    End,
}

struct Lexer<'t> {
    chars: Peekable<Chars<'t>>,
    given: &'t [String],
    /// The word that is being read.
    word: Option<String>,
    /// Is something in it that only the shell knows?
    open: bool,
    /// The quote that is open.
    quote: Option<char>,
    /// Does the text end in a comment?
    in_comment: bool,
}

impl<'t> Lexer<'t> {
    fn new(text: &'t str, given: &'t [String]) -> Self {
        Self { chars: text.chars().peekable(), given, word: None, open: false, quote: None, in_comment: false }
    }

    /// The next token; nothing where the text is more than simple commands, or ends in the middle.
    fn token(&mut self) -> Option<Token> {
        loop {
            let Some(c) = self.chars.peek().copied() else { return Some(self.done().unwrap_or(Token::End)) };
            // `ls>file` is a word and where its output goes; a number before the sign belongs to it.
            let is_stream = self.word.as_ref().is_none_or(|word| word.chars().all(|c| c.is_ascii_digit()));
            let ends_word = c.is_whitespace() || matches!(c, ';' | '&' | '|' | '(' | ')') || (matches!(c, '<' | '>') && !is_stream);
            if ends_word && let Some(word) = self.done() {
                return Some(word);
            }
            self.chars.next();
            match c {
                '\n' | ';' | '&' | '|' => return Some(Token::Break),
                '(' | ')' => return None,
                '#' if self.word.is_none() => {
                    while self.chars.next_if(|c| *c != '\n').is_some() {}
                    self.in_comment = self.chars.peek().is_none();
                }
                '>' | '<' => return self.redirect(c),
                '\'' => self.single()?,
                '"' => self.double()?,
                '\\' => self.escaped(),
                '$' | '`' => self.expansion(c)?,
                _ if c.is_whitespace() => {}
                _ => self.push(c),
            }
        }
    }

    fn done(&mut self) -> Option<Token> {
        let text = self.word.take()?;
        let open = std::mem::take(&mut self.open);
        Some(Token::Word(if open { Word::Open(text) } else { Word::Text(text) }))
    }

    fn push(&mut self, c: char) {
        self.word.get_or_insert_default().push(c);
    }

    fn quoted(&mut self, c: char) {
        if matches!(c, '*' | '?' | '[') {
            self.push('\\');
        }
        self.push(c);
    }

    /// `> file`, `2> file`, `2>&1`; a number before it is no word.
    fn redirect(&mut self, sign: char) -> Option<Token> {
        let stream = self.word.take().unwrap_or_default();
        if self.chars.next_if_eq(&'<').is_some() {
            return None;
        }
        let _ = self.chars.next_if_eq(&'>');
        if self.chars.next_if_eq(&'&').is_some() {
            while self.chars.next_if(|c| c.is_ascii_digit() || *c == '-').is_some() {}
            return self.token();
        }
        let of_output = sign == '>' && matches!(stream.as_str(), "" | "1");
        Some(Token::Redirect(if of_output { '>' } else { '<' }))
    }

    fn single(&mut self) -> Option<()> {
        self.word.get_or_insert_default();
        self.quote = Some('\'');
        loop {
            match self.chars.next()? {
                '\'' => {
                    self.quote = None;
                    return Some(());
                }
                c => self.quoted(c),
            }
        }
    }

    fn double(&mut self) -> Option<()> {
        self.word.get_or_insert_default();
        self.quote = Some('"');
        loop {
            match self.chars.next()? {
                '"' => {
                    self.quote = None;
                    return Some(());
                }
                '\\' => match self.chars.next()? {
                    '\n' => {}
                    c @ ('"' | '\\' | '$' | '`') => self.push(c),
                    c => {
                        self.push('\\');
                        self.push(c);
                    }
                },
                c @ ('$' | '`') => self.expansion(c)?,
                c => self.quoted(c),
            }
        }
    }

    fn escaped(&mut self) {
        match self.chars.next() {
            None | Some('\n') => {}
            Some(c) => self.quoted(c),
        }
    }

    /// `${1}` is a value of the program; all else after `$`, and commands in backquotes, stay as they are written.
    fn expansion(&mut self, sign: char) -> Option<()> {
        self.word.get_or_insert_default();
        if sign == '`' {
            self.open = true;
            self.push('`');
            return self.until('`', None);
        }
        match self.chars.peek().copied() {
            Some('{') => self.braced(),
            Some('(') => {
                self.open = true;
                self.push('$');
                self.until(')', Some('('))
            }
            Some(c) if c.is_ascii_alphanumeric() || "_@*#?$!-".contains(c) => {
                self.open = true;
                self.push('$');
                Some(())
            }
            _ => {
                self.push('$');
                Some(())
            }
        }
    }

    fn braced(&mut self) -> Option<()> {
        self.chars.next();
        let mut name = String::new();
        loop {
            match self.chars.next()? {
                '}' => break,
                c => name.push(c),
            }
        }
        let value = name.parse::<usize>().ok().and_then(|n| self.given.get(n.checked_sub(1)?));
        match value {
            Some(value) => value.chars().for_each(|c| self.quoted(c)),
            None => {
                self.open = true;
                format!("${{{name}}}").chars().for_each(|c| self.push(c));
            }
        }
        Some(())
    }

    /// Up to the closing sign, which may be nested.
    fn until(&mut self, close: char, opening: Option<char>) -> Option<()> {
        let mut depth = usize::from(opening.is_none());
        loop {
            let c = self.chars.next()?;
            self.push(c);
            if Some(c) == opening {
                depth += 1;
            } else if c == close {
                depth -= 1;
                if depth == 0 {
                    return Some(());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_becomes_of_a_value_behind_a_text() {
        for (text, words, is_quoted, is_comment) in [
            ("docker stop ", "docker stop", false, false),
            ("echo 'a", "echo", true, false),
            ("echo \"it's", "echo", true, false),
            ("echo 'a' ", "echo a", false, false),
            ("# don't\ndocker stop ", "docker stop", false, false),
            ("ls # about ", "ls", false, true),
            ("echo \\\\ ", "echo \\", false, false),
            ("x=$(sh -c ", "sh -c", false, false),
            ("x=`sh -c ", "sh -c", false, false),
            ("x=$(ls) sh -c ", "x=$(ls) sh -c", false, false),
            ("echo \"$(ls ", "echo", true, false),
            ("for f in a; do rm ", "do rm", false, false),
            ("(cd a; sh -c ", "sh -c", false, false),
            ("(", "", false, false),
            ("sh -c>out ", "sh -c out", false, false),
            ("sh -c <<E ", "sh -c E", false, false),
        ] {
            let place = place_behind(text);
            // Of a word in open quotes nothing is said.
            assert_eq!((place.words.join(" ").as_str(), place.is_quoted, place.is_comment), (words, is_quoted, is_comment), "{text:?}");
        }
    }

    #[test]
    fn where_output_goes_ends_a_word() {
        let found = simple_commands("ls>file; ls 2>&1 >other", &[]).expect("simple");
        let into: Vec<_> = found.iter().map(|s| (s.words.len(), s.into.as_ref().and_then(Word::text))).collect();
        assert_eq!(into, [(1, Some("file")), (1, Some("other"))]);
    }
}
