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
    let mut lexer = Lexer { chars: text.chars().peekable(), given, word: None, open: false };
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
}

impl Lexer<'_> {
    /// The next token; nothing where the text is more than simple commands, or ends in the middle.
    fn token(&mut self) -> Option<Token> {
        loop {
            let Some(c) = self.chars.peek().copied() else { return Some(self.done().unwrap_or(Token::End)) };
            let ends_word = c.is_whitespace() || matches!(c, ';' | '&' | '|' | '(' | ')');
            if ends_word && let Some(word) = self.done() {
                return Some(word);
            }
            self.chars.next();
            match c {
                '\n' | ';' | '&' | '|' => return Some(Token::Break),
                '(' | ')' => return None,
                '#' if self.word.is_none() => while self.chars.next_if(|c| *c != '\n').is_some() {},
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
        if !stream.chars().all(|c| c.is_ascii_digit()) {
            return None;
        }
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
        loop {
            match self.chars.next()? {
                '\'' => return Some(()),
                c => self.quoted(c),
            }
        }
    }

    fn double(&mut self) -> Option<()> {
        self.word.get_or_insert_default();
        loop {
            match self.chars.next()? {
                '"' => return Some(()),
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
