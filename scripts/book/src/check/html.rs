//! HTML as a list of tags and texts, each with its line: as much of a parser as the checks need, on html5ever's tokenizer.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};

/// A piece of HTML.
#[derive(Debug)]
pub enum Piece {
    /// A start tag, or one that closes itself.
    Start(Tag),
    /// The name of an end tag.
    End(String),
    /// Text, with character references resolved.
    Text(String),
}

/// The pieces of `html`, each with the line it ends on, from 1. Comments are left out.
pub fn pieces(html: &str) -> Vec<(usize, Piece)> {
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(Collector::default(), TokenizerOpts::default());
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    tokenizer.sink.0.into_inner()
}

/// The value of an attribute.
pub fn attribute<'a>(tag: &'a Tag, name: &str) -> Option<&'a str> {
    tag.attrs.iter().find(|attribute| &*attribute.name.local == name).map(|attribute| &*attribute.value)
}

#[derive(Default)]
struct Collector(RefCell<Vec<(usize, Piece)>>);

impl TokenSink for Collector {
    type Handle = ();

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<()> {
        let mut then = TokenSinkResult::Continue;
        let piece = match token {
            Token::TagToken(tag) if tag.kind == TagKind::EndTag => Piece::End(tag.name.to_string()),
            Token::TagToken(tag) => {
                // Without a tree builder, nobody else tells the tokenizer where no tags are to be found.
                match &*tag.name {
                    "script" => then = TokenSinkResult::RawData(RawKind::ScriptData),
                    "style" | "iframe" => then = TokenSinkResult::RawData(RawKind::Rawtext),
                    "title" | "textarea" => then = TokenSinkResult::RawData(RawKind::Rcdata),
                    _ => {}
                }
                Piece::Start(tag)
            }
            Token::CharacterTokens(text) => Piece::Text(text.to_string()),
            _ => return then,
        };
        self.0.borrow_mut().push((line as usize, piece));
        then
    }
}
