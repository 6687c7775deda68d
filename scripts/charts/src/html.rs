//! Markup as a type, so that no text gets into a page unescaped.

use std::fmt;

/// HTML or SVG. The macro [`html!`](crate::html!) makes it of literals and values, and escapes whatever isn't markup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Html(String);

impl Html {
    /// Markup that something made that escapes text itself: plotters, or a renderer of Markdown.
    pub fn made(markup: impl Into<String>) -> Self {
        Self(markup.into())
    }

    /// The same markup with something between its parts.
    pub fn joined(parts: impl IntoIterator<Item = Self>, between: &'static str) -> Self {
        let parts: Vec<String> = parts.into_iter().map(|part| part.0).collect();
        Self(parts.join(between))
    }

    /// Adds markup at the end.
    pub fn push(&mut self, markup: &Self) {
        self.0.push_str(&markup.0);
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The markup as it stands in a page.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Html> for String {
    fn from(html: Html) -> Self {
        html.0
    }
}

impl FromIterator<Html> for Html {
    fn from_iter<I: IntoIterator<Item = Self>>(parts: I) -> Self {
        Self::joined(parts, "")
    }
}

/// What can stand in markup: markup as it is, and text escaped.
pub trait Put {
    /// Writes it.
    ///
    /// # Errors
    /// The formatter can't be written to.
    fn put(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl Put for Html {
    fn put(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Put for str {
    fn put(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As attribute values need it too.
        f.write_str(&self.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;"))
    }
}

macro_rules! put_as_text {
    ($($type:ty)*) => { $(impl Put for $type {
        fn put(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.to_string().put(f)
        }
    })* };
}

put_as_text! { char f64 i32 u64 u128 usize base::quantity::Quantity<'_> }

impl Put for String {
    fn put(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().put(f)
    }
}

impl<T: Put + ?Sized> Put for &T {
    fn put(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).put(f)
    }
}

/// A value as [`html!`](crate::html!) writes it.
#[derive(Debug)]
pub struct As<'a, T: ?Sized>(pub &'a T);

impl<T: Put + ?Sized> fmt::Display for As<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.put(f)
    }
}

/// Markup from a literal with `{}` or `{name}` where values stand: `Html` as it is, text escaped.
#[macro_export]
macro_rules! html {
    // Behind `concat!` no name is taken from around the literal: it would not be escaped.
    ($markup:literal, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::html::Html::made(format!(concat!($markup), $($name = $crate::html::As(&$value)),+))
    };
    ($markup:literal $(, $value:expr)* $(,)?) => {
        $crate::html::Html::made(format!(concat!($markup) $(, $crate::html::As(&$value))*))
    };
}

/// The text as a link that needs no file.
pub(crate) fn data_uri(csv: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._,/".contains(byte);
    let coded = csv.bytes().map(|byte| if plain(&byte) { char::from(byte).into() } else { format!("%{byte:02X}") });
    std::iter::once("data:text/csv;charset=utf-8,".to_owned()).chain(coded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_markup_is_not() {
        let text = "<a href=\"x\">&</a>";
        let escaped = html!("<p title=\"{words}\">{words} {seven}</p>", words = text.to_owned(), seven = 7);
        let once = "&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;";
        assert_eq!(escaped.as_str(), format!("<p title=\"{once}\">{once} 7</p>"));
        assert_eq!(html!("<b>{}</b>", escaped).as_str(), format!("<b>{}</b>", escaped.as_str()));
        assert_eq!([html!("<i>"), html!("{}", '<')].into_iter().collect::<Html>().as_str(), "<i>&lt;");
        assert!(data_uri("a b\n%").ends_with(",a%20b%0A%25"));
    }
}
